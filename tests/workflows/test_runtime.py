"""The run of a spec, step by step, on scripted models."""

from __future__ import annotations

import pytest
from terragate.agents.protocol import ModelAnswer, TokenUsage
from terragate.tests.support.scripted_model import FirstOption, ScriptedModel
from terragate.tests.support.toy_domain import (
    end,
    go,
    line,
    stage,
    workflow,
)
from terragate.tests.support.toy_runs import answer, find, one_find
from terragate.tools.errors import ModelError, UsageError
from terragate.workflows.registry import FAMILIES, find_family
from terragate.workflows.spec import (
    Always,
    Ambiguous,
    Choice,
    Done,
    EmptyResult,
    End,
    ModelFailed,
    Score,
    ToolFailed,
)


def test_line_runs_to_an_answer(tmp_path):
    model = ScriptedModel([find("crane")])
    report = answer(line(), model, "old crane", tmp_path)
    assert report.status == "answered"
    assert [record.id for record in report.records] == ["r1", "r2", "r3"]
    assert [(v.name, v.value, v.record) for v in report.values] == [("weight", 5, "r2")]
    assert report.records[1].args == {"thing": "r1"}
    assert (report.usage.model_calls, report.usage.tool_calls) == (1, 3)
    assert (report.usage.prompt_tokens, report.usage.cached_tokens) == (10, 4)
    assert report.tool_versions == {"find": "1", "weigh": "1", "report": "1"}
    assert (tmp_path / report.run_id / report.artifacts[0].path).read_bytes() == b"crane"


def test_a_refused_value_is_not_offered_again(tmp_path):
    model = ScriptedModel([find("bad"), find("good")])
    report = answer(line(), model, "bad good fine", tmp_path)
    assert [record.status for record in report.records] == ["error", "ok", "ok", "ok"]
    first, second = (request.answer_schema for request in model.requests)
    assert first["properties"]["word"]["enum"] == ["bad", "good", "fine"]
    assert second["properties"]["word"]["enum"] == ["good", "fine"]


def test_the_only_choice_left_is_taken_without_the_model(tmp_path):
    report = answer(line(), ScriptedModel([find("bad")]), "bad good", tmp_path)
    assert report.status == "answered"
    assert report.usage.model_calls == 1


def test_overrun_fails_with_the_last_problem(tmp_path):
    model = ScriptedModel([find("bad1"), find("bad2"), find("bad3")])
    report = answer(line(), model, "bad1 bad2 bad3 bad4", tmp_path)
    assert (report.status, report.error) == ("failed", "tool:not_found")
    assert "no thing 'bad3'" in report.reason


@pytest.mark.parametrize(
    ("word", "when", "status"),
    [
        ("twin", Ambiguous(), "clarify"),
        ("void", EmptyResult(), "answered"),
        ("bad", ToolFailed(error="not_found"), "clarify"),
        ("broken", ToolFailed(), "refused"),
        ("good", Choice(field="word", equals="good"), "answered"),
        ("good", Always(), "refused"),
        ("good", Score(policy="progress", above=-0.5), "clarify"),
    ],
)
def test_condition_leads_out(tmp_path, word, when, status):
    spec = one_find(end(when, status), end(Always(), "unverified"))
    assert answer(spec, FirstOption(), word, tmp_path).status == status


@pytest.mark.parametrize("word", ["twin", "bad", "broken"])
def test_always_and_choice_do_not_hold_after_a_failure(tmp_path, word):
    spec = one_find(end(Choice(field="tool", equals="find")), end(Always()))
    assert answer(spec, FirstOption(), word, tmp_path).status == "failed"


def test_ambiguity_gives_the_candidates(tmp_path):
    spec = one_find(end(Ambiguous(), "clarify"))
    assert answer(spec, FirstOption(), "twin", tmp_path).candidates == ("a", "b")


def test_empty_result_gives_the_empty_value(tmp_path):
    report = answer(one_find(end(EmptyResult())), FirstOption(), "void", tmp_path)
    assert [(v.name, v.value) for v in report.values] == [("count", 0)]


def test_done_is_chosen_or_follows_from_an_empty_offer(tmp_path):
    spec = workflow(
        stage(
            "maybe",
            go(Done(), "find"),
            end(Always(), "failed"),
            tools=("find",),
            controls=("done",),
        ),
        stage("find", end(Done(), "clarify"), end(Always()), tools=("find",)),
    )
    chosen = answer(spec, ScriptedModel([{"tool": "done"}, find("a")]), "a b", tmp_path)
    assert chosen.status == "answered"
    nothing = answer(one_find(end(Done(), "clarify")), ScriptedModel([]), " ", tmp_path)
    assert (nothing.status, nothing.usage.model_calls) == ("clarify", 0)


def test_refuse_is_a_control(tmp_path):
    refuse = Choice(field="tool", equals="refuse")
    spec = one_find(end(refuse, "refused"), end(Always()), controls=("refuse",))
    assert answer(spec, ScriptedModel([{"tool": "refuse"}]), "a", tmp_path).status == "refused"


def test_model_failure_is_caught_by_its_exit(tmp_path):
    spec = one_find(go(ModelFailed(error="truncated"), "other"), end(Always()))
    spec = workflow(*spec.stages, stage("other", end(Always(), "clarify")))
    model = ScriptedModel([ModelError("cut", kind="truncated")])
    assert answer(spec, model, "a b", tmp_path).status == "clarify"


@pytest.mark.parametrize(
    ("said", "error"),
    [
        ("no JSON", "model:invalid"),
        ('{"tool": "rm"}', "model:invalid"),
        (ModelError("gone", kind="unreachable"), "model:unreachable"),
        (ModelError("slow", kind="timeout"), "model:timeout"),
    ],
)
def test_uncaught_model_failure_ends_the_run_with_its_reason(tmp_path, said, error):
    report = answer(line(), ScriptedModel([said]), "a b", tmp_path)
    assert (report.status, report.error) == ("failed", error)
    assert report.answer == report.reason


def test_an_unusable_answer_is_paid_for(tmp_path):
    report = answer(line(), ScriptedModel(["no JSON"]), "a b", tmp_path)
    assert (report.usage.model_calls, report.usage.completion_tokens) == (1, 5)
    cut = ModelError("cut", kind="truncated", spent=(20, 16, 9))
    report = answer(line(), ScriptedModel([cut]), "a b", tmp_path)
    usage = report.usage
    assert (usage.prompt_tokens, usage.cached_tokens, usage.completion_tokens) == (20, 16, 9)


def test_a_bug_in_a_tool_ends_in_the_funnel(tmp_path, caplog):
    report = answer(line(), ScriptedModel([find("crash")]), "crash b", tmp_path)
    assert (report.status, report.error) == ("failed", "internal:ZeroDivisionError")
    assert report.reason == "ZeroDivisionError: a bug in a tool"
    assert "_find" in caplog.text


def test_the_prompt_tells_what_was_done(tmp_path):
    model = ScriptedModel([find("bad"), find("good")])
    answer(line(), model, "bad good fine", tmp_path)
    assert "find:error" in model.requests[1].messages[1].content


def test_usage_of_cached_tokens_and_price(tmp_path):
    from terragate.workflows.ledger import Prices

    usage = TokenUsage(prompt=1_000_000, cached=500_000, completion=1_000_000)
    assert Prices(prompt=2.0, cached=1.0, completion=4.0).of(usage) == pytest.approx(5.5)
    assert ModelAnswer(text="", usage=usage).usage.prompt == 1_000_000


def test_registry_names_the_families():
    assert {"stateful", "react"} <= {family.name for family in FAMILIES}
    with pytest.raises(UsageError, match="stateful"):
        find_family("nonsense")


def test_overrun_may_lead_on(tmp_path):
    spec = one_find(end(ToolFailed(error="unavailable")), on_overrun=("ask",))
    spec = workflow(*spec.stages, stage("ask", end(Always(), "clarify")))
    assert answer(spec, FirstOption(), "good", tmp_path).status == "clarify"
    assert End(end="clarify") == spec.stages[1].exits[0].to
