"""What is verified: a design of one or more files, and how a testbench says that it passed.

Everything in these values may come from a model or a stranger. Names that reach a tool's command
line or script are checked here, once, so that nothing below has to.
"""

from __future__ import annotations

import hashlib
import re
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from ..errors import UsageError
from ..records import Frozen
from ..sandbox.job import FILE_NAME

IDENTIFIER: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_$]{0,127}")
NUMBER: Final = re.compile(r"-?[0-9]{1,18}|[0-9]{0,4}'[sS]?[bodhBODH][0-9a-fA-F_xXzZ?]{1,256}")
DEFINE_VALUE: Final = re.compile(r"[A-Za-z0-9_'.]{0,128}")
MAX_SOURCE_BYTES: Final = 2 << 20


def identifier(name: str) -> str:
    """Return a plain Verilog identifier unchanged; UsageError for anything else."""
    if not IDENTIFIER.fullmatch(name):
        raise UsageError(
            f"{name[:80]!r} is not a plain Verilog identifier: use letters, digits and '_'"
        )
    return name


def _file_name(name: str) -> str:
    if not FILE_NAME.fullmatch(name) or {"..", "."} & set(name.split("/")):
        raise UsageError(f"source name {name[:80]!r} is not a plain relative path")
    return name


def _number(text: str) -> str:
    if not NUMBER.fullmatch(text):
        raise UsageError(f"parameter value {text[:80]!r} is not a Verilog number such as 8 or 4'hf")
    return text


def _define(text: str) -> str:
    if not DEFINE_VALUE.fullmatch(text):
        raise UsageError(f"define value {text[:80]!r} holds more than letters, digits and '_'")
    return text


Identifier = Annotated[str, AfterValidator(identifier)]
FileName = Annotated[str, AfterValidator(_file_name)]
Number = Annotated[str, AfterValidator(_number)]
DefineValue = Annotated[str, AfterValidator(_define)]


class Source(Frozen):
    """One file: its relative name and its text."""

    name: FileName
    text: str = Field(max_length=MAX_SOURCE_BYTES)


class Design(Frozen):
    """Files that elaborate to the module `top`.

    `includes` are files that sources name in an include directive, and data files they read;
    `parameters` override those of `top`. File names are unique over both tuples.
    """

    top: Identifier
    sources: tuple[Source, ...] = Field(min_length=1)
    includes: tuple[Source, ...] = ()
    defines: tuple[tuple[Identifier, DefineValue], ...] = ()
    parameters: tuple[tuple[Identifier, Number], ...] = ()

    @property
    def digest(self) -> str:
        """Return the sha256 of everything a tool would see."""
        return hashlib.sha256(self.model_dump_json().encode()).hexdigest()

    def __hash__(self) -> int:
        """Return a hash of the content: results are cached by it."""
        return hash(self.digest)

    def files(self) -> dict[str, str]:
        """Return every file by name, as a sandbox job wants them."""
        return {source.name: source.text for source in (*self.sources, *self.includes)}


class PassRule(Frozen):
    """How a testbench says that the design passed; declared by whoever wrote the testbench.

    `exit`: it ends by itself with code 0, and no $error or $fatal was reported. `line`: some whole
    line of its output matches `pattern` (a regular expression), and none matches `fails`.
    `mismatches`: the line "Mismatches: 0 in N samples" of VerilogEval, N above zero, no TIMEOUT.
    `counter` is the hierarchical name of the testbench's own count, which it prints as it ends.
    """

    kind: Literal["exit", "line", "mismatches"] = "exit"
    pattern: str = Field(default="", max_length=500)
    fails: str = Field(default="", max_length=500)
    counter: str = Field(
        default="",
        max_length=200,
        pattern=r"^(|[a-zA-Z_][a-zA-Z0-9_]*(\.[a-zA-Z_][a-zA-Z0-9_]*)+)$",
    )


class Testbench(Frozen):
    """A user's testbench: its files, the module to simulate, and its pass criterion."""

    __test__ = False

    top: Identifier
    sources: tuple[Source, ...] = Field(min_length=1)
    includes: tuple[Source, ...] = ()
    rule: PassRule = PassRule()


class RtlTask(Frozen):
    """What a design is to be, and what it is held to.

    `spec` is the specification, `interface` a module header that comes with it. A repair begins
    with `start`, rewrites its file `target`, and is told the `log` of whoever saw it fail.
    `require` is `""` (the default rule), `proved`, `bounded:N` or `simulated:N`.
    """

    top: Identifier
    spec: str = Field(default="", max_length=100_000)
    start: Design | None = None
    target: FileName = "design.sv"
    log: str = Field(default="", max_length=20_000)
    testbench: Testbench | None = None
    reference: Design | None = None
    properties: Source | None = None
    interface: str = Field(default="", max_length=20_000)
    require: str = Field(default="", pattern=r"^(|proved|(bounded|simulated):[1-9][0-9]{0,8})$")
