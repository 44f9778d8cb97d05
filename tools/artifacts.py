"""Content-addressed files of one run: writing the same bytes twice leaves one file."""

from __future__ import annotations

import hashlib
import os
import shutil
import tempfile
from pathlib import Path

from .errors import UsageError
from .records import ArtifactRef


def sha256_file(path: Path) -> str:
    """Return the hexadecimal SHA-256 of a file's bytes."""
    with path.open("rb") as stream:
        return hashlib.file_digest(stream, "sha256").hexdigest()


class ArtifactStore:
    """The `artifacts/` folder of a run; files are named by their content and never overwritten."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def put_file(self, source: Path, name: str, media_type: str) -> ArtifactRef:
        """Move a finished file into the store under its own hash and return its handle."""
        if Path(name).name != name or name.startswith("."):
            raise UsageError(f"artifact name {name!r} must be a plain file name")
        digest = sha256_file(source)
        target = self.root / "artifacts" / digest[:16] / name
        target.parent.mkdir(parents=True, exist_ok=True)
        if target.exists():
            source.unlink()
        else:
            shutil.move(source, target)
        return ArtifactRef(
            name=name,
            path=target.relative_to(self.root).as_posix(),
            sha256=digest,
            media_type=media_type,
        )

    def put_bytes(self, data: bytes, name: str, media_type: str) -> ArtifactRef:
        """Store bytes as a file and return its handle."""
        scratch = self.scratch(Path(name).suffix)
        scratch.write_bytes(data)
        return self.put_file(scratch, name, media_type)

    def path(self, ref: ArtifactRef) -> Path:
        """Return the absolute path of a stored file."""
        return self.root / ref.path

    def scratch(self, suffix: str = "") -> Path:
        """Return a new empty file in the run folder, to be filled and given to `put_file`."""
        self.root.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=".part-", suffix=suffix, dir=self.root)
        os.close(handle)
        return Path(name)
