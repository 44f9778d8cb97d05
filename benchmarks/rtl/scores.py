"""The figures of a run of the equivalence benchmark, from its rows alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from statistics import median, quantiles
from typing import Any, Final

PROVED: Final = ("proved", "proved up to don't-cares")
EDGE: Final = ("clock edge",)
RESET: Final = ("reset polarity", "reset value")
Row = dict[str, Any]


def figures(rows: list[Row]) -> dict[str, Any]:
    """Return all figures; shares are of what was compared, in [0, 1]."""
    same = [r for r in rows if r["set"] == "self"]
    other = [r for r in rows if r["set"] == "variant"]
    mutants = [r for r in rows if r["set"] == "mutant" and r.get("distinguished")]
    compared = [r for r in rows if "cpu_s" in r]
    return {
        "self": _proofs(same),
        "variant": {
            **_proofs(other),
            "different_after_optimisation": sum(bool(r.get("differs")) for r in other),
            "how": dict(Counter(str(r.get("how", "none")) for r in other)),
        },
        "mutants": _faults(mutants),
        "undistinguished": _undistinguished(rows),
        "cpu_s": _times(compared),
        "cpu_s_by_method": {
            method: _times([r for r in compared if r["method"] == method])
            for method in sorted({str(r["method"]) for r in compared})
        },
        "tools": sorted({tool for r in compared for tool in r["tools"]}),
    }


def _proofs(rows: list[Row]) -> dict[str, Any]:
    results = Counter(str(r["result"]) for r in rows)
    return {
        "compared": len(rows),
        "results": dict(results),
        "proved_share": _share(sum(results[p] for p in PROVED), len(rows)),
        "false_refutations": [r["key"] for r in rows if r["result"] == "refuted"],
        "not_proved": {r["key"]: r.get("reason", "") for r in rows if r["result"] not in PROVED},
    }


def _faults(rows: list[Row]) -> dict[str, Any]:
    refuted = [r for r in rows if r["result"] == "refuted" and r.get("replay_fails")
               and r.get("replay_of_gold_passes")]  # fmt: skip
    return {
        "distinguished": len(rows),
        "by_kind": dict(Counter(str(r["kind"]) for r in rows)),
        "clock_edge": sum(r["kind"] in EDGE for r in rows),
        "reset": sum(r["kind"] in RESET for r in rows),
        "false_proofs": [r["key"] for r in rows if r["result"] in PROVED],
        "refuted_and_replayed": len(refuted),
        "refuted_share": _share(len(refuted), len(rows)),
        "by_method": dict(Counter(str(r["method"]) for r in refuted)),
        "missed": {r["key"]: [r["result"], r.get("reason", ""), r["oracle"]["known"],
                              r["oracle"]["unknown"]] for r in rows if r not in refuted},
    }  # fmt: skip


def _undistinguished(rows: list[Row]) -> dict[str, Any]:
    left = [r for r in rows if r["set"] == "mutant" and not r.get("distinguished")]
    return {
        "mutants": len(left),
        "outcomes": dict(Counter(str(r.get("outcome", r.get("result"))) for r in left)),
        "results": dict(Counter(str(r["result"]) for r in left if "result" in r)),
    }


def _times(rows: Iterable[Row]) -> dict[str, float]:
    spent = sorted(float(r["cpu_s"]) for r in rows)
    if not spent:
        return {}
    p90 = quantiles(spent, n=10)[-1] if len(spent) > 1 else spent[0]
    return {"checks": len(spent), "median": round(median(spent), 4), "p90": round(p90, 4),
            "max": round(spent[-1], 3)}  # fmt: skip


def _share(part: int, whole: int) -> float:
    return round(part / whole, 4) if whole else 0.0
