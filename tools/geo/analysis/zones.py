"""One statistic of the raster for every polygon of the features."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated, Any, Literal, NamedTuple

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from rasterio.io import DatasetReader

from ...errors import RetryableToolError
from ...records import ArtifactRef, ToolResult, Value
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from ..raster import on_day
from ..vector import read_features, write_features
from .blocks import raster_path
from .csv_table import write_table
from .exact import exact_statistic
from .feature_columns import column_name, row_labels, with_column
from .quantiles import zone_quantiles
from .scanline import Floats
from .zone_engine import ZonedRaster, shapes_in_crs, zoned_raster
from .zone_figures import majority, moments

Statistic = Literal["mean", "median", "min", "max", "std", "sum", "count", "majority"]


class ZonalByFeatureArgs(ToolArgs):
    """Which statistic of the newest raster to take for every polygon of the newest features."""

    statistic: Statistic
    raster: Annotated[str, Live("handle.raster", hidden=True)]
    features: Annotated[str, Live("handle.features", hidden=True)]


class ZonalByCoverageArgs(ToolArgs):
    """Which statistic to take by covered share; a weighted median has no agreed definition."""

    statistic: Literal["mean", "min", "max", "std", "sum", "count", "majority"]
    raster: Annotated[str, Live("handle.raster", hidden=True)]
    features: Annotated[str, Live("handle.features", hidden=True)]


class _Zones(NamedTuple):
    """What was computed for every polygon; `pixels` is how many valid pixels it holds."""

    figures: Floats
    pixels: NDArray[Any]


def zone_statistics(
    path: Path, shapes: NDArray[np.object_], statistics: Sequence[Statistic]
) -> dict[Statistic, Floats]:
    """Return statistics of polygons given in the raster's CRS, one figure for each polygon.

    A pixel belongs to a polygon when its centre does; polygons may overlap. Without a valid pixel
    the count is zero and everything else NaN.
    """
    with zoned_raster(path, lambda _: shapes) as raster:
        return _statistics(raster, statistics)


def _statistics(raster: ZonedRaster, statistics: Sequence[Statistic]) -> dict[Statistic, Floats]:
    found: dict[Statistic, Floats] = {}
    if set(statistics) - {"median", "majority"}:
        of = moments(raster, spread="std" in statistics)
        count = of.count.astype(np.float64)
        figures = (of.mean, of.least, of.most, of.std, of.total, count)
        names: tuple[Statistic, ...] = ("mean", "min", "max", "std", "sum", "count")
        found.update({name: each[0] for name, each in zip(names, figures, strict=True)})
    if "median" in statistics:
        found["median"] = zone_quantiles(raster, (0.5,)).figures[:, 0]
    if "majority" in statistics:
        found["majority"] = majority(raster)
    return {name: found[name] for name in statistics}


def zonal_by_feature(context: ToolContext, args: ZonalByFeatureArgs) -> ToolResult:
    """Add a statistic of the pixels whose centres lie in it to every polygon."""
    return _by_feature(context, args, exact=False)


def zonal_by_coverage(context: ToolContext, args: ZonalByCoverageArgs) -> ToolResult:
    """Add a statistic of the pixels it covers, weighed by covered share, to every polygon."""
    return _by_feature(context, args, exact=True)


def _by_feature(
    context: ToolContext, args: ZonalByFeatureArgs | ZonalByCoverageArgs, *, exact: bool
) -> ToolResult:
    raster = context.output(args.raster, "raster")
    features = context.output(args.features, "features")
    frame = read_features(context, features)
    _require_polygons(frame)
    zones = _compute(raster_path(context, raster), frame, args.statistic, exact=exact)
    title = str(raster["index"])
    column = column_name(args.statistic, title)
    labels = row_labels(frame)
    frame[column] = np.where(zones.pixels > 0, zones.figures, np.nan)
    made = write_features(context, frame, with_column(features, frame, column), args.statistic)
    name = f"{args.statistic} {title}"
    table = write_table(
        context.store,
        "zones.csv",
        f"{name} of every polygon",
        ("zone", column, "pixels"),
        zip(labels, frame[column].tolist(), zones.pixels.tolist(), strict=True),
    )
    unit = "" if args.statistic == "count" else str(raster.get("unit", ""))
    return ToolResult(
        summary=f"features {len(frame)} polygons with {name}"[:80],
        outputs={"features": made, "table": table},
        values=_values(zones, labels, (f"{name}{on_day(raster)}", unit)),
        artifacts=tuple(ArtifactRef.model_validate(p["artifact"]) for p in (made, table)),
        notes=_notes(zones, exact=exact),
    )


def _require_polygons(frame: gpd.GeoDataFrame) -> None:
    if not frame.geom_type.isin(["Polygon", "MultiPolygon", "GeometryCollection"]).any():
        kinds = sorted({str(kind) for kind in frame.geom_type})
        raise RetryableToolError(
            f"zonal statistics need polygons, and the features are {kinds}; widen them with "
            "buffer_features, or sample points with sample_points",
            kind="precondition",
        )


def _compute(path: Path, frame: gpd.GeoDataFrame, statistic: Statistic, *, exact: bool) -> _Zones:
    degrees = np.asarray(frame.geometry.to_numpy(), dtype=object)
    projected: list[NDArray[np.object_]] = []

    def shapes(dataset: DatasetReader) -> NDArray[np.object_]:
        projected.append(shapes_in_crs(path, degrees, dataset))
        return projected[0]

    with zoned_raster(path, shapes) as raster:
        if exact:
            zones = _Zones(*exact_statistic(raster, projected[0], statistic))
        else:
            found = _statistics(raster, ("count", statistic))
            zones = _Zones(found[statistic], found["count"].astype(np.int64))
    if not (zones.pixels > 0).any():
        raise RetryableToolError(
            f"no polygon holds a valid pixel of raster {path.name!r}; choose other features, "
            "another area or another scene",
            kind="precondition",
        )
    return zones


def _values(zones: _Zones, labels: list[str], said: tuple[str, str]) -> tuple[Value, ...]:
    what, unit = said
    known = np.flatnonzero(zones.pixels > 0)
    figures = zones.figures[known]
    low, high = known[np.argmin(figures)], known[np.argmax(figures)]
    return (
        Value(name="zone_count", value=len(known), unit="", about=f"polygons with a {what}"),
        Value(name="zone_min", value=float(figures.min()), unit=unit, about=f"lowest {what}"),
        Value(name="zone_max", value=float(figures.max()), unit=unit, about=f"highest {what}"),
        Value(
            name="zone_mean", value=float(figures.mean()), unit=unit, about=f"mean of the {what}"
        ),
        Value(
            name="zone_lowest", value=labels[low], unit="", about=f"polygon of the lowest {what}"
        ),
        Value(
            name="zone_highest", value=labels[high], unit="", about=f"polygon of the highest {what}"
        ),
    )


def _notes(zones: _Zones, *, exact: bool) -> tuple[str, ...]:
    rule = "each weighed by the share of it that the polygon covers" if exact else "by its centre"
    said = f"pixels belong to a polygon {rule}" if not exact else f"pixels count {rule}"
    empty = int((zones.pixels <= 0).sum())
    if not empty:
        return (said,)
    return (said, f"{empty} of {len(zones.pixels)} polygons hold no valid pixel and have no value")


ZONAL_BY_FEATURE = ToolSpec(
    name="zonal_by_feature",
    summary="take a statistic of the raster in every polygon",
    args=ZonalByFeatureArgs,
    run=zonal_by_feature,
    produces=frozenset({"features", "table", "value"}),
    consumes=frozenset({"raster", "features"}),
    effect="writes",
    cost="seconds",
)
ZONAL_BY_COVERAGE = ToolSpec(
    name="zonal_by_coverage",
    summary="take a statistic in every polygon, weighed by covered share",
    args=ZonalByCoverageArgs,
    run=zonal_by_coverage,
    produces=frozenset({"features", "table", "value"}),
    consumes=frozenset({"raster", "features"}),
    effect="writes",
    cost="seconds",
)
