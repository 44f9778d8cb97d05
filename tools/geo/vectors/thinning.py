"""Fewer vertices within a tolerance in metres, every outline staying valid."""

from __future__ import annotations

from typing import Annotated, Final

import numpy as np
import shapely

from ...errors import RetryableToolError
from ...records import ToolResult, Value
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from ..distance import parse_distance_m
from .limits import Flags, Shapes, intersecting_pairs, vertices
from .meridian import crosses_180
from .projection import LocalPlane, local_groups
from .reading import LINE, POLYGON, only, read_feature_set, with_shapes
from .results import features_result, what

# The simplifier recurses once a vertex at worst: rings this long fit its stack many times over.
LONGEST_RING: Final = 10_000
_PIECE: Final = 2_000
_COVERAGE_DEG: Final = 20.0
_COVERAGE_VERTICES: Final = 1_000_000


class SimplifyArgs(ToolArgs):
    """By how much outlines may move."""

    tolerance: Annotated[str, Live("span.distance")]
    features: Annotated[str, Live("handle.features", hidden=True)]


def simplify_features(context: ToolContext, args: SimplifyArgs) -> ToolResult:
    """Drop vertices of lines and outlines within a tolerance in metres.

    Polygons that share borders without gaps are simplified together by Visvalingam and Whyatt
    (1993), so that they still do; all else one by one by Douglas and Peucker (1973).
    """
    tolerance = parse_distance_m(args.tolerance)
    features = only(read_feature_set(context, args.features), POLYGON, LINE)
    simpler, notes = simplified(features.shapes, tolerance)
    before, after = int(vertices(features.shapes).sum()), int(vertices(simpler).sum())
    frame = with_shapes(features.frame, simpler)
    values = (
        Value(name="vertices_before", value=before, unit="", about=f"vertices of {what(features)}"),
        Value(name="vertices_after", value=after, unit="",
              about=f"vertices of {what(features)} simplified to {tolerance:g} m"),
    )  # fmt: skip
    return features_result(
        context, features, frame, "simplified",
        values=values, notes=notes,
    )  # fmt: skip


def simplified(shapes: Shapes, tolerance: float) -> tuple[Shapes, tuple[str, ...]]:
    """Return geometries in degrees with fewer vertices, and what a person should know."""
    plane = _shared_plane(shapes)
    if plane is not None:
        flat = plane.to_metres(shapes)
        if _share_borders(shapes) and shapely.coverage_is_valid(flat):
            # The measure is an area: the smallest triangle kept has the tolerance squared.
            simpler = np.asarray(shapely.coverage_simplify(flat, tolerance), dtype=object)
            note = (
                "the polygons share their borders and still do; a corner went when its triangle "
                f"was smaller than {tolerance:g} m squared"
            )
            return plane.to_degrees(simpler), (note,)
    return _one_by_one(shapes, tolerance)


def _share_borders(shapes: Shapes) -> bool:
    met = intersecting_pairs(shapes, shapes)
    return bool((met.left != met.right).any())


def _shared_plane(shapes: Shapes) -> LocalPlane | None:
    """Return one plane for polygons that may share borders, None when it would distort."""
    west, south, east, north = shapely.total_bounds(shapes)
    flat = shapely.get_dimensions(shapes) == POLYGON
    near_edge = max(abs(south), abs(north)) > 85 or max(abs(west), abs(east)) > 179.999
    wide = max(east - west, north - south) > _COVERAGE_DEG
    many = int(vertices(shapes).sum()) > _COVERAGE_VERTICES
    if len(shapes) < 2 or not flat.all() or wide or near_edge or many:
        return None
    return LocalPlane((west + east) / 2, (south + north) / 2)


def _one_by_one(shapes: Shapes, tolerance: float) -> tuple[Shapes, tuple[str, ...]]:
    simpler = shapes.copy()
    for group in local_groups(shapes):
        flat = _fewer(group.plane.to_metres(shapes[group.rows]), tolerance)
        simpler[group.rows] = shapely.transform(flat, group.plane.points_to_degrees)
    kept = _broken(shapes, simpler)
    simpler[kept] = shapes[kept]
    # GEOS may drop the vertex a ring starts at, after those next to it went.
    notes = [
        f"each feature was simplified by itself to {tolerance:g} m; where a ring starts it may "
        "have moved by up to twice that"
    ]
    if int((shapely.get_dimensions(shapes) == POLYGON).sum()) > 1:
        notes.append("borders that features share may now have gaps")
    if kept.any():
        notes.append(
            f"{kept.sum()} features at ±180 degrees, at a pole or smaller than the tolerance "
            "were kept as they are"
        )
    return simpler, tuple(notes)


def _broken(before: Shapes, after: Shapes) -> Flags:
    """Return which geometries became empty, invalid, or turned over at the edge of the map."""
    bad = ~shapely.is_valid(after) | shapely.is_empty(after) | crosses_180(after)
    change = np.abs(shapely.bounds(after) - shapely.bounds(before)).max(axis=1)
    size = shapely.bounds(before)
    half = np.maximum(size[:, 2] - size[:, 0], size[:, 3] - size[:, 1]) / 2 + 1e-9
    on_edge = np.abs(size[:, [0, 2]]).max(axis=1) >= 180.0
    return bad | (change > half) | on_edge


def _fewer(shapes: Shapes, tolerance: float) -> Shapes:
    """Return geometries in metres simplified within the tolerance, topology kept."""
    rings = shapely.get_parts(shapely.get_parts(shapes))
    longest = int(shapely.get_num_coordinates(rings).max(initial=0))
    if longest <= LONGEST_RING:
        return shapely.simplify(shapes, tolerance, preserve_topology=True)
    coarse = np.array([_thinned(shape, tolerance / 2) for shape in shapes], dtype=object)
    parts = shapely.get_parts(shapely.get_parts(coarse))
    if int(shapely.get_num_coordinates(parts).max(initial=0)) > LONGEST_RING:
        raise RetryableToolError(
            f"an outline of {longest:,} vertices keeps more than {LONGEST_RING:,} within "
            f"{tolerance:g} m; choose a larger tolerance",
            kind="too_large",
        )
    return shapely.simplify(coarse, tolerance / 2, preserve_topology=True)


def _thinned(shape: shapely.Geometry, tolerance: float) -> shapely.Geometry:
    """Return a geometry whose long lines and rings were simplified piece by piece."""
    if shapely.get_num_coordinates(shape) <= LONGEST_RING:
        return shape
    parts = [_thinned_part(part, tolerance) for part in shapely.get_parts(shape)]
    thin = shapely.union_all(parts) if len(parts) > 1 else parts[0]
    if not shapely.is_valid(thin):
        raise RetryableToolError(
            f"an outline crosses itself when simplified by {2 * tolerance:g} m; choose a smaller "
            "tolerance",
            kind="too_large",
        )
    return thin


def _thinned_part(part: shapely.Geometry, tolerance: float) -> shapely.Geometry:
    if not isinstance(part, shapely.Polygon):
        return shapely.LineString(_thinned_line(shapely.get_coordinates(part), tolerance))
    shell, *holes = (
        _thinned_line(shapely.get_coordinates(ring), tolerance) for ring in shapely.get_rings(part)
    )
    return shapely.Polygon(shell, [hole for hole in holes if len(hole) > 3])


def _thinned_line(points: np.ndarray, tolerance: float) -> np.ndarray:
    """Return a line's points without those within the tolerance, in pieces of bounded length."""
    kept: list[np.ndarray] = []
    for start in range(0, len(points) - 1, _PIECE):
        piece = shapely.LineString(points[start : start + _PIECE + 1])
        ends = shapely.get_coordinates(shapely.simplify(piece, tolerance, preserve_topology=False))
        kept.append(ends[:-1])
    return np.concatenate([*kept, points[-1:]])


SIMPLIFY_FEATURES = ToolSpec(
    name="simplify_features",
    summary="simplify outlines within a distance",
    args=SimplifyArgs,
    run=simplify_features,
    produces=frozenset({"features", "value"}),
    consumes=frozenset({"features"}),
    effect="writes",
    cost="seconds",
)
