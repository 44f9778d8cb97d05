"""Fewer vertices within a stated distance, without recursion over untrusted outlines."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import Polygon

from ...errors import ToolError

MAX_OUTLINE: Final = 2000
MAX_JOINED: Final = 200_000
MAX_MOVED_SHARE: Final = 0.005
# The simplifier recurses once a vertex at worst: this many fit its stack many times over.
_SAFE: Final = 10_000
_METRES_PER_DEGREE: Final = 111_700.0

Ring = NDArray[np.float64]


class Thinned(NamedTuple):
    """Polygons in degrees, and by how many degrees their outline moved at most."""

    polygons: list[Polygon]
    moved: float = 0.0

    @property
    def moved_m(self) -> float:
        """Return the most that the outline moved, in metres, rounded up to two digits."""
        metres = self.moved * _METRES_PER_DEGREE
        unit = 10.0 ** (np.floor(np.log10(metres)) - 1) if metres > 0 else 1.0
        return float(np.ceil(metres / unit) * unit)


def vertex_count(polygons: Sequence[Polygon]) -> int:
    """Return the number of vertices of all rings."""
    return int(shapely.get_num_coordinates(list(polygons)).sum())


def thin_for_joining(polygons: list[Polygon]) -> Thinned:
    """Return polygons with few enough vertices to be joined."""
    return (
        _on_grid(polygons, MAX_JOINED) if vertex_count(polygons) > MAX_JOINED else Thinned(polygons)
    )


def thin_outline(polygons: list[Polygon]) -> Thinned:
    """Return an outline with at most `MAX_OUTLINE` vertices (Douglas-Peucker), or refuse."""
    count = vertex_count(polygons)
    if count <= MAX_OUTLINE:
        return Thinned(polygons)
    coarse = _on_grid(polygons, _SAFE) if count > _SAFE else Thinned(polygons)
    tolerance = _diagonal(polygons) * 1e-5
    while True:
        shapes = shapely.simplify(coarse.polygons, tolerance, preserve_topology=False)
        kept = [part for part in shapely.get_parts(shapes) if not part.is_empty]
        if vertex_count(kept) <= MAX_OUTLINE:
            return Thinned(kept, coarse.moved + tolerance)
        tolerance *= 1.5
        _require_close(coarse.moved + tolerance, polygons)


def _on_grid(polygons: list[Polygon], most: int) -> Thinned:
    """Drop vertices that lie in the same grid cell as the one before."""
    step = float(shapely.length(polygons).sum()) / most
    while True:
        moved = step * 2**0.5
        _require_close(moved, polygons)
        kept = [p for p in (_thin(polygon, _in_new_cell(step)) for polygon in polygons) if p]
        if vertex_count(kept) <= most:
            return Thinned(kept, moved)
        step *= 1.5


def _in_new_cell(step: float) -> Callable[[Ring], Ring]:
    def keep(ring: Ring) -> Ring:
        cells = np.floor(ring / step)
        changed = (cells[1:] != cells[:-1]).any(axis=1)
        return ring[np.concatenate([[True], changed])]

    return keep


def _thin(polygon: Polygon, keep: Callable[[Ring], Ring]) -> Polygon | None:
    """Return the polygon without the rings that collapse, None when its outer ring does."""
    shell, *holes = (
        keep(shapely.get_coordinates(ring)) for ring in (polygon.exterior, *polygon.interiors)
    )
    return Polygon(shell, [hole for hole in holes if len(hole) > 3]) if len(shell) > 3 else None


def _diagonal(polygons: list[Polygon]) -> float:
    west, south, east, north = shapely.total_bounds(polygons)
    return float(np.hypot(east - west, north - south))


def _require_close(moved: float, polygons: list[Polygon]) -> None:
    if moved > MAX_MOVED_SHARE * _diagonal(polygons):
        raise ToolError(
            f"the outline has {vertex_count(polygons):,} vertices and cannot be simplified to "
            f"{MAX_OUTLINE:,} without moving by more than {MAX_MOVED_SHARE:.1%} of its size; "
            "simplify it and send it again",
            kind="too_large",
        )
