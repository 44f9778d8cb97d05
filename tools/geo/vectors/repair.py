"""Mend features: valid outlines, nothing empty, nothing twice; every change is counted."""

from __future__ import annotations

from typing import Annotated, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from ...records import ToolResult, Value
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from ..analysis.csv_table import write_table
from .limits import Flags, Shapes
from .reading import mended, read_feature_set, with_shapes
from .results import features_result, what


class RepairArgs(ToolArgs):
    """The newest features."""

    features: Annotated[str, Live("handle.features", hidden=True)]


class _Change(NamedTuple):
    """How many features a change was made to."""

    name: str
    number: int
    meaning: str


def repair_geometries(context: ToolContext, args: RepairArgs) -> ToolResult:
    """Make every geometry valid, drop what has no extent and exact duplicates, and say so."""
    before = int(context.output(args.features, "features")["count"])
    features = read_feature_set(context, args.features, repair=False)
    shapes = features.shapes
    bad = ~shapely.is_valid(shapes)
    reasons = _reasons(shapes[bad])
    fixed = shapely.orient_polygons(mended(shapes, bad) if bad.any() else shapes)
    gone = shapely.is_empty(fixed)
    placed = with_shapes(features.frame, fixed).loc[~gone]
    frame = gpd.GeoDataFrame(placed.reset_index(drop=True))
    twice = duplicates(frame)
    changes = (
        _Change("repaired", int((bad & ~gone).sum()), "outlines made valid"),
        _Change("no_geometry", max(before - len(shapes), 0), "features without a geometry dropped"),
        _Change("no_extent", int(gone.sum()), "features of zero area or length dropped"),
        _Change("duplicates", int(twice.sum()), "exact duplicates dropped"),
        _Change("same_place", _same_place(frame) - int(twice.sum()),
                "features in the very place of another, with other entries, kept"),
    )  # fmt: skip
    table = write_table(
        context.store, "repairs.csv", "Changes to the features", ("change", "features"),
        [*((change.meaning, change.number) for change in changes), *reasons.items()],
    )  # fmt: skip
    kept = gpd.GeoDataFrame(frame.loc[~twice].reset_index(drop=True))
    return features_result(
        context, features, kept, "repaired", table=table,
        values=tuple(
            Value(name=f"{change.name}_count", value=change.number, unit="",
                  about=f"{change.meaning}, {what(features)}")
            for change in changes
        ),
        notes=[f"{change.number} {change.meaning}" for change in changes if change.number],
    )  # fmt: skip


def _reasons(shapes: Shapes) -> dict[str, int]:
    """Return why geometries are invalid, in GEOS's words without the place."""
    said = [str(reason).split("[")[0] for reason in shapely.is_valid_reason(shapes)]
    return {f"invalid: {reason}": said.count(reason) for reason in sorted(set(said))}


def duplicates(frame: gpd.GeoDataFrame) -> Flags:
    """Return which features have the geometry and all entries of an earlier one."""
    table = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    return table.assign(_place=_places(frame)).duplicated().to_numpy(dtype=bool)


def _same_place(frame: gpd.GeoDataFrame) -> int:
    return int(pd.Series(_places(frame)).duplicated().sum())


def _places(frame: gpd.GeoDataFrame) -> list[bytes]:
    """Return the bytes of each geometry in normal form: equal whatever vertex comes first."""
    shapes = np.asarray(frame.geometry.to_numpy(), dtype=object)
    return list(shapely.to_wkb(shapely.normalize(shapes)))


REPAIR_GEOMETRIES = ToolSpec(
    name="repair_geometries",
    summary="repair invalid features and drop duplicates",
    args=RepairArgs,
    run=repair_geometries,
    produces=frozenset({"features", "table", "value"}),
    consumes=frozenset({"features"}),
    effect="writes",
    cost="seconds",
)
