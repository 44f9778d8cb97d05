"""Dissolve features: one for every name in a column, or one of all."""

from __future__ import annotations

from typing import Annotated, Any

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ...records import ToolResult, Value
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from .columns import free_name, require_column
from .limits import Integers, Shapes, require_union_work
from .reading import LINE, POINT, POLYGON, WGS84, FeatureSet, only, read_feature_set
from .results import features_result, what


class DissolveArgs(ToolArgs):
    """By which column of the newest features to dissolve them."""

    by: Annotated[str, Live("column.text")]
    features: Annotated[str, Live("handle.features", hidden=True)]


class MergeArgs(ToolArgs):
    """The newest features."""

    features: Annotated[str, Live("handle.features", hidden=True)]


def dissolve_features(context: ToolContext, args: DissolveArgs) -> ToolResult:
    """Join the features that have the same entry in a column; borders between them vanish."""
    features = _one_dimension(read_feature_set(context, args.features))
    column = require_column(features.frame, args.by, "text", "number")
    codes, names = pd.factorize(column, use_na_sentinel=False)
    missing = int(column.isna().sum())
    notes = (f"{missing} features without an entry were joined as one",) if missing else ()
    groups = np.asarray(codes, dtype=np.int64)
    frame = _joined(features, groups, {args.by: pd.Series(names)})
    return _result(context, features, frame, notes)


def merge_features(context: ToolContext, args: MergeArgs) -> ToolResult:
    """Join all features into one; what overlaps is counted once."""
    features = _one_dimension(read_feature_set(context, args.features))
    groups = np.zeros(len(features.frame), dtype=np.int64)
    return _result(context, features, _joined(features, groups, {}), ())


def _one_dimension(features: FeatureSet) -> FeatureSet:
    """Return the polygons where there are any, else the lines, else the points."""
    dimensions = shapely.get_dimensions(features.shapes)
    highest = int(dimensions.max()) if len(dimensions) else POLYGON
    return only(features, {0: POINT, 1: LINE}.get(highest, POLYGON))


def _joined(features: FeatureSet, groups: Integers, columns: dict[str, Any]) -> gpd.GeoDataFrame:
    require_union_work(features.shapes)
    shapes = union_by_group(features.shapes, groups)
    frame = gpd.GeoDataFrame(columns, geometry=shapes, crs=WGS84)
    frame[free_name(frame, "features_joined")] = np.bincount(groups, minlength=len(shapes))
    return frame


def union_by_group(shapes: Shapes, groups: Integers) -> Shapes:
    """Return the union of the geometries of each group, groups numbered from 0."""
    order = np.argsort(groups, kind="stable")
    ends = np.cumsum(np.bincount(groups))[:-1]
    joined = [shapely.union_all(shapes[rows]) for rows in np.split(order, ends)]
    return np.array(joined, dtype=object)


def _result(
    context: ToolContext, features: FeatureSet, frame: gpd.GeoDataFrame, notes: tuple[str, ...]
) -> ToolResult:
    about = f"{what(features)} after {len(features.frame)} were dissolved"
    count = Value(name="dissolved_count", value=len(frame), unit="", about=about)
    return features_result(context, features, frame, "dissolved", values=(count,), notes=notes)


DISSOLVE_FEATURES = ToolSpec(
    name="dissolve_features",
    summary="join the features with the same entry in a column",
    args=DissolveArgs,
    run=dissolve_features,
    produces=frozenset({"features", "value"}),
    consumes=frozenset({"features"}),
    effect="writes",
    cost="seconds",
)
MERGE_FEATURES = ToolSpec(
    name="merge_features",
    summary="join all features into one",
    args=MergeArgs,
    run=merge_features,
    produces=frozenset({"features", "value"}),
    consumes=frozenset({"features"}),
    effect="writes",
    cost="seconds",
)
