"""An archive of one place whose every number can be worked out by hand."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import geopandas as gpd
import numpy as np
import rasterio
from affine import Affine
from pyproj import Transformer
from shapely.geometry import Point, box
from terragate.benchmarks.geo.meaning import city

PIXEL_M, SIZE = 360, 64
UTM = "EPSG:32631"
BANDS = ("blue", "green", "red", "nir", "swir1", "swir2")
TOWN = city("Rotterdam", "NL")
EAST, NORTH = Transformer.from_crs("EPSG:4326", UTM, always_xy=True).transform(TOWN.lon, TOWN.lat)
WEST, TOP = EAST - SIZE // 2 * PIXEL_M, NORTH + SIZE // 2 * PIXEL_M

# Reflectance x 10 000: NDVI is 0.5 in the west and 0.1 in the east.
WESTERN = {"blue": 300, "green": 500, "red": 1000, "nir": 3000, "swir1": 2000, "swir2": 1000}
EASTERN = {"blue": 300, "green": 500, "red": 1800, "nir": 2200, "swir1": 2000, "swir2": 1000}
SCENES = (("clear-20200610", date(2020, 6, 10), 0.0), ("hazy-20200615", date(2020, 6, 15), 40.0))


def lonlat(east_m: float, north_m: float) -> tuple[float, float]:
    """Return degrees of a point given in metres from the town's centre."""
    back = Transformer.from_crs(UTM, "EPSG:4326", always_xy=True)
    return back.transform(EAST + east_m, NORTH + north_m)


def write_known_archive(root: Path) -> Path:
    _write_scenes(root / "sentinel-2")
    in_town, near, far = (0, 0), (12_000, 0), (60_000, 0)
    ship, barge = "Maritime Vessel", "Barge"
    xview = [(ship, "2020-06-01", in_town), (ship, "2020-07-01", in_town)]
    xview += [(barge, "2020-06-30", in_town), (ship, "2020-06-02", near), (ship, "2020-06-02", far)]
    _write_table(root / "xview1" / "xview1_labels.gpkg", xview)
    _write_table(root / "fair1m" / "fair1m_labels.gpkg", [("Bridge", "2021-01-01", in_town)])
    _write_table(root / "bigearthnet" / "ben_lcc.gpkg", [("Vineyards", "2021-01-01", in_town)])
    return root


def _write_table(path: Path, rows: list[tuple[str, str, tuple[int, int]]]) -> None:
    path.parent.mkdir(parents=True)
    frame = gpd.GeoDataFrame(
        {"cat_name": [r[0] for r in rows]},
        geometry=[Point(*lonlat(*r[2])).buffer(1e-5) for r in rows],
        crs="EPSG:4326",
    )
    frame["date"] = gpd.pd.to_datetime([r[1] for r in rows], utc=True)
    frame.to_file(path, layer=path.stem)


def _write_scenes(folder: Path) -> None:
    west, south = lonlat(-SIZE / 2 * PIXEL_M, -SIZE / 2 * PIXEL_M)
    east, north = lonlat(SIZE / 2 * PIXEL_M, SIZE / 2 * PIXEL_M)
    folder.mkdir(parents=True)
    index = gpd.GeoDataFrame(
        {
            "id": [name for name, _, _ in SCENES],
            "date": [day.isoformat() for _, day, _ in SCENES],
            "cloud_cover": [cloud for _, _, cloud in SCENES],
        },
        geometry=[box(west, south, east, north)] * len(SCENES),
        crs="EPSG:4326",
    )
    index.to_file(folder / "index.gpkg", layer="items")
    pixels = np.empty((len(BANDS), SIZE, SIZE), np.uint16)
    for number, band in enumerate(BANDS):
        pixels[number, :, : SIZE // 2] = WESTERN[band]
        pixels[number, :, SIZE // 2 :] = EASTERN[band]
    for name, _, cloud in SCENES:
        mask = np.zeros((1, SIZE, SIZE), np.uint8)
        # A cloud over the western half would leave nothing but the eastern value.
        mask[:, :, : SIZE // 2] = cloud > 0
        _write(folder / name / "reflectance.tif", pixels, BANDS, 0)
        _write(folder / name / "cloud.tif", mask, ("cloud",), 255)


def _write(path: Path, pixels: np.ndarray, names: tuple[str, ...], nodata: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        width=SIZE,
        height=SIZE,
        count=len(pixels),
        dtype=pixels.dtype,
        crs=UTM,
        transform=Affine(PIXEL_M, 0, WEST, 0, -PIXEL_M, TOP),
        nodata=nodata,
    ) as target:
        target.write(pixels)
        target.descriptions = names
