"""Shifts and rotations by constants and by inputs, one kind or several of them."""

from __future__ import annotations

from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Interface, Port
from ..machine import Outputs, Values
from ..names import draw_top
from .pure import AMOUNTS, RESULTS, SELECTS, WORDS, distinct, ports, pure, signed

LEFT, RIGHT, ARITHMETIC, ROTATE_LEFT, ROTATE_RIGHT = "sll", "srl", "sra", "rol", "ror"
KINDS: Final = (LEFT, RIGHT, ARITHMETIC, ROTATE_LEFT, ROTATE_RIGHT)
SAID: Final = {
    LEFT: "shifted left", RIGHT: "shifted right", ARITHMETIC: "shifted right arithmetically",
    ROTATE_LEFT: "rotated left", ROTATE_RIGHT: "rotated right",
}  # fmt: skip
FILLS: Final = {
    LEFT: "zeros are shifted in at the low end", RIGHT: "zeros are shifted in at the top",
    ARITHMETIC: "copies of the sign bit [come|are shifted] in at the top",
    ROTATE_LEFT: "bits that leave at the top come back at the low end",
    ROTATE_RIGHT: "bits that leave at the low end come back at the top",
}  # fmt: skip


def moved(kind: str, word: int, by: int, width: int) -> int:
    """Return a word shifted or rotated."""
    mask = (1 << width) - 1
    if kind == LEFT:
        return word << by & mask
    if kind == RIGHT:
        return word >> by
    if kind == ARITHMETIC:
        return signed(word, width) >> by & mask
    by = by % width if kind == ROTATE_LEFT else -by % width
    return (word << by | word >> (width - by)) & mask


def variable(kind: str, x: str, by: str, width: int) -> str:
    """Return the Verilog expression of a shift by an input."""
    return {
        LEFT: f"{x} << {by}", RIGHT: f"{x} >> {by}", ARITHMETIC: f"$signed({x}) >>> {by}",
        ROTATE_LEFT: f"({x} << {by}) | ({x} >> ({width} - {by}))",
        ROTATE_RIGHT: f"({x} >> {by}) | ({x} << ({width} - {by}))",
    }[kind]  # fmt: skip


def fixed(kind: str, x: str, by: int, width: int) -> str:
    """Return the Verilog expression of a shift by a constant."""
    if kind in (LEFT, RIGHT, ARITHMETIC):
        return variable(kind, x, str(by), width)
    cut = width - by if kind == ROTATE_LEFT else by

    def part(high: int, low: int) -> str:
        return f"{x}[{high}]" if high == low else f"{x}[{high}:{low}]"

    return f"{{{part(cut - 1, 0)}, {part(width - 1, cut)}}}"


def _loop(kind: str, y: str, word: str, by: str, width: int, tag: str = "") -> str:
    """Return a second body that moves bit by bit."""
    x, y2, i, n = (f"{name}{tag}_" for name in ("x", "y", "i", "n"))
    source = f"{i} {'-' if kind in (LEFT, ROTATE_LEFT) else '+'} {n}"
    if kind in (ROTATE_LEFT, ROTATE_RIGHT):
        bit = f"{x}[({source} + {width}) % {width}]"
    elif kind == LEFT:
        bit = f"({i} >= {n}) ? {x}[{source}] : 1'b0"
    else:
        fill = f"{x}[{width - 1}]" if kind == ARITHMETIC else "1'b0"
        bit = f"({source} < {width}) ? {x}[{source}] : {fill}"
    return (
        f"wire [{width - 1}:0] {x} = {word};\nreg [{width - 1}:0] {y2};\ninteger {i}, {n};\n"
        f"always @(*) begin\n  {n} = {by};\n"
        f"  for ({i} = 0; {i} < {width}; {i} = {i} + 1) {y2}[{i}] = {bit};\n"
        f"end\nassign {y} = {y2};"
    )


def _constant(rng: Random) -> Case:
    kind, width = rng.choice(KINDS), rng.choice((*range(3, 17), 8, 8, 16, 24, 32, 32))
    by = rng.randint(1, min(width - 1, 16))
    x, y = distinct(rng, WORDS, RESULTS)
    top = draw_top((f"{kind}_{by}", "shift_const", f"{kind}{width}", "fixed_shift"), rng)
    face = Interface(top, (Port(x, width),), (Port(y, width),))
    places = "one [bit|position]" if by == 1 else f"{by} [bits|positions|places]"
    turn = f"{x} {SAID[kind]} by {places}"
    verb = SAID[kind].split()[0].replace("shifted", "shift").replace("rotated", "rotate")
    way = SAID[kind].split(maxsplit=1)[1]
    says = Says(
        brief=(
            f"{y} is {turn}; {FILLS[kind]}",
            f"{verb} the {width}-bit [word|input|vector] {x} {way} by {places} [to get|giving] "
            f"{y}; {FILLS[kind]}",
            f"{y} = {x} {SAID[kind]} by {by}. {FILLS[kind].capitalize()}"
            if kind != ARITHMETIC else f"{y} = {x} {SAID[kind]} by {by} (the sign bit is repeated)",
            f"{width}-bit constant {verb} {way} by {by}, from {x} to {y}: {FILLS[kind]}",
        ),
        points=((f"{y} is {turn}", f"{x} is {SAID[kind]} by {places} and appears on {y}"),
                (FILLS[kind],)),
    )  # fmt: skip
    return pure(f"{kind} {width} {by}", face, says,
                f"assign {y} = {fixed(kind, x, by, width)};", _loop(kind, y, x, str(by), width),
                lambda given: {y: moved(kind, given[x], by, width)})  # fmt: skip


def _input(rng: Random) -> Case:
    return _by_input(rng, rng.choice(KINDS))


def _by_input(rng: Random, kind: str) -> Case:
    bits = rng.choice((2, 2, 3, 3, 3, 4, 4, 5))
    rotates = kind in (ROTATE_LEFT, ROTATE_RIGHT)
    width = 1 << bits if rotates or rng.random() < 0.6 else rng.randint(3, 1 << bits)
    x, n, y = distinct(rng, WORDS, AMOUNTS, RESULTS)
    top = draw_top((f"barrel_{kind}", f"{kind}{width}", "barrel_shifter", "shifter"), rng)
    face = Interface(top, (Port(x, width), Port(n, bits)), (Port(y, width),))
    most = (1 << bits) - 1
    verb = "rotate" if rotates else "shift"
    way = SAID[kind].split(maxsplit=1)[1]
    beyond = ""
    if most >= width:
        beyond = (f"; amounts of {width} or more give " +
                  ("all copies of the sign bit" if kind == ARITHMETIC else "0"))  # fmt: skip
    says = Says(
        brief=(
            f"{y} is {x} {SAID[kind]} by {n} [places|positions|bits] (0 to {most}); {FILLS[kind]}"
            f"{beyond}",
            f"{width}-bit barrel {'rotator' if rotates else 'shifter'}: {verb} {x} {way} by {n} "
            f"[to get|giving] {y}. In this {verb} {FILLS[kind]}{beyond}",
            f"the input {n} says by how many bits {x} is {SAID[kind]}; {FILLS[kind]}{beyond}. The "
            f"result is {y}",
            f"{verb} the {width}-bit word {x} {way}, {n} positions, result on {y}; {FILLS[kind]}"
            f"{beyond}",
        ),
        points=((f"{y} is {x} {SAID[kind]} by {n}", f"{x} is {SAID[kind]} by {n} bits onto {y}"),
                (FILLS[kind] + beyond,)),
        ports={x: "data", n: "number of places", y: "result"},
    )  # fmt: skip
    return pure(f"{kind} {width} {bits}", face, says,
                f"assign {y} = {variable(kind, x, n, width)};", _loop(kind, y, x, n, width),
                lambda given: {y: moved(kind, given[x], given[n], width)}, cycles=300)  # fmt: skip


def _direction(rng: Random) -> Case:
    return _two_ways(rng, (LEFT, rng.choice((RIGHT, ARITHMETIC))))


def _rotate_direction(rng: Random) -> Case:
    return _two_ways(rng, (ROTATE_LEFT, ROTATE_RIGHT))


def _two_ways(rng: Random, kinds: tuple[str, str]) -> Case:
    on, off = kinds if rng.random() < 0.5 else kinds[::-1]
    constant = rng.random() < 0.4
    bits = rng.choice((2, 3, 3, 4, 5))
    width = rng.choice((4, 5, 6, 7, 8, 8, 12, 16, 32)) if constant else 1 << bits
    by = rng.randint(1, min(width - 1, 8))
    x, n, s, y = distinct(rng, WORDS, AMOUNTS, (*SELECTS, "dir", "right" if on != kinds[0] else
                          "left", "direction"), RESULTS)  # fmt: skip
    inputs = (Port(x, width), *(() if constant else ports((n,), bits)), Port(s))
    top = draw_top(("shift_lr", "two_way_shift", f"barrel{width}", "dir_shift"), rng)
    face = Interface(top, inputs, (Port(y, width),))
    one, other = (fixed(k, x, by, width) if constant else variable(k, x, n, width)
                  for k in (on, off))  # fmt: skip
    reference = f"always @(*)\n  if ({s}) {y} = {one};\n  else {y} = {other};"
    loops = [_loop(k, f"r{at}_", x, str(by) if constant else n, width, str(at))
             for at, k in enumerate((off, on))]  # fmt: skip
    second = "\n".join(
        [f"wire [{width - 1}:0] r0_, r1_;", *loops, f"assign {y} = {s} ? r1_ : r0_;"]
    )

    def function(given: Values) -> Outputs:
        return {y: moved(on if given[s] else off, given[x], by if constant else given[n], width)}

    amount = ("one place" if by == 1 else f"{by} places") if constant else f"{n} places"
    says = Says(
        brief=(
            f"[if|when] {s} is 1, {y} is {x} {SAID[on]} by {amount} ({FILLS[on]}), otherwise it is "
            f"{x} {SAID[off]} by {amount} ({FILLS[off]})",
            f"{x} is {SAID[off]} ({s} = 0; {FILLS[off]}) or {SAID[on]} ({s} = 1; {FILLS[on]}) by "
            f"{amount}; the result is {y}",
            f"{s} chooses the direction: 1 means {x} is {SAID[on]} by {amount}, 0 means {SAID[off]}"
            f"; {FILLS[on]}, and {FILLS[off]}, respectively. The output is {y}",
        ),
        points=((f"{s} = 1: {y} is {x} {SAID[on]} by {amount}; {FILLS[on]}",),
                (f"{s} = 0: {y} is {x} {SAID[off]} by {amount}; {FILLS[off]}",)),
    )  # fmt: skip
    key = f"{on} {off} {width} {by if constant else bits}"
    return pure(key, face, says, reference, second, function, cycles=300)


FAMILIES: Final = (
    Family("shift by a constant", "shifts", _constant),
    Family("shift by an input", "shifts", _input),
    Family("shift either way", "shifts", _direction),
    Family("rotate either way", "shifts", _rotate_direction, held_out=True),
)
