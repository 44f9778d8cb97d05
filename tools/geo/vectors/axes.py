"""Coordinates that are no longitude and latitude in this order: mended when clear, else refused."""

from __future__ import annotations

from typing import Final

import numpy as np
import shapely

from ...errors import ToolError
from .limits import Floats, Shapes
from .meridian import crosses_180, cut_at_180

Box = tuple[float, float, float, float]

SWAPPED: Final = "latitude came before longitude in the features; the two were swapped"
WRAPPED: Final = "longitudes from 180 to 360 degrees were read as west of Greenwich"
CUT: Final = "features cross the 180th meridian and were cut there"
_ROOM: Final = 1.0


def lonlat(shapes: Shapes, extent: Box | None, notes: list[str]) -> Shapes:
    """Return geometries as longitude and latitude in degrees, cut at ±180.

    `extent` is where the collection says its data lies; what was mended is added to `notes`.
    """
    points = shapely.get_coordinates(shapes)
    if not np.isfinite(points).all():
        raise _bad("coordinates that are not finite numbers", "repair the source data")
    x, y = np.abs(points).max(axis=0)
    if x > 360 or y > 360:
        raise _bad(
            f"coordinates up to {x:.6g} and {y:.6g} under a CRS in degrees; they look like metres",
            "state the projected CRS they are in",
        )
    if y > 90:
        shapes = _swapped(shapes, points, extent, notes)
        x = np.abs(shapely.get_coordinates(shapes)[:, 0]).max()
    else:
        _require_not_swapped(points, extent)
    if x > 180:
        shapes = _wrapped(shapes, notes)
    if crosses_180(shapes).any():
        notes.append(CUT)
        shapes = cut_at_180(shapes)
    return shapes


def _swapped(shapes: Shapes, points: Floats, extent: Box | None, notes: list[str]) -> Shapes:
    """Return geometries with axes exchanged, where latitudes above 90 leave no other reading."""
    x, y = np.abs(points).max(axis=0)
    inside = extent is None or _meets(points[:, ::-1], extent)
    if x > 90 or y > 180 or not inside:
        raise _bad(
            f"latitudes up to {y:.6g} degrees",
            "write longitude before latitude, or state the CRS",
        )
    notes.append(SWAPPED)
    return shapely.transform(shapes, lambda pairs: pairs[:, ::-1])


def _require_not_swapped(points: Floats, extent: Box | None) -> None:
    """Refuse features that would lie in their collection's extent only with axes exchanged."""
    if extent is None or _meets(points, extent) or not _meets(points[:, ::-1], extent):
        return
    west, south, east, north = (round(edge, 3) for edge in extent)
    raise _bad(
        f"no point in the extent of their collection, {west} to {east} degrees of longitude and "
        f"{south} to {north} of latitude, but would with the two exchanged",
        "correct the order of the axes in the source",
    )


def _meets(points: Floats, extent: Box) -> bool:
    west, south, east, north = extent
    low, high = points.min(axis=0) - _ROOM, points.max(axis=0) + _ROOM
    return bool(low[0] <= east and high[0] >= west and low[1] <= north and high[1] >= south)


def _wrapped(shapes: Shapes, notes: list[str]) -> Shapes:
    """Return geometries whose longitudes reach beyond ±180 degrees, cut there and moved by 360."""
    notes.append(WRAPPED)
    world = shapely.box(-180, -90, 180, 90)
    valid = shapely.make_valid(shapes)
    whole = shapely.get_dimensions(valid)
    parts: list[Shapes] = []
    for by in (-360.0, 0.0, 360.0):
        part = shapely.intersection(_shifted(valid, by), world)
        # What only touches the far edge of the map leaves a line there: not a part.
        part[shapely.get_dimensions(part) != whole] = None
        parts.append(part)
    return np.asarray(shapely.union_all(np.stack(parts), axis=0), dtype=object)


def _shifted(shapes: Shapes, by: float) -> Shapes:
    return shapely.transform(shapes, lambda points: points + np.array([by, 0.0]))


def _bad(what: str, advice: str) -> ToolError:
    return ToolError(f"the features have {what}; {advice} and load them again", kind="bad_data")
