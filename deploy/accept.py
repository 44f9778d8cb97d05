"""The long acceptance runs of every issue; what they find is committed with its fingerprints.

    python -m terragate.deploy.accept [--limit N]

Our own vLLM server is started, every arm is asked the held-out questions, and the overhead of the
runtime is measured; `benchmarks/results/` then holds the figures that the README quotes.
"""

from __future__ import annotations

import argparse
import json
import shutil
import tempfile
from dataclasses import asdict
from pathlib import Path

import anyio
from rich.console import Console

from ..agents.profiles import NANO
from ..benchmarks import overhead
from ..benchmarks.geo.results import group_table, main_table
from ..benchmarks.geo.run import Options, arms_of, evaluate, open_ours, report
from ..workflows.settings import Settings
from .cli.model_server import launcher
from .serving.server import ensure_server

ARMS = ("stateful", "react", "sequential", "random")
RESULTS = Path("benchmarks/results")
STAGES, ROUNDS = 10, 15


def accept_geo(limit: int | None, work: Path, console: Console) -> None:
    """Ask every arm the held-out questions; a stopped run goes on where it was."""
    server = anyio.run(ensure_server, NANO, launcher(Settings()))
    options = Options(ARMS, NANO.name, server.url, limit, work, max_samples=4)
    profile, opener = open_ours(options)
    results = report(options, evaluate(options, arms_of(ARMS, opener)), profile.weights)
    target = RESULTS / "geo"
    target.mkdir(parents=True, exist_ok=True)
    for name in ("results.json", "rows.jsonl"):
        shutil.copyfile(work / name, target / name)
    console.print(main_table(results["arms"]))
    console.print(group_table(results["arms"]))


def main() -> None:
    """Run the acceptance runs from the command line."""
    parser = argparse.ArgumentParser(description="Run the long acceptance runs.")
    parser.add_argument("--limit", type=int, help="ask only so many questions")
    parser.add_argument("--work", type=Path, default=Path(".terragate/accept/geo"))
    options = parser.parse_args()
    accept_geo(options.limit, options.work, Console())
    with tempfile.TemporaryDirectory() as folder:
        measured = anyio.run(overhead.measure, STAGES, ROUNDS, Path(folder))
    text = json.dumps({**asdict(measured), "limit": overhead.LIMIT}, indent=1) + "\n"
    (RESULTS / "overhead.json").write_text(text, "utf-8")


if __name__ == "__main__":
    main()
