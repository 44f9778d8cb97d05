"""Whether a model folder may be loaded: whole, as its manifest says, and data only."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from ...tools.artifacts import sha256_file
from ...tools.errors import InfrastructureError, TerragateError
from .shape import read_checkpoint

MANIFEST = "manifest.json"
SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")
# Formats that run code when they are loaded, or that no loader here reads.
_PICKLES = frozenset({".bin", ".ckpt", ".h5", ".msgpack", ".pickle", ".pkl", ".pt", ".pth"})
_CODE = frozenset({".py", ".pyc", ".so"})


class Manifest(BaseModel):
    """What was fetched or exported: the sha256 of each file, and the commit it came from."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    name: str = ""
    repository: str | None = None
    revision: str | None = None
    commit: str | None = None
    sha256: dict[str, str]


def read_manifest(folder: Path) -> Manifest:
    """Return the manifest of a model folder."""
    path = folder / MANIFEST
    try:
        return Manifest.model_validate_json(path.read_text("utf-8"))
    except FileNotFoundError as error:
        raise InfrastructureError(
            f"{str(path)!r} is missing, so the folder was not finished by 'terragate models': "
            "fetch the model again"
        ) from error
    except (OSError, ValueError) as error:
        first = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error
        raise InfrastructureError(
            f"{str(path)!r} is damaged ({first}): fetch the model again"
        ) from error


def problems(folder: Path, *, hashes: bool = True) -> tuple[str, ...]:
    """Return all that is wrong with a model folder; empty if it may be loaded."""
    if not folder.is_dir():
        raise InfrastructureError(
            f"no model folder {str(folder)!r}: fetch it with 'terragate models fetch NAME'"
        )
    found = [*_foreign(folder), *remote_code(folder), *_weights(folder)]
    try:
        read_checkpoint(folder)
    except TerragateError as error:
        found.append(str(error))
    return (*found, *(_differing(folder) if hashes else ()))


def remote_code(folder: Path) -> Iterator[str]:
    """Yield each configuration that asks its loader to run code of the repository."""
    for path in sorted(folder.glob("*config.json")):
        try:
            config = json.loads(path.read_bytes())
        except (OSError, ValueError) as error:
            yield f"{path.name} cannot be read ({error})"
            continue
        if isinstance(config, dict) and "auto_map" in config:
            yield f"{path.name} names code of its own to run (auto_map)"


def _foreign(folder: Path) -> Iterator[str]:
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in _PICKLES:
            yield f"{path.relative_to(folder)} is a pickle or an unknown format, not safetensors"
        elif path.suffix.lower() in _CODE:
            yield f"{path.relative_to(folder)} is code"


def _weights(folder: Path) -> Iterator[str]:
    try:
        from safetensors import SafetensorError, safe_open
    except ImportError as error:
        raise InfrastructureError(
            "weights are checked with safetensors: pip install 'terragate[models]'"
        ) from error
    paths = sorted(folder.glob("*.safetensors"))
    if not paths:
        yield "it holds no *.safetensors"
    tensors: set[str] = set()
    for path in paths:
        try:
            # The header must fit the file to the byte, or this raises.
            with safe_open(path, framework="numpy") as file:
                tensors.update(file.keys())
        except (SafetensorError, OSError) as error:
            yield f"{path.name} is no whole safetensors file ({error})"
    yield from _index(folder, tensors)


def _index(folder: Path, tensors: set[str]) -> Iterator[str]:
    for path in sorted(folder.glob("*.safetensors.index.json")):
        try:
            named: dict[str, Any] = json.loads(path.read_bytes())["weight_map"]
            absent = sorted(set(named) - tensors)
        except (OSError, ValueError, KeyError, TypeError) as error:
            yield f"{path.name} cannot be read ({error!r})"
            continue
        if absent:
            yield f"{path.name} names {len(absent)} tensors that are in no file, as {absent[0]!r}"


def _differing(folder: Path) -> Iterator[str]:
    try:
        manifest = read_manifest(folder)
    except InfrastructureError as error:
        yield str(error)
        return
    for name, digest in manifest.sha256.items():
        if SAFE_NAME.fullmatch(name) is None:
            yield f"{MANIFEST} names {name!r}, which is no file name"
        elif not (folder / name).is_file():
            yield f"{name} is missing"
        elif (actual := sha256_file(folder / name)) != digest:
            yield f"{name} has sha256 {actual}, not {digest}"
    for path in sorted(folder.glob("*.safetensors")):
        if path.name not in manifest.sha256:
            yield f"{path.name} is not in {MANIFEST}"
