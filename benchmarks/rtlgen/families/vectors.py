"""Vectors cut and joined: slices, reversal, repacking, extension and replication."""

from __future__ import annotations

from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..combinational import VECTORS, assigns, draw_outputs, listed, module
from ..interface import Interface, Port
from ..machine import Function
from ..names import draw_top
from ..words import bits

TARGETS: Final = ("out", "out", "y", "q", "data_out", "dout", "result", "z", "res", "o", "moved")
HALVES: Final = (
    ("hi", "lo"), ("upper", "lower"), ("out_hi", "out_lo"), ("high", "low"), ("msb", "lsb"),
    ("top_half", "bottom_half"), ("out_h", "out_l"),
)  # fmt: skip
FIELDS: Final = (
    ("opcode", "rd", "rs", "imm", "funct"), ("tag", "index", "offset", "way"),
    ("sign", "exponent", "mantissa"),
    ("kind", "length", "address", "flags"), ("cmd", "addr", "payload", "crc"),
    ("red", "green", "blue", "alpha"),
    ("id", "seq", "port", "prio", "data"), ("f3", "f2", "f1", "f0"), ("p", "q", "r", "s", "t"),
)  # fmt: skip
WORDS: Final = {4: "nibble", 8: "byte", 16: "half-word"}
ORDINALS: Final = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")


def _slice(name: str, low: int, width: int) -> str:
    return f"{name}[{low}]" if width == 1 else f"{name}[{low + width - 1}:{low}]"


def _span(low: int, width: int) -> str:
    return f"bit {low}" if width == 1 else f"bits {low + width - 1} [down to|to] {low}"


def _pair(rng: Random) -> tuple[str, str]:
    """Return the names of a vector that goes in and of one that comes out."""
    return rng.choice(VECTORS), rng.choice(TARGETS)


def _split(rng: Random) -> Case:
    """A vector cut into halves, bytes or fields of different widths, the highest first."""
    style, a = rng.choice(("halves", "units", "fields", "fields")), rng.choice(VECTORS)
    unit = 0
    if style == "halves":
        names, widths = rng.choice(HALVES), (rng.randint(2, 32),) * 2
    elif style == "units":
        unit, count = rng.choice((4, 8, 8, 16)), rng.randint(2, 6)
        names, widths = draw_outputs(rng, count, (a,)), (unit,) * count
        names = tuple(reversed(names)) if rng.random() < 0.5 else names
    else:
        pool = rng.choice(FIELDS)
        names = pool[: rng.randint(2, len(pool))]
        widths = tuple(rng.choice((1, 2, 3, 4, 5, 6, 7, 8, 10, 12)) for _ in names)
    lows = [sum(widths[at + 1 :]) for at in range(len(widths))]
    outs = list(zip(names, lows, widths, strict=True))
    if style == "fields" and rng.random() < 0.4:
        rng.shuffle(outs)
    face = Interface(
        draw_top(("splitter", "split", "unpack", "fields", "slices"), rng),
        (Port(a, sum(widths)),), tuple(Port(n, w) for n, _, w in outs),
    )  # fmt: skip
    joint = f"assign {{{', '.join(names)}}} = {a};"
    return Case(
        key=f"split {style} {[(low, w) for _, low, w in outs]}", interface=face,
        says=_split_says(a, names, widths, lows, unit),
        reference=module(face, assigns({n: _slice(a, low, w) for n, low, w in outs})),
        second=module(face, joint),
        machine=lambda: Function(lambda v: {n: v[a] // 2**low % 2**w for n, low, w in outs}),
    )  # fmt: skip


def _split_says(
    a: str, names: tuple[str, ...], widths: tuple[int, ...], lows: list[int], unit: int
) -> Says:  # fmt: skip
    places = list(zip(names, lows, widths, strict=True))
    codes = "; ".join(f"{n} is {_slice(a, low, w)}" for n, low, w in places)
    spans = "; ".join(f"{n} is {_span(low, w)} of {a}" for n, low, w in places)
    first, last = names[0], names[-1]
    brief = [codes, f"[split|cut|divide] {a}: {spans}",
             f"[split|cut] {a} from the [top|most significant bit|left] into "
             f"{listed([f'{n} ({bits(w)})' for n, _, w in places])}[|, in this order]",
             f"{', '.join(names)} are the parts of {a} from the most significant end to the "
             f"least: {codes}"]  # fmt: skip
    if len(set(widths)) == 1 and len(names) == 2:
        brief.insert(
            1,
            f"{first} is the [upper|more significant] half of {a} and {last} the "
            f"[lower|other] half",
        )
    if unit in WORDS:
        brief.insert(
            1,
            f"{listed(names)} are the {len(names)} {WORDS[unit]}s of {a}, {first} the "
            f"most significant one",
        )
    points = ((f"{n} is {_slice(a, low, w)}", f"{n} is {_span(low, w)} of {a}",
               f"{_span(low, w)} of {a} {'[goes to|drives]' if w == 1 else '[go to|drive]'} {n}")
              for n, low, w in places)  # fmt: skip
    return Says(brief=tuple(brief), points=tuple(points))


def _reversal(rng: Random) -> Case:
    """The bits of a vector in the opposite order."""
    (a, y), width = _pair(rng), rng.randint(2, 128)
    face = Interface(
        draw_top(("reverse", "bit_reverse", "mirror", "flip_order", f"reverse{width}"), rng),
        (Port(a, width),), (Port(y, width),),
    )  # fmt: skip
    last = width - 1
    says = Says(
        brief=(
            f"reverse the [order of the bits|bit order] of {a}",
            f"{y} is {a} with its bits in [reverse|reversed|the opposite] order: {a}[0] [comes "
            f"out at|goes to] {y}[{last}]",
            f"mirror the vector: bit i of {y} is bit {last} - i of {a}",
            f"{y}[0] is {a}[{last}], {y}[1] is {a}[{last - 1}], and so on up to {y}[{last}], "
            f"which is {a}[0]",
            f"swap the bits of {a} end for end on {y}, the most significant [one |bit ]becoming "
            f"the least significant",
        ),
        points=((f"{y} has the bits of {a} in reverse order", f"bit i of {y} is bit {last} - i of "
        f"{a}"),
                (f"{a}[0] [goes to|drives] {y}[{last}]", f"{y}[0] is {a}[{last}]")),
    )  # fmt: skip
    loop = (
        f"integer i;\nalways @(*)\n  for (i = 0; i < {width}; i = i + 1)\n    {y}[i] = "
        f"{a}[{last} - i];"
    )
    return Case(
        key=f"reversal {width}", interface=face, says=says,
        reference=module(face, loop, registers=(y,)),
        second=module(face, f"assign {y} = {{{', '.join(f'{a}[{n}]' for n in range(width))}}};"),
        machine=lambda: Function(lambda v: {y: int(f"{v[a]:0{width}b}"[::-1], 2)}),
    )  # fmt: skip


def _reordered(rng: Random) -> Case:
    """The bytes, nibbles or halves of a vector in another order, or the vector rotated."""
    a, y = _pair(rng)
    style = rng.choice(("units", "units", "halves", "rotate", "rotate", "pairs"))
    if style in ("units", "pairs"):
        unit = rng.choice((2, 3, 4, 4, 8, 8, 16) if style == "units" else (1, 1, 2, 4, 8))
        count = rng.choice((3, 4, 5, 6, 8) if style == "units" else (2, 4, 6, 8))
        order = [at if style == "units" else count - 1 - (at ^ 1) for at in range(count)]
        parts, width = [(at * unit, unit) for at in order], unit * count
        said = _units_says(a, y, unit, count) if style == "units" else _pairs_says(a, y, unit)
    else:
        width = rng.randint(2, 32) * 2 if style == "halves" else rng.randint(3, 64)
        by = width // 2 if style == "halves" else rng.randint(1, width - 1)
        parts = [(0, width - by), (width - by, by)]
        said = _rotation_says(a, y, width, by, style)
    face = Interface(
        draw_top(("swap", "reorder", "byte_swap", "rotate_fixed", "permute", "shuffle_bits"), rng),
        (Port(a, width),), (Port(y, width),),
    )  # fmt: skip
    joined = f"{{{', '.join(_slice(a, low, w) for low, w in parts)}}}"
    bit = {
        n: low + k
        for n, (low, k) in enumerate((low, k) for low, w in reversed(parts) for k in range(w))
    }
    single = "\n".join(f"assign {y}[{n}] = {a}[{at}];" for n, at in bit.items())
    return Case(
        key=f"reordered {style} {parts}", interface=face, says=said,
        reference=module(face, assigns({y: joined})), second=module(face, single),
        machine=lambda: Function(
            lambda v: {y: sum((v[a] >> at & 1) << n for n, at in bit.items())}),
    )  # fmt: skip


def _units_says(a: str, y: str, unit: int, count: int) -> Says:
    word = WORDS.get(unit, f"{unit}-bit group")
    top = unit * count - 1
    inside = f"[inside each {word}|within a {word}] the bits keep their order"
    moved = f"{_slice(a, 0, unit)} [goes to|comes out at] {_slice(y, top + 1 - unit, unit)}"
    return Says(
        brief=(
            f"reverse the order of the {count} {word}s of {a}; {inside}",
            f"{y} is {a} with its {word}s in reverse order ({inside}), so {moved}",
            f"[swap|turn round] the {word} order: the lowest {word} of {a} becomes the highest of "
            f"{y}, and so on; {inside}",
            f"{y} = {{{', '.join(_slice(a, at * unit, unit) for at in range(count))}}}",
        ),
        points=((f"{y} has the {word}s of {a} in reverse order", f"the {count} {word}s of {a} "
        f"come out in the opposite order"),
                (inside,), (moved,)),
    )  # fmt: skip


def _pairs_says(a: str, y: str, unit: int) -> Says:
    word = "bit" if unit == 1 else WORDS.get(unit, f"{unit}-bit group")
    example = (
        f"{_slice(y, 0, unit)} is {_slice(a, unit, unit)} and {_slice(y, unit, unit)} is "
        f"{_slice(a, 0, unit)}"
    )
    return Says(
        brief=(
            f"swap [the two|both] {word}s of every pair of neighbouring {word}s: {example}, and "
            f"so on",
            f"{y} is {a} with adjacent {word}s exchanged: {example}, and so on for the other pairs",
            f"exchange each even-numbered {word} of {a} with the odd-numbered one above it; "
            f"{word} 0 is the least significant",
            f"pairwise swap of {word}s from {a} to {y}: {example}, likewise for all pairs above",
        ),
        points=((f"neighbouring {word}s of {a} change places in {y}", f"{y} is {a} with adjacent "
        f"{word}s exchanged"),
                (f"{example}, and so on upwards",)),
    )  # fmt: skip


def _rotation_says(a: str, y: str, width: int, by: int, style: str) -> Says:
    upper, lower = _slice(a, width - by, by), _slice(a, 0, width - by)
    if style == "halves":
        return Says(
            brief=(
                f"swap the [two halves|upper and the lower half] of {a}",
                f"{y} is {a} with its halves exchanged",
                f"the lower half of {a} becomes the upper half of {y}, and the other way round",
                f"the upper {width // 2} bits of {y} are {lower}, the lower ones {upper}",
            ),
            points=((f"the upper half of {y} is {lower}", f"the lower half of {a} goes to the "
            f"upper half of {y}"),
                    (f"the lower half of {y} is {upper}", f"the upper half of {a} goes to the "
                    f"lower half of {y}")),
        )  # fmt: skip
    places = "one place" if by == 1 else f"{by} places"
    right = "one place" if width - by == 1 else f"{width - by} places"
    return Says(
        brief=(
            f"rotate {a} left by {places}", f"{y} is {a} rotated [to the left|left] by {places}: "
            f"{upper} ends up at the bottom",
            f"{y} is {a} rotated right by {right}",
            f"{y} has {lower} on top and {upper} below it",
            f"a fixed rotation: bit i of {a} goes to bit (i + {by}) mod {width} of {y}",
        ),
        points=((f"{y} is {a} rotated left by {places}",),
                (f"the bits {upper}, which leave at the top, come back in at the "
                f"bottom", f"{upper} becomes the lowest part of {y}")),
    )  # fmt: skip


FAMILIES: Final = (
    Family("vector split", "vectors", _split),
    Family("bit reversal", "vectors", _reversal, weight=0.6),
    Family("reordered vector", "vectors", _reordered),
)
