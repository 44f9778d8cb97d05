"""Elaborate designs with slang, run in the sandbox: interface, diagnostics, what is forbidden.

One call answers every question about a design, and its answer is kept, so `elaborate`, `forbidden`
and the others cost together what one of them costs.
"""

from __future__ import annotations

import json
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Final

from ..errors import RetryableToolError, ToolError, ToolUnavailable
from ..records import Frozen
from ..sandbox import Finished, Job, Limits, Step, shared_pool
from .design import Design, Source
from .project.facts import (
    Definition,
    Diagnostic,
    Direction,
    Elaborated,
    Facts,
    ModuleInterface,
    Parameter,
    Port,
    Severity,
)
from .project.safety import READERS, WATCHED, findings
from .project.second_reading import as_icarus_expands

SERVICE: Final = Path(__file__).parent / "services" / "slang.py"
LIMITS: Final = Limits(cpu_s=10.0, wall_s=20.0, memory_mb=2048, output_kb=8192)
REQUEST: Final = "request.json"
ROOT: Final = "design"
KEPT: Final = 512
# Names that slang alone defines: a text must not be able to ask who reads it.
OWN_MACROS: Final = (
    "__slang__", "__slang_major__", "__slang_minor__", "SV_COV_START", "SV_COV_STOP",
    "SV_COV_RESET", "SV_COV_CHECK", "SV_COV_MODULE", "SV_COV_HIER", "SV_COV_ASSERTION",
    "SV_COV_FSM_STATE", "SV_COV_STATEMENT", "SV_COV_TOGGLE", "SV_COV_OVERFLOW", "SV_COV_ERROR",
    "SV_COV_NOCOV", "SV_COV_OK", "SV_COV_PARTIAL",
)  # fmt: skip


class Inspection(Frozen):
    """All that is known of a design: `macros` are those it defines, `asks` those it asks for."""

    elaborated: Elaborated
    syntax: tuple[Diagnostic, ...] = ()
    forbidden: tuple[Diagnostic, ...] = ()
    macros: tuple[str, ...] = ()
    asks: tuple[str, ...] = ()
    definitions: tuple[Definition, ...] = ()
    beyond_2005: tuple[Diagnostic, ...] = ()


class Language(Frozen):
    """Which language a text is in; `because` are the first places that are not Verilog-2005."""

    name: str
    because: tuple[Diagnostic, ...] = ()

    @property
    def systemverilog(self) -> bool:
        """Return whether a reader of Verilog-2005 cannot read the text."""
        return bool(self.because)


def inspect(design: Design, *, reserved: tuple[str, ...] = ()) -> Inspection:
    """Return everything slang says; `reserved` are the testbench's modules and macros."""
    facts = _facts(design, tuple(sorted(set(reserved))))
    interface = facts.interface
    if interface is not None and design.parameters:
        given = dict(design.parameters)
        parameters = tuple(
            p.model_copy(update={"overridden": p.name in given and not p.local})
            for p in interface.parameters
        )
        interface = interface.model_copy(update={"parameters": parameters})
    elaborated = Elaborated(
        tops=facts.tops,
        modules=tuple(d.name for d in facts.definitions if d.kind == "module"),
        interface=interface,
        diagnostics=(*facts.diagnostics, *_not_applied(design, interface)),
        dropped=facts.dropped,
        syntax_errors=facts.parse_errors,
    )
    return Inspection(
        elaborated=elaborated,
        syntax=facts.syntax,
        forbidden=_forbidden(design, facts, frozenset(reserved)),
        macros=facts.macros,
        asks=facts.asked,
        definitions=facts.definitions,
        beyond_2005=facts.legacy,
    )


def elaborate(design: Design) -> Elaborated:
    """Return the elaborated design: tops, the interface of its top, diagnostics."""
    return inspect(design).elaborated


def forbidden(design: Design, *, reserved: tuple[str, ...] = ()) -> tuple[Diagnostic, ...]:
    """Return what a design under test may not use, and where; see `project/safety.py`.

    An error of code `unreadable` says that slang could not read the text, so nothing is known.
    """
    return inspect(design, reserved=reserved).forbidden


def module_names(design: Design) -> tuple[str, ...]:
    """Return the modules that the design defines, in alphabetical order."""
    return tuple(sorted(elaborate(design).modules))


def interface_of(text: str, top: str = "") -> ModuleInterface:
    """Return the interface of module `top` of one source text; of its only top when not named."""
    named = Design(top=top or "top", sources=(Source(name="design.sv", text=text),))
    found = elaborate(named)
    if not top:
        if len(found.tops) != 1:
            raise RetryableToolError(
                f"the text has {len(found.tops)} top modules: name one",
                kind="ambiguous" if found.tops else "not_found",
                candidates=found.tops,
            )
        found = elaborate(named.model_copy(update={"top": found.tops[0]}))
    if found.interface is None:
        said = f" ({found.errors[0]})" if found.errors else ""
        raise RetryableToolError(
            f"the text has no module {top!r}{said}", kind="not_found", candidates=found.modules
        )
    return found.interface


def language(design: Design) -> Language:
    """Return whether a design is Verilog-2005 or needs a reader of SystemVerilog.

    It is what slang refuses in its mode for IEEE 1364-2005, which lets a few newer literals pass.
    """
    because = inspect(design).beyond_2005
    return Language(name="systemverilog" if because else "verilog-2005", because=because)


@cache
def slang_version() -> str:
    """Return the version, such as "slang 12.1.0"; ToolUnavailable when it is not installed."""
    try:
        return f"slang {version('pyslang')}"
    except PackageNotFoundError:
        raise ToolUnavailable(
            "slang is not installed: pip install 'terragate[rtl]' (the package is pyslang)"
        ) from None


def _forbidden(design: Design, facts: Facts, reserved: frozenset[str]) -> tuple[Diagnostic, ...]:
    """Return the findings, with those that only the text as Icarus expands it has."""
    found = findings(facts, frozenset(design.files()), reserved)
    expanded = as_icarus_expands(design)
    codes = {d.code for d in found if d.severity == "error"}
    if expanded == "same" or codes:
        return found
    if expanded == "lost":
        text = "Icarus does not survive expanding the macros of this text"
        return (Diagnostic(code="unreadable", message=text), *found)
    again = findings(_facts(expanded, ()), frozenset(expanded.files()), reserved)
    more = (
        Diagnostic(code=d.code, message=f"{d.message} (as Icarus expands the macros)")
        for d in again
        if d.severity == "error"
    )
    return (*dict.fromkeys(more), *found)


def _facts(design: Design, reserved: tuple[str, ...]) -> Facts:
    slang_version()
    # Only macros a text asks for can change what it says.
    text = "".join(design.files().values())
    reply = _reply(design, tuple(name for name in reserved if name in text))
    if isinstance(reply, Facts):
        return reply
    raise ToolError(
        f"slang did not survive this design ({_cause(reply)}): nothing is known about it; simplify "
        "or split it",
        kind="too_large" if reply.stopped else "bad_data",
    )


@lru_cache(maxsize=KEPT)
def _reply(design: Design, reserved: tuple[str, ...]) -> Facts | Finished:
    request = {
        "root": ROOT,
        "order": [source.name for source in design.sources],
        "files": list(design.files()),
        "top": design.top,
        "defines": design.defines,
        "hide": OWN_MACROS,
        "watch": WATCHED,
        "parameters": design.parameters,
        "variants": {**READERS, **({"the testbench's reader": reserved} if reserved else {})},
    }
    files = {f"{ROOT}/{name}": text for name, text in design.files().items()}
    job = Job({**files, REQUEST: json.dumps(request)}, (Step(call=REQUEST, limits=LIMITS),))
    done = shared_pool(service=SERVICE).run(job).last
    if done.stopped == "lost":
        raise ToolError(
            f"slang did not survive this design ({_cause(done)}): try again", kind="bad_data"
        )
    if not done.ok:
        return done
    return Facts.model_validate_json(done.stdout)


def _cause(done: Finished) -> str:
    if done.stopped:
        return f"stopped at its limit of {done.stopped}"
    return f"signal {done.signal}" if done.signal else done.stderr.strip()[-200:]


def _not_applied(design: Design, top: ModuleInterface | None) -> tuple[Diagnostic, ...]:
    """Return an error for every parameter that was given and that the top does not have."""
    free = {p.name for p in top.parameters if not p.local} if top else set[str]()
    return tuple(
        Diagnostic(
            code="NoSuchParameter",
            message=f"{design.top!r} has no parameter {name!r} that can be set",
        )
        for name, _ in design.parameters
        if top is not None and name not in free
    )


__all__ = [
    "Diagnostic",
    "Direction",
    "Elaborated",
    "Inspection",
    "Language",
    "ModuleInterface",
    "Parameter",
    "Port",
    "Severity",
    "elaborate",
    "forbidden",
    "inspect",
    "interface_of",
    "language",
    "module_names",
    "slang_version",
]
