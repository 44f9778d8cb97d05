"""GeoParquet files, read by pyarrow with row groups skipped by box, day and class."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any, Final, Self

import geopandas as gpd
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import shapely

from ..catalog import ColumnKind
from ..stac_json import bad_file
from . import vector_layer
from .opening import check_header
from .vector_layer import Box, Filter, VectorLayer, too_many_rows, usable_crs

MAX_GROUP_BYTES: Final = 2 * 1024**3
_ERRORS: Final = (
    ValueError,
    TypeError,
    KeyError,
    OSError,
    pa.ArrowException,
    shapely.errors.ShapelyError,
)
_CORNERS: Final = ("xmin", "ymin", "xmax", "ymax")


@dataclass(frozen=True)
class ParquetLayer(VectorLayer):
    """A GeoParquet file; `covering` is the column of row boxes when the file has one."""

    covering: str | None
    extent: Box | None

    @classmethod
    def open(cls, path: Path) -> Self:
        """Check the footer: geometry metadata, CRS and row groups of a bounded size."""
        check_header(path, "GeoParquet")
        path = path.absolute()
        try:
            with pq.ParquetFile(path) as file:
                schema, footer = file.schema_arrow, file.metadata
                groups = [footer.row_group(i) for i in range(footer.num_row_groups)]
                largest = max((group.total_byte_size for group in groups), default=0)
                geo = json.loads(dict(schema.metadata or {})[b"geo"])
                primary = str(geo["primary_column"])
                column: dict[str, Any] = geo["columns"][primary]
                crs = column.get("crs", "OGC:CRS84")
                covering = column.get("covering", {}).get("bbox", {}).get("xmin", [None])[0]
                polygons = any("Polygon" in str(kind) for kind in column["geometry_types"])
                extent = _flat(column.get("bbox"))
        except (*_ERRORS, AttributeError, IndexError, RecursionError) as error:
            raise bad_file(path, f"is no readable GeoParquet ({error})") from error
        if largest > MAX_GROUP_BYTES:
            raise bad_file(path, f"has row groups of more than {MAX_GROUP_BYTES} bytes")
        columns: dict[str, ColumnKind] = {
            field.name: _kind(field.type)
            for field in schema
            if field.name not in (primary, covering) and not pa.types.is_nested(field.type)
        }
        if covering not in schema.names:
            covering = None
        about = dict(schema.metadata).get(b"description", b"").decode("utf-8", "replace")
        wkt = usable_crs(path, crs)
        return cls(path, path.stem, columns, wkt, polygons, about, covering, extent)

    def bounds(self) -> Box | None:
        """Return (left, bottom, right, top) in the layer's CRS, None when there are no rows."""
        if not self._guard(lambda: self._dataset().count_rows()):
            return None
        if self.extent is not None:
            return self.extent
        left, bottom, right, top = self.select(Filter()).total_bounds
        return float(left), float(bottom), float(right), float(top)

    def ends(self, column: str) -> tuple[str, str]:
        """Return the smallest and the largest entry of a column as text."""
        found = self._guard(lambda: pc.call_function("min_max", [self._read(column)]).as_py())
        return str(found["min"]), str(found["max"])

    def names(self, column: str, limit: int) -> tuple[str, ...]:
        """Return at most `limit` different entries of a text column, sorted."""
        found = self._guard(lambda: self._read(column).unique().to_pylist())
        return tuple(sorted(str(name) for name in found if name is not None)[:limit])

    def select(self, rows: Filter) -> gpd.GeoDataFrame:
        """Return the matching rows in file order; more than `MAX_ROWS` is an error."""
        chosen = self._guard(lambda: self._expression(rows))
        count = self._guard(lambda: self._dataset().count_rows(filter=chosen))
        if count > vector_layer.MAX_ROWS:
            raise too_many_rows(self.path)
        frame = self._guard(lambda: gpd.read_parquet(self.path, filters=chosen))
        named = frame.rename_geometry("geometry") if frame.geometry.name != "geometry" else frame
        return named[[*self.columns, "geometry"]].reset_index(drop=True)

    def _dataset(self) -> Any:
        return ds.dataset(self.path, format="parquet")

    def _read(self, column: str) -> Any:
        return self._dataset().to_table(columns=[column]).column(column)

    def _expression(self, rows: Filter) -> Any:
        chosen: Any = None
        schema = self._dataset().schema
        parts: list[Any] = []
        if rows.box is not None and self.covering is not None:
            low_x, low_y, high_x, high_y = (pc.field(self.covering, c) for c in _CORNERS)
            left, bottom, right, top = rows.box
            parts += [low_x <= right, low_y <= top, high_x >= left, high_y >= bottom]
        if rows.days is not None:
            column, kind = pc.field(rows.date), schema.field(rows.date).type
            parts += [column >= _day(rows.days.start, kind), column < _day(rows.days.end, kind)]
        if rows.names is not None:
            label = pc.field(rows.label)
            if pa.types.is_dictionary(schema.field(rows.label).type):
                label = label.cast(pa.string())
            parts.append(label.isin(pa.array(rows.names, pa.string())))
        for part in parts:
            chosen = part if chosen is None else chosen & part
        return chosen

    def _guard(self, reader: Any) -> Any:
        try:
            return reader()
        except _ERRORS as error:
            raise bad_file(self.path, f"cannot be read ({error})") from error


def _kind(stored: Any) -> ColumnKind:
    if pa.types.is_temporal(stored):
        return "date"
    number = (
        pa.types.is_integer(stored) or pa.types.is_floating(stored) or pa.types.is_boolean(stored)
    )
    return "number" if number or pa.types.is_decimal(stored) else "text"


def _flat(box: Any) -> Box | None:
    if not isinstance(box, list) or len(box) not in (4, 6):
        return None
    half = len(box) // 2
    return float(box[0]), float(box[1]), float(box[half]), float(box[half + 1])


def _day(day: date, kind: Any) -> Any:
    """Return a day as a value of the column's type; text is compared as ISO 8601."""
    if pa.types.is_date(kind):
        return pa.scalar(day, kind)
    if pa.types.is_timestamp(kind):
        zone = UTC if kind.tz else None
        return pa.scalar(datetime.combine(day, time(), zone), kind)
    return pa.scalar(day.isoformat(), pa.string())
