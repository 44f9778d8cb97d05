"""How a step of the planning families begins and ends: events, the way out, the end of the run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from .. import events
from ..conditions import Situation, first_exit
from ..context import RunContext
from ..ledger import Entry, share_left, total
from ..spec import End, Stage
from ..state import EndNote, RunDelta, RunState, StageState
from ..visits import visit

WAY: Final = "way"


@dataclass
class Step:
    """A stage that takes a step; `now` becomes what the state keeps of it."""

    stage: Stage
    state: RunState
    run: RunContext
    now: StageState

    @property
    def is_last(self) -> bool:
        """Return whether the stage may take no step after this one."""
        return self.now["steps"] + 1 >= self.stage.max_steps

    @property
    def id(self) -> str:
        """Return what names this step within the run."""
        return f"{self.stage.name}.{self.now['visit']}.{self.now['steps'] + 1}"

    def keep(self, args: dict[str, Any], problem: str | None = None) -> None:
        """Note what the step has found."""
        self.now["args"] = args
        self.now["problem"] = problem

    def blame(self, problem: str | None, error: str | None) -> None:
        """Note why the step leads nowhere good."""
        self.now["problem"] = problem
        self.now["error"] = error

    def close(self, way: str | None, entries: Sequence[Entry] = ()) -> RunDelta:
        """Return the step's delta; `way` says which exit is taken, None that the stage goes on."""
        run, now, usage = self.run, self.now, list(entries)
        if usage:
            run.emit(
                events.BudgetSpent(run_id=run.run_id, stage=self.stage.name, usage=total(usage))
            )
        now["steps"] += 1
        delta: RunDelta = {"usage": usage, "stages": {self.stage.name: now}}
        if way is None:
            return delta
        now["args"] = {**now["args"], WAY: way}
        left = share_left(run.meter.budget, total([*self.state["usage"], *usage]))
        taken = first_exit(self.stage, Situation(stage=now, left=left, score=lambda _: 0.0))
        return self._leave(delta, taken.to if taken is not None else End(end="failed"))

    def _leave(self, delta: RunDelta, target: tuple[str, ...] | End) -> RunDelta:
        now, ended = self.now, isinstance(target, End)
        now["exit"] = [] if isinstance(target, End) else list(target)
        self.run.emit(
            events.StageLeft(
                run_id=self.run.run_id,
                stage=self.stage.name,
                to=tuple(now["exit"]),
                status=target.end if isinstance(target, End) else None,
            )
        )
        if not ended:
            return delta
        note = EndNote(
            stage=self.stage.name,
            status=target.end if isinstance(target, End) else "failed",
            reason=now["problem"],
            error=now["error"],
        )
        return {**delta, "ends": [note]}


def open_step(stage: Stage, state: RunState, run: RunContext) -> Step:
    """Return the step that a stage is about to take; its first one is told of."""
    return Step(stage, state, run, visit(stage, state, run).copy())
