"""The change of an index from the beginning to the end of a period, and the area that changed.

The beginning is the clearest scene of the 180 days that follow the first scene found, the end that
of the 180 days before the last: half a year holds a clear day almost everywhere, and both ends of a
period of whole years then lie in the same seasons.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any, Final, Literal

import numpy as np
import shapely
from rasterio.warp import Resampling, reproject
from shapely.geometry.base import BaseGeometry

from ..errors import RetryableToolError
from ..records import ArtifactRef, ToolResult, Value
from ..spec import Live, ToolArgs, ToolContext, ToolSpec
from .catalog import Scene
from .indices import (
    INDICES,
    IndexName,
    Labels,
    best_scene,
    compute_index,
    said_cloud,
    write_raster,
)
from .raster import Grid, Pixels, aoi_shape, asset_root, read_clip, require_data, share_notes
from .zonal import EQUAL_AREA, parse_number, pixel_areas_m2

END_WINDOW: Final = timedelta(days=180)


class ChangeOverArgs(ToolArgs):
    """Which index; the newest scenes and area are meant."""

    index: IndexName
    scenes: Annotated[str, Live("handle.scenes", hidden=True)]
    aoi: Annotated[str, Live("handle.aoi", hidden=True)]


class ChangedAreaArgs(ToolArgs):
    """Which side of the newest change to measure: pixels that lost or gained more than a number."""

    direction: Literal["loss", "gain"]
    threshold: Annotated[str, Live("span.number")]
    raster: Annotated[str, Live("handle.change", hidden=True)]
    aoi: Annotated[str, Live("handle.aoi", hidden=True)]


def change_over(context: ToolContext, args: ChangeOverArgs) -> ToolResult:
    """Return an index at the end of the period minus the same at its beginning, and its mean."""
    found = context.output(args.scenes, "scenes")
    shape = aoi_shape(context.output(args.aoi, "aoi"))
    first, last = ends_of([Scene.model_validate(item) for item in found["items"]], shape)
    before, own = compute_index(asset_root(context.catalog), first, args.index, shape)
    after, grid = compute_index(asset_root(context.catalog), last, args.index, shape)
    if (own.crs, own.transform, before.shape) != (grid.crs, grid.transform, after.shape):
        before = _on_grid(before, own, grid)
    change = after - before
    require_data(Path(last.id), change)
    dates = f"{first.day}/{last.day}"
    title = f"{args.index} change"
    labels = Labels(title, f"{first.id}_{last.id}", dates, INDICES[args.index].source)
    artifact = write_raster(context.store, change.astype(np.float32), grid, labels)
    payload: dict[str, Any] = {
        "index": title,
        "scene": last.id,
        "scenes": [first.id, last.id],
        "date": dates,
        "collection": last.collection,
        "crs": grid.crs.to_string(),
        "artifact": artifact.model_dump(),
        "synthetic": bool(found["synthetic"]),
    }
    mean = float(np.nanmean(change))
    about = f"mean {title} of pixels valid at both dates, {last.day} minus {first.day}"
    return ToolResult(
        summary=f"change {args.index} {mean:.4g} {dates}"[:80],
        outputs={"raster": payload, "change": payload},
        values=(Value(name="mean_change", value=mean, unit="", about=about),),
        artifacts=(artifact,),
        notes=(
            f"{args.index} of {first.day} ({said_cloud(first)}) is compared with that "
            f"of {last.day} ({said_cloud(last)})",
            *share_notes(change, grid),
        ),
    )


def ends_of(scenes: Sequence[Scene], aoi: BaseGeometry) -> tuple[Scene, Scene]:
    """Return the clearest scene of the beginning of a series and that of its end."""
    near = [scene for scene in scenes if shapely.box(*scene.bbox).intersects(aoi)]
    days = sorted({scene.day for scene in near})
    if len(days) < 2:
        raise RetryableToolError(
            f"a change needs scenes of two dates and there are {len(days)}; name a longer period",
            kind="precondition",
        )
    # Two ends of a short period must not share a scene.
    reach = min(END_WINDOW, (days[-1] - days[0] - timedelta(days=1)) / 2)
    first = best_scene([s for s in near if s.day <= days[0] + reach], aoi)
    last = best_scene([s for s in near if s.day >= days[-1] - reach], aoi)
    return first, last


def _on_grid(pixels: Pixels, own: Grid, grid: Grid) -> Pixels:
    """Return pixels of one grid resampled bilinearly to another."""
    moved = np.full(grid.inside.shape, np.nan)
    reproject(
        pixels,
        moved,
        src_transform=own.transform,
        src_crs=own.crs,
        src_nodata=np.nan,
        dst_transform=grid.transform,
        dst_crs=grid.crs,
        dst_nodata=np.nan,
        resampling=Resampling.bilinear,
    )
    return moved


def changed_area(context: ToolContext, args: ChangedAreaArgs) -> ToolResult:
    """Return the hectares that lost, or gained, more than a number."""
    limit = abs(parse_number(args.threshold))
    payload = context.output(args.raster, "change")
    path = context.store.path(ArtifactRef.model_validate(payload["artifact"]))
    pixels, grid = read_clip(path, aoi_shape(context.output(args.aoi, "aoi")))
    stored, bound = pixels.astype(np.float32), np.float32(limit)
    chosen = stored < -bound if args.direction == "loss" else stored > bound
    hectares = float(pixel_areas_m2(grid)[chosen].sum() / 1e4)
    name = f"{args.direction}_ha"
    about = (
        f"area with {payload['index']} of more than {limit:g} ({args.direction}), "
        f"{payload['date'].replace('/', ' to ')}, measured on the equal-area CRS {EQUAL_AREA}"
    )
    return ToolResult(
        summary=f"value {name} {hectares:.6g} ha"[:80],
        values=(Value(name=name, value=hectares, unit="ha", about=about),),
        notes=share_notes(pixels, grid),
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
CHANGED_AREA = ToolSpec(
    name="changed_area",
    summary="hectares that lost or gained more than a number",
    args=ChangedAreaArgs,
    run=changed_area,
    produces=frozenset({"value"}),
    consumes=frozenset({"change", "aoi"}),
    cost="seconds",
)
