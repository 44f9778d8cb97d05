"""What made a result: code, weights, questions, archive and versions, to make it again."""

from __future__ import annotations

import hashlib
import platform
import shutil
import subprocess
from collections.abc import Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Any

from ...tools.artifacts import sha256_file
from .dataset import question_hash
from .task import Question

_PACKAGES = ("terragate", "inspect_ai", "langgraph", "rasterio", "geopandas", "pyproj", "shapely")
_ROOT = Path(__file__).resolve().parents[2]
_GIT_TIMEOUT_S = 20


def fingerprints(
    questions: Sequence[Question], archive: Path, weights: Path | None, tools: dict[str, str]
) -> dict[str, Any]:
    """Return the identities of all that a result depends on; None where there is nothing to hash.

    `tools` are the versions of the tools that ran, by name.
    """
    return {
        "git_sha": _git("rev-parse", "HEAD"),
        "git_dirty": bool(_git("status", "--porcelain", "--untracked-files=no")),
        "weights_sha256": _hash_files(sorted(weights.glob("*.safetensors"))) if weights else None,
        "questions_sha256": question_hash(questions),
        "archive_sha256": _hash_files(sorted(p for p in archive.rglob("*") if p.is_file())),
        "tools": tools,
        "packages": {name: version(name) for name in _PACKAGES},
        "python": platform.python_version(),
        "machine": platform.machine(),
    }


def hostile_fingerprint(twin: Path | None) -> dict[str, Any]:
    """Return the identity of the archive's hostile twin, when any question was asked of it."""
    if twin is None:
        return {}
    return {"hostile_sha256": _hash_files(sorted(p for p in twin.rglob("*") if p.is_file()))}


def _hash_files(paths: Sequence[Path]) -> str | None:
    if not paths:
        return None
    whole = hashlib.sha256()
    for path in paths:
        whole.update(f"{path.name} {sha256_file(path)}\n".encode())
    return whole.hexdigest()


def _git(*args: str) -> str | None:
    program = shutil.which("git")
    if program is None:
        return None
    done = subprocess.run(
        [program, *args],
        cwd=_ROOT,
        capture_output=True,
        text=True,
        timeout=_GIT_TIMEOUT_S,
        check=False,
    )
    return done.stdout.strip() if done.returncode == 0 else None
