"""The geospatial suites: questions of one's own on real files, and the held-out set's machinery."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import yaml
from terragate.agents.protocol import Message, ModelRequest
from terragate.benchmarks.archive import ArchiveSize, locate, write_archive
from terragate.benchmarks.geo.oracle_plan import plan
from terragate.benchmarks.geo.task import Question
from terragate.benchmarks.suites import geo
from terragate.benchmarks.suites.geo import f1
from terragate.benchmarks.suites.geo_files import GeoFiles
from terragate.benchmarks.suites.suite import Bench
from terragate.deploy.models.oracle import OracleModel
from terragate.tests.real_files.folder import ABSENT, write_folder
from terragate.tests.real_files.plain_questions import PLAIN
from terragate.tests.real_files.recorded_questions import RECORDED
from terragate.tests.support.command_line import Outcome, command
from terragate.tests.support.openai_server import (
    Handler,
    completion,
    honours_schema,
    says,
    serving,
)
from terragate.tests.support.oracle_server import NAME
from terragate.tests.support.tiny_geo import SHARED
from terragate.tools.errors import UsageError

pytestmark = [
    pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning"),
]

FEW = (*PLAIN[:2], *RECORDED[-2:])


def write_questions(folder: Path, questions: Sequence[Any]) -> Path:
    """Write the questions of the real files with their independently computed answers."""
    data = write_folder(folder / "geo")
    rows = [
        {
            "id": question.name,
            "question": question.text,
            "group": "plain" if question.plain else "recorded",
            "answer": {
                "name": question.truth.value, "unit": question.truth.unit,
                "value": float(question.truth.of(data)), "rel": question.truth.rel,
            },
            "calls": [dict(said) for said in question.said],
        }
        for question in questions
    ]  # fmt: skip
    rows.append({"id": "flat", "question": "What does a flat cost in Ryde?", "status": "refused"})
    text = yaml.safe_dump({"data": "geo", "questions": rows}, allow_unicode=True)
    (folder / "questions.yaml").write_text(text, "utf-8")
    return folder


@pytest.mark.skipif(not SHARED.is_dir(), reason=ABSENT)
def test_questions_on_real_files(tmp_path: Path) -> None:
    folder = write_questions(tmp_path / "mine", FEW)
    right = [says(json.dumps(said)) for question in FEW for said in question.said]
    # One at a time and in order: the server says the calls of each question, then refuses.
    with serving(says("unused"), *right, says('{"tool":"refuse"}')) as served:
        done = command(
            "eval", "run", "geo-files", "--data", folder, "--model", served.url,
            "--workflow", "stateful", "--out", tmp_path / "run", "--json",
        )  # fmt: skip
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["ceiling"] == {"total": 4, "passed": 4, "published": None, "misses": []}
    assert found["items"] == 5
    assert set(found["groups"]) == {"plain", "recorded"}


@pytest.mark.acceptance
@pytest.mark.skipif(not SHARED.is_dir(), reason=ABSENT)
def test_every_question_on_the_real_files_passes_its_own_test(tmp_path: Path) -> None:
    folder = write_questions(tmp_path / "mine", (*PLAIN, *RECORDED))
    top = GeoFiles().ceiling(GeoFiles().load(folder), Bench(tmp_path / "out", 2))
    assert (top.misses, top.passed) == ((), len(PLAIN) + len(RECORDED))


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("questions: [", "cannot be read as YAML"),
        ("questions: []", "questions"),
        ("questions: [{id: a}]", "question"),
        ("questions: [{id: 'a b', question: x}]", "id"),
        ("questions: [{id: a, question: x}, {id: a, question: y}]", "two questions"),
        ("data: ../..\nquestions: [{id: a, question: x}]", "no folder inside"),
        ("data: absent\nquestions: [{id: a, question: x}]", "no folder inside"),
        ("questions: [{id: a, question: x, answer: {name: n, value: .nan}}]", "value"),
        ("!!python/object/apply:os.getcwd []", "cannot be read as YAML"),
    ],
)
def test_bad_question_files_are_said(text: str, said: str, tmp_path: Path) -> None:
    (tmp_path / "questions.yaml").write_text(text)
    with pytest.raises(UsageError) as error:
        GeoFiles().load(tmp_path)
    assert said in str(error.value)


def test_a_folder_without_questions(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="holds no questions"):
        GeoFiles().load(tmp_path)


def test_f1_by_hand() -> None:
    # 3 of 4 ideal calls were made, among 6: precision 1/2, recall 3/4.
    assert f1(0.75, ideal=4, made=6) == pytest.approx(0.6)
    assert f1(1.0, ideal=2, made=2) == 1.0
    assert (f1(0.0, ideal=2, made=3), f1(1.0, ideal=0, made=0), f1(1.0, ideal=0, made=1)) == (
        0.0, 1.0, 0.0,
    )  # fmt: skip


SLOTS = [
    {"family": "fetch", "place": "Porto", "collection": "sentinel-2"},
    {"family": "zoom", "trap": "ambiguous", "place": "Tripoli"},
]
TEXTS = ("How many scenes are there of Porto?", "Zoom to Tripoli")
QUESTIONS = [
    Question.model_validate({"id": f"q{n}", "text": t, "slots": s, "source": "heldout-hand"})
    for n, (t, s) in enumerate(zip(TEXTS, SLOTS, strict=True))
]


@pytest.fixture
def held(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Put two questions over a tiny archive in the place of the held-out set."""
    archive = tmp_path / "archive"
    places = locate([("Porto", "PT"), ("Tripoli", "LY"), ("Tripoli", "LB")])
    write_archive(archive, places, seed=3, size=ArchiveSize(pixels=48, scenes=3, images=3))
    monkeypatch.setattr(geo, "prepare", lambda folder: (archive, QUESTIONS))


def ask(url: str, out: Path, *more: Any) -> Outcome:
    return command("eval", "run", "geo", "--model", url, "--out", out, "--json", *more)


@pytest.mark.usefixtures("held")
def test_the_held_out_machinery(tmp_path: Path) -> None:
    def behave(handler: Handler, body: dict[str, Any]) -> None:
        schema = body["response_format"]["json_schema"]["schema"]
        if "tool" not in schema.get("anyOf", [schema])[0]["properties"]:
            honours_schema(handler, body)
            return
        messages = tuple(Message.model_validate(message) for message in body["messages"])
        asked = next(q for q in QUESTIONS if q.text in messages[-1].content)
        request = ModelRequest(stage="", messages=messages, answer_schema=schema, max_tokens=64)
        answer = asyncio.run(OracleModel(plan(asked.slots)).complete(request))
        handler.send_json(completion(answer.text))

    with serving(behave, model=NAME) as served:
        done = ask(served.url, tmp_path / "run", "--workflow", "stateful", "--samples", 2)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert (found["items"], found["samples"], found["ceiling"]["passed"]) == (2, 4, 2)
    assert found["pass"]["pass@2"]["rate"] == 1.0
    assert found["measures"]["call_f1"] == 1.0
    assert found["measures"].keys() == {"call_accuracy", "call_correctness", "call_f1"}
    assert found["families"].keys() == {"ambiguous", "fetch"}


def test_drawn_questions_are_about_the_places_of_their_archive(tmp_path: Path) -> None:
    # None of these places is in the held-out set, whose reading of names knows no others.
    places = locate([("Split", "HR"), ("Da Nang", "VN"), ("Palembang", "ID")])
    size = ArchiveSize(pixels=48, scenes=5, images=8)
    write_archive(tmp_path / "archive", places, seed=3, size=size)
    suite = geo.DrawnGeo(count=30, draw=5)
    items = suite.load(tmp_path / "archive")
    assert 20 <= len(items) <= 30
    assert items == suite.load(tmp_path / "archive")
    top = suite.ceiling(items, Bench(tmp_path / "out", 2, oracle=OracleModel))
    assert top.passed >= 0.9 * len(items), top.misses


@pytest.mark.usefixtures("held")
def test_chance_needs_no_server(tmp_path: Path) -> None:
    done = ask("random", tmp_path / "run", "--workflow", "react", "--samples", 3)
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["samples"] == 6
    assert found["arm"]["model"] == "random"
    assert found["cost"]["total"]["model_calls"] > 6
    refused = ask("random", tmp_path / "other", "--workflow", "direct")
    assert (refused.code, "not asked by 'direct'" in refused.err) == (2, True)
