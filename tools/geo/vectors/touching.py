"""How many different names the features that touch an area or another layer have."""

from __future__ import annotations

import re
from typing import Annotated, Final

import numpy as np

from ...records import ToolResult, Value
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from ..analysis.csv_table import write_table
from ..raster import aoi_shape
from .columns import require_column
from .limits import Shapes, intersecting_pairs
from .reading import FeatureSet, read_feature_set
from .results import features_result, unique_notes, what

MOST_LISTED: Final = 20
_LONGEST: Final = 40


class CountTouchingArgs(ToolArgs):
    """Which column names the newest features; those that touch the newest area count."""

    column: Annotated[str, Live("column.text")]
    features: Annotated[str, Live("handle.features", hidden=True)]
    aoi: Annotated[str, Live("handle.aoi", hidden=True)]


class CountTouchingFeaturesArgs(ToolArgs):
    """Which column names the newest features; those that touch the ones before them count."""

    column: Annotated[str, Live("column.text")]
    features: Annotated[str, Live("handle.features", hidden=True)]
    other: Annotated[str, Live("handle.features.before", hidden=True)]


def count_touching(context: ToolContext, args: CountTouchingArgs) -> ToolResult:
    """Return how many different names the features that touch the area of interest have."""
    features = read_feature_set(context, args.features)
    area = np.array([aoi_shape(context.output(args.aoi, "aoi"))], dtype=object)
    return _touching(context, features, area, args.column, "the area")


def count_touching_features(context: ToolContext, args: CountTouchingFeaturesArgs) -> ToolResult:
    """Return how many different names the features that touch the other layer have."""
    features = read_feature_set(context, args.features)
    other = read_feature_set(context, args.other)
    result = _touching(context, features, other.shapes, args.column, what(other))
    return result.model_copy(update={"notes": unique_notes(result.notes, other.notes)})


def _touching(
    context: ToolContext, features: FeatureSet, other: Shapes, column: str, said: str
) -> ToolResult:
    entries = require_column(features.frame, column, "text", "number")
    rows = np.unique(intersecting_pairs(features.shapes, other).left)
    names = entries.iloc[rows].dropna().astype(str)
    counts = names.value_counts().sort_index()
    nameless = len(rows) - len(names)
    table = write_table(
        context.store, "touching.csv", f"Names in {column} that touch {said}",
        (column, "features"), counts.items(),
    )  # fmt: skip
    about = f"different {column} of {what(features)} that touch {said}"
    values = (
        Value(name="touching_count", value=len(counts), unit="", about=about),
        *((Value(name="touching_names", value=_listed(list(counts.index)), unit="", about=about),)
          if len(counts) else ()),
        Value(name="touching_features", value=len(rows), unit="",
              about=f"{what(features)} that touch {said}"),
    )  # fmt: skip
    chosen = features.select(rows)
    notes = ("a shared border or corner is a touch",)
    if nameless:
        notes = (*notes, f"{nameless} features that touch have no entry in the column")
    return features_result(
        context, chosen, chosen.frame, "touching", values=values, notes=notes, table=table
    )


def _listed(names: list[str]) -> str:
    """Return names in one line; text of a data set is cut to the signs that names have."""
    plain = [re.sub(r"[^\w .'’()-]+", "", name).strip()[:_LONGEST] for name in names[:MOST_LISTED]]
    more = len(names) - MOST_LISTED
    return ", ".join(plain) + (f" and {more} more" if more > 0 else "")


COUNT_TOUCHING = ToolSpec(
    name="count_touching",
    summary="count the different names that touch the area",
    args=CountTouchingArgs,
    run=count_touching,
    produces=frozenset({"features", "table", "value"}),
    consumes=frozenset({"features", "aoi"}),
    effect="writes",
    cost="seconds",
)
COUNT_TOUCHING_FEATURES = ToolSpec(
    name="count_touching_features",
    summary="count the different names that touch the other layer",
    args=CountTouchingFeaturesArgs,
    run=count_touching_features,
    produces=frozenset({"features", "table", "value"}),
    consumes=frozenset({"features"}),
    effect="writes",
    cost="seconds",
)
