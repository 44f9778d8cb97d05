"""Subtractors and what is made of them: add/subtract, steps, negation, absolute values."""

from __future__ import annotations

from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Interface, Port
from ..machine import Outputs, Values
from ..names import draw_top
from .pure import (
    ENABLES,
    PAIRS,
    RESULTS,
    SELECTS,
    WORDS,
    distinct,
    near,
    ports,
    pure,
    signed,
    sized,
)

DIFFS: Final = ("diff", "diff", "d", "result", "y", "out", "difference", "o_diff", "res")
ZEROS: Final = ("zero", "is_zero", "zf", "nil")
WIDTHS: Final = (*range(2, 17), 4, 8, 8, 16, 20, 24, 32, 32)


def _subtractor(rng: Random) -> Case:
    width, has_in = rng.choice(WIDTHS), rng.random() < 0.35
    has_out = rng.random() < 0.7
    a, b, c, d, k = distinct(rng, PAIRS, ("bin", "bi", "borrow_in", "b_in", "i_borrow"), DIFFS,
                             ("bout", "borrow", "bo", "borrow_out", "b_out", "neg"))  # fmt: skip
    inputs = (*ports((a, b), width), *(ports((c,)) if has_in else ()))
    outputs = (Port(d, width), *(ports((k,)) if has_out else ()))
    top = draw_top((f"sub{width}", "subtractor", f"sub_{width}bit", "sub_unit"), rng)
    face = Interface(top, inputs, outputs)
    total = f"{a} - {b}" + (f" - {c}" if has_in else "")
    second = (
        f"wire [{width}:0] full_ = {{1'b0, {a}}} + ~{{1'b0, {b}}} + {f'!{c}' if has_in else 1};\n"
        f"assign {d} = full_[{width - 1}:0];"
    ) + (f"\nassign {k} = full_[{width}];" if has_out else "")

    def function(given: Values) -> Outputs:
        value = given[a] - given[b] - (given[c] if has_in else 0)
        return {d: value % (1 << width), **({k: int(value < 0)} if has_out else {})}

    says = _subtractor_says((a, b, c, d, k, total), has_in, has_out, width)
    target = f"{{{k}, {d}}}" if has_out else d
    return pure(f"{width} {has_in} {has_out}", face, says, f"assign {target} = {total};", second,
                function, stimuli=near(inputs, {a, b}))  # fmt: skip


def _subtractor_says(names: tuple[str, ...], has_in: bool, has_out: bool, width: int) -> Says:
    a, b, c, d, k, total = names
    more = f" and the borrow in {c}" if has_in else ""
    less = f"{b} + {c}" if has_in else b
    rest = (f"{k} is the borrow out: [1|high] [if|when] {a} is [less|smaller] than {less}[, as "
            f"unsigned numbers|]" if has_out
            else f"the result wraps modulo 2^{width}[, there is no borrow output|]")  # fmt: skip
    return Says(
        brief=(
            f"[subtract|take] {b}{more} from {a} ({width}-bit unsigned numbers) to give {d}; "
            f"{rest}",
            f"{width}-bit subtractor, {d} = {total}; {rest}",
            f"[build|design] {sized(width)} subtractor [for|that computes] {total}, [with the "
            f"difference|the difference being] on {d}; {rest}",
            f"the difference {total} is [driven|put] onto {d} ({width} bits); {rest}",
        ),
        points=(
            (f"{d} is {total}", f"{b}{more} is subtracted from {a} and {d} shows the difference"
             if not has_in else f"{b}{more} are subtracted from {a}, giving {d}"),
            (rest,),
        ),
        ports={a: "what is subtracted from", b: "what is subtracted", d: "difference"},
    )  # fmt: skip


def _add_subtract(rng: Random) -> Case:
    return _modes(rng, flags=False)


def _add_subtract_flags(rng: Random) -> Case:
    return _modes(rng, flags=True)


def _modes(rng: Random, *, flags: bool) -> Case:
    width, minus = rng.choice(WIDTHS), rng.choice((1, 1, 0))
    a, b, m, y, z = distinct(rng, PAIRS, (*SELECTS, "sub", "do_sub") if minus else
                             (*SELECTS, "add", "do_add"), RESULTS, ZEROS)  # fmt: skip
    flag = rng.choice(("zero", "negative")) if flags else ""
    if flag == "negative":
        z = rng.choice(("negative", "neg", "nf", "minus", "sign_flag"))
    outputs = (Port(y, width), *(ports((z,)) if flags else ()))
    top = draw_top(("addsub", f"add_sub_{width}", "adder_subtractor", "arith_unit"), rng)
    face = Interface(top, (*ports((a, b), width), Port(m)), outputs)
    one, other = (f"{a} - {b}", f"{a} + {b}") if minus else (f"{a} + {b}", f"{a} - {b}")
    reference = f"assign {y} = {m} ? {one} : {other};"
    turned = m if minus else f"!{m}"
    second = f"assign {y} = {a} + ({b} ^ {{{width}{{{turned}}}}}) + {turned};"
    if flag == "zero":
        reference += f"\nassign {z} = {y} == {width}'d0;"
        second += f"\nassign {z} = ~|{y};"
    elif flag:
        reference += f"\nassign {z} = {y}[{width - 1}];"
        second += f"\nassign {z} = $signed({y}) < 0;"

    def function(given: Values) -> Outputs:
        difference = given[m] == minus
        value = (given[a] - given[b] if difference else given[a] + given[b]) % (1 << width)
        told = int(value == 0) if flag == "zero" else value >> (width - 1)
        return {y: value, **({z: told} if flags else {})}

    says = _modes_says((flag, m, one, other, y, z), minus, width)
    return pure(f"{width} {minus} {flag}", face, says, reference, second, function,
                stimuli=near(face.inputs, {a, b}))  # fmt: skip


def _modes_says(names: tuple[str, ...], minus: int, width: int) -> Says:
    flag, m, one, other, y, z = names
    tell = {"": "", "zero": f"; {z} is [1|high] [when|if] the result {y} is zero",
            "negative": f"; {z} is the sign bit (most significant bit) of {y}"}[flag]  # fmt: skip
    off, on = ("add", "subtract") if minus else ("subtract", "add")
    return Says(
        brief=(
            f"[if|when] {m} is 1, {y} is {one}, otherwise {y} is {other}{tell}",
            f"{width}-bit adder/subtractor[ with a mode input|]: {m} = 0 gives {other}, {m} = 1 "
            f"gives {one} on {y}, modulo 2^{width}{tell}",
            f"{m} [selects|chooses] what is done with the {width}-bit operands: {off} for 0 "
            f"({y} = {other}), {on} for 1 ({y} = {one}){tell}. Carries out are dropped",
            f"the unit either adds or subtracts. It {on}s ({one}) while {m} is high and {off}s "
            f"({other}) while {m} is low, and puts the result on {y}{tell}",
        ),
        points=(
            (f"{m} = 1: {y} = {one}", f"with {m} [high|at 1], {y} is {one}"),
            (f"{m} = 0: {y} = {other}", f"with {m} [low|at 0], {y} is {other}"),
            ("carry and borrow are dropped", f"the result is taken modulo 2^{width}"),
            *(((tell[2:],),) if tell else ()),
        ),
    )  # fmt: skip


def _step(rng: Random) -> Case:
    width, minus = rng.choice(WIDTHS), rng.random() < 0.45
    by = 1 if rng.random() < 0.5 else rng.randint(1, min(20, (1 << width) - 1))
    control = rng.choice(("", "", "enable", "direction"))
    x, y, e = distinct(rng, WORDS, RESULTS, ENABLES if control == "enable" else
                       (("up", "inc", "add", "plus", "dir") if not minus else
                        ("down", "dec", "minus", "sub", "dir")))  # fmt: skip
    inputs = (Port(x, width), *(ports((e,)) if control else ()))
    top = draw_top(("step_unit", "decrementer" if minus else "incrementer", f"next{width}"), rng)
    face = Interface(top, inputs, (Port(y, width),))
    sign, back = ("-", "+") if minus else ("+", "-")
    value, undo = f"{x} {sign} {width}'d{by}", f"{x} {back} {width}'d{by}"
    other = {"enable": x, "direction": undo}.get(control, "")
    reference = f"assign {y} = {f'{e} ? {value} : {other}' if control else value};"
    low = (-by if minus else by) % (1 << width)
    choice = {"enable": f"({width}'d{low} & {{{width}{{{e}}}}})",
              "direction": f"(({width}'d{low} ^ {{{width}{{!{e}}}}}) + !{e})"}  # fmt: skip
    second = f"assign {y} = {x} + {choice.get(control, f'{width}' + chr(39) + f'd{low}')};"

    def function(given: Values) -> Outputs:
        change = -by if minus else by
        if control and not given[e]:
            change = 0 if control == "enable" else -change
        return {y: (given[x] + change) % (1 << width)}

    says = _step_says((control, e, sign, undo, x, y), by, minus, width)
    return pure(f"{width} {minus} {by} {control}", face, says, reference, second, function)


def _step_says(names: tuple[str, ...], by: int, minus: bool, width: int) -> Says:
    control, e, sign, undo, x, y = names
    rest = {
        "": "",
        "enable": f" [while|when|if] {e} is 1; [while|when|if] {e} is 0, {y} is {x} unchanged",
        "direction": f" [while|when|if] {e} is 1 and {undo.replace(f'{width}' + chr(39) + 'd', '')}"
                     f" [while|when|if] it is 0",
    }[control]  # fmt: skip
    plain = f"{x} {sign} {by}"
    wrap = f"[the result wraps|it wraps] modulo 2^{width}"
    verb = "decrement" if minus else "increment"
    return Says(
        brief=(
            f"{y} is {plain}{rest}; {wrap}",
            f"{sized(width)[2:].strip()} {verb}er by {by}: {y} = {plain}{rest}. Overflow wraps",
            f"[output|give] {plain} on {y}{rest}, keeping {width} bits",
            f"the value of {x} is {verb}ed by {by}{rest} and driven onto {y}; {wrap}"
            if not control else f"{y} is driven with {plain}{rest}; {wrap}",
        ),
        points=((f"{y} is {plain}{rest}", f"the output {y} shows {plain}{rest}"),
                (wrap, f"only the low {width} bits of the result are kept")),
    )  # fmt: skip


def _negate(rng: Random) -> Case:
    return _magnitude(rng, rng.choice(("negate", "negate", "choose")))


def _absolute(rng: Random) -> Case:
    return _magnitude(rng, rng.choice(("abs", "abs", "minus abs")))


def _magnitude(rng: Random, kind: str) -> Case:
    width, flag = rng.choice((*range(3, 17), 4, 8, 8, 16, 24, 32)), rng.random() < 0.3
    x, y, e, v = distinct(rng, WORDS, RESULTS, (*ENABLES, "neg", "negate", "invert_sign"),
                          ("overflow", "ovf", "v", "most_negative", "oflow"))  # fmt: skip
    inputs = (Port(x, width), *(ports((e,)) if kind == "choose" else ()))
    outputs = (Port(y, width), *(ports((v,)) if flag else ()))
    names = ("absolute", "abs_value", f"abs{width}") if "abs" in kind else ("negate", "neg", "twos")
    face = Interface(draw_top((*names, "sign_unit"), rng), inputs, outputs)
    sign, most = f"{x}[{width - 1}]", 1 << (width - 1)
    reference = "assign " + {
        "negate": f"{y} = -{x};", "choose": f"{y} = {e} ? -{x} : {x};",
        "abs": f"{y} = {sign} ? -{x} : {x};", "minus abs": f"{y} = {sign} ? {x} : -{x};",
    }[kind]  # fmt: skip
    when = {"negate": "1'b1", "choose": e, "abs": sign, "minus abs": f"!{sign}"}[kind]
    second = f"assign {y} = ({x} ^ {{{width}{{{when}}}}}) + {when};"
    if flag:
        reference += f"\nassign {v} = {x} == {width}'d{most};"
        second += f"\nassign {v} = {sign} & ~|{x}[{width - 2}:0];"

    def function(given: Values) -> Outputs:
        number = signed(given[x], width)
        found = {"negate": -number, "choose": -number if kind == "choose" and given[e] else number,
                 "abs": abs(number), "minus abs": -abs(number)}[kind]  # fmt: skip
        return {y: found % (1 << width), **({v: int(number == -most)} if flag else {})}

    says = _magnitude_says((e, kind, v, x, y), flag, most, width)
    return pure(f"{kind} {width} {flag}", face, says, reference, second, function,
                stimuli=near(inputs, {x}, (most, 0)))  # fmt: skip


def _magnitude_says(names: tuple[str, ...], flag: bool, most: int, width: int) -> Says:
    e, kind, v, x, y = names
    what = {
        "negate": f"the [negative|two's complement] of {x}, i.e. -{x}",
        "choose": f"-{x} [when|if] {e} is 1 and {x} [when|if] {e} is 0",
        "abs": f"the absolute value of {x}",
        "minus abs": f"the negated absolute value of {x} ({x} if it is negative, else -{x})",
    }[kind]
    rest = f"; {v} is [1|high] only [if|when] {x} is -{most}" if flag else ""
    return Says(
        brief=(
            f"{x} is a [signed|two's complement] {width}-bit number; {y} is {what}, {width} bits"
            f"{rest}",
            f"{y} = {what}. {x} is [signed, two's complement|a two's complement number], and the "
            f"result has {width} bits, too{rest}",
            f"[compute|give] {what} on {y}[,|] for the signed {width}-bit input {x}{rest}",
            f"for a two's complement input of {width} bits, {y} shall be {what}{rest}",
        ),
        points=(
            (f"{x} is a signed number [in two's complement|of {width} bits]",),
            (f"{y} is {what}", f"the output {y} is {what}"),
            *(((rest[2:],),) if flag else ((f"-{most} has no positive counterpart and keeps its "
               "bits", f"for -{most} the result wraps to the same bits"),)),
        ),
    )  # fmt: skip


FAMILIES: Final = (
    Family("subtractor", "adders", _subtractor),
    Family("adder/subtractor", "adders", _add_subtract),
    Family("adder/subtractor with flag", "adders", _add_subtract_flags, held_out=True),
    Family("step by a constant", "adders", _step),
    Family("negate", "adders", _negate, weight=0.7),
    Family("absolute value", "adders", _absolute, weight=0.7),
)
