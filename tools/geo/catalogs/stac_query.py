"""An area and a period as a STAC API is asked for them."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, time, timedelta
from typing import Any, Final

import shapely
from shapely.geometry.base import BaseGeometry

from ..catalog import UNDATED, Interval

# A GET search carries its outline in the address.
MAX_VERTICES: Final[Mapping[str, int]] = {"POST": 300, "GET": 30}


def when(interval: Interval) -> str | None:
    """Return a STAC interval, whose ends are both included, for half-open UTC days."""
    if interval == UNDATED:
        return None
    last = datetime.combine(interval.end, time(), UTC) - timedelta(microseconds=1)
    begin = ".." if interval.start <= UNDATED[0] else f"{interval.start.isoformat()}T00:00:00Z"
    end = ".." if interval.end >= UNDATED[1] else f"{last:%Y-%m-%dT%H:%M:%S.%f}Z"
    return f"{begin}/{end}"


def where(aoi: BaseGeometry, method: str) -> dict[str, Any]:
    """Return the spatial part of a search: a box as `bbox`, another shape as `intersects`.

    An outline of many vertices is sent as its convex hull, or its box; the scenes are checked
    against the outline itself afterwards.
    """
    most = MAX_VERTICES[method]
    if aoi.equals(shapely.box(*aoi.bounds)):
        return {"bbox": list(aoi.bounds)}
    shape = aoi if shapely.get_num_coordinates(aoi) <= most else shapely.convex_hull(aoi)
    if shapely.get_num_coordinates(shape) > most:
        return {"bbox": list(aoi.bounds)}
    return {"intersects": shapely.geometry.mapping(shape)}
