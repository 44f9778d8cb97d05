"""Run VerilogEval's own make flow on samples that are there already, and take its time.

The flow's files (Makefile.in and scripts/) are those of the benchmark's repository; what its
configure script would fill in is filled in here.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from ...tools.errors import ToolUnavailable, UsageError
from .rtl_candidates import Candidate

LIMIT_S: Final = 3600.0
UNUSED: Final = re.compile(r"@[A-Za-z_]+@")
GENERATED_LOG: Final = "prompt_tokens = 1\nresp_tokens = 1\ncost = 0.0\n"


def run_flow(flow: Path, candidates: Sequence[Candidate], jobs: int) -> tuple[float, list[str]]:
    """Return the seconds the flow takes and its log of each candidate, without its analysis.

    UsageError if it failed. Its README types `make`, that is one job, and says that `-j` is faster.
    """
    with _built(flow, candidates) as (build, logs):
        taken = _made(build, logs, f"-j{jobs}", "sv-iv-test")
        # Messages name files by their whole path there.
        here = f"{build.parent / 'dataset'}/"
        texts = [log.read_text(encoding="utf-8", errors="replace") for log in logs]
        return taken, [text.replace(here, "") for text in texts]


def analyse_flow(flow: Path, candidates: Sequence[Candidate]) -> tuple[float, dict[str, list[str]]]:
    """Return the seconds of the flow with its analysis, and its letter of each sample."""
    if not (flow / "scripts" / "sv-iv-analyze").is_file():
        raise UsageError(f"{str(flow)!r} holds no scripts/sv-iv-analyze")
    with _built(flow, candidates) as (build, logs):
        taken = _made(build, logs, "-j1", "sv-iv-analyze")
        lines = (build / "summary.csv").read_text("utf-8").splitlines()
    rows = (line.split(",") for line in lines)
    return taken, {name: letters for name, _, _, _, *letters in rows}


@contextmanager
def _built(flow: Path, candidates: Sequence[Candidate]) -> Generator[tuple[Path, list[Path]]]:
    template = flow / "Makefile.in"
    if not template.is_file() or not (flow / "scripts" / "echo-progress").is_file():
        raise UsageError(
            f"{str(flow)!r} holds no Makefile.in and scripts/echo-progress: give a checkout of "
            "NVlabs/verilog-eval"
        )
    if shutil.which("make") is None or shutil.which("bash") is None:
        raise ToolUnavailable("the make flow needs make and bash: apt-get install make bash")
    with tempfile.TemporaryDirectory() as folder:
        data, build = Path(folder) / "dataset", Path(folder) / "build"
        data.mkdir()
        build.mkdir()
        logs = _lay_out(data, build, candidates)
        filled = template.read_text(encoding="utf-8")
        for name, value in {
            "srcdir": str(flow.resolve()), "dataset_dir": str(data), "IVERILOG": "iverilog",
        }.items():  # fmt: skip
            filled = filled.replace(f"@{name}@", value)
        (build / "Makefile").write_text(UNUSED.sub("no", filled), encoding="utf-8")
        yield build, logs


def _lay_out(data: Path, build: Path, candidates: Sequence[Candidate]) -> list[Path]:
    """Write data set and samples as the flow expects them; return the logs that it is to write."""
    counts: defaultdict[str, int] = defaultdict(int)
    logs: list[Path] = []
    for problem, text in candidates:
        name = problem.id
        folder = build / name
        if not counts[name]:
            folder.mkdir()
            (data / f"{name}_prompt.txt").write_text(problem.spec, encoding="utf-8")
            for source in problem.testbench.sources:
                (data / source.name).write_text(source.text, encoding="utf-8")
        counts[name] += 1
        stem = f"{name}_sample{counts[name]:02}"
        (folder / f"{stem}-sv-generate.log").write_text(GENERATED_LOG, encoding="utf-8")
        (folder / f"{stem}.sv").write_text(text, encoding="utf-8")
        logs.append(folder / f"{stem}-sv-iv-test.log")
    (build / "problems.mk").write_text(f"problems = {' '.join(counts)}\n", encoding="utf-8")
    numbers = "".join(f"{name}_num_samples = {count}\n" for name, count in counts.items())
    (build / "samples.mk").write_text(numbers, encoding="utf-8")
    return logs


def _made(build: Path, logs: Sequence[Path], jobs: str, target: str) -> float:
    # Its progress script asks for "python"; the interpreter itself is faster than any shim.
    path = os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", "")))
    # With another shell than bash the logs stay empty and nobody says so.
    command = ["make", jobs, "SHELL=/bin/bash", target]
    started = time.perf_counter()
    done = subprocess.run(
        command, cwd=build, env={**os.environ, "PATH": path}, capture_output=True, text=True,
        timeout=LIMIT_S, check=False,
    )  # fmt: skip
    taken = time.perf_counter() - started
    empty = [log.name for log in logs if not log.is_file() or not log.stat().st_size]
    if done.returncode or empty:
        said = done.stderr.strip()[-300:] or f"{len(empty)} logs are empty, such as {empty[:1]}"
        raise UsageError(f"VerilogEval's flow did not work here: {said}")
    return taken
