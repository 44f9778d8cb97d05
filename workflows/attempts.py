"""One candidate of a step: a choice, its tool call, its verdicts, and how it compares."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from ..agents.choice import Choice
from ..tools.records import Record
from .state import Candidate, StepStatus


@dataclass(frozen=True)
class Attempt:
    """One candidate and how it went."""

    status: StepStatus
    choice: Choice | None = None
    record: Record | None = None
    verdicts: tuple[dict[str, Any], ...] = ()
    error: str | None = None
    problem: str | None = None
    retryable: bool = False
    seconds: float = 0.0

    @property
    def failures(self) -> int:
        """Return how much is wrong with it: failed verdicts, then a failed tool, then no answer."""
        weight = {"error": 10_000, "ambiguous": 10_000, "model_error": 20_000}
        failed = sum(verdict["outcome"] == "fail" for verdict in self.verdicts)
        return failed + weight.get(self.status, 0)

    def recorded_as(self, name: str) -> Attempt:
        """Return the same attempt under another record id."""
        if self.record is None:
            return self
        record = self.record.model_copy(update={"id": name})
        verdicts = tuple({**verdict, "record": name} for verdict in self.verdicts)
        return replace(self, record=record, verdicts=verdicts)

    def row(self) -> Candidate:
        """Return the candidate as the state stores it."""
        return Candidate(
            said=_digest(self.choice) if self.choice else None,
            record=self.record.id if self.record else None,
            tool=self.choice.tool if self.choice else None,
            failed=self.failures > 0,
            verdicts=list(self.verdicts),
        )


def _digest(choice: Choice) -> str:
    return hashlib.sha256(choice.model_dump_json().encode()).hexdigest()[:16]


def best_of(attempts: Sequence[Attempt]) -> Attempt:
    """Return the candidate with the fewest failures, the first of equals."""
    return min(attempts, key=lambda attempt: attempt.failures)


def each_recorded(attempts: list[Attempt], name: str, taken: int) -> list[Attempt]:
    """Return the attempts with a record for each: what several said weighs as much as they do.

    `name` is the step's record id, `taken` how many numbers of it are in use.
    """
    seen: set[str] = set()
    found: list[Attempt] = []
    for attempt in attempts:
        own = attempt
        if attempt.record is not None and attempt.record.id in seen:
            taken += 1
            own = attempt.recorded_as(numbered(name, taken))
        if own.record is not None:
            seen.add(own.record.id)
        found.append(own)
    return found


def numbered(name: str, number: int) -> str:
    """Return the record id of one candidate of several, all of which leave a record."""
    return f"{name}-{number}"
