"""What a waveform shows, in few words: clock, reset, first x, first mismatch, dead signals."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from ..design import Design
from ..slang import elaborate
from .clocking import clock_of, cycle_at, reset_of, rising
from .table import short
from .wave import Track, Wave, read_wave

PAIR: Final = re.compile(r"(.*?)_?(ref|dut)")
NAMES: Final = 6
QUIET_KINDS: Final = frozenset({"parameter", "event", "real", "string", "supply0", "supply1"})


@dataclass(frozen=True)
class Mismatch:
    """A first difference: its cycle and time, (signal, expected, got), and inputs then."""

    cycle: int
    time: int
    signals: tuple[tuple[str, str, str], ...]
    inputs: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Explanation:
    """What was found in a dump, in times of its timescale; None and () where nothing was.

    `unknown` is the first signal that lost its value (after reset, where there is one), with time
    and cycle; `never_known` had none at any time, `still` never changed.
    """

    timescale: str
    end: int
    signals: int
    clock: str
    period: int
    cycles: int
    reset: str
    reset_end: int | None
    unknown: tuple[str, int, int] | None
    mismatch: Mismatch | None
    still: tuple[str, ...]
    never_known: tuple[str, ...]
    whole: bool

    def text(self) -> str:
        """Return the findings in a few short sentences."""
        return " ".join(_sentences(self))


def explain(vcd: bytes | Wave, design: Design | None = None) -> Explanation:
    """Return what a dump shows; with a design, dead signals are those of its ports alone."""
    wave = vcd if isinstance(vcd, Wave) else read_wave(vcd)
    clock = clock_of(wave)
    edges = rising(clock) if clock else []
    reset = reset_of(wave, clock)
    reset_end = _released(*reset) if reset else None
    plain = [s for s in wave.signals if s.width and s.kind not in QUIET_KINDS]
    judged = _ports(plain, design)
    gaps = [b - a for a, b in zip(edges, edges[1:], strict=False)]
    return Explanation(
        timescale=wave.timescale,
        end=wave.end,
        signals=len(wave.signals),
        clock=clock.name if clock else "",
        period=max(set(gaps), key=gaps.count) if gaps else 0,
        cycles=len(edges),
        reset=reset[0].name if reset else "",
        reset_end=reset_end,
        unknown=_first_unknown(plain, reset_end or 0, edges),
        mismatch=_first_mismatch(plain, edges),
        still=_once(s for s in judged if _values(s) <= 1 and not _unknown(s)),
        never_known=_once(s for s in judged if _unknown(s)),
        whole=wave.whole,
    )


def _ports(tracks: Sequence[Track], design: Design | None) -> list[Track]:
    interface = elaborate(design).interface if design else None
    if interface is None:
        return list(tracks)
    names = {port.name for port in interface.ports}
    return [track for track in tracks if track.leaf in names]


def _once(tracks: Iterator[Track]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(track.leaf for track in tracks))


def _values(track: Track) -> int:
    return len({value for _, value in track.changes})


def _unknown(track: Track) -> bool:
    return all(not set(value) & set("01") for _, value in track.changes)


def _released(reset: Track, active: str) -> int | None:
    """Return when the reset ends for the first time, None when it is never active."""
    on = False
    for time, value in reset.changes:
        if on and value != active:
            return time
        on = on or value == active
    return None


def _first_unknown(
    tracks: Sequence[Track], start: int, edges: Sequence[int]
) -> tuple[str, int, int] | None:
    """Return the first signal that has a value and loses it, at or after the reset's end."""
    found: tuple[int, int, str] | None = None
    for order, track in enumerate(tracks):
        known = False
        for time, value in track.changes:
            if known and "x" in value and time >= start:
                found = min(found or (time, order, track.name), (time, order, track.name))
                break
            known = "x" not in value
    return (found[2], found[0], cycle_at(edges, found[0])) if found else None


def _first_mismatch(tracks: Sequence[Track], edges: Sequence[int]) -> Mismatch | None:
    """Return the first time at which signals called NAME_ref and NAME_dut settle apart."""
    pairs = list(_pairs(tracks))
    times = [t for ref, dut in pairs for t in _apart(ref, dut)]
    if not times:
        return None
    time = min(times)
    wrong = tuple(
        (PAIR.fullmatch(dut.leaf).group(1) or dut.leaf,  # type: ignore[union-attr]
         short(ref.at(time), ref.width), short(dut.at(time), dut.width))
        for ref, dut in pairs if _differ(ref.at(time), dut.at(time))
    )  # fmt: skip
    return Mismatch(cycle_at(edges, time), time, wrong)


def _pairs(tracks: Sequence[Track]) -> Iterator[tuple[Track, Track]]:
    sides: dict[tuple[str, str], dict[str, Track]] = {}
    for track in tracks:
        scope, _, leaf = track.name.rpartition(".")
        if found := PAIR.fullmatch(leaf):
            sides.setdefault((scope, found.group(1)), {})[found.group(2)] = track
    for both in sides.values():
        if len(both) == 2 and both["ref"].width == both["dut"].width:
            yield both["ref"], both["dut"]


def _apart(ref: Track, dut: Track) -> Iterator[int]:
    for time in sorted({t for track in (ref, dut) for t, _ in track.changes}):
        if _differ(ref.at(time), dut.at(time)):
            yield time
            return


def _differ(want: str, got: str) -> bool:
    """Return whether a bit differs that the reference gives a value."""
    return any(a in "01" and a != b for a, b in zip(want, got, strict=False))


def _sentences(found: Explanation) -> Iterator[str]:
    yield f"{found.signals} signals, {found.end} steps of {found.timescale}."
    if found.clock:
        yield f"Clock {found.clock}: period {found.period}, {found.cycles} cycles."
    if found.reset:
        until = "is never released" if found.reset_end is None else f"ends at {found.reset_end}"
        yield f"Reset {found.reset} {until}."
    if found.mismatch:
        at = f"cycle {found.mismatch.cycle}, " if found.clock else ""
        parts = [f"{n} is {got}, expected {want}" for n, want, got in found.mismatch.signals[:3]]
        yield f"First mismatch at {at}time {found.mismatch.time}: {'; '.join(parts)}."
    if found.unknown:
        name, time, cycle = found.unknown
        at = f" (cycle {cycle})" if found.clock else ""
        yield f"First x after a value: {name} at {time}{at}."
    if found.never_known:
        yield f"Never known: {_list(found.never_known)}."
    if found.still:
        yield f"Never change: {_list(found.still)}."
    if not found.whole:
        yield "The dump is larger than was read."


def _list(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMES} more" if len(names) > NAMES else ""
    return ", ".join(names[:NAMES]) + more
