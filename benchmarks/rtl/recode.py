"""Other ways to write the same design: rotated state codes and rewritten logic.

Each way keeps what the design does for defined values; a caller that needs certainty simulates.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from .mutants import CLOCK, DIMENSIONS, LITERALS, PORTS, SELECTS
from .syntax import Edit, Node, apply, parse

How = Literal[
    "state codes", "De Morgan", "inverted twice", "relations", "exchanged branches",
    "case selector", "sum as difference", "inverted constant", "masked twice",
    "one more and one less",
]  # fmt: skip

UNKNOWN: Final = re.compile(r"'[01xXzZ]\b|'[sS]?[bdhoBDHO]\s*[0-9a-fA-F_]*[xXzZ?]")


@dataclass(frozen=True)
class Variant:
    """A rewritten text and the ways that were used, each at `sites` places in all."""

    text: str
    how: tuple[How, ...]
    sites: int


def variants(text: str) -> Iterator[Variant]:
    """Yield rewritten texts, the one that changes most first."""
    tree = parse(text)
    codes = list(_state_codes(tree, text))
    logic: tuple[tuple[How, list[Edit]], ...] = tuple(
        (how, list(_outermost(make(tree, text)))) for how, make in MAKERS.items()
    )
    for how, edits in logic:
        if codes and edits:
            yield Variant(apply(text, [*codes, *edits]), ("state codes", how),
                          len(codes) + len(edits))  # fmt: skip
    if codes:
        yield Variant(apply(text, codes), ("state codes",), len(codes))
    for how, edits in logic:
        if edits:
            yield Variant(apply(text, edits), (how,), len(edits))


def _state_codes(tree: Node, text: str) -> Iterator[Edit]:
    """Yield the values of a list of constants, each moved on by one place.

    Only constants that some case item names and that stand in no arithmetic are state codes.
    """
    for node in tree.walk():
        if node.kind != "ParameterDeclaration":
            continue
        values: list[tuple[str, Node]] = []
        for item in node.walk():
            clause = item.first("EqualsValueClause") if item.kind == "Declarator" else None
            if clause is not None and clause.children[-1].kind in LITERALS:
                values.append((text[item.children[0].start : item.children[0].end],
                               clause.children[-1]))  # fmt: skip
        if len(values) < 2 or not all(_is_state(tree, text, name) for name, _ in values):
            continue
        said = [text[v.start : v.end] for _, v in values]
        for (_, value), other in zip(values, [*said[1:], said[0]], strict=True):
            yield Edit(value.start, value.end, other)


def _is_state(tree: Node, text: str, name: str) -> bool:
    used = [n for n in tree.walk() if n.kind == "IdentifierName" and text[n.start : n.end] == name]
    plain = ("NonblockingAssignmentExpression", "AssignmentExpression", "EqualityExpression",
             "ConditionalExpression", "StandardCaseItem", "InequalityExpression",
             "ParenthesizedExpression")  # fmt: skip
    return any(n.inside("StandardCaseItem") for n in used) and all(
        n.parent is not None and (n.parent.kind in plain or n.parent.token is False
                                  and n.parent.kind in ("SeparatedList", "SyntaxList"))
        for n in used
    )  # fmt: skip


def _de_morgan(tree: Node, text: str) -> Iterator[Edit]:
    forms = {
        "BinaryAndExpression": "~(~({0}) | ~({1}))",
        "BinaryOrExpression": "~(~({0}) & ~({1}))",
        "LogicalAndExpression": "!(!({0}) || !({1}))",
        "LogicalOrExpression": "!(!({0}) && !({1}))",
        "BinaryXorExpression": "((({0}) & ~({1})) | (~({0}) & ({1})))",
    }
    yield from _formed(tree, text, forms)


def _relations(tree: Node, text: str) -> Iterator[Edit]:
    forms = {
        "EqualityExpression": "!(({0}) != ({1}))",
        "InequalityExpression": "!(({0}) == ({1}))",
        "LessThanExpression": "!(({0}) >= ({1}))",
        "LessThanEqualExpression": "!(({0}) > ({1}))",
        "GreaterThanExpression": "!(({0}) <= ({1}))",
        "GreaterThanEqualExpression": "!(({0}) < ({1}))",
    }
    yield from _formed(tree, text, forms)


def _formed(tree: Node, text: str, forms: dict[str, str]) -> Iterator[Edit]:
    for node in tree.walk():
        form = forms.get(node.kind)
        if form is None or node.inside(*DIMENSIONS, *SELECTS, *PORTS, "EventControlWithExpression"):
            continue
        left, right = (text[n.start : n.end] for n in (node.children[0], node.children[-1]))
        yield Edit(node.start, node.end, f"({form.format(left, right)})")


def _right_sides(tree: Node, text: str) -> Iterator[tuple[Node, str]]:
    """Yield the value of each assignment that is no initial value, loop header or unknown."""
    for node in tree.walk():
        if node.kind not in ("AssignmentExpression", "NonblockingAssignmentExpression"):
            continue
        if node.inside("InitialBlock") or not _is_statement(node):
            continue
        said = text[node.children[-1].start : node.children[-1].end]
        if not UNKNOWN.search(said):
            yield node.children[-1], said


def _is_statement(node: Node) -> bool:
    around = next((n.kind for n in node.above() if n.kind not in ("SeparatedList",)), "")
    return around in ("ExpressionStatement", "ContinuousAssign")


def _inverted_twice(tree: Node, text: str) -> Iterator[Edit]:
    for value, said in _right_sides(tree, text):
        if value.kind not in LITERALS:
            yield Edit(value.start, value.end, f"~(~({said}))")


def _one_more(tree: Node, text: str) -> Iterator[Edit]:
    for value, said in _right_sides(tree, text):
        yield Edit(value.start, value.end, f"(({said}) + 1'b1) - 1'b1")


def _exchanged(tree: Node, text: str) -> Iterator[Edit]:
    for node in tree.walk():
        if node.kind == "ConditionalExpression":
            parts = [text[c.start : c.end] for c in node.children if not c.token]
            if len(parts) == 3:
                yield Edit(node.start, node.end, f"(!({parts[0]}) ? {parts[2]} : {parts[1]})")


def _constants(tree: Node, text: str) -> Iterator[Edit]:
    """Yield constants inverted twice: no optimiser keeps that, but a constant has no other form."""
    for node in tree.walk():
        if node.kind in LITERALS and node.parent is not None and ("Assignment" in node.parent.kind):
            yield Edit(node.start, node.end, f"~(~({text[node.start : node.end]}))")


def _masked(tree: Node, text: str) -> Iterator[Edit]:
    """Yield right sides xor an input bit spread over all bits, twice: no optimiser sees that."""
    name = next(_free_input(tree, text), "")
    if not name:
        return
    mask = f"({name} ? '1 : '0)"
    for value, said in _right_sides(tree, text):
        yield Edit(value.start, value.end, f"({said}) ^ {mask} ^ {mask}")


def _free_input(tree: Node, text: str) -> Iterator[str]:
    """Yield one bit of each input that is no clock."""
    for port in tree.walk():
        if port.kind == "ImplicitAnsiPort" and port.first("InputKeyword") is not None:
            declared = port.first("Declarator")
            assert declared is not None
            name = text[declared.children[0].start : declared.children[0].end]
            low = port.first("VariableDimension")
            numbers = [text[n.start : n.end] for n in low.walk() if n.kind == "IntegerLiteral"
                       ] if low else []  # fmt: skip
            if not CLOCK.fullmatch(name):
                yield f"{name}[{numbers[-1]}]" if numbers else name


def _selectors(tree: Node, text: str) -> Iterator[Edit]:
    for node in tree.walk():
        if node.kind == "CaseStatement":
            inner = next(c for c in node.children if not c.token)
            yield Edit(inner.start, inner.end, f"~(~({text[inner.start : inner.end]}))")


def _sums(tree: Node, text: str) -> Iterator[Edit]:
    """Yield a + b as a - ~b - 1, where the sum is a whole right side and so as wide as the left."""
    for node in tree.walk():
        if (
            node.kind == "AddExpression"
            and node.parent is not None
            and ("Assignment" in node.parent.kind)
        ):
            left, right = (text[n.start : n.end] for n in (node.children[0], node.children[-1]))
            yield Edit(node.start, node.end, f"({left}) - ~({right}) - 1'b1")


def _outermost(edits: Iterator[Edit]) -> Iterator[Edit]:
    """Yield edits that lie in no other: nested places cannot be edited as text at once."""
    end = -1
    for edit in sorted(edits, key=lambda e: (e.start, -e.end)):
        if edit.start >= end:
            end = edit.end
            yield edit


MAKERS: Final[dict[How, Callable[[Node, str], Iterator[Edit]]]] = {
    "De Morgan": _de_morgan,
    "relations": _relations,
    "exchanged branches": _exchanged,
    "inverted twice": _inverted_twice,
    "case selector": _selectors,
    "sum as difference": _sums,
    "masked twice": _masked,
    "one more and one less": _one_more,
    "inverted constant": _constants,
}
