"""Two runs of one suite against each other, item by item, if they can be compared at all."""

from __future__ import annotations

from typing import Any, Final

from ...tools.errors import UsageError
from ..stats_paired import Paired, compare_passes
from .fingerprint import COMPARED, differences
from .rows import Result
from .summary import KS, costs, counts_of

RATIOS: Final = ("tokens", "seconds", "usd")


def compare(first: Result, second: Result, *, anyway: bool = False) -> dict[str, Any]:
    """Return how the second run does against the first; UsageError for other questions or tools.

    `anyway` compares on the items of both, and says what is different.
    """
    apart = differences(first.fingerprint, second.fingerprint, COMPARED)
    if apart and not anyway:
        raise UsageError(
            f"these runs cannot be compared ({'; '.join(apart)[:500]}): run both on the same items "
            "with the same tools, or compare what they share with --anyway"
        )
    ones, twos = counts_of(first.rows), counts_of(second.rows)
    fewest = min(counts.samples for counts in (*ones.values(), *twos.values()))
    found = {f"pass@{k}": plain(compare_passes(ones, twos, k)) for k in KS if k <= fewest}
    both = ones.keys() & twos.keys()
    left, right = (costs([r for r in run.rows if r.item in both]) for run in (first, second))
    return {
        "first": name_of(first),
        "second": name_of(second),
        "items": len(both),
        "left_out": len(ones.keys() ^ twos.keys()),
        "differences": apart,
        "also_different": differences(
            first.fingerprint, second.fingerprint, ("model", "prompts_sha256", "packages")
        ),
        "passes": found,
        "cost_ratio": {
            name: _ratio(right["per_sample"][name], left["per_sample"][name]) for name in RATIOS
        },
    }


def plain(found: Paired) -> dict[str, Any]:
    """Return a comparison as JSON-plain figures."""
    rounded = {
        name: round(value, 6) if isinstance(value, float) else value
        for name, value in found._asdict().items()
    }
    # A single problem has no interval, and JSON no NaN.
    return {name: None if value != value else value for name, value in rounded.items()}


def name_of(result: Result) -> dict[str, Any]:
    """Return what a run is called by."""
    return {"suite": result.fingerprint["suite"], **result.arm, "log": result.log}


def _ratio(one: float | None, two: float | None) -> float | None:
    return round(one / two, 4) if one is not None and two else None
