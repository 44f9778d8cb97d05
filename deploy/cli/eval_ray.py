"""`eval run --ray`: every slice of a suite is a task of a Ray cluster; the logs come back.

A worker is a machine with the same terragate, data and access to the model's server. What it sends
back is inspect's own log of its slice; a slice that is here already is not asked again.
"""

from __future__ import annotations

import logging
import os
import tempfile
from collections.abc import Generator, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from rich.console import Console

from ...tools.errors import (
    InfrastructureError,
    TerragateError,
    ToolUnavailable,
    UsageError,
)
from .evaluation import Evaluation, data_of, evaluate, require_fresh

if TYPE_CHECKING:
    from ...benchmarks.suites.rows import Result

PIECES: Final = "shards"
EACH: Final = 4
RETRIES: Final = 2
LOCAL: Final = "local"


def evaluate_on_ray(
    asked: Evaluation, address: str, shards: int | None, console: Console
) -> Result:
    """Run the slices on a cluster and return the result in the merged log."""
    from inspect_ai.log import read_eval_log

    from ...benchmarks.suites.rows import result_of
    from ...benchmarks.suites.shards import merge, write_merged

    if asked.shard is not None:
        raise UsageError("--ray cuts the slices itself: leave out --shard")
    require_fresh(asked.out, asked.resume)
    asked = _with_data(asked)
    folder = asked.out / PIECES
    folder.mkdir(parents=True, exist_ok=True)
    with _cluster(address) as ray:
        workers = max(1, int(ray.cluster_resources().get("CPU", 1)) // asked.workers)
        of = _kept_cut(folder, shards or EACH * workers)
        logs = [folder / f"{n:04}-of-{of:04}.eval" for n in range(1, of + 1)]
        open_ = [n for n, log in enumerate(logs, 1) if not log.is_file()]
        with console.status("") as status:
            for left, (number, log) in enumerate(_results(ray, asked, open_, of)):
                _keep(logs[number - 1], log)
                status.update(f"{of - len(open_) + left + 1} of {of} slices done")
    merged = merge(read_eval_log(str(log)) for log in logs)
    write_merged(merged, asked.out)
    return result_of(merged)


@contextmanager
def _cluster(address: str) -> Generator[Any]:
    try:
        import ray
    except ImportError as error:
        raise ToolUnavailable("--ray needs Ray: pip install 'terragate[ray]'") from error
    own = address == LOCAL
    try:
        # A cluster of our own has no page and sends nothing home.
        os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
        more: dict[str, Any] = {"include_dashboard": False} if own else {"address": address}
        ray.init(log_to_driver=False, logging_level=logging.ERROR, **more)
    except (ConnectionError, ValueError, RuntimeError) as error:
        raise InfrastructureError(f"no Ray cluster at {address!r} ({error})") from error
    try:
        yield ray
    finally:
        ray.shutdown()


def _with_data(asked: Evaluation) -> Evaluation:
    """Write the suite's data once, before many workers would, and name them by a whole path."""
    from ...benchmarks.suites.registry import find_suite

    data = data_of(asked).absolute()
    find_suite(asked.suite).load(data)
    return replace(asked, data=data, out=asked.out.absolute())


def _kept_cut(folder: Path, of: int) -> int:
    """Return into how many slices a run is cut: a run that goes on keeps its cut."""
    kept = next(folder.glob("*-of-*.eval"), None)
    return int(kept.stem.rpartition("-")[2]) if kept else of


def _results(
    ray: Any, asked: Evaluation, numbers: list[int], of: int
) -> Iterator[tuple[int, bytes]]:
    """Yield the slices' logs as they come."""
    task = ray.remote(_slice).options(num_cpus=asked.workers, max_retries=RETRIES)
    waiting = {task.remote(replace(asked, shard=(number, of))): number for number in numbers}
    while waiting:
        [done], _ = ray.wait(list(waiting))
        number = waiting.pop(done)
        try:
            log, trouble = ray.get(done)
        except ray.exceptions.RayError as error:
            raise InfrastructureError(
                f"slice {number}/{of} was lost ({str(error)[:300]}): go on with --resume"
            ) from error
        if trouble:
            raise InfrastructureError(f"slice {number}/{of}: {trouble}")
        yield number, log


def _slice(asked: Evaluation) -> tuple[bytes, str]:
    """Evaluate a slice in a folder of its own; return its log, or what went wrong."""
    from ...benchmarks.suites.running import LOGS

    with tempfile.TemporaryDirectory(prefix="terragate-slice-") as folder:
        own = replace(asked, out=Path(folder) / "run", resume=False)
        try:
            evaluate(own, Console(quiet=True))
        except TerragateError as error:
            return b"", str(error)
        [log] = (own.out / LOGS).glob("*.eval")
        return log.read_bytes(), ""


def _keep(path: Path, log: bytes) -> None:
    part = path.with_suffix(".part")
    part.write_bytes(log)
    part.replace(path)
