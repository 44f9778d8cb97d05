"""Is one run better than another on the same problems? Paired, and with what it would take."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, nan
from statistics import fmean, stdev
from typing import Any, Final, Literal, NamedTuple

import numpy as np
from scipy.stats import norm, permutation_test

from ..tools.errors import UsageError
from .stats import mcnemar
from .stats_passes import Counts, clustered_interval, pass_at_k

Verdict = Literal["better", "worse", "not distinguishable"]
ALPHA: Final = 0.05
POWER: Final = 0.8
RESAMPLES: Final = 9999


class Paired(NamedTuple):
    """How a second run compares with a first on the problems of both; `gap` is second less first.

    `needed` is how many problems a gap of this size would take to be seen with a power of 80 %;
    None where there is no gap.
    """

    n: int
    first: float
    second: float
    gap: float
    low: float
    high: float
    p: float
    method: str
    verdict: Verdict
    needed: int | None


def compare_passes(first: Mapping[str, Counts], second: Mapping[str, Counts], k: int = 1) -> Paired:
    """Compare pass@k of two runs problem by problem.

    With one sample of each problem on both sides the test is McNemar's, exact; with several it is
    the permutation test of the problems' differences, for samples of a problem hang together.
    """
    shared = sorted(first.keys() & second.keys())
    if not shared:
        raise UsageError("the two runs have no problem in common: nothing can be compared")
    ones = [pass_at_k(first[name], k) for name in shared]
    twos = [pass_at_k(second[name], k) for name in shared]
    apart = [two - one for one, two in zip(ones, twos, strict=True)]
    single = all(first[name].samples == second[name].samples == 1 for name in shared)
    if single:
        method = "McNemar, exact"
        p = mcnemar([one == 1.0 for one in ones], [two == 1.0 for two in twos])
    else:
        method, p = "permutation over problems", _permuted(apart)
    low, high = clustered_interval(apart) if len(apart) > 1 else (nan, nan)
    gap = fmean(apart)
    verdict: Verdict = "not distinguishable"
    if p < ALPHA:
        verdict = "better" if gap > 0 else "worse"
    needed = _needed(apart)
    if needed is not None and verdict == "not distinguishable":
        needed = max(needed, len(shared) + 1)
    return Paired(len(shared), fmean(ones), fmean(twos), gap, low, high, p, method, verdict, needed)


def _permuted(apart: Sequence[float]) -> float:
    """Return the two-sided p-value of differences whose signs could as well be the other way."""
    if not any(apart):
        return 1.0
    found: Any = permutation_test(
        (np.asarray(apart),),
        lambda x, axis: np.mean(x, axis=axis),
        permutation_type="samples",
        n_resamples=RESAMPLES,
        vectorized=True,
        rng=np.random.default_rng(0),
    )
    return float(found.pvalue)


def _needed(apart: Sequence[float]) -> int | None:
    """Return the problems that a paired test of this gap and spread would take."""
    gap = fmean(apart)
    if not gap:
        return None
    spread = stdev(apart) if len(apart) > 1 else abs(gap)
    z = float(norm.ppf(1 - ALPHA / 2) + norm.ppf(POWER))
    # A spread of nothing would ask for one problem; McNemar's test needs six that all agree.
    return max(6, ceil((z * spread / gap) ** 2))
