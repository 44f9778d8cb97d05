"""The one catalog protocol: what a catalog of scenes and tables must offer to the tools.

Every catalog answers in EPSG:4326 (longitude, latitude) with half-open UTC date intervals
[start, end). Filters are pushed down to the index; nothing is read that the filters exclude.
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Literal, NamedTuple, Protocol

from ..records import Frozen

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry


class Interval(NamedTuple):
    """Half-open range of UTC days: `start` is in it, `end` is not."""

    start: date
    end: date


class CollectionInfo(Frozen):
    """What a collection holds; `bbox` is (west, south, east, north) in degrees.

    `aliases` are names people use for it; `classes` is empty for scenes. `synthetic` data says so
    in every answer. Of several collections of a kind the first is the default.
    """

    id: str
    title: str
    kind: Literal["scenes", "detections", "landcover"]
    aliases: tuple[str, ...] = ()
    bbox: tuple[float, float, float, float]
    start: date
    end: date
    classes: tuple[str, ...] = ()
    bands: tuple[str, ...] = ()
    synthetic: bool = False


class Scene(Frozen):
    """One acquisition: `assets` maps a band or `"cloud"` to (href, 1-based band index)."""

    id: str
    collection: str
    day: date
    bbox: tuple[float, float, float, float]
    cloud_cover: float
    assets: dict[str, tuple[str, int]]


class Catalog(Protocol):
    """A searchable set of collections."""

    root: Path

    def collections(self) -> tuple[CollectionInfo, ...]:
        """Return the collections, defaults first within each kind."""
        ...

    def search_scenes(
        self, collection: str, aoi: BaseGeometry, interval: Interval
    ) -> tuple[Scene, ...]:
        """Return the scenes that intersect the AOI in the interval, oldest first."""
        ...

    def read_features(
        self,
        collection: str,
        aoi: BaseGeometry,
        interval: Interval,
        classes: tuple[str, ...] | None,
    ) -> gpd.GeoDataFrame:
        """Return the table's rows whose representative point lies in the AOI (EPSG:4326)."""
        ...
