"""Adders and subtractors that are wired up out of a smaller module, which is asked for as well."""

from __future__ import annotations

from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Interface, Port
from ..machine import Outputs, Values
from ..names import draw_top
from .adders import CARRIES_IN, CARRIES_OUT, SUMS
from .pure import PAIRS, distinct, near, ports, pure, sized

CELLS: Final = ("full_adder", "fa", "FA", "add1", "fadd", "adder_cell", "bit_adder")
CELL_PORTS: Final = ("a b cin sum cout", "x y ci s co", "a b cin s cout", "in1 in2 cin sum cout")
SLICES: Final = ("adder{}", "add{}", "add_slice", "adder_{}bit", "slice_adder", "sub_adder")


def _drawn(rng: Random, *, minus: bool) -> tuple[list[str], tuple[bool, bool]]:
    names = distinct(
        rng, PAIRS, ("bin", "bi", "borrow_in") if minus else CARRIES_IN,
        ("diff", "d", "result") if minus else SUMS,
        ("bout", "borrow", "borrow_out") if minus else CARRIES_OUT)  # fmt: skip
    return names, (rng.random() < 0.5, rng.random() < 0.7)


def _cell(rng: Random, minus: bool, size: int) -> tuple[str, str]:
    if minus:
        return rng.choice(("full_subtractor", "fs", "sub1", "fsub")), "a b bin diff bout"
    cell = rng.choice(CELLS) if size == 1 else rng.choice(SLICES).format(size)
    return cell, rng.choice(CELL_PORTS)


def _chain(rng: Random, *, minus: bool, size: int, count: int) -> Case:
    """Return a chain of `count` cells of `size` bits each."""
    (a, b, c, s, k), (has_in, has_out) = _drawn(rng, minus=minus)
    width = size * count
    inputs = (*ports((a, b), width), *(ports((c,)) if has_in else ()))
    outputs = (Port(s, width), *(ports((k,)) if has_out else ()))
    verb = "subtractor" if minus else "adder"
    top = draw_top((f"ripple_{verb}", f"{verb}{width}", f"rc_{verb}", f"{verb}_chain"), rng)
    face = Interface(top, inputs, outputs)
    cell, inner = _cell(rng, minus, size)
    ca, cb, cc, cs, ck = names = inner.split()
    sign = "-" if minus else "+"
    leaf = Interface(cell, (*ports(names[:2], size), Port(cc)), (Port(cs, size), Port(ck)))
    before = (
        f"{leaf.header()}\n  assign {{{ck}, {cs}}} = {ca} {sign} {cb} {sign} {cc};\nendmodule\n\n"
    )
    part = "i" if size == 1 else f"{size}*i +: {size}"
    start = c if has_in else "1'b0"
    reference = (
        f"wire [{count}:0] c;\nassign c[0] = {start};\n"
        f"genvar i;\ngenerate\n  for (i = 0; i < {count}; i = i + 1) begin : stage\n"
        f"    {cell} u (.{ca}({a}[{part}]), .{cb}({b}[{part}]), .{cc}(c[i]), .{cs}({s}[{part}]), "
        f".{ck}(c[i+1]));\n  end\nendgenerate"
    ) + (f"\nassign {k} = c[{count}];" if has_out else "")
    total = f"{a} {sign} {b}" + (f" {sign} {c}" if has_in else "")
    second = f"assign {f'{{{k}, {s}}}' if has_out else s} = {total};"

    def function(given: Values) -> Outputs:
        rest = given[b] + (given[c] if has_in else 0)
        value = given[a] - rest if minus else given[a] + rest
        told = {k: int(value < 0) if minus else value >> width} if has_out else {}
        return {s: value % (1 << width), **told}

    says = _says(face, (cell, inner, size, count, minus), (c, s, k), total)
    key = f"{size} {count} {minus} {has_in} {has_out}"
    return pure(key, face, says, reference, second, function, before=before,
                stimuli=near(inputs, {a, b}))  # fmt: skip


def _says(
    face: Interface, made: tuple[str, str, int, int, bool], names: tuple[str, ...], total: str
) -> Says:
    (cell, inner, size, count, minus), (c, s, k) = made, names
    ca, cb, cc, cs, ck = inner.split()
    carry, has_in, has_out = "borrow" if minus else "carry", c in face.names, k in face.names
    verb = "subtractor" if minus else "adder"
    what = f"full {verb}" if size == 1 else f"{size}-bit {verb}"
    one = f"a full {verb}" if size == 1 else f"{sized(size)} {verb}"
    wide = "" if size == 1 else f" ({ca}, {cb} and {cs} have {size} bits)"
    leaf = (f"module {cell}, {one} with inputs {ca}, {cb}, {cc} and outputs {cs}, {ck}"
            f"{wide}")  # fmt: skip
    first = f"{c} is the {carry} in" if has_in else f"the first {carry} in is 0"
    last = (f"{k} is the last {carry} out" if has_out
            else f"the last {carry} out is [not used|left open]")  # fmt: skip
    width = size * count
    return Says(
        brief=(
            f"[build|make] {sized(width)} ripple-{carry} {verb} ({s} = {total}) [from|out of] "
            f"{count} instances of a {leaf}. [Write both modules|Both modules are to be written]; "
            f"{first}, {last}",
            f"{s} = {total} for {width}-bit numbers, as a chain of {count} {what}s. Define the "
            f"{leaf} and instantiate it {count} times, the {carry} out of each going to the "
            f"{carry} in of the next. {first.capitalize() if not has_in else first}, and {last}",
            f"first define the {leaf}. Then connect {count} of them in {face.top} so that {s} = "
            f"{total} ({width} bits) with the {carry} rippling from the low end; {first}, {last}",
            f"{width}-bit {verb} {s} = {total}, structural: {count} copies of {cell} ("
            f"[also to be|to be] written: {what}, inputs {ca}, {cb}, {cc}, outputs {cs}, "
            f"{ck}{wide}) with a "
            f"rippling {carry}; {first} and {last}",
        ),
        points=(
            (f"write the {leaf}", f"there is a second {leaf}; write it as well"),
            (f"the module {face.top} chains {count} instances of {cell} to form {s} = {total}",
             f"{s} = {total} is formed by {count} instances of {cell} in a ripple chain"),
            (first,), (last,),
        ),
    )  # fmt: skip


def _ripple(rng: Random) -> Case:
    return _chain(rng, minus=False, size=1, count=rng.choice((*range(2, 17), 4, 8, 24, 32)))


def _sliced(rng: Random) -> Case:
    size = rng.choice((2, 3, 4, 4, 5, 8, 8, 16))
    return _chain(rng, minus=False, size=size, count=rng.randint(2, 64 // size if size > 8 else 5))


def _ripple_subtractor(rng: Random) -> Case:
    return _chain(rng, minus=True, size=1, count=rng.choice((*range(2, 17), 4, 8, 24, 32)))


FAMILIES: Final = (
    Family("ripple adder", "adders", _ripple),
    Family("sliced adder", "adders", _sliced, weight=0.7),
    Family("ripple subtractor", "adders", _ripple_subtractor, held_out=True),
)
