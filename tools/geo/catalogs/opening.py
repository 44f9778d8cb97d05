"""Which reader a file gets: by its suffix and its first bytes, never by what GDAL would guess.

GeoJSON and GeoParquet are never given to GDAL. A GeoPackage, FlatGeobuf or Shapefile is, after its
header was checked here, and only if GDAL then opens it with the driver of that format.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj.exceptions import ProjError

from ..stac_json import bad_file

VectorFormat = Literal["GPKG", "FlatGeobuf", "ESRI Shapefile", "GeoJSON", "GeoParquet"]

VECTOR_SUFFIXES: Final[Mapping[str, VectorFormat]] = {
    ".gpkg": "GPKG",
    ".fgb": "FlatGeobuf",
    ".shp": "ESRI Shapefile",
    ".geojson": "GeoJSON",
    ".parquet": "GeoParquet",
    ".geoparquet": "GeoParquet",
}
RASTER_SUFFIXES: Final = (".tif", ".tiff")
TABLE_SUFFIXES: Final = (".gpkg", ".fgb", ".parquet", ".geoparquet")
READ_ERRORS: Final = (DataSourceError, DataLayerError, ValueError, ProjError)

_TITLES: Final[Mapping[VectorFormat, str]] = {
    "GPKG": "GeoPackage",
    "FlatGeobuf": "FlatGeobuf file",
    "ESRI Shapefile": "Shapefile",
    "GeoJSON": "GeoJSON file",
    "GeoParquet": "Parquet file",
}
_SQLITE_MAGIC: Final = b"SQLite format 3\x00"
_GPKG_IDS: Final = (b"GPKG", b"GP10", b"GP11")
_TIFF_MAGIC: Final = (b"II*\x00", b"MM\x00*", b"II+\x00", b"MM\x00+")
_SHP_MAGIC: Final = (b"\x00\x00\x27\x0a", b"\xe8\x03\x00\x00")
_BLANKS: Final = b" \t\r\n"


def check_header(path: Path, kind: VectorFormat = "GPKG") -> None:
    """Refuse a file whose first and last bytes are not those of the format."""
    header = _first_bytes(path)
    fits = {
        "GPKG": header.startswith(_SQLITE_MAGIC) and header[68:72] in _GPKG_IDS,
        "FlatGeobuf": header.startswith(b"fgb\x03fgb"),
        "ESRI Shapefile": (header[:4], header[28:32]) == _SHP_MAGIC,
        "GeoJSON": header.removeprefix(b"\xef\xbb\xbf").lstrip(_BLANKS).startswith(b"{"),
        "GeoParquet": header.startswith(b"PAR1"),
    }
    if not fits[kind]:
        raise bad_file(path, f"is no {_TITLES[kind]}")


def check_tiff_header(path: Path) -> None:
    """Refuse a file that does not begin as a TIFF or BigTIFF does."""
    header = _first_bytes(path)
    if not header:
        raise bad_file(path, "is empty (0 bytes)")
    if not header.startswith(_TIFF_MAGIC):
        raise bad_file(path, "is no TIFF")


def _first_bytes(path: Path) -> bytes:
    try:
        with path.open("rb") as stream:
            return stream.read(100)
    except OSError as error:
        raise bad_file(path, f"cannot be read ({error.strerror})") from error


def vector_format(path: Path) -> VectorFormat:
    """Return the format of a vector file whose header is that of its suffix."""
    kind = VECTOR_SUFFIXES.get(path.suffix.lower())
    if kind is None:
        raise bad_file(path, f"is none of {sorted(VECTOR_SUFFIXES)}")
    check_header(path, kind)
    return kind


def ogr_layers(path: Path, kind: VectorFormat) -> tuple[str, ...]:
    """Return the names of the layers with a geometry in a file of a GDAL format."""
    check_header(path, kind)
    try:
        listed = pyogrio.list_layers(path.absolute())
    except READ_ERRORS as error:
        raise bad_file(path, f"cannot be read ({error})") from error
    return tuple(str(name) for name, geometry in listed if geometry is not None)


def ogr_info(path: Path, kind: VectorFormat, layer: str) -> dict[str, Any]:
    """Return what pyogrio says of a layer, opened by the one driver of its format."""
    check_header(path, kind)
    try:
        info = pyogrio.read_info(path.absolute(), layer=layer, force_total_bounds=False)
    except READ_ERRORS as error:
        raise bad_file(path, f"cannot be read ({error})") from error
    if info["driver"] != kind:
        raise bad_file(path, f"is read as {info['driver']!r}, not as {kind}")
    return info
