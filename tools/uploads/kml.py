"""Polygons of KML (OGC 12-007r2): no entities, no document types, nothing fetched."""

from __future__ import annotations

import io
from typing import Any, Final
from xml.etree.ElementTree import ParseError

import numpy as np
from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import iterparse

from .shapes import WGS84, Coordinates, PolygonBuilder, Upload, refused

MAX_DEPTH: Final = 60
MAX_ELEMENTS: Final = 1_000_000
_NO_AREA: Final = frozenset(("Point", "LineString", "Track", "MultiTrack"))
_OUTER: Final = "outerBoundaryIs"
_INNER: Final = "innerBoundaryIs"


def read_kml(raw: bytes) -> Upload:
    """Return the polygons of a KML document, in longitude and latitude (WGS 84)."""
    try:
        return _read(raw)
    except DefusedXmlException as error:
        raise refused("is XML with a document type or entities; send plain KML") from error
    except (ParseError, LookupError, ValueError) as error:
        raise refused("is no well-formed KML; export it again") from error


def _read(raw: bytes) -> Upload:
    builder = PolygonBuilder()
    path: list[str] = []
    features = elements = 0
    for event, element in iterparse(io.BytesIO(raw), ("start", "end"), forbid_dtd=True):
        name = str(element.tag).rpartition("}")[2]
        if event == "start":
            path.append(name)
            elements += 1
            _check(path, elements)
            features += name == "Placemark"
            continue
        path.pop()
        if name == "Polygon":
            builder.add(_rings(element))
        elif name in _NO_AREA:
            builder.skipped += 1
        if name in ("Polygon", "Placemark", *_NO_AREA):
            element.clear()
    return Upload("KML", (builder.layer(WGS84, features),))


def _check(path: list[str], elements: int) -> None:
    if path[0] != "kml":
        raise refused("is XML but no KML; send KML")
    if len(path) > MAX_DEPTH or elements > MAX_ELEMENTS:
        raise refused(
            f"nests more than {MAX_DEPTH} elements or has more than {MAX_ELEMENTS:,} of them; "
            "export only the area that is meant",
            "too_large",
        )
    if path[-1] in ("NetworkLink", "NetworkLinkControl"):
        raise refused("is KML that links to other files, which are never fetched; send those files")


def _rings(polygon: Any) -> list[Coordinates]:
    """Return the outer ring, then the holes."""
    found: dict[str, list[Coordinates]] = {_OUTER: [], _INNER: []}
    for boundary in polygon:
        name = str(boundary.tag).rpartition("}")[2]
        for ring in boundary.iter() if name in found else ():
            if str(ring.tag).rpartition("}")[2] == "coordinates":
                found[name].append(_positions(ring.text or ""))
    if len(found[_OUTER]) != 1:
        raise refused("has a KML polygon without one outer boundary; export it again")
    return found[_OUTER] + found[_INNER]


def _positions(text: str) -> Coordinates:
    pairs = [tuple(map(float, position.split(",")[:2])) for position in text.split()]
    if any(len(pair) != 2 for pair in pairs):
        raise refused("has KML coordinates that are not longitude,latitude; export it again")
    return np.array(pairs, dtype=np.float64).reshape(-1, 2)
