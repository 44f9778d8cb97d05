"""The geospatial suite asked by real workflows: arms side by side, and a server that is gone."""

from __future__ import annotations

from pathlib import Path

import pytest
from terragate.agents.protocol import Model, ModelAnswer, ModelRequest, Rendering
from terragate.benchmarks.archive import ArchiveSize, locate, write_archive
from terragate.benchmarks.geo.dataset import with_truth
from terragate.benchmarks.geo.oracle_plan import plan
from terragate.benchmarks.geo.random_model import RandomModel
from terragate.benchmarks.geo.task import Question, Slots
from terragate.benchmarks.suites.fingerprint import fingerprint
from terragate.benchmarks.suites.geo import GeoItem, GeoSuite
from terragate.benchmarks.suites.rows import Result, result_of
from terragate.benchmarks.suites.running import run_suite
from terragate.benchmarks.suites.suite import Arm, Bench, Ceiling, spread
from terragate.benchmarks.suites.table import arms_table, pairs_table, parts_table, side_by_side
from terragate.deploy.models.oracle import OracleModel
from terragate.tools.errors import InfrastructureError, ModelError

# Rasterio's use of affine.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning"),
]

PLACES = [("Porto", "PT"), ("Tripoli", "LY"), ("Tripoli", "LB")]


def question(number: int, text: str, **slots: str) -> Question:
    return Question(
        id=f"q{number}",
        text=text,
        slots=Slots.model_validate(slots),
        source="heldout-hand",
    )


QUESTIONS = [
    question(
        1,
        "How many scenes are there of Porto?",
        family="fetch",
        place="Porto",
        collection="sentinel-2",
    ),
    question(2, "Zoom to Tripoli", family="zoom", trap="ambiguous", place="Tripoli"),
    question(
        3,
        "What is the mean NDVI of Tripoli, Libya?",
        family="zonal",
        place="Tripoli, Libya",
        collection="sentinel-2",
        index="NDVI",
        statistic="mean",
    ),
    question(4, "What does a flat cost in Porto?", family="refuse", place="Porto"),
]


class Oracles:
    """The oracle of whichever question is asked."""

    rendering: Rendering = "compact"

    def __init__(self, name: str = "oracle") -> None:
        self.name = name

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        asked = next(q for q in QUESTIONS if q.text in request.messages[-1].content)
        return await OracleModel(plan(asked.slots)).complete(request)


class Dead:
    name = "dead"
    rendering: Rendering = "compact"

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        raise ModelError("no server", kind="unreachable")


@pytest.fixture(scope="module")
def items(tmp_path_factory: pytest.TempPathFactory) -> list[GeoItem]:
    archive = tmp_path_factory.mktemp("suite") / "archive"
    write_archive(archive, locate(PLACES), seed=3, size=ArchiveSize(pixels=48, scenes=3, images=3))
    return [GeoItem(item, archive) for item in with_truth(QUESTIONS, archive)]


def ask(items: list[GeoItem], model: Model, out: Path, workflow: str = "stateful") -> Result:
    arm = Arm(workflow, model, samples=2, temperature=0.3)
    known = {"name": model.name}
    price = {"prompt": 1.0, "cached": 0.1, "completion": 2.0}
    top = Ceiling(total=len(items), passed=len(items))
    log = run_suite(
        GeoSuite(), items, arm, Bench(out), fingerprint=fingerprint(GeoSuite(), items, known),
        price=price, ceiling=top,
    )  # fmt: skip
    return result_of(log)


def test_the_oracle_is_right_and_chance_is_not(items: list[GeoItem], tmp_path: Path) -> None:
    runs = {
        "oracle": ask(items, Oracles(), tmp_path / "oracle"),
        "random": ask(items, RandomModel(), tmp_path / "random"),
    }
    assert [(row.item, row.why) for row in runs["oracle"].rows] == [
        (q.id, "") for q in QUESTIONS for _ in range(2)
    ]
    found = side_by_side(runs)
    right, chance = found["arms"]["oracle"], found["arms"]["random"]
    assert right["share"]["successes"] == 8
    assert right["measures"]["call_correctness"] == 1.0
    assert right["families"]["ambiguous"]["pass"]["pass@1"]["rate"] == 1.0
    assert set(right["depths"]) == {"1-2 calls", "3-4 calls", "5-7 calls"} & set(right["depths"])
    assert chance["share"]["rate"] < 1
    [pair] = found["pairs"]
    assert (pair["arms"], pair["n"]) == (["oracle", "random"], 4)
    assert pair["gap"] < 0
    assert arms_table(found).row_count == 2
    assert pairs_table(found).row_count == 1
    assert "ambiguous" in [str(cell) for cell in parts_table(found, "families").columns[0].cells]
    assert not [path for path in (tmp_path / "oracle" / "scratch").rglob("*") if path.is_file()]


def test_a_dead_server_leaves_the_questions_open(items: list[GeoItem], tmp_path: Path) -> None:
    with pytest.raises(InfrastructureError, match="--resume"):
        ask(items[:2], Dead(), tmp_path)
    revived = ask(items[:2], Oracles("dead"), tmp_path)
    assert [row.success for row in revived.rows] == [True] * 4


def test_a_limit_takes_questions_from_the_whole_set() -> None:
    assert [q.id for q in spread(QUESTIONS, 2)] == ["q1", "q3"]
    assert spread(QUESTIONS, None) == QUESTIONS
    assert spread(QUESTIONS, 9) == QUESTIONS
