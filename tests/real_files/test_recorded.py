"""Every question through the real runtime and tools; only the choices come from a record."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import partial
from pathlib import Path

import anyio
import pytest
from terragate.agents.protocol import ModelAnswer, ModelRequest, Rendering
from terragate.tests.real_files.folder import ABSENT, write_folder
from terragate.tests.real_files.plain_questions import PLAIN
from terragate.tests.real_files.questions import Question, Said
from terragate.tests.real_files.recorded_questions import RECORDED
from terragate.tests.support.scripted_model import say
from terragate.tests.support.tiny_geo import SHARED
from terragate.tools.geo.catalog import Catalog
from terragate.tools.geo.static_catalog import open_catalog
from terragate.workflows.request import Request
from terragate.workflows.runtime import Platform, run

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason=ABSENT)

TODAY = date(2026, 1, 1)
QUESTIONS = (*PLAIN, *RECORDED)


class RecordedModel:
    """Says the choices in order; one that is not on offer ends the run."""

    name = "recorded"
    rendering: Rendering = "compact"

    def __init__(self, said: Sequence[Said]) -> None:
        self.left = list(said)

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        if not self.left:
            raise AssertionError(f"nothing is recorded for stage {request.stage!r}")
        return say(self.left.pop(0))


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    return open_catalog(write_folder(tmp_path_factory.mktemp("real") / "geo"))


@pytest.mark.parametrize("question", QUESTIONS, ids=[q.name for q in QUESTIONS])
def test_the_answer_is_the_independent_figure(
    question: Question, catalog: Catalog, tmp_path: Path
) -> None:
    model = RecordedModel(question.said)
    request = Request(text=question.text, today=TODAY)
    report = anyio.run(partial(run, request, Platform(model, catalog, tmp_path, persist=False)))
    assert (report.status, report.error) == ("answered", None), report.answer
    assert model.left == []
    [value] = report.values
    assert (value.name, value.unit) == (question.truth.value, question.truth.unit)
    expected = question.truth.of(catalog.root)
    assert value.value == pytest.approx(expected, rel=question.truth.rel, abs=0)


def test_there_are_enough_questions_and_no_name_is_used_twice() -> None:
    assert len(QUESTIONS) >= 24
    assert len(PLAIN) >= 14
    assert len({question.name for question in QUESTIONS}) == len(QUESTIONS)


def test_every_question_is_of_its_own_tools_or_area() -> None:
    """A question whose choices are those of another would test nothing more."""
    said = [tuple(sorted(each.items())) for q in QUESTIONS for each in [dict(enumerate(q.said))]]
    assert len({str(each) for each in said}) == len(QUESTIONS)
