"""Files as people send them, and as attackers do, written byte by byte."""

from __future__ import annotations

import io
import json
import sqlite3
import struct
import zipfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import geopandas as gpd
import shapely

SQUARE = shapely.box(4.0, 51.8, 4.6, 52.1)
KML_SPACE = "http://www.opengis.net/kml/2.2"


def save(folder: Path, data: bytes | str, name: str = "file.bin") -> Path:
    path = folder / name
    path.write_bytes(data.encode() if isinstance(data, str) else data)
    return path


def frame(
    shapes: Iterable[shapely.Geometry] = (SQUARE,), crs: Any = "EPSG:4326"
) -> gpd.GeoDataFrame:
    shapes = list(shapes)
    return gpd.GeoDataFrame({"note": ["x"] * len(shapes)}, geometry=shapes, crs=crs)


def geojson(shapes: Iterable[shapely.Geometry] = (SQUARE,), **members: Any) -> str:
    features = [
        {"type": "Feature", "properties": {}, "geometry": shapely.geometry.mapping(shape)}
        for shape in shapes
    ]
    return json.dumps({"type": "FeatureCollection", "features": features, **members})


def geopackage(
    folder: Path, data: gpd.GeoDataFrame | None = None, **layers: gpd.GeoDataFrame
) -> Path:
    path = folder / "layers.gpkg"
    for name, layer in (layers or {"one": frame() if data is None else data}).items():
        layer.to_file(path, layer=name, driver="GPKG", mode="a" if path.exists() else "w")
    return path


def changed(path: Path, *statements: str) -> Path:
    """Run SQL on a GeoPackage as its author could have."""
    with sqlite3.connect(path) as database:
        database.execute("BEGIN")
        for statement in statements:
            database.execute(statement)
    database.close()
    return path


def shapefile(folder: Path, data: gpd.GeoDataFrame | None = None) -> dict[str, bytes]:
    """Return the files of a shapefile by suffix."""
    (frame() if data is None else data).to_file(folder / "area.shp", driver="ESRI Shapefile")
    return {p.suffix: p.read_bytes() for p in folder.glob("area.*")}


def zipped(entries: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    target = io.BytesIO()
    with zipfile.ZipFile(target, "w", method) as archive:
        for name, data in entries.items():
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return target.getvalue()


def kml(body: str, head: str = "") -> str:
    return f'<?xml version="1.0"?>{head}<kml xmlns="{KML_SPACE}"><Document>{body}</Document></kml>'


def placemark(shape: shapely.Polygon = SQUARE) -> str:
    def ring(name: str, line: shapely.LinearRing) -> str:
        text = " ".join(f"{x},{y},0" for x, y in line.coords)
        return f"<{name}><LinearRing><coordinates>{text}</coordinates></LinearRing></{name}>"

    holes = "".join(ring("innerBoundaryIs", hole) for hole in shape.interiors)
    outer = ring("outerBoundaryIs", shape.exterior)
    return f"<Placemark><name>x</name><Polygon>{outer}{holes}</Polygon></Placemark>"


def overlapping_zip(members: int = 3) -> bytes:
    """Return an archive whose central directory names one member's bytes several times."""
    one = zipped({"a.shp": b"x" * 2000}, zipfile.ZIP_STORED)
    start = one.index(b"PK\x01\x02")
    end = one.index(b"PK\x05\x06")
    central = one[start:end]
    entries = b"".join(central.replace(b"a.shp", f"{i}.shp".encode()) for i in range(members))
    local = one[:start]
    tail = struct.pack("<4s4H2IH", b"PK\x05\x06", 0, 0, members, members, len(entries), start, 0)
    return local + entries + tail


def nested_wkb(kind: int, depth: int) -> bytes:
    return struct.pack("<BII", 1, kind, 1) * depth + struct.pack("<BII", 1, 3, 0)
