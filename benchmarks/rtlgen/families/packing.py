"""Vectors made of others: repacking, extension, replication, and what neighbouring bits give."""

from __future__ import annotations

from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..combinational import assigns, constant, counted, draw_inputs, draw_outputs, listed, module
from ..interface import Interface, Port
from ..machine import Function, Values
from ..names import draw_top
from ..words import bits

SOURCES: Final = (
    "in",
    "in",
    "a",
    "d",
    "data",
    "data_in",
    "din",
    "imm",
    "sample",
    "x",
    "value",
    "v",
)
TARGETS: Final = ("out", "out", "y", "q", "data_out", "dout", "result", "z", "res", "ext", "wide")


def _portions(rng: Random, total: int, count: int) -> tuple[int, list[int]]:
    """Return how many bits are added to `total`, and the widths of the parts."""
    if rng.random() < 0.5 or total < count:
        each = -(-total // count)
        return each * count - total, [each] * count
    cuts = sorted(rng.sample(range(1, total), count - 1))
    return 0, [b - a for a, b in zip([0, *cuts], [*cuts, total], strict=True)]


def _repack(rng: Random) -> Case:
    """Vectors concatenated, padded at the bottom, and cut again into vectors of other widths."""
    names = draw_inputs(rng, rng.randint(2, 6))
    widths = [rng.choice((rng.randint(1, 12), 4, 5, 8)) for _ in names]
    if rng.random() < 0.4:
        widths = [rng.randint(2, 10)] * len(names)
    count = rng.randint(1, 5)
    fill, total = rng.randint(0, 1), sum(widths)
    pad, outs = _portions(rng, total, count)
    targets = draw_outputs(rng, count, names)
    face = Interface(
        draw_top(("repack", "concat_split", "regroup", "joiner", "concatenate"), rng),
        tuple(Port(n, w) for n, w in zip(names, widths, strict=True)),
        tuple(Port(n, w) for n, w in zip(targets, outs, strict=True)),
    )  # fmt: skip
    tail = [f"{pad}'b{str(fill) * pad}"] if pad else []
    right = f"{{{', '.join([*names, *tail])}}}"
    left = f"{{{', '.join(targets)}}}" if count > 1 else targets[0]

    def outs_of(values: Values) -> dict[str, int]:
        text = "".join(f"{values[n]:0{w}b}" for n, w in zip(names, widths, strict=True))
        text += str(fill) * pad
        found = dict[str, int]()
        for name, width in zip(targets, outs, strict=True):
            found[name], text = int(text[:width], 2), text[width:]
        return found

    flat = f"wire [{total + pad - 1}:0] flat = {right};"
    lows = [sum(outs[at + 1 :]) for at in range(count)]
    cut = assigns({t: f"flat >> {low}" for t, low in zip(targets, lows, strict=True)})
    return Case(
        key=f"repack {widths} {outs} {fill if pad else ''}", interface=face,
        says=_repack_says(names, targets, pad, fill),
        reference=module(face, assigns({left: right})), second=module(face, flat, cut),
        machine=lambda: Function(outs_of),
    )  # fmt: skip


def _repack_says(names: tuple[str, ...], targets: tuple[str, ...], pad: int, fill: int) -> Says:
    ones = f"{counted(pad, f'{fill} bit')}" if pad else ""
    below = f", followed by {ones} at the [bottom|least significant end]" if pad else ""
    braces = f"{{{', '.join(names)}{f', {pad} x {fill}' if pad else ''}}}"
    join = f"{listed(names)} are concatenated, {names[0]} [on top|at the most significant end]"
    into = f"{listed(targets)}, {targets[0]} [getting|taking] the most significant bits"
    if len(targets) == 1:
        into = targets[0]
    cut = "is cut into" if len(targets) > 1 else "is put out on"
    return Says(
        brief=(
            f"{join}{below}; the result {cut} {into}",
            f"[form|make] the vector {braces} and [distribute it over|give it out as] {into}",
            f"[join|concatenate] {listed(names)}, in this order from the most significant "
            f"bit{below}. The whole {cut} {into}",
            f"{{{', '.join(targets)}}} = {braces}, most significant bits first",
            f"string the inputs together from left to right{below}, and hand the bits from left "
            f"to right to {into}",
        ),
        points=((f"{join}{below}",), (f"the concatenation {cut} {into}",)),
    )  # fmt: skip


def _extension(rng: Random) -> Case:
    """A vector made wider: by its sign, by zeros, by ones, or by zeros below it."""
    a, y = rng.choice(SOURCES), rng.choice(TARGETS)
    narrow = rng.randint(2, 24)
    more = (
        rng.randint(1, 40) if rng.random() < 0.5 else max(1, rng.choice((8, 16, 32, 64)) - narrow)
    )
    kind = rng.choice(("sign", "sign", "zero", "ones", "below"))
    wide, top = narrow + more, f"{a}[{narrow - 1}]"
    face = Interface(
        draw_top((f"{kind}_ext", "widen", "extend", "extender"), rng),
        (Port(a, narrow),), (Port(y, wide),),
    )  # fmt: skip
    fills = {"sign": f"{{{{{more}{{{top}}}}}, {a}}}", "zero": f"{{{constant(0, more)}, {a}}}",
             "ones": f"{{{{{more}{{1'b1}}}}, {a}}}",
             "below": f"{{{a}, {constant(0, more)}}}"}  # fmt: skip
    others = {"sign": f"$signed({a})", "zero": f"{a}", "ones": f"{a} | ({wide}'d{2**more - 1} << "
    f"{narrow})",
              "below": f"{a} << {more}"}  # fmt: skip

    def wider(values: Values) -> dict[str, int]:
        value = values[a]
        negative = kind == "sign" and value >= 1 << (narrow - 1)
        if kind == "below":
            return {y: value * 2**more}
        return {y: value + (2**wide - 2**narrow if kind == "ones" or negative else 0)}

    return Case(
        key=f"extension {kind} {narrow} {wide}", interface=face,
        says=_extension_says(a, y, kind, narrow, wide),
        reference=module(face, assigns({y: fills[kind]})),
        second=module(face, assigns({y: others[kind]})),
        machine=lambda: Function(wider),
    )  # fmt: skip


def _extension_says(a: str, y: str, kind: str, narrow: int, wide: int) -> Says:
    more, top = bits(wide - narrow), f"{a}[{narrow - 1}]"
    upper = f"the upper {more}" if wide - narrow > 1 else "the top bit"
    lower = f"the lowest {more}" if wide - narrow > 1 else "the lowest bit"
    if kind == "sign":
        brief = (f"sign-extend {a} [to|from {narrow} to] {wide} bits",
                 f"{y} is {a} sign-extended: {upper} [repeat|equal|show] the sign bit {top}",
                 f"{a} is a two's complement number of {narrow} bits; {y} is the same number "
                 f"[in|with] {wide} bits",
                 f"widen the signed {a} to {wide} bits [without changing|keeping] its value: "
                 f"copies of {top} in front")  # fmt: skip
        rest = (
            f"{upper} of {y}: [all|each] equal to {top}",
            f"{upper} of {y} copy the sign bit {top}",
        )
    elif kind == "below":
        brief = (f"{y} is {a} followed by {counted(wide - narrow, 'zero bit')} at the [least "
        f"significant end|bottom]",
                 f"put {a} in the top {narrow} bits of {y} and fill the rest with zeros",
                 f"{y} is {a} moved up by {wide - narrow}, with zeros below",
                 f"align {a} to the left in the {wide} bits of {y}; everything below is "
                 f"0")  # fmt: skip
        rest = (f"{lower} of {y}: 0", f"{lower} of {y}: always 0")
    else:
        fill = "0" if kind == "zero" else "1"
        called = "zero-extend" if kind == "zero" else "extend with ones"
        brief = (f"{called} {a} [to|from {narrow} to] {wide} bits: the new upper bits are all "
        f"{fill}",
                 f"{y} is {a} with {counted(wide - narrow, f'{fill} bit')} in front",
                 f"put {a} in the low {narrow} bits of {y} and {fill} in [all the others|every "
                 f"bit above]",
                 f"pad {a} at the most significant end with {fill} until it has {wide} "
                 f"bits")  # fmt: skip
        rest = (f"{upper} of {y}: {fill}", f"all bits of {y} above the lowest {narrow}: {fill}")
    place = "upper" if kind == "below" else "lower"
    return Says(brief=brief, points=((f"the {place} {narrow} bits of {y} are {a}", f"{a} fills "
    f"the {place} {narrow} bits of {y}"),
                                     rest))  # fmt: skip


def _replication(rng: Random) -> Case:
    """Copies of one or two vectors in a row."""
    names = draw_inputs(rng, rng.choice((1, 1, 2, 2, 3)))
    widths = [rng.choice((1, 1, 2, 3, 4, 5, 8)) for _ in names]
    y, copies = rng.choice([t for t in TARGETS if t not in names]), rng.randint(2, 12)
    style = rng.choice(("group", "apart")) if len(names) > 1 else "group"
    times = [copies] * len(names) if style == "group" else [rng.randint(1, 8) for _ in names]
    if style == "apart" and max(times) == 1:
        times[0] = 2
    total = sum(w * t for w, t in zip(widths, times, strict=True))
    face = Interface(
        draw_top(("replicate", "repeat_bits", "fan_out", "copies", "tile"), rng),
        tuple(Port(n, w) for n, w in zip(names, widths, strict=True)), (Port(y, total),),
    )  # fmt: skip
    runs = [f"{{{t}{{{n}}}}}" if t > 1 else n for n, t in zip(names, times, strict=True)]
    value = f"{{{copies}{{{', '.join(names)}}}}}" if style == "group" else f"{{{', '.join(runs)}}}"
    order = (
        [*names] * copies
        if style == "group"
        else [n for n, t in zip(names, times, strict=True) for _ in range(t)]
    )

    def row(values: Values) -> dict[str, int]:
        size = dict(zip(names, widths, strict=True))
        return {y: int("".join(f"{values[n]:0{size[n]}b}" for n in order), 2)}

    return Case(
        key=f"replication {style} {widths} {times}", interface=face,
        says=_replication_says(y, names, style, times),
        reference=module(face, assigns({y: value})),
        second=module(face, f"assign {y} = {{{', '.join(order)}}};"),
        machine=lambda: Function(row),
    )  # fmt: skip


def _replication_says(y: str, names: tuple[str, ...], style: str, times: list[int]) -> Says:
    if style == "group":
        what = names[0] if len(names) == 1 else f"the concatenation {{{', '.join(names)}}}"
        brief = (f"{y} is {what} repeated {times[0]} times", f"replicate {what} {times[0]} times "
        f"on {y}",
                 f"fill {y} with {times[0]} copies of {what}",
                 f"{times[0]} copies of {what}, side by side, [make up|form] {y}",
                 f"tile {what} {times[0]} times to make {y}")  # fmt: skip
        return Says(brief=brief, points=(brief[:4],))
    parts = [
        f"{t} {'copy' if t == 1 else 'copies'} of {n}" for n, t in zip(names, times, strict=True)
    ]
    brief = (f"{y} is, from the most significant bit down: {listed(parts)}",
             f"[concatenate|join] {listed(parts)}, the first at the [top|left|most significant "
             f"end], to form {y}",
             f"{y} consists of {listed(parts)}, in this order from the left",
             f"from left to right {y} holds {listed(parts)}")  # fmt: skip
    points = (
        (f"{y} is a concatenation, most significant part first",),
        (f"it is made of {listed(parts)}",),
    )
    return Says(brief=brief, points=points)


FAMILIES: Final = (
    Family("repacking", "vectors", _repack),
    Family("extension", "vectors", _extension),
    Family("replication", "vectors", _replication, weight=0.8),
)
