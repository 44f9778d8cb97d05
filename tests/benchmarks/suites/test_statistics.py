"""pass@k, intervals and paired verdicts against values by hand and by other ways."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations
from math import nan

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terragate.benchmarks.stats_paired import compare_passes
from terragate.benchmarks.stats_passes import (
    Counts,
    clustered_interval,
    cvdp_at_k,
    pass_at_k,
    pass_rate,
)
from terragate.tools.errors import UsageError


def test_pass_at_k_by_hand() -> None:
    # 2 of 5 pass. Of the 10 pairs 3 hold none that passes.
    assert pass_at_k(Counts(5, 2), 1) == pytest.approx(0.4)
    assert pass_at_k(Counts(5, 2), 2) == pytest.approx(0.7)
    assert pass_at_k(Counts(5, 2), 4) == 1.0
    assert cvdp_at_k(Counts(5, 2), 2) == pytest.approx(1 - 0.6**2)
    assert pass_at_k(Counts(5, 0), 5) == cvdp_at_k(Counts(5, 0), 5) == 0.0


@given(st.integers(1, 7), st.data())
def test_pass_at_k_is_the_share_of_draws_with_a_pass(n: int, data: st.DataObject) -> None:
    c, k = data.draw(st.integers(0, n)), data.draw(st.integers(1, n))
    draws = list(combinations([True] * c + [False] * (n - c), k))
    share = Fraction(sum(any(draw) for draw in draws), len(draws))
    assert pass_at_k(Counts(n, c), k) == pytest.approx(float(share), abs=1e-12)
    assert cvdp_at_k(Counts(n, c), k) <= pass_at_k(Counts(n, c), k) + 1e-12


@pytest.mark.parametrize(("n", "c", "k"), [(3, 4, 1), (3, 1, 4), (3, 1, 0), (3, -1, 1)])
def test_what_was_not_drawn_is_not_estimated(n: int, c: int, k: int) -> None:
    with pytest.raises(UsageError, match="samples"):
        pass_at_k(Counts(n, c), k)


def test_one_sample_each_has_wilsons_interval() -> None:
    found = pass_rate([Counts(1, 1)] * 7 + [Counts(1, 0)] * 3, 1)
    # Wilson, by hand: centre (7 + z²/2) / (10 + z²), z = 1.959964.
    z2 = 1.959963984540054**2
    centre = (7 + z2 / 2) / (10 + z2)
    half = (z2 * (0.7 * 0.3 / 10 + z2 / 400)) ** 0.5 / (1 + z2 / 10)
    assert (found.rate, found.cvdp) == pytest.approx((0.7, 0.7))
    assert (found.low, found.high) == pytest.approx((centre - half, centre + half), abs=1e-9)


def test_samples_of_a_problem_are_not_independent() -> None:
    """20 problems, each all right or almost: the interval is that of 20, not of 200 samples."""
    problems = [Counts(10, 10)] * 10 + [Counts(10, 1)] * 10
    found = pass_rate(problems, 1)
    values = [1.0] * 10 + [0.1] * 10
    mean = sum(values) / 20
    error = (sum((v - mean) ** 2 for v in values) / 20 / 20) ** 0.5
    assert found.rate == pytest.approx(0.55)
    assert found.high - found.low == pytest.approx(2 * 1.96 * error, rel=0.1)


def test_no_problem_and_one_problem() -> None:
    with pytest.raises(UsageError, match="no problems"):
        pass_rate([], 1)
    one = pass_rate([Counts(10, 5)], 1)
    assert (one.low, one.rate, one.high) == (0.0, 0.5, 1.0)
    assert clustered_interval([0.5, 0.5, 0.5]) == (0.5, 0.5)


def runs(*pairs: tuple[int, int], samples: int = 1) -> tuple[dict, dict]:
    first = {f"q{n}": Counts(samples, a) for n, (a, _) in enumerate(pairs)}
    second = {f"q{n}": Counts(samples, b) for n, (_, b) in enumerate(pairs)}
    return first, second


def test_mcnemar_by_hand() -> None:
    # 8 items only the second gets, 1 only the first: p = 2 (1 + 9) / 2**9.
    found = compare_passes(*runs(*[(0, 1)] * 8, (1, 0), *[(1, 1)] * 11))
    assert found.p == pytest.approx(2 * 10 / 512)
    assert (found.verdict, found.n, found.method) == ("better", 20, "McNemar, exact")
    assert found.gap == pytest.approx(7 / 20)
    assert found.low < found.gap < found.high
    back = compare_passes(*runs(*[(1, 0)] * 8, (0, 1), *[(1, 1)] * 11))
    assert (back.verdict, back.gap) == ("worse", -found.gap)


def test_a_small_gap_says_how_many_items_it_would_take() -> None:
    found = compare_passes(*runs(*[(0, 1)] * 3, (1, 0), *[(1, 1)] * 36))
    assert found.verdict == "not distinguishable"
    assert found.p == pytest.approx(2 * 5 / 16)
    # Differences 1, 1, 1, -1 and 36 zeros: mean 0.05, variance (4 - 40 * 0.0025) / 39.
    spread2 = (4 - 0.1) / 39
    needed = (1.959964 + 0.841621) ** 2 * spread2 / 0.05**2
    assert found.needed == pytest.approx(needed, abs=1.01)
    same = compare_passes(*runs(*[(1, 1)] * 5))
    assert (same.verdict, same.p, same.needed) == ("not distinguishable", 1.0, None)


def test_several_samples_are_permuted_by_problem() -> None:
    # All six differences are equal: of the 64 ways to sign them only two are as far apart.
    found = compare_passes(*runs(*[(1, 5)] * 6, samples=10))
    assert (found.method, found.p) == ("permutation over problems", pytest.approx(2 / 64))
    assert (found.gap, found.verdict) == (pytest.approx(0.4), "better")
    few = compare_passes(*runs(*[(1, 5)] * 3, samples=10))
    assert (few.p, few.verdict) == (pytest.approx(0.25), "not distinguishable")
    assert few.needed is not None
    assert few.needed > 3


def test_runs_without_a_common_item() -> None:
    with pytest.raises(UsageError, match="in common"):
        compare_passes({"a": Counts(1, 1)}, {"b": Counts(1, 1)})
    one = compare_passes({"a": Counts(1, 1)}, {"a": Counts(1, 0), "b": Counts(1, 1)})
    assert (one.n, one.verdict) == (1, "not distinguishable")
    assert str(one.low) == str(nan)
