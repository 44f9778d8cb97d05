"""The ledger: one entry per model or tool call, their sums, and the ceiling they are held to."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from typing import Literal, TypedDict

from ..agents.protocol import TokenUsage
from ..tools.records import Frozen
from .spec import Budget

BudgetItem = Literal["model_calls", "tokens", "seconds", "usd"]


class Entry(TypedDict):
    """One call: tokens, wall-clock seconds and price; `id` is unique within the run."""

    id: str
    kind: Literal["model", "tool"]
    stage: str
    name: str
    prompt: int
    cached: int
    completion: int
    seconds: float
    usd: float


class Prices(Frozen):
    """Price of a model in US dollars per million tokens; zero for one's own hardware."""

    prompt: float = 0.0
    cached: float = 0.0
    completion: float = 0.0

    def of(self, usage: TokenUsage) -> float:
        """Return the price of one call in US dollars."""
        fresh = usage.prompt - usage.cached
        total = fresh * self.prompt + usage.cached * self.cached
        return (total + usage.completion * self.completion) / 1e6


class Usage(Frozen):
    """What a run cost; `joules` is None where no meter is read."""

    model_calls: int = 0
    tool_calls: int = 0
    prompt_tokens: int = 0
    cached_tokens: int = 0
    completion_tokens: int = 0
    seconds: float = 0.0
    usd: float = 0.0
    joules: float | None = None

    @property
    def tokens(self) -> int:
        """Return prompt and completion tokens together."""
        return self.prompt_tokens + self.completion_tokens


def total(entries: Iterable[Entry]) -> Usage:
    """Return the sums of the entries."""
    rows = list(entries)
    model_calls = sum(row["kind"] == "model" for row in rows)
    return Usage(
        model_calls=model_calls,
        tool_calls=len(rows) - model_calls,
        prompt_tokens=sum(row["prompt"] for row in rows),
        cached_tokens=sum(row["cached"] for row in rows),
        completion_tokens=sum(row["completion"] for row in rows),
        seconds=round(sum(row["seconds"] for row in rows), 6),
        usd=round(sum(row["usd"] for row in rows), 9),
    )


def share_left(budget: Budget, usage: Usage) -> Mapping[BudgetItem, float]:
    """Return what is left of each ceiling, as a fraction in [0, 1]."""
    used: dict[BudgetItem, float] = {
        "model_calls": usage.model_calls / budget.model_calls,
        "tokens": usage.tokens / budget.tokens,
        "seconds": usage.seconds / budget.seconds,
        "usd": usage.usd / budget.usd,
    }
    return {item: max(0.0, 1.0 - share) for item, share in used.items()}


class Meter:
    """Enforces a run's budget across parallel branches, before each model call."""

    def __init__(self, budget: Budget, earlier: Usage) -> None:
        self.budget = budget
        self._calls = earlier.model_calls
        self._tokens = earlier.tokens
        self._usd = earlier.usd
        self._longest_prompt = 0
        self._deadline = time.monotonic() + budget.seconds - earlier.seconds

    def grant_calls(self, wanted: int, most_tokens: int = 0) -> int:
        """Reserve up to `wanted` model calls, of at most `most_tokens` written each.

        Of calls made together no more are granted than the tokens left can pay for, but one: only
        the last call of a run may cross the ceiling.
        """
        if self.exhausted() is not None:
            return 0
        granted = min(wanted, self.budget.model_calls - self._calls)
        each = max(1, self._longest_prompt + most_tokens)
        granted = max(1, min(granted, (self.budget.tokens - self._tokens) // each))
        self._calls += granted
        return granted

    def exhausted(self) -> BudgetItem | None:
        """Return the first ceiling that is used up."""
        if self._calls >= self.budget.model_calls:
            return "model_calls"
        if self._tokens >= self.budget.tokens:
            return "tokens"
        if self._usd >= self.budget.usd:
            return "usd"
        return "seconds" if self.seconds_left() <= 0 else None

    def spend(self, usage: TokenUsage, usd: float) -> None:
        """Count the tokens and the price of one finished model call."""
        self._tokens += usage.prompt + usage.completion
        self._longest_prompt = max(self._longest_prompt, usage.prompt)
        self._usd += usd

    def seconds_left(self) -> float:
        """Return the wall-clock seconds left; may be negative."""
        return self._deadline - time.monotonic()
