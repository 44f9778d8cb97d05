"""A few cycles of a waveform as a small table."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Final

from rich.console import Console
from rich.table import Table as RichTable

from ...records import Frozen
from .clocking import clock_of, cycle_at, rising
from .wave import Track, Wave, read_wave

MOST_ROWS: Final = 64
MOST_SIGNALS: Final = 32


class Table(Frozen):
    """Rows of values: with a clock, what registers see at each rising edge; else at each change.

    `cycles` counts rising edges from 1 (rows, without a clock), `times` is in timescale steps.
    """

    clock: str
    signals: tuple[str, ...]
    cycles: tuple[int, ...]
    times: tuple[int, ...]
    rows: tuple[tuple[str, ...], ...]


def window(
    vcd: bytes | Wave, signals: Sequence[str] = (), *, around: int | None = None, cycles: int = 8
) -> Table:
    """Return the values of signals in `cycles` rows up to and just after time `around` (the end).

    Without names the first signals of the dump are shown.
    """
    wave = vcd if isinstance(vcd, Wave) else read_wave(vcd)
    clock = clock_of(wave)
    chosen = [wave.track(n) for n in signals] or _first(wave, clock)
    chosen = chosen[:MOST_SIGNALS]
    edges = rising(clock) if clock else []
    times = edges or sorted({t for s in chosen for t, _ in s.changes})
    at = cycle_at(times, wave.end if around is None else around)
    # An edge shows what was there before it, so what it did is seen at the next one.
    early = 1 if edges else 0
    count = max(1, min(cycles, MOST_ROWS))
    low = max(0, at + early - count)
    shown = times[low : low + count]
    rows = tuple(tuple(short(s.at(t - early), s.width) for s in chosen) for t in shown)
    return Table(
        clock=clock.name if clock else "",
        signals=tuple(s.name for s in chosen),
        cycles=tuple(range(low + 1, low + 1 + len(shown))),
        times=tuple(shown),
        rows=rows,
    )


def _first(wave: Wave, clock: Track | None) -> list[Track]:
    seen: dict[object, Track] = {}
    for track in wave.signals:
        ticks = clock is not None and track.changes == clock.changes
        if not ticks and track.width and track.kind not in ("parameter", "event"):
            seen.setdefault((track.leaf, track.changes), track)
    return list(seen.values())


def short(value: str, width: int) -> str:
    """Return a value as a bit or in hexadecimal; a digit with an unknown bit is x (or z)."""
    if width <= 1 or len(value) != width or set(value) - set("01xz"):
        return value
    value = value.rjust(-(-width // 4) * 4, "0")
    digits = (value[i : i + 4] for i in range(0, len(value), 4))
    return "".join(_digit(d) for d in digits)


def _digit(bits: str) -> str:
    if set(bits) == {"z"}:
        return "z"
    return "x" if set(bits) & {"x", "z"} else f"{int(bits, 2):x}"


def as_text(table: Table, *, width: int = 100) -> str:
    """Return the table as plain text: a row per signal, a column per cycle."""
    drawn = RichTable(box=None, pad_edge=False, show_header=True)
    drawn.add_column("cycle" if table.clock else "time", no_wrap=True)
    for cycle, time in zip(table.cycles, table.times, strict=True):
        drawn.add_column(str(cycle if table.clock else time), justify="right", no_wrap=True)
    for at, name in enumerate(table.signals):
        drawn.add_row(name, *(row[at] for row in table.rows))
    out = io.StringIO()
    Console(file=out, width=width, color_system=None, highlight=False, markup=False).print(drawn)
    return out.getvalue()
