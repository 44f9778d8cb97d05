"""An area that a person types: four edges, GeoJSON or WKT, as a GeoJSON object in EPSG:4326.

RFC 7946 and ISO 19125 (WKT) both write longitude before latitude here. Edges in the other order
are refused, not guessed; an outline in it is swapped where that is certain, and the answer says so.
"""

from __future__ import annotations

import json
import math
import re
from typing import Any, Final

import numpy as np
import shapely

from ...errors import ToolError, UsageError
from ...uploads.geojson import parse_json
from .box import Box
from .drawn import MAX_CHARS, outline_of_geojson

ORDER: Final = "west,south,east,north"
_WKT: Final = re.compile(
    r"(?:SRID\s*=\s*(?P<srid>\d+)\s*;\s*)?(?P<kind>[A-Z]+)\s*[A-Z]*\s*\(", re.I
)
_EDGES: Final = re.compile(r"(?:[-+.\d\s,]|e[-+]?\d|nan|inf(?:inity)?){1,200}", re.IGNORECASE)
_POLYGONS: Final = ("POLYGON", "MULTIPOLYGON")
_SHOWN: Final = 60
# An edge longer than 180 degrees would be taken for one over the 180th meridian.
_LONGEST_DEG: Final = 90.0


def read_given(text: str) -> dict[str, Any]:
    """Return a typed area as a GeoJSON object, checked; UsageError says what is wrong with it."""
    said = text.strip()
    if len(said) > MAX_CHARS:
        raise UsageError(
            f"the area has {len(said):,} characters, more than {MAX_CHARS:,}: give it as a file"
        )
    wkt = _WKT.match(said)
    if said.startswith("{"):
        document = _from_geojson(said)
    elif wkt:
        document = _from_wkt(said, wkt)
    elif "," in said and _EDGES.fullmatch(said):
        document = edges_geojson(read_edges(said))
    else:
        raise UsageError(
            f"the area {_short(said)} is no file that exists, no box ({ORDER} in degrees), no "
            "GeoJSON and no WKT polygon: give one of them"
        )
    _require_usable(document)
    return document


def read_edges(text: str) -> Box:
    """Return typed edges in degrees; `west` above `east` crosses the 180th meridian."""
    parts = text.split(",")
    try:
        west, south, east, north = (float(part) for part in parts)
    except ValueError as error:
        raise UsageError(
            f"the box {_short(text)} is not four numbers: write it as {ORDER} in degrees, "
            "such as 4.0,51.8,4.6,52.1"
        ) from error
    return checked_edges(Box(west, south, east, north))


def checked_edges(box: Box) -> Box:
    """Return a box whose edges are finite degrees in order; UsageError says what is not."""
    said = ",".join(f"{edge:g}" for edge in box)
    west, south, east, north = box
    if not all(map(math.isfinite, box)):
        raise UsageError(f"the box {said} has edges that are no finite numbers: give degrees")
    if max(abs(south), abs(north)) > 90:
        trap = max(abs(west), abs(east)) <= 90 and max(abs(south), abs(north)) <= 180
        hint = " (is latitude before longitude?)" if trap else ""
        raise UsageError(
            f"the box {said} has latitudes beyond 90 degrees{hint}: write it as {ORDER}"
        )
    if max(abs(west), abs(east)) > 360 or west == east:
        raise UsageError(
            f"the box {said} needs longitudes within 360 degrees that differ: write it as {ORDER}"
        )
    if south >= north:
        raise UsageError(
            f"the box {said} has its south ({south:g}) not below its north ({north:g}): write it "
            f"as {ORDER}"
        )
    if west > east and east + 360 - west > 180:
        raise UsageError(
            f"the box {said} has its west ({west:g}) east of its east ({east:g}), and over the "
            f"180th meridian it would be wider than 180 degrees: write it as {ORDER}"
        )
    if east - west > 360:
        raise UsageError(f"the box {said} is wider than 360 degrees: write it as {ORDER}")
    return box


def edges_geojson(box: Box) -> dict[str, Any]:
    """Return a box as a polygon whose edges say unmistakably which way round Earth they go."""
    east = box.east + 360 if box.west > box.east else box.east
    shape = shapely.box(box.west, box.south, east, box.north)
    dense = shapely.segmentize(shape, _LONGEST_DEG)
    return json.loads(json.dumps(shapely.geometry.mapping(dense)))


def _require_usable(document: dict[str, Any]) -> None:
    try:
        outline_of_geojson(json.dumps(document))
    except ToolError as error:
        raise _refused(error) from error


def _refused(error: ToolError) -> UsageError:
    reason = str(error).removeprefix("the upload ").removeprefix("the area of interest ")
    return UsageError(f"the area given {reason}")


def _from_geojson(text: str) -> dict[str, Any]:
    try:
        return parse_json(text.encode("utf-8", "replace"))
    except ToolError as error:
        raise _refused(error) from error


def _from_wkt(text: str, match: re.Match[str]) -> dict[str, Any]:
    if match["srid"] not in (None, "4326"):
        raise UsageError(
            f"the area is in SRID {match['srid']}: give longitude and latitude (SRID 4326)"
        )
    if match["kind"].upper() not in _POLYGONS:
        raise UsageError(
            f"the area is a {match['kind'].upper()[:20]}: give POLYGON or MULTIPOLYGON"
        )
    try:
        shape = shapely.from_wkt(text[match.start("kind") :])
    except (shapely.GEOSException, ValueError, NotImplementedError) as error:
        raise UsageError(f"the area {_short(text)} is no readable WKT: correct it") from error
    if not np.isfinite(shapely.get_coordinates(shape)).all():
        raise UsageError("the area given has coordinates that are no finite numbers: give degrees")
    return json.loads(json.dumps(shapely.geometry.mapping(shape)))


def _short(text: str) -> str:
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]}…")
