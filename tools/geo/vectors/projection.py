"""Work in metres: azimuthal projections around each group of features, and the way back.

Snyder (1987), Map Projections: A Working Manual, USGS 1395: azimuthal equidistant (distances from
the centre are true) and Lambert azimuthal equal-area (areas are true).
"""

from __future__ import annotations

from collections.abc import Generator
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Literal, NamedTuple

import numpy as np
import shapely
from pyproj import Transformer

from .limits import Floats, Integers, Shapes
from .meridian import cut_at_180

Kind = Literal["aeqd", "laea"]
METRES_PER_DEGREE: Final = 111_320.0


@dataclass(frozen=True)
class LocalPlane:
    """A projection in metres on WGS 84 around a point in degrees."""

    lon: float
    lat: float
    kind: Kind = "aeqd"

    @cached_property
    def _transformer(self) -> Transformer:
        return Transformer.from_pipeline(
            "+proj=pipeline +step +proj=unitconvert +xy_in=deg +xy_out=rad "
            f"+step +proj={self.kind} +lat_0={self.lat} +lon_0={self.lon} +ellps=WGS84"
        )

    def to_metres(self, shapes: Shapes) -> Shapes:
        """Return geometries in degrees as metres from the centre."""
        return shapely.transform(shapes, self.points_to_metres)

    def points_to_metres(self, points: Floats) -> Floats:
        """Return longitude and latitude in degrees as (x, y) in metres."""
        return np.column_stack(self._transformer.transform(points[:, 0], points[:, 1]))

    def points_to_degrees(self, points: Floats) -> Floats:
        """Return (x, y) in metres as longitude in [-180, 180] and latitude."""
        lon, lat = self._transformer.transform(points[:, 0], points[:, 1], direction="INVERSE")
        return np.column_stack([(lon + 180.0) % 360.0 - 180.0, lat])

    def to_degrees(self, shapes: Shapes) -> Shapes:
        """Return geometries in metres as degrees, cut where they leave the map at ±180."""
        wound = shapely.orient_polygons(shapes)
        return cut_at_180(shapely.transform(wound, self.points_to_degrees), wound=True)


class Group(NamedTuple):
    """Rows of a layer near one another, and the plane around them."""

    plane: LocalPlane
    rows: Integers


def local_groups(shapes: Shapes, kind: Kind = "aeqd") -> Generator[Group, None, None]:
    """Yield the geometries (degrees) by the one-degree cell that a point of them lies in."""
    points = shapely.get_coordinates(shapely.point_on_surface(shapes))
    yield from point_groups(points, kind)


def point_groups(points: Floats, kind: Kind = "aeqd") -> Generator[Group, None, None]:
    """Yield points in degrees by their one-degree cell, with the plane around its middle."""
    if not len(points):
        return
    cells = np.clip(np.floor(points), [-180, -90], [179, 89])
    _, first, which = np.unique(cells, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(which.ravel(), kind="stable")
    ends = np.cumsum(np.bincount(which.ravel(), minlength=len(first)))
    for start, stop, row in zip(np.r_[0, ends[:-1]], ends, first, strict=True):
        lon, lat = (float(edge) + 0.5 for edge in cells[row])
        yield Group(LocalPlane(lon, lat, kind), order[start:stop].astype(np.int64))
