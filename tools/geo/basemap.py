"""Country polygons (Natural Earth 1:50 m), for map backgrounds and country extents."""

from __future__ import annotations

from functools import cache
from importlib.resources import as_file, files

import geopandas as gpd
from shapely import make_valid

ATTRIBUTION = "Basemap: Natural Earth 1:50 m"


@cache
def country_shapes() -> gpd.GeoDataFrame:
    """Return the countries in EPSG:4326: `iso_numeric` ("" for a disputed area) and `geometry`."""
    package = __name__.rpartition(".")[0]
    with as_file(files(package) / "data" / "countries-50m.json") as path:
        raw = gpd.read_file(path, layer="countries")
    return gpd.GeoDataFrame(
        {"iso_numeric": raw["id"].fillna("").astype(str)},
        geometry=make_valid(raw.geometry.values, method="structure", keep_collapsed=False),
        crs="EPSG:4326",
    )
