"""A job's folder: made before it, read after it without trusting it, and removed whatever it is."""

from __future__ import annotations

import contextlib
import os
import shutil
import stat
import subprocess
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Final

KEEP_MB: Final = 64


def write_files(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Make the folder of a job with its files, whose names `Job` has checked."""
    folder.mkdir()
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)


def read_files(folder: Path, names: Iterable[str]) -> Iterator[tuple[str, bytes]]:
    """Return the files a job left that are plain files of this folder: links are not followed."""
    for name in names:
        *above, last = name.split("/")
        try:
            handle = os.open(folder, os.O_PATH | os.O_DIRECTORY | os.O_NOFOLLOW)
            for part in above:
                handle = _below(handle, part, os.O_PATH | os.O_DIRECTORY)
            handle = _below(handle, last, os.O_RDONLY | os.O_NONBLOCK)
        except OSError:
            continue
        found = os.fstat(handle)
        # A second name of a file is a file from elsewhere.
        if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
            os.close(handle)
            continue
        with os.fdopen(handle, "rb") as stream:
            yield name, stream.read(KEEP_MB << 20)


def _below(folder: int, name: str, flags: int) -> int:
    try:
        return os.open(name, flags | os.O_NOFOLLOW, dir_fd=folder)
    finally:
        os.close(folder)


def remove(path: Path) -> None:
    """Remove a file or a tree that an enemy may have built: deep, closed, full of links."""
    if path.is_symlink() or not path.is_dir():
        with contextlib.suppress(OSError):
            path.unlink(missing_ok=True)
        return
    with contextlib.suppress(RecursionError):
        shutil.rmtree(path, ignore_errors=True)
    if path.exists():
        for command in (["chmod", "-R", "u+rwX"], ["rm", "-rf"]):
            subprocess.run([*command, "--", str(path)], capture_output=True, check=False)
