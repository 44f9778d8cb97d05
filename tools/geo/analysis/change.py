"""Change between two dates: the later values minus the earlier ones, and the area that changed."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Literal

import numpy as np
from numpy.typing import NDArray

from ...records import ArtifactRef, ToolResult, Value
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from ..raster import Grid, Pixels
from ..written_number import parse_number
from ..zonal import EQUAL_AREA
from .aoi_raster import aoi_raster
from .blocks import Unit, write_raster
from .change_pair import Pair, Part, Tally, compare, raster_pair
from .grid_work import bounded_cache, map_blocks, unit_of
from .mosaic import file_name
from .threshold import marked


class ChangeBetweenArgs(ToolArgs):
    """The newest raster and the one before it, of the same index."""

    raster: Annotated[str, Live("handle.raster", hidden=True)]
    before: Annotated[str, Live("handle.raster.before", hidden=True)]
    aoi: Annotated[str, Live("handle.aoi", hidden=True)]


class ChangedAreaArgs(ToolArgs):
    """Which side of the newest change to measure: pixels that lost or gained more than a number."""

    direction: Literal["loss", "gain"]
    threshold: Annotated[str, Live("span.number")]
    raster: Annotated[str, Live("handle.change", hidden=True)]
    aoi: Annotated[str, Live("handle.aoi", hidden=True)]


def change_between(context: ToolContext, args: ChangeBetweenArgs) -> ToolResult:
    """Return later minus earlier as a raster, whatever the order of the calls, and its mean."""
    with bounded_cache():
        return difference(context, raster_pair(context, args.raster, args.before, args.aoi))


def difference(context: ToolContext, pair: Pair, *notes: str) -> ToolResult:
    """Return the later values of a pair minus the earlier ones as a raster, and their mean."""
    tally, artifact = _write(context, pair)
    title = f"{pair.title} change"
    payload: dict[str, Any] = {
        "index": title,
        "unit": pair.unit,
        "scene": pair.later.scene,
        "scenes": [pair.earlier.scene, pair.later.scene],
        "date": pair.span,
        "collection": pair.later.collection,
        "crs": pair.grid.crs.to_string(),
        "artifact": artifact.model_dump(),
        "synthetic": pair.synthetic,
    }
    mean = tally.total / tally.valid[2]
    about = f"mean {title} of pixels valid at both dates, {pair.later.day} minus {pair.earlier.day}"
    return ToolResult(
        summary=f"change {pair.title} {mean:.4g} {pair.span}"[:80],
        outputs={"raster": payload, "change": payload},
        values=(Value(name="mean_change", value=mean, unit=pair.unit, about=about),),
        artifacts=(artifact,),
        notes=(*notes, *tally.notes(pair)),
    )


def _write(context: ToolContext, pair: Pair) -> tuple[Tally, ArtifactRef]:
    tally = Tally()

    def part(block: Grid) -> Part:
        return compare(pair, block, None)

    def parts() -> Iterator[tuple[Unit, Pixels]]:
        for block, made in map_blocks(part, pair.grid.blocks()):
            tally.add(made)
            yield unit_of(block), made.difference
        tally.require_data(pair)

    like: Any = pair.grid
    name = file_name(pair.title, "change", pair.span)
    tags = {"TIFFTAG_IMAGEDESCRIPTION": f"{pair.title} change", "DATE": pair.span}
    return tally, write_raster(context.store, name, like, parts(), tags)


def changed_area(context: ToolContext, args: ChangedAreaArgs) -> ToolResult:
    """Return the hectares that lost, or gained, more than a number; its sign is ignored.

    How high a value was plays no part; `loss_area` measures what fell below a value.
    """
    limit = abs(parse_number(args.threshold, "threshold"))
    payload = context.output(args.raster, "change")

    def beyond(pixels: NDArray[np.float32]) -> NDArray[np.bool_]:
        # As float32, the raster's own type, so that a loss of 0.2 is not more than 0.2.
        bound = np.float32(limit)
        return pixels < -bound if args.direction == "loss" else pixels > bound

    with aoi_raster(context, args.raster, args.aoi) as area:
        parts = list(marked(area, beyond))
        valid = sum(part.valid for part in parts)
        area.require_data(valid)
        notes = area.notes(valid)
    hectares = sum(part.chosen_m2 for part in parts) / 1e4
    name = f"{args.direction}_ha"
    about = (
        f"area with {payload['index']} of more than {limit:g} ({args.direction}), "
        f"{payload['date'].replace('/', ' to ')}, measured on the equal-area CRS {EQUAL_AREA}"
    )
    return ToolResult(
        summary=f"value {name} {hectares:.6g} ha"[:80],
        values=(Value(name=name, value=hectares, unit="ha", about=about),),
        notes=notes,
    )


CHANGE_BETWEEN = ToolSpec(
    name="change_between",
    summary="difference of the index between two dates and its mean",
    args=ChangeBetweenArgs,
    run=change_between,
    produces=frozenset({"raster", "change", "value"}),
    consumes=frozenset({"raster", "aoi"}),
    effect="writes",
    cost="seconds",
)
CHANGED_AREA = ToolSpec(
    name="changed_area",
    summary="hectares that lost or gained more than a number",
    args=ChangedAreaArgs,
    run=changed_area,
    produces=frozenset({"value"}),
    consumes=frozenset({"change", "aoi"}),
    cost="seconds",
)
