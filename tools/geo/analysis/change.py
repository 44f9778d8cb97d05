"""Change of an index between two dates: the later raster minus the earlier one, and its areas."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import numpy as np

from ...records import ArtifactRef, ToolResult, Value
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from ..raster import Grid
from ..zonal import EQUAL_AREA
from .aoi_raster import parse_number
from .blocks import Pixels, Unit, write_raster
from .change_pair import Crossing, Pair, Part, Rule, Tally, compare, raster_pair
from .grid_work import bounded_cache, map_blocks, unit_of
from .mosaic import file_name, raster_payload

Comparison = Literal["loss", "gain", "both"]


class ChangeBetweenArgs(ToolArgs):
    """The newest raster and the one before it, of the same index."""

    raster: Annotated[str, Live("handle.raster", hidden=True)]
    before: Annotated[str, Live("handle.raster.before", hidden=True)]
    aoi: Annotated[str, Live("handle.aoi", hidden=True)]


class ChangeAreaArgs(ToolArgs):
    """Which change to measure, and how large it must be; the sign of the number is ignored."""

    comparison: Comparison
    threshold: Annotated[str, Live("span.number")]
    raster: Annotated[str, Live("handle.raster", hidden=True)]
    before: Annotated[str, Live("handle.raster.before", hidden=True)]
    aoi: Annotated[str, Live("handle.aoi", hidden=True)]


def change_between(context: ToolContext, args: ChangeBetweenArgs) -> ToolResult:
    """Return later minus earlier as a raster, whatever the order of the calls, and its mean."""
    return _difference(context, args, None)


def change_area(context: ToolContext, args: ChangeAreaArgs) -> ToolResult:
    """Return the difference and the hectares where it is beyond the threshold.

    Loss is where the later value is lower by more than the threshold, gain where it is higher by
    more. How high a value was plays no part; `loss_area` measures what fell below a value.
    """
    limit = np.float32(abs(parse_number(args.threshold, "threshold")))

    def beyond(first: Pixels, last: Pixels) -> Crossing:
        difference = (last - first).astype(np.float32)
        return Crossing(difference < -limit, difference > limit, np.zeros_like(first, np.bool_))

    return _difference(context, args, (args.comparison, float(limit), beyond))


def _difference(
    context: ToolContext,
    args: ChangeBetweenArgs | ChangeAreaArgs,
    asked: tuple[Comparison, float, Rule] | None,
) -> ToolResult:
    with bounded_cache():
        pair = raster_pair(context, args.raster, args.before, args.aoi)
        tally, artifact = _write(context, pair, asked[2] if asked else None)
    mean = Value(
        name="mean_change",
        value=tally.total / tally.valid[2],
        unit=str(pair.later.get("unit", "")),
        about=f"mean of {pair.title} on {pair.later['date']} minus {pair.earlier['date']}, "
        "of pixels valid on both",
    )
    values = (mean,)
    if asked:
        said = f"{pair.title} {{}} by more than {asked[1]:g} from {pair.span.replace('/', ' to ')}"
        values = (*area_values(tally, asked[0], said), mean)
    title = f"{pair.title} change"
    payload = raster_payload(title, f"{pair.earlier['scene']} to {pair.later['scene']}", pair.span)
    payload |= {
        "unit": str(pair.later.get("unit", "")),
        "collection": str(pair.later["collection"]),
        "crs": pair.grid.crs.to_string(),
        "artifact": artifact.model_dump(),
        "synthetic": pair.synthetic,
    }
    return ToolResult(
        summary=f"raster {title} {pair.span}, {said_values(values)}"[:80],
        outputs={"raster": payload},
        values=values,
        artifacts=(artifact,),
        notes=tally.notes(pair),
    )


def area_values(tally: Tally, comparison: Comparison, said: str) -> tuple[Value, ...]:
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


def said_values(values: tuple[Value, ...]) -> str:
    """Return the values in a few words."""
    return ", ".join(f"{one.name} {float(one.value):.6g}" for one in values)


def _write(context: ToolContext, pair: Pair, rule: Rule | None) -> tuple[Tally, ArtifactRef]:
    tally = Tally()

    def part(block: Grid) -> Part:
        return compare(pair, block, rule)

    def parts() -> Iterator[tuple[Unit, Pixels]]:
        for block, made in map_blocks(part, pair.grid.blocks()):
            tally.add(made)
            yield unit_of(block), made.difference
        tally.require_data(pair)

    like: Any = pair.grid
    name = file_name(pair.title, "change", pair.span)
    tags = {"DATE": pair.span}
    return tally, write_raster(context.store, name, like, parts(), tags)


CHANGE_BETWEEN = ToolSpec(
    name="change_between",
    summary="difference of the index between two dates and its mean",
    args=ChangeBetweenArgs,
    run=change_between,
    produces=frozenset({"raster", "value"}),
    consumes=frozenset({"raster", "aoi"}),
    effect="writes",
    cost="seconds",
)
CHANGE_AREA = ToolSpec(
    name="change_area",
    summary="hectares where the index fell or rose by more than a number",
    args=ChangeAreaArgs,
    run=change_area,
    produces=frozenset({"raster", "value"}),
    consumes=frozenset({"raster", "aoi"}),
    effect="writes",
    cost="seconds",
)
