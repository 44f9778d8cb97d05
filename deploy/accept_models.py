"""What the shipped weights achieve: the evaluations behind the tables of README and `docs/`.

Every evaluation is an ordinary `terragate eval run` in a folder of its own and goes on where it
was. The figures, with the fingerprints of weights, prompts, tools and questions, are committed.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from rich.console import Console

from ..agents.profiles import NANO, NANO_SOURCE
from ..benchmarks.suites.rows import Result
from ..benchmarks.suites.suite import Ceiling
from ..benchmarks.suites.table import arms_table, pairs_table, parts_table, side_by_side
from .cli.evaluation import Evaluation, evaluate, figures

Arms = Mapping[str, Mapping[str, Any]]
RANDOM: Final = "random"
SOURCE: Final = {"model": NANO_SOURCE.name}
# Every question is asked so often, each time under a seed of its own, at this temperature.
GEO: Final[Mapping[str, Any]] = {"samples": 3, "temperature": 0.3, "in_flight": 8}
GEO_ARMS: Final[Arms] = {
    **{
        name: {"workflow": name, **GEO}
        for name in (
            "stateful", "planned", "auto", "flow", "flow-isolated", "sequential", "react",
            "single-call",
        )
    },
    # One seed says enough of these two, and chance takes the longest runs of all.
    "unquantised": {"workflow": "stateful", **GEO, **SOURCE, "samples": 1},
    RANDOM: {"workflow": "stateful", **GEO, "model": RANDOM, "samples": 1},
}  # fmt: skip
RTL: Final[Mapping[str, Any]] = {"in_flight": 32, "max_tokens": 640}
GREEDY: Final = {"workflow": "direct", **RTL}
# Ten answers at the usual temperature of pass@k; `greedy` is what one would take for one answer.
TEN: Final = {**GREEDY, "samples": 10}
DRAWS: Final[Arms] = {
    "greedy": GREEDY,
    "direct": TEN,
    "unquantised": {**SOURCE, **GREEDY},
}
RTL_ARMS: Final[Arms] = {
    **DRAWS,
    **{name: {"workflow": name, **RTL} for name in ("single", "cot", "refine", "cascade")},
}
PROBLEMS: Final = ("--split", "test", "--count", "450", "--specs", "1", "--seed", "41")


def accept_geo(work: Path, results: Path, limit: int | None, console: Console) -> None:
    """Ask every family the held-out questions: the main table."""
    runs = measured("geo", GEO_ARMS, work / "geo", work / "geo" / "data", limit, console)
    publish(runs, results / "geo", console)


def accept_rtl_gen(work: Path, results: Path, limit: int | None, console: Console) -> None:
    """Ask the model and the cascade with its controls for our generator's held-out problems."""
    data = work / "rtl-problems"
    if not (data / "test.problems.jsonl").is_file():
        module = "terragate.benchmarks.rtlgen.generate"
        command = [sys.executable, "-m", module, "--out", str(data), *PROBLEMS]
        subprocess.run(command, check=True)
    runs = measured("rtl-gen", RTL_ARMS, work / "rtl-gen", data, limit, console)
    publish(runs, results / "rtl_gen", console)


def accept_public(
    suite: str, data: Path, work: Path, results: Path, limit: int | None, console: Console
) -> None:
    """Ask the model once for each module of a public benchmark, ten times over."""
    if not data.is_dir():
        console.print(f"{suite}: left out, there is no {data}")
        return
    runs = measured(suite, DRAWS, work / suite, data, limit, console)
    publish(runs, results / suite, console)


def measured(
    suite: str, arms: Arms, work: Path, data: Path, limit: int | None, console: Console
) -> dict[str, Result]:
    """Return the finished run of every arm; one that was stopped goes on."""
    runs: dict[str, Result] = {}
    ceiling: Ceiling | None = None
    for name, how in arms.items():
        console.rule(f"{suite}: {name}")
        out = work / name
        asked: dict[str, Any] = {"model": NANO.name, **how}
        wanted = Evaluation(suite=suite, data=data, limit=limit, out=out, resume=True, **asked)
        runs[name] = evaluate(wanted, console, ceiling)
        ceiling = Ceiling.model_validate(runs[name].ceiling)
        figures(runs[name], out)
    return runs


def publish(runs: Mapping[str, Result], target: Path, console: Console) -> None:
    """Write what was found, and a row for every answer, and print the tables."""
    found = side_by_side(runs)
    target.mkdir(parents=True, exist_ok=True)
    text = json.dumps(found, indent=1, ensure_ascii=False) + "\n"
    (target / "results.json").write_text(text, "utf-8")
    rows = (
        {"arm": name, **row.model_dump(exclude_defaults=True)}
        for name, run in runs.items()
        for row in run.rows
    )
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)
    # Without a time in it, equal rows are equal bytes.
    (target / "rows.jsonl.gz").write_bytes(gzip.compress(lines.encode(), mtime=0))
    for table in (arms_table(found), pairs_table(found), parts_table(found, "groups")):
        console.print(table)
