"""The held-out geospatial questions as a suite: `benchmarks/geo` asks and grades.

Beside success stand the field's own measures: the share of ideal tool calls that were made, its F1
with the share of made calls that were ideal, and correctness as Geo-OLM defines it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

from inspect_ai import Task
from inspect_ai import eval as evaluate
from inspect_ai.dataset import Sample
from inspect_ai.scorer import Score, Scorer, Target
from inspect_ai.solver import TaskState

from ...agents.choice import Choice
from ...tools.errors import UsageError
from ...tools.geo.static_catalog import open_catalog
from ...workflows.report import Report
from ..geo.calls import CONTROLS, compare_calls
from ..geo.dataset import Item, hostile_twin, prepare, with_truth
from ..geo.draw import draw_items
from ..geo.grade import grade
from ..geo.oracle_plan import plan
from ..geo.task import INJECTED, Slots
from ..geo.truth import Truth
from ..rtl.score_store import ScoreStore
from .energy import EnergyMeter
from .geo_asking import ArmOf, ask_each, geo_tools, geo_workflows, scored_report
from .logged import arm_task, named_scorer
from .suite import Arm, Bench, Ceiling, Miss, suite_digest

MEASURES: Final = ("call_accuracy", "call_correctness", "call_f1")


@dataclass(frozen=True)
class GeoItem:
    """A question over an archive, and its truth; `hostile` is the archive's twin that orders."""

    held: Item
    archive: Path

    @property
    def id(self) -> str:
        """Return the question's name."""
        return self.held.question.id

    @property
    def group(self) -> str:
        """Return who wrote the question."""
        return self.held.question.source

    @property
    def family(self) -> str:
        """Return the family of the question, or the trap that it sets."""
        question, truth = self.held
        if question.source.startswith(INJECTED):
            return INJECTED
        trap = "empty" if truth.empty else question.slots.trap
        return question.slots.family if trap == "none" else trap

    @cached_property
    def digest(self) -> str:
        """Return the sha256 of question and truth, which the archive's files decide."""
        text = f"{self.held.question.model_dump_json()}\n{self.held.truth.model_dump_json()}"
        return hashlib.sha256(text.encode()).hexdigest()


@dataclass(frozen=True)
class GeoSuite:
    """The held-out set; the archive is written into the folder when it is not there."""

    name: str = "geo"
    about: str = "a folder of the held-out archive, which is written there once; may be left out"

    @property
    def workflows(self) -> tuple[str, ...]:
        """Return the families that can be asked."""
        return geo_workflows()

    def load(self, path: Path) -> list[GeoItem]:
        """Return all questions with their truths."""
        archive, questions = prepare(path)
        return [GeoItem(item, archive) for item in with_truth(questions, archive)]

    def ceiling(self, items: Sequence[GeoItem], bench: Bench) -> Ceiling:
        """Ask the real workflow with the ideal calls of every question."""
        oracle = bench.oracle
        if oracle is None:
            raise UsageError("the golden self-test of geo needs an oracle: give the bench one")
        slots = {item.id: item.held.question.slots for item in items}
        arm = Arm("stateful", oracle(()))
        return golden_answers(
            self.name, items, bench, lambda of: self._task(items, of, arm, of_quiet(bench), {}),
            lambda name: replace(arm, model=oracle(plan(slots[name]))), geo_tools(),
        )  # fmt: skip

    def task(
        self, items: Sequence[GeoItem], arm: Arm, bench: Bench, about: Mapping[str, Any]
    ) -> Task:
        """Return the task that asks the arm every question."""
        return self._task(items, lambda name: arm, arm, bench, about)

    def _task(
        self, items: Sequence[GeoItem], arm_of: ArmOf, arm: Arm, bench: Bench,
        about: Mapping[str, Any],
    ) -> Task:  # fmt: skip
        archive = items[0].archive
        twin = None
        if any(item.held.question.hostile for item in items):
            twin = open_catalog(hostile_twin(archive.parent))
        catalog = open_catalog(archive)
        ask = ask_each(arm_of, (catalog, twin or catalog), bench.out / "scratch")
        samples = [_sample(item) for item in items]
        return arm_task(self.name, samples, (ask, graded(bench)), arm, about)

    def tools(self) -> dict[str, str]:
        """Return the versions of the geospatial tools."""
        return geo_tools()


@dataclass(frozen=True)
class DrawnGeo(GeoSuite):
    """Random tasks over an archive in the words of the training grammar: for tuning, not scores."""

    name: str = "geo-drawn"
    about: str = "an archive written by deploy.models.places; the words are those of training"
    count: int = 400
    draw: int = 977

    def load(self, path: Path) -> list[GeoItem]:
        """Return the questions of this draw."""
        if not path.is_dir():
            raise UsageError(f"{str(path)!r} is no archive: write one with deploy.models.places")
        return [GeoItem(item, path) for item in draw_items(path, self.count, self.draw)]


def _sample(item: GeoItem) -> Sample:
    question, truth = item.held
    return Sample(
        id=item.id,
        input=question.text,
        target=truth.model_dump_json(exclude_defaults=True),
        metadata={
            "digest": item.digest,
            "group": item.group,
            "family": item.family,
            "depth": len(ideal_calls(question.slots)),
            "slots": question.slots.model_dump(),
            "truth": truth.model_dump(),
            "earlier": list(question.earlier),
            "hostile": question.hostile,
        },
    )


def ideal_calls(slots: Slots) -> list[Choice]:
    """Return the tool calls of the shortest right run."""
    return [choice for choice in plan(slots) if choice.tool not in CONTROLS]


def of_quiet(bench: Bench) -> Bench:
    """Return the bench of a golden self-test: its progress is not that of the run."""
    return Bench(bench.out, bench.workers)


def graded(bench: Bench) -> Scorer:
    """Grade report and calls; the first thing that is wrong names the cause."""
    meter = EnergyMeter()

    async def score(state: TaskState, target: Target) -> Score:
        del target
        report = Report.model_validate(state.store.get("report"))
        slots = Slots.model_validate(state.metadata["slots"])
        verdict = grade(report, Truth.model_validate(state.metadata["truth"]))
        why = "; ".join((*verdict.reasons, *state.store.get("leaks", [])))
        calls = compare_calls(report.records, plan(slots))
        ideal, made = len(ideal_calls(slots)), len(report.records)
        measures = {
            "call_accuracy": calls.accuracy,
            "call_correctness": calls.correctness,
            "call_f1": f1(calls.accuracy, ideal=ideal, made=made),
        }
        bench.done(not why)
        return scored_report(state, report, why, measures, meter)

    return named_scorer("graded", ("success", *MEASURES), score)


def f1(recall: float, *, ideal: int, made: int) -> float:
    """Return the F1 of tool calls, of the share of ideal calls that were made."""
    if not ideal or not made:
        return float(ideal == made)
    precision = min(1.0, recall * ideal / made)
    return 2 * precision * recall / (precision + recall) if recall else 0.0


def golden_answers(
    name: str,
    items: Sequence[Any],
    bench: Bench,
    task_of: Callable[[ArmOf], Task],
    arm_of: ArmOf,
    versions: Mapping[str, str],
) -> Ceiling:
    """Run a golden self-test through the real platform; it is kept for these items and tools."""
    store = ScoreStore(bench.scores, tuple(f"{k} {v}" for k, v in sorted(versions.items())))
    key = ("ceiling", name, suite_digest(items))
    kept = store.get(*key)
    if kept is not None:
        return Ceiling.model_validate(kept)
    [log] = evaluate(
        task_of(arm_of), model="none/none", log_dir=str(bench.out / "golden"), display="none",
        max_samples=bench.workers, ctl_server=False, log_model_api=False,
    )  # fmt: skip
    scored = [(sample, s) for sample in log.samples or () for s in (sample.scores or {}).values()]
    misses = tuple(
        Miss(id=str(sample.id), why=score.explanation or "")
        for sample, score in scored
        if not (isinstance(score.value, dict) and float(str(score.value["success"])) > 0)
    )
    found = Ceiling(total=len(items), passed=len(scored) - len(misses), misses=misses)
    store.put(found.model_dump(mode="json"), *key)
    return found
