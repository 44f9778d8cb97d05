"""One valid area in longitude and latitude from polygons that people send.

RFC 7946: longitude first, outer rings counter-clockwise (3.1.6), cut at ±180 degrees (3.1.9).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import antimeridian
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from pyproj.exceptions import ProjError
from shapely import Polygon
from shapely.geometry.base import BaseGeometry

from ...errors import ToolError
from ...records import ToolResult
from ...spec import ToolContext
from ...uploads import ShapeLayer
from ..aoi import aoi_payload
from .crossings import require_few_crossings
from .thinning import thin_for_joining, thin_outline, vertex_count

EQUAL_AREA: Final = "EPSG:6933"
HEMISPHERE_KM2: Final = 255_032_810.0
_DENSE_BELOW: Final = 1000
_PRECISION_DEG: Final = 1e-7


class Outline(NamedTuple):
    """A valid area in degrees and what was assumed or changed on the way to it."""

    shape: BaseGeometry
    notes: tuple[str, ...] = ()


def outline_of(layers: Sequence[ShapeLayer]) -> Outline:
    """Return the union of all polygons, valid, oriented, bounded and in EPSG:4326."""
    # GEOS leaves floating-point flags behind for coordinates that are almost zero.
    with np.errstate(all="ignore"):
        return _outline(layers)


def _outline(layers: Sequence[ShapeLayer]) -> Outline:
    notes: list[str] = []
    polygons = [p for layer in layers for p in _lonlat(layer, notes)]
    _count_notes(layers, notes)
    if not polygons:
        raise _no_area("holds no polygon; draw one, or name a point and a distance")
    ready = thin_for_joining(polygons)
    whole = _joined(_cut(ready.polygons, notes), notes)
    exact = _parts(whole)
    final = thin_outline(exact)
    if final.polygons and final.moved:
        whole = _joined(final.polygons, [])
    if metres := ready.moved_m + final.moved_m:
        after = vertex_count(_parts(whole))
        before = vertex_count(polygons) if ready.moved else vertex_count(exact)
        notes.append(
            f"the outline was simplified from {before:,} to {after:,} vertices; "
            f"it moved by at most {metres:,.6g} m"
        )
    return Outline(checked_area(whole), tuple(notes))


def checked_area(shape: BaseGeometry) -> BaseGeometry:
    """Return an area to 1e-7 degrees with right-hand rings; refuse none and most of Earth."""
    with np.errstate(all="ignore"):
        exact = shapely.set_precision(shape, _PRECISION_DEG)
    if exact.is_empty or exact.area == 0:
        raise _no_area("has no area; draw a polygon or give a box that is wider than zero")
    size = area_km2(exact)
    if size > HEMISPHERE_KM2:
        raise ToolError(
            f"the area covers {size:,.0f} km², more than half of Earth; choose a smaller one",
            kind="too_large",
        )
    return shapely.orient_polygons(exact)


def area_km2(shape: BaseGeometry) -> float:
    """Return the area of a shape in degrees, in km² on the equal-area CRS EPSG:6933."""
    forward = Transformer.from_crs("EPSG:4326", EQUAL_AREA, always_xy=True)
    return float(_projected(shapely.segmentize(shape, 1.0), forward).area / 1e6)


def _projected(shapes: Any, transformer: Transformer) -> Any:
    def forward(points: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(transformer.transform(points[:, 0], points[:, 1]))

    return shapely.transform(shapes, forward)


def aoi_result(
    context: ToolContext, name: str, said: str, area: Outline, source: str
) -> ToolResult:
    """Return the `aoi` output of an area; `said` is what the one-line summary shows."""
    payload = aoi_payload(name, "", area.shape, source)
    if area.shape.bounds[2] - area.shape.bounds[0] < 180:
        payload["bbox"] = [round(v, 6) for v in area.shape.bounds]
    return ToolResult(
        summary=f"aoi {said}"[:80],
        outputs={"aoi": payload},
        notes=(*area.notes, *_coverage_notes(context, area.shape)),
    )


def _no_area(reason: str) -> ToolError:
    return ToolError(f"the area of interest {reason}", kind="bad_data")


def _count_notes(layers: Sequence[ShapeLayer], notes: list[str]) -> None:
    features, skipped = (sum(getattr(e, k) for e in layers) for k in ("features", "skipped"))
    if len(layers) > 1:
        notes.append(f"{len(layers)} layers were joined")
    if features > 1:
        notes.append(f"{features} features were joined into one area")
    if skipped:
        notes.append(f"{skipped} points, lines or empty geometries were left out")


def _lonlat(layer: ShapeLayer, notes: list[str]) -> list[Polygon]:
    """Return a layer's polygons in degrees, longitude first."""
    if not layer.polygons:
        return []
    polygons: Any = np.array(layer.polygons, dtype=object)
    if not layer.crs.is_geographic and vertex_count(layer.polygons) < _DENSE_BELOW:
        west, south, east, north = shapely.total_bounds(polygons)
        polygons = shapely.segmentize(polygons, max(east - west, north - south, 1e-9) / 64)
    if layer.crs.is_geographic:
        polygons = _axes_checked(polygons, notes)
    try:
        to_degrees = Transformer.from_crs(layer.crs, "EPSG:4326", always_xy=True)
        degrees = _projected(polygons, to_degrees)
    except ProjError as error:
        raise _no_area("cannot be converted to longitude and latitude; send EPSG:4326") from error
    if not np.isfinite(shapely.get_coordinates(degrees)).all():
        raise _no_area("lies outside its coordinate reference system; correct the CRS")
    return list(degrees)


def _axes_checked(polygons: Any, notes: list[str]) -> Any:
    """Return polygons longitude first; latitudes beyond 90 degrees betray the other order."""
    west, south, east, north = shapely.total_bounds(polygons)
    x, y = max(abs(west), abs(east)), max(abs(south), abs(north))
    if x <= 360 and y <= 90:
        return polygons
    if x <= 90 and y <= 360:
        notes.append("latitude came before longitude; the two were swapped")
        return shapely.transform(polygons, lambda points: points[:, ::-1])
    raise _no_area(
        f"has coordinates up to {x:.6g} and {y:.6g}, which are no degrees; state the coordinate "
        "reference system or send longitude and latitude"
    )


def _cut(polygons: list[Polygon], notes: list[str]) -> list[BaseGeometry]:
    """Return the polygons cut at ±180 degrees; an edge longer than 180 degrees crosses it."""
    cut: list[BaseGeometry] = []
    crossing = False
    for polygon in polygons:
        longitudes = shapely.get_coordinates(polygon)[:, 0]
        if abs(np.diff(longitudes)).max() <= 180 and abs(longitudes).max() <= 180:
            cut.append(polygon)
            continue
        crossing = True
        try:
            cut.append(antimeridian.fix_polygon(polygon, fix_winding=True, great_circle=False))
        except ValueError as error:
            raise _no_area("crosses itself and the 180th meridian; draw it again") from error
    if crossing:
        notes.append("the area crosses the 180th meridian and was cut there")
    return cut


def _joined(shapes: Sequence[BaseGeometry], notes: list[str]) -> BaseGeometry:
    """Return the union of shapes, self-intersections repaired."""
    invalid = not shapely.is_valid(list(shapes)).all()
    if invalid or len(shapes) > 1:
        require_few_crossings(shapes)
    if invalid:
        notes.append("an outline crossed or touched itself and was repaired")
        shapes = list(shapely.make_valid(list(shapes), method="structure", keep_collapsed=False))
    # Snapped to a grid, neighbours that almost share an edge leave no slivers between them.
    return shapely.union_all(shapes, grid_size=_PRECISION_DEG) if len(shapes) > 1 else shapes[0]


def _parts(shape: BaseGeometry) -> list[Polygon]:
    return [part for part in shapely.get_parts(shape) if isinstance(part, Polygon)]


def _coverage_notes(context: ToolContext, shape: BaseGeometry) -> tuple[str, ...]:
    """Return a warning when only the area with its axes swapped would lie in the data."""
    extents = [shapely.box(*c.bbox) for c in context.catalog.collections()]
    if not extents or shapely.intersects(extents, shape).any():
        return ()
    swapped = shapely.transform(shape, lambda points: points[:, ::-1])
    if not shapely.intersects(extents, swapped).any():
        return ()
    return (
        "no data lies in this area, but some would with longitude and latitude swapped: check "
        "their order",
    )
