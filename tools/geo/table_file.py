"""A GeoPackage layer with a date column: what it holds, and reads pushed down to its index."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, Final, Self

import geopandas as gpd
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj import Transformer
from pyproj.exceptions import ProjError
from shapely.geometry.base import BaseGeometry

from ..errors import ToolError
from .catalog import Interval
from .stac_json import bad_file

CLASS_COLUMN: Final = "cat_name"
MAX_ROWS: Final = 500_000
MAX_CLASSES: Final = 2000
_SQLITE_MAGIC: Final = b"SQLite format 3\x00"
_GPKG_IDS: Final = (b"GPKG", b"GP10", b"GP11")
_WGS84: Final = "EPSG:4326"
_READ_ERRORS: Final = (DataSourceError, DataLayerError, ValueError, ProjError)


@dataclass(frozen=True)
class TableFile:
    """A readable layer; `columns` are its attribute columns, `crs` that of its geometry."""

    path: Path
    layer: str
    columns: frozenset[str]
    crs: str
    polygons: bool
    description: str

    @classmethod
    def open(cls, path: Path, *, layer: str | None = None, class_column: str | None) -> Self:
        """Check a GeoPackage's header and columns and return the layer (the first by default)."""
        check_header(path)
        try:
            layer = layer or str(pyogrio.list_layers(path)[0][0])
            info = pyogrio.read_info(path, layer=layer, force_total_bounds=False)
        except (*_READ_ERRORS, IndexError) as error:
            raise bad_file(path, f"cannot be read ({error})") from error
        columns = frozenset(str(name) for name in info["fields"])
        needed = {"date"} | ({class_column} if class_column else set())
        if missing := sorted(needed - columns):
            raise bad_file(path, f"lacks the columns {missing}; it has {sorted(columns)}")
        if info["crs"] is None or info["geometry_type"] is None:
            raise bad_file(path, "has no geometry with a coordinate reference system")
        polygons = "Polygon" in str(info["geometry_type"])
        about = str((info["layer_metadata"] or {}).get("DESCRIPTION", ""))
        return cls(path, layer, columns, str(info["crs"]), polygons, about)

    @cached_property
    def days(self) -> tuple[date, date]:
        """Return the first and the last day in the table."""
        ends = self._sql(f'SELECT min("date") AS a, max("date") AS b FROM {self._quoted}')
        first, last = str(ends["a"].iloc[0]), str(ends["b"].iloc[0])
        try:
            return date.fromisoformat(first[:10]), date.fromisoformat(last[:10])
        except ValueError as error:
            raise bad_file(self.path, f"has dates like {first!r}, not ISO 8601") from error

    @cached_property
    def classes(self) -> tuple[str, ...]:
        """Return the class names that occur, sorted."""
        column = f'"{CLASS_COLUMN}"'
        names = self._sql(
            f"SELECT DISTINCT {column} AS name FROM {self._quoted} "
            f"WHERE {column} IS NOT NULL ORDER BY name LIMIT {MAX_CLASSES + 1}"
        )["name"]
        if len(names) > MAX_CLASSES:
            raise bad_file(self.path, f"has more than {MAX_CLASSES} classes in {CLASS_COLUMN!r}")
        return tuple(str(name) for name in names)

    @cached_property
    def bbox(self) -> tuple[float, float, float, float]:
        """Return (west, south, east, north) in degrees."""
        info = self._guard(pyogrio.read_info, layer=self.layer, force_total_bounds=True)
        bounds = info["total_bounds"]
        if bounds is None or not info["features"]:
            raise bad_file(self.path, "has no rows")
        to_degrees = Transformer.from_crs(self.crs, _WGS84, always_xy=True)
        west, south, east, north = to_degrees.transform_bounds(*bounds)
        return float(west), float(south), float(east), float(north)

    def read(
        self,
        aoi: BaseGeometry,
        interval: Interval,
        classes: tuple[str, ...] | None,
        *,
        touching: bool = False,
    ) -> gpd.GeoDataFrame:
        """Return rows whose representative point lies in the AOI; `touching`: that intersect it."""
        from_degrees = Transformer.from_crs(_WGS84, self.crs, always_xy=True)
        where = f"\"date\" >= '{interval.start}' AND \"date\" < '{interval.end}'"
        if classes is not None:
            listed = ", ".join(_literal(name) for name in classes) or "NULL"
            where += f' AND "{CLASS_COLUMN}" IN ({listed})'
        frame: gpd.GeoDataFrame = self._guard(
            pyogrio.read_dataframe,
            layer=self.layer,
            bbox=from_degrees.transform_bounds(*aoi.bounds),
            where=where,
            max_features=MAX_ROWS + 1,
            fid_as_index=True,
        )
        if len(frame) > MAX_ROWS:
            raise ToolError(
                f"{self.path.name!r} has more than {MAX_ROWS} rows there; "
                "name a smaller area, a shorter period or one class",
                kind="too_large",
            )
        frame = frame.sort_index().to_crs(_WGS84)
        shapely.prepare(aoi)
        points = frame.geometry if touching else frame.geometry.representative_point()
        kept = frame.loc[shapely.intersects(aoi, points.to_numpy())].reset_index(drop=True)
        days = pd.to_datetime(kept["date"], utc=True, format="ISO8601", errors="coerce")
        kept["date"] = days.astype("datetime64[ms, UTC]")
        return gpd.GeoDataFrame(kept, geometry="geometry", crs=_WGS84)

    @property
    def _quoted(self) -> str:
        doubled = self.layer.replace('"', '""')
        return f'"{doubled}"'

    def _sql(self, query: str) -> pd.DataFrame:
        return self._guard(pyogrio.read_dataframe, sql=query, read_geometry=False)

    def _guard(self, reader: Any, **options: Any) -> Any:
        try:
            return reader(self.path, **options)
        except _READ_ERRORS as error:
            raise bad_file(self.path, f"cannot be read ({error})") from error


def _literal(name: str) -> str:
    doubled = name.replace("'", "''")
    return f"'{doubled}'"


def check_header(path: Path) -> None:
    """Refuse anything that is not a GeoPackage, so that no other driver ever opens the file."""
    try:
        with path.open("rb") as stream:
            header = stream.read(100)
    except OSError as error:
        raise bad_file(path, f"cannot be read ({error.strerror})") from error
    if not header.startswith(_SQLITE_MAGIC) or header[68:72] not in _GPKG_IDS:
        raise bad_file(path, "is no GeoPackage")
