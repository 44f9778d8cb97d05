"""Data for the performance benchmarks: written once, the same every time, kept in a cache folder.

A file's name holds a fingerprint of everything it depends on, so that a file that is there fits.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import platformdirs
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray
from rasterio.windows import Window

from ...tools.geo.geopackage import write_geopackage

VERSION: Final = 1
SEED: Final = 20_260
CRS: Final = "EPSG:32631"
LEFT: Final = 500_000.0
TOP: Final = 5_800_000.0
PIXEL: Final = 10.0
TILE: Final = 512
CLASSES: Final = tuple(f"class {number}" for number in range(12))


def default_folder() -> Path:
    """Return where benchmark data is kept unless the caller says otherwise."""
    return Path(platformdirs.user_cache_dir("terragate")) / "benchmarks"


def cached(folder: Path, name: str, of: dict[str, Any], write: Callable[[Path], None]) -> Path:
    """Return the file of that name and fingerprint, written first if it is not there."""
    text = json.dumps({"version": VERSION, "seed": SEED, **of}, sort_keys=True)
    digest = hashlib.sha256(f"{name} {text}".encode()).hexdigest()[:12]
    stem, suffix = name.rsplit(".", 1)
    path = folder / f"{stem}-{digest}.{suffix}"
    if not path.exists():
        folder.mkdir(parents=True, exist_ok=True)
        part = folder / f"part-{path.name}"
        part.unlink(missing_ok=True)
        write(part)
        part.rename(path)
    return path


def footprints(folder: Path, count: int) -> Path:
    """Return a GeoPackage of dated footprints between 60 S and 70 N, in EPSG:4326."""

    def write(path: Path) -> None:
        rng = np.random.default_rng(SEED)
        lon, lat = rng.uniform(-179, 179, count), rng.uniform(-60, 70, count)
        half = rng.uniform(0.005, 0.05, count)
        days = np.datetime64("2015-01-01") + rng.integers(0, 3650, count)
        frame = gpd.GeoDataFrame(
            {
                "image_id": np.char.add("f", np.arange(count).astype(str)),
                "cat_name": np.array(CLASSES)[rng.integers(0, len(CLASSES), count)],
                "date": pd.to_datetime(days, utc=True).astype("datetime64[ms, UTC]"),
            },
            geometry=shapely.box(lon - half, lat - half, lon + half, lat + half),
            crs="EPSG:4326",
        )
        write_geopackage(path, frame, layer="footprints", description="Synthetic data")

    return cached(folder, "footprints.gpkg", {"count": count}, write)


def index_raster(folder: Path, side: int) -> Path:
    """Return a float32 raster of values in [-0.2, 1] with patches of nodata, compressed tiles."""
    pattern = np.random.default_rng(SEED).normal(0, 0.1, (TILE, TILE))

    def tile(row: int, column: int, shape: tuple[int, int]) -> NDArray[Any]:
        smooth = 0.4 + 0.3 * np.sin(row / 3) * np.cos(column / 4)
        values = np.round(smooth + pattern[: shape[0], : shape[1]], 3).clip(-0.2, 1)
        if (row + column) % 7 == 0:
            values[: shape[0] // 4, : shape[1] // 3] = np.nan
        return values[None].astype("float32")

    def write(path: Path) -> None:
        _write_tiles(path, (1, side), tile, {"dtype": "float32", "nodata": np.nan, "predictor": 3})

    return cached(folder, "index.tif", {"side": side}, write)


def scene(folder: Path, side: int, bands: int, grain: int = 1) -> Path:
    """Return a uint16 scene of reflectances times 10 000, all bands in compressed tiles.

    Squares of `grain` pixels are alike: a large grain makes a large scene a small file.
    """
    few = (TILE // grain, TILE // grain)
    coarse = np.random.default_rng(SEED).integers(0, 64, few, dtype=np.uint16)
    pattern = np.repeat(np.repeat(coarse, grain, axis=0), grain, axis=1)
    base = np.arange(bands, dtype=np.uint16)[:, None, None] * 400 + 800

    def tile(row: int, column: int, shape: tuple[int, int]) -> NDArray[Any]:
        level = np.uint16((row * 37 + column * 11) % 500)
        return base + level + pattern[None, : shape[0], : shape[1]]

    def write(path: Path) -> None:
        _write_tiles(path, (bands, side), tile, {"dtype": "uint16", "nodata": 0, "predictor": 2})

    return cached(folder, "scene.tif", {"side": side, "bands": bands, "grain": grain}, write)


def _write_tiles(
    path: Path,
    size: tuple[int, int],
    tile: Callable[[int, int, tuple[int, int]], NDArray[Any]],
    profile: dict[str, Any],
) -> None:
    bands, side = size
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        count=bands,
        height=side,
        width=side,
        crs=CRS,
        transform=Affine(PIXEL, 0, LEFT, 0, -PIXEL, TOP),
        tiled=True,
        blockxsize=TILE,
        blockysize=TILE,
        compress="deflate",
        zlevel=1,
        BIGTIFF="IF_SAFER",
        NUM_THREADS="ALL_CPUS",
        **profile,
    ) as target:
        for row, column, height, width in _tiles(side):
            window = Window(column * TILE, row * TILE, width, height)  # pyright: ignore[reportCallIssue]
            target.write(tile(row, column, (height, width)), window=window)


def _tiles(side: int) -> Iterator[tuple[int, int, int, int]]:
    for row in range(0, side, TILE):
        for column in range(0, side, TILE):
            yield row // TILE, column // TILE, min(TILE, side - row), min(TILE, side - column)


def polygons(count: int, side: int) -> NDArray[np.object_]:
    """Return star-shaped polygons of 20 to 150 pixels' radius over a raster, some overlapping."""
    rng = np.random.default_rng(SEED + 1)
    most = min(150.0, side / 8)
    radius = rng.uniform(most / 8, most, count) * PIXEL
    reach = side * PIXEL
    # None reaches beyond the raster, where the two libraries differ in more than speed.
    x = LEFT + rng.uniform(radius + PIXEL, reach - radius - PIXEL)
    y = TOP - rng.uniform(radius + PIXEL, reach - radius - PIXEL)
    angle = np.linspace(0, 2 * np.pi, 24, endpoint=False)
    distance = radius[:, None] * rng.uniform(0.5, 1, (count, len(angle)))
    corners = np.stack(
        [x[:, None] + distance * np.cos(angle), y[:, None] + distance * np.sin(angle)], axis=2
    )
    return np.asarray(shapely.polygons(corners), dtype=object)
