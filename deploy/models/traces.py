"""Record training traces: the oracle drives the real workflows over generated tasks.

    python -m terragate.deploy.models.traces --archive DIR --out DIR --tasks 6000

One row per model request: what the model was shown, what it should have said, and the slots the
question was made of. All families are driven over the same tasks, so each gets its share. Maps and
pictures are not drawn meanwhile: no model ever sees them, and they are nine tenths of the time.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import shutil
import tempfile
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from ...agents.choice import Choice
from ...benchmarks.geo.draw import draw_tasks, said
from ...benchmarks.geo.oracle_plan import plan, whole_plan
from ...benchmarks.geo.sample import SampledTask
from ...tools.errors import UsageError
from ...tools.geo.catalog import Catalog
from ...tools.geo.static_catalog import open_catalog
from ...tools.records import ToolResult
from ...tools.spec import ToolArgs, ToolContext, ToolSpec
from ...workflows.registry import Family, find_family
from ...workflows.request import Request, shown_question
from ...workflows.runtime import Platform, run
from .oracle import OracleModel, trace_rows

# The one request of `single-call` is the first of `planned`, to the letter.
FAMILIES = ("stateful", "react", "sequential", "planned", "flow", "flow-isolated")
# Of these tasks the planner is also shown what is wrong with a plan that lacks a call.
SPOILT_SHARE = 0.15
UNDRAWN = ("show_map", "zoom_map", "quick_look")
TODAY = date(2026, 1, 1)
CHUNK = 50


@dataclass(frozen=True)
class Job:
    """A slice of the tasks for one worker process."""

    archive: Path
    tasks: tuple[SampledTask, ...]
    seed: int


def record(job: Job) -> list[dict[str, Any]]:
    """Return the trace rows of a slice of tasks."""
    return asyncio.run(_record(job))


async def _record(job: Job) -> list[dict[str, Any]]:
    catalog = _catalog(job.archive)
    scratch = Path(tempfile.mkdtemp(prefix="terragate-traces-"))
    rows: list[dict[str, Any]] = []
    try:
        for number, task in enumerate(job.tasks):
            request = _request(task, random.Random(f"{job.seed}/{number}"))
            for family in FAMILIES:
                rows.extend(await _trace(task, request, family, (catalog, scratch)))
            rng = random.Random(f"{job.seed}/{number}/spoilt")
            if rng.random() < SPOILT_SHARE:
                rows.extend(await _second_plan(task, request, (catalog, scratch), rng))
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return rows


def _request(task: SampledTask, rng: random.Random) -> Request:
    text, earlier = said(task, rng)
    return Request(text=text, earlier=earlier, today=TODAY)


async def _second_plan(
    task: SampledTask, request: Request, place: tuple[Catalog, Path], rng: random.Random
) -> list[dict[str, Any]]:
    """Return the row of the plan that mends one from which a call is missing."""
    spoilt = list(whole_plan(task.slots))
    if len(spoilt) < 3:
        return []
    del spoilt[rng.randrange(len(spoilt) - 1)]
    rows = await _trace(task, request, "planned", place, spoilt)
    return [row for row in rows if row["user"].rpartition("\n")[2].startswith("! ")]


async def _trace(
    task: SampledTask,
    request: Request,
    family: str,
    place: tuple[Catalog, Path],
    spoilt: Sequence[Choice] = (),
) -> list[dict[str, Any]]:
    catalog, scratch = place
    oracle = OracleModel(plan(task.slots), whole_plan(task.slots), spoilt)
    platform = Platform(
        model=oracle, catalog=catalog, out=scratch, persist=False, families=_families()
    )
    report = await run(request.model_copy(update={"workflow": family}), platform)
    extra = {
        "workflow": family,
        "question": shown_question(request),
        "status": report.status,
        "slots": task.slots.model_dump(),
        "first": task.first.model_dump() if task.first else None,
    }
    return [{**row, **extra} for row in trace_rows(oracle)]


@cache
def _families() -> dict[str, Family]:
    return {name: undrawing(find_family(name)) for name in FAMILIES}


def undrawing(family: Family) -> Family:
    """Return the family with tools that draw nothing."""
    domain = family.load_domain()
    tools = tuple(_undrawn(tool) if tool.name in UNDRAWN else tool for tool in domain.tools)
    return replace(family, domain=replace(domain, tools=tools))


def _undrawn(tool: ToolSpec) -> ToolSpec:
    def run_undrawn(_: ToolContext, __: ToolArgs) -> ToolResult:
        return ToolResult(summary=tool.name, outputs={k: {"layers": []} for k in tool.produces})

    return replace(tool, run=run_undrawn)


@cache
def _catalog(archive: Path) -> Catalog:
    return open_catalog(archive)


def record_all(
    archive: Path, tasks: list[SampledTask], *, seed: int, workers: int
) -> Iterator[dict[str, Any]]:
    """Yield the rows of all tasks; the order does not depend on the workers."""
    jobs = [
        Job(archive, tuple(tasks[at : at + CHUNK]), seed + at) for at in range(0, len(tasks), CHUNK)
    ]
    with ProcessPoolExecutor(workers) as pool:
        for rows in pool.map(record, jobs):
            yield from rows


def write_rows(path: Path, rows: Iterable[dict[str, Any]]) -> int:
    """Write rows as JSON lines and return how many there were."""
    count = 0
    with path.open("w", encoding="utf-8") as stream:
        for row in rows:
            stream.write(json.dumps(row, ensure_ascii=False) + "\n")
            count += 1
    return count


def main() -> None:
    """Record traces from the command line."""
    parser = argparse.ArgumentParser(description="Record training traces.")
    parser.add_argument("--archive", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--tasks", type=int, default=6000)
    parser.add_argument("--split", choices=("train", "validation"), default="train")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=2)
    options = parser.parse_args()
    if not options.archive.is_dir():
        raise UsageError(f"no archive in {str(options.archive)!r}")
    options.out.mkdir(parents=True, exist_ok=True)
    tasks = draw_tasks(options.archive, options.tasks, options.seed)
    rows = record_all(options.archive, tasks, seed=options.seed, workers=options.workers)
    write_rows(options.out / f"{options.split}.traces.jsonl", rows)


if __name__ == "__main__":
    main()
