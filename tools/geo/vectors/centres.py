"""The centroid of every feature, and the convex hull around all of them."""

from __future__ import annotations

from typing import Annotated, Final

import geopandas as gpd
import numpy as np
import shapely

from ...errors import ToolError
from ...records import ToolResult, Value
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from .geodesic import ELLIPSOID, GEOD, areas_m2, dense
from .limits import Shapes
from .projection import LocalPlane, local_groups
from .reading import WGS84, FeatureSet, read_feature_set
from .results import features_result, what

# Beyond this the plane shows great circles too bent for a hull to be drawn in it.
_FARTHEST_M: Final = 5_000_000.0


class CentroidArgs(ToolArgs):
    """The newest features."""

    features: Annotated[str, Live("handle.features", hidden=True)]


class ConvexHullArgs(ToolArgs):
    """The newest features."""

    features: Annotated[str, Live("handle.features", hidden=True)]


def centroid_features(context: ToolContext, args: CentroidArgs) -> ToolResult:
    """Replace every feature by its centroid, computed in an equal-area plane around it."""
    features = read_feature_set(context, args.features)
    points = centroids(features.shapes)
    outside = int((~shapely.intersects(features.shapes, points)).sum())
    frame = features.frame.set_geometry(
        gpd.GeoSeries(points, index=features.frame.index, crs=WGS84)
    )
    values = [Value(name="centroid_count", value=len(points), unit="", about=what(features))]
    if len(points) == 1:
        about = f"of the centroid of {what(features)}, EPSG:4326"
        for axis, number in zip(
            ("longitude", "latitude"), shapely.get_coordinates(points)[0], strict=True
        ):
            name = f"centroid_{axis}"
            values.append(
                Value(name=name, value=float(number), unit="deg", about=f"{axis} {about}")
            )
    notes = (f"{outside} centroids lie outside their feature",) if outside else ()
    return features_result(context, features, frame, "centroids", values=tuple(values), notes=notes)


def centroids(shapes: Shapes) -> Shapes:
    """Return the centroid of each geometry in degrees, as it is on the ground."""
    points = shapes.copy()
    for group in local_groups(shapes, "laea"):
        flat = shapely.centroid(group.plane.to_metres(dense(shapes[group.rows], 0.1)))
        points[group.rows] = shapely.transform(flat, group.plane.points_to_degrees)
    return points


def convex_hull(context: ToolContext, args: ConvexHullArgs) -> ToolResult:
    """Return the convex hull of all features, drawn in a plane around them, and its area."""
    features = read_feature_set(context, args.features)
    if features.frame.empty:
        return features_result(context, features, features.frame, "hull")
    hull = np.array([_hull(features.shapes)], dtype=object)
    frame = gpd.GeoDataFrame({"features": [len(features.frame)]}, geometry=hull, crs=WGS84)
    area = Value(
        name="hull_area_ha", value=float(areas_m2(hull)[0] / 1e4), unit="ha",
        about=f"area of the convex hull of {what(features)}, on the {ELLIPSOID}",
    )  # fmt: skip
    return features_result(
        context, FeatureSet(frame, features.payload, features.notes), frame, "hull",
        values=(area,), notes=("the hull has straight sides in an equidistant plane around it",),
    )  # fmt: skip


def _hull(shapes: Shapes) -> shapely.Geometry:
    points = shapely.get_coordinates(shapes)
    plane = _plane_around(points)
    _, _, far = GEOD.inv(
        np.full(len(points), plane.lon), np.full(len(points), plane.lat), points[:, 0], points[:, 1]
    )
    if float(np.max(far)) > _FARTHEST_M:
        raise ToolError(
            f"the features reach farther than {_FARTHEST_M / 1000:g} km from their middle, where a "
            "convex hull has no clear meaning; choose features nearer to one another",
            kind="too_large",
        )
    flat = shapely.convex_hull(shapely.multipoints(plane.points_to_metres(points)))
    if shapely.get_dimensions(flat) < 2:
        raise ToolError(
            "the features lie on one point or line, which has no convex hull with an area; choose "
            "more features",
            kind="precondition",
        )
    left, bottom, right, top = shapely.bounds(flat)
    size = max(right - left, top - bottom)
    return plane.to_degrees(np.array([shapely.segmentize(flat, size / 32)], dtype=object))[0]


def _plane_around(points: np.ndarray) -> LocalPlane:
    """Return the plane around the mean direction of points, which no meridian cuts."""
    lon, lat = np.radians(points).T
    x, y, z = (
        (np.cos(lat) * np.cos(lon)).mean(),
        (np.cos(lat) * np.sin(lon)).mean(),
        np.sin(lat).mean(),
    )
    middle = float(np.degrees(np.arctan2(y, x))), float(np.degrees(np.arctan2(z, np.hypot(x, y))))
    return LocalPlane(*middle)


CENTROID_FEATURES = ToolSpec(
    name="centroid_features",
    summary="replace the features by their centroids",
    args=CentroidArgs,
    run=centroid_features,
    produces=frozenset({"features", "value"}),
    consumes=frozenset({"features"}),
    effect="writes",
    cost="seconds",
)
CONVEX_HULL = ToolSpec(
    name="convex_hull",
    summary="draw the convex hull around all features",
    args=ConvexHullArgs,
    run=convex_hull,
    produces=frozenset({"features", "value"}),
    consumes=frozenset({"features"}),
    effect="writes",
    cost="seconds",
)
