"""The graph state: JSON-plain and small, because every version of it is stored.

Reducers merge by key, so a step that runs again after a crash leaves one copy of what it wrote.
Bulk data lives in the run folder; state holds handles only.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal, TypedDict

from .ledger import Entry
from .spec import EndStatus

STATE_VERSION = 1
StepStatus = Literal["idle", "ok", "empty", "ambiguous", "error", "model_error"]
FAILED_STEPS: frozenset[str] = frozenset({"ambiguous", "error", "model_error"})
SEVERITY: tuple[EndStatus, ...] = (
    "answered",
    "verified",
    "unverified",
    "clarify",
    "refused",
    "failed",
)


class Candidate(TypedDict):
    """One of the k candidates of a step: its choice, verdicts and whether any of it failed.

    Candidates that chose the same have the same `said`.
    """

    said: str | None
    record: str | None
    tool: str | None
    failed: bool
    verdicts: list[dict[str, Any]]


class StageState(TypedDict):
    """Where a stage stands: `exit` is None until its visit is over, then where it led."""

    visit: int
    steps: int
    status: StepStatus
    tool: str | None
    args: dict[str, Any]
    record: str | None
    error: str | None
    retryable: bool
    problem: str | None
    candidates: list[Candidate]
    best: int
    exit: list[str] | None


class EndNote(TypedDict):
    """How a branch ended the run."""

    stage: str
    status: EndStatus
    reason: str | None
    error: str | None


def merge_by_id(left: list[Any], right: list[Any]) -> list[Any]:
    """Append rows whose `id` is new; a row that is there already stays."""
    have = {row["id"] for row in left}
    return left + [row for row in right if row["id"] not in have]


def merge_stages(
    left: dict[str, StageState], right: dict[str, StageState]
) -> dict[str, StageState]:
    """Replace the stages that `right` names; parallel branches write different ones."""
    return {**left, **right}


def append_ends(left: list[EndNote], right: list[EndNote]) -> list[EndNote]:
    """Append the ends that are not there yet."""
    return left + [note for note in right if note not in left]


class RunState(TypedDict):
    """State of one run; records and usage are append-only, stages have one writer each."""

    version: int
    records: Annotated[list[dict[str, Any]], merge_by_id]
    stages: Annotated[dict[str, StageState], merge_stages]
    usage: Annotated[list[Entry], merge_by_id]
    verdicts: Annotated[list[dict[str, Any]], merge_by_id]
    ends: Annotated[list[EndNote], append_ends]


class RunDelta(TypedDict, total=False):
    """What one step adds to the state."""

    records: list[dict[str, Any]]
    stages: dict[str, StageState]
    usage: list[Entry]
    verdicts: list[dict[str, Any]]
    ends: list[EndNote]


def initial_state() -> RunState:
    """Return the state a run starts with."""
    return RunState(version=STATE_VERSION, records=[], stages={}, usage=[], verdicts=[], ends=[])


def new_visit(earlier: StageState | None) -> StageState:
    """Return the stage as it stands when entered for the first time or again."""
    return StageState(
        visit=1 if earlier is None else earlier["visit"] + 1,
        steps=0,
        status="idle",
        tool=None,
        args={},
        record=None,
        error=None,
        retryable=False,
        problem=None,
        candidates=[],
        best=0,
        exit=None,
    )


def final_end(ends: list[EndNote]) -> EndNote | None:
    """Return the most severe end, the first of equals; None while the run goes on."""
    if not ends:
        return None
    return max(ends, key=lambda note: SEVERITY.index(note["status"]))
