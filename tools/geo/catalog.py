"""The one catalog protocol: what a catalog of scenes and tables must offer to the tools.

Every catalog answers in EPSG:4326 (longitude, latitude) with half-open UTC date intervals
[start, end). Filters are pushed down to the index; nothing is read that the filters exclude.
A catalog may also hold undated data, which it offers as a `LayerCatalog`: surfaces (one quantity
per pixel, such as elevation) and feature layers (vector data as it is, such as countries).
"""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import (
    TYPE_CHECKING,
    Final,
    Literal,
    NamedTuple,
    Protocol,
    TypeAlias,
    runtime_checkable,
)

from ..errors import UsageError
from ..records import Frozen

if TYPE_CHECKING:
    import geopandas as gpd
    from shapely.geometry.base import BaseGeometry

    from .catalogs.stac_assets import RemoteAsset


CollectionKind = Literal["scenes", "detections", "landcover", "surface", "features"]
ColumnKind = Literal["number", "text", "date"]
NO_CATALOG: Final = "none"
UNDATED: Final = (date(1, 1, 1), date(9999, 12, 31))


class Interval(NamedTuple):
    """Half-open range of UTC days: `start` is in it, `end` is not."""

    start: date
    end: date


class CollectionInfo(Frozen):
    """What a collection holds; `bbox` is (west, south, east, north) in degrees.

    `aliases` are names people use for it; `classes` is empty for scenes. `synthetic` data says so
    in every answer. Of several collections of a kind the first is the default. A collection without
    dates covers `UNDATED`; `unit` is that of a surface's pixels, `columns` are those of a feature
    layer, and `notes` are caveats in our own words that go with every answer from it.
    """

    id: str
    title: str
    kind: CollectionKind
    aliases: tuple[str, ...] = ()
    bbox: tuple[float, float, float, float]
    start: date
    end: date
    classes: tuple[str, ...] = ()
    bands: tuple[str, ...] = ()
    synthetic: bool = False
    unit: str = ""
    columns: tuple[tuple[str, ColumnKind], ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def undated(self) -> bool:
        """Return whether nothing in the collection has a date."""
        return (self.start, self.end) == UNDATED


class PixelRule(Frozen):
    """What a person states about pixels that the file does not: value = stored * scale + offset."""

    scale: float | None = None
    offset: float | None = None
    nodata: float | None = None


class Scene(Frozen):
    """One acquisition: `assets` maps a band or a mask to (href, 1-based band index).

    The masks are `"cloud"` (not zero is cloud), `"scl"` (Sentinel-2 scene classes) and `"qa_pixel"`
    (Landsat bits). `pixels` holds for all bands; `cloud_known` is false when nobody measured the
    cloud cover, which is then 0.
    """

    id: str
    collection: str
    day: date
    bbox: tuple[float, float, float, float]
    cloud_cover: float
    assets: dict[str, tuple[str, int]]
    cloud_known: bool = True
    pixels: PixelRule = PixelRule()


class Surface(Frozen):
    """One raster of a surface collection: `href` is below the catalog's root, `band` from 1."""

    collection: str
    href: str
    band: int
    bbox: tuple[float, float, float, float]
    day: date | None = None
    pixels: PixelRule = PixelRule()


@runtime_checkable
class AssetSource(Protocol):
    """A catalog whose assets are not files of a folder: it says itself how one is read."""

    def asset(self, href: str) -> RemoteAsset:
        """Return the asset that an address of this catalog names; the address is judged first."""
        ...


AssetRoot: TypeAlias = Path | AssetSource


class Catalog(Protocol):
    """A searchable set of collections; `addresses.open_address` opens it again by `address`."""

    root: Path
    address: str

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


class NoCatalog:
    """The catalog of a run that needs no data: it holds nothing."""

    root: Path = Path()
    address: str = NO_CATALOG

    def collections(self) -> tuple[CollectionInfo, ...]:
        """Return no collections."""
        return ()

    def search_scenes(
        self, collection: str, aoi: BaseGeometry, interval: Interval
    ) -> tuple[Scene, ...]:
        """Refuse: there is nothing to search."""
        raise UsageError(f"this run has no catalog, so no collection {collection!r}")

    def read_features(
        self,
        collection: str,
        aoi: BaseGeometry,
        interval: Interval,
        classes: tuple[str, ...] | None,
    ) -> gpd.GeoDataFrame:
        """Refuse: there is nothing to read."""
        raise UsageError(f"this run has no catalog, so no collection {collection!r}")


class FeatureRows(NamedTuple):
    """Features in EPSG:4326 with plain column names; `original` maps them to the file's names."""

    frame: gpd.GeoDataFrame
    columns: tuple[tuple[str, ColumnKind], ...]
    original: dict[str, str]


@runtime_checkable
class LayerCatalog(Protocol):
    """A catalog that also holds surfaces and feature layers."""

    def find_surfaces(self, collection: str, aoi: BaseGeometry) -> tuple[Surface, ...]:
        """Return the rasters of a surface collection that touch the AOI, best covering first."""
        ...

    def read_layer(self, collection: str, aoi: BaseGeometry) -> FeatureRows:
        """Return the features of a feature layer that intersect the AOI."""
        ...
