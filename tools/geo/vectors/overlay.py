"""Overlay of two polygon layers: what they share, what either has, what only one has."""

from __future__ import annotations

from typing import Annotated, Any, Final, Literal, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ...records import ToolResult, Value
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from .geodesic import ELLIPSOID, areas_m2, lengths_m
from .limits import (
    Flags,
    Integers,
    Pairs,
    Shapes,
    intersecting_pairs,
    require_difference_work,
    require_overlay_work,
    require_union_work,
)
from .reading import POLYGON, WGS84, FeatureSet, only, read_feature_set, renamed_apart
from .results import EDGES, features_result, unique_notes, what

Operation = Literal["intersection", "union", "difference", "symmetric_difference"]
SLIVER_WIDTH_M: Final = 1.0
SLIVER_ROUNDNESS: Final = 0.05
_TITLES: Final[dict[Operation, str]] = {
    "intersection": "shared ground",
    "union": "ground of either",
    "difference": "ground of the first alone",
    "symmetric_difference": "ground of one alone",
}


class OverlayArgs(ToolArgs):
    """How to overlay the newest features with the ones before them."""

    operation: Operation
    features: Annotated[str, Live("handle.features", hidden=True)]
    other: Annotated[str, Live("handle.features.before", hidden=True)]


class Pieces(NamedTuple):
    """Pieces of an overlay, with the row of each layer they came from, -1 for none."""

    shapes: Shapes
    left: Integers
    right: Integers

    def select(self, rows: Flags) -> Pieces:
        """Return the pieces of these rows."""
        return Pieces(self.shapes[rows], self.left[rows], self.right[rows])


def overlay_features(context: ToolContext, args: OverlayArgs) -> ToolResult:
    """Return the pieces of an overlay with the columns of both layers, and their area in hectares.

    The area counts ground once; it is measured on the WGS 84 ellipsoid.
    """
    left = only(read_feature_set(context, args.features), POLYGON)
    right = only(read_feature_set(context, args.other), POLYGON)
    pieces, slivers = without_slivers(overlay(left.shapes, right.shapes, args.operation))
    frame = _table(left, right, pieces)
    area = Value(
        name="overlay_area_ha",
        value=ground_m2(pieces.shapes) / 1e4,
        unit="ha",
        about=f"{_TITLES[args.operation]}: {args.operation} of {what(left)} and {what(right)}, "
        f"each place counted once, on the {ELLIPSOID}",
    )
    count = Value(
        name="piece_count", value=len(frame), unit="", about=f"pieces of the {args.operation}"
    )
    return features_result(
        context, left, frame, args.operation, values=(area, count),
        notes=unique_notes(right.notes, _sliver_notes(slivers), (EDGES,)),
        synthetic=bool(right.payload.get("synthetic")),
    )  # fmt: skip


def overlay(left: Shapes, right: Shapes, operation: Operation) -> Pieces:
    """Return the polygon pieces of an overlay of two layers in degrees."""
    pairs = intersecting_pairs(left, right)
    parts: list[Pieces] = []
    if operation in ("intersection", "union"):
        parts.append(_shared(left, right, pairs))
    if operation != "intersection":
        alone = _alone(left, right, pairs)
        rows = np.arange(len(left), dtype=np.int64)
        parts.append(Pieces(alone, rows, np.full(len(left), -1, dtype=np.int64)))
    if operation in ("union", "symmetric_difference"):
        alone = _alone(right, left, Pairs(pairs.right, pairs.left))
        rows = np.arange(len(right), dtype=np.int64)
        parts.append(Pieces(alone, np.full(len(right), -1, dtype=np.int64), rows))
    joined = Pieces(*(np.concatenate(side) for side in zip(*parts, strict=True)))
    return _polygons(joined)


def _shared(left: Shapes, right: Shapes, pairs: Pairs) -> Pieces:
    one, two = left[pairs.left], right[pairs.right]
    inside = shapely.contains_properly(one, two)
    shapes = np.where(inside, two, one)
    rest = ~inside
    require_overlay_work(left, right, Pairs(pairs.left[rest], pairs.right[rest]))
    shapes[rest] = shapely.intersection(one[rest], two[rest])
    return Pieces(shapes, pairs.left, pairs.right)


def _alone(left: Shapes, right: Shapes, pairs: Pairs) -> Shapes:
    """Return what of each left polygon no right polygon covers."""
    require_difference_work(left, right, pairs)
    rest = left.copy()
    order = np.argsort(pairs.left, kind="stable")
    rows, first = np.unique(pairs.left[order], return_index=True)
    ends = np.r_[first, len(order)].astype(np.int64)
    for row, start, stop in zip(rows, ends[:-1], ends[1:], strict=True):
        others = right[pairs.right[order[start:stop]]]
        rest[row] = shapely.difference(left[row], shapely.union_all(others))
    return rest


def _polygons(pieces: Pieces) -> Pieces:
    """Return the pieces with an area, without the points and lines where outlines touch."""
    shapes = pieces.shapes.copy()
    mixed = shapely.get_type_id(shapes) == shapely.GeometryType.GEOMETRYCOLLECTION
    for row in np.flatnonzero(mixed):
        parts = shapely.get_parts(shapes[row])
        shapes[row] = shapely.union_all(parts[shapely.get_dimensions(parts) == POLYGON])
    flat = (shapely.get_dimensions(shapes) == POLYGON) & ~shapely.is_empty(shapes)
    return pieces._replace(shapes=shapes).select(flat)


def without_slivers(pieces: Pieces) -> tuple[Pieces, Shapes]:
    """Return the pieces without slivers, and the slivers.

    A sliver is a part of less than `SLIVER_WIDTH_M` metres of mean width (twice the area by the
    perimeter) and a roundness (Polsby-Popper: 4 pi area by perimeter squared) below 0.05.
    """
    parts, piece = shapely.get_parts(pieces.shapes, return_index=True)
    if not len(parts):
        return pieces, parts
    area, around = areas_m2(parts), np.maximum(lengths_m(parts), 1e-9)
    thin = (2 * area / around < SLIVER_WIDTH_M) & (4 * np.pi * area / around**2 < SLIVER_ROUNDNESS)
    if not thin.any():
        return pieces, parts[:0]
    hit = np.isin(np.arange(len(pieces.shapes)), piece[thin])
    shapes = pieces.shapes.copy()
    for row in np.flatnonzero(hit):
        kept = parts[(piece == row) & ~thin]
        shapes[row] = (
            shapely.multipolygons(kept) if len(kept) > 1 else (kept[0] if len(kept) else None)
        )
    there = ~shapely.is_missing(shapes)
    return pieces._replace(shapes=shapes).select(there), parts[thin]


def ground_m2(shapes: Shapes) -> float:
    """Return the area that polygons cover together in square metres, each place counted once."""
    if not len(shapes):
        return 0.0
    require_union_work(shapes)
    whole = np.array([shapely.union_all(shapes)], dtype=object)
    return float(areas_m2(whole)[0])


def _table(left: FeatureSet, right: FeatureSet, pieces: Pieces) -> gpd.GeoDataFrame:
    one = pd.DataFrame(left.frame.drop(columns=left.frame.geometry.name))
    two = renamed_apart(right.frame, left.frame)
    index = pd.RangeIndex(len(pieces.shapes))
    sides: list[Any] = [
        table.reindex(rows).set_axis(index)
        for table, rows in ((one, pieces.left), (two, pieces.right))
    ]
    return gpd.GeoDataFrame(pd.concat(sides, axis=1), geometry=pieces.shapes, crs=WGS84)


def _sliver_notes(slivers: Shapes) -> tuple[str, ...]:
    rule = f"slivers are parts narrower than {SLIVER_WIDTH_M:g} m on average and long"
    if not len(slivers):
        return (f"{rule}; there were none",)
    area = areas_m2(slivers).sum()
    return (f"{rule}; {len(slivers)} of together {area:.4g} m² were dropped",)


OVERLAY_FEATURES = ToolSpec(
    name="overlay_features",
    summary="overlay two polygon layers: shared, either or only one",
    args=OverlayArgs,
    run=overlay_features,
    produces=frozenset({"features", "value"}),
    consumes=frozenset({"features"}),
    effect="writes",
    cost="seconds",
)
