"""GeoFlow: one call of the planner writes a task graph, which is judged and then executed.

Source of the idea: GeoFlow, arXiv 2508.04719. Ours differs in that a plan is judged before it runs,
that independent nodes run at the same time and see nothing of each other, that a failed node is
repaired alone, and that what a plan cannot do is left to the state machine.
"""

from __future__ import annotations

from ..baselines import TOOLS
from ..spec import Budget, Choice, End, Exit, Stage, WorkflowSpec
from ..stateful import stateful

__all__ = ["flow", "flow_isolated", "planned", "single_call"]

MAX_TOKENS = 768
ANSWERED, CLARIFY, REFUSED = End(end="answered"), End(end="clarify"), End(end="refused")
FAILED = End(end="failed")


def planned() -> WorkflowSpec:
    """Return plan → work → answer, and the state machine behind it for what no plan fits."""
    fallback = stateful()
    return WorkflowSpec(
        name="planned",
        version="1",
        summary="One call writes a task graph; it is judged, then run in parallel (GeoFlow).",
        entry="plan",
        stages=(
            _plan("plan", (_goes("fallback", fallback.entry),), max_steps=2),
            _work("work"),
            *fallback.stages,
        ),
        budget=Budget(model_calls=40),
    )


def single_call() -> WorkflowSpec:
    """Return the baseline of one call: its list of tool calls is executed in order, unjudged."""
    return WorkflowSpec(
        name="single-call",
        version="1",
        summary="Baseline: one call writes all tool calls, which run in order, unjudged.",
        entry="plan",
        stages=(_plan("plan_blindly"), _work("work_blindly")),
        budget=Budget(model_calls=40),
    )


def flow() -> WorkflowSpec:
    """Return the baseline Flow: a plan of kinds of work; all agents read all that is done.

    Source: Flow, arXiv 2501.07834.
    """
    return _flow(
        "flow",
        "Baseline: a plan without objectives; its agents share one transcript (Flow).",
        ("plan_kinds", "work_together"),
    )


def flow_isolated() -> WorkflowSpec:
    """Return the ablation of `flow`: each agent sees only the calls that its own rest on."""
    return _flow(
        "flow-isolated",
        "Ablation: flow, each agent seeing only what its work rests on.",
        ("plan_kinds_apart", "work_apart"),
    )


def _flow(name: str, summary: str, steps: tuple[str, str]) -> WorkflowSpec:
    plan = _plan(steps[0]).model_copy(
        update={
            "objective": "say which members of the team work on the question, in order; refuse "
            "what none of them can answer",
            "prompt": "kinds",
        }
    )
    return WorkflowSpec(
        name=name,
        version="1",
        summary=summary,
        entry="plan",
        stages=(plan, _work(steps[1])),
        budget=Budget(model_calls=40),
    )


def _plan(step: str, more: tuple[Exit, ...] = (), max_steps: int = 1) -> Stage:
    return Stage(
        name="plan",
        objective="write the tool calls that answer the question, in order; refuse what no tool "
        "here can answer",
        prompt="plan",
        role="planner",
        taken_by=step,
        tools=TOOLS,
        controls=("refuse",),
        max_steps=max(2, max_steps),
        max_tokens=MAX_TOKENS,
        exits=(_goes("execute", "work"), _goes("refuse", REFUSED), *more),
    )


def _work(step: str) -> Stage:
    return Stage(
        name="work",
        objective="execute the plan",
        taken_by=step,
        tools=TOOLS,
        max_steps=2,
        exits=(_goes("answered", ANSWERED), _goes("clarify", CLARIFY)),
    )


def _goes(way: str, to: str | End) -> Exit:
    return Exit(when=Choice(field="way", equals=way), to=to if isinstance(to, End) else (to,))
