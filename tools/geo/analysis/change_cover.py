"""What was lost or gained between two dates: pixels that fell below a value, or rose to it.

Loss is every pixel whose earlier value is at or above the threshold and whose later value is below
it; gain is the reverse. Pixels that are not valid on both dates are neither, and are told of. This
is a change of class (vegetated, water, built up), and not a size of change as in `change_area`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final

import numpy as np

from ...errors import RetryableToolError
from ...records import ToolResult, Value
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from ..raster import Grid
from ..zonal import EQUAL_AREA
from .aoi_raster import parse_number
from .blocks import Pixels
from .change import Comparison, area_values, said_values
from .change_pair import Crossing, Pair, Part, Tally, compare, raster_pair
from .grid_work import bounded_cache, map_blocks

COVER_FROM: Final[Mapping[str, tuple[float, str]]] = {
    "NDVI": (0.2, "vegetation; bare soil is below, Sobrino et al. 2004"),
    "NDWI": (0.0, "open water, McFeeters 1996"),
    "MNDWI": (0.0, "open water, Xu 2006"),
    "NDBI": (0.0, "built-up land, Zha et al. 2003"),
    "NDSI": (0.4, "snow, Dozier 1989"),
}
"""The published value from which an index says that its subject is there, and who says so."""


class CoverChangeArgs(ToolArgs):
    """Whether what the index shows was lost or gained, by its published threshold."""

    comparison: Comparison
    raster: Annotated[str, Live("handle.raster", hidden=True)]
    before: Annotated[str, Live("handle.raster.before", hidden=True)]
    aoi: Annotated[str, Live("handle.aoi", hidden=True)]


class LossAreaArgs(ToolArgs):
    """Whether to measure what fell below the threshold, what rose to it, or both."""

    comparison: Comparison
    threshold: Annotated[str, Live("span.number")]
    raster: Annotated[str, Live("handle.raster", hidden=True)]
    before: Annotated[str, Live("handle.raster.before", hidden=True)]
    aoi: Annotated[str, Live("handle.aoi", hidden=True)]


def loss_area(context: ToolContext, args: LossAreaArgs) -> ToolResult:
    """Return the hectares that were at or above a value at first and are below it at last."""
    threshold = parse_number(args.threshold, "threshold")
    pair = raster_pair(context, args.raster, args.before, args.aoi)
    return _crossed(pair, args.comparison, threshold, ())


def cover_change(context: ToolContext, args: CoverChangeArgs) -> ToolResult:
    """Return the hectares of vegetation, water, built-up land or snow lost or gained."""
    pair = raster_pair(context, args.raster, args.before, args.aoi)
    if pair.title not in COVER_FROM:
        known = tuple(COVER_FROM)
        raise RetryableToolError(
            f"{pair.title!r} has no published threshold; give a number, or use {list(known)}",
            kind="bad_argument",
            candidates=known,
        )
    threshold, source = COVER_FROM[pair.title]
    note = f"assumed threshold: {pair.title} of at least {threshold:g} is {source}"
    return _crossed(pair, args.comparison, threshold, (note,))


def _crossed(
    pair: Pair, comparison: Comparison, threshold: float, notes: tuple[str, ...]
) -> ToolResult:
    limit, tally = np.float32(threshold), Tally()

    def crossing(first: Pixels, last: Pixels) -> Crossing:
        was, still = first >= limit, last >= limit
        return Crossing(was & ~still, ~was & still, was)

    def part(block: Grid) -> Part:
        return compare(pair, block, crossing)

    with bounded_cache():
        for _, made in map_blocks(part, pair.grid.blocks()):
            tally.add(made)
    tally.require_data(pair)
    said = f"{pair.title} {{}} across {threshold:g} from {pair.span.replace('/', ' to ')}"
    start = Value(
        name="start_ha",
        value=tally.start_m2 / 1e4,
        unit="ha",
        about=f"area where {pair.title} was at least {threshold:g} on {pair.earlier['date']}, "
        f"of pixels valid on both dates, measured on the equal-area CRS {EQUAL_AREA}",
    )
    values = (*area_values(tally, comparison, said), start)
    return ToolResult(
        summary=f"value {said_values(values[:-1])} ha {pair.title} {threshold:g}"[:80],
        values=values,
        notes=(*notes, *tally.notes(pair)),
    )


LOSS_AREA = ToolSpec(
    name="loss_area",
    summary="hectares that fell below a number between two dates",
    args=LossAreaArgs,
    run=loss_area,
    produces=frozenset({"value"}),
    consumes=frozenset({"raster", "aoi"}),
    cost="seconds",
)
COVER_CHANGE = ToolSpec(
    name="cover_change",
    summary="hectares of vegetation, water, built-up or snow lost or gained",
    args=CoverChangeArgs,
    run=cover_change,
    produces=frozenset({"value"}),
    consumes=frozenset({"raster", "aoi"}),
    cost="seconds",
)
