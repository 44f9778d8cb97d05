"""pass@k over problems, unbiased and as CVDP has it, with intervals that problems are drawn for."""

from __future__ import annotations

from collections.abc import Sequence
from math import comb
from typing import Final, NamedTuple

import numpy as np
from scipy.stats import bootstrap

from ..tools.errors import UsageError
from .stats import success_rate

RESAMPLES: Final = 4000


class Counts(NamedTuple):
    """How many of a problem's samples there are, and how many of them pass."""

    samples: int
    passes: int


class PassRate(NamedTuple):
    """pass@k of a suite with its 95 % interval over problems, and CVDP's variant; in [0, 1]."""

    k: int
    rate: float
    low: float
    high: float
    cvdp: float


def pass_at_k(counts: Counts, k: int) -> float:
    """Return the unbiased estimate of one problem (Chen et al., arXiv 2107.03374)."""
    n, c = counts
    _require(n, c, k)
    return 1.0 - comb(n - c, k) / comb(n, k)


def cvdp_at_k(counts: Counts, k: int) -> float:
    """Return CVDP's estimate of one problem, 1 - (1 - c/n)**k, which is biased low."""
    n, c = counts
    _require(n, c, k)
    return 1.0 - (1.0 - c / n) ** k


def pass_rate(problems: Sequence[Counts], k: int, confidence: float = 0.95) -> PassRate:
    """Return pass@k over problems.

    With one sample of each the interval is Wilson's; with several, problems are resampled, for
    samples of one problem are not independent.
    """
    if not problems:
        raise UsageError("no problems to take pass@k of; run at least one")
    each = [pass_at_k(counts, k) for counts in problems]
    low, high = _interval(each, confidence)
    cvdp = sum(cvdp_at_k(counts, k) for counts in problems) / len(problems)
    return PassRate(k, sum(each) / len(each), low, high, cvdp)


def clustered_interval(values: Sequence[float], confidence: float = 0.95) -> tuple[float, float]:
    """Return the percentile bootstrap interval of a mean over problems."""
    drawn = bootstrap(
        (np.asarray(values, float),),
        np.mean,
        n_resamples=RESAMPLES,
        confidence_level=confidence,
        method="percentile",
        rng=np.random.default_rng(0),
    )
    return float(drawn.confidence_interval.low), float(drawn.confidence_interval.high)


def _interval(each: Sequence[float], confidence: float) -> tuple[float, float]:
    if all(value in (0.0, 1.0) for value in each):
        # Nothing varies within a problem: each counts once, and Wilson holds at 0 and 1 too.
        rate = success_rate([value == 1.0 for value in each], confidence)
        return rate.low, rate.high
    if len(each) == 1:
        return 0.0, 1.0
    return clustered_interval(each, confidence)


def _require(n: int, c: int, k: int) -> None:
    if not 0 <= c <= n or not 1 <= k <= n:
        raise UsageError(f"pass@{k} of {c} passes in {n} samples: draw at least {k} samples")
