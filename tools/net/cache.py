"""Bytes that were fetched once, on disk: keyed by what was asked, stored by what came back.

A key is an address with its validator (and a block number); its file names the SHA-256 of the
content, so equal content is stored once and damaged content is noticed. The least recently used
content goes first when the folder grows beyond its bound.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import random
import tempfile
import time
from pathlib import Path
from typing import Final

from filelock import FileLock

from ..artifacts import sha256_file

DEFAULT_BYTES: Final = 4 * 1024**3
UNFINISHED_S: Final = 7 * 86_400.0
_KEPT_SHARE: Final = 0.9
_SWEEP_SHARE: Final = 1 / 16


class DiskCache:
    """A folder of at most about `max_bytes`, shared by threads and processes."""

    def __init__(self, folder: Path, max_bytes: int = DEFAULT_BYTES) -> None:
        self.folder = folder
        self.max_bytes = max_bytes
        # Each process begins somewhere else, so that many that keep little sweep now and then too.
        self._grown = random.uniform(0, max_bytes * _SWEEP_SHARE)

    def get(self, key: str) -> bytes | None:
        """Return the content of a key if it is there and whole."""
        path = self.find(key)
        if path is None:
            return None
        try:
            data = path.read_bytes()
        except OSError:
            return None
        if hashlib.sha256(data).hexdigest() == path.name:
            return data
        path.unlink(missing_ok=True)
        return None

    def find(self, key: str) -> Path | None:
        """Return the file of a key; its size is checked, its bytes are not."""
        try:
            digest, size = self._key_path(key).read_text("ascii").split()
            path = self._object_path(digest)
            if path.stat().st_size != int(size):
                return None
            os.utime(path)
        except (OSError, ValueError):
            return None
        return path

    def put(self, key: str, data: bytes) -> None:
        """Keep the content of a key."""
        self.adopt(key, self._write(self.scratch(), data))

    def scratch(self) -> Path:
        """Return a new empty file in the folder, to be filled and given to `adopt`."""
        handle, name = tempfile.mkstemp(prefix="new-", dir=self.room("incoming"))
        os.close(handle)
        return Path(name)

    def room(self, *parts: str) -> Path:
        """Return a folder inside the cache, whose root only its owner may enter."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        inner = self.folder.joinpath(*parts)
        inner.mkdir(parents=True, exist_ok=True)
        return inner

    def adopt(self, key: str, source: Path) -> Path:
        """Move a finished file of this file system into the cache and return its place."""
        digest, size = sha256_file(source), source.stat().st_size
        target = self._object_path(digest)
        self.room("objects", digest[:2])
        source.replace(target)
        named = self._key_path(key)
        self.room("keys", named.parent.name)
        self._write(self.scratch(), f"{digest} {size}".encode("ascii")).replace(named)
        self._grown += size
        if self._grown > self.max_bytes * _SWEEP_SHARE:
            self._grown = 0
            self.sweep(keep=target)
        return target

    def sweep(self, keep: Path | None = None) -> None:
        """Remove the least recently used content beyond the bound, and keys without content.

        What was begun and left alone for `UNFINISHED_S` goes too.
        """
        with FileLock(str(self.folder / ".lock")):
            for begun in self.folder.glob("incoming/*"):
                with contextlib.suppress(OSError):
                    if begun.stat().st_mtime < time.time() - UNFINISHED_S:
                        begun.unlink()
            found = [(path, path.stat()) for path in self.folder.glob("objects/*/*")]
            total = sum(facts.st_size for _, facts in found)
            if total <= self.max_bytes:
                return
            for path, facts in sorted(found, key=lambda pair: pair[1].st_mtime_ns):
                if total <= self.max_bytes * _KEPT_SHARE:
                    break
                if path != keep:
                    path.unlink(missing_ok=True)
                    total -= facts.st_size
            for named in self.folder.glob("keys/*/*"):
                with contextlib.suppress(OSError, ValueError):
                    if not self._object_path(named.read_text("ascii").split()[0]).exists():
                        named.unlink(missing_ok=True)

    def _key_path(self, key: str) -> Path:
        name = hashlib.sha256(key.encode()).hexdigest()
        return self.folder / "keys" / name[:2] / name

    def _object_path(self, digest: str) -> Path:
        if len(digest) != 64 or not digest.isalnum():
            raise ValueError(digest)
        return self.folder / "objects" / digest[:2] / digest

    @staticmethod
    def _write(path: Path, data: bytes) -> Path:
        path.write_bytes(data)
        return path
