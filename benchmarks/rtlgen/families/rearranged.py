"""Words whose pieces are put in another order, and words cut out of two of them."""

from __future__ import annotations

from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Interface, Port
from ..machine import Outputs, Values
from ..names import draw_top
from .pure import AMOUNTS, RESULTS, WORDS, distinct, ports, pure

CONTROLS: Final = ("swap", "sel", "en", "rev", "mode", "flip", "s", "do_swap", "exchange")
PIECES: Final = {1: "bit", 2: "bit pair", 4: "nibble", 8: "byte", 16: "16-bit half"}


def _pieces(x: str, size: int, order: list[int]) -> str:
    """Return the concatenation of pieces, the most significant one first."""
    named = [f"{x}[{p}]" if size == 1 else f"{x}[{p * size + size - 1}:{p * size}]" for p in order]
    return f"{{{', '.join(named)}}}"


def _swap(rng: Random) -> Case:
    size = rng.choice((1, 2, 3, 4, 4, 8, 8, 8, 16))
    count = rng.choice((2, 2, 4, 4, 3, 6, 8)) if size < 5 else rng.choice((2, 2, 3, 4)) if (
        size == 8) else 2  # fmt: skip
    kind = rng.choice(("reverse", "pairs")) if count in (4, 6, 8) else "reverse"
    width, controlled, level = size * count, rng.random() < 0.65, rng.choice((1, 1, 0))
    x, y, s = distinct(rng, WORDS, RESULTS, CONTROLS)
    if width > 64 or width < 4:
        return _swap(rng)
    inputs = (Port(x, width), *(ports((s,)) if controlled else ()))
    piece = PIECES.get(size, f"{size}-bit group")
    many = "16-bit halves" if size == 16 else f"{piece}s"
    top = draw_top(("swap", "reorder", f"swap{width}", "endian", "reverse_unit"), rng)
    face = Interface(top, inputs, (Port(y, width),))
    places = list(range(count)) if kind == "reverse" else [n ^ 1 for n in reversed(range(count))]
    new = _pieces(x, size, places)
    on, off = (new, x) if level else (x, new)
    reference = f"assign {y} = {f'{s} ? {on} : {off}' if controlled else new};"
    source = f"{count - 1} - i" if kind == "reverse" else "(i ^ 1)"
    second = (
        f"reg [{width - 1}:0] t_;\ninteger i;\nalways @(*) begin\n  t_ = {x};\n"
        + (f"  if ({'' if level else '!'}{s})\n" if controlled else "")
        + f"  for (i = 0; i < {count}; i = i + 1)\n    t_[{size}*i +: {size}] = "
        f"{x}[{size}*({source})"
        f" +: {size}];\nend\nassign {y} = t_;"
    )

    def function(given: Values) -> Outputs:
        word = given[x]
        if controlled and given[s] != level:
            return {y: word}
        parts = [word >> size * n & (1 << size) - 1 for n in range(count)]
        parts = parts[::-1] if kind == "reverse" else [parts[n ^ 1] for n in range(count)]
        return {y: sum(part << size * n for n, part in enumerate(parts))}

    when = f" [when|if] {s} is {level}, and {x} unchanged [when|if] {s} is {1 - level}"
    when = when if controlled else ""
    says = _swap_says((kind, many, when, x, y), count, width)
    return pure(f"{size} {count} {kind} {controlled} {level}", face, says, reference, second,
                function)  # fmt: skip


def _swap_says(names: tuple[str, ...], count: int, width: int) -> Says:
    kind, many, when, x, y = names
    if count == 2:
        what = f"the two {many} of {x} [exchanged|swapped]"
    elif kind == "reverse":
        what = f"the {count} {many} of {x} in [reverse|the opposite] order"
    else:
        what = f"{x} with the {many} of every neighbouring pair exchanged"
    detail = "the top one goes to the low end" if kind == "reverse" else (
        f"{many} 0 and 1 change places, 2 and 3 change places, and so on")  # fmt: skip
    return Says(
        brief=(
            f"{y} is {what}{when}",
            f"[output|give] {what} on {y}{when}. Here {detail}",
            f"{y} = {what}{when}; it is {width} bits, that is {count} {many}",
            f"the {width}-bit output {y} carries {what}{when}: {detail}",
        ),
        points=((f"{y} is {what}{when}", f"{y} carries {what}{when}"),
                (f"{x} consists of {count} {many}; {detail}",)),
    )  # fmt: skip


def _funnel(rng: Random) -> Case:
    bits = rng.choice((2, 3, 3, 4, 5))
    width, left = rng.randint(1 << bits, max(1 << bits, 24)), rng.random() < 0.5
    high, low, n, y = distinct(rng, ("hi lo", "high low", "a b", "upper lower", "msw lsw", "x1 x0"),
                               AMOUNTS, RESULTS)  # fmt: skip
    face = Interface(draw_top(("funnel", "funnel_shift", "double_shift", "extract"), rng),
                     (*ports((high, low), width), Port(n, bits)), (Port(y, width),))  # fmt: skip
    last = 2 * width - 1
    reference = (
        f"wire [{last}:0] both = {{{high}, {low}}} << {n};\nassign {y} = both[{last}:{width}];"
        if left else f"wire [{last}:0] both = {{{high}, {low}}} >> {n};\n"
        f"assign {y} = both[{width - 1}:0];"
    )  # fmt: skip
    second = (f"assign {y} = ({high} << {n}) | ({low} >> ({width} - {n}));" if left
              else f"assign {y} = ({low} >> {n}) | ({high} << ({width} - {n}));")  # fmt: skip

    def function(given: Values) -> Outputs:
        both = given[high] << width | given[low]
        return {y: (both >> (width - given[n]) if left else both >> given[n]) % (1 << width)}

    way, part = ("left", "upper") if left else ("right", "lower")
    says = Says(
        brief=(
            f"{high} and {low} form one {2 * width}-bit word, {high} on top; it is shifted "
            f"{way} by "
            f"{n} and {y} is the {part} half of the result",
            f"funnel shifter: {y} is the {part} {width} bits of {{{high}, {low}}} shifted {way} by "
            f"{n}",
            f"shift the concatenation {{{high}, {low}}} {way} by {n} places and output its {part} "
            f"{width} bits on {y}",
        ),
        points=((f"the word {{{high}, {low}}} is shifted {way} by {n} (zeros are shifted in)",),
                (f"{y} is the {part} half ({width} bits) of the shifted word",)),
    )  # fmt: skip
    return pure(f"{bits} {width} {left}", face, says, reference, second, function, cycles=300)


FAMILIES: Final = (
    Family("swap of pieces", "shifts", _swap),
    Family("funnel shift", "shifts", _funnel, held_out=True),
)
