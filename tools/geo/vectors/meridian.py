"""Geometries that cross the 180th meridian or hold a pole, cut there as RFC 7946 3.1.9 asks."""

from __future__ import annotations

from typing import Any, Final

import antimeridian
import numpy as np
import shapely
from shapely.geometry.base import BaseGeometry

from ...errors import ToolError
from .limits import Flags, Floats, Shapes

# The cutter recurses once a crossing.
MAX_CROSSINGS: Final = 300


def crosses_180(shapes: Shapes) -> Flags:
    """Return which geometries have an edge of more than 180 degrees of longitude.

    An edge of exactly 360 degrees runs along a map that already ends at ±180.
    """
    points, row = shapely.get_coordinates(shapes, return_index=True)
    jump = _jumps(points[:, 0]) & (row[1:] == row[:-1])
    # The step from one part of a geometry to its next part is no edge.
    parts = _part_numbers(shapes)
    jump &= parts[1:] == parts[:-1]
    crossing = np.zeros(len(shapes), dtype=bool)
    crossing[row[1:][jump]] = True
    return crossing


def _jumps(longitudes: Any) -> Any:
    step = np.abs(np.diff(longitudes))
    return (step > 180.0) & (step != 360.0)


def _part_numbers(shapes: Shapes) -> Any:
    """Return a number for every vertex that changes with its ring or line."""
    simple = shapely.get_parts(shapely.get_parts(shapes))
    counts: list[Any] = []
    flat = shapely.get_type_id(simple) == shapely.GeometryType.POLYGON
    if not flat.any():
        counts.append(shapely.get_num_coordinates(simple))
    else:
        rings, owner = shapely.get_rings(simple[flat], return_index=True)
        where = np.concatenate([np.flatnonzero(flat)[owner], np.flatnonzero(~flat)])
        sizes = shapely.get_num_coordinates(np.concatenate([rings, simple[~flat]]))
        counts.append(sizes[np.argsort(where, kind="stable")])
    sizes = np.concatenate(counts)
    return np.repeat(np.arange(len(sizes)), sizes)


def cut_at_180(shapes: Shapes, *, wound: bool = False) -> Shapes:
    """Return geometries in degrees whose long edges were read as crossings and cut there.

    `wound` says that the inside of every ring lies to its left as seen on the ground; otherwise a
    ring around a pole is taken to hold the nearer one.
    """
    crossing = crosses_180(shapes)
    if not crossing.any():
        return shapes
    cut = shapes.copy()
    for row in np.flatnonzero(crossing):
        parts = shapely.get_parts(shapely.get_parts([shapes[row]]))
        cut[row] = shapely.union_all([_cut_part(part, wound) for part in parts])
    return cut


def _cut_part(part: BaseGeometry, wound: bool) -> BaseGeometry:
    lines = shapely.get_rings(part) if part.geom_type == "Polygon" else [part]
    points = [shapely.get_coordinates(line) for line in lines]
    jumps = sum(int(_jumps(line[:, 0]).sum()) for line in points)
    if not jumps:
        return part
    if jumps > MAX_CROSSINGS:
        raise _uncuttable(f"crosses the 180th meridian more than {MAX_CROSSINGS} times")
    try:
        if isinstance(part, shapely.Polygon):
            shell, *holes = (_wind(ring, row > 0, wound) for row, ring in enumerate(points))
            whole = shapely.Polygon(shell, holes)
            fixed = antimeridian.fix_polygon(whole, fix_winding=False, great_circle=False)
        else:
            fixed = antimeridian.fix_line_string(shapely.LineString(points[0]), great_circle=False)
    except (ValueError, IndexError, AssertionError) as error:
        raise _uncuttable("crosses itself and the 180th meridian") from error
    return shapely.make_valid(fixed)


def _wind(ring: Floats, hole: bool, wound: bool) -> Floats:
    """Return a ring with the polygon's inside to its left."""
    step = np.diff(ring[:, 0])
    east = (step + 180.0) % 360.0 - 180.0
    turn = round(float(east.sum()) / 360.0)
    if turn:
        # Eastwards the left is north.
        north = float(ring[:, 1].mean()) > 0
        return ring if wound or (turn > 0) == north else ring[::-1]
    lon = np.r_[0.0, np.cumsum(east)]
    lat = ring[:, 1] - ring[0, 1]
    left = float(lon[:-1] @ lat[1:] - lon[1:] @ lat[:-1]) > 0
    return ring if left != hole else ring[::-1]


def _uncuttable(reason: str) -> ToolError:
    return ToolError(
        f"a feature {reason} and cannot be cut there; cut it at 180 degrees and load it again",
        kind="bad_data",
    )
