"""GeoPackage, FlatGeobuf and Shapefile layers; filters go to the driver's index and SQL."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely

from ..catalog import ColumnKind
from ..stac_json import bad_file
from . import vector_layer
from .opening import READ_ERRORS, VectorFormat, ogr_info, ogr_layers
from .vector_layer import Box, Filter, VectorLayer, too_many_rows, usable_crs


@dataclass(frozen=True)
class OgrLayer(VectorLayer):
    """A layer that one named GDAL driver reads."""

    @classmethod
    def open(cls, path: Path, kind: VectorFormat, name: str | None) -> Self:
        """Check the header, the driver, the CRS and the geometry of a layer."""
        path = path.absolute()
        layers = ogr_layers(path, kind)
        if name is None and not layers:
            raise bad_file(path, "cannot be read (it has no layer with geometry)")
        name = name or layers[0]
        info = ogr_info(path, kind, name)
        if info["geometry_type"] is None:
            raise bad_file(path, "has no geometry with a coordinate reference system")
        about = str((info["layer_metadata"] or {}).get("DESCRIPTION", ""))
        polygons = "Polygon" in str(info["geometry_type"])
        columns: dict[str, ColumnKind] = {
            str(field): _kind(str(stored))
            for field, stored in zip(info["fields"], info["dtypes"], strict=True)
        }
        return cls(path, name, columns, usable_crs(path, info["crs"]), polygons, about)

    def bounds(self) -> Box | None:
        """Return (left, bottom, right, top) in the layer's CRS, None when there are no rows."""
        info = self._guard(pyogrio.read_info, layer=self.name, force_total_bounds=True)
        if info["total_bounds"] is None or not info["features"]:
            return None
        left, bottom, right, top = info["total_bounds"]
        return float(left), float(bottom), float(right), float(top)

    def ends(self, column: str) -> tuple[str, str]:
        """Return the smallest and the largest entry of a column as text."""
        quoted = _quoted(column)
        found = self._sql(
            f"SELECT min({quoted}) AS a, max({quoted}) AS b FROM {_quoted(self.name)}"
        )
        return str(found["a"].iloc[0]), str(found["b"].iloc[0])

    def names(self, column: str, limit: int) -> tuple[str, ...]:
        """Return at most `limit` different entries of a text column, sorted."""
        quoted = _quoted(column)
        found = self._sql(
            f"SELECT DISTINCT {quoted} AS name FROM {_quoted(self.name)} "
            f"WHERE {quoted} IS NOT NULL ORDER BY {quoted} LIMIT {limit}"
        )["name"]
        return tuple(sorted(str(name) for name in found))

    def select(self, rows: Filter) -> gpd.GeoDataFrame:
        """Return the matching rows in file order; more than `MAX_ROWS` is an error."""
        frame = self._guard(
            pyogrio.read_dataframe,
            layer=self.name,
            bbox=rows.box,
            where=_where(rows),
            max_features=vector_layer.MAX_ROWS + 1,
            fid_as_index=True,
        )
        if len(frame) > vector_layer.MAX_ROWS:
            raise too_many_rows(self.path)
        return frame.sort_index()

    def _sql(self, query: str) -> pd.DataFrame:
        return self._guard(pyogrio.read_dataframe, sql=query, read_geometry=False)

    def _guard(self, reader: Any, **options: Any) -> Any:
        try:
            return reader(self.path, **options)
        except (*READ_ERRORS, shapely.errors.ShapelyError) as error:
            raise bad_file(self.path, f"cannot be read ({error})") from error


def _kind(stored: str) -> ColumnKind:
    if stored.startswith("datetime"):
        return "date"
    return "number" if stored.startswith(("int", "uint", "float", "bool")) else "text"


def _where(rows: Filter) -> str | None:
    parts: list[str] = []
    if rows.days is not None:
        column = _quoted(rows.date)
        parts.append(f"{column} >= '{rows.days.start}' AND {column} < '{rows.days.end}'")
    if rows.names is not None:
        listed = ", ".join(_literal(name) for name in rows.names) or "NULL"
        parts.append(f"{_quoted(rows.label)} IN ({listed})")
    return " AND ".join(parts) or None


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _literal(name: str) -> str:
    doubled = name.replace("'", "''")
    return f"'{doubled}'"
