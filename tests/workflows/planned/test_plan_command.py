"""`terragate plan` and `ask --plan`: the real command, a real archive, a server over real HTTP."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terragate.tests.support.command_line import command, write_two_towns
from terragate.tests.support.openai_server import Handler, completion, honours_schema, serving
from terragate.tests.support.oracle_server import NAME
from terragate.tools.errors import UsageError
from terragate.workflows.planned.drawing import plan_mermaid
from terragate.workflows.planned.edited import plan_yaml, read_plan_file
from terragate.workflows.planned.plan import Node, Plan
from terragate.workflows.report import Report

pytestmark = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")

QUESTION = "How many fishing vessels were seen in Rotterdam from 2019 to 2024?"
CALLS = [
    {"tool": "find_place", "place": "Rotterdam"},
    {"tool": "find_dates", "dates": "from 2019 to 2024"},
    {"tool": "load_features", "collection": "xview1", "category": "fishing vessels"},
    {"tool": "count_features"},
    {"tool": "report_value"},
]


def plans(handler: Handler, body: dict[str, Any]) -> None:
    schema = body["response_format"]["json_schema"]["schema"]
    if "plan" not in schema["properties"]:
        honours_schema(handler, body)
        return
    faulty = "Singapore" in body["messages"][-1]["content"]
    handler.send_json(completion(json.dumps({"plan": CALLS[3:] if faulty else CALLS})))


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    home = tmp_path_factory.mktemp("home")
    write_two_towns(home / "towns")
    with pytest.MonkeyPatch.context() as patch, serving(plans, model=NAME) as served:
        patch.chdir(home)
        patch.setenv("TERRAGATE_HOME", str(home / "home"))
        patch.setenv("TERRAGATE_MODEL", served.url)
        patch.setenv("COLUMNS", "160")
        yield home


def test_a_plan_is_shown_written_edited_and_run_again(folder: Path) -> None:
    made = command("plan", QUESTION, "--catalog", "towns", "--yaml", "plan.yaml")
    assert (made.code, made.err) == (0, "")
    assert "fishing vessels" in made.out
    assert "n1 --> n3" in made.out
    assert "the plan is sound" in made.out
    assert list((folder / "runs").iterdir()) == []

    ran = command("ask", "--plan", "plan.yaml", "--catalog", "towns", "--json")
    first = Report.model_validate_json(ran.out)
    assert (ran.code, first.status, first.usage.model_calls) == (0, "answered", 0)
    assert first.request.text == QUESTION

    shown = command("plan", "--run", first.run_id, "--yaml", "again.yaml", "--json")
    assert [node["tool"] for node in json.loads(shown.out)["nodes"]] == [c["tool"] for c in CALLS]
    edited = Path("again.yaml").read_text().replace("from 2019 to 2024", "in 2021")
    Path("again.yaml").write_text(edited)
    again = command("ask", "--plan", "again.yaml", "--catalog", "towns", "--json")
    second = Report.model_validate_json(again.out)
    assert second.status == "answered"
    assert second.values[0].value < first.values[0].value
    kept = {record.id: record for record in first.records}
    assert {r.id for r in second.records if r == kept[r.id]} == {"n1"}

    exported = command("runs", "export", first.run_id)
    assert exported.code == 0
    assert "call('n3', 'load_features', collection='xview1'" in exported.out
    # The plan goes along, as comments that can be taken out and run again.
    compile(exported.out, "exported.py", "exec")
    said = [line[4:] for line in exported.out.splitlines() if line.startswith("#   ")]
    Path("taken.yaml").write_text("\n".join(said))
    assert read_plan_file(Path("taken.yaml")).question == QUESTION
    notebook = command("runs", "export", first.run_id, "--format", "notebook")
    assert "```mermaid\\nflowchart TD" in notebook.out


def test_planned_asks_the_model_once(folder: Path) -> None:
    done = command("ask", QUESTION, "--workflow", "planned", "--catalog", "towns", "--json")
    report = Report.model_validate_json(done.out)
    assert (report.status, report.usage.model_calls, report.workflow) == ("answered", 1, "planned")


def test_a_faulty_plan_is_shown_with_its_faults(folder: Path) -> None:
    done = command("plan", "How many ships in Singapore?", "--catalog", "towns", "--json")
    found = json.loads(done.out)
    assert (done.code, found["way"], found["usage"]["model_calls"]) == (1, "fallback", 2)
    assert [fault["code"] for fault in found["faults"]] == ["missing_input"]


@pytest.mark.parametrize(
    ("args", "said"),
    [
        (("plan",), "one of both"),
        (("plan", QUESTION, "--run", "x"), "one of both"),
        (("plan", "--run", "nowhere"), "has no report yet"),
        (("ask",), "the question is empty"),
        (("ask", "--plan", "nowhere.yaml"), "cannot be read"),
    ],
)
def test_wrong_usage_is_said(folder: Path, args: tuple[str, ...], said: str) -> None:
    done = command(*args)
    assert done.code == 2
    assert said in done.err


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("question: [", "is no YAML"),
        ("just words", "valid dictionary"),
        ("question: q\nnodes: []", "nodes"),
        ("question: q\nnodes: [{id: p1, tool: t}]", "nodes.0.id"),
        ("question: q\nnodes: [{id: n1, tool: t, run: rm}]", "nodes.0.run"),
        ("a: &a [x]\nb: *a", "alias"),
        ("question: q" + " " * 100_000, "larger than"),
        ("[" * 3000, "is no YAML"),
    ],
)
def test_a_plan_that_cannot_be_read_is_refused(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(text)
    with pytest.raises(UsageError, match=said):
        read_plan_file(path)


WORDS = st.text(st.characters(codec="utf-8", exclude_categories=("C", "Z")), min_size=1)


@given(st.lists(st.dictionaries(st.sampled_from("abc"), WORDS), min_size=1, max_size=4), WORDS)
def test_yaml_keeps_every_plan(args: list[dict[str, str]], question: str) -> None:
    nodes = [
        Node(id=f"n{n}", tool="no", args=held, after=tuple(f"n{m}" for m in range(n)))
        for n, held in enumerate(args)
    ]
    import tempfile

    with tempfile.TemporaryDirectory() as home:
        path = Path(home) / "plan.yaml"
        path.write_text(plan_yaml(Plan(nodes=tuple(nodes)), question, "r1"), "utf-8")
        read = read_plan_file(path)
    assert (read.question, read.run, read.nodes) == (question, "r1", tuple(nodes))


def test_what_a_plan_says_cannot_leave_its_box_in_a_drawing() -> None:
    hostile = Node(id="n1", tool="find_place", args={"place": '"] --> x["<script>\n'})
    drawn = plan_mermaid(Plan(nodes=(hostile, Node(id="n2", tool="zoom_map", after=("n1",)))))
    assert drawn.splitlines()[-1] == "    n1 --> n2"
    assert len(drawn.splitlines()) == 4
    assert "<script" not in drawn
    assert drawn.count('"') == 4
