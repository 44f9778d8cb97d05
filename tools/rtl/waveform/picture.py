"""A few signals of a waveform as a picture, in the manner of a timing diagram."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any, Final, Literal

from .table import MOST_SIGNALS, short
from .wave import Track, Wave, read_wave

ROW_INCH: Final = 0.42
WIDTH_INCH: Final = 9.0
MOST_CHANGES: Final = 400
MOST_LABELS: Final = 60
LINE: Final = "#1f4e79"
UNKNOWN: Final = "#c0392b"
Format = Literal["svg", "png"]


def picture(
    vcd: bytes | Wave,
    signals: Sequence[str],
    *,
    start: int = 0,
    end: int | None = None,
    kind: Format = "svg",
) -> bytes:
    """Return an SVG or PNG timing diagram of signals between two times; x and z are red."""
    # A second of import, for few callers.
    from matplotlib import rc_context
    from matplotlib.figure import Figure

    wave = vcd if isinstance(vcd, Wave) else read_wave(vcd, signals)
    tracks = [wave.track(name) for name in signals][:MOST_SIGNALS]
    last = wave.end if end is None else end
    figure = Figure(figsize=(WIDTH_INCH, max(1.2, ROW_INCH * (len(tracks) + 1.5))))
    axes: Any = figure.add_subplot()
    for row, track in enumerate(reversed(tracks)):
        _draw(axes, track, row, start, max(last, start + 1))
    axes.set_yticks([row + 0.4 for row in range(len(tracks))], [t.name for t in reversed(tracks)])
    axes.set_xlim(start, max(last, start + 1))
    axes.set_ylim(-0.2, len(tracks))
    axes.set_xlabel(f"time ({wave.timescale})")
    axes.grid(axis="x", alpha=0.3)
    for side in ("top", "right", "left"):
        axes.spines[side].set_visible(False)
    out = io.BytesIO()
    # Neither a date nor random ids, so that the same waveform gives the same bytes.
    with rc_context({"svg.hashsalt": "terragate", "svg.fonttype": "none"}):
        meta = {"Date": None} if kind == "svg" else None
        figure.savefig(out, format=kind, bbox_inches="tight", metadata=meta, dpi=120)
    return out.getvalue()


def _draw(axes: Any, track: Track, row: int, start: int, end: int) -> None:
    spans = _spans(track, start, end)[:MOST_CHANGES]
    labels = len(spans) <= MOST_LABELS
    for begin, stop, value in spans:
        bad = bool(set(value) & {"x", "z"}) or not value
        colour = UNKNOWN if bad else LINE
        if track.width == 1 and not bad:
            level = row + 0.8 * int(value == "1")
            axes.plot([begin, stop], [level, level], color=colour, lw=1.2)
        else:
            axes.fill_between([begin, stop], row, row + 0.8, color=colour, alpha=0.15, lw=0)
            axes.plot([begin, stop], [row, row], color=colour, lw=0.8)
            axes.plot([begin, stop], [row + 0.8, row + 0.8], color=colour, lw=0.8)
            if labels:
                text = short(value, track.width)[:12].replace("$", r"\$")
                axes.text((begin + stop) / 2, row + 0.4, text, ha="center", va="center", size=7,
                          clip_on=True)  # fmt: skip
        if begin > start:
            axes.plot([begin, begin], [row, row + 0.8], color=LINE, lw=0.8)


def _spans(track: Track, start: int, end: int) -> list[tuple[int, int, str]]:
    """Return (from, to, value) over the range; a second value at one time replaces the first."""
    inside = {time: value for time, value in track.changes if start < time < end}
    times = [start, *sorted(inside)]
    values = [track.at(start), *(inside[t] for t in times[1:])]
    return [(a, b, v) for a, b, v in zip(times, [*times[1:], end], values, strict=True)]
