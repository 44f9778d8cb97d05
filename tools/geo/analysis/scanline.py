"""Polygons as runs of pixels: which pixel centres lie in which polygon, by scan lines.

A pixel belongs to a polygon when its centre does, by GDAL's own rule: a centre exactly on an edge
belongs to the polygon west or south of it. All polygons are scanned at once, so that thousands
cost no more Python than one, and each keeps its own runs, so that polygons may overlap.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from .blocks import Unit

Integers = NDArray[np.int64]
Floats = NDArray[np.float64]

KEY_BITS: Final = 63


class Edges(NamedTuple):
    """Polygon edges in pixel coordinates (column, row), the upper end first."""

    zone: Integers
    x0: Floats
    y0: Floats
    x1: Floats
    y1: Floats
    zones: int

    def of(self, zones: Integers) -> Edges:
        """Return the edges of some zones, which keep their numbers."""
        kept = np.isin(self.zone, zones)
        x0, y0, x1, y1 = self.x0[kept], self.y0[kept], self.x1[kept], self.y1[kept]
        return Edges(self.zone[kept], x0, y0, x1, y1, self.zones)


class Runs(NamedTuple):
    """Pixels [start, stop) of a row that lie in a zone, ordered by zone, row and column."""

    zone: Integers
    row: Integers
    start: Integers
    stop: Integers

    @property
    def lengths(self) -> Integers:
        """Return the number of pixels of each run."""
        return self.stop - self.start


def pixel_edges(shapes: NDArray[np.object_] | list[BaseGeometry], grid: Affine) -> Edges:
    """Return the edges of polygons given in a north-up raster's CRS; lines and points have none."""
    parts, owner = _twice_parts(np.asarray(shapes, dtype=object))
    rings, part = shapely.get_rings(parts, return_index=True)
    points, ring = shapely.get_coordinates(rings, return_index=True)
    x, y = (points[:, 0] - grid.c) / grid.a, (points[:, 1] - grid.f) / grid.e
    joined = ring[1:] == ring[:-1]
    x0, y0, x1, y1 = x[:-1][joined], y[:-1][joined], x[1:][joined], y[1:][joined]
    zone = owner[part][ring[:-1][joined]]
    down = y0 <= y1
    x0, x1 = np.where(down, x0, x1), np.where(down, x1, x0)
    y0, y1 = np.minimum(y0, y1), np.maximum(y0, y1)
    kept = y0 < y1
    return Edges(zone[kept].astype(np.int64), x0[kept], y0[kept], x1[kept], y1[kept], len(shapes))


def _twice_parts(shapes: NDArray[np.object_]) -> tuple[NDArray[np.object_], Integers]:
    """Return the simple parts of geometries, those of collections in collections too."""
    parts, owner = shapely.get_parts(shapes, return_index=True)
    parts, inner = shapely.get_parts(parts, return_index=True)
    polygons = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    return parts[polygons], owner[inner][polygons]


def scan(edges: Edges, rows: tuple[int, int], width: int) -> Runs:
    """Return the runs in rows [first, last) of a raster that is `width` pixels wide."""
    first = np.clip(np.ceil(edges.y0 - 0.5), rows[0], rows[1]).astype(np.int64)
    last = np.clip(np.ceil(edges.y1 - 0.5), rows[0], rows[1]).astype(np.int64)
    crossing = np.flatnonzero(last > first)
    crossed = last[crossing] - first[crossing]
    edge = np.repeat(crossing, crossed)
    row = counted(crossed) + first[edge]
    x0, y0 = edges.x0[edge], edges.y0[edge]
    across, down = edges.x1[edge] - x0, edges.y1[edge] - y0
    x = (row + 0.5 - y0) * across / down + x0
    column = np.clip(np.floor(x + 0.5), 0, width).astype(np.int64)
    zone, row, column = _sorted(edges.zone[edge], row - rows[0], column)
    return _non_empty(Runs(zone[0::2], row[0::2] + rows[0], column[0::2], column[1::2]))


def _sorted(zone: Integers, row: Integers, column: Integers) -> tuple[Integers, Integers, Integers]:
    """Return the triples in order."""
    if not len(zone):
        return zone, row, column
    row_bits, column_bits = int(row.max()).bit_length(), int(column.max()).bit_length()
    if int(zone.max()).bit_length() + row_bits + column_bits > KEY_BITS:
        order = np.lexsort((column, row, zone))
        return zone[order], row[order], column[order]
    # One number for three: sorting plain numbers is ten times faster than sorting by three keys.
    key = ((zone << row_bits | row) << column_bits) | column
    key.sort()
    zone_row = key >> column_bits
    return zone_row >> row_bits, zone_row & ((1 << row_bits) - 1), key & ((1 << column_bits) - 1)


def counted(lengths: Integers) -> Integers:
    """Return 0, 1, … up to each length in turn: [2, 3] gives [0, 1, 0, 1, 2]."""
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    return np.arange(total) - np.repeat(ends - lengths, lengths)


def _non_empty(runs: Runs) -> Runs:
    kept = runs.start < runs.stop
    return runs if kept.all() else Runs(*(column[kept] for column in runs))


def runs_within(runs: Runs, unit: Unit) -> Runs:
    """Return the parts of runs that lie in a unit."""
    inside = (runs.row >= unit.row) & (runs.row < unit.row + unit.height)
    zone, row, start, stop = (column[inside] for column in runs)
    right = unit.column + unit.width
    return _non_empty(Runs(zone, row, np.maximum(start, unit.column), np.minimum(stop, right)))


def split_units(runs: Runs, size: tuple[int, int]) -> Iterator[Runs]:
    """Yield the parts of runs in each unit of (height, width) `size`, in the order of `units`."""
    if not len(runs.zone):
        return
    first, last = runs.start // size[1], (runs.stop - 1) // size[1]
    pieces = last - first + 1
    run = np.repeat(np.arange(len(pieces)), pieces)
    stripe = first[run] + counted(pieces)
    unit = runs.row[run] // size[0] * (int(last.max()) + 1) + stripe
    order = np.argsort(unit, kind="stable")
    run, left = run[order], stripe[order] * size[1]
    start, stop = np.maximum(runs.start[run], left), np.minimum(runs.stop[run], left + size[1])
    cut = Runs(runs.zone[run], runs.row[run], start, stop)
    for begin, end in pairwise([*first_of_each(unit[order]).tolist(), len(run)]):
        yield Runs(*(column[begin:end] for column in cut))


def first_of_each(ordered: Integers) -> Integers:
    """Return where each value begins among values that are in order."""
    return np.flatnonzero(np.concatenate([[True], ordered[1:] != ordered[:-1]]))


def flat_index(runs: Runs, unit: Unit, room: Integers | None = None) -> Integers:
    """Return where the runs' pixels lie in the unit's flattened array, in the runs' order.

    No run may be empty. The result lies in `room` when that is given.
    """
    first = (runs.row - unit.row) * unit.width + runs.start - unit.column
    lengths = runs.lengths
    ends = np.cumsum(lengths)
    total = int(ends[-1]) if len(ends) else 0
    index = np.empty(total, dtype=np.int64) if room is None else room[:total]
    # Steps of one within a run, and a jump from the end of each run to the begin of the next.
    index.fill(1)
    index[:1] = first[:1]
    index[ends[:-1]] = first[1:] - first[:-1] - lengths[:-1] + 1
    return np.cumsum(index, out=index)


def inside_mask(runs: Runs, unit: Unit) -> NDArray[np.bool_]:
    """Return which pixels of a unit lie in any zone."""
    mask = np.zeros(unit.height * unit.width, dtype=np.bool_)
    mask[flat_index(runs_within(runs, unit), unit)] = True
    return mask.reshape(unit.height, unit.width)


def count_pixels(edges: Edges, shape: tuple[int, int], rows_at_once: int = 1024) -> Integers:
    """Return how many pixel centres of a (height, width) raster lie in each zone."""
    total = np.zeros(edges.zones, dtype=np.int64)
    for row in range(0, shape[0], rows_at_once):
        runs = scan(edges, (row, min(row + rows_at_once, shape[0])), shape[1])
        np.add.at(total, runs.zone, runs.lengths)
    return total
