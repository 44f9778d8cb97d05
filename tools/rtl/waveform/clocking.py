"""Which signal of a waveform is the clock, which the reset, and where the cycles begin."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final

from ..formal.stimulus import CLOCK_NAME, LOW_NAME, RESET_NAME
from .wave import Track, Wave

FEWEST_EDGES: Final = 4
STEADY: Final = 0.7


def clock_of(wave: Wave) -> Track | None:
    """Return the signal that looks most like a clock: a steady bit, preferably called so."""
    bits = [s for s in wave.signals if s.width == 1 and len(rising(s)) >= FEWEST_EDGES]
    steady = [s for s in bits if _steady(rising(s))]
    named = [s for s in steady if CLOCK_NAME.fullmatch(s.leaf)]
    if named:
        return named[0]
    # Without a name only a bit that never rests is taken for one.
    return max(
        (s for s in steady if _fills(s, wave.end)), key=lambda s: len(s.changes), default=None
    )


def rising(track: Track) -> list[int]:
    """Return the times at which a bit becomes 1 from 0."""
    pairs = zip(track.changes, track.changes[1:], strict=False)
    return [time for (_, old), (time, new) in pairs if new == "1" and old == "0"]


def reset_of(wave: Wave, clock: Track | None) -> tuple[Track, str] | None:
    """Return the reset and the value at which it is active, by its name."""
    for track in wave.signals:
        if track.width == 1 and track is not clock and RESET_NAME.fullmatch(track.leaf):
            return track, "0" if LOW_NAME.fullmatch(track.leaf) else "1"
    return None


def cycle_at(edges: Sequence[int], time: int) -> int:
    """Return how many rising edges there were up to a time, that time included."""
    return sum(1 for edge in edges if edge <= time)


def _steady(edges: Sequence[int]) -> bool:
    gaps = Counter(b - a for a, b in zip(edges, edges[1:], strict=False))
    return bool(gaps) and max(gaps.values()) >= STEADY * sum(gaps.values())


def _fills(track: Track, end: int) -> bool:
    edges = rising(track)
    return edges[-1] - edges[0] >= STEADY * end
