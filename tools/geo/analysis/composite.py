"""A cloud-free image of a period: the median of an index over its days."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any, Final

import numpy as np

from ...errors import ToolError
from ...records import ArtifactRef, ToolResult
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from ..covered import covered_notes
from ..raster import bad_data
from .blocks import Pixels, Unit, write_raster
from .grid_work import bounded_cache, unit_of
from .index_by_name_words import find_formula
from .mosaic import constant_notes, file_name, formula_tags, raster_payload
from .mosaic_scenes import (
    Layers,
    by_day,
    counted,
    found_scenes,
    open_layers,
    read_notes,
)
from .stack import Scheduler, computed_blocks, lazy_stack

MAX_COMPOSITE_SCENES: Final = 500


class MedianCompositeArgs(ToolArgs):
    """Which index or band, of all scenes found in the area."""

    index: Annotated[str, Live("span.index")]
    scenes: Annotated[str, Live("handle.scenes", hidden=True)]
    aoi: Annotated[str, Live("handle.aoi", hidden=True)]


def median_composite(
    context: ToolContext, args: MedianCompositeArgs, scheduler: Scheduler = "threads"
) -> ToolResult:
    """Return the median over the days that show each place without cloud, as a raster."""
    formula, notes = find_formula(args.index)
    found = found_scenes(context, args.scenes, args.aoi)
    if len(found.scenes) > MAX_COMPOSITE_SCENES:
        raise ToolError(
            f"{len(found.scenes)} scenes show the area, more than {MAX_COMPOSITE_SCENES}; "
            "name a shorter period",
            kind="too_large",
        )
    with bounded_cache():
        layers = open_layers(context, found, formula)
        share, artifact = write_composite(context, layers, scheduler)
        notes = (*notes, *read_notes(layers))
    days = tuple(by_day(one.scene for one in layers.scenes))
    span = str(days[0]) if len(days) == 1 else f"{days[0]}/{days[-1]}"
    what = f"median of {counted(len(days), 'day')}"
    payload = raster_payload(formula.name, what, span) | {
        "collection": found.collection,
        "crs": layers.grid.crs.to_string(),
        "artifact": artifact.model_dump(),
        "synthetic": found.synthetic,
    }
    return ToolResult(
        summary=f"raster {formula.name} median of {counted(len(days), 'day')} {found.collection}"[
            :80
        ],
        outputs={"raster": payload},
        artifacts=(artifact,),
        notes=(
            f"median of the days that show each place: {counted(len(layers.scenes), 'scene')} "
            f"on {counted(len(days), 'day')}",
            *covered_notes(share),
            *constant_notes(formula),
            *notes,
            *found.notes(),
        ),
    )


def write_composite(
    context: ToolContext, layers: Layers, scheduler: Scheduler
) -> tuple[float, ArtifactRef]:
    """Write the median and return the share of the area that it shows."""
    stack = lazy_stack(layers.scenes, layers.grid)
    median = stack.median(layers.formula)
    valid = 0

    def parts() -> Iterator[tuple[Unit, Pixels]]:
        nonlocal valid
        for block, pixels in computed_blocks(median, stack, scheduler):
            valid += int(np.isfinite(pixels).sum())
            yield unit_of(block), pixels
        if not valid:
            raise bad_data(layers.scenes[0].sources[0].path, "has only nodata or cloud in the area")

    like: Any = layers.grid
    name = file_name(layers.formula.name, "median", layers.scenes[0].scene.id)
    artifact = write_raster(context.store, name, like, parts(), formula_tags(layers))
    return min(valid / max(layers.grid.expected, 1.0), 1.0), artifact


MEDIAN_COMPOSITE = ToolSpec(
    name="median_composite",
    summary="cloud-free median of an index over the period",
    args=MedianCompositeArgs,
    run=median_composite,
    produces=frozenset({"raster"}),
    consumes=frozenset({"scenes", "aoi"}),
    effect="writes",
    cost="minutes",
)
