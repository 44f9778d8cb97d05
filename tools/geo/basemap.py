"""Country polygons (Natural Earth 1:50 m), for map backgrounds and country extents."""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files

import antimeridian
import geopandas as gpd
from shapely import make_valid
from shapely.geometry import MultiPolygon, Polygon
from shapely.geometry.base import BaseGeometry

ATTRIBUTION = "Basemap: Natural Earth 1:50 m, GeoNames (CC BY 4.0)"


def _cut_at_180(shape: BaseGeometry) -> BaseGeometry:
    """Return a country in degrees, its rings that cross ±180° (or ring a pole) cut there."""
    west, _, east, _ = shape.bounds
    if east - west <= 180 or not isinstance(shape, Polygon | MultiPolygon):
        return shape
    parts = MultiPolygon([shape]) if isinstance(shape, Polygon) else shape
    return antimeridian.fix_multi_polygon(parts, fix_winding=True)


@cache
def country_shapes() -> gpd.GeoDataFrame:
    """Return the countries in EPSG:4326: `iso_numeric` ("" for a disputed area) and `geometry`."""
    package = __name__.rpartition(".")[0]
    with as_file(files(package) / "data" / "countries-50m.json") as path:
        raw = gpd.read_file(path, layer="countries")
    return gpd.GeoDataFrame(
        {"iso_numeric": raw["id"].fillna("").astype(str)},
        geometry=make_valid(
            [_cut_at_180(g) for g in raw.geometry], method="structure", keep_collapsed=False
        ),
        crs="EPSG:4326",
    )
