"""The result's folder: built out of sight, renamed when it is whole, never written over."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from filelock import FileLock, Timeout

from ....tools.artifacts import sha256_file
from ....tools.errors import InfrastructureError, UsageError
from .checkpoint import COMPANIONS, WHOLE, Checkpoint

MANIFEST, GATE = "manifest.json", "gate.json"
_LOCK = "lock"


def held_folder(out: Path) -> Path:
    """Return where a result waits for its task scores."""
    return out.with_name(f"{out.name}.held")


def refused_report(out: Path) -> Path:
    """Return where the report of a result that the gate refused is kept."""
    return out.with_name(f"{out.name}.refused.json")


def must_be_free(*folders: Path) -> None:
    """Raise UsageError if something is there already."""
    for folder in folders:
        if os.path.lexists(folder):
            raise UsageError(
                f"{str(folder)!r} is there already and is not written over: give another --out, "
                "or remove it"
            )


def must_have_room(folder: Path, needed_bytes: int) -> None:
    """Raise InfrastructureError if the disk of a folder cannot take so much."""
    free = shutil.disk_usage(folder).free
    if free < needed_bytes:
        raise InfrastructureError(
            f"the disk of {str(folder)!r} has {free / 1e6:.0f} MB free, and quantising may need "
            f"{needed_bytes / 1e6:.0f} MB: free some space"
        )


@contextmanager
def building(out: Path) -> Generator[Path]:
    """Give a hidden folder beside `out` to work in; what a killed run left there is removed.

    It is gone afterwards, however the work ends; a second run at the same time is refused.
    """
    part = out.with_name(f".{out.name}.part")
    part.mkdir(exist_ok=True)
    lock = FileLock(part / _LOCK)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        raise UsageError(
            f"another process is building {str(out)!r}: wait for it, or give another --out"
        ) from None
    try:
        _clear(part)
        yield part
    finally:
        _clear(part)
        lock.release()
        shutil.rmtree(part, ignore_errors=True)


def _clear(part: Path) -> None:
    for path in part.iterdir():
        if path.is_dir():
            shutil.rmtree(path)
        elif path.name != _LOCK:
            path.unlink()


def copy_companions(checkpoint: Checkpoint, folder: Path) -> None:
    """Copy tokenizer and generation settings, byte for byte, and let others read the weights."""
    # The library writes weights for their owner only.
    mode = (folder / "config.json").stat().st_mode
    for path in folder.glob("*.safetensors"):
        path.chmod(mode)
    for name in COMPANIONS:
        if (checkpoint.folder / name).is_file():
            shutil.copyfile(checkpoint.folder / name, folder / name)


def write_manifest(folder: Path, facts: dict[str, Any]) -> None:
    """Write what the result is and the SHA-256 of every file beside it."""
    files = sorted(path for path in folder.iterdir() if path.name not in (MANIFEST, GATE))
    whole = {**facts, "sha256": {path.name: sha256_file(path) for path in files}}
    (folder / MANIFEST).write_text(json.dumps(whole, indent=1) + "\n", "utf-8")


def weights_digest(folder: Path) -> str:
    """Return the SHA-256 of a result's weights: of its file, or of the list of its shards."""
    try:
        listed: dict[str, str] = json.loads((folder / MANIFEST).read_text("utf-8"))["sha256"]
        found = {name: sha256_file(folder / name) for name in listed}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UsageError(
            f"{str(folder)!r} is no result of a quantisation ({error}): quantise again"
        ) from error
    if changed := [name for name, digest in listed.items() if found[name] != digest]:
        raise UsageError(f"{changed[0]!r} of {str(folder)!r} was changed: quantise again")
    shards = [digest for name, digest in sorted(found.items()) if name.endswith(".safetensors")]
    return found[WHOLE] if WHOLE in found else "+".join(shards)


def move_into_place(folder: Path, out: Path) -> None:
    """Rename a whole result to its place, which must be free."""
    must_be_free(out)
    # One step on one disk: whoever looks sees all of it or nothing.
    folder.rename(out)
