"""Averages, distances, and levels: which of several bands a number lies in."""

from __future__ import annotations

from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Interface, Port
from ..machine import Outputs, Values
from ..names import draw_top
from .limits import FOURS, WIDTHS
from .pure import PAIRS, distinct, near, ports, pure, signed
from .subtractors import DIFFS

MEANS: Final = ("avg", "mean", "average", "y", "out", "mid", "avg_out", "m_out")


def _average(rng: Random) -> Case:
    count, width = rng.choice((2, 2, 4)), rng.choice(WIDTHS)
    is_signed = count == 2 and rng.random() < 0.3
    ups = rng.choice((0, 0, 1)) if not is_signed else 0
    nearest = count == 4 and rng.random() < 0.3
    *names, y = distinct(rng, PAIRS if count == 2 else FOURS, MEANS)
    face = Interface(draw_top(("average", f"mean{count}", "avg_unit", "averager"), rng),
                     ports(names, width), (Port(y, width),))  # fmt: skip
    shift = count // 2
    extra = 2 if nearest else (count - 1) * ups
    wide = width + shift
    total = " + ".join(f"$signed({n})" if is_signed else n for n in names)
    total += f" + {wide}'d{extra}" if extra else ""
    reference = (f"wire [{wide - 1}:0] total = {total};\n"
                 f"assign {y} = total[{wide - 1}:{shift}];")  # fmt: skip
    if count == 2:
        one, other = names
        last = f"({one}[0] {'|' if ups else '&'} {other}[0])"
        halves = [f"{{{n}[{width - 1}], {n}[{width - 1}:1]}}" if is_signed else f"({n} >> 1)"
                  for n in names]  # fmt: skip
        second = f"assign {y} = {halves[0]} + {halves[1]} + {last};"
    else:
        low = " + ".join(f"{n}[1:0]" for n in names)
        second = (f"wire [4:0] low_ = {low} + 5'd{extra};\n"
                  f"assign {y} = {' + '.join(f'({n} >> 2)' for n in names)} + "
                  f"low_[4:2];")  # fmt: skip

    def function(given: Values) -> Outputs:
        values = [signed(given[n], width) if is_signed else given[n] for n in names]
        return {y: (sum(values) + extra) // count % (1 << width)}

    says = _average_says(y, count, is_signed, names, nearest, ups, width)
    key = f"{count} {width} {is_signed} {extra}"
    return pure(key, face, says, reference, second, function, stimuli=near(face.inputs, set(names)))


def _average_says(
    y: str, count: int, is_signed: bool, names: list[str], nearest: bool, ups: int, width: int
) -> Says:
    kind = "signed (two's complement)" if is_signed else "unsigned"
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    how = ("rounded to the nearest integer, halves up" if nearest else
           "[rounded up|rounded towards plus infinity]" if ups else
           "[rounded down|rounded towards minus infinity]" if is_signed else
           "[rounded down|truncated|with the fraction dropped]")  # fmt: skip
    return Says(
        brief=(
            f"{y} is the average of the {kind} {width}-bit numbers {listed}, {how}. The carry of "
            f"the sum must not be lost",
            f"[average|mean] of {count} {kind} numbers: {y} = ({' + '.join(names)}) / {count}, "
            f"{how}, without overflow in between",
            f"[compute|give] the mean of {listed} on {y}, {how}; all are {kind} with {width} bits",
            f"the {kind} inputs {listed} are averaged, {how}, and the result is {y}; no carry is "
            f"lost",
        ),
        points=((f"{y} is the mean of {listed}", f"average {listed} into {y}"), (f"it is {how}",),
                (f"the inputs are {kind}; form their sum with enough bits",
                 f"{kind} arithmetic with enough bits for the sum")),
    )  # fmt: skip


def _distance(rng: Random) -> Case:
    width, is_signed = rng.choice(WIDTHS), rng.random() < 0.3
    a, b, y = distinct(rng, PAIRS, (*DIFFS, "distance", "apart", "gap"))
    face = Interface(draw_top(("abs_diff", "distance", "absdiff", "gap_unit"), rng),
                     ports((a, b), width), (Port(y, width),))  # fmt: skip
    less = f"$signed({a}) < $signed({b})" if is_signed else f"{a} < {b}"
    reference = f"assign {y} = ({less}) ? {b} - {a} : {a} - {b};"
    widen = (f"{{{a}[{width - 1}], {a}}} - {{{b}[{width - 1}], {b}}}" if is_signed
             else f"{{1'b0, {a}}} - {{1'b0, {b}}}")  # fmt: skip
    second = f"wire [{width}:0] t_ = {widen};\nassign {y} = t_[{width}] ? ~t_ + 1 : t_;"

    def function(given: Values) -> Outputs:
        one, other = given[a], given[b]
        if is_signed:
            one, other = signed(one, width), signed(other, width)
        return {y: abs(one - other)}

    kind = "signed (two's complement)" if is_signed else "unsigned"
    says = Says(
        brief=(
            f"{y} is the absolute difference of the {kind} {width}-bit numbers {a} and {b}[, as an "
            f"unsigned number|]",
            f"{y} = |{a} - {b}| for {kind} operands[: the larger minus the smaller one|]",
            f"[subtract|take] the smaller of the {kind} inputs {a} and {b} from the larger one and "
            f"[give|put] the difference on {y}",
        ),
        points=((f"{a} and {b} are {kind}",),
                (f"{y} is the larger minus the smaller one", f"{y} = |{a} - {b}|")),
    )  # fmt: skip
    return pure(f"{width} {is_signed}", face, says, reference, second, function,
                stimuli=near(face.inputs, {a, b}))  # fmt: skip


def _bands(rng: Random) -> Case:
    width, count = rng.choice((4, 5, 6, 7, 8, 8, 8, 10, 12)), rng.randint(3, 5)
    edges = sorted(rng.sample(range(1, (1 << width) - 1), count - 1))
    out = rng.choice((2 if count < 5 else 3, 3, 4))
    codes = list(range(count)) if rng.random() < 0.5 else rng.sample(range(1 << out), count) if (
        1 << out) >= count else list(range(count))  # fmt: skip
    if rng.random() < 0.3:
        codes = codes[::-1]
    x, y = distinct(rng, ("level", "temp", "x", "value", "in", "speed", "adc", "sample", "data"),
                    ("band", "zone", "y", "out", "class_id", "code", "grade"))  # fmt: skip
    face = Interface(draw_top(("classifier", "band_select", "quantizer", "level_code"), rng),
                     (Port(x, width),), (Port(y, out),))  # fmt: skip
    lines = [f"  {'else ' if at else ''}if ({x} < {width}'d{edge}) {y} = {out}'d{code};"
             for at, (edge, code) in enumerate(zip(edges, codes, strict=False))]  # fmt: skip
    reference = "\n".join(["always @(*)", *lines, f"  else {y} = {out}'d{codes[-1]};"])
    ranges = list(zip([0, *edges], [e - 1 for e in [*edges, 1 << width]], codes, strict=True))
    second = f"assign {y} = " + " | ".join(
        f"(({x} >= {low} && {x} <= {high}) ? {out}'d{code} : {out}'d0)"
        for low, high, code in ranges) + ";"  # fmt: skip

    def function(given: Values) -> Outputs:
        return {y: next(code for low, high, code in ranges if low <= given[x] <= high)}

    says = _bands_says((x, y), codes, count, edges, ranges, width)
    return pure(f"{width} {edges} {codes} {out}", face, says, reference, second, function,
                stimuli=near(face.inputs, {x}, edges))  # fmt: skip


def _bands_says(
    names: tuple[str, ...],
    codes: list[int],
    count: int,
    edges: list[int],
    ranges: list[tuple[int, int, int]],
    width: int,
) -> Says:
    x, y = names
    table = f"{x} | {y}\n" + "\n".join(f"{low} to {high} | {code}" if low < high else
                                       f"{low} | {code}" for low, high, code in ranges)  # fmt: skip
    parts = [f"{code} for {low} to {high}" if low < high else f"{code} for {low}"
             for low, high, code in ranges]  # fmt: skip
    said = ", ".join(parts)
    steps = ", ".join(f"{code} below {edge}" for edge, code in zip(edges, codes, strict=False))
    return Says(
        brief=(
            f"{y} [tells|says] in which [band|range] the unsigned number {x} lies: {said}",
            f"{y} is, in this order of tests, {steps}, and {codes[-1]} from {edges[-1]} on "
            f"({x} unsigned)",
            f"[classify|sort] {x} (unsigned, {width} bits) into {count} ranges; {y} is {said}",
        ),
        points=((f"{x} is unsigned",), *((f"{y} is {part}",) for part in parts)),
        tables=(table,),
    )  # fmt: skip


FAMILIES: Final = (
    Family("average", "compare", _average),
    Family("absolute difference", "compare", _distance, held_out=True),
    Family("bands", "compare", _bands),
)
