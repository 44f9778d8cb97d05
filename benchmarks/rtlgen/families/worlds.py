"""Worlds of life on a torus: the words for them, two implementations, the next generation."""

from __future__ import annotations

from typing import NamedTuple

from ..case import Says
from ..interface import Interface
from ..verilog import clocked
from .clocking import module


class World(NamedTuple):
    """A square of cells, and the numbers of neighbours that bring a cell to life or keep it."""

    face: Interface
    side: int
    born: set[int]
    stays: set[int]


def _around(at: int, side: int) -> list[int]:
    """Return the eight neighbours of a cell."""
    y, x = divmod(at, side)
    return [(y + dy) % side * side + (x + dx) % side for dy in (-1, 0, 1) for dx in (-1, 0, 1)
            if dy or dx]  # fmt: skip


def grown(world: World, state: int) -> int:
    """Return the next generation."""
    after = 0
    for at in range(world.side * world.side):
        number = sum(state >> n & 1 for n in _around(at, world.side))
        after |= int(number in (world.stays if state >> at & 1 else world.born)) << at
    return after


def life_says(world: World) -> Says:
    """Return the words for a world."""
    face, side, born, stays = world
    load, d, q = face.inputs[0].name, face.inputs[1].name, face.outputs[0].name
    birth = " or ".join(str(n) for n in sorted(born))
    stay = " or ".join(str(n) for n in sorted(stays))
    lives = f"a live cell lives on with {stay} live neighbours" if stay else "no live cell lives on"
    where = (f"cell (y, x) is {q}[{side}*y + x]; the world is a torus, so row {side - 1} is next to"
             f" row 0 and column {side - 1} next to column 0")  # fmt: skip
    return Says(
        brief=(
            f"a game of life on {side} x {side} cells: {where}. Each clock edge computes one"
            f" generation from the 8 neighbours of each cell: {lives}, a dead cell becomes live"
            f" with {birth}, all others are dead. {load} high loads {d} instead",
            f"{q} is a {side} by {side} world of cells, {where}. At the clock edge, if {load} is"
            f" high {q} takes {d}; otherwise, with the number of live cells among the 8 around it,"
            f" {lives}, a dead one is born with {birth}, and every other cell is dead",
            f"cellular automaton B{''.join(map(str, sorted(born)))}/S"
            f"{''.join(map(str, sorted(stays)))} ({lives}; birth with {birth}) in {side} rows of"
            f" {side} cells: {where}. {load} loads {d} and has priority",
        ),
    )  # fmt: skip


def _among(counts: set[int], name: str) -> str:
    return " || ".join(f"{name} == 4'd{n}" for n in sorted(counts)) or "1'b0"


def life_reference(world: World) -> str:
    """Return loops that count the neighbours of every cell."""
    face, side, born, stays = world
    load, d, q = face.inputs[0].name, face.inputs[1].name, face.outputs[0].name
    return module(face, (
        f"  reg [{side * side - 1}:0] n;\n  reg [3:0] s;\n  integer y, x, j, k;\n  always @(*)\n"
        f"    for (y = 0; y < {side}; y = y + 1)\n"
        f"      for (x = 0; x < {side}; x = x + 1)\n"
        "        begin\n          s = 4'd0;\n"
        f"          for (j = {side - 1}; j < {side + 2}; j = j + 1)\n"
        f"            for (k = {side - 1}; k < {side + 2}; k = k + 1)\n"
        f"              if (j != {side} || k != {side})"
        f" s = s + {q}[(y + j) % {side} * {side} + (x + k) % {side}];\n"
        f"          n[{side}*y + x] = {q}[{side}*y + x]"
        f" ? ({_among(stays, 's')}) : ({_among(born, 's')});\n"
        f"        end\n{clocked(face, '', f'{q} <= {load} ? {d} : n;')}"), q)  # fmt: skip


def life_second(world: World) -> str:
    """Return an equation per cell, with a function that looks its fate up."""
    face, side, born, stays = world
    load, d, q = face.inputs[0].name, face.inputs[1].name, face.outputs[0].name
    top = side * side - 1
    lines = "\n".join(
        f"  assign after[{at}] = fate(now[{at}],"
        f" {' + '.join(f'{{3{chr(39)}d0, now[{n}]}}' for n in _around(at, side))});"
        for at in range(side * side)
    )
    number = sum(1 << n for n in born) | sum(1 << (n + 9) for n in stays)
    return module(face, (
        f"  reg [{top}:0] now;\n  wire [{top}:0] after;\n"
        "  function fate(input own, input [3:0] near);\n"
        f"    fate = 18'd{number} >> (own ? near + 5'd9 : near);\n"
        f"  endfunction\n{lines}\n"
        + clocked(face, "", f"if ({load}) now <= {d}; else now <= after;") +
            f"\n  assign {q} = now;"))  # fmt: skip
