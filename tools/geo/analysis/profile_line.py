"""The raster's values along a line: of the features, or from one area to another."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Annotated, Any, Final, NamedTuple

import numpy as np
import shapely
from pyproj import Geod, Transformer
from rasterio.io import DatasetReader

from ...errors import RetryableToolError
from ...records import ArtifactRef, ToolResult, Value
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from ..raster import aoi_shape, on_day
from ..vector import read_features
from .blocks import open_readers, raster_path
from .csv_table import write_table
from .point_values import values_at
from .scanline import Floats

MAX_POINTS: Final = 20_000
_GEOD: Final = Geod(ellps="WGS84")


class ProfileAlongArgs(ToolArgs):
    """The newest raster and the newest features, a line among them."""

    raster: Annotated[str, Live("handle.raster", hidden=True)]
    features: Annotated[str, Live("handle.features", hidden=True)]


class ProfileBetweenArgs(ToolArgs):
    """The newest raster and the newest two areas."""

    raster: Annotated[str, Live("handle.raster", hidden=True)]
    aoi: Annotated[str, Live("handle.aoi", hidden=True)]
    before: Annotated[str, Live("handle.aoi.before", hidden=True)]


class Track(NamedTuple):
    """Points along a line: geodesic metres from its start, longitude and latitude."""

    distance: Floats
    lon: Floats
    lat: Floats


def track(line: shapely.LineString, step_m: float) -> Track:
    """Return evenly spaced points, at most `step_m` geodesic metres apart, both ends among them."""
    points = shapely.get_coordinates(line)
    azimuth, _, length = (
        np.asarray(each)
        for each in _GEOD.inv(points[:-1, 0], points[:-1, 1], points[1:, 0], points[1:, 1])
    )
    upto = np.concatenate([[0.0], np.cumsum(length)])
    distance = np.linspace(0, upto[-1], max(math.ceil(upto[-1] / step_m), 1) + 1)
    segment = np.clip(np.searchsorted(upto, distance, side="right") - 1, 0, len(length) - 1)
    start = points[segment]
    lon, lat, _ = _GEOD.fwd(start[:, 0], start[:, 1], azimuth[segment], distance - upto[segment])
    return Track(distance, np.asarray(lon), np.asarray(lat))


def pixel_step_m(dataset: DatasetReader) -> float:
    """Return the shorter side in metres of the raster's middle pixel."""
    grid = dataset.transform
    x = grid.c + grid.a * (dataset.width // 2 + np.array([0, 1, 0]))
    y = grid.f + grid.e * (dataset.height // 2 + np.array([0, 0, 1]))
    lon, lat = Transformer.from_crs(dataset.crs, "EPSG:4326", always_xy=True).transform(x, y)
    sides = _GEOD.inv([lon[0], lon[0]], [lat[0], lat[0]], lon[1:], lat[1:])[2]
    return float(np.min(sides))


def profile_along(context: ToolContext, args: ProfileAlongArgs) -> ToolResult:
    """Read the raster at every pixel's length along the longest line of the features."""
    frame = read_features(context, context.output(args.features, "features"))
    shapes = frame.geometry.to_numpy()[frame.geom_type.isin(["LineString", "MultiLineString"])]
    parts = shapely.get_parts(shapely.line_merge(np.asarray(shapes, dtype=object)))
    lines = [part for part in parts if part.length > 0]
    if not lines:
        kinds = sorted({str(kind) for kind in frame.geom_type})
        raise RetryableToolError(
            f"a profile needs a line, and the features are {kinds}; load lines or draw one",
            kind="precondition",
        )
    lengths = [_GEOD.geometry_length(line) for line in lines]
    notes = (f"the longest of {len(lines)} lines was taken",) if len(lines) > 1 else ()
    return _profile(context, args.raster, lines[int(np.argmax(lengths))], notes)


def profile_between(context: ToolContext, args: ProfileBetweenArgs) -> ToolResult:
    """Read the raster at every pixel's length from the earlier to the newer area's centroid."""
    areas = [aoi_shape(context.output(record, "aoi")) for record in (args.before, args.aoi)]
    start, end = (area.centroid for area in areas)
    line = shapely.LineString([start, end])
    if line.length == 0:
        raise RetryableToolError(
            "both areas have the same centre; name a second place", kind="precondition"
        )
    note = "the line runs along the geodesic between the centroids of the two areas"
    return _profile(context, args.raster, line, (note,))


def _profile(
    context: ToolContext, record: str, line: shapely.LineString, notes: tuple[str, ...]
) -> ToolResult:
    raster = context.output(record, "raster")
    path = raster_path(context, raster)
    with open_readers(path) as (dataset,):
        step, fewest = pixel_step_m(dataset), _GEOD.geometry_length(line) / MAX_POINTS
        if not math.isfinite(step):
            raise RetryableToolError(
                f"raster {path.name!r} has pixels of no known size; reproject it",
                kind="precondition",
            )
        if fewest > step:
            notes = (*notes, f"the line is long: read every {fewest:.0f} m, not every {step:.0f} m")
        points = track(line, max(step, fewest))
        values = values_at(dataset, points.lon, points.lat, "nearest")
    if not np.isfinite(values).any():
        raise RetryableToolError(
            f"the line meets no valid pixel of raster {path.name!r}; choose another line or scene",
            kind="precondition",
        )
    missing = int((~np.isfinite(values)).sum())
    if missing:
        said = f"{missing} of {len(values)} positions lie outside the raster or on nodata"
        notes = (*notes, said)
    return _made(context, raster, (points, values), notes)


def _made(
    context: ToolContext,
    raster: Mapping[str, Any],
    found: tuple[Track, Floats],
    notes: tuple[str, ...],
) -> ToolResult:
    points, values = found
    title, unit = f"Profile of {raster['index']}", str(raster.get("unit", ""))
    rows = [
        (distance, lon, lat, None if math.isnan(value) else value)
        for distance, lon, lat, value in zip(
            *(column.tolist() for column in (*points, values)), strict=True
        )
    ]
    columns = ("distance_m", "longitude", "latitude", "value")
    table = write_table(context.store, "profile.csv", title, columns, rows)
    profile = {"title": title, "unit": unit, "points": [[row[0], row[3]] for row in rows]}
    known = values[np.isfinite(values)]
    what = f"along the line of {raster['index']}{on_day(raster)}"
    figures: list[tuple[str, float, str, str]] = [
        (
            "profile_length",
            float(points.distance[-1]),
            "m",
            "geodesic length on WGS 84 of the line",
        ),
        ("profile_min", float(known.min()), unit, f"min {what}"),
        ("profile_max", float(known.max()), unit, f"max {what}"),
        ("profile_mean", float(known.mean()), unit, f"mean {what}"),
    ]
    return ToolResult(
        summary=f"table profile of {len(rows)} positions, {points.distance[-1]:.6g} m"[:80],
        outputs={"table": table, "profile": profile},
        values=tuple(Value(name=n, value=v, unit=u, about=a) for n, v, u, a in figures),
        artifacts=(ArtifactRef.model_validate(table["artifact"]),),
        notes=notes,
    )


PROFILE_ALONG = ToolSpec(
    name="profile_along",
    summary="read the raster along a line",
    args=ProfileAlongArgs,
    run=profile_along,
    produces=frozenset({"table", "profile", "value"}),
    consumes=frozenset({"raster", "features"}),
    effect="writes",
    cost="seconds",
)
PROFILE_BETWEEN = ToolSpec(
    name="profile_between",
    summary="read the raster on the line between two places",
    args=ProfileBetweenArgs,
    run=profile_between,
    produces=frozenset({"table", "profile", "value"}),
    consumes=frozenset({"raster", "aoi"}),
    effect="writes",
    cost="seconds",
)
