"""Spectral indices of a synthetic scene, computed from its files without the platform's tools."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from pyproj import Geod
from rasterio.mask import mask
from rasterio.warp import transform_geom
from shapely.geometry import mapping, shape
from shapely.geometry.base import BaseGeometry

from .holdings import SCENES
from .task import Index, Statistic

Pixels = NDArray[np.float64]
_SCALE = 1e-4
_COVERAGE_TOLERANCE = 0.01
_EARTH = Geod(ellps="WGS84")
_STATISTICS: dict[Statistic, Callable[[Pixels], Any]] = {
    "mean": np.mean,
    "median": np.median,
    "min": np.min,
    "max": np.max,
    "std": np.std,
}
_PAIRS: dict[Index, tuple[str, str]] = {
    "NDVI": ("nir", "red"),
    "NDWI": ("green", "nir"),
    "MNDWI": ("green", "swir1"),
    "NDBI": ("swir1", "nir"),
    "NBR": ("nir", "swir2"),
    "NDMI": ("nir", "swir1"),
}


class IndexPixels(NamedTuple):
    """The valid pixels of an index in an area, and the true size of one of them in hectares."""

    values: Pixels
    pixel_ha: float


class IndexGrid(NamedTuple):
    """An index on the grid of its scene, masked, and the true size of a pixel in hectares."""

    values: Any
    pixel_ha: float


def best_scene(scenes: gpd.GeoDataFrame, area: BaseGeometry) -> str:
    """Return the least cloudy of the scenes that cover most of an area; ties go to the latest."""
    boxes = np.asarray(scenes.geometry.array, object)
    covered = shapely.area(shapely.intersection(boxes, area)) / area.area
    most = scenes.iloc[np.flatnonzero(covered >= covered.max() - _COVERAGE_TOLERANCE)]
    ranked = most.sort_values(["cloud_cover", "day"], ascending=[True, False])
    return str(ranked["id"].iloc[0])


def index_pixels(root: Path, scene: str, index: Index, area: BaseGeometry) -> IndexPixels:
    """Return an index over the pixels of an area (degrees) that hold data and no cloud."""
    grid = index_grid(root, scene, index, area)
    return IndexPixels(np.asarray(grid.values.compressed(), np.float64), grid.pixel_ha)


def index_grid(root: Path, scene: str, index: Index, area: BaseGeometry) -> IndexGrid:
    """Return an index over an area (degrees), masked where there is no data or cloud."""
    folder = root / SCENES / scene
    dense = shapely.segmentize(area, max(area.bounds[2] - area.bounds[0], 1e-3) / 50)
    with rasterio.open(folder / "reflectance.tif") as source:
        outline = transform_geom("EPSG:4326", source.crs, mapping(dense))
        bands, moved = mask(source, [outline], crop=True, filled=False)
        names = tuple(source.descriptions)
        here = (moved.c + moved.a * bands.shape[2] / 2, moved.f + moved.e * bands.shape[1] / 2)
        pixel_ha = _hectares(source.crs, here, abs(moved.a))
    with rasterio.open(folder / "cloud.tif") as source:
        cloud, _ = mask(source, [outline], crop=True, filled=True, nodata=255)
    band = {name: bands[number] * _SCALE for number, name in enumerate(names)}
    values = np.ma.masked_where(cloud[0] != 0, _formula(index, band))
    return IndexGrid(values, pixel_ha)


def statistic(values: Pixels, name: Statistic) -> float:
    """Return one statistic of pixels; `std` is of the population."""
    return float(_STATISTICS[name](values))


def _formula(index: Index, band: dict[str, Any]) -> Any:
    if index == "SAVI":
        return (band["nir"] - band["red"]) * 1.5 / (band["nir"] + band["red"] + 0.5)
    if index == "EVI":
        below = band["nir"] + 6 * band["red"] - 7.5 * band["blue"] + 1
        return 2.5 * (band["nir"] - band["red"]) / below
    plus, minus = (band[name] for name in _PAIRS[index])
    return (plus - minus) / (plus + minus)


def _hectares(crs: Any, centre: tuple[float, float], side: float) -> float:
    """Return the geodesic area of one square pixel around a point of a projected CRS."""
    half = side / 2
    square = shapely.box(centre[0] - half, centre[1] - half, centre[0] + half, centre[1] + half)
    degrees = shape(transform_geom(crs, "EPSG:4326", mapping(square)))
    return abs(_EARTH.geometry_area_perimeter(degrees)[0]) / 1e4
