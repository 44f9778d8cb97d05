"""Several runs of one suite side by side: figures by depth, costs, and every pair compared."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations
from typing import Any, Final

from rich.table import Table

from .comparison import compare
from .rows import Result
from .summary import summary

NONE: Final = "–"


def side_by_side(runs: Mapping[str, Result]) -> dict[str, Any]:
    """Return the JSON-plain figures of runs by name; pairs say how the second does."""
    return {
        "arms": {name: summary(run) for name, run in runs.items()},
        "pairs": [
            {"arms": [one, two], **_pass_at_1(runs[one], runs[two])}
            for one, two in combinations(runs, 2)
        ],
    }


def _pass_at_1(first: Result, second: Result) -> dict[str, Any]:
    found = compare(first, second)
    return {**found["passes"]["pass@1"], "cost_ratio": found["cost_ratio"]}


def arms_table(found: Mapping[str, Any]) -> Table:
    """Return success, by depth and in all, and what a sample and a success cost."""
    depths = list(dict.fromkeys(d for arm in found["arms"].values() for d in arm["depths"]))
    measures = list(dict.fromkeys(m for arm in found["arms"].values() for m in arm["measures"]))
    ks = list(dict.fromkeys(k for arm in found["arms"].values() for k in arm["pass"]))[1:]
    table = Table(
        "arm", "pass@1", "95 %", *ks, *depths, *measures, "tokens", "model calls", "s",
        "tokens per success",
    )  # fmt: skip
    for name, arm in found["arms"].items():
        one, cost = arm["pass"]["pass@1"], arm["cost"]
        cells = [name, _share(one), f"{one['low']:.1%} to {one['high']:.1%}"]
        cells += [_share(arm["pass"].get(k)) for k in ks]
        parts = (arm["depths"].get(depth, {}).get("pass", {}) for depth in depths)
        cells += [_share(part.get("pass@1")) for part in parts]
        cells += [f"{arm['measures'].get(name, 0.0):.2f}" for name in measures]
        each = cost["per_sample"]
        cells += [f"{each['tokens']:.0f}", f"{each['model_calls']:.1f}", f"{each['seconds']:.2f}"]
        per = cost["per_success"]["tokens"]
        table.add_row(*cells, NONE if per is None else f"{per:.0f}")
    return table


def pairs_table(found: Mapping[str, Any]) -> Table:
    """Return how the second of every two runs does against the first, item by item."""
    table = Table("", "difference", "95 %", "p", "the second is")
    for pair in found["pairs"]:
        low, high = pair["low"], pair["high"]
        table.add_row(
            " against ".join(reversed(pair["arms"])),
            f"{pair['gap']:+.1%}",
            NONE if low is None else f"{low:+.1%} to {high:+.1%}",
            f"{pair['p']:.2g}",
            pair["verdict"],
        )
    return table


def parts_table(found: Mapping[str, Any], part: str) -> Table:
    """Return success by group, family or depth (`groups`, `families`, `depths`)."""
    arms = found["arms"]
    table = Table(part, "items", *arms)
    for name in dict.fromkeys(n for arm in arms.values() for n in arm[part]):
        held = [arm[part].get(name) for arm in arms.values()]
        items = max(int(one["items"]) for one in held if one)
        table.add_row(
            name, str(items), *(_share(one["pass"]["pass@1"]) if one else NONE for one in held)
        )
    return table


def _share(one: Mapping[str, float] | None) -> str:
    return NONE if one is None else f"{one['rate']:.1%}"
