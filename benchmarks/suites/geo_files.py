"""Questions on a person's own rasters and vectors, with hand-checked answers.

A folder holds the data and `questions.yaml` (or `.json`):

    data: rasters            # folder of the catalog, relative; the folder itself when left out
    questions:
      - id: ryde_ndvi
        question: What was the mean NDVI in Ryde in 2020?
        answer: {name: zonal_mean, unit: "", value: 0.53, rel: 1.0e-6}
        calls:               # for the golden self-test: what a right run chooses, in order
          - {tool: find_place, place: Ryde}
      - id: flat
        question: What does a flat cost in Ryde?
        status: refused

"Today" is 1 January 2026 for all of them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Literal

import yaml
from inspect_ai import Task
from inspect_ai.dataset import Sample
from inspect_ai.scorer import Score, Scorer, Target
from inspect_ai.solver import TaskState
from pydantic import Field, ValidationError

from ...agents.choice import Choice, dump_choice
from ...agents.protocol import ModelAnswer, ModelRequest, Rendering
from ...tools.artifacts import sha256_file
from ...tools.errors import ModelError, UsageError
from ...tools.geo.static_catalog import open_catalog
from ...tools.records import Frozen
from ...workflows.report import Report
from ..geo.grade import grade
from ..geo.truth import Expected, Truth
from .energy import EnergyMeter
from .geo import golden_answers, of_quiet
from .geo_asking import ArmOf, ask_each, geo_tools, geo_workflows, scored_report
from .logged import arm_task, named_scorer
from .suite import Arm, Bench, Ceiling

NAMES: Final = ("questions.yaml", "questions.yml", "questions.json")


class Answer(Frozen):
    """The number that is right, and how far from it an answer may be (relative and absolute)."""

    name: str
    value: float = Field(allow_inf_nan=False)
    unit: str = ""
    rel: float = Field(default=1e-6, ge=0)
    abs: float = Field(default=0.0, ge=0)


class FileQuestion(Frozen):
    """A question, its answer, and the calls of a run that is right."""

    id: str = Field(pattern=r"^[A-Za-z0-9_.-]{1,80}$")
    question: str = Field(min_length=1, max_length=4000)
    status: Literal["answered", "clarify", "refused"] = "answered"
    answer: Answer | None = None
    group: str = ""
    calls: tuple[dict[str, str], ...] = ()

    @property
    def truth(self) -> Truth:
        """Return what the grader wants."""
        if self.answer is None:
            return Truth(status=self.status)
        said = self.answer
        tolerance = said.abs + said.rel * abs(said.value)
        value = Expected(name=said.name, value=said.value, unit=said.unit, tolerance=tolerance)
        return Truth(status=self.status, value=value)


class QuestionFile(Frozen):
    """A file of questions."""

    data: str = "."
    questions: tuple[FileQuestion, ...] = Field(min_length=1)


@dataclass(frozen=True)
class FileItem:
    """A question over the data of a folder; `files` is the sha256 of these."""

    asked: FileQuestion
    data: Path
    files: str

    @property
    def id(self) -> str:
        """Return the question's name."""
        return self.asked.id

    @property
    def group(self) -> str:
        """Return the part of the file that it belongs to."""
        return self.asked.group

    @cached_property
    def digest(self) -> str:
        """Return the sha256 of question, answer and data."""
        text = f"{self.files}\n{self.asked.model_dump_json(exclude={'calls'})}"
        return hashlib.sha256(text.encode()).hexdigest()


class Recited:
    """Says recorded choices in order: the golden answer of a question."""

    name = "golden"
    rendering: Rendering = "compact"

    def __init__(self, calls: Sequence[Mapping[str, str]]) -> None:
        self._left = [dict(call) for call in calls]

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        """Say the next choice."""
        if not self._left:
            raise ModelError(f"no call is left for stage {request.stage!r}", kind="empty")
        call = self._left.pop(0)
        choice = Choice(tool=call.pop("tool"), args=dict(call))
        return ModelAnswer(text=dump_choice(choice), model=self.name)


@dataclass(frozen=True)
class GeoFiles:
    """The suite of a folder of one's own."""

    name: str = "geo-files"
    about: str = "a folder with rasters, vectors and questions.yaml"

    @property
    def workflows(self) -> tuple[str, ...]:
        """Return the families that can be asked."""
        return geo_workflows()

    def load(self, path: Path) -> list[FileItem]:
        """Return the questions of a folder, in their order."""
        found = _read(path)
        data = (path / found.data).resolve()
        if not data.is_relative_to(path.resolve()) or not data.is_dir():
            raise UsageError(f"data: {found.data!r} is no folder inside {str(path)!r}")
        files = _files_sha256(data)
        return [FileItem(asked, data, files) for asked in found.questions]

    def ceiling(self, items: Sequence[FileItem], bench: Bench) -> Ceiling:
        """Run the calls that the file gives through the real tools; the others are left out."""
        golden = [item for item in items if item.asked.calls]
        if not golden:
            return Ceiling(total=0, passed=0)
        calls = {item.id: item.asked.calls for item in golden}
        arm = Arm("stateful", Recited(()))
        return golden_answers(
            self.name, golden, bench, lambda of: self._task(golden, of, arm, of_quiet(bench), {}),
            lambda name: replace(arm, model=Recited(calls[name])), geo_tools(),
        )  # fmt: skip

    def task(
        self, items: Sequence[FileItem], arm: Arm, bench: Bench, about: Mapping[str, Any]
    ) -> Task:
        """Return the task that asks the arm every question."""
        return self._task(items, lambda name: arm, arm, bench, about)

    def _task(
        self, items: Sequence[FileItem], arm_of: ArmOf, arm: Arm, bench: Bench,
        about: Mapping[str, Any],
    ) -> Task:  # fmt: skip
        catalog = open_catalog(items[0].data)
        samples = [
            Sample(
                id=item.id,
                input=item.asked.question,
                target=item.asked.truth.model_dump_json(exclude_defaults=True),
                metadata={
                    "digest": item.digest, "group": item.group, "family": "",
                    "hostile": False, "earlier": [],
                    "truth": item.asked.truth.model_dump(),
                },
            )
            for item in items
        ]  # fmt: skip
        ask = ask_each(arm_of, (catalog, catalog), bench.out / "scratch")
        return arm_task(self.name, samples, (ask, compare_with_answer(bench)), arm, about)

    def tools(self) -> dict[str, str]:
        """Return the versions of the geospatial tools."""
        return geo_tools()


def compare_with_answer(bench: Bench) -> Scorer:
    """Grade a report by the answer of the file."""
    meter = EnergyMeter()

    async def score(state: TaskState, target: Target) -> Score:
        del target
        report = Report.model_validate(state.store.get("report"))
        found = grade(report, Truth.model_validate(state.metadata["truth"]))
        bench.done(found.success)
        return scored_report(state, report, "; ".join(found.reasons), {}, meter)

    return named_scorer("compare_with_answer", ("success",), score)


def _read(path: Path) -> QuestionFile:
    file = next((path / name for name in NAMES if (path / name).is_file()), None)
    if file is None:
        raise UsageError(f"{str(path)!r} holds no questions: write {NAMES[0]} there")
    try:
        # JSON is YAML; the safe loader makes plain values only.
        found = QuestionFile.model_validate(yaml.safe_load(file.read_text("utf-8")))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"]))
        raise UsageError(f"{str(file)!r}: {where}: {first['msg']}") from error
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(f"{str(file)!r} cannot be read as YAML: {error}") from error
    names = [question.id for question in found.questions]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise UsageError(f"{str(file)!r} holds two questions of the id {twice!r}")
    return found


def _files_sha256(data: Path) -> str:
    paths = sorted(path for path in data.rglob("*") if path.is_file())
    lines = "".join(f"{path.relative_to(data)} {sha256_file(path)}\n" for path in paths)
    return hashlib.sha256(lines.encode()).hexdigest()
