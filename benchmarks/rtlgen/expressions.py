"""Logic expressions as trees: their Verilog, their value, and several ways to say them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import reduce
from operator import and_, or_, xor
from typing import Final, Literal

Kind = Literal["and", "or", "xor", "nand", "nor", "xnor", "not"]
KINDS: Final[tuple[Kind, ...]] = ("and", "or", "xor", "nand", "nor", "xnor")
SIGNS: Final = {"and": "&", "or": "|", "xor": "^"}
PLAIN: Final[dict[str, Kind]] = {"nand": "and", "nor": "or", "xnor": "xor"}


@dataclass(frozen=True)
class Gate:
    """A gate over signals and other gates; `not` has one argument."""

    kind: Kind
    args: tuple[Expr, ...]


Expr = str | Gate


def inverse(of: Expr) -> Gate:
    """Return an inverter."""
    return Gate("not", (of,))


def names_of(of: Expr) -> tuple[str, ...]:
    """Return the signals of an expression in the order they are read, each once."""
    if isinstance(of, str):
        return (of,)
    return tuple(dict.fromkeys(name for arg in of.args for name in names_of(arg)))


def code(of: Expr) -> str:
    """Return the Verilog: sub-expressions of several signals stand in parentheses."""
    if isinstance(of, str):
        return of
    if of.kind == "not":
        return f"~{_operand(of.args[0])}"
    if of.kind in PLAIN:
        return f"~({_chain(of, PLAIN[of.kind])})"
    return _chain(of, of.kind)


def _chain(of: Gate, kind: str) -> str:
    return f" {SIGNS[kind]} ".join(_operand(arg) for arg in of.args)


def _operand(of: Expr) -> str:
    if isinstance(of, str) or of.kind == "not" or of.kind in PLAIN:
        return code(of)
    return f"({code(of)})"


def decided(of: Expr, yes: str = "1'b1", no: str = "1'b0") -> str:
    """Return the same expression of single bits as nested decisions, for a second description."""
    if isinstance(of, str):
        return f"({of} ? {yes} : {no})"
    if of.kind == "not":
        return decided(of.args[0], no, yes)
    if of.kind in PLAIN:
        return decided(Gate(PLAIN[of.kind], of.args), no, yes)
    first, *rest = of.args
    if not rest:
        return decided(first, yes, no)
    others = Gate(of.kind, tuple(rest))
    if of.kind == "and":
        return decided(first, decided(others, yes, no), no)
    if of.kind == "or":
        return decided(first, yes, decided(others, yes, no))
    return decided(first, decided(others, no, yes), decided(others, yes, no))


def evaluate(of: Expr, values: Mapping[str, int], width: int = 1) -> int:
    """Return the value, bit by bit over `width` bits."""
    mask = (1 << width) - 1
    if isinstance(of, str):
        return values[of] & mask
    found = [evaluate(arg, values, width) for arg in of.args]
    if of.kind == "not":
        return ~found[0] & mask
    value = reduce({"and": and_, "or": or_, "xor": xor}[PLAIN.get(of.kind, of.kind)], found)
    return ~value & mask if of.kind in PLAIN else value


def infix(of: Expr) -> str:
    """Return the expression as `(a AND b) OR (NOT c)`."""
    if isinstance(of, str):
        return of
    if of.kind == "not":
        return f"NOT {_enclosed(of.args[0], infix)}"
    parts = [_enclosed(arg, infix) for arg in of.args]
    if of.kind in PLAIN:
        if len(parts) == 2:
            return f" {of.kind.upper()} ".join(parts)
        return f"NOT ({f' {PLAIN[of.kind].upper()} '.join(parts)})"
    return f" {of.kind.upper()} ".join(parts)


def prefix(of: Expr) -> str:
    """Return the expression as `the OR of (the AND of a and b) and (the inverse of c)`."""
    if isinstance(of, str):
        return of
    if of.kind == "not":
        return f"the inverse of {_enclosed(of.args[0], prefix)}"
    parts = [_enclosed(arg, prefix) for arg in of.args]
    return f"the {of.kind.upper()} of {', '.join(parts[:-1])} and {parts[-1]}"


def algebra(of: Expr) -> str:
    """Return the expression in the algebra of textbooks: `ab + c'`."""
    if isinstance(of, str):
        return of
    if of.kind == "not":
        return f"{_grouped(of.args[0], ())}'"
    if of.kind in PLAIN:
        return f"({algebra(Gate(PLAIN[of.kind], of.args))})'"
    if of.kind == "and":
        short = all(len(name) == 1 for name in names_of(of))
        return ("" if short else "*").join(_grouped(arg, ("not",)) for arg in of.args)
    if of.kind == "or":
        return " + ".join(_grouped(arg, ("not", "and", "nand", "nor", "xnor")) for arg in of.args)
    return " ^ ".join(_grouped(arg, ("not",)) for arg in of.args)


def _grouped(of: Expr, bare: tuple[str, ...]) -> str:
    if isinstance(of, str) or of.kind in bare or of.kind in PLAIN:
        return algebra(of)
    return f"({algebra(of)})"


def _enclosed(of: Expr, way: Callable[[Expr], str]) -> str:
    return of if isinstance(of, str) else f"({way(of)})"
