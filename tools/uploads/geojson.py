"""Polygons of GeoJSON (RFC 7946, and the `crs` member of its 2008 predecessor), bounded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any, Final, NoReturn

import numpy as np
from pyproj import CRS

from .shapes import (
    MAX_POLYGONS,
    WGS84,
    Coordinates,
    PolygonBuilder,
    Upload,
    crs_of_code,
    refused,
)

MAX_NESTING: Final = 8
_NO_AREA: Final = frozenset(("Point", "MultiPoint", "LineString", "MultiLineString"))


def read_geojson(raw: bytes) -> Upload:
    """Return the polygons of a GeoJSON document; attributes are not looked at."""
    document = parse_json(raw)
    builder = PolygonBuilder()
    features = 0
    for geometry in _geometries(document):
        features += 1
        if features > MAX_POLYGONS:
            raise refused(f"has more than {MAX_POLYGONS:,} features; send fewer", "too_large")
        add_geometry(builder, geometry)
    return Upload("GeoJSON", (builder.layer(_crs(document), features),))


def parse_json(raw: bytes) -> dict[str, Any]:
    """Return a JSON object; NaN, bad UTF-8 and deep nesting are refused."""
    try:
        document = json.loads(raw.decode("utf-8-sig"), parse_constant=_not_json)
    except RecursionError as error:
        raise refused("is JSON that is nested too deeply; send plain GeoJSON") from error
    except (UnicodeDecodeError, ValueError) as error:
        raise refused("is no valid JSON in UTF-8; write it again as GeoJSON") from error
    if not isinstance(document, dict):
        raise refused("is JSON but no object; send GeoJSON")
    return document


def _not_json(_: str) -> NoReturn:
    raise ValueError("NaN and Infinity are no JSON")


def _geometries(document: dict[str, Any]) -> Iterator[Any]:
    kind = document.get("type")
    if kind == "FeatureCollection":
        for feature in _list(document.get("features")):
            if not isinstance(feature, dict) or feature.get("type") != "Feature":
                raise refused("has a member of `features` that is no Feature; correct it")
            yield feature.get("geometry")
    elif kind == "Feature":
        yield document.get("geometry")
    else:
        yield document


def add_geometry(builder: PolygonBuilder, geometry: Any, depth: int = 0) -> None:
    """Add a geometry's polygons; a null geometry, points and lines are counted as skipped."""
    if geometry is None:
        builder.skipped += 1
        return
    kind = geometry.get("type") if isinstance(geometry, dict) else None
    if kind == "GeometryCollection":
        if depth == MAX_NESTING:
            raise refused("has geometry collections nested too deeply; send plain polygons")
        for part in _list(geometry.get("geometries")):
            add_geometry(builder, part, depth + 1)
    elif kind == "Polygon":
        _add_polygon(builder, geometry.get("coordinates"))
    elif kind == "MultiPolygon":
        for polygon in _list(geometry.get("coordinates")):
            _add_polygon(builder, polygon)
    elif kind in _NO_AREA:
        builder.skipped += 1
    else:
        raise refused("has a geometry of no GeoJSON type; send Polygon or MultiPolygon")


def _add_polygon(builder: PolygonBuilder, rings: Any) -> None:
    builder.add([_ring(ring) for ring in _list(rings)])


def _ring(positions: Any) -> Coordinates:
    try:
        pairs = np.array([(x, y) for x, y, *_ in _list(positions)])
    except (ValueError, TypeError, OverflowError) as error:
        raise refused("has positions that are not [longitude, latitude]; correct them") from error
    # Text and booleans would be converted silently, huge integers stay objects.
    if pairs.dtype.kind not in "if" or pairs.ndim != 2:
        raise refused("has positions that are no pairs of numbers; correct them")
    return pairs.astype(np.float64)


def _list(value: Any) -> list[Any]:
    if not isinstance(value, list):
        raise refused("has a GeoJSON member that should be a list; write it again")
    return value


def _crs(document: dict[str, Any]) -> CRS:
    if "crs" not in document:
        return WGS84
    member = document["crs"]
    named = isinstance(member, dict) and member.get("type") == "name"
    properties = member.get("properties") if named else None
    name = properties.get("name") if isinstance(properties, dict) else None
    if not isinstance(name, str):
        raise refused(
            "has a `crs` member that names no system (links are never followed); leave it out and "
            "send longitude and latitude"
        )
    return crs_of_code(name)
