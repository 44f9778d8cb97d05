"""Learn when the cascade goes on: thresholds as published, and a controller of ours.

Both are fitted to the same draws. Thresholds are the 20th, 40th, 60th and 80th percentile of each
operator's failure rates (VeriMaAS, arXiv 2509.20182); which of them is used is what earns the most
on the training set. The controller predicts what going on would earn, in points less what it
costs, by ridge regression on the features of `workflows/cascade/features.py`; the last operator
but one is fitted first, so that each knows what the later ones will do. Points are
100 · pass − λ · cost; the cost is tokens per candidate, or the area or delay of what is returned.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import product
from statistics import fmean
from typing import Any, Final, Literal

import numpy as np

from ...tools.errors import UsageError
from ...workflows.cascade.features import FEATURES
from ...workflows.cascade.tuning import Policy, Tuning
from .draws import OPERATORS, Draw, Returned

Objective = Literal["pass", "area", "delay"]
Controller = Literal["auto", "thresholds", "learned"]
PERCENTILES: Final = (20, 40, 60, 80)
# What is left of the budget is for the budget to watch: here it never ran short.
LEARNED: Final = tuple(name for name in FEATURES if name != "tokens_left")
ALPHAS: Final = tuple(10.0**power for power in range(-1, 5))
FOLDS: Final = 5
FEWEST: Final = 10


@dataclass(frozen=True)
class Aim:
    """What is to be earned: points are 100 · pass − `weight` · cost."""

    objective: Objective = "pass"
    weight: float = 1e-3

    def points(self, outcome: Outcome) -> float:
        """Return the points of one example; a design that is missing has no area and no delay."""
        cost = {
            "pass": outcome.tokens,
            "area": outcome.returned.area or 0.0,
            "delay": outcome.returned.delay or 0.0,
        }[self.objective]
        return 100.0 * outcome.returned.right - self.weight * cost


@dataclass(frozen=True)
class Outcome:
    """Where a rule stopped on one example: what it returned, and tokens per candidate."""

    returned: Returned
    tokens: float
    stopped: str


Rules = Mapping[str, Callable[[Mapping[str, float]], bool]]


def rules_of(tuning: Tuning) -> Rules:
    """Return when each operator leads to the next under a tuning, as the workflow decides it."""
    return {operator: _rule(operator, tuning) for operator in OPERATORS[:-1]}


def _rule(operator: str, tuning: Tuning) -> Callable[[Mapping[str, float]], bool]:
    policy = tuning.policies.get(operator)
    if policy is None:
        above = tuning.thresholds.get(operator, 0.5)
        return lambda seen: seen["failure_rate"] > above
    return lambda seen: _score(policy, seen) > policy.above


def _score(policy: Policy, seen: Mapping[str, float]) -> float:
    weights = policy.weights
    return weights.get("bias", 0.0) + sum(weights.get(n, 0.0) * v for n, v in seen.items())


def follow(draw: Draw, rules: Rules, start: str = OPERATORS[0]) -> Outcome:
    """Return where the rules stop on one example, counted from operator `start`."""
    tokens = 0.0
    for operator in OPERATORS[OPERATORS.index(start) :]:
        visit = draw.visit(operator)
        tokens += visit.tokens / visit.samples
        rule = rules.get(operator)
        if rule is None or not rule(visit.features):
            return Outcome(visit.returned, tokens, operator)
    raise AssertionError("the last operator has no rule")


def earned(draws: Sequence[Draw], rules: Rules, aim: Aim) -> float:
    """Return the mean points over the draws."""
    return fmean(aim.points(follow(draw, rules)) for draw in draws)


def fit_thresholds(draws: Sequence[Draw], aim: Aim) -> dict[str, float]:
    """Return the percentile of each operator's failure rates that earn the most together.

    Of equal ones the highest, which asks for the least.
    """
    levels = {
        operator: sorted(
            {_percentile([d.visit(operator).features["failure_rate"] for d in draws], p)
             for p in PERCENTILES}, reverse=True,
        )
        for operator in OPERATORS[:-1]
    }  # fmt: skip
    choices = [dict(zip(levels, values, strict=True)) for values in product(*levels.values())]
    return max(choices, key=lambda t: earned(draws, rules_of(Tuning(thresholds=t)), aim))


def fit_policies(draws: Sequence[Draw], aim: Aim) -> dict[str, Policy]:
    """Return, for each operator but the last, what going on earns as a weighted sum of features."""
    found: dict[str, Policy] = {}
    for operator, following in reversed(list(zip(OPERATORS, OPERATORS[1:], strict=False))):
        rules = rules_of(Tuning(policies=found)) if found else {}
        later = {o: r for o, r in rules.items() if o in found}
        rows = [[d.visit(operator).features[name] for name in LEARNED] for d in draws]
        gains = [_gain(d, operator, following, later, aim) for d in draws]
        found[operator] = _ridge(rows, gains)
    return found


def _gain(draw: Draw, operator: str, following: str, later: Rules, aim: Aim) -> float:
    """Return the points of going on, less those of stopping; both have paid for what was done."""
    stopped = Outcome(draw.visit(operator).returned, 0.0, operator)
    return aim.points(follow(draw, later, following)) - aim.points(stopped)


def _ridge(rows: list[list[float]], gains: list[float]) -> Policy:
    from sklearn.linear_model import RidgeCV
    from sklearn.preprocessing import StandardScaler

    scaler: Any = StandardScaler()
    model: Any = RidgeCV(alphas=ALPHAS)
    model.fit(scaler.fit_transform(np.array(rows)), np.array(gains))
    slopes = [float(w) / float(s) for w, s in zip(model.coef_, scaler.scale_, strict=True)]
    bias = float(model.intercept_) - sum(
        slope * float(mean) for slope, mean in zip(slopes, scaler.mean_, strict=True)
    )
    weights = {n: round(w, 9) for n, w in zip(LEARNED, slopes, strict=True) if w}
    return Policy(weights={"bias": round(bias, 9), **weights}, above=0.0)


def _percentile(rates: Sequence[float], percent: int) -> float:
    return round(float(np.percentile(rates, percent)), 6)


@dataclass(frozen=True)
class Fitted:
    """A tuning, and the cross-validated points of every way to decide."""

    tuning: Tuning
    scores: dict[str, float]


def calibrate(
    draws: Sequence[Draw],
    aim: Aim,
    *,
    base: Tuning,
    controller: Controller = "auto",
    seed: int = 0,
) -> Fitted:
    """Fit thresholds and, where it earns more on folds it has not seen, the controller."""
    if len(draws) < FEWEST:
        raise UsageError(f"{len(draws)} examples are too few to learn from: give {FEWEST} or more")
    scores = cross_validated(draws, aim, seed)
    better = scores["learned"] > scores["thresholds"]
    learned = controller == "learned" or (controller == "auto" and better)
    tuning = base.model_copy(
        update={
            "thresholds": fit_thresholds(draws, aim),
            "policies": fit_policies(draws, aim) if learned else {},
        }
    )
    return Fitted(tuning, scores)


def cross_validated(draws: Sequence[Draw], aim: Aim, seed: int) -> dict[str, float]:
    """Return the mean points, on folds that were not fitted, of each way to decide.

    Draws of one example are never on both sides.
    """
    from sklearn.model_selection import GroupKFold

    points: dict[str, list[float]] = {name: [] for name in (*FIXED, "thresholds", "learned")}
    groups = [draw.example for draw in draws]
    count = min(FOLDS, len(set(groups)))
    folds: Any = GroupKFold(count, shuffle=True, random_state=seed)
    for train, test in folds.split(draws, groups=groups):
        fitted, held = [draws[i] for i in train], [draws[i] for i in test]
        ways: dict[str, Rules] = {
            **{name: rules_of(tuning) for name, tuning in FIXED.items()},
            "thresholds": rules_of(Tuning(thresholds=fit_thresholds(fitted, aim))),
            "learned": rules_of(Tuning(policies=fit_policies(fitted, aim))),
        }
        for name, rules in ways.items():
            points[name] += [aim.points(follow(draw, rules)) for draw in held]
    return {name: round(fmean(values), 4) for name, values in points.items()}


NEVER: Final = Policy(weights={"bias": -1.0}, above=0.0)
ON: Final = Policy(weights={"bias": 1.0}, above=0.0)
FIXED: Final[Mapping[str, Tuning]] = {
    "single only": Tuning(policies={"single": NEVER}),
    "to cot": Tuning(policies={"single": ON, "cot": NEVER}),
    "every operator": Tuning(policies={"single": ON, "cot": ON}),
    "default thresholds": Tuning(),
}
