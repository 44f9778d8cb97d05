"""A stage's visits: it is entered once, and taken up where it was left until it has its exit."""

from __future__ import annotations

from . import events
from .context import RunContext
from .spec import Stage
from .state import RunState, StageState, new_visit


def visit(stage: Stage, state: RunState, run: RunContext) -> StageState:
    """Return the visit that a stage is in, or a new one; its first step is told of."""
    earlier = state["stages"].get(stage.name)
    now = earlier if earlier is not None and earlier["exit"] is None else new_visit(earlier)
    if now["steps"] == 0:
        run.emit(
            events.StageEntered(
                run_id=run.run_id, stage=stage.name, visit=now["visit"], objective=stage.objective
            )
        )
    return now
