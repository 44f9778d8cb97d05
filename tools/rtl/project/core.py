"""Read FuseSoC core files (CAPI=2): the files, parameters and top of one target.

What other cores bring in is not fetched; such dependencies are noted.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, cast

from ...errors import RetryableToolError, ToolError
from .filelist import FileList
from .files import line_of, read_text

CONDITION: Final = re.compile(r"(!?)\s*([A-Za-z0-9_]+)\s*\?\s*\((.*)\)\s*")
VERILOG_TYPE: Final = re.compile(r"(system)?verilogSource", re.IGNORECASE)


@dataclass
class Core:
    """One target of a core file; `tops` are its toplevels, `notes` what was left out."""

    files: FileList
    tops: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list[str])


def read_core(path: Path, root: Path, target: str = "") -> Core:
    """Return the target of a core file, `default` or its only one where none is named."""
    text = read_text(path, root)
    reader = _Reader(path, text, _loaded(path, text))
    return reader.core(target)


class _Reader:
    """The sections of one core file."""

    def __init__(self, path: Path, text: str, data: dict[str, Any]) -> None:
        self.path, self.text, self.data = path, text, data
        self.flags: frozenset[str] = frozenset()

    def core(self, target: str) -> Core:
        targets = self._section("targets")
        name = target or ("default" if "default" in targets else "")
        if not name and len(targets) == 1:
            name = next(iter(targets))
        if name not in targets:
            said = f"there is no target {name!r}" if name else "no target is the default"
            raise RetryableToolError(
                f"{self.path}: {said}: name one of {', '.join(map(str, targets)) or 'none'}",
                kind="not_found", candidates=tuple(map(str, targets)),
            )  # fmt: skip
        self.flags = frozenset({f"target_{name}", "tool_icarus"})
        chosen = self._mapping(targets[name], f"target {name}")
        core = Core(FileList(), tuple(self._names(chosen.get("toplevel", []))))
        filesets = self._section("filesets")
        for each in self._names(chosen.get("filesets", [])):
            if each not in filesets:
                raise self._error(each, f"there is no fileset {each!r}", "not_found")
            self._fileset(self._mapping(filesets[each], f"fileset {each}"), core)
        self._parameters(chosen, core.files)
        return core

    def _fileset(self, fileset: dict[str, Any], core: Core) -> None:
        for other in self._names(fileset.get("depend", [])):
            core.notes.append(f"the core {other!r}, which this one depends on, was not read")
        common = str(fileset.get("file_type", ""))
        for item in self._list(fileset.get("files", [])):
            name, options = self._file(item)
            if name is None:
                continue
            where = f"{self.path}:{self._line(name)}: "
            path = self.path.parent / name
            if options.get("is_include_file"):
                folder = str(options.get("include_path", Path(name).parent.as_posix()))
                core.files.include_dirs.append(self.path.parent / folder)
            elif VERILOG_TYPE.match(str(options.get("file_type", common))):
                core.files.files.append((path, where))
            else:
                core.notes.append(f"{name!r} is no Verilog by its file_type and was left out")

    def _file(self, item: Any) -> tuple[str | None, dict[str, Any]]:
        if isinstance(item, dict) and len(cast("dict[Any, Any]", item)) == 1:
            ((name, options),) = cast("dict[Any, Any]", item).items()
            return self._conditional(str(name)), self._mapping(options or {}, f"file {name}")
        if isinstance(item, str):
            return self._conditional(item), {}
        raise self._error(str(item)[:40], f"file entry {str(item)[:80]!r} is no name", "bad_data")

    def _parameters(self, target: dict[str, Any], files: FileList) -> None:
        known = self._section("parameters")
        for each in self._names(target.get("parameters", [])):
            name, _, given = each.partition("=")
            if name not in known:
                raise self._error(name, f"there is no parameter {name!r}", "not_found")
            about = self._mapping(known[name], f"parameter {name}")
            value = given or about.get("default")
            if value is None:
                continue
            text = str(int(value)) if isinstance(value, bool) else str(value)
            kind = about.get("paramtype")
            if kind == "vlogparam":
                files.parameters[name] = text
            elif kind == "vlogdefine":
                files.defines[name] = text

    def _names(self, value: Any) -> Iterator[str]:
        for each in [value] if isinstance(value, str) else self._list(value):
            name = self._conditional(str(each))
            if name:
                yield name

    def _conditional(self, text: str) -> str | None:
        """Return what an expression "tool_icarus ? (name)" gives here, None for nothing."""
        found = CONDITION.fullmatch(text)
        if found is None:
            return text
        return found[3].strip() if (found[2] in self.flags) != bool(found[1]) else None

    def _section(self, name: str) -> dict[str, Any]:
        return self._mapping(self.data.get(name) or {}, name)

    def _mapping(self, value: Any, what: str) -> dict[str, Any]:
        if not isinstance(value, dict):
            raise self._error(what.rsplit(maxsplit=1)[-1], f"{what} is no mapping", "bad_data")
        return cast("dict[str, Any]", value)

    def _list(self, value: Any) -> list[Any]:
        if not isinstance(value, list):
            raise self._error(str(value)[:40], f"{str(value)[:80]!r} is no list", "bad_data")
        return cast("list[Any]", value)

    def _line(self, word: str) -> int:
        return line_of(self.text, max(0, self.text.find(word)))

    def _error(self, word: str, said: str, kind: Any) -> ToolError:
        return ToolError(f"{self.path}:{self._line(word)}: {said}", kind=kind)


def _loaded(path: Path, text: str) -> dict[str, Any]:
    import yaml

    first, _, rest = text.partition("\n")
    if not re.fullmatch(r"CAPI=2:\s*(#.*)?", first.rstrip("\r")):
        raise ToolError(
            f"{path}:1: a core file starts with 'CAPI=2:', not {first[:40]!r}", kind="bad_data"
        )
    try:
        # The first line is kept empty, so that the parser counts lines as the file does.
        data: Any = yaml.safe_load("\n" + rest)
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 1
        raise ToolError(f"{path}:{line}: no YAML: {error.problem}", kind="bad_data") from None
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise ToolError(f"{path}: no YAML: {type(error).__name__}", kind="bad_data") from None
    if not isinstance(data, dict):
        raise ToolError(f"{path}:2: a core file is a mapping of sections", kind="bad_data")
    return cast("dict[str, Any]", data)
