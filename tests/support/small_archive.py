"""A synthetic archive of two places, small enough to be written by any test module."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import shapely
from terragate.benchmarks.archive import ArchiveSize, PlacePoint, write_archive
from terragate.tools.geo.geopackage import write_geopackage

NORTH = PlacePoint("Northport", "NL", 51.92, 4.48)
SOUTH = PlacePoint("Southhaven", "BR", -23.96, -46.33)
SIZE = ArchiveSize(pixels=64, scenes=5, images=10)


def write_small_archive(root: Path) -> Path:
    write_archive(root, (NORTH, SOUTH), seed=7, size=SIZE)
    return root


def edit(path: Path, change: Callable[[dict[str, Any]], object]) -> None:
    """Change a JSON file in place."""
    content = json.loads(path.read_text(encoding="utf-8"))
    change(content)
    path.write_text(json.dumps(content), encoding="utf-8")


def table(path: Path, names: list[str], **columns: Any) -> Path:
    """Write a table of one box per name, a degree apart on the equator."""
    rows = {"cat_name": names, "date": pd.to_datetime(["2020-05-01"] * len(names), utc=True)}
    boxes = [shapely.box(i, 0, i + 0.5, 0.5) for i in range(len(names))]
    frame = gpd.GeoDataFrame(rows | columns, geometry=boxes, crs="EPSG:4326")
    write_geopackage(path, frame, layer=path.stem)
    return path
