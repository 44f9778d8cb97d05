"""Single faults of a Verilog design, made at tokens of its syntax tree.

Every class is a fault that a person or a model makes: a wrong operator, constant, condition, clock
edge, reset polarity, reset value, initial value, width or index. Ports keep their widths, so that
a mutant can be put in the place of the original.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, Literal, get_args

from .syntax import Edit, Node, apply, parse

Kind = Literal[
    "operator", "constant", "condition", "clock edge", "reset polarity", "reset value",
    "initial value", "width", "index",
]  # fmt: skip
KINDS: Final[tuple[Kind, ...]] = get_args(Kind)
CLOCK: Final = re.compile(r"(?i)(.*_)?(clk|clock)(_.*)?")
RESET: Final = re.compile(r"(?i)(.*_)?a?s?(rst|reset|resetn)(_?n|_.*)?|clr|clear")
SWAPS: Final[Mapping[str, tuple[str, ...]]] = {
    "+": ("-",), "-": ("+",), "&": ("|", "^"), "|": ("&", "^"), "^": ("|", "&", "~^"),
    "~^": ("^",), "^~": ("^",), "==": ("!=",), "!=": ("==",), "<": ("<=", ">"), ">": (">=", "<"),
    "<=": ("<", ">="), ">=": (">", "<="), "&&": ("||",), "||": ("&&",), "<<": (">>",),
    ">>": ("<<",), "*": ("+",),
}  # fmt: skip
LITERALS: Final = ("IntegerLiteralExpression", "IntegerVectorExpression")
DIMENSIONS: Final = ("VariableDimension",)
SELECTS: Final = ("ElementSelect",)
PORTS: Final = ("AnsiPortList", "PortDeclaration", "NonAnsiPortList")


@dataclass(frozen=True)
class Mutant:
    """A text with one fault in it, and where and what the fault is."""

    kind: Kind
    text: str
    start: int
    before: str
    after: str


def mutants(text: str, *, seed: int = 0, kinds: tuple[Kind, ...] = KINDS) -> list[Mutant]:
    """Return all single mutants of the classes asked for, in an order the seed decides."""
    tree = parse(text)
    found = [
        Mutant(kind, apply(text, [edit]), edit.start, text[edit.start : edit.end], edit.text)
        for kind in kinds for edit in MAKERS[kind](tree, text)
        if edit.text != text[edit.start : edit.end]
    ]  # fmt: skip
    unique = list({m.text: m for m in found}.values())
    random.Random(seed).shuffle(unique)
    return unique


def _operators(tree: Node, text: str) -> Iterator[Edit]:
    for node in tree.walk():
        if not node.kind.endswith("Expression") or "Assignment" in node.kind:
            continue
        if node.inside(*DIMENSIONS, *SELECTS):
            continue
        for token in node.children:
            swaps = SWAPS.get(text[token.start : token.end], ()) if token.token else ()
            if len(node.children) >= 3:
                yield from (Edit(token.start, token.end, other) for other in swaps)
        if node.kind in ("UnaryBitwiseNotExpression", "UnaryLogicalNotExpression"):
            token = node.children[0]
            yield Edit(token.start, token.end, " ")


def _constants(tree: Node, text: str) -> Iterator[Edit]:
    for node in tree.walk():
        if node.kind in LITERALS and not node.inside(
            *DIMENSIONS, *SELECTS, "InitialBlock", "DataDeclaration", *PORTS
        ):
            yield from _changed(node, text)


def _changed(node: Node, text: str) -> Iterator[Edit]:
    """Yield the literal with one added, where it still fits, and with one taken away."""
    token = node.children[-1]
    base = text[node.children[-2].start : node.children[-2].end].lower() if len(
        node.children) > 1 else "'d"  # fmt: skip
    radix = {"b": 2, "o": 8, "d": 10, "h": 16}[base[-1]]
    digits = text[token.start : token.end].replace("_", "")
    if not re.fullmatch(r"[0-9a-fA-F]+", digits):
        return
    value = int(digits, radix)
    size = text[node.children[0].start : node.children[0].end] if len(node.children) == 3 else "32"
    most = (1 << int(size)) - 1 if size.isdigit() else value
    for other in (value + 1, value - 1):
        if 0 <= other <= most:
            shown = {2: "b", 8: "o", 10: "d", 16: "x"}[radix]
            yield Edit(token.start, token.end, f"{other:{shown}}")


def _conditions(tree: Node, text: str) -> Iterator[Edit]:
    for node in tree.walk():
        if node.kind != "ConditionalPredicate" or _is_reset(node, text):
            continue
        yield Edit(node.start, node.end, f"!({text[node.start : node.end]})")
        yield Edit(node.start, node.end, "1'b1")
        yield Edit(node.start, node.end, "1'b0")


def _is_reset(predicate: Node, text: str) -> bool:
    names = [text[n.start : n.end] for n in predicate.walk() if n.kind == "Identifier"]
    return len(names) == 1 and bool(RESET.fullmatch(names[0]))


def _edges(tree: Node, text: str) -> Iterator[Edit]:
    yield from _turned(tree, text, CLOCK)


def _turned(tree: Node, text: str, name: re.Pattern[str]) -> Iterator[Edit]:
    for node in tree.walk():
        if node.kind == "SignalEventExpression" and len(node.children) > 1:
            edge, signal = node.children[0], node.children[1]
            if edge.token and name.fullmatch(text[signal.start : signal.end]):
                other = {"posedge": "negedge", "negedge": "posedge"}.get(
                    text[edge.start : edge.end]
                )
                if other:
                    yield Edit(edge.start, edge.end, other)


def _reset_polarity(tree: Node, text: str) -> Iterator[Edit]:
    yield from _turned(tree, text, RESET)
    for node in tree.walk():
        if node.kind == "ConditionalPredicate" and _is_reset(node, text):
            said = text[node.start : node.end]
            yield Edit(node.start, node.end, said[1:] if said[0] in "!~" else f"!{said}")
            yield Edit(node.start, node.end, "1'b0")


def _reset_values(tree: Node, text: str) -> Iterator[Edit]:
    constants = (n for n in tree.walk() if n.kind == "ParameterDeclaration")
    declared = [d.children[0] for n in constants for d in n.walk() if d.kind == "Declarator"]
    names = [text[token.start : token.end] for token in declared]
    for node in tree.walk():
        if node.kind not in ("ConditionalStatement", "ConditionalExpression"):
            continue
        predicate = node.first("ConditionalPredicate")
        if predicate is None or not _is_reset(predicate, text):
            continue
        branch = next((c for c in node.children if c.start > predicate.end and not c.token), None)
        if branch is not None:
            yield from _values(branch, text, names)


def _values(branch: Node, text: str, names: list[str]) -> Iterator[Edit]:
    for node in branch.walk():
        if node.inside(*SELECTS):
            continue
        if node.kind in LITERALS:
            yield from _changed(node, text)
        said = text[node.start : node.end]
        if node.kind == "IdentifierName" and said in names:
            yield from (Edit(node.start, node.end, name) for name in names if name != said)


def _initial_values(tree: Node, text: str) -> Iterator[Edit]:
    for node in tree.walk():
        if node.kind in LITERALS and node.inside("InitialBlock") and not node.inside(*SELECTS):
            yield from _changed(node, text)
        if node.kind == "EqualsValueClause" and node.inside("DataDeclaration", *PORTS):
            yield from (e for n in node.walk() if n.kind in LITERALS for e in _changed(n, text))


def _widths(tree: Node, text: str) -> Iterator[Edit]:
    for node in tree.walk():
        if node.kind in LITERALS and node.inside(*DIMENSIONS) and not node.inside(*PORTS):
            yield from _changed(node, text)


def _indices(tree: Node, text: str) -> Iterator[Edit]:
    for node in tree.walk():
        if node.kind in LITERALS and node.inside(*SELECTS):
            yield from _changed(node, text)


MAKERS: Final[Mapping[Kind, Callable[[Node, str], Iterator[Edit]]]] = {
    "operator": _operators,
    "constant": _constants,
    "condition": _conditions,
    "clock edge": _edges,
    "reset polarity": _reset_polarity,
    "reset value": _reset_values,
    "initial value": _initial_values,
    "width": _widths,
    "index": _indices,
}
