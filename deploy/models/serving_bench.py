"""Serve several checkpoints with our vLLM side by side and measure them in one run.

    python -m terragate.deploy.models.serving_bench DIR DIR DIR --json --out FILE

All servers run at once, and rounds go from one to the next: what else the machine does slows all
alike. `--apart` starts them one after another where memory does not hold them together.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections.abc import Generator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import anyio

from ...agents.profiles import served_small
from ...benchmarks.perf.serving import IN_FLIGHT, Load, Server, add_load, finish, report
from ...tools.errors import InfrastructureError, TerragateError, UsageError
from ...workflows.settings import Settings
from ..serving.install import default_venv, is_installed, serving_python
from ..serving.server import Launcher, ensure_server, stop_server


@contextmanager
def served(name: str, folder: Path, launcher: Launcher, threads: int) -> Generator[Server]:
    """Give a running server of a checkpoint, and stop it afterwards."""
    began = time.monotonic()
    try:
        # As the shipped model is, with room for the batch.
        profile = served_small(
            name, name, folder, sequences=max(IN_FLIGHT), cache_mib=512, threads=threads
        )
        handle = anyio.run(ensure_server, profile, launcher)
        sys.stderr.write(f"{name}: ready after {time.monotonic() - began:.0f} s\n")
        yield Server(name, handle.url, handle.pid, folder)
    finally:
        stop_server(name, launcher.state_dir)


def names_of(folders: Sequence[Path]) -> dict[str, Path]:
    """Return a name for every folder: its own, which must differ from the others'."""
    named = {folder.resolve().name.lower(): folder for folder in folders}
    if len(named) < len(folders):
        raise UsageError(f"folders {list(map(str, folders))!r} share a name: rename one")
    return named


def run(folders: Sequence[Path], load: Load, launcher: Launcher, options: Any) -> dict[str, Any]:
    """Return the figures of all checkpoints, the first being what the others are compared with."""
    named = names_of(folders)
    if not options.apart:
        with ExitStack() as stack:
            running = [
                stack.enter_context(served(name, folder, launcher, options.threads))
                for name, folder in named.items()
            ]
            return {"apart": False, "threads": options.threads, **report(running, load)}
    found: list[dict[str, Any]] = []
    for name, folder in named.items():
        with served(name, folder, launcher, options.threads) as server:
            found.append(report([server], load))
    rows = [row for one in found for row in one["servers"]]
    for row in rows:
        for at_once, speed in row["in_flight"].items():
            base = rows[0]["in_flight"][at_once]["tokens_s"]
            speed["over_first"] = round(speed["tokens_s"] / base, 3)
    return {"apart": True, "threads": options.threads, **found[0], "servers": rows}


def main(argv: Sequence[str] | None = None) -> int:
    """Measure checkpoints from the command line."""
    parser = argparse.ArgumentParser(description="Serve checkpoints side by side and measure them.")
    parser.add_argument("folders", type=Path, nargs="+")
    parser.add_argument("--apart", action="store_true", help="one server at a time")
    parser.add_argument("--threads", type=int, default=1, help="of each server")
    add_load(parser)
    options = parser.parse_args(argv)
    load = Load(options.requests, options.tokens, options.rounds)
    venv = default_venv(Settings().home)
    try:
        if not is_installed(venv):
            raise InfrastructureError("vLLM is not installed: run 'terragate serve install'")
        with tempfile.TemporaryDirectory() as state:
            launcher = Launcher(serving_python(venv), Path(state))
            finish(run(options.folders, load, launcher, options), options)
    except TerragateError as error:
        sys.stderr.write(f"error: {error}\n")
        return 3
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
