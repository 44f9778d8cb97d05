"""An index of the clearest scene: one of the usual ones, or any of the catalogue."""

from __future__ import annotations

from typing import Annotated, get_args

from ...records import ToolResult
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from ..indices import IndexName, best_scene, said_cloud
from .formulas import Formula, catalogue
from .formulas_scene import missing_bands
from .index_by_name_words import find_formula
from .mosaic import mosaic_result
from .mosaic_scenes import Found, found_scenes

USUAL: tuple[str, ...] = get_args(IndexName)


class SpectralIndexArgs(ToolArgs):
    """Which index to compute, on the newest scenes and area."""

    index: IndexName
    scenes: Annotated[str, Live("handle.scenes", hidden=True)]
    aoi: Annotated[str, Live("handle.aoi", hidden=True)]


class IndexOfArgs(ToolArgs):
    """Which index or band, of the newest scenes in the newest area."""

    index: Annotated[str, Live("span.index")]
    scenes: Annotated[str, Live("handle.scenes", hidden=True)]
    aoi: Annotated[str, Live("handle.aoi", hidden=True)]


def spectral_index(context: ToolContext, args: SpectralIndexArgs) -> ToolResult:
    """Compute one of the usual indices on the least cloudy of the scenes that show most."""
    found = found_scenes(context, args.scenes, args.aoi)
    return _of_one_scene(context, found, catalogue().formulas[args.index], (), USUAL)


def index_of(context: ToolContext, args: IndexOfArgs) -> ToolResult:
    """Compute any index or band on the least cloudy of the scenes that show most of the area."""
    formula, notes = find_formula(args.index)
    return _of_one_scene(context, found_scenes(context, args.scenes, args.aoi), formula, notes)


def _of_one_scene(
    context: ToolContext,
    found: Found,
    formula: Formula,
    notes: tuple[str, ...],
    offered: tuple[str, ...] = (),
) -> ToolResult:
    fit = [scene for scene in found.scenes if formula.bands(scene.assets) is not None]
    if not fit:
        raise missing_bands(found.scenes, formula, offered)
    scene, count = best_scene(fit, found.area), len(fit)
    why = "the only one" if count == 1 else f"the clearest of {count}"
    having = "found" if count == len(found.scenes) else "that has the bands"
    chosen = f"scene {scene.id} of {scene.day}, {said_cloud(scene)}, {why} {having}"
    return mosaic_result(context, found._replace(scenes=(scene,)), formula, notes, chosen)


SPECTRAL_INDEX = ToolSpec(
    name="spectral_index",
    summary="compute " + "/".join(USUAL) + " of the clearest scene",
    args=SpectralIndexArgs,
    run=spectral_index,
    produces=frozenset({"raster"}),
    consumes=frozenset({"scenes", "aoi"}),
    effect="writes",
    cost="seconds",
)
INDEX_OF = ToolSpec(
    name="index_of",
    summary="compute any spectral index or band of the clearest scene",
    args=IndexOfArgs,
    run=index_of,
    produces=frozenset({"raster"}),
    consumes=frozenset({"scenes", "aoi"}),
    effect="writes",
    cost="seconds",
)
