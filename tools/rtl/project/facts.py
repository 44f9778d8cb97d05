"""What slang found in a design: interfaces, diagnostics with places, constructs."""

from __future__ import annotations

from typing import Literal

from ...records import Frozen

Direction = Literal["input", "output", "inout"]
Severity = Literal["error", "warning"]


class Diagnostic(Frozen):
    """One finding; line and column count from 1, and `file` is "" (line 0) where none is known."""

    file: str = ""
    line: int = 0
    column: int = 0
    code: str
    severity: Severity = "error"
    message: str

    def __str__(self) -> str:
        """Return the finding as compilers write it: file:line:column: severity: message."""
        place = f"{self.file}:{self.line}:{self.column}: " if self.file else ""
        return f"{place}{self.severity}: {self.message}"


class Port(Frozen):
    """A port as elaborated; `width` in bits, 0 where it is no vector (an interface, a real)."""

    name: str
    direction: Direction
    width: int
    signed: bool = False
    type: str = ""


class Parameter(Frozen):
    """A parameter with the value it has after elaboration, as Verilog writes it."""

    name: str
    value: str
    local: bool = False
    overridden: bool = False


class ModuleInterface(Frozen):
    """What a module shows to its parent."""

    name: str
    ports: tuple[Port, ...] = ()
    parameters: tuple[Parameter, ...] = ()

    def port(self, name: str) -> Port | None:
        """Return the port of that name, None when there is none."""
        return next((port for port in self.ports if port.name == name), None)


class Definition(Frozen):
    """A module, interface or program, and where it is written."""

    name: str
    kind: str
    file: str = ""
    line: int = 0
    column: int = 0


class Fact(Frozen):
    """A construct that a rule may refuse; `variant` names the reader that alone sees it."""

    kind: str
    name: str = ""
    file: str = ""
    line: int = 0
    column: int = 0
    argument: str = ""
    assertion: bool = False
    elaboration: bool = False
    doubtful: bool = False
    variant: str = ""


class Facts(Frozen):
    """Everything one call of slang says about a design."""

    diagnostics: tuple[Diagnostic, ...] = ()
    dropped: int = 0
    errors: int = 0
    syntax: tuple[Diagnostic, ...] = ()
    parse_errors: int = 0
    variant_errors: int = 0
    tops: tuple[str, ...] = ()
    definitions: tuple[Definition, ...] = ()
    packages: tuple[str, ...] = ()
    interface: ModuleInterface | None = None
    found: tuple[Fact, ...] = ()
    macros: tuple[str, ...] = ()
    asked: tuple[str, ...] = ()
    legacy: tuple[Diagnostic, ...] = ()


class Elaborated(Frozen):
    """A design after elaboration; `interface` is that of its top, None when that is not there.

    `tops` are the modules that nothing instantiates. `diagnostics` are errors first, then warnings,
    at most 200; `dropped` counts the rest.
    """

    tops: tuple[str, ...] = ()
    modules: tuple[str, ...] = ()
    interface: ModuleInterface | None = None
    diagnostics: tuple[Diagnostic, ...] = ()
    dropped: int = 0
    syntax_errors: int = 0

    @property
    def errors(self) -> tuple[Diagnostic, ...]:
        """Return the diagnostics that keep the design from being elaborated."""
        return tuple(d for d in self.diagnostics if d.severity == "error")

    @property
    def ok(self) -> bool:
        """Return whether the top was elaborated without an error."""
        return self.interface is not None and not self.errors
