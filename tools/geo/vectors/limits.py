"""Bounds on the work of comparing geometries, checked before the work is done."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any, Final, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import STRtree

from ...errors import RetryableToolError, ToolError

Shapes = NDArray[np.object_]
Floats = NDArray[np.float64]
Integers = NDArray[np.int64]
Flags = NDArray[np.bool_]

MAX_FEATURES: Final = 200_000
MAX_VERTICES: Final = 2_000_000
MAX_PAIRS: Final = 2_000_000
MAX_WORK: Final = 50_000_000
MAX_EDGE_PAIRS: Final = 5_000_000
_NEAR_PER_EDGE: Final = 16
_PAIRS_AT_ONCE: Final = 20_000_000


class Pairs(NamedTuple):
    """Rows of a left and of a right layer that belong together, as two arrays of one length."""

    left: Integers
    right: Integers


def vertices(shapes: Shapes) -> Integers:
    """Return the number of vertices of each geometry."""
    return shapely.get_num_coordinates(shapes).astype(np.int64)


def require_size(features: int, vertex_count: int = 0) -> None:
    """Refuse a layer with more features or vertices than a tool may hold."""
    if features > MAX_FEATURES or vertex_count > MAX_VERTICES:
        raise ToolError(
            f"the layer has {features:,} features with {vertex_count:,} vertices, more than "
            f"{MAX_FEATURES:,} or {MAX_VERTICES:,}; choose a smaller area or one class",
            kind="too_large",
        )


def too_much(what: str, most: int) -> RetryableToolError:
    """Return the error for two layers whose comparison would take too long."""
    return RetryableToolError(
        f"the layers need more than {most:,} {what}; choose a smaller area, filter the features, "
        "or simplify them first",
        kind="too_large",
    )


def box_pairs(tree: STRtree, shapes: Shapes) -> Pairs:
    """Return the rows (shapes, tree) whose bounding boxes meet, at most `MAX_PAIRS`."""
    found = list(_chunks(tree, shapes, MAX_PAIRS))
    if not found:
        none = np.zeros(0, dtype=np.int64)
        return Pairs(none, none)
    left, right = (np.concatenate(side) for side in zip(*found, strict=True))
    return Pairs(left, right)


def _chunks(tree: STRtree, shapes: Shapes, most: int) -> Generator[Pairs, None, None]:
    """Yield pairs by parts, so that memory is bounded before the count is known."""
    step = max(_PAIRS_AT_ONCE // max(len(tree), 1), 1)
    count = 0
    for start in range(0, len(shapes), step):
        left, right = tree.query(shapes[start : start + step])
        count += len(left)
        if count > most:
            raise too_much("comparisons", most)
        yield Pairs(left.astype(np.int64) + start, right.astype(np.int64))


def intersecting_pairs(left: Shapes, right: Shapes) -> Pairs:
    """Return the rows (left, right) that share at least a point."""
    near = box_pairs(STRtree(right), left)
    sizes = vertices(left), vertices(right)
    one, two = sizes[0][near.left], sizes[1][near.right]
    if int(np.minimum(one, two).sum()) > MAX_WORK:
        raise too_much("vertex comparisons", MAX_WORK)
    swap = two > one
    # The larger of the two is the prepared one: its own index is then used.
    larger = np.where(swap, right[near.right], left[near.left])
    smaller = np.where(swap, left[near.left], right[near.right])
    shapely.prepare(left)
    shapely.prepare(right)
    touch = shapely.intersects(larger, smaller)
    return Pairs(near.left[touch], near.right[touch])


def require_overlay_work(left: Shapes, right: Shapes, pairs: Pairs) -> None:
    """Refuse pairs whose intersection would take too long or cross too often."""
    one, two = vertices(left)[pairs.left], vertices(right)[pairs.right]
    if int((one + two).sum()) > MAX_WORK:
        raise too_much("vertex comparisons", MAX_WORK)
    _require_few_crossings(left, right, pairs)


def require_difference_work(left: Shapes, right: Shapes, pairs: Pairs) -> None:
    """Refuse pairs where taking all right geometries off each left one would take too long."""
    once = int(vertices(left[np.unique(pairs.left)]).sum())
    if once + int(vertices(right)[pairs.right].sum()) > MAX_WORK:
        raise too_much("vertex comparisons", MAX_WORK)
    _require_few_crossings(left, right, pairs)
    require_union_work(right[np.unique(pairs.right)])


def _require_few_crossings(left: Shapes, right: Shapes, pairs: Pairs) -> None:
    one, two = vertices(left)[pairs.left], vertices(right)[pairs.right]
    if float(one.astype(np.float64) @ two) > MAX_EDGE_PAIRS:
        _require_few_edge_pairs(left[np.unique(pairs.left)], right[np.unique(pairs.right)])


def require_union_work(shapes: Shapes) -> None:
    """Refuse geometries whose edges meet so often that joining them exhausts memory."""
    if float(vertices(shapes).sum()) ** 2 > MAX_EDGE_PAIRS:
        _require_few_edge_pairs(shapes, shapes)


def _require_few_edge_pairs(left: Shapes, right: Shapes) -> None:
    one, two = _edges(left), _edges(right)
    most = MAX_EDGE_PAIRS + _NEAR_PER_EDGE * (len(one) + len(two))
    try:
        for _ in _chunks(STRtree(two), one, most):
            pass
    except RetryableToolError as error:
        raise too_much("crossings of edges", most) from error


def _edges(shapes: Shapes) -> Any:
    parts = shapely.get_parts(shapely.get_parts(shapes))
    flat = shapely.get_type_id(parts) == shapely.GeometryType.POLYGON
    lines = np.concatenate([shapely.get_rings(parts[flat]), parts[~flat]])
    points, line = shapely.get_coordinates(lines, return_index=True)
    along = line[:-1] == line[1:]
    return shapely.linestrings(np.stack([points[:-1][along], points[1:][along]], axis=1))
