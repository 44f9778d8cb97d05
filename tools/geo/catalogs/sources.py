"""What a local catalog is made of, and the answers it gives from it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final, Protocol

import shapely
from shapely.geometry.base import BaseGeometry

from ...errors import RetryableToolError
from ..catalog import CollectionInfo, FeatureRows, Interval, Scene, Surface
from ..table_file import TableFile
from .feature_layer import FeatureLayer

if TYPE_CHECKING:
    import geopandas as gpd

_HOLDS: Final = {
    "scenes": ("scenes",),
    "features": ("detections", "landcover"),
    "surfaces": ("surface",),
    "feature layer": ("features",),
}


class SceneSearch(Protocol):
    """Finds the scenes of one collection."""

    def search(self, aoi: BaseGeometry, interval: Interval) -> tuple[Scene, ...]:
        """Return the scenes that intersect the AOI in the interval, oldest first."""
        ...


@dataclass(frozen=True)
class SceneList:
    """Scenes whose footprint is their box in degrees."""

    scenes: tuple[Scene, ...]

    def search(self, aoi: BaseGeometry, interval: Interval) -> tuple[Scene, ...]:
        """Return the scenes that intersect the AOI in the interval, oldest first."""
        found = [
            scene
            for scene in self.scenes
            if interval.start <= scene.day < interval.end
            and shapely.box(*scene.bbox).intersects(aoi)
        ]
        return tuple(sorted(found, key=lambda scene: (scene.day, scene.id)))


@dataclass(frozen=True)
class Source:
    """One collection: its description, and the reader that its kind needs."""

    info: CollectionInfo
    scenes: SceneSearch | None = None
    table: TableFile | None = None
    surfaces: tuple[Surface, ...] = ()
    layer: FeatureLayer | None = None


class SourceCatalog:
    """Collections of one folder; hrefs of scenes and surfaces are relative to `root`.

    `path` is the file that was opened, when it was not the folder.
    """

    def __init__(self, root: Path, sources: Iterable[Source], path: Path | None = None) -> None:
        self.root = root
        self.address = str(path or root)
        self._sources = {source.info.id: source for source in sources}

    def collections(self) -> tuple[CollectionInfo, ...]:
        """Return the collections, defaults first within each kind."""
        return tuple(source.info for source in self._sources.values())

    def search_scenes(
        self, collection: str, aoi: BaseGeometry, interval: Interval
    ) -> tuple[Scene, ...]:
        """Return the scenes that intersect the AOI in the interval, oldest first."""
        index = self._source(collection).scenes
        if index is None:
            raise self._wrong_kind(collection, "scenes")
        return index.search(aoi, interval)

    def read_features(
        self,
        collection: str,
        aoi: BaseGeometry,
        interval: Interval,
        classes: tuple[str, ...] | None,
    ) -> gpd.GeoDataFrame:
        """Return the table's rows whose representative point lies in the AOI (EPSG:4326)."""
        table = self._source(collection).table
        if table is None:
            raise self._wrong_kind(collection, "features")
        return table.read(aoi, interval, classes)

    def find_surfaces(self, collection: str, aoi: BaseGeometry) -> tuple[Surface, ...]:
        """Return the rasters of a surface collection that touch the AOI, best covering first."""
        source = self._source(collection)
        if source.info.kind != "surface":
            raise self._wrong_kind(collection, "surfaces")
        shares = [(shapely.box(*one.bbox).intersection(aoi).area, one) for one in source.surfaces]
        found = [(share, one) for share, one in shares if share > 0]
        return tuple(one for _, one in sorted(found, key=lambda pair: (-pair[0], pair[1].href)))

    def read_layer(self, collection: str, aoi: BaseGeometry) -> FeatureRows:
        """Return the features of a feature layer that intersect the AOI."""
        layer = self._source(collection).layer
        if layer is None:
            raise self._wrong_kind(collection, "feature layer")
        return layer.read(aoi)

    def _source(self, collection: str) -> Source:
        if collection not in self._sources:
            known = tuple(self._sources)
            raise RetryableToolError(
                f"no collection {collection!r} in the catalog; it has {list(known)}",
                kind="not_found",
                candidates=known,
            )
        return self._sources[collection]

    def _wrong_kind(self, collection: str, wanted: str) -> RetryableToolError:
        fit = tuple(i for i, s in self._sources.items() if s.info.kind in _HOLDS[wanted])
        return RetryableToolError(
            f"collection {collection!r} holds no {wanted}; these do: {list(fit)}",
            kind="bad_argument",
            candidates=fit,
        )
