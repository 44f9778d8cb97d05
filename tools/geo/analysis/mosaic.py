"""One raster of an index or band from several scenes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated, Any

from ...records import ArtifactRef, ToolResult
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from ..covered import covered_notes
from ..raster import Grid, bad_data
from .blocks import Pixels, Unit, write_raster
from .formulas import Formula
from .grid_work import bounded_cache, map_blocks, unit_of
from .index_by_name_words import find_formula
from .mosaic_scenes import (
    MAX_SCENES,
    Coverage,
    Found,
    Layers,
    Order,
    Patch,
    found_scenes,
    in_order,
    lay_over,
    open_layers,
    read_notes,
)


class MosaicScenesArgs(ToolArgs):
    """Which index or band, and which scene is on top where several show a place.

    `one_day` takes the scenes of the clearest day; `newest` and `clearest` fill each place from the
    newest or the least cloudy scene that shows it without cloud, until all of the area is covered.
    """

    index: Annotated[str, Live("span.index")]
    order: Order
    scenes: Annotated[str, Live("handle.scenes", hidden=True)]
    aoi: Annotated[str, Live("handle.aoi", hidden=True)]


def mosaic_scenes(context: ToolContext, args: MosaicScenesArgs) -> ToolResult:
    """Lay the scenes over each other, in reflectance or index units on their common grid."""
    formula, notes = find_formula(args.index)
    found = found_scenes(context, args.scenes, args.aoi)
    chosen = in_order(found, args.order)
    if len(chosen) > MAX_SCENES:
        notes = (*notes, f"only the first {MAX_SCENES} of {len(chosen)} scenes were considered")
    found = found._replace(scenes=chosen[:MAX_SCENES])
    return mosaic_result(context, found, formula, notes)


def mosaic_result(
    context: ToolContext,
    found: Found,
    formula: Formula,
    notes: tuple[str, ...],
    chosen: str = "",
) -> ToolResult:
    """Write the mosaic of the scenes, the first on top, and return it as a raster.

    `chosen` says which scenes it is of; else the days of those that were used are said.
    """
    with bounded_cache():
        layers = open_layers(context, found, formula)
        coverage, artifact = write_mosaic(context, layers)
        notes = (*notes, *read_notes(layers))
    count = len(coverage.scenes)
    only = next(iter(coverage.scenes.values()))
    payload = raster_payload(
        formula.name, only.id if count == 1 else f"mosaic of {count} scenes", coverage.span
    ) | {
        "collection": found.collection,
        "crs": layers.grid.crs.to_string(),
        "artifact": artifact.model_dump(),
        "synthetic": found.synthetic,
    }
    return ToolResult(
        summary=f"raster {formula.name} {found.collection} {coverage.span}"[:80],
        outputs={"raster": payload},
        artifacts=(artifact,),
        notes=(
            chosen or coverage.said(),
            *covered_notes(coverage.share),
            *constant_notes(formula),
            *notes,
            *found.notes(),
        ),
    )


def raster_payload(title: str, scene: str, span: str) -> dict[str, Any]:
    """Return the part of a raster payload that says what the pixels are; indices have no unit."""
    return {"index": title, "unit": "", "scene": scene, "date": span}


def constant_notes(formula: Formula) -> tuple[str, ...]:
    """Return which constants an index was computed with."""
    if not formula.constants:
        return ()
    said = ", ".join(f"{name} = {number:g}" for name, number in formula.constants.items())
    return (f"{formula.name} = {formula.text} with {said}",)


def write_mosaic(context: ToolContext, layers: Layers) -> tuple[Coverage, ArtifactRef]:
    """Write the mosaic block by block and return what it used."""
    coverage = Coverage(layers.grid.expected)

    def patch(block: Grid) -> Patch:
        return lay_over(layers.scenes, layers.formula, block)

    def parts() -> Iterator[tuple[Unit, Pixels]]:
        for block, made in map_blocks(patch, layers.grid.blocks()):
            coverage.add(made)
            yield unit_of(block), made.pixels
        if not coverage.valid:
            raise bad_data(layers.scenes[0].sources[0].path, "has only nodata or cloud in the area")

    like: Any = layers.grid
    name = file_name(layers.formula.name, layers.scenes[0].scene.id)
    artifact = write_raster(context.store, name, like, parts(), formula_tags(layers))
    return coverage, artifact


def formula_tags(layers: Layers) -> dict[str, str]:
    """Return what a raster file says of itself: its index, the formula and who published it."""
    formula, days = layers.formula, {layer.scene.day for layer in layers.scenes}
    tags = {
        "TIFFTAG_IMAGEDESCRIPTION": formula.name,
        "SOURCE": formula.source,
        "FORMULA": formula.text,
    }
    return tags | ({"DATE": days.pop().isoformat()} if len(days) == 1 else {})


def file_name(*parts: str) -> str:
    """Return a plain file name of at most 68 characters."""
    return re.sub(r"[^A-Za-z0-9_-]+", "_", "_".join(parts).lower())[:64] + ".tif"


MOSAIC_SCENES = ToolSpec(
    name="mosaic_scenes",
    summary="one raster of an index or band from many scenes",
    args=MosaicScenesArgs,
    run=mosaic_scenes,
    produces=frozenset({"raster"}),
    consumes=frozenset({"scenes", "aoi"}),
    effect="writes",
    cost="minutes",
)
