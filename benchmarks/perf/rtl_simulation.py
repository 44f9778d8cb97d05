"""Compile and simulate candidates: in our sandbox, and as one would without it."""

from __future__ import annotations

import subprocess
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Final

from ...tools.rtl.icarus import simulate
from ...tools.sandbox import SandboxPool
from ..rtl.published import RESULT
from ..rtl.scoring import score_all
from .rtl_candidates import Candidate

WORKERS: Final = 2
LIMIT_S: Final = 60.0
COMPILER: Final = (
    "iverilog", "-g2012", "-Wall", "-Winfloop", "-Wno-timescale", "-s", "tb", "-I.", "-o",
)  # fmt: skip


def ours(pool: SandboxPool, candidates: Sequence[Candidate]) -> tuple[float, list[str]]:
    """Return the seconds our sandboxed workers take, and every candidate's result line."""
    return _timed(partial(_sandboxed, pool), candidates)


def plain(candidates: Sequence[Candidate]) -> tuple[float, list[str]]:
    """Return the seconds that threads which start the two programs take, and the result lines."""
    return _timed(_unsandboxed, candidates)


def _timed(
    work: Callable[[Candidate], str], candidates: Sequence[Candidate]
) -> tuple[float, list[str]]:
    with ThreadPoolExecutor(WORKERS) as threads:
        started = time.perf_counter()
        found = list(threads.map(work, candidates))
        return time.perf_counter() - started, found


def _files(candidate: Candidate) -> dict[str, str]:
    bench = candidate.problem.testbench.sources
    return {"sample.sv": candidate.text, **{source.name: source.text for source in bench}}


def _sandboxed(pool: SandboxPool, candidate: Candidate) -> str:
    files = _files(candidate)
    ran = simulate(files, list(files), "tb", flags=("-I.",), pool=pool)
    return result_of(ran.run.stdout if ran.run else ran.compiled.stderr)


def _unsandboxed(candidate: Candidate) -> str:
    files = _files(candidate)
    with tempfile.TemporaryDirectory() as folder:
        for name, text in files.items():
            Path(folder, name).write_text(text, encoding="utf-8")
        compiled = _started([*COMPILER, "sim.vvp", *files], folder)
        if compiled.returncode:
            return result_of(compiled.stderr)
        return result_of(_started(["vvp", "-n", "sim.vvp", "-none"], folder).stdout)


def _started(command: list[str], folder: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command, cwd=folder, capture_output=True, text=True, timeout=LIMIT_S, check=False
    )


def result_of(log: str) -> str:
    """Return the result line of a log, or how the log begins where it has none."""
    lines = [line for line in log.splitlines() if RESULT.match(line)]
    return lines[0] if lines else log[:200]


def duplicates_seconds(candidates: Sequence[Candidate], times: int) -> tuple[float, float, int]:
    """Return the seconds of a scoring, of one with everything sent so many times, and its work."""
    taken: list[float] = []
    judged = 0
    # The first scoring learns how each testbench meets constants: it is not counted.
    for repeated in (1, 1, times):
        work: dict[str, tuple[Candidate, list[str]]] = {}
        for candidate in candidates:
            _, texts = work.setdefault(candidate.problem.id, (candidate, []))
            texts += [f"// copy {n}\n{candidate.text}" for n in range(repeated)]
        started = time.perf_counter()
        found = score_all((first.problem, texts) for first, texts in work.values())
        taken.append(time.perf_counter() - started)
        judged = sum(score.same_as is None for scores in found.values() for score in scores)
    return taken[1], taken[2], judged
