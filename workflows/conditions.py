"""When does an exit hold? One function per condition kind, over what a step left behind.

A step that failed (its tool or the model gave an error, or the result was ambiguous) satisfies only
the conditions that speak of failure, verdicts, scores and budgets; `always`, `done`, `choice` and
`empty_result` speak of steps that worked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from . import spec as s
from .ledger import BudgetItem
from .state import FAILED_STEPS, StageState


@dataclass(frozen=True)
class Situation:
    """What conditions are decided on: the stage after its step, the budget and the policies."""

    stage: StageState
    left: Mapping[BudgetItem, float]
    score: Callable[[s.Score], float]

    @property
    def worked(self) -> bool:
        """Return whether the step did not fail."""
        return self.stage["status"] not in FAILED_STEPS


def first_exit(stage: s.Stage, situation: Situation) -> s.Exit | None:
    """Return the first exit that holds, or None when the stage goes on."""
    return next((e for e in stage.exits if holds(e.when, situation)), None)


def holds(condition: s.Condition, now: Situation) -> bool:
    """Return whether a condition holds."""
    return _RULES[type(condition)](condition, now)


def _done(_: s.Done, now: Situation) -> bool:
    return now.worked and (now.stage["status"] == "idle" or now.stage["tool"] == "done")


def _choice(condition: s.Choice, now: Situation) -> bool:
    if not now.worked:
        return False
    if condition.field == "tool":
        return now.stage["tool"] == condition.equals
    value = now.stage["args"].get(condition.field)
    return value is not None and str(value) == condition.equals


def _verdict(condition: s.VerdictIs, now: Situation) -> bool:
    candidates = now.stage["candidates"]
    if condition.over == "best":
        candidates = candidates[now.stage["best"] :][:1]
    hits = [
        any(
            v["name"] == condition.name and v["outcome"] == condition.outcome
            for v in candidate["verdicts"]
        )
        for candidate in candidates
    ]
    return any(hits) if condition.over != "all" else bool(hits) and all(hits)


def _failure_rate(condition: s.FailureRate, now: Situation) -> bool:
    candidates = now.stage["candidates"]
    if not candidates:
        return False
    return sum(c["failed"] for c in candidates) / len(candidates) > condition.above


def _error(status: str) -> Callable[[Any, Situation], bool]:
    def rule(condition: s.ToolFailed | s.ModelFailed, now: Situation) -> bool:
        if now.stage["status"] != status:
            return False
        return condition.error is None or condition.error == now.stage["error"]

    return rule


_RULES: Mapping[type[Any], Callable[[Any, Situation], bool]] = {
    s.Always: lambda _, now: now.worked,
    s.Done: _done,
    s.Choice: _choice,
    s.VerdictIs: _verdict,
    s.FailureRate: _failure_rate,
    s.Score: lambda c, now: now.score(c) > c.above,
    s.EmptyResult: lambda _, now: now.stage["status"] == "empty",
    s.Ambiguous: lambda _, now: now.stage["status"] == "ambiguous",
    s.ToolFailed: _error("error"),
    s.ModelFailed: _error("model_error"),
    s.BudgetLeft: lambda c, now: now.left[c.of] < c.below,
}
