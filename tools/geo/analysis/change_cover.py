"""What was lost or gained between two dates: pixels that fell below a value, or rose to it.

Loss is every pixel whose earlier value is at or above the threshold and whose later value is below
it; gain is the reverse. Pixels that are not valid on both dates are neither, and are told of. This
is a change of class (vegetated, water, built up), and not a size of change as in `changed_area`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal

import numpy as np
from numpy.typing import NDArray

from ...errors import RetryableToolError
from ...records import ToolResult, Value
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from ..raster import Grid
from ..written_number import parse_number
from ..zonal import EQUAL_AREA
from .change_pair import Crossing, Pair, Part, Tally, compare, raster_pair
from .grid_work import bounded_cache, map_blocks

Comparison = Literal["loss", "gain", "both"]

COVER_FROM: Final[Mapping[str, tuple[float, str]]] = {
    "NDVI": (0.2, "vegetation; bare soil is below, Sobrino et al. 2004"),
    "NDWI": (0.0, "open water, McFeeters 1996"),
    "MNDWI": (0.0, "open water, Xu 2006"),
    "NDBI": (0.0, "built-up land, Zha et al. 2003"),
    "NDSI": (0.4, "snow, Hall et al. 1995"),
}
"""The published value from which an index says that its subject is there, and who says so.

Sobrino et al. 2004, Remote Sensing of Environment 90, 434; McFeeters 1996, Xu 2006 and Zha et al.
2003, International Journal of Remote Sensing 17, 1425, 27, 3025 and 24, 583; Hall et al. 1995,
Remote Sensing of Environment 54, 127 (snow on less than 60 % of a pixel may be missed).
"""


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

    def crossing(first: NDArray[np.float32], last: NDArray[np.float32]) -> Crossing:
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
        about=f"area where {pair.title} was at least {threshold:g} on {pair.earlier.day}, "
        f"of pixels valid on both dates, measured on the equal-area CRS {EQUAL_AREA}",
    )
    areas = _area_values(tally, comparison, said)
    values = (*areas, start)
    figures = ", ".join(f"{one.name} {float(one.value):.6g}" for one in areas)
    return ToolResult(
        summary=f"value {figures} ha {pair.title} {threshold:g}"[:80],
        values=values,
        notes=(*notes, *tally.notes(pair)),
    )


def _area_values(tally: Tally, comparison: Comparison, said: str) -> tuple[Value, ...]:
    """Return the asked areas in hectares; `said` has a place for "fell" or "rose"."""
    found = {"loss": ("fell", tally.loss_m2), "gain": ("rose", tally.gain_m2)}
    return tuple(
        Value(
            name=f"{kind}_ha",
            value=square_metres / 1e4,
            unit="ha",
            about=f"area where {said.format(verb)}, measured on the equal-area CRS {EQUAL_AREA}",
        )
        for kind, (verb, square_metres) in found.items()
        if comparison in (kind, "both")
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
