"""GeoJSON, KML and GeoPackages that attack whoever opens them, and the error each must end in."""

from __future__ import annotations

import json
import sqlite3
import struct
from collections.abc import Callable
from pathlib import Path

from terragate.tests.tools.uploads.upload_files import (
    changed,
    geojson,
    geopackage,
    kml,
    nested_wkb,
    placemark,
)
from terragate.tools.uploads import shapes

LAUGHS = (
    '<!DOCTYPE lolz [<!ENTITY a "ha">'
    + "".join(f'<!ENTITY {n} "{f"&{p};" * 10}">' for p, n in zip("abcdefg", "bcdefgh", strict=True))
    + "]>"
)


def gpkg_blob(folder: Path, blob: bytes) -> bytes:
    path = geopackage(folder)
    with sqlite3.connect(path) as database:
        # The spatial index's own triggers call functions that only GDAL has.
        for (name,) in database.execute(
            "SELECT name FROM sqlite_master WHERE type='trigger'"
        ).fetchall():
            database.execute(f'DROP TRIGGER "{name}"')
        database.execute("UPDATE one SET geom = ?", (blob,))
    database.close()
    return path.read_bytes()


def gpkg(*statements: str) -> Callable[[Path], bytes]:
    return lambda folder: changed(geopackage(folder), *statements).read_bytes()


def header(extra: bytes) -> bytes:
    return b"GP\x00\x01" + struct.pack("<i", 4326) + extra


VIEW = (
    "CREATE VIEW hostile AS SELECT 1 AS fid, load_extension('/tmp/x') AS geom",
    "UPDATE gpkg_contents SET table_name='hostile' WHERE table_name='one'",
    "UPDATE gpkg_geometry_columns SET table_name='hostile' WHERE table_name='one'",
)
DOCUMENTS: dict[str, tuple[Callable[[Path], bytes | str], str]] = {
    "kml: billion laughs": (lambda _: kml("<name>&h;</name>" + placemark(), LAUGHS), "bad_data"),
    "kml: external entity": (
        lambda f: kml(
            "<name>&x;</name>" + placemark(), f'<!DOCTYPE k [<!ENTITY x SYSTEM "file://{f}/s">]>'
        ),
        "bad_data",
    ),
    "kml: document type": (
        lambda _: kml(placemark(), '<!DOCTYPE kml SYSTEM "http://127.0.0.1:9/x.dtd">'),
        "bad_data",
    ),
    "kml: network link": (
        lambda _: kml(
            placemark() + "<NetworkLink><Link><href>http://127.0.0.1:9/</href></Link></NetworkLink>"
        ),
        "bad_data",
    ),
    "kml: deep nesting": (lambda _: kml("<Folder>" * 50_000), "too_large"),
    "kml: not closed": (lambda _: kml(placemark())[:-9], "bad_data"),
    "kml: no numbers": (lambda _: kml(placemark().replace("4.0,", "x,")), "bad_data"),
    "kml: NaN": (lambda _: kml(placemark().replace("4.0,", "nan,")), "bad_data"),
    "kml: one number": (lambda _: kml(placemark().replace(",51.8,0", "")), "bad_data"),
    "kml: polygon without outline": (lambda _: kml("<Polygon></Polygon>"), "bad_data"),
    "kml: unknown encoding": (
        lambda _: '<?xml version="1.0" encoding="rot13"?><kml></kml>',
        "bad_data",
    ),
    "xml: VRT": (lambda _: "<OGRVRTDataSource></OGRVRTDataSource>", "bad_data"),
    "xml: GDAL_WMS": (lambda _: "<GDAL_WMS><Service/></GDAL_WMS>", "bad_data"),
    "xml: no XML": (lambda _: "<<<<", "bad_data"),
    "json: NaN": (lambda _: geojson().replace("51.8", "NaN"), "bad_data"),
    "json: infinite by overflow": (lambda _: geojson().replace("51.8", "1e999"), "bad_data"),
    "json: huge integer": (lambda _: geojson().replace("51.8", "9" * 400), "bad_data"),
    "json: integer of 10,000 digits": (lambda _: geojson().replace("51.8", "9" * 9999), "bad_data"),
    "json: deep nesting": (lambda _: '{"type":' + "[" * 200_000, "bad_data"),
    "json: nested collections": (
        lambda _: '{"type":"GeometryCollection","geometries":[' * 200 + "]}" * 200,
        "bad_data",
    ),
    "json: 10 MB string": (lambda _: json.dumps({"type": "x" * 10_000_000}), "bad_data"),
    "json: text for numbers": (lambda _: geojson().replace("51.8", '"51.8"'), "bad_data"),
    "json: booleans": (
        lambda _: json.dumps({"type": "Polygon", "coordinates": [[[True, False]] * 4]}),
        "bad_data",
    ),
    "json: ragged rings": (
        lambda _: json.dumps({"type": "Polygon", "coordinates": [[[1, 2], [3], [4, 5], [1, 2]]]}),
        "bad_data",
    ),
    "json: two vertices": (
        lambda _: json.dumps({"type": "Polygon", "coordinates": [[[1, 2], [3, 4]]]}),
        "bad_data",
    ),
    "json: coordinates are no list": (
        lambda _: json.dumps({"type": "Polygon", "coordinates": {"0": 1}}),
        "bad_data",
    ),
    "json: a list": (lambda _: " \n[1]", "bad_data"),
    "json: features that are none": (
        lambda _: json.dumps({"type": "FeatureCollection", "features": [1]}),
        "bad_data",
    ),
    "json: bad UTF-8": (lambda _: b'{"type": "\xff\xfe"}', "bad_data"),
    "json: linked CRS": (
        lambda _: geojson(crs={"type": "link", "properties": {"href": "http://127.0.0.1:9/"}}),
        "bad_data",
    ),
    "json: CRS that reads a file": (
        lambda _: geojson(
            crs={"type": "name", "properties": {"name": "+proj=longlat +nadgrids=/etc/passwd"}}
        ),
        "bad_data",
    ),
    "json: unknown CRS": (
        lambda _: geojson(crs={"type": "name", "properties": {"name": "EPSG:999999"}}),
        "bad_data",
    ),
}
GEOPACKAGES: dict[str, tuple[Callable[[Path], bytes | str], str]] = {
    "gpkg: trigger": (
        gpkg("CREATE TRIGGER evil AFTER INSERT ON one BEGIN DELETE FROM gpkg_contents; END"),
        "bad_data",
    ),
    "gpkg: virtual table": (
        gpkg("CREATE VIRTUAL TABLE evil USING fts3(body)"),
        "bad_data",
    ),
    "gpkg: view that calls functions": (gpkg(*VIEW), "bad_data"),
    "gpkg: generated column that calls a function": (
        gpkg(
            "ALTER TABLE one ADD COLUMN g BLOB GENERATED ALWAYS AS (zeroblob(500000000)) VIRTUAL",
            "UPDATE gpkg_geometry_columns SET column_name = 'g'",
        ),
        "bad_data",
    ),
    "gpkg: too many tables": (
        gpkg(*(f"CREATE TABLE t{i}(x)" for i in range(1100))),
        "too_large",
    ),
    "gpkg: too many layers": (
        gpkg(
            *(
                "INSERT INTO gpkg_contents(table_name, data_type, identifier, srs_id) "
                f"VALUES ('l{i}', 'features', 'l{i}', 4326)"
                for i in range(25)
            ),
            *(
                f"INSERT INTO gpkg_geometry_columns VALUES ('l{i}', 'geom', 'POLYGON', 4326, 0, 0)"
                for i in range(25)
            ),
        ),
        "too_large",
    ),
    "gpkg: layer that is absent": (
        gpkg("ALTER TABLE one RENAME TO two"),
        "bad_data",
    ),
    "gpkg: CRS that reads a file": (
        gpkg(
            "INSERT INTO gpkg_spatial_ref_sys VALUES "
            "('x', 77, 'NONE', 77, 'BOUNDCRS[PARAMETERFILE[\"/etc/passwd\"]]', '')",
            "UPDATE gpkg_geometry_columns SET srs_id = 77",
        ),
        "bad_data",
    ),
    "gpkg: no CRS": (gpkg("UPDATE gpkg_geometry_columns SET srs_id = -1"), "bad_data"),
    "gpkg: no features": (gpkg("DELETE FROM gpkg_contents"), "bad_data"),
    "gpkg: collections nested a million deep": (
        lambda f: gpkg_blob(f, header(nested_wkb(7, 1_000_000))),
        "bad_data",
    ),
    "gpkg: multi-polygons nested a million deep": (
        lambda f: gpkg_blob(f, header(nested_wkb(6, 1_000_000))),
        "bad_data",
    ),
    "gpkg: 2^32 rings": (
        lambda f: gpkg_blob(f, header(struct.pack("<BII", 1, 3, 2**32 - 1))),
        "bad_data",
    ),
    "gpkg: 2^32 points": (
        lambda f: gpkg_blob(f, header(struct.pack("<BIII", 1, 3, 1, 2**32 - 1))),
        "bad_data",
    ),
    "gpkg: 2^32 parts": (
        lambda f: gpkg_blob(f, header(struct.pack("<BII", 1, 6, 2**32 - 1))),
        "bad_data",
    ),
    "gpkg: unknown envelope": (lambda f: gpkg_blob(f, b"GP\x00\x0f" + bytes(60)), "bad_data"),
    "gpkg: no geometry": (lambda f: gpkg_blob(f, b"hello, world"), "bad_data"),
    "gpkg: cut in half": (lambda f: geopackage(f).read_bytes()[:9000], "bad_data"),
    "sqlite: no GeoPackage": (lambda _: b"SQLite format 3\0" + bytes(4096), "bad_data"),
}
OTHERS: dict[str, tuple[Callable[[Path], bytes | str], str]] = {
    "other: GeoTIFF": (lambda _: b"II*\0" + bytes(100), "bad_data"),
    "other: empty": (lambda _: b"", "bad_data"),
    "other: larger than the cap": (lambda _: b"{" + b" " * shapes.MAX_BYTES, "too_large"),
}
