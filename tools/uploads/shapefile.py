"""Polygons of a zipped shapefile: its `.shp` and `.shx` under our own names, and nothing else."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any, Final

import pyogrio.raw
import shapely
from pyogrio.errors import DataLayerError, DataSourceError, FeatureError, GeometryError
from pyproj import CRS

from .archive import Archive
from .shapes import MAX_POLYGONS, WGS84, PolygonBuilder, Upload, crs_of_wkt, refused
from .wkb import add_wkb

_MAGIC: Final = bytes.fromhex("0000270a")
_ERRORS: Final = (DataSourceError, DataLayerError, FeatureError, GeometryError, ValueError)
_DAMAGED: Final = "has a damaged shapefile; export it again"


def read_shapefile(archive: Archive) -> Upload:
    """Return the polygons of the one shapefile in an archive; its attributes are not read."""
    shapes = archive.names(".shp")
    if len(shapes) != 1:
        raise refused(f"has {len(shapes)} shapefiles; send the one that is meant")
    stem = shapes[0][:-4]
    main, index = archive.read(shapes[0]), _sibling(archive, stem, ".shx")
    if index is None:
        raise refused("has a shapefile without its .shx file; add it to the archive")
    # With this magic number and our own name, no other driver claims the file.
    if not (main.startswith(_MAGIC) and index.startswith(_MAGIC)):
        raise refused(_DAMAGED)
    builder = PolygonBuilder()
    geometries = _read_wkb(main, index)
    for wkb in geometries:
        if wkb is None:
            builder.skipped += 1
        else:
            add_wkb(builder, wkb)
    projection = _sibling(archive, stem, ".prj")
    crs, notes = _crs(projection, builder)
    return Upload("shapefile", (builder.layer(crs, len(geometries)),), notes)


def _sibling(archive: Archive, stem: str, suffix: str) -> bytes | None:
    for name in archive.names(suffix):
        if name[: -len(suffix)] == stem:
            return archive.read(name)
    return None


def _read_wkb(main: bytes, index: bytes) -> list[bytes | None]:
    with tempfile.TemporaryDirectory(prefix="upload-") as folder:
        path = Path(folder) / "upload.shp"
        path.write_bytes(main)
        path.with_suffix(".shx").write_bytes(index)
        try:
            read: tuple[Any, ...] = pyogrio.raw.read(
                path, columns=[], force_2d=True, max_features=MAX_POLYGONS + 1
            )
        except _ERRORS as error:
            raise refused(_DAMAGED) from error
    geometries: list[bytes | None] = list(read[2]) if read[2] is not None else []
    if len(geometries) > MAX_POLYGONS:
        raise refused(f"has more than {MAX_POLYGONS:,} features; send fewer", "too_large")
    return geometries


def _crs(projection: bytes | None, builder: PolygonBuilder) -> tuple[CRS, tuple[str, ...]]:
    if projection is not None:
        return crs_of_wkt(projection.decode("utf-8", "replace").strip("\ufeff\x00 \r\n")), ()
    bounds = shapely.total_bounds(builder.polygons)
    if builder.polygons and (abs(bounds) <= (360, 90, 360, 90)).all():
        return WGS84, ("the shapefile has no .prj file: longitude and latitude were assumed",)
    raise refused("has a shapefile without a .prj file; add it to the archive")
