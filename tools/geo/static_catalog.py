"""A catalog on disk: a static STAC folder, a table file, or a plain folder of data."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from pathlib import Path
from typing import Final

from ..errors import UsageError
from .catalog import CollectionInfo
from .catalogs.folder import open_folder
from .catalogs.known_tables import rank, table_id, table_info
from .catalogs.opening import TABLE_SUFFIXES
from .catalogs.sources import Source, SourceCatalog
from .catalogs.stac_endpoints import KNOWN
from .catalogs.vector_layer import layer_names
from .scene_index import SceneIndex, flat_box
from .stac_json import Group, bad_file, inside, walk
from .table_file import CLASS_COLUMN, TableFile

ACCEPTED: Final = (
    "name a folder with catalog.json (static STAC), a folder of GeoTIFF, GeoPackage, GeoParquet, "
    "FlatGeobuf, GeoJSON or Shapefile data, or one .gpkg, .parquet or .fgb table with the columns "
    f"{CLASS_COLUMN!r} and 'date'; or a STAC API by its https address or as "
    f"{' or '.join(map(repr, KNOWN))}; `terragate data demo` writes an archive"
)
_DAY: Final = timedelta(days=1)


class StaticCatalog(SourceCatalog):
    """Collections of a STAC folder, or of one table file."""

    def __init__(self, root: Path, sources: Iterable[Source], path: Path | None = None) -> None:
        super().__init__(root, sorted(sources, key=lambda source: rank(source.info)), path)


def open_catalog(path: Path, *, cache: Path | None = None) -> SourceCatalog:
    """Open a STAC folder or its catalog.json, a table file, or a plain folder of data.

    Facts of a plain folder's rasters are kept in the `cache` folder when one is given.
    """
    suffix = path.suffix.lower()
    if path.is_file() and suffix in TABLE_SUFFIXES:
        return StaticCatalog(path.parent, _tables_of(path), path)
    if path.is_file() and suffix == ".json":
        return _open_stac(path, path)
    if not path.is_dir():
        raise UsageError(f"no catalog at {str(path)!r}; {ACCEPTED}")
    if (path / "catalog.json").is_file():
        return _open_stac(path / "catalog.json", path)
    catalog = open_folder(path, cache)
    if not catalog.collections():
        said = "".join(f"; {one.file}: {one.reason}" for one in catalog.problems[:3])
        raise UsageError(
            f"folder {str(path)!r} holds neither catalog.json nor a file that can be read as a "
            f"collection; {ACCEPTED}{said}"
        )
    return catalog


def _open_stac(start: Path, opened: Path) -> StaticCatalog:
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
    return StaticCatalog(root, sources, opened)


def _stac_source(root: Path, path: Path, group: Group) -> Source:
    tabular = group.kind in ("detections", "landcover")
    files = [a for a in group.assets.values() if "data" in a.roles]
    data = next((a for a in files if tabular or a.href.lower().endswith(".gpkg")), None)
    if tabular and data is None:
        raise bad_file(path, "is a table collection without an asset of the role 'data'")
    if data is None:
        return _scene_source(path, group, SceneIndex(root, path, group))
    table = TableFile.open(inside(root, path, data.href), class_column=CLASS_COLUMN)
    declared = None if group.kind == "scenes" else group.kind
    info = table_info(group.id, table, declared)
    return Source(
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


def _scene_source(path: Path, group: Group, index: SceneIndex) -> Source:
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
    return Source(info, scenes=index)


def _tables_of(path: Path) -> list[Source]:
    """Return the tables of a file; a layer without class or date is an error."""
    tables = [
        TableFile.open(path, layer=name, class_column=CLASS_COLUMN) for name in layer_names(path)
    ]
    if not tables:
        raise bad_file(path, "cannot be read (it has no layer with geometry)")
    return [Source(table_info(table_id(t.layer), t), table=t) for t in tables]
