"""Logic with one mistake in it, to be mended: wrong operators, latches, swapped inputs, widths."""

from __future__ import annotations

import ast
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from itertools import product
from random import Random
from typing import Final

from ..case import Case, Family, Says
from . import bitlogic, gates, maps, muxes, named_nets, neighbours, packing, rules, selection, votes

TRIES: Final = 60


@dataclass(frozen=True)
class Bug:
    """A mistake: the pattern becomes something else, once, in the text of another family.

    `shows` are what somebody who saw the module fail would say.
    """

    family: str
    pattern: str
    becomes: str | Callable[[re.Match[str]], str]
    shows: tuple[str, ...]


def _exchanged(found: re.Match[str]) -> str:
    """Return two arms of a case statement with their values exchanged."""
    head, first, middle, second = found.group(1, 2, 3, 4)
    return f"{head}{second}{middle}{first};"


ARMS: Final = r"(: \w+ = )(\w+)(;\n\s+\S+: \w+ = )(\w+);"
INFERRED: Final = (
    "a latch is inferred",
    "synthesis warns of a latch",
    "the output keeps its old value at times",
)
SWAPPED: Final = ("two inputs are exchanged", "two select values give each other's input")
OPERATOR: Final = (
    "an operator is wrong",
    "the output is wrong for some inputs",
    "one operation is the wrong one",
)
SELECTING: Final = (
    Bug("multiplexer", r"\? (\w+) : (\w+);", r"? \2 : \1;", ("the inputs are swapped", "the "
    "select works the wrong way round")),
    Bug("multiplexer", ARMS, _exchanged, SWAPPED),
    Bug("multiplexer", r"\n.*: \w+ = \w+;(\n  +endcase)", r"\1", INFERRED),
    Bug("multiplexer with unused selects", r"\n\s+default: .*", "", INFERRED),
    Bug("multiplexer with unused selects", ARMS, _exchanged, SWAPPED),
    Bug("multiplexer with unused selects", r"(\d+)'d1: (\w+ = .*)", r"\1'd0: \2", ("two arms have "
    "the same label", "one input is never selected")),
    Bug("priority selection", r"\n    else \w+ = .*", "", INFERRED),
    Bug("priority selection", r"if (\(\S+\)) (\w+ = \w+;\n    else if )(\(\S+\))", r"if \3 \2\1",
        ("two conditions are exchanged", "two conditions stand in the wrong places")),
    Bug("priority selection", r"if \((\w+)\)", r"if (!\1)", ("one condition is inverted", "a "
    "control has the wrong polarity")),
    Bug("packed multiplexer", r"\*(\d+) \+: \d+\]", r"*\1 +: 1]", ("only one bit of the item "
    "comes out", "the part-select is too narrow")),
    Bug("packed multiplexer", r"(\w+)\*\d+ \+:", r"\1 +:", ("items overlap", "the items are taken "
    "from the wrong places")),
)  # fmt: skip
OPERATING: Final = (
    Bug("gate", r"= (\w+) & ", r"= \1 | ", OPERATOR), Bug("gate", r"= (\w+) \| ", r"= \1 & "
    "", OPERATOR),
    Bug("gate", r"= ~\((.*)\);", r"= \1;", ("the output is inverted", "the output always has the "
    "wrong level")),
    Bug("vector gate", r"(\w+) & (\w+)", r"\1 && \2", ("only bit 0 of the result can be "
    "set", "the result is a truth value instead of a vector")),
    Bug("vector gate", r"(\w+) \| (\w+)", r"\1 || \2", ("only bit 0 of the result can be "
    "set", "the result is a truth value instead of a vector")),
    Bug("vector gate", r"= ~(\w+);", r"= !\1;", ("only bit 0 of the result can be set", "the NOT "
    "is not bit by bit")),
    Bug("worded expression", r" ([&^]) ", r" | ", OPERATOR), Bug("worded expression", r" \| ", " "
    "& ", OPERATOR),
    Bug("worded expression", r"~(\w+)", r"\1", ("an inverter is missing", "one signal is not "
    "inverted where it should be")),
    Bug("worded expression", r"\((\w+ [&|] \w+)\)", r"~(\1)", ("there is an inversion too "
    "many", "a term is inverted by mistake")),
    Bug("gate netlist", r"(wire \w+ = \w+) [&^] ", r"\1 | ", OPERATOR),
    Bug("gate netlist", r"(wire \w+ = )~\((.*)\);", r"\1\2;", ("a gate lacks its inversion", "a "
    "wire carries the inverse of what it should")),
    Bug("rules in English", r"~(\w+)", r"\1", ("a condition is taken the wrong way", "an input "
    "has the wrong polarity")),
    Bug("rules in English", r" & ", " | ", OPERATOR), Bug("rules in English", r" \| ", " & "
    "", OPERATOR),
    Bug("limit and switches", r" > ", " >= ", ("it acts one step too early", "the limit itself is "
    "treated wrongly")),
    Bug("limit and switches", r" < ", " > ", ("it acts on the wrong side of the limit", "the "
    "comparison is the wrong way round")),
    Bug("limit and switches", r"\w+ \| ", "", ("the override does nothing", "one switch is "
    "ignored")),
)  # fmt: skip
VECTORS: Final = (
    Bug("bitwise and logical", r"= (\w+) && (\w+);", r"= \1 & \2;", ("a bitwise operator stands "
    "for a logical one", "a truth value is computed wrongly")),
    Bug("bitwise and logical", r"= ~(\w+);", r"= !\1;", ("a vector shows a truth value", "an "
    "inversion is not bit by bit")),
    Bug("reductions", r"= &", "= |", OPERATOR), Bug("reductions", r"= \|", "= &", OPERATOR),
    Bug("reductions", r"= ~([&|^])", r"= \1", ("an output is inverted", "one output has the wrong "
    "polarity")),
    Bug("parity bit", r"~\^", "^", ("the parity is the wrong one", "even and odd are mixed up")),
    Bug("extension", r"\{(\d+)\{\w+\[\d+\]\}\}", r"\1'd0", ("negative numbers become "
    "positive", "the sign is lost")),
    Bug("threshold", r"reg \[\d+:0\] ones;", "reg [1:0] ones;", ("the count overflows", "a "
    "register is too narrow")),
    Bug("population count", r"i < (\d+);", r"i < \1 - 1;", ("the last bit is not counted", "the "
    "loop ends too early")),
    Bug("threshold", r"\) >= ", ") > ", ("it needs one input too many", "the limit is off by one")),
    Bug("threshold", r"\) == ", ") >= ", ("it also fires for more inputs than wanted", "the "
    "comparison is not exact")),
    Bug("minterms", r"\n\s+default: .*", "", INFERRED),
    Bug("minterms", r"(\d'd\d+), (\d'd\d+)", r"\1", ("a minterm is missing", "one input "
    "combination gives 0 instead of 1")),
    Bug("neighbours", r"\{(\w+\[\d+:0\]), (\S+)\}", r"{\2, \1}", ("bits are compared with the "
    "wrong neighbours", "the shifted vector is put together wrongly")),
)  # fmt: skip
MODULES: Final = (
    bitlogic, gates, maps, muxes, named_nets, neighbours, packing, rules, selection, votes,
)  # fmt: skip
# Of these a mistake may leave the function as it was.
GATED: Final = ("gate", "worded expression", "gate netlist", "rules in English")
BASES: Final = {family.name: family for module in MODULES for family in module.FAMILIES}


def _mended(rng: Random, bugs: tuple[Bug, ...]) -> Case:
    """Return a case of the bug's family whose specification shows the text with the bug."""
    while True:
        bug = rng.choice(bugs)
        for _ in range(TRIES):
            case = BASES[bug.family].draw(rng)
            body = case.reference.index(");") if "\\n\\);" not in bug.pattern else 0
            head, rest = case.reference[:body], case.reference[body:]
            wrong, count = re.subn(bug.pattern, bug.becomes, rest, count=1)
            if count and wrong != rest and (bug.family not in GATED or _differs(case, wrong, rest)):
                return _shown(rng, case, bug, head + wrong)


def _differs(case: Case, wrong: str, right: str) -> bool:
    """Return whether two texts of gates over single bits differ for some inputs."""
    inputs = case.interface.inputs
    rows = list(product((0, 1), repeat=len(inputs)))
    given = {port.name: [row[at] for row in rows] for at, port in enumerate(inputs)}
    masks = {n: sum(bit << at for at, bit in enumerate(bits)) for n, bits in given.items()}
    full = (1 << len(rows)) - 1
    found = [_values(text, masks, full) for text in (wrong, right)]
    return any(found[0][port.name] != found[1][port.name] for port in case.interface.outputs)


def _values(text: str, masks: dict[str, int], full: int) -> dict[str, int]:
    """Return every signal's value for all rows at once, a bit for each row."""
    values = dict(masks)
    for name, expression in re.findall(r"(?:wire|assign) (\w+) = (.*);", text):
        values[name] = _value(ast.parse(expression, mode="eval").body, values) & full
    return values


def _value(node: ast.expr, values: dict[str, int]) -> int:
    # The bitwise operators are written and bind in Verilog as they do in Python.
    if isinstance(node, ast.Name):
        return values[node.id]
    if isinstance(node, ast.UnaryOp):
        return ~_value(node.operand, values)
    assert isinstance(node, ast.BinOp)
    left, right = _value(node.left, values), _value(node.right, values)
    if isinstance(node.op, ast.BitAnd):
        return left & right
    return left | right if isinstance(node.op, ast.BitOr) else left ^ right


def _shown(rng: Random, case: Case, bug: Bug, wrong: str) -> Case:
    shows = rng.choice(bug.shows)
    # What the family keeps for the test split is kept here as well: its last words stay last.
    *known, last = case.says.brief
    brief = [
        text
        for wish in known
        for text in (
            f"{wish}. The module below [is meant to do this|should do this], but {shows}. [Fix "
            f"it|Correct it|Repair it]",
            f"[this|the following] module has a bug: {shows}. [Find it and give the corrected "
            f"module|Give the corrected module]. It should do this: {wish}",
            f"[correct|fix] the [bug|mistake|error] in the module below ({shows}). Intended: "
            f"{wish}",
            f"[somebody|a colleague] wrote the module below, but [a|the] test fails: {shows}. "
            f"Required: {wish}",
        )
    ]  # fmt: skip
    brief.append(f"review the module below, in which {shows}, and write it as it should be: {last}")
    points = case.says.points
    if points:
        points = (
            (f"the module below has a bug ({shows}): fix it", f"[mend|repair] the module below, "
            f"where {shows}",
             f"correct the module below; now {shows}"), *points,
        )  # fmt: skip
    said = case.says
    says = Says(tuple(brief), points, said.tables, said.needs_table, said.ports)
    key, origin = f"{bug.pattern} {bug.family}: {case.key}", f"{bug.family} {case.key}"
    return replace(case, key=key, says=says, skeleton=wrong, origin=origin)


def _selecting(rng: Random) -> Case:
    return _mended(rng, SELECTING)


def _operating(rng: Random) -> Case:
    return _mended(rng, OPERATING)


def _on_vectors(rng: Random) -> Case:
    return _mended(rng, VECTORS)


FAMILIES: Final = (
    Family("bug in a selection", "bugs", _selecting, weight=1.2),
    Family("bug in an operator", "bugs", _operating, weight=1.2),
    Family("bug on a vector", "bugs", _on_vectors, held_out=True),
)
