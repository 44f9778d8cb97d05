"""One layer of vector data behind a small interface, whatever the file's format."""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, NamedTuple

from pyproj import CRS, Transformer
from pyproj.exceptions import ProjError

from ...errors import ToolError
from ..catalog import ColumnKind, Interval
from ..stac_json import bad_file
from .opening import ogr_layers, vector_format

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

Box = tuple[float, float, float, float]

MAX_ROWS: Final = 500_000
WGS84: Final = "EPSG:4326"


class Filter(NamedTuple):
    """Rows to read; None lets all pass.

    `box` is in the layer's CRS, `days` are of the column `date`, `names` of the column `label`.
    """

    box: Box | None = None
    date: str = "date"
    days: Interval | None = None
    label: str = ""
    names: tuple[str, ...] | None = None


@dataclass(frozen=True)
class VectorLayer(ABC):
    """Reads that are pushed down as far as the format allows; geometry stays in the layer's CRS."""

    path: Path
    name: str
    columns: Mapping[str, ColumnKind]
    crs: str
    polygons: bool
    description: str

    @abstractmethod
    def bounds(self) -> Box | None:
        """Return (left, bottom, right, top) in the layer's CRS, None when there are no rows."""

    @abstractmethod
    def ends(self, column: str) -> tuple[str, str]:
        """Return the smallest and the largest entry of a column as text."""

    @abstractmethod
    def names(self, column: str, limit: int) -> tuple[str, ...]:
        """Return at most `limit` different entries of a text column, sorted."""

    @abstractmethod
    def select(self, rows: Filter) -> gpd.GeoDataFrame:
        """Return the matching rows in file order; more than `MAX_ROWS` is an error."""


def open_layer(path: Path, name: str | None = None) -> VectorLayer:
    """Open a layer of a vector file, the first by default; readers are loaded when needed."""
    kind = vector_format(path)
    if kind == "GeoJSON":
        from .geojson_layer import GeoJsonLayer

        return GeoJsonLayer.open(path)
    if kind == "GeoParquet":
        from .parquet_layer import ParquetLayer

        return ParquetLayer.open(path)
    from .ogr_layer import OgrLayer

    return OgrLayer.open(path, kind, name)


def layer_names(path: Path) -> tuple[str, ...]:
    """Return the layers of a vector file; formats with one layer call it as the file."""
    kind = vector_format(path)
    return ogr_layers(path, kind) if kind == "GPKG" else (path.stem,)


def box_in_degrees(layer: VectorLayer) -> Box:
    """Return (west, south, east, north) of all rows, in degrees."""
    bounds = layer.bounds()
    if bounds is None or not all(map(math.isfinite, bounds)):
        raise bad_file(layer.path, "has no rows" if bounds is None else "has no finite extent")
    return _finite(layer, _projected(bounds, layer.crs, WGS84))


def box_in_layer(layer: VectorLayer, aoi: BaseGeometry) -> Box | None:
    """Return the AOI's box in the layer's CRS, None where the projection cannot say one."""
    box = _projected(aoi.bounds, WGS84, layer.crs)
    return box if all(map(math.isfinite, box)) else None


def _projected(box: Box, source: str, target: str) -> Box:
    try:
        transformer = Transformer.from_crs(source, target, always_xy=True)
        left, bottom, right, top = transformer.transform_bounds(*box)
    except ProjError:
        return math.inf, math.inf, math.inf, math.inf
    return float(left), float(bottom), float(right), float(top)


def _finite(layer: VectorLayer, box: Box) -> Box:
    if not all(map(math.isfinite, box)):
        raise bad_file(layer.path, "lies outside the area of its CRS")
    west, south, east, north = box
    return max(west, -180.0), max(south, -90.0), min(east, 180.0), min(north, 90.0)


def usable_crs(path: Path, crs: object) -> str:
    """Return a CRS as WKT; a file without one, or with an unknown one, is an error."""
    if crs is None:
        raise bad_file(path, "has no geometry with a coordinate reference system")
    try:
        return CRS.from_user_input(crs).to_wkt()
    except ProjError as error:
        raise bad_file(path, f"has an unusable CRS ({error})") from error


def too_many_rows(path: Path) -> ToolError:
    """Return the error for a read that would give more than `MAX_ROWS` rows."""
    return ToolError(
        f"{path.name!r} has more than {MAX_ROWS} rows there; "
        "name a smaller area, a shorter period or one class",
        kind="too_large",
    )
