"""The static checker: what it refuses, and that what it accepts runs to an end."""

from __future__ import annotations

from functools import partial

import anyio
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from terragate.tests.support.scripted_model import RandomOption
from terragate.tests.support.spec_strategies import sound_specs
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
from terragate.tools.errors import UsageError
from terragate.workflows.baselines import react
from terragate.workflows.check import check_spec, require_sound
from terragate.workflows.drawing import mermaid
from terragate.workflows.runtime import run
from terragate.workflows.spec import (
    Always,
    Budget,
    Choice,
    Exit,
    Score,
    ToolFailed,
    VerdictIs,
    WorkflowSpec,
)
from terragate.workflows.stateful import stateful

FIND = ("find",)
ANSWER = stage("answer", end(Always()))


def fork(*others):
    return workflow(stage("split", go(Always(), "a", "b")), *others)


BROKEN = {
    "duplicate_stage": workflow(ANSWER, ANSWER),
    "unknown_entry": line().model_copy(update={"entry": "nowhere"}),
    "entry_has_needs": workflow(
        stage("a", go(Always(), "b"), needs=("b",)), stage("b", go(Always(), "a"), end(Always()))
    ),
    "missing_exits": workflow(stage("a")),
    "unknown_target": workflow(stage("a", go(Always(), "b"))),
    "unreachable": workflow(ANSWER, stage("a", end(Always()))),
    "no_end": workflow(stage("a", go(Always(), "b")), stage("b", go(Always(), "a"))),
    "cycle_without_budget": workflow(
        stage("a", go(Always(), "b"), tools=FIND), stage("b", go(Always(), "a"), end(Always()))
    ),
    "cycle_without_decision": workflow(
        stage("a", go(Always(), "b")),
        stage("b", go(ToolFailed(), "a"), end(Always())),
        budget=Budget(model_calls=5),
    ),
    "unknown_tool": workflow(stage("a", end(Always()), tools=("rm",))),
    "unknown_verifier": workflow(stage("a", end(Always()), verifiers=("oracle",))),
    "unknown_policy": workflow(stage("a", end(Score(policy="luck", above=0)), end(Always()))),
    "impossible_exit": workflow(stage("a", end(Choice(field="tool", equals="rm")))),
    "needs_mismatch": fork(
        stage("a", go(Always(), "c")),
        stage("b", go(Always(), "c")),
        stage("c", end(Always()), needs=("a",)),
    ),
    "join_never_met": workflow(
        stage("either", go(ToolFailed(), "a"), go(Always(), "b"), tools=FIND),
        stage("a", go(Always(), "c")),
        stage("b", go(Always(), "c")),
        stage("c", end(Always()), needs=("a", "b")),
    ),
    "unjoined": fork(stage("a", go(Always(), "c")), stage("b", go(Always(), "c")),
                     stage("c", end(Always()))),
    "unfed_tool": workflow(stage("a", end(Always()), tools=("weigh",))),
}  # fmt: skip


@pytest.mark.parametrize("code", BROKEN)
def test_a_fault_is_found_and_named(code):
    faults = check_spec(BROKEN[code], TOY)
    assert code in {fault.code for fault in faults}
    with pytest.raises(UsageError, match=code):
        require_sound(BROKEN[code], TOY)


def test_a_verdict_that_is_never_given_is_an_impossible_exit():
    spec = workflow(stage("a", end(VerdictIs(name="short", outcome="pass")), end(Always())))
    assert [fault.code for fault in check_spec(spec, TOY)] == ["impossible_exit"]


def test_a_live_source_is_fed_by_an_earlier_stage():
    spec = workflow(stage("a", end(Always()), tools=("report",)))
    assert [fault.code for fault in check_spec(spec, TOY)] == ["unfed_tool"]
    assert check_spec(line(), TOY) == ()


@pytest.mark.parametrize("family", [stateful, react])
def test_the_families_are_sound(family):
    from terragate.workflows.geo_domain import GEO

    assert check_spec(family(), GEO) == ()
    drawing = mermaid(family())
    assert all(item.name in drawing for item in family().stages)


RUNS = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@RUNS
@given(spec=sound_specs(), seed=st.integers(0, 10**6))
def test_sound_workflows_run_to_an_end(tmp_path, spec, seed):
    assert check_spec(spec, TOY) == ()
    assert WorkflowSpec.model_validate_json(spec.model_dump_json()) == spec
    room = platform(spec, RandomOption(), tmp_path, persist=False)
    request = ask("good bad twin void broken fine lengthy", seed=seed)
    first, second = (anyio.run(partial(run, request, room, run_id="same")) for _ in range(2))
    ended = first.error is None or first.error.startswith(("tool:", "budget:model_calls"))
    assert ended, first.reason
    assert first.status in ("answered", "clarify", "failed")
    assert [r.model_dump() for r in first.records] == [r.model_dump() for r in second.records]
    assert first.status == second.status
    assert len({record.id for record in first.records}) == len(first.records)


def _retarget(spec, number):
    broken = list(spec.stages)
    at = number % (len(broken) - 1)
    broken[at] = broken[at].model_copy(update={"exits": (Exit(when=Always(), to=("gone",)),)})
    return broken


def _drop(spec, number):
    broken = list(spec.stages)
    del broken[number % len(broken)]
    return broken


def _mute(spec, number):
    broken = list(spec.stages)
    at = number % len(broken)
    broken[at] = broken[at].model_copy(update={"exits": ()})
    return broken


def _strange(spec, number):
    broken = list(spec.stages)
    at = number % len(broken)
    broken[at] = broken[at].model_copy(update={"tools": ("rm",)})
    return broken


def _island(spec, _):
    return [*spec.stages, stage("island", end(Always()))]


@RUNS
@given(
    spec=sound_specs(),
    breakage=st.sampled_from([_retarget, _drop, _mute, _strange, _island]),
    number=st.integers(0, 1000),
)
def test_broken_workflows_are_refused(spec, breakage, number):
    broken = spec.model_copy(update={"stages": tuple(breakage(spec, number))})
    assert check_spec(broken, TOY) != ()
