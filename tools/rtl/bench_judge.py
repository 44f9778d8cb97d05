"""Is the testbench at fault, or the design? Decided from who fails whom, without a model.

Candidates that behave alike are one cluster. A testbench that fails every cluster, or the greater
part of the candidates, is at fault itself (as in AutoBench: independent designs are seldom all
wrong in the way that one testbench says). One that also notices deliberate faults is believed, and
what it fails is refuted. Nothing is verified by it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final, Literal

from ..records import Frozen, Record

# Below this share of the deliberate faults a testbench compares too little to be heard.
LEAST: Final = 0.75
Fault = Literal["bench", "designs", "none", "undecided"]
Outcome = Literal["pass", "fail", "unknown"]


class Seat(Frozen):
    """One cluster: the records of its candidates, and what the testbench says of it."""

    records: tuple[str, ...]
    outcome: Outcome


class Ruling(Frozen):
    """Who is at fault: `refuted` are the records of designs that a believed testbench fails."""

    fault: Fault
    believed: bool
    refuted: tuple[str, ...]
    reason: str


def rule(seats: Sequence[Seat], killed: int, total: int) -> Ruling:
    """Return who is at fault; `killed` of `total` deliberate faults were noticed."""
    count = {"pass": 0, "fail": 0, "unknown": 0}
    for seat in seats:
        count[seat.outcome] += len(seat.records)
    everybody = sum(count.values())
    if not everybody or count["unknown"] == everybody:
        return _no("undecided", "the testbench could not be run on any design")
    if not count["pass"]:
        return _no("bench", f"it fails all {len(seats)} behaviours of the candidates")
    if 2 * count["fail"] > everybody:
        said = f"it fails {count['fail']} of {everybody} candidates, which is most of them"
        return _no("bench", said)
    if not total or killed < LEAST * total:
        return _no("bench", f"it notices {killed} of {total} deliberate faults: too few")
    refuted = tuple(r for seat in seats if seat.outcome == "fail" for r in seat.records)
    said = f"it notices {killed} of {total} deliberate faults and fails {len(refuted)} candidates"
    return Ruling(fault="designs" if refuted else "none", believed=True, refuted=refuted,
                  reason=said)  # fmt: skip


def refuted_by_bench(records: Mapping[str, Record]) -> frozenset[str]:
    """Return the designs of a run that a testbench of its own, once believed, has failed."""
    found: Any = [r.outputs["bench"] for r in records.values() if "bench" in r.outputs]
    return frozenset(name for bench in found for name in bench["ruling"]["refuted"])


def _no(fault: Fault, reason: str) -> Ruling:
    return Ruling(fault=fault, believed=False, refuted=(), reason=reason)
