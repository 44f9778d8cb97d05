"""Polygons of an untrusted GeoPackage (OGC 12-128r19), read as data from memory.

SQLite's own advice for files of strangers is followed: an authorizer that allows nothing but reads
of named tables, no trusted schema, limits, and a bound on the work. Views, functions, foreign
virtual tables and triggers of a file can therefore never run.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any, Final, NamedTuple

from pyproj import CRS

from .shapes import (
    MAX_BYTES,
    MAX_POLYGONS,
    PolygonBuilder,
    ShapeLayer,
    Upload,
    crs_of_code,
    crs_of_wkt,
    refused,
)
from .wkb import add_wkb

MAX_LAYERS: Final = 20
MAX_OBJECTS: Final = 1000
_GPKG_IDS: Final = (b"GPKG", b"GP10", b"GP11")
_STEPS: Final = 1_000_000
_MOST_STEPS: Final = 300
_MAX_SQL: Final = 1_000_000
_SYSTEM_TABLES: Final[frozenset[str]] = frozenset(
    ("sqlite_master", "gpkg_contents", "gpkg_geometry_columns", "gpkg_spatial_ref_sys")
)
# What GeoPackage writers put into every file: spatial indexes and feature counts.
_OWN_TRIGGER: Final = re.compile(r"(?:rtree|gpkg|trigger_(?:insert|delete)_feature_count)_", re.I)
_RTREE: Final = re.compile(r"\s*CREATE\s+VIRTUAL\s+TABLE\s+\S+\s+USING\s+rtree\b", re.I)
_VIRTUAL: Final = re.compile(r"\s*CREATE\s+VIRTUAL\b", re.I)
_ENVELOPE_BYTES: Final = {0: 0, 1: 32, 2: 48, 3: 48, 4: 64}


class _Column(NamedTuple):
    table: str
    column: str
    srs: int


def read_geopackage(raw: bytes) -> Upload:
    """Return the polygons of every feature table."""
    if raw[68:72] not in _GPKG_IDS:
        raise refused("is an SQLite database but no GeoPackage; send a GeoPackage")
    try:
        with closing(sqlite3.connect(":memory:")) as database:
            layers = tuple(_layers(database, raw))
    except (sqlite3.Error, UnicodeDecodeError, OverflowError) as error:
        raise refused("is a damaged or hostile GeoPackage; write it again") from error
    if not layers:
        raise refused("is a GeoPackage without a feature table; send one with polygons")
    return Upload("GeoPackage", layers)


def _layers(database: sqlite3.Connection, raw: bytes) -> Iterator[ShapeLayer]:
    # Read as a database without a write-ahead log, which one in memory cannot have.
    database.deserialize(raw[:18] + b"\x01\x01" + raw[20:])
    tables: set[str] = {*_SYSTEM_TABLES}
    _restrict(database, tables)
    plain = _checked_tables(database)
    columns = _feature_columns(database)
    if len(columns) > MAX_LAYERS:
        raise refused(f"has more than {MAX_LAYERS} layers; send the one that is meant", "too_large")
    for column in columns:
        if column.table not in plain:
            raise refused("has a layer that is a view or absent; store it as a table")
        tables.add(column.table)
        yield _read_layer(database, column)


def _restrict(database: sqlite3.Connection, tables: set[str]) -> None:
    for category, limit in (
        (sqlite3.SQLITE_LIMIT_LENGTH, MAX_BYTES),
        (sqlite3.SQLITE_LIMIT_SQL_LENGTH, _MAX_SQL),
        (sqlite3.SQLITE_LIMIT_EXPR_DEPTH, 50),
        (sqlite3.SQLITE_LIMIT_COMPOUND_SELECT, 1),
        (sqlite3.SQLITE_LIMIT_ATTACHED, 0),
        (sqlite3.SQLITE_LIMIT_TRIGGER_DEPTH, 1),
    ):
        database.setlimit(category, limit)
    for pragma in ("trusted_schema=OFF", "cell_size_check=ON", "query_only=ON"):
        database.execute(f"PRAGMA {pragma}")
    steps = iter(range(_MOST_STEPS))
    database.set_progress_handler(lambda: next(steps, None) is None, _STEPS)

    def allow(action: int, table: str | None, *_: Any) -> int:
        if action == sqlite3.SQLITE_SELECT:
            return sqlite3.SQLITE_OK
        if action == sqlite3.SQLITE_READ and table in tables:
            return sqlite3.SQLITE_OK
        return sqlite3.SQLITE_DENY

    database.set_authorizer(allow)


def _checked_tables(database: sqlite3.Connection) -> set[str]:
    """Return the ordinary tables; a foreign trigger or virtual table refuses the file."""
    objects = database.execute(
        f"SELECT type, name, sql FROM sqlite_master LIMIT {MAX_OBJECTS + 1}"
    ).fetchall()
    if len(objects) > MAX_OBJECTS:
        raise refused(f"has more than {MAX_OBJECTS} tables and triggers", "too_large")
    plain: set[str] = set()
    for kind, name, sql in objects:
        virtual = _VIRTUAL.match(str(sql))
        if kind == "trigger" and not _OWN_TRIGGER.match(str(name)):
            raise refused("is a GeoPackage with triggers of its own; export the layer alone")
        if virtual and not _RTREE.match(str(sql)):
            raise refused("is a GeoPackage with virtual tables; export the layer alone")
        if kind == "table" and not virtual:
            plain.add(str(name))
    return plain


def _feature_columns(database: sqlite3.Connection) -> list[_Column]:
    features = [
        str(name)
        for name, kind in database.execute("SELECT table_name, data_type FROM gpkg_contents")
        if kind == "features"
    ]
    rows = database.execute("SELECT table_name, column_name, srs_id FROM gpkg_geometry_columns")
    found = [_Column(str(table), str(column), int(srs)) for table, column, srs in rows]
    return [column for column in found if column.table in features]


def _read_layer(database: sqlite3.Connection, column: _Column) -> ShapeLayer:
    crs = _crs(database, column.srs)
    rows = database.execute(
        f"SELECT {_quoted(column.column)} FROM {_quoted(column.table)} LIMIT {MAX_POLYGONS + 1}"
    )
    builder = PolygonBuilder()
    count = 0
    for count, (blob,) in enumerate(rows, start=1):
        if count > MAX_POLYGONS:
            raise refused(f"has more than {MAX_POLYGONS:,} features; send fewer", "too_large")
        if blob is None:
            builder.skipped += 1
        else:
            add_wkb(builder, _wkb(blob))
    return builder.layer(crs, count)


def _quoted(name: str) -> str:
    doubled = name.replace('"', '""')
    return f'"{doubled}"'


def _wkb(blob: Any) -> bytes:
    """Return the WKB after a GeoPackage geometry's header (clause 2.1.3)."""
    if not isinstance(blob, bytes) or len(blob) < 8 or blob[:2] != b"GP" or blob[3] & 0x20:
        raise refused("has a geometry column without GeoPackage geometries; write it again")
    envelope = _ENVELOPE_BYTES.get(blob[3] >> 1 & 7)
    if envelope is None:
        raise refused("has a damaged geometry header; write the file again")
    return blob[8 + envelope :]


def _crs(database: sqlite3.Connection, srs: int) -> CRS:
    row = database.execute(
        "SELECT organization, organization_coordsys_id, definition FROM gpkg_spatial_ref_sys "
        "WHERE srs_id = ?",
        (srs,),
    ).fetchone()
    if row is None or srs in (-1, 0):
        raise refused("has a layer without a coordinate reference system; set it and send again")
    organisation, code, definition = row
    if str(organisation).upper() == "EPSG":
        return crs_of_code(f"EPSG:{code}")
    return crs_of_wkt(str(definition))
