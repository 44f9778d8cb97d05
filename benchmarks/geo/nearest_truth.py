"""How near two groups of outlines come to each other, computed without the platform's tools."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
from pyproj import Geod
from shapely.geometry.base import BaseGeometry
from shapely.ops import nearest_points

_EARTH = Geod(ellps="WGS84")


def nearest_m(ours: gpd.GeoDataFrame, theirs: gpd.GeoDataFrame) -> float:
    """Return the least geodesic distance in metres between two sets of outlines in degrees.

    The pair is found in a plane around the outlines and measured on the ellipsoid.
    """
    west, south, east, north = ours.total_bounds
    plane = (
        f"+proj=aeqd +lat_0={(south + north) / 2} +lon_0={(west + east) / 2} +datum=WGS84 +units=m"
    )
    left, right = ours.geometry.to_crs(plane), theirs.geometry.to_crs(plane)
    pairs, metres = right.sindex.nearest(left, return_distance=True, return_all=False)
    if metres.min() == 0:
        return 0.0
    best = int(np.argmin(metres))
    one, other = left.iloc[int(pairs[0][best])], right.iloc[int(pairs[1][best])]
    ends = gpd.GeoSeries(list(nearest_points(one, other)), crs=plane).to_crs("EPSG:4326")
    return _between(ends.iloc[0], ends.iloc[1])


def _between(one: BaseGeometry, other: BaseGeometry) -> float:
    a, b = one.centroid, other.centroid
    return float(_EARTH.inv(a.x, a.y, b.x, b.y)[2])
