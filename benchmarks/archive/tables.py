"""The archive's GeoPackage tables: rows of all places, numbered and written once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import geopandas as gpd
import pandas as pd

from ...tools.geo.class_tables import BIGEARTHNET_CLASSES, FAIR1M_CLASSES, XVIEW_CLASSES
from ...tools.geo.geopackage import write_geopackage
from .scenes import SYNTHETIC

_LABEL_COLUMNS = (
    ("image_id", "filename", "cat_id", "cat_name", "date")
    + ("xmin", "ymin", "xmax", "ymax")
    + ("uoi", "geometry")
)
_IMAGE_COLUMNS = ("filename", "image_id", "date", "uoi", "geometry")
_PATCH_COLUMNS = ("image_id", "filename", "cat_name", "date", "uoi", "geometry")


@dataclass(frozen=True)
class TableKind:
    """A data set the archive imitates: its files, columns, classes and the names people use."""

    id: str
    title: str
    kind: Literal["detections", "landcover"]
    aliases: tuple[str, ...]
    classes: tuple[str, ...]
    layer: str
    columns: tuple[str, ...]
    row_code: str
    image_layer: str | None = None
    image_code: str = ""


@dataclass(frozen=True)
class WrittenTable:
    """What the catalog needs to know of a written table; `bbox` is in degrees."""

    kind: TableKind
    rows: int
    bbox: tuple[float, float, float, float]
    start: str
    end: str


XVIEW1 = TableKind(
    id="xview1",
    title="Synthetic object detections in the schema of xView1",
    kind="detections",
    aliases=("xView", "xView1"),
    classes=XVIEW_CLASSES,
    layer="xview1_labels",
    columns=_LABEL_COLUMNS,
    row_code="xview1_bbox",
    image_layer="xview1_images",
    image_code="xview1_img",
)
FAIR1M = TableKind(
    id="fair1m",
    title="Synthetic object detections in the schema of FAIR1M",
    kind="detections",
    aliases=("FAIR1M", "FAIR-1M"),
    classes=FAIR1M_CLASSES,
    layer="fair1m_labels",
    columns=_LABEL_COLUMNS,
    row_code="fair1m_bbox",
    image_layer="fair1m_images",
    image_code="fair1m_img",
)
BIGEARTHNET = TableKind(
    id="bigearthnet",
    title="Synthetic land-cover patches in the schema of BigEarthNet",
    kind="landcover",
    aliases=("BigEarthNet", "land cover"),
    classes=BIGEARTHNET_CLASSES,
    layer="ben_lcc",
    columns=_PATCH_COLUMNS,
    row_code="ben_l",
)


def write_table(
    root: Path, kind: TableKind, rows: Sequence[dict[str, Any]], images: Sequence[dict[str, Any]]
) -> WrittenTable:
    """Write a data set's table, and the table of its images if it has one."""
    folder = root / kind.id
    folder.mkdir(parents=True, exist_ok=True)
    if kind.image_layer is not None:
        _write_layer(folder, kind.image_layer, _frame(images, _IMAGE_COLUMNS, kind.image_code))
    frame = _frame(rows, kind.columns, kind.row_code)
    _write_layer(folder, kind.layer, frame)
    west, south, east, north = (float(v) for v in frame.total_bounds)
    days = frame["date"].dt.strftime("%Y-%m-%d")
    return WrittenTable(kind, len(frame), (west, south, east, north), days.min(), days.max())


def _frame(rows: Sequence[dict[str, Any]], columns: tuple[str, ...], code: str) -> gpd.GeoDataFrame:
    table = pd.DataFrame.from_records(list(rows))
    table["date"] = pd.to_datetime(table["date"], utc=True).astype("datetime64[ms, UTC]")
    table["uoi"] = [f"{code}_{number}" for number in range(len(table))]
    return gpd.GeoDataFrame(table[list(columns)], geometry="geometry", crs="EPSG:4326")


def _write_layer(folder: Path, layer: str, frame: gpd.GeoDataFrame) -> None:
    write_geopackage(folder / f"{layer}.gpkg", frame, layer=layer, description=SYNTHETIC)
