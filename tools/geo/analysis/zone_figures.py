"""Statistics of zones: moments in one pass, and the most frequent value."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from ...errors import ToolError
from .scanline import Floats, Integers
from .zone_engine import Gathered, ZonedRaster, reduce_zones

MAX_DISTINCT: Final = 500_000


@dataclass(frozen=True)
class Moments:
    """Exact statistics of each band and zone, as (band, zone) arrays; NaN where no pixel is valid.

    `squares` is the sum of squared differences from the mean.
    """

    count: Integers
    mean: Floats
    squares: Floats
    least: Floats
    most: Floats

    @property
    def total(self) -> Floats:
        """Return the sums."""
        return self.mean * self.count

    @property
    def std(self) -> Floats:
        """Return the standard deviations of the population."""
        return np.sqrt(self.squares / np.maximum(self.count, 1))


def moments(
    raster: ZonedRaster, *, spread: bool = True, also: Callable[[Gathered], None] | None = None
) -> Moments:
    """Return count, mean, spread, minimum and maximum, merged by Chan, Golub and LeVeque (1983).

    Without `spread` the squares are left at zero. `also` sees every part, in two threads at once.
    """
    shape = (len(raster.bands), raster.edges.zones)
    place = {band: row for row, band in enumerate(raster.bands)}
    count = np.zeros(shape, dtype=np.int64)
    mean, squares = np.zeros(shape), np.zeros(shape)
    least, most = np.full(shape, np.inf), np.full(shape, -np.inf)

    def reduce(gathered: Gathered) -> _PartMoments:
        if also is not None:
            also(gathered)
        return _part_moments(gathered, spread)

    for part in reduce_zones(raster, reduce):
        at = (place[part.band], part.zones)
        both = count[at] + part.count
        delta = part.mean - mean[at]
        squares[at] += part.squares + delta**2 * (count[at] * part.count / both)
        mean[at] += delta * (part.count / both)
        count[at] = both
        least[at] = np.minimum(least[at], part.least)
        most[at] = np.maximum(most[at], part.most)
    nothing = count == 0
    for figures in (mean, squares, least, most):
        figures[nothing] = np.nan
    return Moments(count, mean, squares, least, most)


@dataclass(frozen=True)
class _PartMoments:
    band: int
    zones: Integers
    count: Integers
    mean: Floats
    squares: Floats
    least: Floats
    most: Floats


def _part_moments(part: Gathered, spread: bool) -> _PartMoments:
    count = part.counts
    mean = np.add.reduceat(part.values, part.offsets, dtype=np.float64) / count
    squares = np.zeros(len(mean))
    if spread:
        apart = np.repeat(mean, count)
        np.square(np.subtract(part.values, apart, out=apart), out=apart)
        squares = np.add.reduceat(apart, part.offsets)
    least = np.minimum.reduceat(part.values, part.offsets).astype(np.float64)
    most = np.maximum.reduceat(part.values, part.offsets).astype(np.float64)
    return _PartMoments(part.band, part.zones, count, mean, squares, least, most)


def majority(raster: ZonedRaster) -> Floats:
    """Return the most frequent value of each zone, the smallest of equals; NaN without pixels."""
    found = [np.zeros((3, 0))]
    for part in reduce_zones(raster, _distinct):
        found.append(part)
        if sum(piece.shape[1] for piece in found) > 2 * MAX_DISTINCT:
            found = [_merged(found)]
            if found[0].shape[1] > MAX_DISTINCT:
                raise ToolError(
                    f"raster {raster.path.name!r} has more than {MAX_DISTINCT} different values "
                    "in the zones; a majority is for classes: ask for the median",
                    kind="too_large",
                )
    zone, value, count = _merged(found)
    order = np.lexsort((-value, count, zone))
    result = np.full(raster.edges.zones, np.nan)
    result[zone[order].astype(np.int64)] = value[order]
    return result


def _distinct(part: Gathered) -> NDArray[Any]:
    zone = np.repeat(part.zones, part.counts).astype(np.float64)
    return _merged([np.stack([zone, part.values.astype(np.float64), np.ones(len(zone))])])


def _merged(found: list[NDArray[Any]]) -> NDArray[Any]:
    """Return zone, value and count with equal pairs of zone and value added up."""
    zone, value, count = np.concatenate(found, axis=1)
    order = np.lexsort((value, zone))
    zone, value, count = zone[order], value[order], count[order]
    fresh = np.ones(len(zone), dtype=np.bool_)
    fresh[1:] = (np.diff(zone) != 0) | (np.diff(value) != 0)
    first = np.flatnonzero(fresh)
    sums = np.add.reduceat(count, first) if len(first) else count
    return np.stack([zone[first], value[first], sums])
