"""Layers written by the tests themselves, a run that holds them, and what a tool left in it."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyproj import Geod
from shapely.geometry.base import BaseGeometry
from terragate.tests.support.tiny_geo import aoi_payload, context, record
from terragate.tools.records import Record, ToolResult
from terragate.tools.spec import ToolContext

GEOD = Geod(ellps="WGS84")
UTM = "EPSG:32631"


def frame(shapes: Sequence[BaseGeometry | None], crs: Any = "EPSG:4326", **columns: Any):
    return gpd.GeoDataFrame(columns, geometry=list(shapes), crs=crs)


def stored(run: ToolContext, name: str, content: gpd.GeoDataFrame, **changes: Any) -> Record:
    """Return the record of a layer that pyogrio alone wrote."""
    path = run.store.scratch(".gpkg")
    path.unlink()
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "'crs' was not provided")
        pyogrio.write_dataframe(content, path, layer="features", driver="GPKG")
    return kept(run, name, path, len(content), **changes)


def kept(run: ToolContext, name: str, path: Path, count: int = 1, **changes: Any) -> Record:
    """Return the record of a file as features."""
    artifact = run.store.put_file(path, f"{name}.gpkg", "application/geopackage+sqlite3")
    payload = {
        "collection": "made",
        "classes": [],
        "count": count,
        "artifact": artifact.model_dump(),
        "synthetic": False,
    }
    return record(name, features=payload | changes)


def run_of(
    folder: Path, aoi: BaseGeometry | None = None, **layers: gpd.GeoDataFrame
) -> ToolContext:
    """Return a run whose records are the layers, and the area `aoi` as record `area`."""
    empty = context(folder)
    records = [stored(empty, name, content) for name, content in layers.items()]
    if aoi is not None:
        records.append(record("area", aoi=aoi_payload(aoi)))
    return context(folder, records)


def left(run: ToolContext, result: ToolResult) -> gpd.GeoDataFrame:
    """Return the features a tool left, read without the project's reader."""
    payload = result.outputs["features"]
    found = pyogrio.read_dataframe(run.store.root / payload["artifact"]["path"])
    assert len(found) == payload["count"]
    assert found.crs == "EPSG:4326"
    kinds = {name for name, _ in payload["columns"]}
    assert kinds == set(found.columns) - {"geometry"}
    return found


def table(run: ToolContext, result: ToolResult) -> pd.DataFrame:
    payload = result.outputs["table"]
    found = pd.read_csv(run.store.root / payload["artifact"]["path"])
    assert list(found.columns) == payload["columns"]
    assert len(found) == payload["rows"]
    return found


def number(result: ToolResult, name: str) -> Any:
    """Return the value of that name; there is exactly one."""
    (found,) = [value.value for value in result.values if value.name == name]
    return found


def metres_frame(shapes: Sequence[BaseGeometry], **columns: Any) -> gpd.GeoDataFrame:
    """Return shapes drawn in metres around a point of UTM 31 N, dense, in degrees."""
    drawn = [
        shapely.segmentize(shapely.transform(s, lambda p: p + (500_000, 5_700_000)), 200)
        for s in shapes
    ]
    return frame(drawn, UTM, **columns).to_crs("EPSG:4326")


def as_array(shapes: Sequence[BaseGeometry]) -> np.ndarray:
    return np.array([*shapes, None], dtype=object)[:-1]
