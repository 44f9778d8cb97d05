"""Read the text files of a project: inside its folder, plain, UTF-8, at most 2 MB each."""

from __future__ import annotations

import difflib
import os
import re
import stat
from pathlib import Path
from typing import Final

from ...errors import RetryableToolError, ToolError
from ..design import MAX_SOURCE_BYTES

VERILOG: Final = (".v", ".sv", ".vh", ".svh")
NEAR: Final = 5


def read_text(path: Path, root: Path, *, where: str = "") -> str:
    """Return the text of a file under `root`; `where` ("list.f:3: ") says who asked for it."""
    inside(path, root, where=where)
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK)
    except FileNotFoundError:
        near = _near(path)
        hint = f"; near it: {', '.join(near)}" if near else ""
        raise RetryableToolError(
            f"{where}there is no file {str(path)!r}{hint}", kind="not_found", candidates=near
        ) from None
    except OSError as error:
        raise ToolError(
            f"{where}{str(path)!r} cannot be read: {error.strerror}", kind="precondition"
        ) from None
    try:
        _plain(path, os.fstat(handle), where)
        with os.fdopen(handle, "rb", closefd=False) as stream:
            data = stream.read(MAX_SOURCE_BYTES + 1)
    finally:
        os.close(handle)
    return _decoded(path, data, where)


def inside(path: Path, root: Path, *, where: str = "") -> Path:
    """Return the real path of a file; ToolError when it, or what a link names, is not in `root`."""
    try:
        real = path.resolve()
        real.relative_to(root.resolve())
    except (OSError, RuntimeError) as error:
        raise ToolError(
            f"{where}{str(path)!r} cannot be followed: {error}", kind="bad_data"
        ) from None
    except ValueError:
        said = "leads" if path.is_symlink() else "is"
        raise ToolError(
            f"{where}{str(path)!r} {said} outside the project's folder {str(root)!r}: copy it into "
            "it, or name a folder that holds both",
            kind="bad_argument",
        ) from None
    return real


def line_of(text: str, position: int) -> int:
    """Return the line, from 1, of a character position."""
    return text.count("\n", 0, position) + 1


def _plain(path: Path, status: os.stat_result, where: str) -> None:
    if stat.S_ISDIR(status.st_mode):
        names = tuple(sorted(p.name for p in path.iterdir() if p.suffix in VERILOG))[:20]
        hint = f": name its files, such as {', '.join(names[:3])}" if names else ""
        raise RetryableToolError(
            f"{where}{str(path)!r} is a folder{hint}", kind="bad_argument", candidates=names
        )
    if not stat.S_ISREG(status.st_mode):
        raise ToolError(f"{where}{str(path)!r} is no plain file", kind="bad_argument")
    if status.st_size > MAX_SOURCE_BYTES:
        raise ToolError(
            f"{where}{str(path)!r} has {status.st_size / 1e6:.1f} MB; a source file may have "
            f"{MAX_SOURCE_BYTES / 1e6:.1f} MB: split it",
            kind="too_large",
        )


def _decoded(path: Path, data: bytes, where: str) -> str:
    if b"\0" in data:
        at = data.index(b"\0")
        raise ToolError(
            f"{where}{str(path)!r} is binary (a zero byte at position {at}): give Verilog text",
            kind="bad_data",
        )
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        start = data.rfind(b"\n", 0, error.start) + 1
        line, column = data.count(b"\n", 0, error.start) + 1, error.start - start + 1
        raise ToolError(
            f"{where}{path}:{line}:{column}: byte 0x{data[error.start]:02x} is not UTF-8: convert "
            "the file, for example with 'iconv -f latin1 -t utf-8'",
            kind="bad_data",
        ) from None


def _near(path: Path) -> tuple[str, ...]:
    """Return the names beside a missing file that look like it, best first."""
    try:
        beside = [entry.name for entry in path.parent.iterdir()]
    except OSError:
        return ()
    return tuple(difflib.get_close_matches(path.name, beside, NEAR, 0.6))


def design_name(path: Path, root: Path) -> str:
    """Return the name a file has in a design: relative to `root`, odd characters made plain."""
    name = path.resolve().relative_to(root.resolve()).as_posix()
    return re.sub(r"[^A-Za-z0-9_./-]|(?<![^/])-", "_", name)
