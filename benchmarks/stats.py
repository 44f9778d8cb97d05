"""Small-sample statistics of success rates."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from scipy.stats import binomtest

from ..tools.errors import UsageError


class Rate(NamedTuple):
    """A success rate with its Wilson 95 % interval, all in [0, 1]."""

    successes: int
    n: int
    rate: float
    low: float
    high: float


def success_rate(outcomes: Sequence[bool], confidence: float = 0.95) -> Rate:
    """Return the rate of successes and its Wilson interval."""
    if not outcomes:
        raise UsageError("no outcomes to take a rate of; run at least one question")
    successes, n = sum(outcomes), len(outcomes)
    interval = binomtest(successes, n).proportion_ci(confidence, method="wilson")
    return Rate(successes, n, successes / n, float(interval.low), float(interval.high))


def mcnemar(first: Sequence[bool], second: Sequence[bool]) -> float:
    """Return the exact two-sided McNemar p-value of paired outcomes."""
    if len(first) != len(second):
        raise UsageError(f"{len(first)} outcomes cannot be paired with {len(second)}")
    only_first = sum(a and not b for a, b in zip(first, second, strict=True))
    only_second = sum(b and not a for a, b in zip(first, second, strict=True))
    discordant = only_first + only_second
    return float(binomtest(only_first, discordant).pvalue) if discordant else 1.0
