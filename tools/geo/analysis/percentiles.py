"""A percentile of the raster in the area of interest."""

from __future__ import annotations

import re
from typing import Annotated, Final

from ...errors import RetryableToolError
from ...records import ToolResult, Value
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from ..written_number import parse_number
from .aoi_raster import aoi_raster
from .quantiles import zone_quantiles

_ENDING: Final = re.compile(r"\s*(%|st|nd|rd|th)$", re.IGNORECASE)


class PercentileOfArgs(ToolArgs):
    """Which percentile of the newest raster in the newest area to take."""

    percentile: Annotated[str, Live("span.number")]
    raster: Annotated[str, Live("handle.raster", hidden=True)]
    aoi: Annotated[str, Live("handle.aoi", hidden=True)]


def parse_percent(text: str) -> float:
    """Return the percentile a person wrote, 0 to 100: 90, 90th, 2.5 or 25 %."""
    percent = parse_number(_ENDING.sub("", text), "percentile")
    if not 0 <= percent <= 100:
        raise RetryableToolError(
            f"percentile {text!r} is outside 0 to 100; give a number such as 90",
            kind="bad_argument",
        )
    return percent


def percentile_of(context: ToolContext, args: PercentileOfArgs) -> ToolResult:
    """Return the value below which that many percent of the valid pixels lie.

    Exact, linear between ranks (Hyndman and Fan 1996, type 7).
    """
    percent = parse_percent(args.percentile)
    with aoi_raster(context, args.raster, args.aoi) as area:
        found = zone_quantiles(area.raster, (percent / 100,))
    figure, valid = float(found.figures[0, 0]), int(found.counts[0])
    area.require_data(valid)
    name = f"percentile_{percent:g}".replace(".", "_")
    value = Value(
        name=name, value=figure, unit=area.unit, about=area.said(f"{percent:g}th percentile of")
    )
    return ToolResult(
        summary=f"value {name} {figure:.4g} {area.title}"[:80],
        values=(value,),
        notes=area.notes(valid),
    )


PERCENTILE_OF = ToolSpec(
    name="percentile_of",
    summary="take a percentile of the raster in the area",
    args=PercentileOfArgs,
    run=percentile_of,
    produces=frozenset({"value"}),
    consumes=frozenset({"raster", "aoi"}),
    effect="pure",
    cost="seconds",
)
