"""A plain folder as a catalog: GeoTIFFs and vector files, described by themselves or a sidecar."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from ...errors import ToolError
from ..catalog import UNDATED, CollectionInfo
from ..table_file import CLASS_COLUMN, DATE_COLUMN, TableFile
from .feature_layer import FeatureLayer
from .folder_read import Folder, VectorFile, read_folder
from .folder_scan import Problem
from .folder_scenes import scene_source, surface_source, undated
from .known_tables import rank, table_info
from .opening import TABLE_SUFFIXES
from .raster_groups import RasterGroup
from .sidecar import NAME, Entry
from .sources import Source, SourceCatalog


class FolderCatalog(SourceCatalog):
    """The collections of a folder, and the files it could not use."""

    def __init__(
        self, root: Path, sources: Iterable[Source], problems: tuple[Problem, ...]
    ) -> None:
        super().__init__(root, sources)
        self.problems = problems


def open_folder(root: Path, cache: Path | None = None) -> FolderCatalog:
    """Open a folder; facts of its rasters are kept in the `cache` folder when one is given."""
    return folder_catalog(read_folder(root.resolve(), cache))


def folder_catalog(folder: Folder) -> FolderCatalog:
    """Return the catalog of a folder: the sidecar's collections first, in its order."""
    problems = list(folder.problems)
    stated = [_stated(folder, name, problems) for name in folder.sidecar.collections]
    found = [_grouped(name, group, problems) for name, group in folder.groups.items()]
    found += [_loose(name, one, problems) for name, one in folder.layers.items()]
    rest = [source for source in found if source is not None]
    rest.sort(key=lambda source: (rank(source.info), source.info.id))
    sources = [*(source for source in stated if source is not None), *rest]
    return FolderCatalog(folder.root, sources, tuple(problems))


def _stated(folder: Folder, name: str, problems: list[Problem]) -> Source | None:
    entry = folder.sidecar.collections[name]
    rasters, layers = folder.stated_rasters[name], folder.stated_layers[name]
    is_raster = entry.kind in ("scenes", "surface")
    unfit = [*(() if is_raster else rasters), *(layers if is_raster else ())]
    problems += [_wrong_kind(one.file, name, entry) for one in unfit]
    if entry.kind == "scenes":
        source = scene_source(name, rasters, entry, problems)
    elif entry.kind == "surface":
        source = surface_source(name, rasters, entry)
    else:
        source = _stated_layer(name, entry, layers, problems)
    if source is None:
        reason = f"collection {name!r} has no usable file among {list(entry.files)}"
        problems.append(Problem(file=NAME, kind="precondition", reason=reason))
    return source


def _wrong_kind(file: str, name: str, entry: Entry) -> Problem:
    reason = f"{NAME} lists it in {name!r}, which holds {entry.kind}: correct `kind` or `files`"
    return Problem(file=file, kind="bad_argument", reason=reason)


def _stated_layer(
    name: str, entry: Entry, layers: tuple[VectorFile, ...], problems: list[Problem]
) -> Source | None:
    fit = [one for one in layers if entry.layer in (None, one.layer.name)]
    for one in fit[1:]:
        reason = f"only one file can be collection {name!r}; {fit[0].file!r} is"
        problems.append(Problem(file=one.file, kind="bad_argument", reason=reason))
    if not fit:
        return None
    try:
        source = _entry_source(name, entry, fit[0])
    except ToolError as error:
        problems.append(Problem(file=fit[0].file, kind=error.kind, reason=str(error)))
        return None
    stated = {"title": entry.title, "aliases": entry.aliases, "synthetic": entry.synthetic}
    known = {key: value for key, value in stated.items() if value}
    return Source(source.info.model_copy(update=known), table=source.table, layer=source.layer)


def _entry_source(name: str, entry: Entry, one: VectorFile) -> Source:
    if entry.kind == "features":
        return _layer_source(name, FeatureLayer(one.layer, entry.class_column))
    column = entry.class_column or CLASS_COLUMN
    table = TableFile.of(one.layer, column, entry.date_column)
    kind = "detections" if entry.kind == "detections" else "landcover"
    return Source(table_info(name, table, kind), table=table)


def _grouped(name: str, group: RasterGroup, problems: list[Problem]) -> Source | None:
    if group.kind == "surface":
        return surface_source(name, group.files, None)
    if group.kind == "scenes":
        return scene_source(name, group.files, None, problems)
    problems += [undated(one) for one in group.files]
    return None


def _loose(name: str, one: VectorFile, problems: list[Problem]) -> Source | None:
    path = one.layer.path
    tabular = path.suffix.lower() in TABLE_SUFFIXES
    try:
        if tabular and {CLASS_COLUMN, DATE_COLUMN} <= set(one.layer.columns):
            table = TableFile.of(one.layer, CLASS_COLUMN)
            return Source(table_info(name, table), table=table)
        return _layer_source(name, FeatureLayer(one.layer))
    except ToolError as error:
        problems.append(Problem(file=one.file, kind=error.kind, reason=str(error)))
        return None


def _layer_source(name: str, layer: FeatureLayer) -> Source:
    info = CollectionInfo(
        id=name,
        title=name,
        kind="features",
        bbox=layer.bbox,
        start=UNDATED[0],
        end=UNDATED[1],
        classes=layer.classes,
        columns=layer.columns,
        synthetic=layer.source.description.lower().startswith("synthetic"),
    )
    return Source(info, layer=layer)
