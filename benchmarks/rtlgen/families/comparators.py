"""Comparisons: with each other, with constants, with a window, and choosing by them."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Interface, Port
from ..machine import Outputs, Values
from ..names import draw_top
from .pure import FLAGS, PAIRS, RESULTS, WORDS, distinct, near, ports, pure, signed

WIDTHS: Final = (*range(2, 17), 4, 8, 8, 16, 20, 24, 32, 32)
# Operator, its names as an output, in words, and what a second design may write instead.
TESTS: Final[dict[str, tuple[str, str, str]]] = {
    "==": ("eq equal equ same aeqb", "equal to", "!(({a} ^ {b}) != 0)"),
    "!=": ("ne differ neq unequal", "different from", "|({a} ^ {b})"),
    "<": ("lt less smaller below altb", "less than", "!({a} >= {b})"),
    ">": ("gt greater above larger agtb", "greater than", "({b} < {a})"),
    "<=": ("le not_above at_most lte", "less than or equal to", "!({b} < {a})"),
    ">=": ("ge not_below at_least gte", "greater than or equal to", "!({a} < {b})"),
}
PYTHON: Final[dict[str, Callable[[int, int], bool]]] = {
    "==": lambda a, b: a == b, "!=": lambda a, b: a != b, "<": lambda a, b: a < b,
    ">": lambda a, b: a > b, "<=": lambda a, b: a <= b, ">=": lambda a, b: a >= b,
}  # fmt: skip


def _number(name: str, is_signed: bool) -> str:
    return f"$signed({name})" if is_signed else name


def _compare(rng: Random) -> Case:
    width, is_signed = rng.choice(WIDTHS), rng.random() < 0.35
    chosen = rng.choice((["<", "==", ">"], [">", "==", "<"], ["==", "<", ">"], None, None))
    chosen = chosen or rng.sample(list(TESTS), rng.randint(1, 3))
    packed = len(chosen) > 1 and rng.random() < 0.2
    a, b, y = distinct(rng, PAIRS, RESULTS)
    names = distinct(rng, (f"{a} {b}",), *(TESTS[t][0].split() for t in chosen))[2:]
    outputs = (Port(y, len(chosen)),) if packed else ports(names)
    top = draw_top((f"compare{width}", "comparator", "cmp", "mag_compare", "compare_unit"), rng)
    face = Interface(top, ports((a, b), width), outputs)
    targets = [f"{y}[{len(chosen) - 1 - n}]" for n in range(len(chosen))] if packed else names
    left, right = _number(a, is_signed), _number(b, is_signed)
    plain = [t in ("==", "!=") or not is_signed for t in chosen]
    reference = "\n".join(
        f"assign {target} = " + (f"{a} {test} {b};" if simple else f"{left} {test} {right};")
        for target, test, simple in zip(targets, chosen, plain, strict=True))  # fmt: skip
    flip = f"{width}'d{1 << (width - 1)}" if is_signed else f"{width}'d0"
    second = f"wire [{width - 1}:0] a_ = {a} ^ {flip};\nwire [{width - 1}:0] b_ = {b} ^ {flip};\n"
    second += "\n".join(f"assign {target} = {TESTS[test][2].format(a='a_', b='b_')};"
                        for target, test in zip(targets, chosen, strict=True))  # fmt: skip

    def function(given: Values) -> Outputs:
        one, other = given[a], given[b]
        if is_signed:
            one, other = signed(one, width), signed(other, width)
        bits = [int(PYTHON[test](one, other)) for test in chosen]
        if packed:
            return {y: int("".join(map(str, bits)), 2)}
        return dict(zip(names, bits, strict=True))

    says = _compare_says((a, b), chosen, is_signed, targets, width)
    key = f"{width} {is_signed} {chosen} {packed}"
    return pure(key, face, says, reference, second, function, stimuli=near(face.inputs, {a, b}))


def _compare_says(
    names: tuple[str, ...], chosen: list[str], is_signed: bool, targets: list[str], width: int
) -> Says:
    a, b = names
    kind = "signed[ (two's complement)|]" if is_signed else "unsigned"
    facts = [f"{target} is 1 [if|when] {a} is {TESTS[test][1]} {b}"
             for target, test in zip(targets, chosen, strict=True)]  # fmt: skip
    short = ", ".join(f"{target} = ({a} {test} {b})"
                      for target, test in zip(targets, chosen, strict=True))  # fmt: skip
    return Says(
        brief=(
            f"compare the {kind} {width}-bit numbers {a} and {b}: "
            f"{', '.join(facts)}",
            f"{width}-bit {kind} comparator: {short}",
            f"{short}, where {a} and {b} are {kind} numbers",
            f"both inputs are {kind} {width}-bit numbers. {'; '.join(facts)}",
        ),
        points=((f"{a} and {b} are {kind} numbers", f"treat {a} and {b} as {kind}"),
                *(((fact, fact + ", otherwise 0")) for fact in facts)),
    )  # fmt: skip


def _window(rng: Random) -> Case:
    width, is_signed = rng.choice((*range(4, 13), 4, 6, 8, 8, 10, 16)), rng.random() < 0.25
    least = -(1 << (width - 1)) if is_signed else 0
    most = least + (1 << width) - 1
    low, high = sorted(rng.sample(range(least + 1, most), 2))
    style, inside = rng.choice(("both", "both", "below", "above")), rng.random() < 0.75
    x, y = distinct(rng, WORDS, (*FLAGS, "in_range", "within_lim") if inside else
                    ("alarm", "out_of_range", "outside", "fault", "y", "warn"))  # fmt: skip
    top = draw_top(("range_check", "window", "limit_check", "in_window"), rng)
    face = Interface(top, (Port(x, width),), (Port(y),))
    number = _number(x, is_signed)

    def const(value: int) -> str:
        if is_signed:
            return f"-{width}'sd{-value}" if value < 0 else f"{width}'sd{value}"
        return f"{width}'d{value}"

    tests = {
        "both": f"({number} >= {const(low)}) && ({number} <= {const(high)})" if inside
        else f"({number} < {const(low)}) || ({number} > {const(high)})",
        "below": f"{number} {'<' if inside else '>='} {const(high)}",
        "above": f"{number} {'>' if inside else '<='} {const(low)}",
    }  # fmt: skip
    mask = (1 << width) - 1
    first = {"both": low, "below": least, "above": low + 1}[style]
    last = {"both": high, "below": high - 1, "above": most}[style]
    second = (
        f"wire [{width - 1}:0] offset_ = {x} - {width}'d{first & mask};\n"
        f"assign {y} = {'' if inside else '!'}(offset_ <= {width}'d{last - first});"
    )

    def function(given: Values) -> Outputs:
        value = signed(given[x], width) if is_signed else given[x]
        return {y: int((first <= value <= last) == inside)}

    says = _window_says((style, x, y), high, inside, is_signed, low, width)
    key = f"{width} {is_signed} {style} {inside} {first} {last}"
    return pure(key, face, says, f"assign {y} = {tests[style]};", second, function,
                stimuli=near(face.inputs, {x}, (low, high, first - 1, last + 1)))  # fmt: skip


def _window_says(
    names: tuple[str, ...], high: int, inside: bool, is_signed: bool, low: int, width: int
) -> Says:
    style, x, y = names
    kind = "signed[ (two's complement)|]" if is_signed else "unsigned"
    fact = {
        "both": f"[from {low} to {high}, both included|between {low} and {high} (inclusive)|"
                f"at least {low} and at most {high}]" if inside
        else f"[less than {low} or greater than {high}|outside the range {low} to {high}]",
        "below": f"[less than|below] {high}" if inside else f"[at least|not less than] {high}",
        "above": f"[greater than|above] {low}" if inside else f"[at most|not greater than] {low}",
    }[style]  # fmt: skip
    when = f"{x} is {fact}"
    return Says(
        brief=(
            f"{y} is 1 [if|when] the {kind} number {when}[, otherwise 0|]",
            f"[set|raise] {y} [if and only if|exactly when] {when} ({x} is {kind}, {width} bits)",
            f"for the {kind} {width}-bit input, {y} = 1 when {when}, else 0",
            f"the flag {y} tells that {when}; {x} is taken as {kind}",
        ),
        points=((f"take {x} as {kind}", f"{x} holds {kind} numbers"),
                (f"{y} is 1 [if|when] {when}", f"{y} is high only [if|when] {when}")),
    )  # fmt: skip


def _bounds(rng: Random) -> Case:
    width, is_signed = rng.choice(WIDTHS), rng.random() < 0.3
    ends = rng.choice((">= <=", ">= <", "> <", "> <=")).split()
    x, low, high, y = distinct(
        rng, WORDS, ("lo hi", "low high", "lower upper", "from_v to_v", "bottom ceiling",
                     "l_lim u_lim"), (*FLAGS, "within_lim", "in_range"))  # fmt: skip
    face = Interface(draw_top(("between", "range_test", "window_cmp", "in_bounds"), rng),
                     ports((x, low, high), width), (Port(y),))  # fmt: skip
    sx, sl, sh = (_number(name, is_signed) for name in (x, low, high))
    reference = f"assign {y} = ({sx} {ends[0]} {sl}) && ({sx} {ends[1]} {sh});"
    inverse = {">=": "<", ">": "<=", "<=": ">", "<": ">="}
    second = f"assign {y} = ~(({sx} {inverse[ends[0]]} {sl}) | ({sx} {inverse[ends[1]]} {sh}));"

    def function(given: Values) -> Outputs:
        a, b, c = ((signed(given[n], width) if is_signed else given[n]) for n in (x, low, high))
        return {y: int(PYTHON[ends[0]](a, b) and PYTHON[ends[1]](a, c))}

    kind = "signed" if is_signed else "unsigned"
    fact = f"{x} is {TESTS[ends[0]][1]} {low} and {TESTS[ends[1]][1]} {high}"
    says = Says(
        brief=(
            f"{y} is 1 [if|when] {fact}, all taken as {kind} numbers",
            f"{y} = ({x} {ends[0]} {low}) and ({x} {ends[1]} {high}), {kind} compares of "
            f"{width}-bit numbers",
            f"[tell|show] on {y} whether {fact} ({kind})",
        ),
        points=((f"all three inputs are {kind} numbers",), (f"{y} is high if {fact}",)),
    )  # fmt: skip
    return pure(f"{width} {is_signed} {ends}", face, says, reference, second, function,
                stimuli=near(face.inputs, {x, low, high}))  # fmt: skip


FAMILIES: Final = (
    Family("comparator", "compare", _compare),
    Family("range check", "compare", _window),
    Family("range check with inputs", "compare", _bounds, held_out=True),
)
