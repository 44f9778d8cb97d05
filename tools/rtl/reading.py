"""Read a design or a testbench from files, file lists and FuseSoC core files.

Everything must lie in one folder, the root: the current folder when it holds all that is named,
else the folder that does. Errors name the file and, where there is one, the line.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from ..errors import RetryableToolError, ToolError
from ..records import Frozen
from .design import DEFINE_VALUE, NUMBER, Design, PassRule, Source, Testbench
from .project.core import read_core
from .project.filelist import FileList, read_file_list
from .project.files import design_name, read_text
from .project.includes import Includes
from .slang import elaborate

LISTS: Final = (".f", ".fl", ".flist", ".filelist")
MAX_TOTAL: Final = 32 << 20


class Project(Frozen):
    """A design read from files; `origins` are the paths of its sources, `notes` what to know."""

    design: Design
    origins: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()


@dataclass
class _Named:
    """What the command line and the lists say together."""

    root: Path
    files: list[tuple[Path, str]] = field(default_factory=list[tuple[Path, str]])
    include_dirs: list[Path] = field(default_factory=list[Path])
    defines: dict[str, str] = field(default_factory=dict[str, str])
    parameters: dict[str, str] = field(default_factory=dict[str, str])
    tops: tuple[str, ...] = ()
    notes: list[str] = field(default_factory=list[str])

    def add(self, found: FileList) -> None:
        self.files += found.files
        self.include_dirs += found.include_dirs
        self.defines |= found.defines
        self.parameters |= found.parameters
        self.tops = (found.top,) if found.top else self.tops


def read_project(
    paths: Sequence[Path],
    *,
    top: str = "",
    include_dirs: Sequence[Path] = (),
    defines: Mapping[str, str] | None = None,
    parameters: Mapping[str, str] | None = None,
    target: str = "",
    root: Path | None = None,
) -> Project:
    """Return the design in Verilog files, file lists (.f) and core files (.core).

    Without `top` it is the one that a list names, else the only module nothing instantiates.
    """
    named = _named(paths, include_dirs, target, root)
    named.defines |= defines or {}
    named.parameters |= parameters or {}
    sources, includes, origins = _sources(named)
    design = Design(
        top=top or (named.tops[0] if len(named.tops) == 1 else "top"),
        sources=sources,
        includes=includes,
        defines=tuple(_values(named.defines, "define").items()),
        parameters=tuple(_values(named.parameters, "parameter").items()),
    )
    if not top and len(named.tops) != 1:
        design = design.model_copy(update={"top": _only_top(design)})
    _has_top(design)
    return Project(design=design, origins=origins, notes=tuple(named.notes))


def read_design(paths: Sequence[Path], *, top: str = "") -> Design:
    """Return the design in some files; see `read_project`."""
    return read_project(paths, top=top).design


def read_testbench(
    paths: Sequence[Path],
    *,
    top: str = "",
    rule: PassRule | None = None,
    include_dirs: Sequence[Path] = (),
    root: Path | None = None,
) -> Testbench:
    """Return the testbench in some files; its top is the only module nothing instantiates."""
    named = _named(paths, include_dirs, "", root)
    sources, includes, _ = _sources(named)
    design = Design(top=top or "top", sources=sources, includes=includes)
    chosen = top or (named.tops[0] if len(named.tops) == 1 else _only_top(design))
    _has_top(design.model_copy(update={"top": chosen}))
    return Testbench(top=chosen, sources=sources, includes=includes, rule=rule or PassRule())


def _named(
    paths: Sequence[Path], include_dirs: Sequence[Path], target: str, root: Path | None
) -> _Named:
    if not paths:
        raise ToolError(
            "no file was named: give Verilog files, a .f or a .core", kind="bad_argument"
        )
    named = _Named(root or _root((*paths, *include_dirs)), include_dirs=list(include_dirs))
    for path in paths:
        if path.suffix in LISTS:
            named.add(read_file_list(path, named.root))
        elif path.suffix == ".core":
            core = read_core(path, named.root, target)
            named.add(core.files)
            named.tops = core.tops or named.tops
            named.notes += core.notes
        else:
            named.files.append((path, ""))
    for folder in named.include_dirs:
        if not folder.is_dir():
            named.notes.append(f"the include folder {str(folder)!r} does not exist")
    return named


def _root(paths: Iterable[Path]) -> Path:
    """Return the current folder where it holds every path, else the folder that does."""
    real = [Path(os.path.abspath(path)) for path in paths]  # noqa: PTH100 - links must not be followed
    here = Path.cwd()
    if all(path.is_relative_to(here) for path in real):
        return here
    return Path(os.path.commonpath([path if path.is_dir() else path.parent for path in real]))


def _sources(
    named: _Named,
) -> tuple[tuple[Source, ...], tuple[Source, ...], tuple[tuple[str, str], ...]]:
    includes = Includes(named.root, named.include_dirs)
    texts: dict[str, str] = {}
    origins: dict[str, str] = {}
    for path, where in named.files:
        text = read_text(path, named.root, where=where)
        name = design_name(path, named.root)
        if name in origins and origins[name] == str(path.resolve()):
            continue
        if name in origins:
            raise ToolError(
                f"{where}{str(path)!r} and {origins[name]!r} would both be {name!r}: rename one",
                kind="ambiguous",
            )
        texts[name], origins[name] = includes.resolve(text, path), str(path.resolve())
    if not texts:
        raise ToolError("the lists name no Verilog file", kind="bad_data")
    total = sum(map(len, (*texts.values(), *includes.texts.values())))
    if total > MAX_TOTAL:
        raise ToolError(f"the files have {total / 1e6:.0f} MB together: split", kind="too_large")
    sources = tuple(Source(name=name, text=text) for name, text in texts.items())
    return sources, includes.sources(frozenset(texts)), tuple(origins.items())


def _values(given: Mapping[str, str], what: str) -> dict[str, str]:
    pattern = NUMBER if what == "parameter" else DEFINE_VALUE
    for name, value in given.items():
        if not pattern.fullmatch(value):
            hint = "a number such as 8 or 4'hf" if what == "parameter" else "letters and digits"
            raise ToolError(f"{what} {name} is {value[:80]!r}: give {hint}", kind="bad_argument")
    return dict(given)


def _only_top(design: Design) -> str:
    found = elaborate(design)
    if len(found.tops) == 1:
        return found.tops[0]
    if found.tops:
        raise RetryableToolError(
            f"there are {len(found.tops)} top modules, {', '.join(found.tops[:10])}: name one",
            kind="ambiguous",
            candidates=found.tops,
        )
    files = ", ".join(source.name for source in design.sources[:5])
    said = f" ({found.errors[0]})" if found.errors else ""
    raise RetryableToolError(f"no module is defined in {files}{said}", kind="not_found")


def _has_top(design: Design) -> None:
    modules = elaborate(design).modules
    if design.top not in modules:
        raise RetryableToolError(
            f"there is no module {design.top!r}; there are: {', '.join(modules[:20]) or 'none'}",
            kind="not_found",
            candidates=modules,
        )
