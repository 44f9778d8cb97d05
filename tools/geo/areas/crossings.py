"""Bound the work of joining and repairing outlines: it grows with how often edges cross."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

import numpy as np
import shapely
from shapely import STRtree
from shapely.geometry.base import BaseGeometry

from ...errors import ToolError

MOST_CROSSINGS: Final = 20_000
_MOST_NEAR: Final = 2_000_000
_NEAR_PER_EDGE: Final = 64
_PAIRS_AT_ONCE: Final = 20_000_000


def require_few_crossings(shapes: Sequence[BaseGeometry]) -> None:
    """Refuse outlines whose edges (degrees) cross so often that joining them exhausts memory."""
    rings = shapely.get_rings(list(shapes))
    points, ring = shapely.get_coordinates(rings, return_index=True)
    along = ring[:-1] == ring[1:]
    edges: Any = shapely.linestrings(np.stack([points[:-1][along], points[1:][along]], axis=1))
    tree = STRtree(edges)
    most_near = _MOST_NEAR + _NEAR_PER_EDGE * len(edges)
    step = max(_PAIRS_AT_ONCE // max(len(edges), 1), 1)
    near = crossing = 0
    for start in range(0, len(edges), step):
        first, second = tree.query(edges[start : start + step])
        near += len(first)
        if near <= most_near:
            # Every crossing is met from both of its edges.
            crossing += int(shapely.crosses(edges[start + first], edges[second]).sum()) / 2
        if near > most_near or crossing > MOST_CROSSINGS:
            raise ToolError(
                f"the outlines cross themselves or each other more than {MOST_CROSSINGS:,} times; "
                "repair them first",
                kind="too_large",
            )
