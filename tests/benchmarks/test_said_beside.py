"""No question of the generated sets is parted, and no right answer to one carries a warning."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from pathlib import Path

import anyio
import pytest
from terragate.benchmarks.geo.dataset import handwritten_questions, injected_questions, prepare
from terragate.benchmarks.geo.oracle_plan import plan
from terragate.benchmarks.suites.geo import DrawnGeo, GeoItem, GeoSuite
from terragate.benchmarks.suites.geo_asking import TODAY
from terragate.benchmarks.suites.registry import REDRAWN
from terragate.deploy.models.oracle import OracleModel
from terragate.tests.support.point_catalog import PointCatalog
from terragate.tools.geo.catalog import Catalog
from terragate.tools.geo.static_catalog import open_catalog
from terragate.workflows.report import Report
from terragate.workflows.request import Request
from terragate.workflows.runtime import Platform, run
from terragate.workflows.several import several_questions

WARNINGS = ("The question asks for", "Not looked at:")


@pytest.fixture(scope="module")
def items(tmp_path_factory: pytest.TempPathFactory) -> Sequence[GeoItem]:
    folder = tmp_path_factory.mktemp("held-out")
    archive, _ = prepare(folder)
    drawn = [suite.load(archive) for suite in (DrawnGeo(), REDRAWN)]
    return [*GeoSuite().load(folder), *drawn[0], *drawn[1]]


def parted(texts: Sequence[str], catalog: Catalog) -> list[str]:
    return [text for text in texts if several_questions(text, catalog, TODAY) != (text,)]


def test_no_question_written_by_hand_is_parted() -> None:
    questions = [*handwritten_questions(), *injected_questions()]
    assert len(questions) > 200
    assert parted([question.text for question in questions], PointCatalog()) == []


@pytest.mark.acceptance
def test_no_question_is_parted(items: Sequence[GeoItem]) -> None:
    assert len(items) == 1171
    texts = [item.held.question.text for item in items]
    assert parted(texts, open_catalog(items[0].archive)) == []


@pytest.mark.acceptance
def test_no_right_answer_is_warned_of(items: Sequence[GeoItem], tmp_path: Path) -> None:
    catalog = open_catalog(items[0].archive)

    async def answered(item: GeoItem) -> Report:
        question = item.held.question
        request = Request(text=question.text, today=TODAY, earlier=tuple(question.earlier))
        model = OracleModel(plan(question.slots))
        try:
            platform = Platform(model=model, catalog=catalog, out=tmp_path / "out", persist=False)
            return await run(request, platform)
        finally:
            shutil.rmtree(tmp_path / "out", ignore_errors=True)

    said = [anyio.run(answered, item).answer for item in items]
    assert [answer for answer in said if any(warning in answer for warning in WARNINGS)] == []
