"""Statistics and areas of a raster within the area of interest."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Literal

import numpy as np
from pyproj import Transformer

from ..errors import ToolError
from ..records import ArtifactRef, ToolResult, Value
from ..spec import Live, ToolArgs, ToolContext, ToolSpec
from .raster import Grid, Pixels, aoi_shape, on_day, read_clip, share_notes
from .written_number import parse_number

Statistic = Literal["mean", "median", "min", "max", "std"]
EQUAL_AREA = "EPSG:6933"
SAMPLES = 33

STATISTICS: dict[Statistic, Callable[[Pixels], Any]] = {
    "mean": np.mean,
    "median": np.median,
    "min": np.min,
    "max": np.max,
    "std": np.std,
}


class ZonalStatsArgs(ToolArgs):
    """Which statistic to take, of the newest raster in the newest area."""

    statistic: Annotated[Statistic, Live("said.statistic")]
    raster: Annotated[str, Live("handle.raster", hidden=True)]
    aoi: Annotated[str, Live("handle.aoi", hidden=True)]


class AreaWhereArgs(ToolArgs):
    """Which pixels to measure: strictly above or below a threshold."""

    comparison: Annotated[Literal["above", "below"], Live("said.side")]
    threshold: Annotated[str, Live("span.number")]
    raster: Annotated[str, Live("handle.raster", hidden=True)]
    aoi: Annotated[str, Live("handle.aoi", hidden=True)]


def zonal_stats(context: ToolContext, args: ZonalStatsArgs) -> ToolResult:
    """Return one statistic of the valid pixels in the AOI; `std` is of the population."""
    payload, pixels, grid = _read(context, args.raster, args.aoi)
    figure = float(STATISTICS[args.statistic](pixels[np.isfinite(pixels)]))
    value = Value(
        name=f"zonal_{args.statistic}",
        value=figure,
        unit=str(payload.get("unit", "")),
        about=f"{args.statistic} {payload['index']} of valid pixels{on_day(payload)}",
    )
    return ToolResult(
        summary=f"value zonal_{args.statistic} {figure:.4g} {payload['index']}"[:80],
        values=(value,),
        notes=share_notes(pixels, grid),
    )


def area_where(context: ToolContext, args: AreaWhereArgs) -> ToolResult:
    """Return the area in hectares where the raster is strictly above or below the threshold."""
    threshold = parse_number(args.threshold, "threshold")
    payload, pixels, grid = _read(context, args.raster, args.aoi)
    # Compared as float32, the raster's own type, so that a pixel of 0.3 is not above 0.3.
    stored, limit = pixels.astype(np.float32), np.float32(threshold)
    chosen = stored > limit if args.comparison == "above" else stored < limit
    hectares = float(pixel_areas_m2(grid)[chosen].sum() / 1e4)
    value = Value(
        name="area_ha",
        value=hectares,
        unit="ha",
        about=f"area with {payload['index']} {args.comparison} {threshold:g}{on_day(payload)}, "
        f"measured on the equal-area CRS {EQUAL_AREA}",
    )
    return ToolResult(
        summary=f"value area_ha {hectares:.6g} ha {payload['index']} {args.comparison} "
        f"{threshold:g}"[:80],
        values=(value,),
        notes=share_notes(pixels, grid),
    )


def _read(context: ToolContext, raster: str, aoi: str) -> tuple[dict[str, Any], Pixels, Grid]:
    payload = context.output(raster, "raster")
    path = context.store.path(ArtifactRef.model_validate(payload["artifact"]))
    pixels, grid = read_clip(path, aoi_shape(context.output(aoi, "aoi")))
    return payload, pixels, grid


def pixel_areas_m2(grid: Grid) -> Pixels:
    """Return the true ground area of every pixel, in square metres.

    Pixel outlines are reprojected to an equal-area CRS on a coarse lattice of pixels and
    interpolated between: the scale of a projection varies smoothly.
    """
    height, width = grid.inside.shape
    rows = np.linspace(0, height - 1, min(height, SAMPLES))
    columns = np.linspace(0, width - 1, min(width, SAMPLES))
    sampled = _cell_areas(grid, rows, columns)
    return _weights(height, rows) @ sampled @ _weights(width, columns).T


def _cell_areas(grid: Grid, rows: Pixels, columns: Pixels) -> Pixels:
    row, column = np.meshgrid(rows, columns, indexing="ij")
    corners = [(0, 0), (1, 0), (1, 1), (0, 1)]
    x = grid.transform.c + grid.transform.a * np.stack([column + right for right, _ in corners])
    y = grid.transform.f + grid.transform.e * np.stack([row + down for _, down in corners])
    east, north = Transformer.from_crs(grid.crs, EQUAL_AREA, always_xy=True).transform(x, y)
    # Relative to one corner: the products of full coordinates would lose the small area.
    east, north = east - east[0], north - north[0]
    twice = east * np.roll(north, -1, axis=0) - np.roll(east, -1, axis=0) * north
    areas = np.abs(twice.sum(axis=0)) / 2
    if not np.isfinite(areas).all():
        raise ToolError(
            f"the raster's CRS {grid.crs.to_string()!r} cannot be measured on {EQUAL_AREA}; "
            "reproject the raster",
            kind="bad_data",
        )
    return areas


def _weights(size: int, nodes: Pixels) -> Pixels:
    at = np.arange(size, dtype=np.float64)
    return np.stack([np.interp(at, nodes, unit) for unit in np.eye(len(nodes))], axis=1)


ZONAL_STATS = ToolSpec(
    name="zonal_stats",
    summary="mean, median, min, max or std of the raster in the area",
    args=ZonalStatsArgs,
    run=zonal_stats,
    produces=frozenset({"value"}),
    consumes=frozenset({"raster", "aoi"}),
    cost="seconds",
)
AREA_WHERE = ToolSpec(
    name="area_where",
    summary="hectares where the raster is above or below a number",
    args=AreaWhereArgs,
    run=area_where,
    produces=frozenset({"value"}),
    consumes=frozenset({"raster", "aoi"}),
    cost="seconds",
)
