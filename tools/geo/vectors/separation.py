"""Which feature of another layer is nearest, and how far, on the WGS 84 ellipsoid.

The nearest points of a pair are found in an azimuthal equidistant plane around the one of them and
measured as a geodesic. A first candidate bounds how far the index must be searched for better ones,
so that the answer is that of comparing all pairs.
"""

from __future__ import annotations

import math
from typing import Final, NamedTuple

import numpy as np
import shapely
from shapely import STRtree

from .geodesic import GEOD, dense
from .limits import (
    MAX_WORK,
    Floats,
    Integers,
    Pairs,
    Shapes,
    box_pairs,
    intersecting_pairs,
    too_much,
    vertices,
)
from .projection import LocalPlane, point_groups

STEP_DEG: Final = 0.05
_SMALLEST_RADIUS_M: Final = 6_335_000.0
_HALF_TURN_M: Final = 20_100_000.0
_ROUNDING_M: Final = 1.0
_NEAR_CENTRE_M: Final = 300_000.0
_PASSES: Final = 3
# Beyond this the plane tears: only vertices are compared, not the edges between them.
_RIM_M: Final = 12_000_000.0
_MERCATOR_LAT: Final = 89.9


class Nearest(NamedTuple):
    """For each feature the row of the nearest other one and its distance in metres.

    Where nothing is within reach the row is -1 and the distance infinite.
    """

    other: Integers
    metres: Floats


def nearest(left: Shapes, right: Shapes, reach_m: float = math.inf) -> Nearest:
    """Return the nearest feature of `right` (degrees) for each of `left`, within `reach_m`."""
    other = np.full(len(left), -1, dtype=np.int64)
    metres = np.full(len(left), np.inf)
    touching = intersecting_pairs(left, right)
    _keep_best(other, metres, touching, np.zeros(len(touching.left)))
    apart = np.flatnonzero(other < 0)
    if len(apart) and len(right):
        found = _nearest_apart(left[apart], right, reach_m)
        other[apart], metres[apart] = found
    return Nearest(other, metres)


def _nearest_apart(left: Shapes, right: Shapes, reach_m: float) -> Nearest:
    """Return the nearest of features that do not touch."""
    outlines = _outlines(left), _outlines(right)
    boxes = shapely.bounds(left)
    tree = STRtree(_mercator_boxes(shapely.bounds(right)))
    rows = np.arange(len(left), dtype=np.int64)
    guess = np.asarray(tree.nearest(_mercator_boxes(boxes)), dtype=np.int64)
    first = Pairs(rows, guess)
    bound = pair_metres(*outlines, first)
    other = np.where(bound <= reach_m, guess, -1)
    metres = np.where(bound <= reach_m, bound, np.inf)
    near = _candidates(boxes, tree, np.minimum(bound, reach_m))
    new = near.right != guess[near.left]
    near = Pairs(near.left[new], near.right[new])
    distances = pair_metres(*outlines, near)
    within = distances <= reach_m
    _keep_best(other, metres, Pairs(near.left[within], near.right[within]), distances[within])
    return Nearest(other, metres)


def _keep_best(other: Integers, metres: Floats, pairs: Pairs, distances: Floats) -> None:
    """Put the nearest of the pairs into the answer, of equals the first row."""
    order = np.lexsort((pairs.right, distances, pairs.left))
    rows, first = np.unique(pairs.left[order], return_index=True)
    best = order[first]
    better = distances[best] < metres[rows]
    tied = (distances[best] == metres[rows]) & (pairs.right[best] < other[rows])
    chosen = better | tied
    other[rows[chosen]] = pairs.right[best][chosen]
    metres[rows[chosen]] = distances[best][chosen]


def _outlines(shapes: Shapes) -> Shapes:
    """Return what distances are measured to: edges cut short, polygons without their inside."""
    edges = shapes.copy()
    flat = shapely.get_dimensions(shapes) == 2
    plain = flat & (shapely.get_type_id(shapes) != shapely.GeometryType.GEOMETRYCOLLECTION)
    edges[plain] = shapely.boundary(shapes[plain])
    for row in np.flatnonzero(flat & ~plain):
        edges[row] = shapely.union_all([_edge(part) for part in shapely.get_parts(shapes[row])])
    return dense(edges, STEP_DEG)


def _edge(part: shapely.Geometry) -> shapely.Geometry:
    return shapely.boundary(part) if shapely.get_dimensions(part) == 2 else part


def _mercator_boxes(bounds: Floats) -> Shapes:
    """Return bounding boxes in a plane where near is near in every direction."""
    lat = np.radians(np.clip(bounds[:, [1, 3]], -_MERCATOR_LAT, _MERCATOR_LAT))
    y = np.degrees(np.arctanh(np.sin(lat)))
    return np.asarray(shapely.box(bounds[:, 0], y[:, 0], bounds[:, 2], y[:, 1]), dtype=object)


def _candidates(boxes: Floats, tree: STRtree, reach_m: Floats) -> Pairs:
    """Return the pairs whose boxes may be within each row's reach, also across ±180 degrees."""
    wider = _widened(boxes, reach_m)
    rows = np.arange(len(boxes), dtype=np.int64)
    left: list[Integers] = []
    right: list[Integers] = []
    for by in (-360.0, 0.0, 360.0):
        moved = wider + np.array([by, 0.0, by, 0.0])
        on_map = (moved[:, 0] <= 180.0) & (moved[:, 2] >= -180.0)
        found = box_pairs(tree, _mercator_boxes(moved[on_map]))
        left.append(rows[on_map][found.left])
        right.append(found.right)
    both = np.unique(np.stack([np.concatenate(left), np.concatenate(right)]), axis=1)
    return Pairs(both[0], both[1])


def _widened(boxes: Floats, reach_m: Floats) -> Floats:
    """Return boxes in degrees widened by at least `reach_m` metres on every side."""
    reach = np.minimum(reach_m * 1.01 + _ROUNDING_M, _HALF_TURN_M) / _SMALLEST_RADIUS_M
    south, north = boxes[:, 1] - np.degrees(reach), boxes[:, 3] + np.degrees(reach)
    steepest = np.radians(np.minimum(np.maximum(np.abs(boxes[:, 1]), np.abs(boxes[:, 3])), 90.0))
    # The widest of a circle on the sphere; one that holds a pole has all longitudes.
    ratio = np.sin(np.minimum(reach, math.pi / 2)) / np.maximum(np.cos(steepest), 1e-12)
    polar = (steepest + reach >= math.pi / 2) | (ratio >= 1.0)
    side = np.where(polar, 360.0, np.degrees(np.arcsin(np.minimum(ratio, 1.0))))
    return np.column_stack([boxes[:, 0] - side, south, boxes[:, 2] + side, north])


def pair_metres(left: Shapes, right: Shapes, pairs: Pairs) -> Floats:
    """Return the distance in metres of each pair of points, lines or outlines (degrees)."""
    metres = np.full(len(pairs.left), np.inf)
    if not len(metres):
        return metres
    one, two = shapely.get_type_id(left)[pairs.left], shapely.get_type_id(right)[pairs.right]
    dots = (one == shapely.GeometryType.POINT) & (two == shapely.GeometryType.POINT)
    start = shapely.get_coordinates(left[pairs.left[dots]])
    stop = shapely.get_coordinates(right[pairs.right[dots]])
    metres[dots] = GEOD.inv(start[:, 0], start[:, 1], stop[:, 0], stop[:, 1])[2]
    rest = np.flatnonzero(~dots)
    if len(rest):
        sides = Pairs(pairs.left[rest], pairs.right[rest])
        metres[rest] = _outline_metres(left, right, sides)
    return metres


def _outline_metres(left: Shapes, right: Shapes, pairs: Pairs) -> Floats:
    """Return distances, measured again around the nearest point when that is far from the start."""
    metres = np.full(len(pairs.left), np.inf)
    ends = shapely.get_coordinates(shapely.point_on_surface(left))[pairs.left]
    todo = np.arange(len(pairs.left))
    done = 0
    for _ in range(_PASSES):
        far: list[Integers] = []
        for group in point_groups(ends[todo]):
            rows = todo[group.rows]
            own = Pairs(pairs.left[rows], pairs.right[rows])
            done += _work(left, right, own)
            if done > MAX_WORK:
                raise too_much("vertex comparisons", MAX_WORK)
            points, distances = _in_plane(group.plane, left, right, own)
            metres[rows] = np.minimum(metres[rows], distances)
            ends[rows] = group.plane.points_to_degrees(points)
            far.append(rows[np.hypot(points[:, 0], points[:, 1]) > _NEAR_CENTRE_M])
        todo = np.concatenate(far)
        if not len(todo):
            break
    return metres


def _work(left: Shapes, right: Shapes, pairs: Pairs) -> int:
    once = vertices(right[np.unique(pairs.right)]).sum()
    return int(once + vertices(left[pairs.left]).sum())


def _in_plane(
    plane: LocalPlane, left: Shapes, right: Shapes, pairs: Pairs
) -> tuple[Floats, Floats]:
    """Return the left nearest points in the plane, and the geodesic distances, of pairs."""
    rows, one = np.unique(pairs.left, return_inverse=True)
    others, two = np.unique(pairs.right, return_inverse=True)
    near, far = plane.to_metres(left[rows]), _untorn(plane.to_metres(right[others]))
    shapely.prepare(far)
    lines = shapely.shortest_line(far[two], _untorn(near)[one])
    points = shapely.get_coordinates(lines).reshape(-1, 2, 2)
    degrees = plane.points_to_degrees(points.reshape(-1, 2)).reshape(-1, 2, 2)
    start, stop = degrees[:, 0], degrees[:, 1]
    metres = GEOD.inv(start[:, 0], start[:, 1], stop[:, 0], stop[:, 1])[2]
    return points[:, 1], np.asarray(metres)


def _untorn(shapes: Shapes) -> Shapes:
    """Return geometries with those near the antipode of the plane's centre as vertices alone."""
    bounds = shapely.bounds(shapes)
    reach = np.abs(bounds).max(axis=1)
    torn = ~(reach <= _RIM_M)
    if not torn.any():
        return shapes
    safe = shapes.copy()
    for row in np.flatnonzero(torn):
        points = shapely.get_coordinates(shapes[row])
        safe[row] = shapely.multipoints(points[np.isfinite(points).all(axis=1)])
    return safe
