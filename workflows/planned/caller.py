"""The calls of one node: each a choice (forced, or asked of a model), its tool, its verdicts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from ...agents.choice import Choice, Offer
from ...agents.prompting import Brief
from ...tools.errors import ModelError
from ...tools.records import Frozen, Record
from ...tools.spec import LiveState, ToolSpec, live_fields
from .. import events
from ..attempts import Attempt, best_of
from ..candidates import Question, draw
from ..context import RunContext
from ..ledger import Entry, total
from ..spec import Always, End, Exit, Stage

Status = Literal["ok", "empty", "skipped", "clarify", "failed"]
# A selection that finds nothing is an answer; what is computed from it must be sound.
_SELECTING, _COMPUTING = ("geometry",), ("preconditions", "geometry")
_ASKS_BACK: Final = frozenset({"ambiguous", "not_found"})
_CONTROLS: Final = frozenset({"done", "clarify"})
MAX_TOKENS: Final = 96


class NodeResult(Frozen):
    """How a node went, and all that it left; `reused` says that it was taken from the cache."""

    node: str
    status: Status
    records: tuple[Record, ...] = ()
    verdicts: tuple[dict[str, Any], ...] = ()
    entries: tuple[dict[str, Any], ...] = ()
    problem: str | None = None
    error: str | None = None
    reused: bool = False

    @property
    def done(self) -> bool:
        """Return whether the nodes after it may go on."""
        return self.status in ("ok", "empty", "skipped")


@dataclass
class Caller:
    """A node that makes calls; `visible` are the records that it may see besides its own."""

    name: str
    run: RunContext
    visible: dict[str, Record]
    attempts: list[Attempt] = field(default_factory=list[Attempt])
    entries: list[Entry] = field(default_factory=list[Entry])

    @property
    def last(self) -> Attempt | None:
        """Return the newest attempt."""
        return self.attempts[-1] if self.attempts else None

    @property
    def own(self) -> list[Record]:
        """Return the records that this node has made."""
        return [a.record for a in self.attempts if a.record is not None]

    def seen(self) -> dict[str, Record]:
        """Return all that the node's next call may see."""
        return self.visible | {record.id: record for record in self.own}

    def shown(self) -> list[Record]:
        """Return what a model is told of besides the node's own calls: nothing of earlier runs."""
        prior = {record.id for record in self.run.prior}
        return [record for name, record in self.visible.items() if name not in prior]

    async def call(
        self, brief: Brief, offers: Sequence[Offer], forced: Choice | None, live: LiveState
    ) -> None:
        """Make one attempt; a dead model server raises ModelError."""
        run, number = self.run, len(self.attempts) + 1
        if forced is None and not run.meter.grant_calls(1, MAX_TOKENS):
            self.attempts.append(Attempt(status="model_error", error="budget", problem=spent(run)))
            return
        name = self.name if number == 1 else f"{self.name}.{number}"
        names = {offer.name for offer in offers} | ({forced.tool} if forced else set[str]())
        stage = self._stage(names - _CONTROLS)
        question = Question(
            brief=brief,
            offers=tuple(offers),
            call_id=name,
            record_id=name,
            samples=0 if forced else 1,
        )
        attempts, entries = await draw(question, forced, stage, run, self.seen(), live)
        self._take(best_of(attempts), entries)

    def _stage(self, tools: Iterable[str]) -> Stage:
        names = tuple(sorted(tools))
        specs = [self.run.domain.tool(name) for name in names]
        wanted = _SELECTING if any(_selects(tool) for tool in specs) else _COMPUTING
        return Stage(
            name=self.name,
            objective="",
            tools=names,
            verifiers=tuple(name for name in wanted if name in self.run.domain.verifiers),
            max_tokens=MAX_TOKENS,
            exits=(Exit(when=Always(), to=End(end="answered")),),
        )

    def _take(self, kept: Attempt, entries: list[Entry]) -> None:
        if kept.status == "model_error" and kept.error == "unreachable":
            # Not written down: the run can be resumed from here when the server is back.
            raise ModelError(kept.problem or "the model server is gone", kind="unreachable")
        self.attempts.append(kept)
        self.entries.extend(entries)
        run = self.run
        if kept.record is not None:
            added = events.RecordAdded(run_id=run.run_id, record=kept.record, seconds=kept.seconds)
            run.emit(added)
        for verdict in kept.verdicts:
            run.emit(events.VerdictGiven(run_id=run.run_id, stage=self.name, verdict=verdict))
        if entries:
            usage = total(entries)
            run.emit(events.BudgetSpent(run_id=run.run_id, stage=self.name, usage=usage))

    def may_retry(self) -> bool:
        """Return whether the last attempt failed in a way that another choice may cure."""
        last = self.last
        if last is None or last.status in ("ok", "empty", "ambiguous"):
            return False
        return last.retryable or (last.status == "model_error" and last.error != "budget")

    def asked_back(self) -> bool:
        """Return whether the node chose to ask the person."""
        return self.last is not None and _tool(self.last) == "clarify"

    def result(self) -> NodeResult:
        """Return how the node went."""
        last = self.last or Attempt(status="error", error="precondition")
        kinds = {attempt.error for attempt in self.attempts}
        status: Status = "failed"
        if last.status in ("ok", "empty") and not self.asked_back():
            status = "empty" if last.status == "empty" else "ok"
        elif self.asked_back() or kinds & _ASKS_BACK:
            status = "clarify"
        failed = next((a for a in reversed(self.attempts) if a.problem), last)
        kind = "model" if last.status == "model_error" else "tool"
        worked = status in ("ok", "empty")
        return NodeResult(
            node=self.name,
            status=status,
            records=tuple(self.own),
            verdicts=tuple(v for a in self.attempts for v in a.verdicts),
            entries=tuple(dict(entry) for entry in self.entries),
            problem=None if worked else failed.problem,
            error=None if worked else f"{kind}:{last.error or failed.error}",
        )


def _tool(attempt: Attempt) -> str:
    return attempt.choice.tool if attempt.choice else ""


def _selects(tool: ToolSpec) -> bool:
    return any(mark.source.startswith("catalog.") for mark in live_fields(tool.args).values())


def spent(run: RunContext) -> str:
    """Return which ceiling of the run's budget is used up."""
    item = run.meter.exhausted() or "model_calls"
    limit = getattr(run.meter.budget, item)
    return f"the budget of {limit:g} {item} is used up; raise it to go further"
