"""The long acceptance runs of every part; what they find is committed with its fingerprints.

    python -m terragate.deploy.accept [RUN ...] [--limit N] [--data FOLDER]

Without names every run is made, one after another, for they share the cores. `benchmarks/results/`
then holds the figures that the README and `docs/` quote. Runs that need third-party benchmark data
are left out, saying so, where `--data` does not hold it.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import anyio
from rich.console import Console

from ..benchmarks import overhead
from ..tools.errors import TerragateError, UsageError
from .accept_models import accept_geo, accept_public, accept_rtl_gen

RESULTS = Path("benchmarks/results")
STAGES, ROUNDS = 10, 15
# The seed that the figures are quoted for; the checks were tuned on seed 1, and 2 was looked at.
MUTANT_SEED: Final = "3"


@dataclass(frozen=True)
class Asked:
    """What the command line says: how many questions, where to work, where foreign data lies.

    `flow` is a checkout of NVlabs/verilog-eval, whose own flow is timed beside ours.
    """

    limit: int | None
    work: Path
    data: Path
    flow: Path | None
    console: Console


def accept_overhead(asked: Asked) -> None:
    """Measure the runtime against a bare LangGraph."""
    del asked
    with tempfile.TemporaryDirectory() as folder:
        measured = anyio.run(overhead.measure, STAGES, ROUNDS, Path(folder))
    text = json.dumps({**asdict(measured), "limit": overhead.LIMIT}, indent=1) + "\n"
    (RESULTS / "overhead.json").write_text(text, "utf-8")


def accept_module(
    module: str, result: str, *more: str, data: str = "", flow: bool = False, asked: Asked
) -> None:
    """Run a benchmark module as its own process, with its result file and foreign data."""
    arguments = ["--out", str(RESULTS / result), *more]
    if flow and asked.flow is None:
        asked.console.print(f"{module}: left out, --flow names no checkout of verilog-eval")
        return
    if flow:
        arguments += ["--flow", str(asked.flow)]
    if data:
        folder = asked.data / data
        if not folder.is_dir():
            asked.console.print(f"{module}: left out, there is no {folder}")
            return
        arguments += ["--data", str(folder)]
    command = [sys.executable, "-m", f"terragate.benchmarks.{module}", *arguments]
    asked.console.print(" ".join(command), soft_wrap=True)
    subprocess.run(command, check=True)


def _module(module: str, result: str, *more: str, **how: Any) -> Callable[[Asked], None]:
    return lambda asked: accept_module(module, result, *more, asked=asked, **how)


def _public(suite: str, folder: str) -> Callable[[Asked], None]:
    return lambda asked: accept_public(
        suite, asked.data / folder, asked.work, RESULTS, asked.limit, asked.console
    )


RUNS: Final[Mapping[str, Callable[[Asked], None]]] = {
    "geo": lambda asked: accept_geo(asked.work, RESULTS, asked.limit, asked.console),
    "rtl-gen": lambda asked: accept_rtl_gen(asked.work, RESULTS, asked.limit, asked.console),
    "verilogeval": _public("verilogeval", "verilog-eval"),
    "rtllm": _public("rtllm", "rtllm"),
    "overhead": accept_overhead,
    "geo-speed": _module("perf.geo", "perf_geo.json"),
    "geo-memory": _module("perf.memory", "memory_geo.json"),
    "plan-faults": _module("geo.plan_faults", "plan_faults.json"),
    "plan-parallel": _module("perf.plan_parallel", "perf_plan_parallel.json"),
    "rtl-equivalence": _module(
        "rtl.equivalence", "rtl_equivalence.json", "--seed", MUTANT_SEED, data="verilog-eval"
    ),
    "rtl-speed": _module("perf.rtl", "perf_rtl.json", data="verilog-eval", flow=True),
    "harness-speed": _module("perf.harness", "perf_harness.json", data="verilog-eval", flow=True),
    "rtl-cascade": _module("rtl.simulate_cascade", "rtl_cascade.json"),
}


def main() -> None:
    """Run the acceptance runs from the command line."""
    parser = argparse.ArgumentParser(description="Run the long acceptance runs.")
    parser.add_argument("runs", nargs="*", help=f"some of {', '.join(RUNS)}")
    parser.add_argument("--limit", type=int, help="ask only so many questions")
    parser.add_argument("--work", type=Path, default=Path(".terragate/accept"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--flow", type=Path, help="checkout of NVlabs/verilog-eval")
    options = parser.parse_args()
    unknown = [name for name in options.runs if name not in RUNS]
    if unknown:
        raise UsageError(f"no acceptance run {unknown[0]!r}; choose of {', '.join(RUNS)}")
    asked = Asked(options.limit, options.work, options.data, options.flow, Console())
    for name in options.runs or RUNS:
        asked.console.rule(name)
        RUNS[name](asked)


if __name__ == "__main__":
    try:
        main()
    except TerragateError as error:
        sys.exit(f"error: {error}")
