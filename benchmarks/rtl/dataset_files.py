"""Read the files of a data set that a person has downloaded: every failure names the file."""

from __future__ import annotations

from pathlib import Path

from ...tools.errors import UsageError
from ...tools.rtl.design import MAX_SOURCE_BYTES, Source


def folder(path: Path, what: str) -> Path:
    """Return the folder of a data set; UsageError where there is none."""
    if not path.is_dir():
        state = "is not a folder" if path.exists() else "does not exist"
        raise UsageError(f"{str(path)!r} {state}: give the folder of {what}")
    return path


def text(path: Path) -> str:
    """Return a text file; UsageError where it is missing, too large or no UTF-8 text."""
    try:
        if path.stat().st_size > MAX_SOURCE_BYTES:
            raise UsageError(f"{str(path)!r} is larger than {MAX_SOURCE_BYTES >> 20} MB")
        found = path.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise UsageError(f"{str(path)!r} is not UTF-8 text (byte {error.start})") from error
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise UsageError(
            f"{str(path)!r} cannot be read ({reason}): the data set is not complete"
        ) from error
    if "\0" in found:
        raise UsageError(f"{str(path)!r} is a binary file, not text")
    return found


def source(path: Path) -> Source:
    """Return a file as a source under its own name."""
    return Source(name=path.name, text=text(path))
