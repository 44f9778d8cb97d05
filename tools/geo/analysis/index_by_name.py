"""Any index of the catalogue, of the clearest scene."""

from __future__ import annotations

from typing import Annotated

from ...records import ToolResult
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from ..indices import best_scene
from .index_by_name_words import find_formula, index_spans
from .mosaic import mosaic_result
from .mosaic_scenes import found_scenes

__all__ = ["INDEX_OF", "IndexOfArgs", "index_of", "index_spans"]


class IndexOfArgs(ToolArgs):
    """Which index or band, of the newest scenes in the newest area."""

    index: Annotated[str, Live("span.index")]
    scenes: Annotated[str, Live("handle.scenes", hidden=True)]
    aoi: Annotated[str, Live("handle.aoi", hidden=True)]


def index_of(context: ToolContext, args: IndexOfArgs) -> ToolResult:
    """Compute an index on the least cloudy of the scenes that show most of the area."""
    formula, notes = find_formula(args.index)
    found = found_scenes(context, args.scenes, args.aoi)
    fit = [scene for scene in found.scenes if formula.bands(scene.assets) is not None]
    # Without any scene that fits, the error comes from opening them and names what they can give.
    scene = best_scene(fit or found.scenes, found.area)
    count = len(found.scenes)
    why = "the only one found" if count == 1 else f"chosen of {count} found"
    cloud = f"{scene.cloud_cover:.0f} % cloud" if scene.cloud_known else "cloud cover unknown"
    chosen = f"scene {scene.id}, {cloud}, {why}"
    return mosaic_result(context, found._replace(scenes=(scene,)), formula, (*notes, chosen))


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
