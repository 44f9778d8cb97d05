"""One quantity on two dates, on one grid, compared block by block."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...errors import RetryableToolError
from ...spec import ToolContext
from ..raster import Grid, Mask, Pixels, RasterFile, aoi_shape, bad_data
from ..zonal import pixel_areas_m2
from .blocks import raster_path
from .grid import CommonGrid, Source, common_grid, open_source
from .grid_read import read_values


class Side(NamedTuple):
    """One date of a pair: `day` is one ISO day, or two with a slash between.

    `read` gives the values on a block, NaN outside the area and where there is no data; `path` is
    the file that errors name.
    """

    scene: str
    day: str
    collection: str
    synthetic: bool
    path: RasterFile
    read: Callable[[Grid], Pixels]


class Pair(NamedTuple):
    """The earlier and the later date of a quantity, and their common grid in the area."""

    title: str
    unit: str
    earlier: Side
    later: Side
    grid: CommonGrid

    @property
    def span(self) -> str:
        """Return the first and the last day, with a slash between."""
        return f"{self.earlier.day.partition('/')[0]}/{self.later.day.rpartition('/')[2]}"

    @property
    def synthetic(self) -> bool:
        """Say whether either date is invented."""
        return self.earlier.synthetic or self.later.synthetic


class Crossing(NamedTuple):
    """Where something was lost, where it was gained, and where it was at first."""

    loss: Mask
    gain: Mask
    start: Mask


Rule = Callable[[NDArray[np.float32], NDArray[np.float32]], Crossing]


class Part(NamedTuple):
    """A block's difference, its valid pixels on each date and on both, and its areas in m²."""

    difference: Pixels
    valid: tuple[int, int, int]
    loss_m2: float
    gain_m2: float
    start_m2: float


@dataclass
class Tally:
    """Sums over the blocks of a pair."""

    valid: tuple[int, int, int] = (0, 0, 0)
    total: float = 0.0
    loss_m2: float = 0.0
    gain_m2: float = 0.0
    start_m2: float = 0.0

    def add(self, part: Part) -> None:
        """Take in a block."""
        first, last, both = self.valid
        self.valid = (first + part.valid[0], last + part.valid[1], both + part.valid[2])
        self.total += float(np.nansum(part.difference))
        self.loss_m2 += part.loss_m2
        self.gain_m2 += part.gain_m2
        self.start_m2 += part.start_m2

    def require_data(self, pair: Pair) -> None:
        """Raise a typed error when no place was seen on both dates."""
        if not self.valid[2]:
            raise bad_data(pair.later.path, "shows no place that the other date shows too")

    def notes(self, pair: Pair) -> tuple[str, ...]:
        """Return how much of the area each date shows, and what both come from."""
        shares = [min(count / max(pair.grid.expected, 1.0), 1.0) for count in self.valid]
        said = (
            f"valid pixels cover {shares[0]:.1%} of the area on {pair.earlier.day}, "
            f"{shares[1]:.1%} on {pair.later.day} and {shares[2]:.1%} on both, "
            "which are compared"
        )
        one, other = pair.earlier.collection, pair.later.collection
        mixed = () if one == other else (f"the dates are of different collections: {one}, {other}",)
        invented = ("at least one date is synthetic data",) if pair.synthetic else ()
        return (said, *mixed, *invented)


def raster_pair(context: ToolContext, raster: str, before: str, aoi: str) -> Pair:
    """Return two rasters in order of their dates, on the coarser grid of the two."""
    first, second = context.output(before, "raster"), context.output(raster, "raster")
    if first["index"] != second["index"]:
        raise RetryableToolError(
            f"{first['index']!r} and {second['index']!r} cannot be compared; "
            "compute the same index for both dates first",
            kind="precondition",
        )
    if _days(first) == _days(second):
        raise RetryableToolError(
            f"both rasters are of {first['date']}; compute the index for another date first",
            kind="precondition",
        )
    earlier, later = sorted((first, second), key=_days)
    sources = [open_source(raster_path(context, one), 1) for one in (earlier, later)]
    grid = common_grid(aoi_shape(context.output(aoi, "aoi")), sources, coarsest=True)
    title, unit = str(later["index"]), str(later.get("unit", ""))
    return Pair(title, unit, _side(earlier, sources[0]), _side(later, sources[1]), grid)


def _side(payload: Mapping[str, Any], source: Source) -> Side:
    def read(block: Grid) -> Pixels:
        pixels = read_values(source, block)
        pixels[~block.inside] = np.nan
        return pixels

    return Side(
        str(payload["scene"]),
        str(payload["date"]),
        str(payload["collection"]),
        bool(payload.get("synthetic")),
        source.path,
        read,
    )


def _days(payload: Mapping[str, Any]) -> tuple[date, date]:
    start, _, end = str(payload["date"]).partition("/")
    try:
        return date.fromisoformat(start), date.fromisoformat(end or start)
    except ValueError as error:
        raise RetryableToolError(
            f"the raster's date {payload['date']!r} is no day or pair of days; "
            "compute the index of a dated scene first",
            kind="precondition",
        ) from error


def compare(pair: Pair, block: Grid, rule: Rule | None) -> Part:
    """Return a block's later minus earlier values, and the areas that a rule finds there.

    Values are rounded to float32, the rasters' own type, before a rule compares them.
    """
    first, last = pair.earlier.read(block), pair.later.read(block)
    difference = last - first
    seen = [int(np.isfinite(pixels).sum()) for pixels in (first, last, difference)]
    valid = (seen[0], seen[1], seen[2])
    if rule is None or not valid[2]:
        return Part(difference, valid, 0.0, 0.0, 0.0)
    areas, both = pixel_areas_m2(block), np.isfinite(difference)
    with np.errstate(invalid="ignore"):
        found = rule(first.astype(np.float32), last.astype(np.float32))
    loss, gain, start = (float(areas[chosen & both].sum()) for chosen in found)
    return Part(difference, valid, loss, gain, start)
