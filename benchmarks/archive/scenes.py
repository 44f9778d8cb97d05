"""Scenes of one place: when they were taken, where their pixels lie, and their two files."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any, TypeVar

import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj import Transformer
from rasterio.transform import Affine, array_bounds
from rasterio.warp import transform_bounds

from .location import PlacePoint
from .reflectance import BANDS, SCALE, take_picture
from .terrain import Terrain

FloatLike = TypeVar("FloatLike", float, NDArray[np.float64])

FIRST_YEAR, LAST_YEAR = 2017, 2025
SYNTHETIC = "Synthetic data made by Terragate: no satellite took it and no place looks like this"


@dataclass(frozen=True)
class PixelGrid:
    """A north-up grid in UTM around a place; `pixel_m` is the side of a pixel in metres."""

    epsg: int
    transform: Affine
    size: int
    pixel_m: float

    @property
    def half_km(self) -> float:
        """Return half the side of the square, in kilometres."""
        return self.size * self.pixel_m / 2000

    def at(self, column: FloatLike, row: FloatLike) -> tuple[FloatLike, FloatLike]:
        """Return easting and northing, in metres, of positions counted in pixels."""
        west, top = self.transform.c, self.transform.f
        return west + column * self.pixel_m, top - row * self.pixel_m

    @property
    def bounds(self) -> tuple[float, float, float, float]:
        """Return (west, south, east, north) in degrees."""
        corners = array_bounds(self.size, self.size, self.transform)
        return transform_bounds(f"EPSG:{self.epsg}", "EPSG:4326", *corners)


@dataclass(frozen=True)
class SceneFiles:
    """What the catalog needs to know of a written scene."""

    id: str
    day: date
    epsg: int
    shape: tuple[int, int]
    transform: tuple[float, ...]
    bbox: tuple[float, float, float, float]
    cloud_cover: float
    nodata_percent: float
    place: str


def utm_grid(place: PlacePoint, size: int, pixel_m: float) -> PixelGrid:
    """Return the grid of a place in its own UTM zone, aligned to whole pixels."""
    epsg = (32600 if place.lat >= 0 else 32700) + int((place.lon + 180) // 6) % 60 + 1
    to_utm = Transformer.from_crs(4326, epsg, always_xy=True)
    east, north = to_utm.transform(place.lon, place.lat)
    half = size * pixel_m / 2
    west = round((east - half) / pixel_m) * pixel_m
    top = round((north + half) / pixel_m) * pixel_m
    return PixelGrid(epsg, Affine(pixel_m, 0, west, 0, -pixel_m, top), size, pixel_m)


def plan_days(rng: np.random.Generator, count: int) -> tuple[date, ...]:
    """Return distinct days from 2017 to 2025, oldest first; nine or more cover every year."""
    every = np.arange(FIRST_YEAR, LAST_YEAR + 1)
    years = [int(y) for _ in range(count // len(every) + 1) for y in rng.permutation(every)]
    days: set[date] = set()
    for year in years[:count]:
        day = date(year, 1, 1) + timedelta(days=int(rng.integers(365)))
        while day in days:
            day += timedelta(days=1)
        days.add(day)
    return tuple(sorted(days))


def write_scene(
    folder: Path, place: PlacePoint, grid: PixelGrid, shot: tuple[Terrain, date], seed: int
) -> SceneFiles:
    """Write one acquisition as a six-band COG and a cloud-mask COG."""
    terrain, day = shot
    picture = take_picture(terrain, day, place.lat, np.random.default_rng([seed, day.toordinal()]))
    scene_id = f"synthetic-{place.slug}-{day:%Y%m%d}"
    target = folder / scene_id
    target.mkdir(parents=True, exist_ok=True)
    tags = {"TIFFTAG_IMAGEDESCRIPTION": SYNTHETIC, "synthetic": "true", "place": place.name}
    tags["TIFFTAG_DATETIME"] = f"{day:%Y:%m:%d} 10:30:00"
    _write_cog(target / "reflectance.tif", picture.bands, grid, 0, (BANDS, tags))
    mask = picture.cloud[None]
    _write_cog(
        target / "cloud.tif", mask, grid, 255, (("cloud: 0 clear, 1 cloud or shadow",), tags)
    )
    return SceneFiles(
        id=scene_id,
        day=day,
        epsg=grid.epsg,
        shape=(grid.size, grid.size),
        transform=tuple(grid.transform)[:6],
        bbox=grid.bounds,
        cloud_cover=picture.cloud_percent,
        nodata_percent=picture.nodata_percent,
        place=place.name,
    )


def _write_cog(
    path: Path,
    bands: np.ndarray[Any, np.dtype[Any]],
    grid: PixelGrid,
    nodata: int,
    labels: tuple[tuple[str, ...], dict[str, str]],
) -> None:
    with rasterio.open(
        path,
        "w",
        driver="COG",
        width=grid.size,
        height=grid.size,
        count=bands.shape[0],
        dtype=bands.dtype,
        crs=f"EPSG:{grid.epsg}",
        transform=grid.transform,
        nodata=nodata,
        compress="DEFLATE",
        predictor="STANDARD",
        blocksize=128,
        overview_resampling="NEAREST",
        num_threads=1,
    ) as raster:
        raster.write(bands)
        raster.descriptions = labels[0]
        raster.update_tags(**labels[1])
        if bands.dtype == np.uint16:
            raster.scales = (1 / SCALE,) * bands.shape[0]
