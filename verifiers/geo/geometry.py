"""Whether shapes, coordinate systems and units of a record's outputs make sense."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from typing import Any

import shapely
from pyproj import CRS
from pyproj.exceptions import CRSError
from shapely.errors import ShapelyError

from ...tools.records import Record, Value
from ..verdict import Verdict

# Areas and lengths must say their unit; counts, shares and statistics of an index have none.
MEASURES = re.compile(r"^(?:area|length|distance|perimeter)|_(?:ha|m2|km2|m|km|deg)$")


def check_geometry(record: Record) -> Verdict:
    """Check geometry validity, longitude and latitude ranges, CRS, area and stated units."""
    aoi, raster, drawn = (record.outputs.get(kind) for kind in ("aoi", "raster", "map"))
    if not (aoi or raster or drawn or record.values):
        return Verdict(name="geometry", outcome="skipped", method="nothing to check")
    problems = [
        *(_area(aoi) if aoi else ()),
        *(_raster(raster) if raster else ()),
        *(_bounds("map bounds", drawn.get("bounds")) if drawn else ()),
        *(problem for value in record.values for problem in _value(value)),
    ]
    return Verdict(
        name="geometry",
        outcome="fail" if problems else "pass",
        method="validity, coordinate ranges, CRS, area and units",
        evidence="; ".join(problems),
        details={"record": record.id},
    )


def _area(aoi: Mapping[str, Any]) -> Iterator[str]:
    try:
        shape = shapely.geometry.shape(aoi["geometry"])
    except (ShapelyError, KeyError, TypeError, ValueError, AttributeError) as error:
        yield f"AOI geometry is unreadable ({type(error).__name__}: {error})"
        return
    if shape.is_empty or not shape.area > 0:
        yield "AOI has no area"
    elif not shape.is_valid:
        yield f"AOI geometry is invalid: {shapely.is_valid_reason(shape)}"
    else:
        yield from _bounds("AOI geometry", shape.bounds)
    yield from _bounds("AOI bbox", aoi.get("bbox"))


def _bounds(what: str, bounds: Any) -> Iterator[str]:
    try:
        west, south, east, north = map(float, bounds)
    except (TypeError, ValueError):
        yield f"{what} {bounds!r} is not west, south, east, north"
        return
    if not all(map(math.isfinite, (west, south, east, north))):
        yield f"{what} {bounds!r} is not finite"
    elif not (-180 <= west <= east <= 180 and -90 <= south <= north <= 90):
        yield f"{what} {bounds!r} is not in degrees of longitude and latitude"


def _raster(raster: Mapping[str, Any]) -> Iterator[str]:
    try:
        CRS.from_user_input(raster["crs"])
    except (CRSError, KeyError) as error:
        yield f"raster has no usable CRS ({type(error).__name__})"


def _value(value: Value) -> Iterator[str]:
    if isinstance(value.value, str):
        return
    if not math.isfinite(value.value):
        yield f"value {value.name} is {value.value!r}"
    if MEASURES.search(value.name) and not value.unit:
        yield f"value {value.name} states no unit"
    if value.name.startswith("area") and value.value < 0:
        yield f"value {value.name} is negative: {value.value!r}"
