"""The nearest feature of another layer, and the features within a distance."""

from __future__ import annotations

from typing import Annotated

import numpy as np

from ...errors import RetryableToolError
from ...records import ToolResult, Value
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from ..analysis.csv_table import write_table
from ..analysis.feature_columns import row_labels
from ..distance import parse_distance_m
from ..raster import aoi_shape
from .columns import free_name
from .geodesic import ELLIPSOID
from .limits import Shapes
from .reading import FeatureSet, read_feature_set
from .results import EDGES, features_result, unique_notes, what
from .separation import Nearest, nearest


class NearestArgs(ToolArgs):
    """The newest features, and the ones before them that may be nearest."""

    features: Annotated[str, Live("handle.features", hidden=True)]
    other: Annotated[str, Live("handle.features.before", hidden=True)]


class WithinDistanceArgs(ToolArgs):
    """How near the newest features must be to the ones before them."""

    distance: Annotated[str, Live("span.distance")]
    features: Annotated[str, Live("handle.features", hidden=True)]
    other: Annotated[str, Live("handle.features.before", hidden=True)]


class WithinAreaDistanceArgs(ToolArgs):
    """How near the newest features must be to the newest area."""

    distance: Annotated[str, Live("span.distance")]
    features: Annotated[str, Live("handle.features", hidden=True)]
    aoi: Annotated[str, Live("handle.aoi", hidden=True)]


def nearest_features(context: ToolContext, args: NearestArgs) -> ToolResult:
    """Add to every feature the nearest of the other layer and its geodesic distance in metres."""
    features = _filled(read_feature_set(context, args.features))
    other = _filled(read_feature_set(context, args.other))
    found = nearest(features.shapes, other.shapes)
    names, others = row_labels(features.frame), row_labels(other.frame)
    frame = features.frame.copy()
    distance = free_name(frame, "distance_m")
    frame[distance] = found.metres
    label = free_name(frame, "nearest")
    frame[label] = [others[row] for row in found.other]
    table = write_table(
        context.store, "nearest.csv", "Nearest feature and distance in metres",
        ("feature", "nearest", "distance_m"),
        zip(names, frame[label], found.metres.tolist(), strict=True),
    )  # fmt: skip
    return features_result(
        context, features, frame, "nearest", table=table,
        values=_distances(found, (names, others), f"{what(features)} to {what(other)}"),
        notes=unique_notes(other.notes, (EDGES,)),
        synthetic=bool(other.payload.get("synthetic")),
    )  # fmt: skip


def _filled(features: FeatureSet) -> FeatureSet:
    if features.frame.empty:
        raise RetryableToolError(
            f"{what(features)}: no feature has a geometry; load other features",
            kind="precondition",
        )
    return features


def _distances(found: Nearest, labels: tuple[list[str], list[str]], said: str) -> tuple[Value, ...]:
    names, others = labels
    least = int(np.argmin(found.metres))
    on = f"geodesic distance of {said}, on the {ELLIPSOID}"
    return (
        Value(
            name="nearest_min_m", value=float(found.metres[least]), unit="m", about=f"smallest {on}"
        ),
        Value(
            name="nearest_mean_m", value=float(found.metres.mean()), unit="m",
            about=f"mean of the smallest {on}",
        ),
        Value(
            name="nearest_max_m", value=float(found.metres.max()), unit="m",
            about=f"largest of the smallest {on}",
        ),
        Value(name="nearest_feature", value=names[least], unit="", about=f"has the smallest {on}"),
        Value(
            name="nearest_other", value=others[found.other[least]], unit="",
            about="the feature it is nearest to",
        ),
    )  # fmt: skip


def within_distance(context: ToolContext, args: WithinDistanceArgs) -> ToolResult:
    """Keep the features within a geodesic distance in metres of the other layer."""
    features = _filled(read_feature_set(context, args.features))
    other = _filled(read_feature_set(context, args.other))
    result = _within(context, features, other.shapes, args.distance, what(other))
    return result.model_copy(update={"notes": unique_notes(result.notes, other.notes)})


def within_distance_of_area(context: ToolContext, args: WithinAreaDistanceArgs) -> ToolResult:
    """Keep the features within a geodesic distance in metres of the area of interest."""
    features = _filled(read_feature_set(context, args.features))
    area = np.array([aoi_shape(context.output(args.aoi, "aoi"))], dtype=object)
    return _within(context, features, area, args.distance, "the area")


def _within(
    context: ToolContext, features: FeatureSet, other: Shapes, phrase: str, said: str
) -> ToolResult:
    reach = parse_distance_m(phrase)
    found = nearest(features.shapes, other, reach)
    kept = features.select(np.flatnonzero(found.other >= 0))
    count = Value(
        name="within_count", value=len(kept.frame), unit="",
        about=f"{what(features)} within {reach:g} m of {said}, geodesic on the {ELLIPSOID}",
    )  # fmt: skip
    return features_result(
        context, kept, kept.frame, f"within_{reach:.0f}_m", values=(count,), notes=(EDGES,)
    )


NEAREST_FEATURES = ToolSpec(
    name="nearest_features",
    summary="find the nearest feature of the other layer and its distance",
    args=NearestArgs,
    run=nearest_features,
    produces=frozenset({"features", "table", "value"}),
    consumes=frozenset({"features"}),
    effect="writes",
    cost="seconds",
)
WITHIN_DISTANCE = ToolSpec(
    name="within_distance",
    summary="keep the features within a distance of the other layer",
    args=WithinDistanceArgs,
    run=within_distance,
    produces=frozenset({"features", "value"}),
    consumes=frozenset({"features"}),
    effect="writes",
    cost="seconds",
)
WITHIN_DISTANCE_OF_AREA = ToolSpec(
    name="within_distance_of_area",
    summary="keep the features within a distance of the area",
    args=WithinAreaDistanceArgs,
    run=within_distance_of_area,
    produces=frozenset({"features", "value"}),
    consumes=frozenset({"features", "aoi"}),
    effect="writes",
    cost="seconds",
)
