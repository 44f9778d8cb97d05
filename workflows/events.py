"""What happens during a run, as one versioned union that every surface renders."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import Field

from ..agents.protocol import TokenUsage
from ..tools.records import Frozen, Record
from .ledger import Usage
from .report import Report

EVENT_VERSION = 1


class _Event(Frozen):
    """Base of every event."""

    schema_version: Literal[1] = EVENT_VERSION
    run_id: str


class RunStarted(_Event):
    """The run began, or goes on after an interruption."""

    kind: Literal["run_started"] = "run_started"
    workflow: str
    model: str
    text: str
    resumed: bool = False


class StageEntered(_Event):
    """A stage began; `visit` counts from 1."""

    kind: Literal["stage_entered"] = "stage_entered"
    stage: str
    visit: int
    objective: str


class ModelCalled(_Event):
    """A model answered, or failed with `error`; `candidate` counts from 0."""

    kind: Literal["model_called"] = "model_called"
    stage: str
    candidate: int
    tool: str | None
    args: dict[str, Any] = {}
    usage: TokenUsage = TokenUsage()
    seconds: float = 0.0
    error: str | None = None


class ChoiceForced(_Event):
    """Only one answer satisfied the schema, so no model was asked."""

    kind: Literal["choice_forced"] = "choice_forced"
    stage: str
    tool: str
    args: dict[str, Any] = {}


class ToolCalled(_Event):
    """A tool starts on the arguments, hidden ones included."""

    kind: Literal["tool_called"] = "tool_called"
    stage: str
    tool: str
    args: dict[str, Any]


class RecordAdded(_Event):
    """A tool call was recorded; `seconds` is its wall-clock time."""

    kind: Literal["record_added"] = "record_added"
    record: Record
    seconds: float


class VerdictGiven(_Event):
    """A verifier judged the kept candidate of a step."""

    kind: Literal["verdict_given"] = "verdict_given"
    stage: str
    verdict: dict[str, Any]


class StageLeft(_Event):
    """A stage was left for other stages, or for the end of the run."""

    kind: Literal["stage_left"] = "stage_left"
    stage: str
    to: tuple[str, ...]
    status: str | None = None


class BudgetSpent(_Event):
    """What one step of a stage cost."""

    kind: Literal["budget_spent"] = "budget_spent"
    stage: str
    usage: Usage


class RunPaused(_Event):
    """The run was stopped on purpose and can be resumed."""

    kind: Literal["run_paused"] = "run_paused"
    reason: str


class RunFinished(_Event):
    """The run ended; the report says how."""

    kind: Literal["run_finished"] = "run_finished"
    report: Report


class RunFailed(_Event):
    """The run ended `failed`; the report says why."""

    kind: Literal["run_failed"] = "run_failed"
    report: Report


Event = Annotated[
    RunStarted
    | StageEntered
    | ModelCalled
    | ChoiceForced
    | ToolCalled
    | RecordAdded
    | VerdictGiven
    | StageLeft
    | BudgetSpent
    | RunPaused
    | RunFinished
    | RunFailed,
    Field(discriminator="kind"),
]
