"""The files of a folder, found within bounds, and their facts, read once per version of a file."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path, PurePosixPath
from typing import Final, NamedTuple

from pydantic import ValidationError

from ...errors import ToolError
from ...records import Frozen
from .opening import RASTER_SUFFIXES, VECTOR_SUFFIXES
from .raster_facts import RasterFacts, read_facts

MAX_FILES: Final = 5_000
MAX_ENTRIES: Final = 100_000
MAX_DEPTH: Final = 8
_KNOWN: Final = (*RASTER_SUFFIXES, *VECTOR_SUFFIXES)
_VERSION: Final = 1


class Problem(Frozen):
    """A file that is left out, and why; `kind` is that of the error."""

    file: str
    kind: str
    reason: str


class Found(NamedTuple):
    """The data files below a folder, as sorted relative paths with slashes."""

    files: tuple[str, ...]
    problems: tuple[Problem, ...]


def scan(root: Path) -> Found:
    """Return the data files of a folder; hidden ones and links out of it are left out."""
    found: list[str] = []
    problems: list[Problem] = []
    for folder, names in _folders(root, problems):
        for name in sorted(names):
            path = folder / name
            file = path.relative_to(root).as_posix()
            if name.startswith(".") or path.suffix.lower() not in _KNOWN:
                continue
            if reason := _refused(root, path):
                problems.append(Problem(file=ascii(file)[1:-1], kind="bad_data", reason=reason))
            elif len(found) >= MAX_FILES:
                problems.append(_too_many(file, f"more than {MAX_FILES} data files"))
                return Found(tuple(sorted(found)), tuple(problems))
            else:
                found.append(file)
    return Found(tuple(sorted(found)), tuple(problems))


def _folders(root: Path, problems: list[Problem]) -> Iterator[tuple[Path, list[str]]]:
    entries = 0
    for place, folders, names in os.walk(root):
        folder = Path(place)
        relative = folder.relative_to(root)
        entries += len(folders) + len(names)
        if entries > MAX_ENTRIES:
            problems.append(_too_many(relative.as_posix(), f"more than {MAX_ENTRIES} entries"))
            return
        if len(relative.parts) >= MAX_DEPTH and folders:
            problems.append(
                _too_many(relative.as_posix(), f"folders more than {MAX_DEPTH} levels deep")
            )
            folders.clear()
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        yield folder, names


def _too_many(file: str, what: str) -> Problem:
    return Problem(file=file, kind="too_large", reason=f"the folder has {what}; the rest is unread")


def _refused(root: Path, path: Path) -> str:
    try:
        path.name.encode("utf-8")
        if not path.resolve(strict=True).is_relative_to(root.resolve()):
            return "is a link that leaves the folder"
    except UnicodeError:
        return "has a name that is not UTF-8"
    except OSError as error:
        return f"cannot be read ({error.strerror})"
    return "" if path.is_file() else "is no regular file"


class _Version(Frozen):
    size: int
    mtime_ns: int
    facts: RasterFacts | None = None
    problem: Problem | None = None


class _Shelf(Frozen):
    version: int = _VERSION
    rasters: dict[str, _Version] = {}


_MEMORY: dict[Path, dict[str, _Version]] = {}
_MAX_FOLDERS: Final = 16


class RasterIndex:
    """Facts of a folder's rasters; a file of the same size and time is not read again.

    With a `cache` folder the facts outlive the process; a cache that cannot be used is ignored.
    """

    def __init__(self, root: Path, cache: Path | None = None) -> None:
        self._root = root.resolve()
        digest = hashlib.sha256(str(self._root).encode()).hexdigest()[:16]
        self._file = cache / f"{digest}.json" if cache else None
        if self._root not in _MEMORY:
            while len(_MEMORY) >= _MAX_FOLDERS:
                _MEMORY.pop(next(iter(_MEMORY)))
            _MEMORY[self._root] = self._load()
        self._known = _MEMORY[self._root]
        self._changed = self._file is not None and not self._file.exists()

    def read(self, file: str) -> RasterFacts | Problem:
        """Return the facts of a raster, or why it cannot be used."""
        try:
            stat = (self._root / PurePosixPath(file)).stat()
        except OSError as error:
            reason = f"cannot be read ({error.strerror})"
            return Problem(file=file, kind="bad_data", reason=reason)
        known = self._known.get(file)
        if known is None or (known.size, known.mtime_ns) != (stat.st_size, stat.st_mtime_ns):
            facts, problem = self._read(file)
            known = _Version(
                size=stat.st_size, mtime_ns=stat.st_mtime_ns, facts=facts, problem=problem
            )
            self._known[file] = known
            self._changed = True
        return known.facts or known.problem or Problem(file=file, kind="bad_data", reason="")

    def _read(self, file: str) -> tuple[RasterFacts | None, Problem | None]:
        try:
            return read_facts(self._root / PurePosixPath(file)), None
        except ToolError as error:
            return None, Problem(file=file, kind=error.kind, reason=str(error))

    def _load(self) -> dict[str, _Version]:
        if self._file is None:
            return {}
        try:
            shelf = _Shelf.model_validate_json(self._file.read_bytes())
        except (OSError, ValidationError):
            return {}
        return dict(shelf.rasters) if shelf.version == _VERSION else {}

    def save(self) -> None:
        """Write the cache file when anything was read; a reader never sees half of it."""
        if self._file is None or not self._changed:
            return
        text = _Shelf(rasters=self._known).model_dump_json()
        with suppress(OSError):
            self._file.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.NamedTemporaryFile(
                "w", dir=self._file.parent, suffix=".part", delete=False, encoding="utf-8"
            ) as stream:
                stream.write(text)
            Path(stream.name).replace(self._file)
            self._changed = False
