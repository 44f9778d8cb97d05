"""What an upload holds once it is open, the bounds it must keep, and the errors it may end in."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import CRS
from pyproj.exceptions import CRSError
from shapely import Polygon

from ..errors import ToolError, ToolErrorKind

MAX_BYTES: Final = 64 * 2**20
MAX_POLYGONS: Final = 100_000
MAX_VERTICES: Final = 2_000_000
MAX_CRS_CHARS: Final = 20_000
WGS84: Final = CRS.from_epsg(4326)

# Definitions that make PROJ look for a grid file: the file's author would choose what is opened.
_GRIDS: Final = re.compile(r"grids|parameterfile|extension\s*\[|boundcrs|file:|https?:", re.I)
_AUTHORITY: Final = re.compile(r"(?:urn:ogc:def:crs:)?(EPSG|OGC|ESRI):(?:[\d.]*:)?(\w{1,12})", re.I)

Coordinates = NDArray[np.float64]
Form = Literal["GeoJSON", "GeoPackage", "shapefile", "KML"]


class ShapeLayer(NamedTuple):
    """Polygons as they were written, x before y, in `crs`; `skipped` counts points and lines."""

    polygons: list[Polygon]
    crs: CRS
    features: int
    skipped: int = 0


class Upload(NamedTuple):
    """The layers of one file; `notes` are what had to be assumed to read it."""

    form: Form
    layers: tuple[ShapeLayer, ...]
    notes: tuple[str, ...] = ()


def refused(reason: str, kind: ToolErrorKind = "bad_data") -> ToolError:
    """Return the error for an upload that cannot be used; it never quotes the file."""
    return ToolError(f"the upload {reason}", kind=kind)


class PolygonBuilder:
    """Collects polygons from rings of (x, y), and refuses more than the bounds allow."""

    def __init__(self) -> None:
        self.polygons: list[Polygon] = []
        self.skipped = 0
        self._vertices = 0

    def add(self, rings: Sequence[Coordinates]) -> None:
        """Add one polygon, its outer ring first; a ring that is open is closed."""
        if not rings:
            self.skipped += 1
            return
        self._vertices += sum(map(len, rings))
        if self._vertices > MAX_VERTICES or len(self.polygons) >= MAX_POLYGONS:
            raise refused(
                f"has more than {MAX_POLYGONS:,} polygons or {MAX_VERTICES:,} vertices; "
                "simplify it and send it again",
                "too_large",
            )
        for ring in rings:
            if len(ring) < 3:
                raise refused("has a ring of fewer than three vertices; draw it again")
            if not np.isfinite(ring).all():
                raise refused("has coordinates that are no numbers; correct and send it again")
        shell, *holes = (shapely.linearrings(ring) for ring in rings)
        self.polygons.append(shapely.Polygon(shell, holes))

    def layer(self, crs: CRS, features: int) -> ShapeLayer:
        """Return what was collected as a layer."""
        return ShapeLayer(self.polygons, crs, features, self.skipped)


def crs_of_code(name: str) -> CRS:
    """Return the CRS of a name such as "EPSG:28992" or "urn:ogc:def:crs:OGC:1.3:CRS84"."""
    found = _AUTHORITY.fullmatch(name.strip()) if len(name) < 100 else None
    try:
        if found:
            return CRS.from_authority(found[1].upper(), found[2])
    except CRSError:
        pass
    raise refused(
        "names a coordinate reference system that is unknown; convert it to longitude and "
        "latitude (EPSG:4326) and send it again"
    )


def crs_of_wkt(text: str) -> CRS:
    """Return the CRS of a WKT definition that refers to no other file."""
    if len(text) > MAX_CRS_CHARS or _GRIDS.search(text):
        raise refused(
            "has a coordinate reference system that refers to other files or is too long; "
            "convert it to EPSG:4326 and send it again"
        )
    try:
        return CRS.from_wkt(text)
    except CRSError as error:
        raise refused(
            "has an unreadable coordinate reference system; convert it to EPSG:4326 and send it "
            "again"
        ) from error
