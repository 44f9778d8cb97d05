"""Change and trend of an index, computed from the archive's files without the platform's tools."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

from ...tools.errors import UsageError
from .raster_truth import IndexPixels, best_scene, index_grid, index_pixels
from .task import Index

WINDOW_DAYS = 180
YEAR_DAYS = 365.2425
LEAST_SHARE = 0.5


class OffGridError(UsageError):
    """The first and the last scene are of different pixels: this truth does not resample."""


class Change(NamedTuple):
    """The change of every pixel valid at both ends, one pixel in hectares, and the last scene."""

    values: NDArray[np.float64]
    pixel_ha: float
    last: str


def change_of(root: Path, scenes: gpd.GeoDataFrame, index: Index, area: BaseGeometry) -> Change:
    """Return an index of the clearest scene at the end of a series minus one at its beginning."""
    days = scenes["day"].to_numpy()
    reach = min(WINDOW_DAYS, (days.max() - days.min() - 1) / 2)
    first = best_scene(gpd.GeoDataFrame(scenes[days <= days.min() + reach]), area)
    last = best_scene(gpd.GeoDataFrame(scenes[days >= days.max() - reach]), area)
    before, after = (index_grid(root, scene, index, area) for scene in (first, last))
    if before.values.shape != after.values.shape:
        raise OffGridError(f"scenes {first!r} and {last!r} cover different parts of the area")
    change = np.ma.asarray(after.values - before.values)
    return Change(np.asarray(change.compressed(), np.float64), after.pixel_ha, last)


def slope_per_year(
    root: Path, scenes: gpd.GeoDataFrame, index: Index, area: BaseGeometry, area_ha: float
) -> float:
    """Return the median of all pairwise slopes (Sen 1968) of the median index of each date."""
    points: list[tuple[float, float]] = []
    for scene, day in zip(scenes["id"], scenes["day"], strict=True):
        pixels: IndexPixels = index_pixels(root, str(scene), index, area)
        if len(pixels.values) * pixels.pixel_ha >= LEAST_SHARE * area_ha:
            points.append((float(day) / YEAR_DAYS, float(np.median(pixels.values))))
    slopes = [(b[1] - a[1]) / (b[0] - a[0]) for a, b in combinations(points, 2) if a[0] != b[0]]
    return float(np.median(slopes))
