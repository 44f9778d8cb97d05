"""What surfaces and vector layers answer, computed with geopandas, rasterstats and pyproj alone.

Nothing of the package is imported here. `files` is the folder of the shared files.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path

import geopandas as gpd
import numpy as np
import pyogrio
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyproj import Geod
from rasterstats import zonal_stats

Pixels = NDArray[np.float64]

GEOD = Geod(ellps="WGS84")
BORDER_STEP_DEG = 0.01
MAP_STEP_DEG = 0.0005
WALL_STEP_DEG = 1e-6


def surface(files: Path, name: str) -> tuple[Pixels, Affine, str]:
    """Return heights (NaN is no data), their grid and its CRS."""
    with rasterio.open(files / f"opengeos/{name}.tif") as dataset:
        pixels = dataset.read(1, masked=True).astype(float).filled(np.nan)
        return pixels, dataset.transform, dataset.crs.to_string()


def table(files: Path, name: str) -> gpd.GeoDataFrame:
    return pyogrio.read_dataframe(files / name)


def countries(files: Path) -> gpd.GeoDataFrame:
    return table(files, "naturalearth/naturalearth_lowres.shp")


def cities(files: Path) -> gpd.GeoDataFrame:
    return table(files, "naturalearth/naturalearth_cities.shp")


def buildings(files: Path) -> gpd.GeoDataFrame:
    return table(files, "opengeos/buildings.geojson")


def percentile(files: Path, name: str, percent: float) -> float:
    return float(np.nanpercentile(surface(files, name)[0], percent))


def mean_slope(files: Path) -> float:
    """Return the mean of the ground's slope in degrees by the eight neighbours (Horn 1981)."""
    heights, grid, _ = surface(files, "dtm")
    rows, columns = heights.shape

    def moved(down: int, right: int) -> Pixels:
        return heights[1 + down : rows - 1 + down, 1 + right : columns - 1 + right]

    weights = {-1: 1, 0: 2, 1: 1}
    east = sum(w * (moved(at, 1) - moved(at, -1)) for at, w in weights.items()) / (8 * grid.a)
    south = sum(w * (moved(1, at) - moved(-1, at)) for at, w in weights.items()) / (8 * grid.a)
    slope = np.degrees(np.arctan(np.sqrt(east**2 + south**2)))
    # The middle pixel itself must be known too.
    return float(np.nanmean(slope[np.isfinite(heights[1:-1, 1:-1])]))


@cache
def heights_above_ground(files: Path, statistic: str) -> Pixels:
    """Return a statistic of surface minus ground height for every building, in metres."""
    top, grid, crs = surface(files, "dsm")
    above = top - surface(files, "dtm")[0]
    zones = buildings(files).to_crs(crs)
    found = zonal_stats(zones, above, affine=grid, nodata=np.nan, stats=[statistic])
    return np.array([each[statistic] for each in found], dtype=float)


def steeper_polygon(files: Path) -> float:
    """Return the higher of the two polygons' mean values of the slope raster."""
    folder = files / "rasterstats"
    found = zonal_stats(
        str(folder / "polygons.shp"),
        str(folder / "slope.tif"),
        stats=["mean"],
        # Its reads beyond an edge go through the VRT driver, which is off here; there are none.
        boundless=False,
    )
    return max(each["mean"] for each in found)


def mean_at_buildings(files: Path) -> float:
    """Return the mean surface height at a point inside every building."""
    with rasterio.open(files / "opengeos/dsm.tif") as dataset:
        points = buildings(files).geometry.representative_point().to_crs(dataset.crs)
        pairs = list(zip(points.x, points.y, strict=True))
        return float(np.mean([value[0] for value in dataset.sample(pairs)]))


def countries_within(files: Path, lon: float, lat: float, metres: float) -> int:
    """Return how many countries are that near a point on the ellipsoid."""
    point = shapely.Point(lon, lat)
    near = 0
    for shape in countries(files).geometry:
        if shape.distance(point) > 10:  # degrees: far beyond the distances asked about
            continue
        border = shapely.get_coordinates(shapely.segmentize(shape.boundary, BORDER_STEP_DEG))
        from_lon, from_lat = np.full(len(border), lon), np.full(len(border), lat)
        far = GEOD.inv(from_lon, from_lat, border[:, 0], border[:, 1])[2]
        near += bool(shape.contains(point) or far.min() <= metres)
    return near


def nearest_city_m(files: Path) -> float:
    """Return the smallest distance of a city from the walls of a building."""
    walls = shapely.segmentize(buildings(files).geometry.boundary.to_numpy(), WALL_STEP_DEG)
    corners = shapely.get_coordinates(walls)
    middle = corners.mean(axis=0)
    near = [p for p in cities(files).geometry if abs(p.x - middle[0]) + abs(p.y - middle[1]) < 5]
    return min(
        float(GEOD.inv(np.full(len(corners), p.x), np.full(len(corners), p.y), *corners.T)[2].min())
        for p in near
    )


def country(files: Path, name: str) -> shapely.Geometry:
    frame = countries(files)
    return frame.geometry[frame["name"] == name].iloc[0]


def measured(files: Path, name: str) -> tuple[float, float]:
    """Return a country's area in m² and border in m; edges are straight on a map in degrees.

    Between near points it does not matter that the measure follows geodesics.
    """
    shape = shapely.segmentize(country(files, name), MAP_STEP_DEG)
    area, border = GEOD.geometry_area_perimeter(shape)
    return abs(area), border


def country_km2(files: Path, name: str) -> float:
    return measured(files, name)[0] / 1e6


def border_km(files: Path, name: str) -> float:
    return measured(files, name)[1] / 1e3


def most_cities(files: Path) -> int:
    """Return how many cities lie in the country with most of them."""
    joined = gpd.sjoin(cities(files)[["geometry"]], countries(files)[["name", "geometry"]])
    return int(joined["name"].value_counts().iloc[0])


def people_of_the_largest(files: Path, count: int) -> float:
    return float(np.sort(countries(files)["pop_est"])[-count:].sum())


def buildings_above(files: Path, height: float) -> int:
    return int((buildings(files)["HEIGHT"] > height).sum())


def footprint_m2(files: Path) -> float:
    return float(sum(abs(GEOD.geometry_area_perimeter(s)[0]) for s in buildings(files).geometry))
