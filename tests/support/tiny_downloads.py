"""Tiny downloads in the formats of the real data sets, and what `data ingest` says of one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from affine import Affine
from pyproj import CRS
from terragate.tests.support.command_line import command

UTM = "EPSG:32633"


def tif(
    path: Path,
    *,
    crs: str | None = "EPSG:4326",
    origin: tuple[float, float] = (12.0, 50.0),
    pixel: float = 1e-5,
    size: tuple[int, int] = (100, 80),
) -> Path:
    """Write an image of ones; `origin` is its upper left corner and `size` its width and height."""
    path.parent.mkdir(parents=True, exist_ok=True)
    width, height = size
    transform = Affine(pixel, 0, origin[0], 0, -pixel, origin[1])
    profile = {"driver": "GTiff", "count": 1, "dtype": "uint8", "crs": crs, "transform": transform}
    with rasterio.open(path, "w", width=width, height=height, **profile) as target:
        target.write(np.ones((1, height, width), "uint8"))
    return path


def taken_in(name: str, path: Path, out: Path) -> dict[str, Any]:
    """Take a download in and return what the command says of it."""
    done = command("data", "ingest", name, path, "--out", out, "--json")
    assert done.code == 0, done.err
    assert done.out.count("\n") == 1
    return json.loads(done.out)


def xview_label(lon: float, lat: float, **changes: Any) -> dict[str, Any]:
    """Return a label whose upper left corner is there; `changes` overrides its properties."""
    box = [[lon, lat], [lon + 1e-4, lat], [lon + 1e-4, lat - 1e-4], [lon, lat - 1e-4], [lon, lat]]
    properties = {
        "bounds_imcoords": "10,20,20,30",
        "cat_id": 1073741824,
        "type_id": 44,
        "ingest_time": "2017/07/24 12:49:09.118+00",
        "image_id": "389.tif",
        "feature_id": 374410,
    }
    geometry = {"type": "Polygon", "coordinates": [box]}
    return {"type": "Feature", "properties": properties | changes, "geometry": geometry}


def xview(root: Path, *features: dict[str, Any]) -> Path:
    root.mkdir(exist_ok=True)
    content = {"type": "FeatureCollection", "crs": None, "features": features}
    (root / "xView_train.geojson").write_text(json.dumps(content))
    return root


def patch(root: Path, name: str, labels: list[str], **changes: Any) -> None:
    """Write a patch of BigEarthNet, version 1; `changes` overrides its metadata."""
    folder = root / name
    folder.mkdir(parents=True)
    content = {
        "labels": labels,
        "coordinates": {"ulx": 500_000, "uly": 5_000_000, "lrx": 501_200, "lry": 4_998_800},
        "projection": CRS(UTM).to_wkt("WKT1_GDAL"),
        "tile_source": "S2A_MSIL1C_20170613T101031_N0205_R022_T33UUP_20170613T101608.SAFE",
        "acquisition_date": "2017-06-13 10:10:31",
    }
    (folder / f"{name}_labels_metadata.json").write_text(json.dumps(content | changes))
