"""The change of an index from the beginning to the end of a period.

The beginning is the clearest scene of the 180 days that follow the first scene found, the end that
of the 180 days before the last: half a year holds a clear day almost everywhere, and both ends of a
period of whole years then lie in the same seasons.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from functools import partial
from typing import Annotated, Final

from shapely.geometry.base import BaseGeometry

from ...errors import RetryableToolError
from ...records import ToolResult
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from ..catalog import Scene
from ..indices import IndexName, best_scene, said_cloud
from ..raster import asset_root
from .change import difference
from .change_pair import Pair, Side
from .formulas import Formula, catalogue
from .formulas_scene import SceneBands, missing_bands, read_index, scene_bands
from .grid import common_grid
from .grid_work import bounded_cache
from .index_by_name import USUAL
from .mosaic_scenes import Found, found_scenes

END_WINDOW: Final = timedelta(days=180)


class ChangeOverArgs(ToolArgs):
    """Which index; the newest scenes and area are meant."""

    index: IndexName
    scenes: Annotated[str, Live("handle.scenes", hidden=True)]
    aoi: Annotated[str, Live("handle.aoi", hidden=True)]


def change_over(context: ToolContext, args: ChangeOverArgs) -> ToolResult:
    """Return an index at the end of the period minus the same at its beginning, and its mean."""
    formula = catalogue().formulas[args.index]
    found = found_scenes(context, args.scenes, args.aoi)
    fit = [scene for scene in found.scenes if formula.bands(scene.assets) is not None]
    if not fit:
        raise missing_bands(found.scenes, formula, USUAL)
    first, last = ends_of(fit, found.area)
    said = (
        f"{args.index} of {first.day} ({said_cloud(first)}) is compared with that "
        f"of {last.day} ({said_cloud(last)})"
    )
    with bounded_cache():
        return difference(context, _pair(context, found, formula, (first, last)), said)


def ends_of(scenes: Sequence[Scene], aoi: BaseGeometry) -> tuple[Scene, Scene]:
    """Return the clearest scene of the beginning of a series and that of its end."""
    days = sorted({scene.day for scene in scenes})
    if len(days) < 2:
        raise RetryableToolError(
            f"a change needs scenes of two dates and there are {len(days)}; name a longer period",
            kind="precondition",
        )
    # Two ends of a short period must not share a scene.
    reach = min(END_WINDOW, (days[-1] - days[0] - timedelta(days=1)) / 2)
    first = best_scene([s for s in scenes if s.day <= days[0] + reach], aoi)
    last = best_scene([s for s in scenes if s.day >= days[-1] - reach], aoi)
    return first, last


def _pair(context: ToolContext, found: Found, formula: Formula, ends: tuple[Scene, Scene]) -> Pair:
    opened = scene_bands(asset_root(context.catalog), ends, formula)
    # Of equal pixels those of the later date are kept, as the map of today has them.
    sources = [source for one in reversed(opened) for source in one.sources]
    grid = common_grid(found.area, sources, coarsest=True)
    first, last = (_side(found, formula, one) for one in opened)
    return Pair(formula.name, "", first, last, grid)


def _side(found: Found, formula: Formula, bands: SceneBands) -> Side:
    scene = bands.scene
    return Side(
        scene.id,
        scene.day.isoformat(),
        scene.collection,
        found.synthetic,
        bands.sources[0].path,
        partial(read_index, bands, formula),
    )


CHANGE_OVER = ToolSpec(
    name="change_over",
    summary="change of an index from the beginning to the end of the period",
    args=ChangeOverArgs,
    run=change_over,
    produces=frozenset({"raster", "change", "value"}),
    consumes=frozenset({"scenes", "aoi"}),
    effect="writes",
    cost="seconds",
)
