"""Keep judgements on disk by content and tool versions, so that a run goes on where it was ended.

One small JSON file per judgement: writing is atomic, several processes may share a folder, and a
file that is damaged counts as absent.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import tempfile
from pathlib import Path
from typing import Any


class ScoreStore:
    """Judgements in a folder; `versions` are of everything that decides how one comes out."""

    def __init__(self, folder: Path, versions: tuple[str, ...]) -> None:
        self._folder = folder
        self._versions = versions

    def get(self, *key: str) -> dict[str, Any] | None:
        """Return what was kept under a key, None when nothing was or when it cannot be read."""
        try:
            found = json.loads(self._path(key).read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None  # pyright: ignore[reportUnknownVariableType]

    def put(self, value: dict[str, Any], *key: str) -> None:
        """Keep a JSON-plain value under a key."""
        path = self._path(key)
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=path.parent, suffix=".tmp")
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as stream:
                json.dump(value, stream)
            Path(name).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise

    def _path(self, key: tuple[str, ...]) -> Path:
        name = hashlib.sha256("\n".join((*self._versions, *key)).encode()).hexdigest()
        return self._folder / name[:2] / f"{name}.json"
