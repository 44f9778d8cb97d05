"""Choosing and limiting numbers: minimum, maximum, clamps, saturating sums, averages, bands."""

from __future__ import annotations

from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Interface, Port
from ..machine import Outputs, Values
from ..names import draw_top
from .pure import PAIRS, RESULTS, SELECTS, WORDS, distinct, near, ports, pure, signed

WIDTHS: Final = (*range(2, 17), 4, 8, 8, 16, 20, 24, 32)
MINIMA: Final = ("min", "lo", "smaller", "min_out", "lesser", "minimum", "y_min")
MAXIMA: Final = ("max", "hi", "larger", "max_out", "bigger", "maximum", "y_max")
FOURS: Final = (
    "a b c d", "w x y z", "in0 in1 in2 in3", "d0 d1 d2 d3", "A B C D", "v1 v2 v3 v4",
    "s0 s1 s2 s3", "n1 n2 n3 n4",
)  # fmt: skip


def _words(is_signed: bool) -> str:
    return "signed[ (two's complement)|]" if is_signed else "unsigned"


def _extremes(rng: Random) -> Case:
    width, is_signed = rng.choice(WIDTHS), rng.random() < 0.4
    form, wants = rng.choice(("min", "max", "both", "select")), rng.choice((0, 1))
    a, b, low, high, s, y = distinct(rng, PAIRS, MINIMA, MAXIMA, SELECTS, RESULTS)
    y = {"min": low, "max": high}.get(form, y)
    inputs = (*ports((a, b), width), *(ports((s,)) if form == "select" else ()))
    outputs = ports((low, high) if form == "both" else (y,), width)
    top = draw_top({"min": ("minimum", "min2"), "max": ("maximum", "max2"), "both":
                    ("sort2", "min_max"), "select": ("min_or_max", "extreme")}[form],
                   rng)  # fmt: skip
    face = Interface(top, inputs, outputs)
    less = f"$signed({a}) < $signed({b})" if is_signed else f"{a} < {b}"
    on, off = (f"(less ? {b} : {a})", f"(less ? {a} : {b})")[:: 1 if wants else -1]
    reference = {
        "min": f"assign {y} = ({less}) ? {a} : {b};", "max": f"assign {y} = ({less}) ? {b} : {a};",
        "both": f"assign {low} = ({less}) ? {a} : {b};\nassign {high} = ({less}) ? {b} : {a};",
        "select": f"wire less = {less};\nassign {y} = {s} ? {on} : {off};",
    }[form]  # fmt: skip
    flip = f"{width}'d{1 << (width - 1)}" if is_signed else f"{width}'d0"
    second = f"wire swap_ = ({a} ^ {flip}) > ({b} ^ {flip});\n" + {
        "min": f"assign {y} = swap_ ? {b} : {a};", "max": f"assign {y} = swap_ ? {a} : {b};",
        "both": f"assign {{{low}, {high}}} = swap_ ? {{{b}, {a}}} : {{{a}, {b}}};",
        "select": f"assign {y} = (swap_ ^ {s} ^ 1'b{1 - wants}) ? {b} : {a};",
    }[form]  # fmt: skip

    def function(given: Values) -> Outputs:
        order = sorted((given[a], given[b]), key=lambda v: signed(v, width) if is_signed else v)
        if form == "both":
            return {low: order[0], high: order[1]}
        upper = form == "max" or (form == "select" and given[s] == wants)
        return {y: order[1] if upper else order[0]}

    says = _extremes_says((a, b, form, high, low, s, y), is_signed, wants, width)
    key = f"{width} {is_signed} {form} {wants if form == 'select' else ''}"
    return pure(key, face, says, reference, second, function, stimuli=near(inputs, {a, b}))


def _extremes_says(names: tuple[str, ...], is_signed: bool, wants: int, width: int) -> Says:
    a, b, form, high, low, s, y = names
    kind = _words(is_signed)
    big, small = f"the larger of {a} and {b}", f"the smaller of {a} and {b}"
    fact = {
        "min": f"{y} is {small}", "max": f"{y} is {big}",
        "both": f"{low} is {small}, {high} is {big}",
        "select": f"[if|when] {s} is {wants}, {y} is {big}, otherwise {small}",
    }[form]  # fmt: skip
    name = {"min": "minimum", "max": "maximum", "both": "minimum and maximum",
            "select": "selectable minimum or maximum"}[form]  # fmt: skip
    return Says(
        brief=(
            f"[treat|take] {a} and {b} as {kind} {width}-bit numbers: {fact}",
            f"{name} of two {kind} {width}-bit numbers; {fact}",
            f"{fact}. The comparison is {kind}",
            f"compare {a} with {b} ({kind}); {fact}",
        ),
        points=((f"{a} and {b} are {kind} numbers", f"the comparison is {kind}"), (fact,)),
    )  # fmt: skip


def _extreme_of_several(rng: Random) -> Case:
    count, width, upper = rng.choice((3, 3, 4)), rng.choice(WIDTHS), rng.random() < 0.5
    is_signed = rng.random() < 0.25
    *names, y = distinct(rng, [" ".join(f.split()[:count]) for f in FOURS],
                         MAXIMA if upper else MINIMA)  # fmt: skip
    face = Interface(draw_top(("max_of" if upper else "min_of", f"best_of_{count}"), rng),
                     ports(names, width), (Port(y, width),))  # fmt: skip
    test = ">" if upper else "<"
    wrap = (lambda n: f"$signed({n})") if is_signed else (lambda n: n)
    lines = "".join(f"  if ({wrap(n)} {test} {wrap(y)}) {y} = {n};\n" for n in names[1:])
    reference = f"always @(*) begin\n  {y} = {names[0]};\n{lines}end"
    flip = f"{width}'d{1 << (width - 1)}" if is_signed else f"{width}'d0"
    fold = f"{names[0]} ^ {flip}"
    second = f"wire [{width - 1}:0] m0_ = {fold};\n"
    for at, name in enumerate(names[1:], 1):
        second += (f"wire [{width - 1}:0] m{at}_ = (m{at - 1}_ {'<' if upper else '>'} "
                   f"({name} ^ {flip})) ? {name} ^ {flip} : m{at - 1}_;\n")  # fmt: skip
    second += f"assign {y} = m{count - 1}_ ^ {flip};"

    def function(given: Values) -> Outputs:
        best = (max if upper else min)(signed(given[n], width) if is_signed else given[n]
                                       for n in names)  # fmt: skip
        return {y: best % (1 << width)}

    kind, what = _words(is_signed), "largest" if upper else "smallest"
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    says = Says(
        brief=(
            f"{y} is the {what} of the {count} {kind} {width}-bit numbers {listed}",
            f"[find|output] the {what} of {listed} ({kind}, {width} bits) on {y}",
            f"{'maximum' if upper else 'minimum'} of {count} {kind} numbers: {listed} in, {y} out",
        ),
        points=((f"{listed} are {kind}",), (f"{y} is the {what} of them",)),
    )  # fmt: skip
    return pure(f"{count} {width} {upper} {is_signed}", face, says, reference, second, function,
                stimuli=near(face.inputs, set(names)))  # fmt: skip


def _clamp(rng: Random) -> Case:
    width = rng.choice((*range(4, 13), 6, 8, 8, 10, 16))
    low, high = sorted(rng.sample(range(1, (1 << width) - 1), 2))
    style = rng.choice(("both", "both", "floor", "ceiling"))
    x, y = distinct(rng, WORDS, RESULTS)
    face = Interface(draw_top(("clamp", "limiter", "clip", "limit"), rng), (Port(x, width),),
                     (Port(y, width),))  # fmt: skip
    lo, hi = f"{width}'d{low}", f"{width}'d{high}"
    reference = f"assign {y} = " + {
        "both": f"({x} < {lo}) ? {lo} : ({x} > {hi}) ? {hi} : {x};",
        "floor": f"({x} < {lo}) ? {lo} : {x};", "ceiling": f"({x} > {hi}) ? {hi} : {x};",
    }[style]  # fmt: skip
    least, most = (
        (0 if style == "ceiling" else low),
        ((1 << width) - 1 if style == "floor" else high),
    )
    second = (
        f"reg [{width - 1}:0] t_;\nalways @(*) begin\n  t_ = {x};\n  if (!({x} <= {most})) t_ = "
        f"{most};\n  if (!({x} >= {least})) t_ = {least};\nend\nassign {y} = t_;"
    )
    says = _clamp_says((style, x, y), high, low, width)
    return pure(f"{width} {style} {least} {most}", face, says, reference, second,
                lambda given: {y: max(least, min(most, given[x]))},
                stimuli=near(face.inputs, {x}, (low, high)))  # fmt: skip


def _clamp_says(names: tuple[str, ...], high: int, low: int, width: int) -> Says:
    style, x, y = names
    return Says(
        brief=(
            f"[limit|clamp] the unsigned number {x} [to the range {low} to {high}|so that it is "
            f"never below {low} and never above {high}]; values in between [pass|go to {y}] "
            f"unchanged. The result is {y}",
            f"{y} = {x} limited to {low}..{high}: {low} if {x} is less, {high} if {x} is greater",
            f"{y} is {low} [if|when] {x} is less than {low}, {high} [if|when] {x} is greater than "
            f"{high}, and {x} otherwise (unsigned)",
        ) if style == "both" else (
            f"{y} is {low} [if|when] {x} is less than {low}, otherwise {x} (unsigned)",
            f"{y} follows {x}, but never goes below {low} (unsigned {width}-bit numbers)",
            f"the larger of {x} and {low} is given on {y}",
        ) if style == "floor" else (
            f"{y} is {high} [if|when] {x} is greater than {high}, otherwise {x} (unsigned)",
            f"{y} follows {x}, but never goes above {high} (unsigned {width}-bit numbers)",
            f"the smaller of {x} and {high} is given on {y}",
        ),
        points=(
            (f"{x} and {y} are unsigned", f"the numbers are unsigned, {width} bits"),
            *(((f"when {x} is below {low}, {y} is {low}", f"if {x} < {low}, {y} is {low}"),)
              if style != "ceiling" else ()),
            *(((f"when {x} is above {high}, {y} is {high}", f"if {x} > {high}, {y} is {high}"),)
              if style != "floor" else ()),
            (f"otherwise {y} is {x}", f"all other values go to {y} unchanged"),
        ),
    )  # fmt: skip


def _saturating(rng: Random) -> Case:
    width, minus, is_signed = rng.choice(WIDTHS[1:]), rng.random() < 0.35, rng.random() < 0.4
    limit = (1 << width) - 1
    if not minus and not is_signed and rng.random() < 0.5:
        limit = rng.randint(limit // 2 + 1, limit)
    a, b, y = distinct(rng, PAIRS, RESULTS)
    name = "sub" if minus else "add"
    face = Interface(draw_top((f"sat_{name}", f"saturating_{name}", f"{name}_sat"), rng),
                     ports((a, b), width), (Port(y, width),))  # fmt: skip
    sign, m = "-" if minus else "+", width - 1
    if is_signed:
        reference = (f"wire [{width}:0] full = $signed({a}) {sign} $signed({b});\n"
                     f"assign {y} = (full[{width}] == full[{m}]) ? full[{m}:0] : "
                     f"{{full[{width}], {{{m}{{full[{m}]}}}}}};")  # fmt: skip
        second = (f"wire [{m}:0] t_ = {a} {sign} {b};\nwire v_ = ({a}[{m}] {'^' if minus else '~^'}"
                  f" {b}[{m}]) & (t_[{m}] ^ {a}[{m}]);\nassign {y} = !v_ ? t_ : {a}[{m}] ? "
                  f"{width}'d{1 << m} : {width}'d{(1 << m) - 1};")  # fmt: skip
    elif minus:
        reference = f"assign {y} = ({a} < {b}) ? {width}'d0 : {a} - {b};"
        second = (f"wire [{width}:0] t_ = {{1'b0, {a}}} - {{1'b0, {b}}};\n"
                  f"assign {y} = t_[{m}:0] & {{{width}{{!t_[{width}]}}}};")  # fmt: skip
    else:
        top = f"{width + 1}'d{limit}"
        reference = (f"wire [{width}:0] full = {a} + {b};\n"
                     f"assign {y} = (full > {top}) ? {width}'d{limit} : full;")  # fmt: skip
        second = (f"wire fits_ = {a} <= {limit} && {b} <= {limit} - {a};\n"
                  f"assign {y} = fits_ ? {a} + {b} : {limit};")  # fmt: skip
    low, high = (-(1 << m), (1 << m) - 1) if is_signed else (0, limit)

    def function(given: Values) -> Outputs:
        one, other = ((signed(given[n], width) if is_signed else given[n]) for n in (a, b))
        exact = one - other if minus else one + other
        return {y: max(low, min(high, exact)) % (1 << width)}

    says = _saturating_says((a, b, sign, y), high, is_signed, low, minus, width)
    return pure(f"{width} {minus} {is_signed} {high}", face, says, reference, second, function,
                stimuli=near(face.inputs, {a, b}, (high // 2, high, 1 << m)))  # fmt: skip


def _saturating_says(
    names: tuple[str, ...], high: int, is_signed: bool, low: int, minus: bool, width: int
) -> Says:
    a, b, sign, y = names
    kind, what = _words(is_signed), "difference" if minus else "sum"
    stays = {(False, False): f"[if|when] the sum [exceeds|is greater than] {high}, {y} is {high}",
             (True, False): f"[if|when] {b} is greater than {a}, {y} is 0"}.get(
        (minus, is_signed), f"results above {high} give {high}, results below {low} give "
                            f"{low}")  # fmt: skip
    return Says(
        brief=(
            f"saturating {'subtraction' if minus else 'addition'} of {kind} {width}-bit numbers: "
            f"{y} = {a} {sign} {b}, but {stays}",
            f"{y} is the {what} {a} {sign} {b} ({kind}); it does not wrap: {stays}",
            f"[compute|form] {a} {sign} {b} [for|of] {kind} operands with saturation: {stays}",
            f"the {kind} {what} {a} {sign} {b} saturates instead of overflowing, so {stays}",
        ),
        points=((f"{y} is {a} {sign} {b} for {kind} numbers",
                 f"{a} and {b} are {kind}; {y} is normally {a} {sign} {b}"), (stays,)),
    )  # fmt: skip


FAMILIES: Final = (
    Family("minimum and maximum", "compare", _extremes),
    Family("extreme of several", "compare", _extreme_of_several, held_out=True),
    Family("clamp", "compare", _clamp),
    Family("saturating sum", "compare", _saturating),
)
