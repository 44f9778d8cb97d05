"""The figures of a run: pass@k with intervals, by group, and what a success costs."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, Final

from ..stats import success_rate
from ..stats_passes import Counts, pass_rate
from .rows import Result, Row

KS: Final = (1, 5, 10)
COSTS: Final = ("prompt", "cached", "completion", "model_calls", "seconds", "usd")


def summary(result: Result) -> dict[str, Any]:
    """Return the JSON-plain figures of a run; shares are in [0, 1]."""
    rows = result.rows
    return {
        "suite": result.fingerprint["suite"],
        "arm": result.arm,
        "ceiling": result.ceiling,
        "items": len({row.item for row in rows}),
        "samples": len(rows),
        **passes(rows),
        "published": round(sum(row.published for row in rows) / len(rows), 4) if rows else None,
        "measures": means(rows),
        "cost": costs(rows),
        "groups": by(rows, "group"),
        "families": by(rows, "family"),
        "depths": by(rows, "depths"),
        "failures": counted(row.cause or "other" for row in rows if not row.success),
        "fingerprint": result.fingerprint,
        "log": result.log,
    }


def passes(rows: Sequence[Row]) -> dict[str, Any]:
    """Return pass@k for every k that there are samples for, and the share of all samples."""
    problems = counts_of(rows)
    if not problems:
        return {"pass": {}, "share": None}
    fewest = min(counts.samples for counts in problems.values())
    found = [pass_rate(list(problems.values()), k) for k in sorted({*KS, fewest}) if k <= fewest]
    share = success_rate([row.success for row in rows])
    return {
        "pass": {
            f"pass@{one.k}": {
                "rate": round(one.rate, 4),
                "low": round(one.low, 4),
                "high": round(one.high, 4),
                "cvdp": round(one.cvdp, 4),
            }
            for one in found
        },
        "share": {
            "successes": share.successes, "n": share.n, "rate": round(share.rate, 4),
            "low": round(share.low, 4), "high": round(share.high, 4),
        },
    }  # fmt: skip


def counts_of(rows: Iterable[Row]) -> dict[str, Counts]:
    """Return samples and passes by item."""
    found: dict[str, Counts] = {}
    for row in rows:
        samples, passed = found.get(row.item, Counts(0, 0))
        found[row.item] = Counts(samples + 1, passed + row.success)
    return found


def costs(rows: Sequence[Row]) -> dict[str, Any]:
    """Return totals, means per sample, and what a success costs (None without one)."""
    totals = {name: sum(float(getattr(row, name)) for row in rows) for name in COSTS}
    totals["tokens"] = totals["prompt"] + totals["completion"]
    joules = [row.joules for row in rows if row.joules is not None]
    total: dict[str, float | None] = {**totals, "joules": sum(joules) if joules else None}
    successes = sum(row.success for row in rows)
    return {
        "total": _rounded(total, 1),
        "per_sample": _rounded(total, len(rows)),
        "per_success": _rounded(total, successes),
    }


def _rounded(total: dict[str, float | None], over: int) -> dict[str, float | None]:
    return {
        name: None if value is None or not over else round(value / over, 6)
        for name, value in total.items()
    }


def means(rows: Sequence[Row]) -> dict[str, float]:
    """Return the means of what else a suite measures."""
    names = dict.fromkeys(name for row in rows for name in row.measures)
    return {
        name: round(sum(row.measures.get(name, 0.0) for row in rows) / len(rows), 4)
        for name in names
    }


def by(rows: Sequence[Row], what: str) -> dict[str, Any]:
    """Return the figures of every group or family apart; nothing where all are alike."""
    names = sorted({str(getattr(row, what)) for row in rows} - {""})
    return {
        name: {
            "items": len({row.item for row in rows if getattr(row, what) == name}),
            **passes([row for row in rows if getattr(row, what) == name]),
        }
        for name in names
    }


def counted(values: Iterable[str]) -> dict[str, int]:
    """Return how often each value is there, the most frequent first."""
    listed = list(values)
    return dict(sorted(((v, listed.count(v)) for v in set(listed)), key=lambda p: (-p[1], p[0])))
