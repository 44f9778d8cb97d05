"""A catalog on disk: a static STAC folder, a folder of GeoPackage tables, or one GeoPackage."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final, Literal

import geopandas as gpd
import pyogrio
from pyogrio.errors import DataSourceError
from shapely.geometry.base import BaseGeometry

from ..errors import RetryableToolError, UsageError
from .catalog import CollectionInfo, Interval, Scene
from .scene_index import SceneIndex, flat_box
from .stac_json import PLAIN_NAME, Group, bad_file, inside, walk
from .table_file import CLASS_COLUMN, TableFile, check_header

_DAY: Final = timedelta(days=1)
_DEFAULTS_FIRST: Final = ("sentinel-2", "xview1", "fair1m", "bigearthnet")
_KNOWN_TABLES: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "xview1_labels": ("xview1", ("xView", "xView1")),
    "fair1m_labels": ("fair1m", ("FAIR1M", "FAIR-1M")),
    "ben_lcc": ("bigearthnet", ("BigEarthNet", "land cover")),
}


@dataclass(frozen=True)
class _Source:
    info: CollectionInfo
    scenes: SceneIndex | None = None
    table: TableFile | None = None


class StaticCatalog:
    """Collections of one folder; asset hrefs of its scenes are relative to `root`."""

    def __init__(self, root: Path, sources: Iterable[_Source]) -> None:
        self.root = root
        self._sources = {source.info.id: source for source in sorted(sources, key=_rank)}

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

    def _source(self, collection: str) -> _Source:
        if collection not in self._sources:
            known = tuple(self._sources)
            raise RetryableToolError(
                f"no collection {collection!r} in the catalog; it has {list(known)}",
                kind="not_found",
                candidates=known,
            )
        return self._sources[collection]

    def _wrong_kind(self, collection: str, wanted: str) -> RetryableToolError:
        scenes = wanted == "scenes"
        fit = tuple(i for i, s in self._sources.items() if (s.scenes is not None) == scenes)
        return RetryableToolError(
            f"collection {collection!r} holds no {wanted}; these do: {list(fit)}",
            kind="bad_argument",
            candidates=fit,
        )


def open_catalog(path: Path) -> StaticCatalog:
    """Open a STAC folder or its catalog.json, a folder of GeoPackage tables, or one GeoPackage."""
    if path.is_file() and path.suffix.lower() == ".gpkg":
        return StaticCatalog(path.parent, _tables_of(path))
    if path.is_file() and path.suffix.lower() == ".json":
        return _open_stac(path)
    if not path.is_dir():
        raise UsageError(
            f"no catalog at {str(path)!r}; name a folder with catalog.json or a .gpkg file, "
            "or write one with `terragate data demo`"
        )
    if (path / "catalog.json").is_file():
        return _open_stac(path / "catalog.json")
    files = sorted(path.glob("*.gpkg"))
    tables = [source for file in files for source in _tables_of(file, strict=False)]
    if not tables:
        raise UsageError(
            f"folder {str(path)!r} holds neither catalog.json nor a GeoPackage table with the "
            f"columns {CLASS_COLUMN!r} and 'date'; name another folder"
        )
    return StaticCatalog(path, tables)


def _open_stac(start: Path) -> StaticCatalog:
    root = start.parent
    sources = [
        _stac_source(root, path, group)
        for path, group in walk(root, start)
        if group.type == "Collection"
    ]
    if not sources:
        raise bad_file(start, "has no collections")
    ids = [source.info.id for source in sources]
    if twice := sorted({i for i in ids if ids.count(i) > 1}):
        raise bad_file(start, f"has several collections called {twice}")
    return StaticCatalog(root, sources)


def _stac_source(root: Path, path: Path, group: Group) -> _Source:
    tabular = group.kind in ("detections", "landcover")
    files = [a for a in group.assets.values() if "data" in a.roles]
    data = next((a for a in files if tabular or a.href.lower().endswith(".gpkg")), None)
    if tabular and data is None:
        raise bad_file(path, "is a table collection without an asset of the role 'data'")
    if data is None:
        return _scene_source(path, group, SceneIndex(root, path, group))
    table = TableFile.open(inside(root, path, data.href), class_column=CLASS_COLUMN)
    declared = None if group.kind == "scenes" else group.kind
    info = _table_info(group.id, table, declared)
    return _Source(
        info.model_copy(
            update={
                "title": group.title or info.title,
                "aliases": group.aliases or info.aliases,
                "classes": group.classes or info.classes,
                "synthetic": group.synthetic or info.synthetic,
            }
        ),
        table=table,
    )


def _scene_source(path: Path, group: Group, index: SceneIndex) -> _Source:
    if group.extent is None:
        raise bad_file(path, "is a collection without an extent")
    begin, end = group.extent.temporal.interval[0]
    first, last = (begin.date(), end.date()) if begin and end else index.days()
    info = CollectionInfo(
        id=group.id,
        title=group.title or group.id,
        kind="scenes",
        aliases=group.aliases,
        bbox=flat_box(path, group.extent.spatial.bbox[0]),
        start=first,
        end=last + _DAY,
        bands=index.bands,
        synthetic=group.synthetic,
    )
    return _Source(info, scenes=index)


def _tables_of(path: Path, *, strict: bool = True) -> list[_Source]:
    """Return the tables of a GeoPackage; layers without class or date are an error or left out."""
    check_header(path)
    try:
        layers = [str(row[0]) for row in pyogrio.list_layers(path)]
        fields = {one: set(pyogrio.read_info(path, layer=one)["fields"]) for one in layers}
    except DataSourceError as error:
        raise bad_file(path, f"cannot be read ({error})") from error
    fitting = [one for one in layers if strict or {CLASS_COLUMN, "date"} <= fields[one]]
    tables = [TableFile.open(path, layer=one, class_column=CLASS_COLUMN) for one in fitting]
    names = [_KNOWN_TABLES.get(table.layer, (table.layer, ()))[0] for table in tables]
    return [
        _Source(_table_info(name, table, None), table=table)
        for name, table in zip(names, tables, strict=True)
    ]


def _table_info(
    name: str, table: TableFile, kind: Literal["detections", "landcover"] | None
) -> CollectionInfo:
    boxed = table.polygons or "xmin" in table.columns
    first, last = table.days
    if not re.match(PLAIN_NAME, name):
        raise bad_file(table.path, f"has a layer called {name!r}; rename it in plain letters")
    return CollectionInfo(
        id=name,
        title=name,
        kind=kind or ("detections" if boxed else "landcover"),
        aliases=_KNOWN_TABLES.get(table.layer, ("", ()))[1],
        bbox=table.bbox,
        start=first,
        end=last + _DAY,
        classes=table.classes,
        synthetic=table.description.lower().startswith("synthetic"),
    )


def _rank(source: _Source) -> int:
    known = source.info.id in _DEFAULTS_FIRST
    return _DEFAULTS_FIRST.index(source.info.id) if known else len(_DEFAULTS_FIRST)
