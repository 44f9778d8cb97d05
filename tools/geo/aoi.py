"""Areas of interest in longitude and latitude: town squares, country outlines, metre buffers."""

from __future__ import annotations

from functools import cache
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely
from pyproj import Transformer
from shapely.affinity import translate
from shapely.geometry import MultiPolygon, Polygon, box, mapping
from shapely.geometry.base import BaseGeometry

from .basemap import country_shapes
from .gazetteer import Country, Town, towns_in

HALF_SIDE_M: Final = 10_000.0

Coordinates = npt.NDArray[np.float64]

_COAST_DEG: Final = 0.1
_FAR_DEG: Final = 20.0
_MOST_POINTS: Final = 1500
# A circle of 64 corners lacks 0.16 % of its area.
_QUARTER_CORNERS: Final = 16
_WORLD: Final = box(-180, -90, 180, 90)


def _to_degrees(shape: BaseGeometry, to_lonlat: Transformer, lon: float) -> BaseGeometry:
    """Return a local metre geometry in degrees, cut where it would leave the map at ±180°."""

    def project(metres: Coordinates) -> Coordinates:
        degrees, lat = to_lonlat.transform(metres[:, 0], metres[:, 1])
        return np.column_stack([(degrees - lon + 180) % 360 - 180 + lon, lat])

    unwrapped = shapely.transform(shape, project)
    parts = [translate(unwrapped, xoff=shift).intersection(_WORLD) for shift in (-360, 0, 360)]
    inside = shapely.union_all([p for p in parts if not p.is_empty])
    return shapely.set_precision(inside, 1e-6)


def _local_crs(lon: float, lat: float) -> str:
    return f"+proj=aeqd +lat_0={lat:.6f} +lon_0={lon:.6f} +datum=WGS84 +units=m +no_defs"


def square_around(lon: float, lat: float, half_side_m: float = HALF_SIDE_M) -> BaseGeometry:
    """Return the square of ±`half_side_m` metres around a point, in degrees."""
    to_lonlat = Transformer.from_crs(_local_crs(lon, lat), "EPSG:4326", always_xy=True)
    half = half_side_m
    return _to_degrees(box(-half, -half, half, half), to_lonlat, lon)


def buffered(area: BaseGeometry, distance_m: float) -> BaseGeometry:
    """Return an area widened by metres, measured in an equidistant projection around it."""
    centre = area.representative_point() if area.geom_type == "MultiPolygon" else area.centroid
    crs = _local_crs(centre.x, centre.y)
    to_metres = Transformer.from_crs("EPSG:4326", crs, always_xy=True)

    def project(degrees: Coordinates) -> Coordinates:
        return np.column_stack(to_metres.transform(degrees[:, 0], degrees[:, 1]))

    metres = shapely.transform(shapely.segmentize(area, 0.5), project)
    wider = metres.buffer(distance_m, quad_segs=_QUARTER_CORNERS)
    back = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    return _to_degrees(wider, back, centre.x)


@cache
def town_area(town: Town) -> BaseGeometry:
    """Return the 20 km square around a town, in degrees."""
    return square_around(town.lon, town.lat)


@cache
def region_area(country: str, region: str = "") -> BaseGeometry:
    """Return the box around the towns of a country or US state, in degrees."""
    towns = towns_in(country, region)
    east = max(towns, key=lambda t: t.lon)
    edges = [min(towns, key=lambda t: t.lon), min(towns, key=lambda t: t.lat), east]
    edges.append(max(towns, key=lambda t: t.lat))
    return shapely.union_all([town_area(t) for t in edges]).envelope


@cache
def country_area(country: Country) -> BaseGeometry:
    """Return a country's outline with about 10 km of coastal water, in degrees."""
    shapes = country_shapes()
    own = shapes[shapes["iso_numeric"] == country.numeric]
    if own.empty:
        return region_area(country.code)
    wide = own.geometry.union_all().buffer(_COAST_DEG, quad_segs=2).intersection(_WORLD)
    rest = shapes[shapes["iso_numeric"] != country.numeric]
    near = rest.iloc[rest.sindex.query(wide, predicate="intersects")]
    area = wide.difference(near.geometry.union_all())
    tolerance = 0.01
    while shapely.get_num_coordinates(area) > _MOST_POINTS:
        area, tolerance = area.simplify(tolerance), tolerance * 1.5
    return shapely.set_precision(area, 1e-4)


def main_bounds(area: BaseGeometry) -> tuple[float, float, float, float]:
    """Return west, south, east, north of an area's largest part and of what lies near it.

    A country that crosses ±180° or has islands an ocean away would else span the whole map.
    """
    if not isinstance(area, MultiPolygon):
        return area.bounds
    parts: list[Polygon] = list(area.geoms)
    largest = max(parts, key=lambda p: p.area)
    near = [p for p in parts if p.distance(largest) <= _FAR_DEG]
    return MultiPolygon(near).bounds


def aoi_payload(name: str, country: str, area: BaseGeometry, source: str) -> dict[str, Any]:
    """Return the JSON-plain `aoi` output for an area in degrees."""
    return {
        "name": name,
        "country": country,
        "bbox": [round(v, 6) for v in main_bounds(area)],
        "geometry": mapping(area),
        "source": source,
    }
