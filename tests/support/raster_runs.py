"""Contexts that hold rasters, areas and features as records, and zonal statistics by hand."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import shapely
from affine import Affine
from terragate.tests.support.tiny_geo import aoi_payload, context, record, write_tif
from terragate.tools.artifacts import ArtifactStore
from terragate.tools.records import Record
from terragate.tools.spec import ToolContext

UTM_GRID = Affine(10.0, 0, 590_000.0, 0, -10.0, 5_760_000.0)
ALL = ("mean", "median", "min", "max", "std", "sum", "count")
NUMPY = {name: getattr(np, name) for name in ALL if name != "count"} | {"count": len}


def raster_record(
    folder: Path, name: str, pixels: np.ndarray, payload: Mapping[str, Any] = {}, **profile: Any
) -> Record:
    """Write pixels (row, column) as a float32 raster and return a record that holds it."""
    stored = pixels[None].astype("float32")
    path = write_tif(folder / f"{name}.tif", stored, nodata=np.nan, **profile)
    artifact = ArtifactStore(folder / "run").put_file(path, f"{name}.tif", "image/tiff")
    raster = {
        "index": "NDVI",
        "unit": "",
        "scene": "s",
        "date": "2024-06-01",
        "collection": "sentinel-2",
        "crs": "EPSG:32631",
        "artifact": artifact.model_dump(),
        "synthetic": True,
    }
    return record(name, raster=raster | dict(payload))


def features_record(folder: Path, name: str, frame: gpd.GeoDataFrame) -> Record:
    """Write features and return a record that holds them."""
    path = folder / f"{name}.gpkg"
    frame.to_file(path, layer="features", driver="GPKG")
    artifact = ArtifactStore(folder / "run").put_file(path, f"{name}.gpkg", "application/x-gpkg")
    payload = {
        "collection": "parcels",
        "classes": [],
        "count": len(frame),
        "artifact": artifact.model_dump(),
        "synthetic": True,
    }
    return record(name, features=payload)


def aoi_record(name: str, shape: shapely.Geometry) -> Record:
    return record(name, aoi=aoi_payload(shape))


def run_of(folder: Path, *records: Record) -> ToolContext:
    return context(folder, records)


def centres(shape: tuple[int, int], grid: Affine) -> Any:
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]]
    return shapely.points(grid.c + grid.a * (columns + 0.5), grid.f + grid.e * (rows + 0.5))


def by_hand(pixels: np.ndarray, grid: Affine, shapes: Any, name: str) -> np.ndarray:
    """Return a statistic of each shape from the pixel centres that shapely says it contains."""
    points, values = centres(pixels.shape, grid), []
    for shape in shapes:
        own = pixels[shapely.contains(shape, points)].astype(float)
        own = own[np.isfinite(own)]
        values.append(NUMPY[name](own) if len(own) or name == "count" else np.nan)
    return np.array(values, dtype=float)


def stars(rng: np.random.Generator, count: int, size: tuple[int, int], grid: Affine) -> Any:
    """Return irregular polygons over and around a raster, many of them overlapping."""
    shapes = []
    for _ in range(count):
        column, row = rng.uniform(-0.1, 1.1, 2) * (size[1], size[0])
        angle = np.sort(rng.uniform(0, 2 * np.pi, 9))
        radius = rng.uniform(1, min(size) / 3) * rng.uniform(0.2, 1, 9)
        x = grid.c + grid.a * (column + radius * np.cos(angle))
        y = grid.f + grid.e * (row + radius * np.sin(angle))
        shapes.append(shapely.make_valid(shapely.Polygon(np.column_stack([x, y]))))
    return np.array(shapes, dtype=object)


def holed(rng: np.random.Generator, shape: tuple[int, int]) -> np.ndarray:
    pixels = rng.normal(size=shape).astype("float32")
    pixels[rng.random(shape) < 0.1] = np.nan
    return pixels
