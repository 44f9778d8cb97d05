"""Budgets, candidates, parallel branches and circles, on scripted models."""

from __future__ import annotations

from dataclasses import replace

import anyio
import pytest
from terragate.tests.support.scripted_model import FirstOption, ScriptedModel, StageModel
from terragate.tests.support.toy_domain import (
    TOY,
    ask,
    end,
    go,
    line,
    platform,
    stage,
    workflow,
)
from terragate.tests.support.toy_runs import answer, find, one_find
from terragate.tools.errors import UsageError, VerificationError
from terragate.workflows.runtime import run
from terragate.workflows.spec import (
    Always,
    Budget,
    BudgetLeft,
    Choice,
    FailureRate,
    ToolFailed,
    VerdictIs,
)


@pytest.mark.parametrize(
    ("budget", "item"),
    [
        (Budget(model_calls=1), "model_calls"),
        (Budget(tokens=15), "tokens"),
        (Budget(usd=1e-9), "usd"),
    ],
)
def test_budget_is_enforced_before_the_next_call(tmp_path, budget, item):
    from terragate.workflows.ledger import Prices

    model = ScriptedModel([find("bad")])
    room = platform(line(), model, tmp_path, persist=False, prices=Prices(completion=1.0))
    report = anyio.run(run, ask("bad a b", budget=budget), room)
    assert (report.status, report.error) == ("failed", f"budget:{item}")
    assert report.usage.model_calls == 1


def test_time_budget_cuts_a_slow_model_off(tmp_path):
    class Slow(FirstOption):
        async def complete(self, request):
            await anyio.sleep(30)
            raise AssertionError

    report = answer(line(), Slow(), "a b", tmp_path, budget=Budget(seconds=0.05))
    assert (report.status, report.error) == ("failed", "model:timeout")


def test_budget_left_is_a_condition(tmp_path):
    spec = one_find(
        end(BudgetLeft(of="model_calls", below=0.6), "unverified"),
        end(Always()),
        controls=("done",),
    )
    model = ScriptedModel([find("a")])
    small = answer(spec, model, "a b", tmp_path, budget=Budget(model_calls=2))
    assert small.status == "unverified"
    assert answer(spec, ScriptedModel([find("a")]), "a b", tmp_path).status == "answered"


def test_samples_keep_the_candidate_with_the_fewest_failures(tmp_path):
    model = ScriptedModel([find("bad"), find("lengthy"), find("ok"), find("also")])
    spec = one_find(end(Always()), samples=4, temperature=0.8, verifiers=("short",))
    report = answer(spec, model, "bad lengthy ok also", tmp_path)
    assert [record.args["word"] for record in report.records] == ["ok"]
    assert report.usage.model_calls == 4
    assert len({request.seed for request in model.requests}) == 4
    assert {request.temperature for request in model.requests} == {0.8}
    assert [(v["name"], v["outcome"], v["record"]) for v in report.verdicts] == [
        ("short", "pass", "r1"),
        ("grounding", "pass", None),
    ]


def test_equal_candidates_share_one_tool_call(tmp_path):
    model = ScriptedModel([find("ok"), find("ok"), find("no")])
    spec = one_find(end(Always()), samples=3, verifiers=("short",))
    assert answer(spec, model, "ok no", tmp_path).usage.tool_calls == 2


@pytest.mark.parametrize(
    ("when", "holds"),
    [
        (FailureRate(above=0.6), True),
        (FailureRate(above=0.7), False),
        (VerdictIs(name="short", outcome="pass", over="any"), True),
        (VerdictIs(name="short", outcome="pass", over="all"), False),
        (VerdictIs(name="short", outcome="pass", over="best"), True),
        (VerdictIs(name="short", outcome="fail", over="best"), False),
        (VerdictIs(name="short", outcome="fail", over="any"), True),
    ],
)
def test_conditions_over_candidates(tmp_path, when, holds):
    model = ScriptedModel([find("lengthy"), find("longish"), find("ok")])
    spec = one_find(end(when, "verified"), end(Always(), "unverified"), samples=3)
    spec = workflow(spec.stages[0].model_copy(update={"verifiers": ("short",)}))
    report = answer(spec, model, "lengthy longish ok", tmp_path)
    assert report.status == ("verified" if holds else "unverified")


def test_samples_shrink_to_the_calls_that_are_left(tmp_path):
    model = ScriptedModel([find("a"), find("b")])
    spec = one_find(end(Always()), samples=3)
    report = answer(spec, model, "a b", tmp_path, budget=Budget(model_calls=2))
    assert (report.status, report.usage.model_calls) == ("answered", 2)


def test_a_checker_that_fails_says_unknown(tmp_path):
    def broken(context):
        raise VerificationError("the checker is missing")

    domain = replace(TOY, verifiers={"short": broken})
    spec = one_find(end(VerdictIs(name="short", outcome="unknown"), "unverified"))
    spec = workflow(spec.stages[0].model_copy(update={"verifiers": ("short",)}))
    report = answer(spec, FirstOption(), "a", tmp_path, domain=domain)
    assert report.status == "unverified"
    assert report.verdicts[0]["evidence"] == "the checker is missing"


def test_an_answer_that_rests_on_a_refused_record_fails(tmp_path):
    find_stage, *rest = line().stages
    spec = workflow(find_stage.model_copy(update={"verifiers": ("short",)}), *rest)
    assert answer(spec, FirstOption(), "good", tmp_path).status == "answered"
    report = answer(spec, FirstOption(), "lengthy", tmp_path)
    assert (report.status, report.error) == ("failed", "verdict:short")
    assert report.values == ()


def test_an_unbound_answer_fails(tmp_path):
    report = answer(line(), FirstOption(), "unbound", tmp_path)
    assert (report.status, report.error) == ("failed", "verdict:grounding")


def parallel():
    """Return a fork of two branches, one of them longer, and their join."""
    return workflow(
        stage("split", go(Always(), "left", "right")),
        stage("left", go(Always(), "join"), tools=("find",)),
        stage("right", go(Always(), "right2"), tools=("find",), max_steps=3),
        stage("right2", go(Always(), "join"), tools=("weigh",)),
        stage("join", end(Always()), needs=("left", "right2")),
    )


def test_parallel_branches_meet_at_the_join(tmp_path):
    model = StageModel(left=find("one"), right=find("three"))
    report = answer(parallel(), model, "one three", tmp_path)
    assert report.status == "answered"
    assert {record.id for record in report.records} == {"left.1", "right.1", "right2.1"}


def test_a_join_waits_for_a_branch_that_repeats_itself(tmp_path):
    def right(request):
        words = request.answer_schema["properties"]["word"]["enum"]
        return find("bad" if "bad" in words else "three")

    report = answer(
        parallel(), StageModel(left=find("one"), right=right), "one bad three", tmp_path
    )
    assert report.status == "answered"
    stages = [record.stage for record in report.records]
    assert stages.index("right2") == len(stages) - 1
    assert stages.count("right") == 2


def test_the_worst_of_simultaneous_ends_counts(tmp_path):
    spec = workflow(
        stage("split", go(Always(), "left", "right")),
        stage("left", end(Always()), tools=("find",)),
        stage("right", end(ToolFailed(), "clarify"), end(Always()), tools=("find",)),
    )
    model = StageModel(left=find("one"), right=find("bad"))
    assert answer(spec, model, "one bad", tmp_path).status == "clarify"


def test_the_first_end_stops_the_other_branches(tmp_path):
    spec = parallel()
    left = stage("left", end(Always(), "refused"), tools=("find",))
    joined = stage("join", end(Always()), needs=("right2",))
    spec = workflow(spec.stages[0], left, *spec.stages[2:4], joined)
    report = answer(spec, StageModel(left=find("one"), right=find("two")), "one two", tmp_path)
    assert report.status == "refused"
    assert "right2" not in {record.stage for record in report.records}


def test_a_join_that_is_never_met_is_a_failure(tmp_path):
    left = stage("left", end(ToolFailed()), go(Always(), "join"), tools=("find",), max_steps=2)
    right = stage("right", go(Always(), "join"), tools=("find",))
    spec = workflow(
        stage("split", go(Always(), "left", "right")),
        left,
        right.model_copy(update={"on_overrun": ("dead",)}),
        stage("dead", end(ToolFailed()), go(Always(), "join")),
        stage("join", end(Always()), needs=("left", "right", "dead")),
    )
    with pytest.raises(UsageError, match="join_never_met"):
        answer(spec, FirstOption(), "one", tmp_path)


def test_a_circle_starts_a_new_visit(tmp_path):
    spec = workflow(
        stage("find", go(Always(), "judge"), tools=("find",)),
        stage(
            "judge",
            go(Choice(field="tool", equals="done"), "find"),
            end(Choice(field="tool", equals="refuse"), "refused"),
            controls=("done", "refuse"),
        ),
        budget=Budget(model_calls=20),
    )
    said = [find("a"), {"tool": "done"}, find("b"), {"tool": "refuse"}]
    report = answer(spec, ScriptedModel(said), "a b", tmp_path)
    assert report.status == "refused"
    assert [record.args["word"] for record in report.records] == ["a", "b"]


def test_an_endless_circle_ends_with_the_budget(tmp_path):
    spec = workflow(
        stage("find", go(Always(), "again"), tools=("find",)),
        stage("again", go(Always(), "find"), end(ToolFailed()), tools=("find",)),
        budget=Budget(model_calls=7),
    )
    report = answer(spec, FirstOption(), "a b", tmp_path)
    assert (report.status, report.error) == ("failed", "budget:model_calls")
    forced = answer(spec, FirstOption(), "a", tmp_path)
    assert (forced.status, forced.error) == ("failed", "budget:steps")
