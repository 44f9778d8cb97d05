"""Find the files that sources include, and the data files they read, inside the project.

Every tool looks for an include from the folder it runs in, so a file is named in the design as the
directive names it; a name that climbs ("../defs.vh") is rewritten to the path from the root.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

from ...errors import ToolError
from ..design import Source
from .files import inside, line_of, read_text

MAX_FILES: Final = 2_000
# Comments and other strings are matched so that nothing inside them is taken for a directive.
MENTION: Final = re.compile(
    r"""//[^\n]*|/\*.*?\*/|`include[ \t]*["<](?P<include>[^">\n]*)[">]"""
    r"""|\$readmem[hb]\s*\(\s*"(?P<data>[^"\n]*)"|"(?:\\.|[^"\\\n])*\"""",
    re.DOTALL,
)


class Includes:
    """The include and data files found so far, by the name a design gives them."""

    def __init__(self, root: Path, folders: Sequence[Path]) -> None:
        self._root = root
        self._folders = tuple(folders)
        self._origins: dict[str, Path] = {}
        self.texts: dict[str, str] = {}

    def sources(self, taken: frozenset[str]) -> tuple[Source, ...]:
        """Return the files, without those that are sources of the design themselves."""
        names = (name for name in self.texts if name not in taken)
        return tuple(Source(name=name, text=self.texts[name]) for name in names)

    def resolve(self, text: str, path: Path) -> str:
        """Return the text with climbing names rewritten, after all it names has been taken in."""
        parts: list[str] = []
        end = 0
        for kind, found in _mentions(text):
            where = f"{path}:{line_of(text, found.start())}: "
            name = found[kind]
            plain = self._take(name, path, where)
            parts += [text[end : found.start(kind)], plain]
            end = found.end(kind)
        return "".join(parts) + text[end:]

    def _take(self, name: str, path: Path, where: str) -> str:
        if name.startswith(("/", "~")) or not re.fullmatch(r"[A-Za-z0-9_./-]{1,200}", name):
            raise ToolError(
                f"{where}{name[:80]!r} is no plain path inside the project: name the file relative "
                "to it or to an include folder, with letters, digits, '_', '-' and '.'",
                kind="bad_argument",
            )
        target = self._found(name, path, where)
        if target is None:
            # It may stand in a branch that is off: elaboration says so where it does not.
            return name
        plain = posixpath.normpath(name)
        if plain.startswith(".."):
            plain = inside(target, self._root).relative_to(self._root.resolve()).as_posix()
        real = target.resolve()
        known = self._origins.get(plain)
        if known is not None and known != real:
            raise ToolError(
                f"{where}{name!r} is {str(real)!r} here and {str(known)!r} elsewhere: give the two "
                "different names",
                kind="ambiguous",
            )
        if known is None:
            self._origins[plain] = real
            if len(self._origins) > MAX_FILES:
                raise ToolError(
                    f"{where}more than {MAX_FILES} files are included", kind="too_large"
                )
            self.texts[plain] = ""
            self.texts[plain] = self.resolve(read_text(target, self._root, where=where), target)
        return plain

    def _found(self, name: str, path: Path, where: str) -> Path | None:
        """Return the file, looked for beside the one that asks, in the root, in the folders."""
        for folder in (path.parent, *self._folders, self._root):
            target = folder / name
            if target.exists() or target.is_symlink():
                inside(target, self._root, where=where)
                return target
        if posixpath.normpath(name).startswith(".."):
            inside(path.parent / name, self._root, where=where)
        return None


def _mentions(text: str) -> Iterator[tuple[str, re.Match[str]]]:
    for found in MENTION.finditer(text):
        for kind in ("include", "data"):
            if found[kind] is not None:
                yield kind, found
