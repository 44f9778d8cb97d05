"""Read what an RTL command is given: designs, testbenches, references, and whether they agree.

Whatever is wrong with a file is the person's to mend, so it is a UsageError that names the file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal, NoReturn

from pydantic import ValidationError

from ...tools.errors import RetryableToolError, ToolError, ToolUnavailable, UsageError
from ...tools.rtl.design import Design, PassRule, RtlTask, Source, Testbench
from ...tools.rtl.project.facts import ModuleInterface
from ...tools.rtl.project.files import line_of, read_text
from ...tools.rtl.project.ports import check_ports
from ...tools.rtl.reading import LISTS, Project, read_project, read_testbench
from ...tools.rtl.slang import elaborate, inspect, interface_of
from ...tools.rtl.stand_in import constant, possible

# What slang says of an instance that does not fit its module.
MISFITS: Final = frozenset({
    "PortDoesNotExist", "TooManyPortConnections", "NotAllPortsConnected",
})  # fmt: skip
MOST_LIBERTY: Final = 64 << 20
LOG_CHARS: Final = 20_000
REQUIREMENTS: Final = "proved, bounded:N or simulated:N"


@dataclass(frozen=True)
class Given:
    """How the files of a command line are to be read."""

    files: tuple[Path, ...] = ()
    include_dirs: tuple[Path, ...] = ()
    defines: tuple[str, ...] = ()
    parameters: tuple[str, ...] = ()
    lists: tuple[Path, ...] = ()
    cores: tuple[Path, ...] = ()
    target: str = ""


@dataclass(frozen=True)
class Held:
    """What a design is held to, as the command line names it."""

    testbench: tuple[Path, ...] = ()
    tb_top: str = ""
    rule: str = "exit"
    reference: tuple[Path, ...] = ()
    properties: Path | None = None
    require: str = ""


@contextmanager
def usage(prefix: str = "") -> Generator[None]:
    """Turn what a tool says of a given file into a UsageError; a missing tool stays one."""
    try:
        yield
    except ToolUnavailable:
        raise
    except ToolError as error:
        more = [c for c in error.candidates[:5] if c not in str(error)]
        hint = f"; candidates: {', '.join(more)}" if more else ""
        raise UsageError(f"{prefix}{error}{hint}") from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(map(str, first["loc"]))
        raise UsageError(f"{prefix}{place}: {first['msg']}") from error


def read_given(given: Given, top: str) -> Project:
    """Return the design on a command line; without `top` the only module nothing instantiates."""
    for path in given.lists:
        if path.suffix not in LISTS:
            raise UsageError(f"-f {str(path)!r}: a file list ends in one of {', '.join(LISTS)}")
    with usage():
        return read_project(
            (*given.files, *given.lists, *given.cores),
            top=top,
            include_dirs=given.include_dirs,
            defines=dict(_pair(text, "-D") for text in given.defines),
            parameters=dict(_pair(text, "-P") for text in given.parameters),
            target=given.target,
        )


def _pair(text: str, option: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not name or (option == "-P" and not equals):
        raise UsageError(f"{option} {text!r}: write NAME=VALUE")
    return name, value


def read_task(
    held: Held, top: str, *, given: Given | None = None, interface: Path | None = None, **more: Any
) -> RtlTask:
    """Return what a design is held to, after everything that names ports was seen to agree."""
    header = read_plain(interface) if interface else ""
    reference = read_reference(held.reference, top) if held.reference else None
    testbench = _testbench(held, given) if held.testbench else None
    properties = held.properties and Source(
        name=_plain_name(held.properties), text=read_plain(held.properties)
    )
    if not re.fullmatch(r"|proved|(bounded|simulated):[1-9][0-9]{0,8}", held.require):
        raise UsageError(f"--require {held.require!r}: write {REQUIREMENTS}")
    with usage():
        task = RtlTask(
            top=top,
            testbench=testbench,
            reference=reference,
            properties=properties,
            interface=header,
            require=held.require,
            **more,
        )
    _agree(task, interface, held)
    return task


def read_plain(path: Path) -> str:
    """Return the text of one file that stands by itself."""
    with usage():
        return read_text(path, path.absolute().parent)


def read_spec(path: Path) -> str:
    """Return a specification; one without a word is refused."""
    text = read_plain(path)
    if not text.strip():
        raise UsageError(f"{str(path)!r} is empty: write what the module is to do")
    return text


def read_reference(paths: Sequence[Path], top: str) -> Design:
    """Return a reference: its module of the name `top`, else its only top."""
    with usage("reference: "):
        try:
            return read_project(paths, top=top).design
        except RetryableToolError as error:
            if error.kind != "not_found" or not error.candidates or top not in str(error):
                raise
            return read_project(paths).design


def read_calibration(path: Path) -> dict[str, Any]:
    """Return what `rtl calibrate` has written: settings of the cascade."""
    from ...workflows.cascade.tuning import Tuning

    with usage(f"{path}: "):
        try:
            found = json.loads(read_plain(path))
            Tuning.model_validate(found)
        except json.JSONDecodeError as error:
            raise UsageError(f"{path}:{error.lineno}: no JSON: {error.msg}") from error
    return found


def pass_rule(text: str) -> PassRule:
    """Return a pass rule as a person writes it: exit, mismatches or line:REGEX."""
    kind, _, pattern = text.partition(":")
    known: dict[str, Literal["exit", "mismatches", "line"]] = {
        "exit": "exit", "mismatches": "mismatches", "line": "line",
    }  # fmt: skip
    if kind not in known or bool(pattern) != (kind == "line"):
        raise UsageError(f"--pass {text!r}: write exit, mismatches or line:REGEX")
    if kind == "line":
        try:
            re.compile(pattern)
        except re.error as error:
            raise UsageError(f"--pass {text!r} is no regular expression: {error}") from error
    with usage("--pass: "):
        return PassRule(kind=known[kind], pattern=pattern)


def _testbench(held: Held, given: Given | None) -> Testbench:
    rule = pass_rule(held.rule)
    folders = given.include_dirs if given else ()
    with usage("testbench: "):
        return read_testbench(held.testbench, top=held.tb_top, rule=rule, include_dirs=folders)


def _plain_name(path: Path) -> str:
    return re.sub(r"[^A-Za-z0-9_.]", "_", path.name)


def _agree(task: RtlTask, header: Path | None, held: Held) -> None:
    """Refuse an interface, a reference and a testbench that do not speak of the same ports."""
    wanted = _header(task, header) if header else None
    if task.reference is not None:
        found = elaborate(task.reference)
        if found.interface is None or found.errors:
            said = found.errors[0] if found.errors else "it has no interface"
            raise UsageError(f"the reference does not elaborate: {said}")
        if wanted is not None and header is not None:
            _same(wanted, found.interface, task, header, held.reference[0])
        wanted = wanted or found.interface
    if task.testbench is not None and wanted is not None:
        _connects(task.testbench, wanted, task.top)


def _header(task: RtlTask, path: Path) -> ModuleInterface:
    text = task.interface
    if "endmodule" not in text:
        text += "\nendmodule\n"
    with usage(f"{path}: "):
        return interface_of(text, task.top)


def _same(
    wanted: ModuleInterface, found: ModuleInterface, task: RtlTask, header: Path, reference: Path
) -> None:
    different = check_ports(wanted, found)
    if not different:
        return
    name = different[0].name
    assert task.reference is not None
    there = _place(name, [(s.name, s.text) for s in task.reference.sources])
    here = _place(name, [(str(header), task.interface)])
    where = there or f"{reference}"
    said = "; ".join(map(str, different[:5]))
    raise UsageError(
        f"{where}: the reference does not have the ports of {here or header}: {said}; make them "
        "the same"
    )


def _connects(bench: Testbench, wanted: ModuleInterface, top: str) -> None:
    """Refuse a testbench that connects ports of `top` which are not asked for."""
    own = elaborate(Design(top=bench.top, sources=bench.sources, includes=bench.includes))
    if not possible(wanted) or top in own.modules:
        return
    stub = constant(wanted.model_copy(update={"name": top}), "0")
    names = {source.name for source in bench.sources}
    source = stub.sources[0].model_copy(update={"name": "terragate_stand_in.v"})
    sources = (*bench.sources, source)
    found = elaborate(Design(top=bench.top, sources=sources, includes=bench.includes))
    for said in found.errors:
        if said.code in MISFITS and said.file in names and f"'{top}'" in said.message:
            _misfit(str(said))


def _misfit(said: str) -> NoReturn:
    raise UsageError(
        f"{said}; the testbench must fit the interface and reference that were given with it"
    )


def _place(name: str, texts: Sequence[tuple[str, str]]) -> str:
    """Return file:line of the first mention of a port."""
    for file, text in texts:
        found = re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", text)
        if found:
            return f"{file}:{line_of(text, found.start())}"
    return ""


def read_liberty(path: Path) -> str:
    """Return the text of a cell library; real ones have tens of megabytes."""
    data = read_bytes(path, MOST_LIBERTY)
    if b"\0" in data:
        raise UsageError(f"{str(path)!r} is binary: give a Liberty file as text")
    return data.decode("utf-8", errors="replace")


def read_bytes(path: Path, most: int) -> bytes:
    """Return a plain file's content, refused when it is larger than `most` bytes."""
    try:
        if not path.is_file():
            raise UsageError(f"there is no file {str(path)!r}")
        size = path.stat().st_size
        if size > most:
            raise UsageError(f"{str(path)!r} has {size / 1e6:.0f} MB, more than {most / 1e6:.0f}")
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{str(path)!r} cannot be read: {error.strerror}") from error


def start_of(design: Design, log: Path | None, only: str) -> dict[str, Any]:
    """Return what a repair begins with: the design, the file to mend, the log of its failure."""
    names = [source.name for source in design.sources]
    target = only or _file_of(design)
    if target not in names:
        raise UsageError(f"--file {only!r} is none of the design's files: {', '.join(names[:20])}")
    said = read_plain(log)[-LOG_CHARS:] if log else ""
    return {"start": design, "target": target, "log": said}


def _file_of(design: Design) -> str:
    found = [d.file for d in inspect(design).definitions if d.name == design.top]
    return found[0] if found else design.sources[0].name
