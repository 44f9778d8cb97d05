"""GeoJSON (RFC 7946) read without GDAL, whose JSON drivers may run pipelines or fetch addresses."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ..catalog import ColumnKind
from ..stac_json import bad_file
from ..vectors.columns import column_kind
from . import vector_layer
from .opening import check_header
from .vector_layer import Box, Filter, VectorLayer, too_many_rows, usable_crs

MAX_BYTES: Final = 64 * 1024 * 1024
_ERRORS: Final = (
    OSError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    IndexError,
    RecursionError,
    shapely.errors.ShapelyError,
)
_EPSG: Final = re.compile(r"(?:urn:ogc:def:crs:)?EPSG:[\d.]*:?(\d{4,6})")
_DEGREES: Final = "OGC:CRS84"


@dataclass(frozen=True)
class GeoJsonLayer(VectorLayer):
    """A feature collection held in memory."""

    frame: gpd.GeoDataFrame

    @classmethod
    def open(cls, path: Path) -> Self:
        """Read a feature collection of a bounded size; features without geometry are left out."""
        check_header(path, "GeoJSON")
        try:
            if path.stat().st_size > MAX_BYTES:
                raise bad_file(path, f"is larger than {MAX_BYTES} bytes; make it a GeoPackage")
            content = json.loads(path.read_text(encoding="utf-8-sig"))
            crs = usable_crs(path, _stated_crs(path, content))
            frame = _frame(content["features"], crs)
        except _ERRORS as error:
            reason = f"is no readable GeoJSON feature collection ({type(error).__name__}: {error})"
            raise bad_file(path, reason[:300]) from error
        if not np.isfinite(frame.geometry.bounds.to_numpy()).all():
            raise bad_file(path, "has coordinates that are not finite numbers")
        columns: dict[str, ColumnKind] = {
            str(name): column_kind(pd.Series(frame[name])) for name in frame if name != "geometry"
        }
        polygons = bool(frame.geom_type.str.endswith("Polygon").any())
        return cls(path, path.stem, columns, crs, polygons, "", frame)

    def bounds(self) -> Box | None:
        """Return (left, bottom, right, top) in the layer's CRS, None when there are no rows."""
        if self.frame.empty:
            return None
        left, bottom, right, top = self.frame.total_bounds
        return float(left), float(bottom), float(right), float(top)

    def ends(self, column: str) -> tuple[str, str]:
        """Return the smallest and the largest entry of a column as text."""
        found = self.frame[column].dropna().astype(str)
        return (str(found.min()), str(found.max())) if len(found) else ("None", "None")

    def names(self, column: str, limit: int) -> tuple[str, ...]:
        """Return at most `limit` different entries of a text column, sorted."""
        return tuple(sorted(self.frame[column].dropna().astype(str).unique())[:limit])

    def select(self, rows: Filter) -> gpd.GeoDataFrame:
        """Return the matching rows in file order; more than `MAX_ROWS` is an error."""
        keep = np.ones(len(self.frame), bool)
        if rows.box is not None:
            keep &= self.frame.geometry.intersects(shapely.box(*rows.box)).to_numpy()
        if rows.days is not None:
            day = self.frame[rows.date].astype(str)
            keep &= (day >= str(rows.days.start)) & (day < str(rows.days.end))
        if rows.names is not None:
            keep &= self.frame[rows.label].astype(str).isin(rows.names)
        found = self.frame.loc[keep]
        if len(found) > vector_layer.MAX_ROWS:
            raise too_many_rows(self.path)
        return gpd.GeoDataFrame(found, crs=self.crs)


def _stated_crs(path: Path, content: dict[str, Any]) -> str:
    """Return the CRS; the member of the 2008 GeoJSON is understood when it names an EPSG code."""
    member = content.get("crs")
    if member is None:
        return _DEGREES
    name = str(member["properties"]["name"])
    if name.endswith("CRS84"):
        return _DEGREES
    found = _EPSG.fullmatch(name)
    if found is None:
        raise bad_file(path, f"states the CRS {name[:60]!r}; write it in longitude and latitude")
    return f"EPSG:{found[1]}"


def _frame(features: list[dict[str, Any]], crs: str) -> gpd.GeoDataFrame:
    placed = [feature for feature in features if feature.get("geometry") is not None]
    shapes = [shapely.geometry.shape(feature["geometry"]) for feature in placed]
    rows = [
        {str(key): _plain(value) for key, value in (feature.get("properties") or {}).items()}
        for feature in placed
    ]
    table = pd.DataFrame(rows, index=pd.RangeIndex(len(rows))).drop(
        columns="geometry", errors="ignore"
    )
    frame = gpd.GeoDataFrame(table, geometry=shapes, crs=crs)
    return frame.loc[~frame.geometry.is_empty].reset_index(drop=True)


def _plain(value: Any) -> Any:
    return json.dumps(value) if isinstance(value, dict | list) else value
