"""Fetch a model from a hub: data only, hashes checked, resumable, never half finished."""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

from filelock import FileLock, Timeout

from ...tools.artifacts import sha256_file
from ...tools.errors import InfrastructureError, UsageError
from .hub import RemoteFile, Repository, download, read_repository
from .shape import read_checkpoint
from .verify import MANIFEST, Manifest, problems, read_manifest, remote_code

_STATE = ".source.json"
_PART = ".part"


class Progress(NamedTuple):
    """How far a fetch is, in bytes, and the file it is at."""

    file: str
    done: int
    total: int


class Wanted(NamedTuple):
    """What to fetch; `sha256` are digests known beforehand, by file name."""

    name: str
    repository: str
    revision: str
    sha256: Mapping[str, str]


def fetch(
    wanted: Wanted,
    to: Path,
    *,
    endpoint: str | None = None,
    progress: Callable[[Progress], None] = lambda _: None,
) -> Manifest:
    """Fetch a model into the folder `to` and return its manifest.

    The files lie in a hidden folder beside `to` until all of them are there and checked; a fetch
    that was killed goes on from what is in it.
    """
    repository = read_repository(wanted.repository, wanted.revision, endpoint)
    if to.exists():
        return _already(to, repository)
    work = to.with_name(f".{to.name}.fetching")
    to.parent.mkdir(parents=True, exist_ok=True)
    try:
        with FileLock(to.with_name(f".{to.name}.lock"), timeout=0):
            _prepare(work, repository)
            _need_space(work, repository)
            digests = _files(repository, wanted, work, progress)
            return _finish(work, to, wanted, repository, digests)
    except Timeout as error:
        raise InfrastructureError(
            f"another process is fetching into {str(to)!r}: wait for it, or end it"
        ) from error


def _already(to: Path, repository: Repository) -> Manifest:
    """Return the manifest of a folder that holds this commit already; nothing is overwritten."""
    try:
        manifest = read_manifest(to)
    except InfrastructureError:
        manifest = None
    if manifest and (manifest.repository, manifest.commit) == repository[:2]:
        return manifest
    raise UsageError(
        f"{str(to)!r} is there and holds something else than {repository.name!r} at "
        f"{repository.commit}: remove it, or choose another folder with --to"
    )


def _prepare(work: Path, repository: Repository) -> None:
    """Make the working folder; one of another commit is begun anew, a foreign one left alone."""
    state = {"repository": repository.name, "commit": repository.commit}
    path = work / _STATE
    if work.exists():
        try:
            found = json.loads(path.read_text("utf-8"))
        except (OSError, ValueError) as error:
            raise UsageError(
                f"{str(work)!r} was not made by a fetch: remove it, then try again"
            ) from error
        if found == state:
            return
        shutil.rmtree(work)
    work.mkdir()
    path.write_text(json.dumps(state), "utf-8")


def _need_space(work: Path, repository: Repository) -> None:
    here = sum(path.stat().st_size for path in work.iterdir() if path.is_file())
    missing = sum(file.size for file in repository.files) - here
    free = shutil.disk_usage(work).free
    if missing > free:
        raise InfrastructureError(
            f"{repository.name!r} needs {missing / 1e9:.1f} GB more on the disk of "
            f"{str(work.parent)!r}, where {free / 1e9:.1f} GB are free: free some, or choose "
            "another folder with --to"
        )


def _files(
    repository: Repository,
    wanted: Wanted,
    work: Path,
    progress: Callable[[Progress], None],
) -> dict[str, str]:
    """Bring all files into the working folder and return their sha256."""
    total = sum(file.size for file in repository.files)
    done = 0
    digests: dict[str, str] = {}
    for file in repository.files:
        if file.name.endswith(".safetensors"):
            _refuse(work)

        def report(size: int, file: RemoteFile = file, before: int = done) -> None:
            progress(Progress(file.name, before + size, total))

        path = work / file.name
        if not path.exists():
            _bring(repository, file, path, report)
        digests[file.name] = _checked(file, path, wanted)
        done += file.size
        report(0, before=done)
    return digests


def _bring(
    repository: Repository,
    file: RemoteFile,
    path: Path,
    report: Callable[[int], None],
) -> None:
    part = path.with_name(path.name + _PART)
    if part.exists() and part.stat().st_size > file.size:
        part.unlink()
    download(repository, file, part, report)
    part.rename(path)


def _checked(file: RemoteFile, path: Path, wanted: Wanted) -> str:
    """Return the file's sha256; one that differs from the hub's or the catalogue's is removed."""
    from huggingface_hub.utils.sha import git_hash

    digest = sha256_file(path)
    known = wanted.sha256.get(file.name)
    wrong = {expected for expected in (file.sha256, known) if expected not in (None, digest)}
    found = digest
    if file.sha256 is None and file.blob_id and not wrong:
        found = git_hash(path.read_bytes())
        wrong = {file.blob_id} - {found}
    if wrong:
        path.unlink()
        raise InfrastructureError(
            f"{file.name!r} of {wanted.repository!r} has the hash {found}, but must have "
            f"{min(wrong)}: it was removed; fetch again, and do not use the model if this stays"
        )
    return digest


def _refuse(work: Path) -> None:
    """Refuse a model by its configuration, before its weights are fetched."""
    code = next(remote_code(work), None)
    if code is not None:
        raise UsageError(f"the model is refused: {code}")
    read_checkpoint(work)


def _finish(
    work: Path, to: Path, wanted: Wanted, repository: Repository, digests: dict[str, str]
) -> Manifest:
    manifest = Manifest(
        name=wanted.name,
        repository=repository.name,
        revision=wanted.revision,
        commit=repository.commit,
        sha256=digests,
    )
    # Each file was hashed as it came; the rest of what makes a folder loadable is looked at here.
    if found := problems(work, hashes=False):
        raise InfrastructureError(f"{repository.name!r} cannot be used: {'; '.join(found)}")
    (work / MANIFEST).write_text(manifest.model_dump_json(indent=1) + "\n", "utf-8")
    for path in (*work.iterdir(), work):
        _sync(path)
    work.rename(to)
    (to / _STATE).unlink()
    return manifest


def _sync(path: Path) -> None:
    """Wait until a file or folder is on the disk, so that a power cut finds it whole."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
