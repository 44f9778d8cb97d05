"""What the catalog must know of a GeoTIFF: where it lies, its bands, its date, whether it reads."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

import numpy as np
from pyproj.exceptions import ProjError
from rasterio.enums import ColorInterp
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.warp import transform_bounds
from rasterio.windows import Window

from ...records import Frozen
from ..raster import bad_data, open_geotiff
from .file_names import band_name, sensor_in_name
from .opening import check_tiff_header

PROBE_SIDE: Final = 1024
PROBE_PIXELS: Final = 2_000_000
MAX_BANDS: Final = 1000
_ACQUIRED: Final = (
    "ACQUISITIONDATETIME",
    "ACQUISITION_DATETIME",
    "ACQUISITION_DATE",
    "ACQUISITIONDATE",
    "DATE_ACQUIRED",
    "SENSING_TIME",
    "PRODUCT_START_TIME",
)
_DAY: Final = re.compile(r"(\d{4})[-:/]?(\d\d)[-:/]?(\d\d)(?!\d)")
_COLOURS: Final = {
    ColorInterp.red: "red",
    ColorInterp.green: "green",
    ColorInterp.blue: "blue",
}
_UTM: Final = re.compile(r"EPSG:32[67]\d\d")
_UNIT: Final = re.compile(r"[A-Za-z0-9%/.*^()\[\]_-]{1,20}")


class RasterFacts(Frozen):
    """One raster: `bbox` in degrees, `resolution` in units of its CRS, "" for an unnamed band.

    `acquired` is from an acquisition tag, `written` from TIFFTAG_DATETIME, which by the TIFF 6.0
    specification is when the image was made, and so is trusted less than a file name.
    """

    crs: str
    family: str
    bbox: tuple[float, float, float, float]
    width: int
    height: int
    resolution: float
    dtype: str
    bands: tuple[str, ...]
    unit: str
    palette: bool
    acquired: date | None
    written: date | None


def read_facts(path: Path) -> RasterFacts:
    """Return the facts of a GeoTIFF; one that cannot be used is a typed error."""
    check_tiff_header(path)
    with open_geotiff(path) as dataset:
        if dataset.count > MAX_BANDS:
            raise bad_data(path, f"has more than {MAX_BANDS} bands")
        _probe(path, dataset)
        tags = {**dataset.tags(), **dataset.tags(ns="IMAGERY")}
        crs = dataset.crs.to_string()
        return RasterFacts(
            crs=crs,
            family="UTM" if _UTM.fullmatch(crs) else crs,
            bbox=_bbox(path, dataset),
            width=dataset.width,
            height=dataset.height,
            resolution=float(f"{dataset.transform.a:.3g}"),
            dtype=str(dataset.dtypes[0]),
            bands=_bands(path, dataset),
            unit=_unit(dataset),
            palette=dataset.colorinterp[0] == ColorInterp.palette,
            acquired=next(filter(None, (_day(tags, name) for name in _ACQUIRED)), None),
            written=_day(tags, "TIFFTAG_DATETIME"),
        )


def _bbox(path: Path, dataset: DatasetReader) -> tuple[float, float, float, float]:
    try:
        box = transform_bounds(dataset.crs, "EPSG:4326", *dataset.bounds)
    except (ProjError, RasterioError) as error:
        raise bad_data(path, f"has an unusable CRS ({error})") from error
    if not all(map(math.isfinite, box)):
        raise bad_data(path, "lies outside the area of its CRS")
    west, south, east, north = box
    return west, south, east, north


def _probe(path: Path, dataset: DatasetReader) -> None:
    """Read a band, or the middle of a large one, as a header alone proves nothing.

    A raster that is read entirely and has no valid pixel in any band is refused.
    """
    width, height = dataset.width, dataset.height
    whole = width * height <= PROBE_PIXELS
    if not whole:
        width, height = min(width, PROBE_SIDE), min(height, PROBE_SIDE)
    column, row = (dataset.width - width) // 2, (dataset.height - height) // 2
    window = Window(column, row, width, height)  # pyright: ignore[reportCallIssue]
    for band in range(1, dataset.count + 1):
        pixels = dataset.read(band, window=window, masked=True)
        if not whole or np.isfinite(pixels.compressed()).any():
            return
    raise bad_data(path, "has only nodata")


def _bands(path: Path, dataset: DatasetReader) -> tuple[str, ...]:
    sensor = sensor_in_name(path.stem)
    names = [
        band_name(label or "", sensor) or _COLOURS.get(colour, "")
        for label, colour in zip(dataset.descriptions, dataset.colorinterp, strict=True)
    ]
    # A name that two bands claim names neither.
    return tuple(name if names.count(name) == 1 else "" for name in names)


def _unit(dataset: DatasetReader) -> str:
    unit = (dataset.units[0] or "").strip()
    return unit if _UNIT.fullmatch(unit) else ""


def _day(tags: Mapping[str, Any], name: str) -> date | None:
    found = _DAY.match(str(tags.get(name, "")).strip())
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None
