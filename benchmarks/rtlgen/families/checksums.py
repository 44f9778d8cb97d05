"""Checksums over the bytes of a word."""

from __future__ import annotations

from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Interface, Port
from ..machine import Outputs, Values
from ..names import draw_top
from .pure import WORDS, distinct, pure

SUMS: Final = ("sum", "checksum", "chk", "y", "csum", "out", "check")


def _checksum(rng: Random) -> Case:
    size, count = rng.choice((4, 8, 8, 8, 16)), rng.randint(2, 5)
    kind = rng.choice(("xor", "sum", "negative", "inverted"))
    x, y = distinct(rng, (*WORDS, "frame", "packet", "block"), SUMS)
    face = Interface(draw_top(("checksum", "chk_unit", f"csum{size}", "block_check"), rng),
                     (Port(x, size * count),), (Port(y, size),))  # fmt: skip
    parts = [f"{x}[{n * size + size - 1}:{n * size}]" for n in reversed(range(count))]
    joined = (" ^ " if kind == "xor" else " + ").join(parts)
    before = {"negative": "-", "inverted": "~"}.get(kind, "")
    reference = f"assign {y} = {f'{before}({joined})' if before else joined};"
    step = {"xor": "t_ ^", "negative": "t_ -"}.get(kind, "t_ +")
    second = (f"reg [{size - 1}:0] t_;\ninteger i;\nalways @(*) begin\n  t_ = 0;\n  for (i = "
              f"0; i < "
              f"{count}; i = i + 1) t_ = {step} {x}[{size}*i +: {size}];\nend\n"
              f"assign {y} = {'~' if kind == 'inverted' else ''}t_;")  # fmt: skip

    def function(given: Values) -> Outputs:
        values = [given[x] >> size * n & (1 << size) - 1 for n in range(count)]
        total = 0
        for value in values:
            total = total ^ value if kind == "xor" else total + value
        total = {"negative": -total, "inverted": ~total}.get(kind, total)
        return {y: total % (1 << size)}

    says = _checksum_says((kind, x, y), count, size)
    return pure(f"{size} {count} {kind}", face, says, reference, second, function)


def _checksum_says(names: tuple[str, ...], count: int, size: int) -> Says:
    kind, x, y = names
    piece = {4: "nibble", 8: "byte"}.get(size, "16-bit word")
    what = {
        "xor": f"the XOR of the {count} {piece}s of {x}",
        "sum": f"the sum of the {count} {piece}s of {x}, modulo 2^{size}",
        "negative": f"the negated (two's complement) sum of the {count} {piece}s of {x}, modulo "
                    f"2^{size}",
        "inverted": f"the bitwise inverted sum of the {count} {piece}s of {x}, modulo 2^{size}",
    }[kind]  # fmt: skip
    return Says(
        brief=(
            f"{y} is {what}",
            f"[compute|form] {what} as the checksum {y}",
            f"checksum of {size * count} bits: {y} = {what}",
            f"the output {y} carries {what}",
        ),
        points=((f"{x} consists of {count} {piece}s", f"{x} is taken as {count} {piece}s"),
                (f"{y} is {what}",)),
    )  # fmt: skip


FAMILIES: Final = (Family("checksum", "codes", _checksum, weight=0.6),)
