"""Read a plain folder: its sidecar, the facts of its files, and which of them belong together."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import chain, count
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from ...errors import ToolError
from .folder_scan import Problem, RasterIndex, scan
from .known_tables import table_id
from .opening import RASTER_SUFFIXES
from .raster_groups import RasterFile, RasterGroup, group_rasters, raster_file
from .sidecar import NAME, Sidecar, read_sidecar
from .vector_layer import VectorLayer, layer_names, open_layer

MAX_ID: Final = 40


class VectorFile(NamedTuple):
    """One layer of a vector file, by its path relative to the folder."""

    file: str
    layer: VectorLayer


class Folder(NamedTuple):
    """A folder's files: those that a collection of the sidecar covers, and the others by id."""

    root: Path
    sidecar: Sidecar
    stated_rasters: Mapping[str, tuple[RasterFile, ...]]
    stated_layers: Mapping[str, tuple[VectorFile, ...]]
    groups: Mapping[str, RasterGroup]
    layers: Mapping[str, VectorFile]
    problems: tuple[Problem, ...]


def read_folder(root: Path, cache: Path | None = None) -> Folder:
    """Return what a folder holds; a file that cannot be used becomes a problem, never an error."""
    sidecar = read_sidecar(root)
    found = scan(root)
    problems = list(found.problems)
    files = [file for file in found.files if not sidecar.ignores(file)]
    rasters = _rasters(root, [f for f in files if _is_raster(f)], cache, (sidecar, problems))
    layers = _layers(root, [f for f in files if not _is_raster(f)], problems)
    owner = {file: sidecar.owner(file) for file in files}
    names = Names(sidecar.collections)
    free = [one for one in rasters if owner[one.file] is None and not _classed(one, problems)]
    groups = {names.give(group.name, _parent(group)): group for group in group_rasters(free)}
    loose = {
        names.give(table_id(one.layer.name), PurePosixPath(one.file).parent.name): one
        for one in layers
        if owner[one.file] is None
    }
    return Folder(
        root=root,
        sidecar=sidecar,
        stated_rasters={
            name: tuple(one for one in rasters if owner[one.file] == name)
            for name in sidecar.collections
        },
        stated_layers={
            name: tuple(one for one in layers if owner[one.file] == name)
            for name in sidecar.collections
        },
        groups=groups,
        layers=loose,
        problems=tuple(problems),
    )


def _is_raster(file: str) -> bool:
    return PurePosixPath(file).suffix.lower() in RASTER_SUFFIXES


def _parent(group: RasterGroup) -> str:
    return group.files[0].path.parent.name


def _rasters(
    root: Path,
    files: Iterable[str],
    cache: Path | None,
    known: tuple[Sidecar, list[Problem]],
) -> list[RasterFile]:
    sidecar, problems = known
    index = RasterIndex(root, cache)
    found: list[RasterFile] = []
    for file in files:
        facts = index.read(file)
        if isinstance(facts, Problem):
            problems.append(facts)
            continue
        owner = sidecar.owner(file)
        found.append(raster_file(file, facts, sidecar.collections[owner] if owner else None))
    index.save()
    return found


def _classed(one: RasterFile, problems: list[Problem]) -> bool:
    """Refuse class numbers with a colour table as a surface, unless a person says it is one."""
    if not one.facts.palette:
        return False
    reason = f"holds class numbers with a colour table; describe it in {NAME} to read it anyway"
    problems.append(Problem(file=one.file, kind="bad_data", reason=reason))
    return True


def _layers(root: Path, files: Iterable[str], problems: list[Problem]) -> list[VectorFile]:
    found: list[VectorFile] = []
    for file in files:
        path = root / PurePosixPath(file)
        try:
            stat = path.stat()
            layers = _opened(path, stat.st_size, stat.st_mtime_ns)
        except ToolError as error:
            problems.append(Problem(file=file, kind=error.kind, reason=str(error)))
        except OSError as error:
            reason = f"cannot be read ({error.strerror})"
            problems.append(Problem(file=file, kind="bad_data", reason=reason))
        else:
            found += [VectorFile(file, layer) for layer in layers]
    return found


@lru_cache(maxsize=64)
def _opened(path: Path, size: int, mtime_ns: int) -> tuple[VectorLayer, ...]:
    return tuple(open_layer(path, name) for name in layer_names(path))


class Names:
    """Gives every collection an id of plain characters that no other has."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = {name.casefold() for name in taken}

    def give(self, wanted: str, parent: str) -> str:
        """Return a free id like the wanted one: as it is, with its folder, or with a number."""
        plain = slug(wanted)
        tried = chain([plain], [slug(f"{parent}-{plain}")] if parent else [], _numbered(plain))
        name = next(name for name in tried if name.casefold() not in self._taken)
        self._taken.add(name.casefold())
        return name


def _numbered(plain: str) -> Iterator[str]:
    return (f"{plain}-{number}" for number in count(2))


def slug(text: str) -> str:
    """Return a name in ASCII letters, digits, dots, dashes and underscores, at most 40 long."""
    folded = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_.-]+", "-", folded).strip("-.")[:MAX_ID] or "data"
