"""Spatial joins: the features of one layer counted and summarised in the polygons of another."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any, Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ...records import ToolResult, Value
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from ..analysis.csv_table import write_table
from ..analysis.feature_columns import row_labels
from .columns import free_name, require_column
from .limits import Floats, Pairs, Shapes, intersecting_pairs
from .reading import POLYGON, FeatureSet, only, read_feature_set, renamed_apart
from .results import features_result, unique_notes, what

Statistic = Literal["count", "sum", "mean", "min", "max"]
RULE: Final = "a feature belongs to the polygons that a point inside it lies in"
_REDUCE: Final[dict[Statistic, Callable[[Any], Any]]] = {
    "count": lambda groups: groups.count(),
    "sum": lambda groups: groups.sum(),
    "mean": lambda groups: groups.mean(),
    "min": lambda groups: groups.min(),
    "max": lambda groups: groups.max(),
}


class JoinStatisticsArgs(ToolArgs):
    """Which statistic of which column of the newest features to take in the polygons before."""

    statistic: Statistic
    column: Annotated[str, Live("column.numeric")]
    features: Annotated[str, Live("handle.features", hidden=True)]
    other: Annotated[str, Live("handle.features.before", hidden=True)]


class CountInPolygonsArgs(ToolArgs):
    """The newest features, and the polygons before them to count them in."""

    features: Annotated[str, Live("handle.features", hidden=True)]
    other: Annotated[str, Live("handle.features.before", hidden=True)]


class JoinAttributesArgs(ToolArgs):
    """The newest features, and the polygons before them whose columns they get."""

    features: Annotated[str, Live("handle.features", hidden=True)]
    other: Annotated[str, Live("handle.features.before", hidden=True)]


def join_statistics(context: ToolContext, args: JoinStatisticsArgs) -> ToolResult:
    """Add a statistic of a column of the features that lie in it to every polygon."""
    features = read_feature_set(context, args.features)
    entries = require_column(features.frame, args.column, "number").astype(np.float64)
    zones = only(read_feature_set(context, args.other), POLYGON)
    pairs = members(features.shapes, zones.shapes)
    groups = pd.Series(entries.to_numpy()[pairs.left]).groupby(pairs.right)
    found = _REDUCE[args.statistic](groups).reindex(range(len(zones.frame)))
    figures = found.to_numpy(dtype=np.float64)
    if args.statistic == "count":
        figures = np.nan_to_num(figures)
    title = f"{args.statistic} of {args.column}"
    missing = int(entries.isna().sum())
    notes = (f"{missing} features have no number in the column and do not count",)
    return _per_polygon(
        context, features, zones, figures, (f"{args.statistic}_{args.column}", title),
        (RULE, *notes) if missing else (RULE,),
    )  # fmt: skip


def count_in_polygons(context: ToolContext, args: CountInPolygonsArgs) -> ToolResult:
    """Add how many of the features lie in it to every polygon."""
    features = read_feature_set(context, args.features)
    zones = only(read_feature_set(context, args.other), POLYGON)
    pairs = members(features.shapes, zones.shapes)
    figures = np.bincount(pairs.right, minlength=len(zones.frame)).astype(np.float64)
    outside = len(features.frame) - len(np.unique(pairs.left))
    notes = (RULE, *((f"{outside} features lie in no polygon",) if outside else ()))
    return _per_polygon(context, features, zones, figures, ("features_inside", "count"), notes)


def members(shapes: Shapes, zones: Shapes) -> Pairs:
    """Return the rows (features, polygons) where a point of the feature lies in the polygon."""
    return intersecting_pairs(shapely.point_on_surface(shapes), zones)


def _per_polygon(
    context: ToolContext,
    features: FeatureSet,
    zones: FeatureSet,
    figures: Floats,
    named: tuple[str, str],
    notes: tuple[str, ...],
) -> ToolResult:
    labels = row_labels(zones.frame)
    frame = zones.frame.copy()
    column = free_name(frame, named[0][:60])
    frame[column] = figures
    table = write_table(
        context.store, "polygons.csv", f"{named[1].capitalize()} in every polygon",
        ("polygon", column), zip(labels, figures.tolist(), strict=True),
    )  # fmt: skip
    return features_result(
        context, zones, frame, "joined", table=table,
        values=_values(figures, labels, f"{named[1]} of {what(features)} in {what(zones)}"),
        notes=unique_notes(features.notes, notes),
        synthetic=bool(features.payload.get("synthetic")),
    )  # fmt: skip


def _values(figures: Floats, labels: list[str], said: str) -> tuple[Value, ...]:
    known = np.flatnonzero(np.isfinite(figures))
    count = Value(
        name="polygons_with_value", value=len(known), unit="", about=f"polygons with a {said}"
    )
    if not len(known):
        return (count,)
    low, high = known[np.argmin(figures[known])], known[np.argmax(figures[known])]
    return (
        count,
        Value(name="join_min", value=float(figures[low]), unit="", about=f"lowest {said}"),
        Value(name="join_max", value=float(figures[high]), unit="", about=f"highest {said}"),
        Value(name="join_total", value=float(figures[known].sum()), unit="",
              about=f"sum over the polygons of the {said}"),
        Value(name="join_highest", value=labels[high], unit="",
              about=f"polygon of the highest {said}"),
    )  # fmt: skip


def join_attributes(context: ToolContext, args: JoinAttributesArgs) -> ToolResult:
    """Add the columns of the polygon that each feature lies in; of several the first."""
    features = read_feature_set(context, args.features)
    zones = only(read_feature_set(context, args.other), POLYGON)
    pairs = members(features.shapes, zones.shapes)
    order = np.lexsort((pairs.right, pairs.left))
    rows, first = np.unique(pairs.left[order], return_index=True)
    zone = np.full(len(features.frame), -1, dtype=np.int64)
    zone[rows] = pairs.right[order][first]
    table = renamed_apart(zones.frame, features.frame).reindex(zone).set_axis(features.frame.index)
    frame = gpd.GeoDataFrame(pd.concat([features.frame, table], axis=1), crs=features.frame.crs)
    count = Value(
        name="joined_count", value=len(rows), unit="",
        about=f"{what(features)} that lie in {what(zones)}",
    )  # fmt: skip
    several = len(pairs.left) - len(rows)
    notes = (f"{several} further polygons hold a feature too; the first was taken",)
    return features_result(
        context, features, frame, "attributed", values=(count,),
        notes=unique_notes(zones.notes, (RULE, *notes) if several else (RULE,)),
        synthetic=bool(zones.payload.get("synthetic")),
    )  # fmt: skip


JOIN_STATISTICS = ToolSpec(
    name="join_statistics",
    summary="take a statistic of a column in the polygons before",
    args=JoinStatisticsArgs,
    run=join_statistics,
    produces=frozenset({"features", "table", "value"}),
    consumes=frozenset({"features"}),
    effect="writes",
    cost="seconds",
)
COUNT_IN_POLYGONS = ToolSpec(
    name="count_in_polygons",
    summary="count the features in each polygon before",
    args=CountInPolygonsArgs,
    run=count_in_polygons,
    produces=frozenset({"features", "table", "value"}),
    consumes=frozenset({"features"}),
    effect="writes",
    cost="seconds",
)
JOIN_ATTRIBUTES = ToolSpec(
    name="join_attributes",
    summary="add the columns of the polygon that each feature lies in",
    args=JoinAttributesArgs,
    run=join_attributes,
    produces=frozenset({"features", "value"}),
    consumes=frozenset({"features"}),
    effect="writes",
    cost="seconds",
)
