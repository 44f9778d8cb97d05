"""Areas and lengths on the WGS 84 ellipsoid, edges taken as straight in longitude and latitude.

Karney (2013), Algorithms for geodesics, through pyproj.Geod. GeoJSON (RFC 7946 3.1.1) and simple
features draw an edge as a straight line of coordinates, which on the ground is no geodesic: edges
are cut into short pieces first.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import shapely
from pyproj import Geod

from .limits import Flags, Floats, Shapes

ELLIPSOID: Final = "WGS 84 ellipsoid"
GEOD: Final = Geod(ellps="WGS84")

_STEP_DEG: Final = 0.005
_MOST_PIECES: Final = 1_000_000
# Half of Earth can be written as the other half: outlines wider than this are measured in parts.
_WIDE_DEG: Final = 90.0


def dense(shapes: Any, step: float = _STEP_DEG) -> Any:
    """Return geometries (degrees) with edges of at most `step` degrees, more if they are many."""
    total = float(np.sum(shapely.length(shapes)))
    return shapely.segmentize(shapes, max(step, total / _MOST_PIECES))


def areas_m2(shapes: Shapes) -> Floats:
    """Return the area of each geometry's polygons in square metres."""
    parts, feature = _polygon_parts(shapes)
    areas = np.zeros(len(shapes))
    if not len(parts):
        return areas
    parts, feature = _narrow_parts(parts, feature)
    rings, part = shapely.get_rings(dense(parts), return_index=True)
    outer = np.r_[True, part[1:] != part[:-1]]
    sizes = np.array([_ring_m2(ring) for ring in rings])
    np.add.at(areas, feature[part], np.where(outer, sizes, -sizes))
    return np.maximum(areas, 0.0)


def _polygon_parts(shapes: Shapes) -> tuple[Any, Any]:
    once, first = shapely.get_parts(shapes, return_index=True)
    parts, second = shapely.get_parts(once, return_index=True)
    flat = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    return parts[flat], first[second][flat]


def _narrow_parts(parts: Any, feature: Any) -> tuple[Any, Any]:
    """Return the polygons with the wide ones cut along every 90th degree of longitude."""
    bounds = shapely.bounds(parts)
    wide = bounds[:, 2] - bounds[:, 0] > _WIDE_DEG
    if not wide.any():
        return parts, feature
    strips = [shapely.box(west, -90, west + 90, 90) for west in (-180, -90, 0, 90)]
    cut = np.concatenate([shapely.intersection(parts[wide], strip) for strip in strips])
    pieces, owner = _polygon_parts(cut)
    return (
        np.concatenate([parts[~wide], pieces]),
        np.concatenate([feature[~wide], np.tile(feature[wide], len(strips))[owner]]),
    )


def _ring_m2(ring: Any) -> float:
    points = shapely.get_coordinates(ring)
    return abs(GEOD.polygon_area_perimeter(points[:, 0], points[:, 1])[0])


def lengths_m(shapes: Shapes) -> Floats:
    """Return the length of each geometry's lines, and of its polygons' outlines, in metres.

    Edges along ±180 degrees are where a map was cut, not part of an outline.
    """
    lines, feature = _lines(shapes)
    lengths = np.zeros(len(shapes))
    if not len(lines):
        return lengths
    points, line = shapely.get_coordinates(dense(lines), return_index=True)
    along = (line[:-1] == line[1:]) & ~_on_the_cut(points)
    start, stop = points[:-1][along], points[1:][along]
    _, _, metres = GEOD.inv(start[:, 0], start[:, 1], stop[:, 0], stop[:, 1])
    np.add.at(lengths, feature[line[:-1][along]], metres)
    return lengths


def _on_the_cut(points: Floats) -> Flags:
    edge = np.abs(points[:, 0]) == 180.0
    return edge[:-1] & edge[1:]


def _lines(shapes: Shapes) -> tuple[Any, Any]:
    """Return the lines and rings of geometries, and the row that each is of."""
    once, first = shapely.get_parts(shapes, return_index=True)
    parts, second = shapely.get_parts(once, return_index=True)
    feature, kind = first[second], shapely.get_dimensions(parts)
    rings, ring = shapely.get_rings(parts[kind == 2], return_index=True)
    return (
        np.concatenate([rings, parts[kind == 1]]),
        np.concatenate([feature[kind == 2][ring], feature[kind == 1]]),
    )
