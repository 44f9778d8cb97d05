"""Seeded faults in plans: what the dry run catches, what it lets pass, and what would have come.

    python -m terragate.benchmarks.geo.plan_faults --count 300 --out plan_faults.json

Plans of generated tasks are executed and held to the independent truth: of those that execute
correctly none may be refused. Each is then spoilt in one way, judged, and executed without the
check: a fault counts only when that execution fails or says something else.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any, Final

from ...agents.protocol import ModelAnswer, ModelRequest, Rendering
from ...tools.artifacts import ArtifactStore
from ...tools.errors import ModelError
from ...tools.geo.catalog import Catalog
from ...tools.geo.static_catalog import open_catalog
from ...tools.spec import ToolContext
from ...workflows.planned.domain import PLANNING
from ...workflows.planned.dry_run import PlanFault, dry_run
from ...workflows.planned.plan import Plan, wire
from ...workflows.report import Report
from ...workflows.request import Request
from ...workflows.runtime import Platform, run
from ..archive import demo_places, write_archive
from .holdings import Holdings, read_holdings
from .oracle_plan import whole_plan
from .plan_spoilers import SPOILERS
from .sample import SampledTask, sample_tasks
from .sample_pairs import sample_pairs
from .truth import Truth, find_truth
from .world import read_world

TODAY: Final = date(2026, 1, 1)
PAIRS_SHARE: Final = 0.4


class NoModel:
    """Stands where a plan that is given needs no model."""

    name = "none"
    rendering: Rendering = "compact"

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        """Refuse to answer."""
        raise ModelError(f"stage {request.stage!r} asked a model", kind="refused")


def sound_plan(task: SampledTask) -> Plan:
    """Return the plan of a task as a person would write it, the reported value named."""
    plan = wire(whole_plan(task.slots), PLANNING)
    nodes = [
        node.model_copy(update={"args": {"value": f"{node.after[-1]}.{node.args['value']}"}})
        if node.tool == "report_value"
        else node
        for node in plan.nodes
    ]
    return Plan(nodes=tuple(nodes))


@dataclass
class Tally:
    """What was found: plans that execute correctly, seeded faults, and every miss by its text."""

    correct: int = 0
    refused: list[str] = field(default_factory=list[str])
    seeded: Counter[str] = field(default_factory=Counter[str])
    missed: list[str] = field(default_factory=list[str])
    harmless: Counter[str] = field(default_factory=Counter[str])
    incorrect: int = 0

    def plain(self) -> dict[str, Any]:
        """Return the JSON-plain tally."""
        return {
            "correct_plans": self.correct,
            "correct_plans_refused": self.refused,
            "seeded_faults": dict(self.seeded),
            "seeded_faults_total": sum(self.seeded.values()),
            "faults_missed": self.missed,
            "not_counted_for_they_changed_nothing": dict(self.harmless),
            "plans_not_counted_for_they_execute_wrongly": self.incorrect,
        }


@dataclass(frozen=True)
class Bench:
    """An archive, the truth about it, and where runs leave their files."""

    catalog: Catalog
    holdings: Holdings
    scratch: Path

    def judge(self, plan: Plan) -> tuple[PlanFault, ...]:
        """Return the faults that the dry run finds."""
        context = ToolContext(ArtifactStore(self.scratch / "dry"), self.catalog, {}, TODAY)
        return dry_run(plan, PLANNING, context)

    def execute(self, plan: Plan) -> Report:
        """Execute a plan without the check."""
        request = Request(
            text="a plan",
            today=TODAY,
            workflow="single-call",
            tuning={"plan": plan.model_dump(mode="json")},
        )
        platform = Platform(NoModel(), self.catalog, self.scratch, persist=False)
        report = asyncio.run(run(request, platform))
        shutil.rmtree(self.scratch / report.run_id, ignore_errors=True)
        return report


def is_correct(report: Report, truth: Truth) -> bool:
    """Return whether an execution says what is true."""
    if report.status != "answered" or truth.status != "answered" or truth.empty:
        return False
    if truth.value is None:
        return True
    said = [v.value for v in report.values if isinstance(v.value, int | float)]
    return any(abs(value - truth.value.value) <= truth.value.tolerance for value in said)


def says(report: Report) -> Any:
    """Return what an execution comes to: how it ended, its values, what it shows."""
    values = [(value.name, value.value) for value in report.values]
    shown = sorted(kind for record in report.records for kind in record.outputs)
    return report.status, values, shown


def draw(archive: Path, seed: int, count: int) -> Iterator[SampledTask]:
    """Yield tasks without a trap, of one call and of several."""
    rng, world = random.Random(seed), read_world(archive)
    pairs = int(count * PAIRS_SHARE)
    tasks = [*sample_tasks(rng, world, count - pairs), *sample_pairs(rng, world, pairs)]
    rng.shuffle(tasks)
    for task in tasks:
        slots = task.slots
        if slots.trap == "none" and slots.family != "refuse":
            # What is drawn or written besides has no part in this.
            yield task._replace(slots=slots.model_copy(update={"output": "none"}))


def measure(bench: Bench, tasks: Sequence[SampledTask], count: int, seed: int) -> Tally:
    """Return what the dry run does on `count` correct plans and on as many seeded faults."""
    tally, rng = Tally(), random.Random(seed)
    each = -(-count // len(SPOILERS))
    for task in tasks:
        if tally.correct >= count and all(tally.seeded[name] >= each for name in SPOILERS):
            break
        plan = sound_plan(task)
        sound = bench.execute(plan)
        if not is_correct(sound, find_truth(task.slots, task.meaning, bench.holdings)):
            tally.incorrect += 1
            continue
        tally.correct += 1
        tally.refused += [f"{fault} {plan.model_dump_json()}" for fault in bench.judge(plan)]
        open_kinds = [name for name in SPOILERS if tally.seeded[name] < each]
        for name in rng.sample(open_kinds, min(2, len(open_kinds))):
            _seed(bench, plan, says(sound), (name, rng), tally)
    return tally


def _seed(
    bench: Bench, plan: Plan, sound: Any, how: tuple[str, random.Random], tally: Tally
) -> None:
    name, rng = how
    spoilt = SPOILERS[name](plan, rng)
    if spoilt is None:
        return
    if says(bench.execute(spoilt)) == sound:
        tally.harmless[name] += 1
        return
    tally.seeded[name] += 1
    if not bench.judge(spoilt):
        tally.missed.append(f"{name}: {spoilt.model_dump_json()}")


def main() -> None:
    """Measure the dry run from the command line; exits 1 when it misses or refuses anything."""
    parser = argparse.ArgumentParser(description="Seed faults into plans and judge them.")
    parser.add_argument("--archive", type=Path, help="Archive; the demo's places when left out.")
    parser.add_argument("--count", type=int, default=300)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", type=Path, help="JSON file to write.")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="terragate-faults-") as folder:
        archive = options.archive
        if archive is None:
            archive = Path(folder) / "archive"
            write_archive(archive, demo_places(), seed=7)
        bench = Bench(open_catalog(archive), read_holdings(archive), Path(folder) / "runs")
        tasks = list(draw(archive, options.seed, 4 * options.count))
        tally = measure(bench, tasks, options.count, options.seed)
    text = json.dumps(tally.plain(), indent=1)
    if options.out is not None:
        options.out.write_text(text + "\n", "utf-8")
    print(text)  # noqa: T201 - a command
    raise SystemExit(1 if tally.missed or tally.refused else 0)


if __name__ == "__main__":
    main()
