"""Count, filter, widen and join the features and scenes that were found."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Annotated, Any

import geopandas as gpd
import numpy as np
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from pyproj.exceptions import ProjError

from ..errors import RetryableToolError, ToolError
from ..records import ArtifactRef, ToolResult, Value
from ..spec import Live, ToolArgs, ToolContext, ToolSpec
from .areas.crossings import require_few_crossings
from .classes import match_classes
from .distance import parse_distance_m
from .geopackage import write_geopackage
from .vectors.limits import intersecting_pairs
from .vectors.meridian import crosses_180, cut_at_180

CLASS_COLUMN = "cat_name"
GPKG_MEDIA = "application/geopackage+sqlite3"


class CountFeaturesArgs(ToolArgs):
    """The newest features."""

    features: Annotated[str, Live("handle.features", hidden=True)]


class CountScenesArgs(ToolArgs):
    """The newest scenes."""

    scenes: Annotated[str, Live("handle.scenes", hidden=True)]


class FilterFeaturesArgs(ToolArgs):
    """Which class of the newest features to keep."""

    features: Annotated[str, Live("handle.features", hidden=True)]
    category: Annotated[str, Live("span.class")]


class BufferFeaturesArgs(ToolArgs):
    """By how much to widen the newest features."""

    features: Annotated[str, Live("handle.features", hidden=True)]
    distance: Annotated[str, Live("span.distance")]


class JoinFeaturesArgs(ToolArgs):
    """Which other features the newest features must touch."""

    features: Annotated[str, Live("handle.features", hidden=True)]
    other: Annotated[str, Live("handle.features")]


def read_features(context: ToolContext, payload: Mapping[str, Any]) -> gpd.GeoDataFrame:
    """Return the features a payload names, valid and in EPSG:4326."""
    path = context.store.path(ArtifactRef.model_validate(payload["artifact"]))
    try:
        frame = pyogrio.read_dataframe(path)
    except (DataSourceError, DataLayerError) as error:
        raise ToolError(
            f"features {path.name!r} are unreadable: {error}", kind="bad_data"
        ) from error
    if not isinstance(frame, gpd.GeoDataFrame) or frame.crs is None:
        raise ToolError(
            f"features {path.name!r} have no geometry with a CRS; load them again", kind="bad_data"
        )
    try:
        frame = frame.to_crs("EPSG:4326")
    except ProjError as error:
        raise ToolError(
            f"features {path.name!r} cannot be converted to EPSG:4326: {error}", kind="bad_data"
        ) from error
    shapes = np.asarray(frame.geometry.to_numpy(), dtype=object)
    invalid = shapes[~shapely.is_valid(shapes) & ~shapely.is_missing(shapes)]
    if len(invalid):
        require_few_crossings(list(shapely.get_parts(shapely.get_parts(invalid))))
    frame.geometry = frame.geometry.make_valid()
    return frame


def write_features(
    context: ToolContext, frame: gpd.GeoDataFrame, payload: Mapping[str, Any], suffix: str
) -> dict[str, Any]:
    """Store features as a GeoPackage and return their payload, based on the one they came from."""
    scratch = context.store.scratch(".gpkg")
    scratch.unlink()
    write_geopackage(scratch, frame, layer="features")
    # A collection's name may hold signs that a plain file name must not.
    stem = re.sub(r"[/\\\x00]+|^\.+", "_", f"{payload['collection']}_{suffix}")
    name = f"{stem}.gpkg"
    artifact = context.store.put_file(scratch, name, GPKG_MEDIA)
    return {**payload, "count": len(frame), "artifact": artifact.model_dump()}


def count_features(context: ToolContext, args: CountFeaturesArgs) -> ToolResult:
    """Return how many features were found."""
    payload = context.output(args.features, "features")
    return _counted("feature_count", int(payload["count"]), _what(payload))


def count_scenes(context: ToolContext, args: CountScenesArgs) -> ToolResult:
    """Return how many scenes were found."""
    payload = context.output(args.scenes, "scenes")
    return _counted("scene_count", len(payload["items"]), f"scenes of {payload['collection']}")


def _counted(name: str, count: int, about: str) -> ToolResult:
    value = Value(name=name, value=count, unit="", about=about)
    return ToolResult(summary=f"value {name} {count}", values=(value,), empty=count == 0)


def _what(payload: Mapping[str, Any]) -> str:
    classes = ", ".join(payload["classes"]) or "features"
    return f"{classes} of {payload['collection']}"


def filter_features(context: ToolContext, args: FilterFeaturesArgs) -> ToolResult:
    """Keep the features of one class, named as people name it."""
    payload = context.output(args.features, "features")
    wanted, notes = match_classes(args.category, _known_classes(context, payload))
    frame = read_features(context, payload)
    if CLASS_COLUMN not in frame.columns:
        raise ToolError(
            f"the features of {payload['collection']!r} have no classes to filter by; compare one "
            "of their columns instead",
            kind="precondition",
        )
    kept = gpd.GeoDataFrame(frame[frame[CLASS_COLUMN].isin(wanted)])
    return _features(context, kept, {**payload, "classes": list(wanted)}, "filtered", notes)


def _known_classes(context: ToolContext, payload: Mapping[str, Any]) -> tuple[str, ...]:
    for collection in context.catalog.collections():
        if collection.id == payload["collection"]:
            return collection.classes
    return tuple(payload["classes"])


def buffer_features(context: ToolContext, args: BufferFeaturesArgs) -> ToolResult:
    """Widen every feature by a distance in metres."""
    payload = context.output(args.features, "features")
    distance = parse_distance_m(args.distance)
    frame = read_features(context, payload)
    return _features(context, buffer_m(frame, distance), payload, "buffered", ())


def buffer_m(frame: gpd.GeoDataFrame, distance: float) -> gpd.GeoDataFrame:
    """Return the frame (EPSG:4326) with geometries widened by metres.

    Every degree cell is buffered in an azimuthal equidistant projection of its own, so that
    features of places far apart are all widened by true metres.
    """
    widened = np.asarray(frame.geometry.to_numpy(copy=True), dtype=object)
    filled = np.flatnonzero(~(shapely.is_missing(widened) | shapely.is_empty(widened)))
    points = shapely.get_coordinates(shapely.point_on_surface(widened[filled]))
    cells = np.floor(points)
    for lon, lat in np.unique(cells, axis=0):
        local = f"+proj=aeqd +lon_0={lon + 0.5} +lat_0={lat + 0.5} +datum=WGS84 +units=m"
        chosen = filled[(cells == (lon, lat)).all(axis=1)]
        shapes = gpd.GeoSeries(widened[chosen], crs="EPSG:4326")
        widened[chosen] = _cut_to_map(shapes.to_crs(local).buffer(distance))
    return frame.set_geometry(gpd.GeoSeries(widened, index=frame.index, crs="EPSG:4326"))


def _cut_to_map(metres: gpd.GeoSeries) -> Any:
    """Return local shapes in degrees, cut at ±180 degrees where they reach over it or a pole."""
    degrees = np.asarray(metres.to_crs("EPSG:4326").to_numpy(), dtype=object)
    over = crosses_180(degrees)
    if over.any():
        # More vertices, so that no edge near a pole turns by half a circle.
        shapes = np.asarray(metres.to_numpy(), dtype=object)[over]
        left, bottom, right, top = shapely.total_bounds(shapes)
        step = max(right - left, top - bottom) / 64
        wound = shapely.orient_polygons(shapely.segmentize(shapes, step))
        dense = gpd.GeoSeries(wound, crs=metres.crs)
        turned = np.asarray(dense.to_crs("EPSG:4326").to_numpy(), dtype=object)
        degrees[over] = cut_at_180(turned, wound=True)
    return degrees


def join_features(context: ToolContext, args: JoinFeaturesArgs) -> ToolResult:
    """Keep the features that touch at least one of the other features."""
    if args.other == args.features:
        others = tuple(
            name
            for name, r in context.records.items()
            if "features" in r.outputs and name != args.other
        )
        raise RetryableToolError(
            f"record {args.other!r} cannot be joined with itself; name another: {list(others)}",
            kind="precondition",
            candidates=others,
        )
    payload = context.output(args.features, "features")
    other = context.output(args.other, "features")
    left, right = read_features(context, payload), read_features(context, other)
    touching = np.unique(
        intersecting_pairs(
            np.asarray(left.geometry.to_numpy(), dtype=object),
            np.asarray(right.geometry.to_numpy(), dtype=object),
        ).left
    )
    result = _features(context, left.iloc[touching], payload, "joined", ())
    count = Value(
        name="joined_count",
        value=len(touching),
        unit="",
        about=f"{_what(payload)} that touch {_what(other)}",
    )
    return result.model_copy(update={"values": (count,)})


def _features(
    context: ToolContext,
    frame: gpd.GeoDataFrame,
    payload: Mapping[str, Any],
    suffix: str,
    notes: tuple[str, ...],
) -> ToolResult:
    if frame.empty:
        count = Value(name="feature_count", value=0, unit="", about=_what(payload))
        return ToolResult(
            summary="features 0, nothing left", values=(count,), notes=notes, empty=True
        )
    made = write_features(context, frame, payload, suffix)
    return ToolResult(
        summary=f"features {len(frame)} {payload['collection']} {suffix}"[:80],
        outputs={"features": made},
        artifacts=(ArtifactRef.model_validate(made["artifact"]),),
        notes=notes,
    )


COUNT_FEATURES = ToolSpec(
    name="count_features",
    summary="count the features found",
    args=CountFeaturesArgs,
    run=count_features,
    produces=frozenset({"value"}),
    consumes=frozenset({"features"}),
    effect="pure",
)
COUNT_SCENES = ToolSpec(
    name="count_scenes",
    summary="count the scenes found",
    args=CountScenesArgs,
    run=count_scenes,
    produces=frozenset({"value"}),
    consumes=frozenset({"scenes"}),
    effect="pure",
)
FILTER_FEATURES = ToolSpec(
    name="filter_features",
    summary="keep the features of one class",
    args=FilterFeaturesArgs,
    run=filter_features,
    produces=frozenset({"features"}),
    consumes=frozenset({"features"}),
    effect="writes",
)
BUFFER_FEATURES = ToolSpec(
    name="buffer_features",
    summary="widen the features by a distance",
    args=BufferFeaturesArgs,
    run=buffer_features,
    produces=frozenset({"features"}),
    consumes=frozenset({"features"}),
    effect="writes",
)
JOIN_FEATURES = ToolSpec(
    name="join_features",
    summary="keep the features that touch other features",
    args=JoinFeaturesArgs,
    run=join_features,
    produces=frozenset({"features", "value"}),
    consumes=frozenset({"features"}),
    effect="writes",
)
