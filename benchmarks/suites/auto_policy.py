"""Calibrate `auto`: what each family achieves with a model, as a rule on a request's features.

Runs of the families on the same drawn questions go in. A logistic regression per family predicts
success; folds by question tell whether choosing by it beats the best single family. If it does not,
the rule says no more than how good each family is on the whole.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from statistics import fmean
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...tools.errors import UsageError
from ...tools.geo.static_catalog import open_catalog
from ...workflows.auto import CHOICES
from ...workflows.auto.features import FEATURES, features
from ...workflows.auto.policy import Policy, Strength
from ...workflows.request import Request
from .comparison import COMPARED
from .fingerprint import differences
from .geo import GeoItem
from .geo_asking import TODAY
from .rows import Result
from .summary import counts_of

FOLDS: Final = 5
FEWEST: Final = 50
Fit = Callable[[NDArray[Any], NDArray[Any], float], Strength]


class Table(NamedTuple):
    """Features by item, and of each family the share of successes by item and its mean tokens."""

    items: tuple[str, ...]
    x: NDArray[np.float64]
    success: Mapping[str, NDArray[np.float64]]
    tokens: Mapping[str, float]


def calibrated(runs: Sequence[Result], items: Sequence[GeoItem]) -> Policy:
    """Return the policy that the runs support; UsageError where they do not belong together."""
    model = _same_model(runs)
    table = _table(runs, items)
    found = crossed(table)
    fit = _logistic if found["auto"] >= found["best"] else _flat
    strengths = {
        name: fit(table.x, rates, table.tokens[name]) for name, rates in table.success.items()
    }
    about = {
        **found,
        "rule": "features" if fit is _logistic else "overall rates",
        "suite_sha256": runs[0].fingerprint["suite_sha256"],
        "weights_sha256": runs[0].fingerprint["model"].get("weights_sha256"),
    }
    return Policy.model_validate({"models": {model: strengths}, "provenance": {model: about}})


def crossed(table: Table) -> dict[str, Any]:
    """Return success of the families, of the best of them and of choosing, on unseen questions."""
    rates = {name: float(one.mean()) for name, one in table.success.items()}
    best = max(rates, key=lambda name: rates[name])
    fold = np.arange(len(table.items)) % FOLDS
    achieved: list[float] = []
    for number in range(FOLDS):
        seen, unseen = fold != number, fold == number
        strengths = {
            name: _logistic(table.x[seen], one[seen], table.tokens[name])
            for name, one in table.success.items()
        }
        policy = Policy.model_validate({"models": {"it": strengths}})
        for row in np.flatnonzero(unseen):
            taken = policy.choose("it", dict(zip(FEATURES, table.x[row], strict=True))).family
            achieved.append(float(table.success[taken][row]))
    return {
        "questions": len(table.items),
        "families": {name: round(rate, 4) for name, rate in rates.items()},
        "best": round(rates[best], 4),
        "best_family": best,
        "auto": round(fmean(achieved), 4),
    }


def _same_model(runs: Sequence[Result]) -> str:
    names = {str(run.arm["model"]) for run in runs}
    families = [str(run.arm["workflow"]) for run in runs]
    unknown = sorted(set(families) - set(CHOICES))
    if len(names) != 1 or unknown or len(set(families)) < len(families):
        raise UsageError(
            f"a policy needs one run of each family with one model: these are {families} of "
            f"{sorted(names)}; the families are {', '.join(CHOICES)}"
        )
    for run in runs[1:]:
        if apart := differences(runs[0].fingerprint, run.fingerprint, COMPARED):
            raise UsageError(f"the runs are of different questions or tools ({apart[0][:200]})")
    return names.pop()


def _table(runs: Sequence[Result], items: Sequence[GeoItem]) -> Table:
    by_id = {item.id: item for item in items}
    asked = sorted({row.item for row in runs[0].rows})
    if len(asked) < FEWEST or not by_id.keys() >= set(asked):
        raise UsageError(f"{len(asked)} questions of this draw were asked: {FEWEST} are needed")
    catalog = open_catalog(items[0].archive)
    x = [list(features(_request(by_id[name]), catalog).values()) for name in asked]
    success: dict[str, NDArray[np.float64]] = {}
    for run in runs:
        counts = counts_of(run.rows)
        rates = [counts[name].passes / counts[name].samples for name in asked]
        success[str(run.arm["workflow"])] = np.array(rates)
    tokens = {str(run.arm["workflow"]): fmean(row.tokens for row in run.rows) for run in runs}
    return Table(tuple(asked), np.array(x), success, tokens)


def _request(item: GeoItem) -> Request:
    question = item.held.question
    return Request(text=question.text, today=TODAY, earlier=question.earlier)


def _logistic(x: NDArray[Any], rates: NDArray[Any], tokens: float) -> Strength:
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    labels = (rates >= 0.5).astype(int)
    if len(set(labels.tolist())) < 2:
        return _flat(x, rates, tokens)
    scale = StandardScaler().fit(x)
    fitted = LogisticRegression(max_iter=1000).fit(scale.transform(x), labels)
    weights = fitted.coef_[0] / scale.scale_
    bias = float(fitted.intercept_[0] - (weights * scale.mean_).sum())
    named = {n: round(float(w), 6) for n, w in zip(FEATURES, weights, strict=True) if w}
    return Strength(bias=round(bias, 6), weights=named, tokens=round(tokens, 1))


def _flat(x: NDArray[Any], rates: NDArray[Any], tokens: float) -> Strength:
    del x
    share = (float(rates.sum()) + 0.5) / (len(rates) + 1)
    return Strength(bias=round(math.log(share / (1 - share)), 6), tokens=round(tokens, 1))
