"""Read file lists as simulators take them with `-f`: files, folders, macros, parameters.

A path in a list is relative to the list's own folder. `-y` and wildcards are refused, because what
they bring in depends on the folder; so are environment variables.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, NamedTuple

from ...errors import ToolError
from ..design import IDENTIFIER
from .files import line_of, read_text

MAX_DEPTH: Final = 16
MAX_ENTRIES: Final = 10_000
TOKEN: Final = re.compile(
    r"""(?P<comment>//[^\n]*|\#[^\n]*|/\*.*?\*/)|(?P<skip>\s+|\\\r?\n)"""
    r"""|(?P<word>(?:"[^"\n]*"|[^\s"])+)|(?P<bad>.)""",
    re.DOTALL,
)
IGNORED: Final = re.compile(
    r"-sv|-g20(05|05-sv|09|12)|-sverilog|--?timescale[=+].*|\+libext\+.*|-full64|-v2k|--sv|-Wall"
)
WITH_VALUE: Final = {
    "-f": "list", "-F": "list", "-c": "list", "-D": "define", "-I": "incdir", "-incdir": "incdir",
    "-s": "top", "-top": "top", "--top": "top", "--top-module": "top", "-v": "file",
    "-y": "library", "-P": "parameter", "-G": "parameter",
}  # fmt: skip
JOINED: Final = (
    ("+incdir+", "incdir"), ("+define+", "define"), ("-D", "define"), ("-I", "incdir"),
    ("-P", "parameter"), ("-G", "parameter"), ("-pvalue+", "parameter"), ("-y", "library"),
)  # fmt: skip


class Entry(NamedTuple):
    """One thing a list says, and where."""

    kind: str
    value: str
    where: str


@dataclass
class FileList:
    """What a list and the lists it names say, in their order."""

    files: list[tuple[Path, str]] = field(default_factory=list[tuple[Path, str]])
    include_dirs: list[Path] = field(default_factory=list[Path])
    defines: dict[str, str] = field(default_factory=dict[str, str])
    parameters: dict[str, str] = field(default_factory=dict[str, str])
    top: str = ""


def read_file_list(path: Path, root: Path) -> FileList:
    """Return what the list `path` says; ToolError names the list and the line of what is wrong."""
    found = FileList()
    _read(path, root, found, (), "")
    return found


def entries(text: str, name: str) -> Iterator[Entry]:
    """Yield what the text of a list called `name` says, one option or file at a time."""
    words = list(_words(text, name))
    position = 0
    while position < len(words):
        word, where = words[position]
        position += 1
        if word in WITH_VALUE:
            if position == len(words):
                raise ToolError(f"{where}{word!r} needs a value after it", kind="bad_data")
            value, where = words[position]
            position += 1
            yield Entry(WITH_VALUE[word], value, where)
            continue
        yield from _entry(word, where)


def _entry(word: str, where: str) -> Iterator[Entry]:
    if IGNORED.fullmatch(word):
        return
    for start, kind in JOINED:
        if word.startswith(start):
            rest = word[len(start) :]
            parts = rest.split("+") if start.startswith("+") else [rest]
            yield from (Entry(kind, part, where) for part in parts if part)
            return
    if word.startswith(("-", "+")):
        raise ToolError(
            f"{where}option {word[:80]!r} is not understood: leave it out, or use +incdir+, "
            "+define+, -f, -D, -I, -P and file names",
            kind="bad_data",
        )
    yield Entry("file", word, where)


def _words(text: str, name: str) -> Iterator[tuple[str, str]]:
    for found in TOKEN.finditer(text):
        where = f"{name}:{line_of(text, found.start())}: "
        if found["bad"]:
            raise ToolError(f"{where}a quote is not closed", kind="bad_data")
        if found["word"]:
            yield found["word"].replace('"', ""), where


def _read(path: Path, root: Path, found: FileList, above: tuple[Path, ...], where: str) -> None:
    text = read_text(path, root, where=where)
    here = path.resolve()
    if here in above:
        raise ToolError(f"{where}the list {str(path)!r} names itself", kind="bad_data")
    if len(above) >= MAX_DEPTH:
        raise ToolError(f"{where}lists are nested deeper than {MAX_DEPTH}", kind="too_large")
    for entry in entries(text, str(path)):
        _checked(entry)
        if entry.kind == "list":
            _read(path.parent / entry.value, root, found, (*above, here), entry.where)
        else:
            _add(entry, path.parent, found)
        if len(found.files) > MAX_ENTRIES:
            raise ToolError(f"{path} names more than {MAX_ENTRIES} files", kind="too_large")


def _checked(entry: Entry) -> None:
    if "$" in entry.value or entry.value.startswith("~"):
        raise ToolError(
            f"{entry.where}{entry.value[:80]!r} needs the environment: write the path out",
            kind="bad_data",
        )
    if entry.kind == "library":
        raise ToolError(
            f"{entry.where}'-y {entry.value[:80]}' is refused: name the files it would find",
            kind="bad_data",
        )
    if entry.kind == "file" and re.search(r"[*?\[]", entry.value):
        raise ToolError(
            f"{entry.where}{entry.value[:80]!r} is a pattern: name the files", kind="bad_data"
        )


def _add(entry: Entry, folder: Path, found: FileList) -> None:
    if entry.kind == "file":
        found.files.append((folder / entry.value, entry.where))
    elif entry.kind == "incdir":
        found.include_dirs.append(folder / entry.value)
    elif entry.kind == "top":
        found.top = entry.value
    else:
        name, _, value = entry.value.partition("=")
        # Icarus writes -Ptop.WIDTH=8; the top is known by then.
        name = name.rpartition(".")[2] if entry.kind == "parameter" else name
        if not IDENTIFIER.fullmatch(name):
            raise ToolError(
                f"{entry.where}{entry.kind} {entry.value[:80]!r} is not NAME=VALUE",
                kind="bad_data",
            )
        (found.parameters if entry.kind == "parameter" else found.defines)[name] = value
