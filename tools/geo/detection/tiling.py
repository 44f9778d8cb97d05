"""Overlapping square chips over a window of a raster, in pixels."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple


class Span(NamedTuple):
    """One chip along one axis: it starts at `start`; [`core_start`, `core_stop`) is its own part.

    The cores of all spans share out the window. A chip shorter than the raster never leaves it.
    """

    start: int
    core_start: int
    core_stop: int


class Chip(NamedTuple):
    """A square of `side` pixels of a raster, and the part of the window that is its own."""

    row: Span
    column: Span
    side: int


def spans(window: tuple[int, int], size: int, side: int, overlap: int) -> tuple[Span, ...]:
    """Return the chips that cover pixels [first, last) of an axis of `size` pixels.

    Every object of at most `overlap` pixels whose centre is in the window lies wholly in the chip
    that owns its centre, unless the raster ends there.
    """
    first, last = window
    if size <= side:
        return (Span(0, first, last),)
    step = side - overlap
    return tuple(
        Span(min(max(core - overlap // 2, 0), size - side), core, min(core + step, last))
        for core in range(first, last, step)
    )


def chips(
    rows: tuple[int, int], columns: tuple[int, int], shape: tuple[int, int], side: int, overlap: int
) -> Iterator[Chip]:
    """Yield the chips over a window of a raster of (height, width) `shape`, row by row."""
    across = spans(columns, shape[1], side, overlap)
    for row in spans(rows, shape[0], side, overlap):
        for column in across:
            yield Chip(row, column, side)
