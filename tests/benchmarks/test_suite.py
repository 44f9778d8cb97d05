from __future__ import annotations

import json
from pathlib import Path

import pytest
from inspect_ai import eval as run_eval
from terragate.agents.protocol import ModelAnswer, ModelRequest, Rendering
from terragate.benchmarks.archive import ArchiveSize, locate, write_archive
from terragate.benchmarks.geo import run as command
from terragate.benchmarks.geo.dataset import Item, question_hash, with_truth
from terragate.benchmarks.geo.oracle_plan import plan
from terragate.benchmarks.geo.random_model import RandomModel
from terragate.benchmarks.geo.results import main_table, pairwise, rows_of, summary
from terragate.benchmarks.geo.run import Options, arms_of, evaluate, report
from terragate.benchmarks.geo.suite import Arm, geo_task
from terragate.benchmarks.geo.task import Question, Slots
from terragate.benchmarks.suites.suite import spread
from terragate.deploy.models.oracle import OracleModel
from terragate.tools.errors import InfrastructureError, ModelError, UsageError
from terragate.tools.geo.static_catalog import open_catalog

# The first is rasterio's use of affine; the second is inspect_ai's, at the end of an evaluation.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning"),
    pytest.mark.filterwarnings("ignore:Unclosed <MemoryObject:ResourceWarning"),
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

    name = "oracle"
    rendering: Rendering = "compact"

    def __init__(self) -> None:
        self.by_text = {q.text: OracleModel(plan(q.slots)) for q in QUESTIONS}

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        asked = next(t for t in self.by_text if t in request.messages[-1].content)
        return await self.by_text[asked].complete(request)


class Dead:
    name = "dead"
    rendering: Rendering = "compact"

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        raise ModelError("no server", kind="unreachable")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("suite") / "archive"
    write_archive(root, locate(PLACES), seed=3, size=ArchiveSize(pixels=48, scenes=3, images=3))
    return root


@pytest.fixture(scope="module")
def items(archive: Path) -> list[Item]:
    return with_truth(QUESTIONS, archive)


def ask(items: list[Item], arm: Arm, archive: Path, out: Path):
    task = geo_task(items, arm, open_catalog(archive), out / "runs")
    log = run_eval(task, model="none/none", log_dir=str(out), display="none", ctl_server=False)[0]
    return rows_of(log)


def test_the_oracle_is_right_and_chance_is_not(
    items: list[Item], archive: Path, tmp_path: Path
) -> None:
    right = ask(items, Arm("oracle", "stateful", Oracles), archive, tmp_path)
    assert [(row.question, row.reasons) for row in right] == [(q.id, "right") for q in QUESTIONS]
    chance = ask(items, Arm("random", "stateful", RandomModel), archive, tmp_path)
    assert sum(row.success for row in chance) < len(QUESTIONS)
    found = summary(right)
    assert (found["success"], found["n"], found["call_correctness"]) == (1.0, 4, 1.0)
    assert 0.5 < found["low"] < found["high"] == 1.0
    assert found["groups"]["ambiguous"] == {"success": 1.0, "n": 1}
    table = main_table({"oracle": found, "random": summary(chance)})
    assert table.row_count == 2
    gap = pairwise({"oracle": right, "random": chance})[0]
    assert gap["n"] == 4
    assert gap["gap"] > 0
    assert not any((tmp_path / "runs" / "oracle").iterdir())


def test_a_dead_server_leaves_the_questions_open(
    archive: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(command, "prepare", lambda folder: (archive, QUESTIONS))
    options = Options(("stateful",), "dead", None, 2, tmp_path, 1)
    with pytest.raises(InfrastructureError, match="same command again"):
        evaluate(options, [Arm("stateful", "stateful", Dead)])
    revived = evaluate(options, [Arm("stateful", "stateful", Oracles)])
    assert [row.success for row in revived["stateful"]] == [True, True]
    results = report(options, revived, None)
    stored = json.loads((tmp_path / "results.json").read_text("utf-8"))
    assert stored == results
    assert results["arms"]["stateful"]["n"] == 2
    asked = spread(QUESTIONS, 2)
    assert results["fingerprints"]["questions_sha256"] == question_hash(asked)


def test_a_limit_takes_questions_from_the_whole_set() -> None:
    assert [q.id for q in spread(QUESTIONS, 2)] == ["q1", "q3"]
    assert spread(QUESTIONS, None) == QUESTIONS
    assert spread(QUESTIONS, 9) == QUESTIONS


def test_unknown_arms_are_named() -> None:
    with pytest.raises(UsageError, match="'planned'"):
        arms_of(["stateful", "planned"], RandomModel)
    arms = arms_of(["stateful", "random"], Oracles)
    assert [type(arm.open_model()) for arm in arms] == [Oracles, RandomModel]
