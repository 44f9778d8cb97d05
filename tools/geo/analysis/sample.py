"""The raster's value at every point of the features."""

from __future__ import annotations

from typing import Annotated

import geopandas as gpd
import numpy as np

from ...errors import RetryableToolError
from ...records import ArtifactRef, ToolResult, Value
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from ..raster import on_day
from ..vector import read_features, write_features
from .blocks import open_readers, raster_path
from .csv_table import write_table
from .feature_columns import column_name, row_labels, with_column
from .point_values import Method, values_at
from .scanline import Floats


class SamplePointsArgs(ToolArgs):
    """How to read the newest raster at the newest features."""

    method: Method
    raster: Annotated[str, Live("handle.raster", hidden=True)]
    features: Annotated[str, Live("handle.features", hidden=True)]


def sample_points(context: ToolContext, args: SamplePointsArgs) -> ToolResult:
    """Add the raster's value to every point; points outside it or on nodata get none."""
    raster = context.output(args.raster, "raster")
    features = context.output(args.features, "features")
    frame = read_features(context, features)
    path = raster_path(context, raster)
    points = frame.geometry.representative_point()
    lon, lat = points.x.to_numpy(), points.y.to_numpy()
    with open_readers(path) as (dataset,):
        values = values_at(dataset, lon, lat, args.method)
    if not np.isfinite(values).any():
        raise RetryableToolError(
            f"no feature lies on a valid pixel of raster {path.name!r}; choose other features, "
            "another area or another scene",
            kind="precondition",
        )
    title = str(raster["index"])
    column = column_name("sampled", title)
    labels = row_labels(frame)
    frame[column] = values
    made = write_features(context, frame, with_column(features, frame, column), "sampled")
    table = write_table(
        context.store,
        "points.csv",
        f"{title} at every point",
        ("point", "longitude", "latitude", column),
        zip(labels, lon.tolist(), lat.tolist(), values.tolist(), strict=True),
    )
    return ToolResult(
        summary=f"features {len(frame)} points with {title}"[:80],
        outputs={"features": made, "table": table},
        values=_values(values, f"{title}{on_day(raster)}", str(raster.get("unit", ""))),
        artifacts=tuple(ArtifactRef.model_validate(p["artifact"]) for p in (made, table)),
        notes=_notes(frame, values),
    )


def _values(values: Floats, what: str, unit: str) -> tuple[Value, ...]:
    known = values[np.isfinite(values)]
    said = f"over points of {what}"
    figures = [
        Value(
            name="point_count", value=len(known), unit="", about=f"points with a value of {what}"
        ),
        Value(name="point_min", value=float(known.min()), unit=unit, about=f"min {said}"),
        Value(name="point_max", value=float(known.max()), unit=unit, about=f"max {said}"),
        Value(name="point_mean", value=float(known.mean()), unit=unit, about=f"mean {said}"),
    ]
    return tuple(figures)


def _notes(frame: gpd.GeoDataFrame, values: Floats) -> tuple[str, ...]:
    notes: list[str] = []
    shapes = int((frame.geom_type != "Point").sum())
    if shapes:
        notes.append(f"{shapes} features are no points; a point inside each was sampled")
    missing = int((~np.isfinite(values)).sum())
    if missing:
        notes.append(f"{missing} of {len(values)} points lie outside the raster or on nodata")
    return tuple(notes)


SAMPLE_POINTS = ToolSpec(
    name="sample_points",
    summary="read the raster's value at every point",
    args=SamplePointsArgs,
    run=sample_points,
    produces=frozenset({"features", "table", "value"}),
    consumes=frozenset({"raster", "features"}),
    effect="writes",
    cost="seconds",
)
