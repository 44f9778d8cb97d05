"""A run with features, tables, series and rasters to present."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from terragate.tests.support.tiny_geo import context, record, write_tif
from terragate.tools.geo.vector import write_features
from terragate.tools.records import Record, ToolResult
from terragate.tools.spec import ToolContext


def parcels(values: Sequence[Any], column: str = "area_ha", **columns: Any) -> gpd.GeoDataFrame:
    shapes = [shapely.box(4 + i / 10, 51.9, 4.08 + i / 10, 51.98) for i in range(len(values))]
    return gpd.GeoDataFrame({column: values, **columns}, geometry=shapes, crs="EPSG:4326")


def features(folder: Path, frame: gpd.GeoDataFrame, **payload: Any) -> ToolContext:
    """Return a context whose record `f` holds the frame."""
    run = context(folder)
    base = {"collection": "parcels", "classes": [], "synthetic": True, **payload}
    return context(folder, [record("f", features=write_features(run, frame, base, "x"))])


def raster(run: ToolContext, pixels: np.ndarray, day: str, **changes: Any) -> dict[str, Any]:
    grid = changes.pop("grid", {})
    path = write_tif(
        run.store.root / "in.tif", pixels[None].astype("float32"), nodata=np.nan, **grid
    )
    return {
        "index": "NDVI",
        "unit": "",
        "scene": "s",
        "date": day,
        "collection": "sentinel-2",
        "crs": "EPSG:32631",
        "artifact": run.store.put_file(path, f"{day}.tif", "image/tiff").model_dump(),
        "synthetic": True,
        **changes,
    }


def rasters(folder: Path, *layers: tuple[np.ndarray, str, dict[str, Any]]) -> ToolContext:
    """Return a context with records r1, r2 … of these rasters."""
    run = context(folder)
    run.store.root.mkdir(parents=True)
    made = [
        record(f"r{i}", raster=raster(run, pixels, day, **changes))
        for i, (pixels, day, changes) in enumerate(layers, start=1)
    ]
    return context(folder, made)


def table(folder: Path, text: str | bytes, *extra: Record, **payload: Any) -> ToolContext:
    """Return a context whose record `t` holds a CSV table."""
    run = context(folder)
    raw = text.encode() if isinstance(text, str) else text
    artifact = run.store.put_bytes(raw, "t.csv", "text/csv").model_dump()
    first = text.splitlines()[0] if isinstance(text, str) and text else ""
    stated = {"title": "Histogram of NDVI", "columns": first.split(","), "rows": 0, **payload}
    return context(folder, [record("t", table={**stated, "artifact": artifact}), *extra])


def text(run: ToolContext, result: ToolResult, suffix: str = ".html") -> str:
    return run.store.path(named(result, suffix)).read_bytes().decode()


def picture(run: ToolContext, result: ToolResult) -> np.ndarray:
    from matplotlib.image import imread

    return imread(io.BytesIO(run.store.path(named(result, ".png")).read_bytes()))


def named(result: ToolResult, suffix: str) -> Any:
    return next(ref for ref in result.artifacts if ref.name.endswith(suffix))
