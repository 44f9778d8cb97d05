"""Plans are executed in the order of their data, several nodes at a time, and nodes repaired."""

from __future__ import annotations

import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from terragate.agents.protocol import ModelRequest
from terragate.tests.support.toy_domain import FIND, REPORT, TOOLS, WEIGH
from terragate.tests.workflows.planned.toy_plans import (
    TOY_PLANNING,
    PlanModel,
    ask,
    calls,
    nodes,
    platform,
)
from terragate.tools.errors import ModelError
from terragate.workflows.report import Report
from terragate.workflows.runtime import run

BRANCHES = nodes(
    ("find", {"word": "crane"}, ()),
    ("find", {"word": "fox"}, ()),
    ("find", {"word": "ox"}, ()),
    ("find", {"word": "swallow"}, ()),
    ("weigh", {}, ("n1",)),
    ("weigh", {}, ("n2",)),
    ("weigh", {}, ("n3",)),
    ("weigh", {}, ("n4",)),
    ("report", {"value": "n6.weight"}, ("n5", "n6", "n7", "n8")),
)


def answer(model: PlanModel, out: Path, text: str = "crane fox", **fields: Any) -> Report:
    plan = fields.pop("plan", None)
    tuning = {"reuse": fields.pop("reuse")} if "reuse" in fields else {}
    run_id = fields.pop("run_id", None)
    held = platform(model, out, **fields)
    return anyio.run(lambda: run(ask(text, plan, **tuning), held, run_id=run_id))


def test_one_call_of_the_model_answers(tmp_path: Path) -> None:
    model = PlanModel(calls("find crane", "weigh", "report"))
    report = answer(model, tmp_path)
    assert (report.status, report.answer) == ("answered", "weight 5 letters")
    assert [(r.id, r.tool, r.args) for r in report.records] == [
        ("n1", "find", {"word": "crane"}),
        ("n2", "weigh", {"thing": "n1"}),
        ("n3", "report", {"value": "n2.weight"}),
    ]
    assert report.usage.model_calls == 1
    assert len(model.requests) == 1
    plan = next(v for v in report.verdicts if v["name"] == "dry_run")["details"]["plan"]
    assert [node["after"] for node in plan["nodes"]] == [[], ["n1"], ["n2"]]


def test_a_plan_that_refuses_ends_refused(tmp_path: Path) -> None:
    assert answer(PlanModel({"plan": [{"tool": "refuse"}]}), tmp_path).status == "refused"


class Slow:
    """A tool that takes its time, and notes how many run at once."""

    def __init__(self, seconds: float) -> None:
        self.seconds = seconds
        self.running = self.most = 0
        self.lock = threading.Lock()

    def __call__(self, context: Any, args: Any) -> Any:
        with self.lock:
            self.running += 1
            self.most = max(self.most, self.running)
        time.sleep(self.seconds)
        with self.lock:
            self.running -= 1
        return WEIGH.run(context, args)


def test_independent_nodes_run_at_the_same_time(tmp_path: Path) -> None:
    slow = Slow(0.2)
    domain = replace(TOY_PLANNING, tools=(FIND, replace(WEIGH, run=slow), REPORT))
    report = answer(PlanModel(), tmp_path, "crane fox ox swallow", plan=BRANCHES, domain=domain)
    assert report.answer == "weight 3 letters"
    assert slow.most == 4
    assert [record.id for record in report.records] == [f"n{n}" for n in range(1, 10)]


def test_no_node_sees_what_another_branch_did(tmp_path: Path) -> None:
    """The answer of one branch is chosen by an agent that is shown that branch alone."""

    def twice(context: Any, args: Any) -> Any:
        found = WEIGH.run(context, args)
        other = found.values[0].model_copy(update={"name": "mass"})
        return found.model_copy(update={"values": (*found.values, other)})

    plan = nodes(
        ("find", {"word": "crane"}, ()),
        ("find", {"word": "fox"}, ()),
        ("weigh", {}, ("n1",)),
        ("weigh", {}, ("n2",)),
        ("report", {}, ("n3",)),
        ("report", {}, ("n4",)),
    )
    seen: list[ModelRequest] = []

    def choose(request: ModelRequest) -> dict[str, str]:
        seen.append(request)
        schema: dict[str, Any] = request.answer_schema or {}
        return {"tool": "report", "value": schema["properties"]["value"]["enum"][1]}

    domain = replace(TOY_PLANNING, tools=(FIND, replace(WEIGH, run=twice), REPORT))
    model = PlanModel(node=choose, rendering="chat")
    report = answer(model, tmp_path, plan=plan, domain=domain)
    assert report.status == "answered"
    offered = [str((r.answer_schema or {})["properties"]["value"]["enum"]) for r in seen]
    assert sorted(offered) == ["['n3.weight', 'n3.mass']", "['n4.weight', 'n4.mass']"]
    for request in seen:
        told = request.messages[-1].content.partition("What it can use")[2]
        assert ("crane" in told) != ("fox" in told)


def test_a_failed_node_is_tried_with_other_arguments(tmp_path: Path) -> None:
    model = PlanModel(
        calls("find badger", "weigh", "report"), node=lambda _: {"tool": "find", "word": "fox"}
    )
    report = answer(model, tmp_path, "badger fox")
    assert (report.status, report.answer) == ("answered", "weight 3 letters")
    assert [(r.id, r.status) for r in report.records] == [
        ("n1", "error"),
        ("n1.2", "ok"),
        ("n2", "ok"),
        ("n3", "ok"),
    ]
    asked = model.requests[1]
    assert asked.messages[-1].content.endswith("! not_found")
    assert "badger" not in str(asked.answer_schema)


def test_a_failed_node_is_replanned_with_another_tool(tmp_path: Path) -> None:
    seek = replace(FIND, name="seek", args=FIND.args, run=FIND.run)
    domain = replace(TOY_PLANNING, tools=(*TOOLS, seek))
    answers = iter([{"tool": "find", "word": "bad2"}, {"tool": "seek", "word": "fox"}])
    model = PlanModel(calls("find bad1", "weigh", "report"), node=lambda _: next(answers))
    held = platform(model, tmp_path, domain=domain)
    spec = held.families["planned"].spec()
    plan, work, back = spec.stages
    wide = spec.model_copy(
        update={"stages": (plan, work.model_copy(update={"tools": (*TOOLS_NAMES, "seek")}), back)}
    )
    family = replace(held.families["planned"], builder=lambda: wide)
    held = replace(held, families={"planned": family})
    report = anyio.run(lambda: run(ask("bad1 bad2 fox"), held))
    assert report.answer == "weight 3 letters"
    assert [(r.id, r.tool) for r in report.records][:3] == [
        ("n1", "find"),
        ("n1.2", "find"),
        ("n1.3", "seek"),
    ]


TOOLS_NAMES = tuple(tool.name for tool in TOOLS)


def test_a_node_may_ask_back(tmp_path: Path) -> None:
    model = PlanModel(calls("find bad1", "weigh", "report"), node=lambda _: {"tool": "clarify"})
    report = answer(model, tmp_path, "bad1 fox")
    assert report.status == "clarify"
    assert report.reason == "no thing 'bad1'"


def test_an_ambiguous_result_asks_back_at_once(tmp_path: Path) -> None:
    report = answer(PlanModel(calls("find twin", "weigh", "report")), tmp_path, "twin")
    assert (report.status, report.candidates) == ("clarify", ("a", "b"))


def test_a_tool_that_cannot_be_cured_ends_the_run(tmp_path: Path) -> None:
    report = answer(PlanModel(calls("find broken", "weigh", "report")), tmp_path, "broken")
    assert (report.status, report.error) == ("failed", "tool:bad_data")


def test_what_finds_nothing_skips_what_rests_on_it(tmp_path: Path) -> None:
    report = answer(PlanModel(calls("find void", "weigh", "report")), tmp_path, "void")
    assert (report.status, report.answer) == ("answered", "count 0")
    assert [record.status for record in report.records] == ["empty"]


@pytest.mark.parametrize("said", ["no plan", {"plan": []}, {"plan": [{"tool": "find"}]}])
def test_an_unusable_plan_is_asked_for_once_more(tmp_path: Path, said: Any) -> None:
    model = PlanModel(said, calls("find crane", "weigh", "report"))
    report = answer(model, tmp_path)
    assert (report.status, report.usage.model_calls) == ("answered", 2)
    assert model.requests[1].messages[-1].content.endswith("! invalid")


def test_two_unusable_plans_fall_back(tmp_path: Path) -> None:
    report = answer(PlanModel("no plan", "no plan"), tmp_path, "crane")
    assert (report.status, [r.stage for r in report.records]) == ("answered", ["back"])


def test_a_faulty_plan_goes_back_with_its_fault_and_then_falls_back(tmp_path: Path) -> None:
    model = PlanModel(calls("weigh", "report"), calls("find crane", "report"))
    report = answer(model, tmp_path, "crane")
    assert model.requests[1].messages[-1].content.endswith("! n1 missing_input: no thing before it")
    judged = [v for v in report.verdicts if v["name"] == "dry_run"]
    assert [v["outcome"] for v in judged] == ["fail", "fail"]
    assert judged[1]["evidence"].endswith("the state machine answers instead")
    assert (report.status, [r.stage for r in report.records]) == ("answered", ["back"])


def test_a_dead_server_leaves_a_run_that_can_be_resumed(tmp_path: Path) -> None:
    report = answer(PlanModel(ModelError("gone", kind="unreachable")), tmp_path)
    assert (report.status, report.error) == ("failed", "model:unreachable")


def test_an_edited_plan_that_is_faulty_is_refused_with_its_faults(tmp_path: Path) -> None:
    plan = nodes(("weigh", {}, ()), ("report", {}, ("n1",)))
    report = answer(PlanModel(), tmp_path, plan=plan)
    assert report.error == "plan:refused"
    assert report.reason is not None
    assert "n1 missing_input: no thing before it" in report.reason


def test_an_edited_plan_that_is_none_is_refused(tmp_path: Path) -> None:
    report = answer(PlanModel(), tmp_path, plan={"nodes": [{"id": "p1", "tool": "find"}]})
    assert report.error == "plan:refused"


def test_editing_a_node_runs_its_descendants_alone(tmp_path: Path) -> None:
    ran: list[str] = []

    def find(context: Any, args: Any) -> Any:
        ran.append(f"find {args.word}")
        return FIND.run(context, args)

    def weigh(context: Any, args: Any) -> Any:
        ran.append(f"weigh {args.thing}")
        return WEIGH.run(context, args)

    tools = (replace(FIND, run=find), replace(WEIGH, run=weigh), REPORT)
    domain = replace(TOY_PLANNING, tools=tools)
    fields: dict[str, Any] = {"domain": domain, "text": "crane fox ox swallow"}
    text = fields.pop("text")
    first = answer(PlanModel(), tmp_path, text, plan=BRANCHES, run_id="first", **fields)
    assert len(ran) == 8
    ran.clear()
    edited = {"nodes": [dict(node) for node in BRANCHES["nodes"]]}
    edited["nodes"][1]["args"] = {"word": "swallow"}
    second = answer(PlanModel(), tmp_path, text, plan=edited, reuse="first", **fields)
    assert sorted(ran) == ["find swallow", "weigh n2"]
    assert first.answer == "weight 3 letters"
    assert second.answer == "weight 7 letters"
    for ref in second.artifacts:
        assert (tmp_path / second.run_id / ref.path).is_file()


def test_a_file_that_changed_since_is_not_reused(tmp_path: Path) -> None:
    plan = nodes(("find", {"word": "crane"}, ()), ("weigh", {}, ("n1",)), ("report", {}, ("n2",)))
    first = answer(PlanModel(), tmp_path, plan=plan, run_id="first")
    (tmp_path / "first" / first.artifacts[0].path).write_text("forged")
    second = answer(PlanModel(), tmp_path, plan=plan, reuse="first")
    ref = second.artifacts[0]
    assert (tmp_path / second.run_id / ref.path).read_text() == "crane"
