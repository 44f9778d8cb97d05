"""Cellular automata: elementary rules by table or formula, and small worlds of life."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final, NamedTuple

from ..case import Case, Family, Says
from ..interface import Interface, Port, draw_clock
from ..machine import Registers, Values
from ..names import draw_top
from ..verilog import clocked
from .clocking import binary, module
from .worlds import World, grown, life_reference, life_says, life_second

LOADS: Final = ("load", "ld", "init_cells", "preset", "seed_en", "set_row")
DATA: Final = ("data", "d", "seed", "start", "pattern", "initial_row", "cells_in")
CELLS: Final = ("q", "cells", "row", "state", "out", "line")
# What becomes of a cell, from left neighbour, itself and right neighbour: Verilog and words.
FORMULAS: Final = {
    90: ("l ^ r", "the XOR of its two neighbours"),
    150: ("l ^ {q} ^ r", "the XOR of itself and both neighbours"),
    30: ("l ^ ({q} | r)", "its left neighbour XOR (itself OR its right neighbour)"),
    86: ("r ^ ({q} | l)", "its right neighbour XOR (itself OR its left neighbour)"),
    60: ("l ^ {q}", "the XOR of itself and its left neighbour"),
    102: ("{q} ^ r", "the XOR of itself and its right neighbour"),
    250: ("l | r", "the OR of its two neighbours"),
    160: ("l & r", "the AND of its two neighbours"),
    254: ("l | {q} | r", "the OR of itself and both neighbours"),
    18: ("~{q} & (l ^ r)", "1 if it is 0 itself and exactly one neighbour is 1, else 0"),
    232: ("(l & {q}) | (l & r) | ({q} & r)", "the majority of itself and its two neighbours"),
    165: ("~(l ^ r)", "the XNOR of its two neighbours"),
    170: ("r", "its right neighbour"),
    85: ("~r", "the inverse of its right neighbour"),
    50: ("~{q} & (l | r)", "1 if it is 0 itself and at least one neighbour is 1, else 0"),
    108: ("{q} ^ (l & r)", "itself inverted if both neighbours are 1, else unchanged"),
}  # fmt: skip
LIVES: Final = (({3}, {2, 3}), ({3}, {2, 3}), ({3, 6}, {2, 3}), ({2}, set[int]()), ({3}, {1, 2, 3,
    4, 5}),
                ({1, 3, 5, 7}, {1, 3, 5, 7}), ({3, 6, 8}, {2, 4, 5}), ({2}, {3, 4, 5}))  # fmt: skip


class _Row(NamedTuple):
    """A row of cells: its ports, and whether its two ends are neighbours."""

    face: Interface
    load: str
    d: str
    q: str
    width: int
    wraps: bool


def _row(rng: Random) -> _Row:
    width = rng.choice((8, 10, 12, 16, 20, 24, 32, 40, 48, 64, 100, 128, 256))
    load, d, q = rng.choice(LOADS), rng.choice(DATA), rng.choice(CELLS)
    top = draw_top(("automaton", "cellular", "rule_row", "ca_row"), rng)
    face = Interface(top, (Port(load), Port(d, width)), (Port(q, width),), draw_clock(rng))
    return _Row(face, load, d, q, width, rng.random() < 0.4)


def _ends(q: str, width: int, wraps: bool) -> str:
    if wraps:
        return (f"The row is a ring: {q}[{width - 1}]'s left neighbour is {q}[0], and {q}[0]'s"
                f" right neighbour is {q}[{width - 1}]")  # fmt: skip
    return "[Beyond both ends there are cells that are always 0|Neighbours beyond the ends are 0]"


def _next(state: int, rule: int, width: int, wraps: bool) -> int:
    cells = [state >> n & 1 for n in range(width)]
    after = 0
    for n in range(width):
        left = cells[(n + 1) % width] if wraps or n + 1 < width else 0
        right = cells[n - 1] if wraps or n else 0
        after |= (rule >> (4 * left + 2 * cells[n] + right) & 1) << n
    return after


def _ruled(rng: Random) -> Case:
    row = _row(rng)
    rule = rng.randrange(1, 255)
    return Case(
        key=f"{rule} {row.width} {row.wraps} {row.face.event()[2:9]}",
        interface=row.face,
        says=_ruled_says(row, rule),
        reference=_ruled_reference(row, rule),
        second=_rowwise(row, _products(rule)),
        machine=lambda: _row_machine(row, rule),
        cycles=60,
    )


def _ruled_says(row: _Row, rule: int) -> Says:
    _, load, d, q, width, wraps = row
    columns = [f"{n:03b}" for n in range(7, -1, -1)]
    by_rule = ", ".join(f"{c} gives {rule >> int(c, 2) & 1}" for c in columns)
    numbered = f"cellular automaton of rule {rule} (binary {rule:08b})"
    ends, width_said = _ends(q, width, wraps), f"{width} cells"
    return Says(
        brief=(
            f"each of the {width} cells of {q} looks at (left neighbour, itself, right neighbour),"
            f" left being the more significant bit; at the clock edge it becomes: {by_rule}."
            f" {ends}. With {load} high {q} is loaded with {d} instead",
            f"[an elementary|a one-dimensional] {numbered} with {width_said}. At each clock edge a"
            " cell's next value is bit n of the rule number, n being the three bits left"
            f" neighbour, cell, right neighbour. Bit k+1 is the left neighbour of bit k. {ends}."
            f" {load} high loads {d} instead",
            f"{q} holds {width_said}. Each clock cycle every cell is replaced by a function of its"
            f" left neighbour, itself and its right neighbour: {by_rule}. Bit k+1 is left of bit k."
            f" {ends}. While {load} is high {q} takes {d} at the clock edge",
            f"rule {rule} on a row of {width_said}, one generation per clock cycle: (left, self,"
            f" right) = {by_rule}. The more significant bit is the left neighbour. {ends}. {load}"
            f" loads {d}, with priority",
        ),
        tables=("\n".join(["left self right | next", *(
            f"{c[0]}    {c[1]}    {c[2]}     | {rule >> int(c, 2) & 1}" for c in columns)]),),
        ports={load: f"loads {d}", q: "the cells"},
    )  # fmt: skip


def _ruled_reference(row: _Row, rule: int) -> str:
    face, load, d, q, width, wraps = row
    ring = f"{{{q}[0], {q}, {q}[{width - 1}]}}" if wraps else f"{{1'b0, {q}, 1'b0}}"
    step = f"for (i = 0; i < {width}; i = i + 1)\n    {q}[i] <= rule[p[i +: 3]];"
    body = clocked(face, "", f"if ({load}) {q} <= {d};\nelse\n  {step}")
    return module(face, f"  wire [7:0] rule = {binary(rule, 8)};\n  wire [{width + 1}:0] p ="
                  f" {ring};\n  integer i;\n{body}", q)  # fmt: skip


def _products(rule: int) -> str:
    """Return the rule as a sum of products of the rows l, now and r."""
    operands = (("l", 2), ("now", 1), ("r", 0))
    return " | ".join(
        "(" + " & ".join(f"{'' if n >> bit & 1 else '~'}{name}" for name, bit in operands) + ")"
        for n in range(8)
        if rule >> n & 1
    )


def _rowwise(row: _Row, formula: str) -> str:
    """Return the automaton with whole rows as operands."""
    face, load, d, q, width, wraps = row
    left = f"now >> 1{f' | (now << {width - 1})' if wraps else ''}"
    right = f"now << 1{f' | (now >> {width - 1})' if wraps else ''}"
    bits = f"[{width - 1}:0]"
    return module(face, (
        f"  reg {bits} now;\n  wire {bits} l, r;\n  assign l = {left};\n  assign r = {right};\n"
        + clocked(face, "", f"now <= {load} ? {d} : {formula};") +
            f"\n  assign {q} = now;"))  # fmt: skip


def _row_machine(row: _Row, rule: int) -> Registers:
    _, load, d, q, width, wraps = row
    return _machine(load, d, q, lambda state: _next(state, rule, width, wraps))


def _machine(load: str, d: str, q: str, after: Callable[[int], int]) -> Registers:
    def successor(state: int | None, i: Values) -> int | None:
        if i[load]:
            return i[d]
        return None if state is None else after(state)

    return Registers(0, successor, lambda s, _: {q: s}, forgets=True)


def _formula(rng: Random) -> Case:
    row = _row(rng)
    rule = rng.choice(tuple(FORMULAS))
    form, words = FORMULAS[rule]
    return Case(
        key=f"{rule} {row.width} {row.wraps} {row.face.event()[2:9]}",
        interface=row.face,
        says=_formula_says(row, words),
        reference=_formula_reference(row, form),
        second=_by_number(row, rule),
        machine=lambda: _row_machine(row, rule),
        cycles=60,
    )


def _formula_says(row: _Row, words: str) -> Says:
    _, load, d, q, width, wraps = row
    ends = _ends(q, width, wraps)
    return Says(
        brief=(
            f"if {load} is high {q} takes {d}; else each of its {width} cells becomes {words} (bit"
            f" k+1 is the left and bit k-1 the right neighbour of bit k). {ends}",
            f"{q} is a row of {width} cells. At each clock edge every cell becomes {words}, all at"
            f" once. The left neighbour of bit k is bit k+1, the right one bit k-1. {ends}. {load}"
            f" high loads {d} instead",
            f"one-dimensional cellular automaton of {width} cells in {q}: the next state of a cell"
            f" is {words} (left is the more significant side). {ends}. With {load} = 1 {q} takes"
            f" {d}",
            f"each clock cycle replaces every bit of {q} ({width} bits) by {words}; left means bit"
            f" k+1, right bit k-1. {ends}. {load} has priority and loads {d}",
        ),
        points=(
            (f"{load} high: {q} takes {d} at the clock edge", f"{load} loads {d} into {q}"),
            (f"otherwise every cell becomes {words}",),
            ("left is the next more significant bit, right the next less significant one",),
            (ends,),
        ),
    )  # fmt: skip


def _formula_reference(row: _Row, form: str) -> str:
    face, load, d, q, width, wraps = row
    top = width - 1
    left, right = (f"{q}[0]", f"{q}[{top}]") if wraps else ("1'b0", "1'b0")
    wires = ("" if "l" not in form else f"  wire [{top}:0] l = {{{left}, {q}[{top}:1]}};\n") + (
        "" if "r" not in form else f"  wire [{top}:0] r = {{{q}[{top - 1}:0],"
                                   f" {right}}};\n")  # fmt: skip
    body = clocked(face, "", f"if ({load}) {q} <= {d};\nelse {q} <= {form.format(q=q)};")
    return module(face, wires + body, q)


def _by_number(row: _Row, rule: int) -> str:
    """Return the automaton that looks every cell's three bits up in the rule's number."""
    face, load, d, q, width, wraps = row
    top = width - 1
    ring = f"{{now[0], now, now[{top}]}}" if wraps else "{1'b0, now, 1'b0}"
    return module(face, (
        f"  reg [{top}:0] now;\n  reg [{top}:0] after;\n  wire [{width + 1}:0] p;\n  integer k;\n "
        f" assign p = {ring};\n  always @*\n    for (k = 0; k < {width}; k = k + 1)\n      after[k]"
        f" = 8'd{rule} >> {{p[k+2], p[k+1], p[k]}};\n"
        + clocked(face, "", f"if ({load}) now <= {d}; else now <= after;")
        + f"\n  assign {q} = now;"))  # fmt: skip


def _life(rng: Random) -> Case:
    side, (born, stays) = rng.choice((4, 4, 5)), rng.choice(LIVES)
    load, d, q = rng.choice(LOADS), rng.choice(DATA), rng.choice(CELLS)
    top, cells = draw_top(("life", "torus_life", "world"), rng), side * side
    face = Interface(top, (Port(load), Port(d, cells)), (Port(q, cells),), draw_clock(rng))
    world = World(face, side, born, stays)
    return Case(
        key=f"{side} {sorted(born)} {sorted(stays)} {face.event()[2:9]}",
        interface=face,
        says=life_says(world),
        reference=life_reference(world),
        second=life_second(world),
        machine=lambda: _machine(load, d, q, lambda s: grown(world, s)),
        cycles=50,
    )


FAMILIES: Final = (
    Family("cellular automaton by rule number", "automata", _ruled, weight=0.5),
    Family("cellular automaton by formula", "automata", _formula, weight=0.5),
    Family("life on a torus", "automata", _life, weight=0.2),
)
