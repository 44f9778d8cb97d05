"""Many input files in chunks; a chunk read before is not read again unless it has changed."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

from .records import Parsed

CHUNK: Final = 1000
_VERSION: Final = "1"


class ChunkStore:
    """Finished chunks of one data set, in a scratch folder that is removed at the end."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.resumed = 0

    def read(self, key: str, parse: Callable[[], Parsed]) -> Parsed:
        """Return a chunk: as it was stored under the key, else parsed and stored."""
        path = self._folder / f"{key}.json"
        try:
            stored = Parsed.of(json.loads(path.read_bytes()))
        except (OSError, ValueError, KeyError, TypeError):
            pass
        else:
            self.resumed += 1
            return stored
        parsed = parse()
        self._folder.mkdir(parents=True, exist_ok=True)
        part = path.with_suffix(".part")
        part.write_text(json.dumps(parsed.plain()), encoding="utf-8")
        part.replace(path)
        return parsed


def parse_files(
    store: ChunkStore, files: Sequence[Path], parse: Callable[[Path, Parsed], None]
) -> Parsed:
    """Parse files in order; `parse` adds a file's rows or says why it is skipped."""
    total = Parsed()
    for start in range(0, len(files), CHUNK):
        chunk = files[start : start + CHUNK]

        def run(chunk: Sequence[Path] = chunk) -> Parsed:
            parsed = Parsed()
            for path in chunk:
                parse(path, parsed)
            return parsed

        total.add(store.read(chunk_key(chunk, str(start)), run))
    return total


def chunk_key(files: Sequence[Path], part: str) -> str:
    """Return a name that changes when any of the files does."""
    digest = hashlib.sha256(f"{_VERSION}\n{part}\n".encode())
    for path in files:
        stat = path.stat()
        digest.update(f"{path}\0{stat.st_size}\0{stat.st_mtime_ns}\n".encode("utf-8", "replace"))
    return digest.hexdigest()[:24]
