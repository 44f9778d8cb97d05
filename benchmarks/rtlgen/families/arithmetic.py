"""Products, multiples, quotients by constants, rounding and sign-magnitude numbers."""

from __future__ import annotations

from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Interface, Port
from ..machine import Outputs, Values
from ..names import draw_top
from .pure import PAIRS, WORDS, distinct, near, pure, signed, sized

PRODUCTS: Final = ("p", "product", "prod", "y", "out", "result", "z", "mul_out", "o")


def _multiplier(rng: Random) -> Case:
    wide, thin = rng.randint(2, 8), rng.randint(2, 8)
    thin = wide if rng.random() < 0.6 else thin
    is_signed = rng.random() < 0.35
    form = rng.choice(("full", "full", "full", "low", "high" if not is_signed else "full"))
    a, b, y = distinct(rng, PAIRS, PRODUCTS)
    both = wide + thin
    out = {"full": both, "low": wide, "high": wide}[form]
    face = Interface(draw_top(("multiplier", f"mult{wide}", "mul", f"mul_{wide}x{thin}"), rng),
                     (Port(a, wide), Port(b, thin)), (Port(y, out),))  # fmt: skip
    value = f"$signed({a}) * $signed({b})" if is_signed else f"{a} * {b}"
    reference = f"assign {y} = {value};"
    if form == "high":
        reference = (f"wire [{both - 1}:0] full = {value};\n"
                     f"assign {y} = full[{both - 1}:{both - wide}];")  # fmt: skip
    fill = f"{{{{{thin}{{{a}[{wide - 1}]}}}}, {a}}}" if is_signed else a
    last = f"    if (i == {thin - 1}) s_ = -s_;\n" if is_signed else ""
    second = (
        f"reg [{both - 1}:0] t_, s_;\ninteger i;\nalways @(*) begin\n  t_ = 0;\n"
        f"  for (i = 0; i < {thin}; i = i + 1) begin\n    s_ = {fill};\n    s_ = s_ << i;\n{last}"
        f"    if ({b}[i]) t_ = t_ + s_;\n  end\nend\n"
        f"assign {y} = t_{f'[{both - 1}:{both - wide}]' if form == 'high' else ''};"
    )

    def function(given: Values) -> Outputs:
        one, other = given[a], given[b]
        if is_signed:
            one, other = signed(one, wide), signed(other, thin)
        value = one * other % (1 << both)
        return {y: value >> thin if form == "high" else value % (1 << out)}

    says = _multiplier_says((a, b, form, y), both, is_signed, thin, wide)
    return pure(f"{wide} {thin} {is_signed} {form}", face, says, reference, second, function,
                stimuli=near(face.inputs, {a, b}, (1 << wide - 1, 1 << thin - 1)))  # fmt: skip


def _multiplier_says(
    names: tuple[str, ...], both: int, is_signed: bool, thin: int, wide: int
) -> Says:
    a, b, form, y = names
    kind = "signed (two's complement)" if is_signed else "unsigned"
    sizes = f"{wide}-bit numbers" if wide == thin else "numbers"
    rest = {
        "full": f"{y} is the full {both}-bit product", "low": f"{y} is the low {wide} bits of the "
        f"product", "high": f"{y} is the upper {wide} of the {both} bits of the product",
    }[form]  # fmt: skip
    return Says(
        brief=(
            f"[multiply|the module multiplies] the {kind} {sizes} {a} and {b}; {rest}",
            f"{wide} by {thin} bit {kind} multiplier: {rest} {a} * {b}",
            f"{rest} of the {kind} {sizes} {a} and {b}",
            f"{a} times {b}, both {kind}; {rest}",
        ),
        points=((f"{a} and {b} are {kind} numbers", f"the multiplication is {kind}"),
                (f"{y} is {a} * {b}" if form == "full" else rest, rest)),
    )  # fmt: skip


def _linear(rng: Random) -> Case:
    width = rng.choice((*range(3, 13), 4, 8, 8, 16))
    times, plus = rng.choice((3, 5, 6, 7, 9, 10, 11, 12, 13, 15, *range(17, 100, 3))), 0
    if rng.random() < 0.5:
        plus = rng.randint(1, 99)
    most = times * ((1 << width) - 1) + plus
    exact = rng.random() < 0.75
    out = most.bit_length() if exact else max(width, times.bit_length(), plus.bit_length())
    x, y = distinct(rng, WORDS, PRODUCTS)
    face = Interface(draw_top((f"times{times}", "scale", "mul_const", "linear"), rng),
                     (Port(x, width),), (Port(y, out),))  # fmt: skip
    value = f"{x} * {out}'d{times}" + (f" + {out}'d{plus}" if plus else "")
    parts = [f"(w_ << {n})" if n else "w_" for n in range(times.bit_length()) if times >> n & 1]
    second = (f"wire [{out - 1}:0] w_ = {x};\nassign {y} = {' + '.join(parts)}"
              f"{f' + {plus}' if plus else ''};")  # fmt: skip
    formula = f"{times} * {x}" + (f" + {plus}" if plus else "")
    rest = (
        f"{out} bits are enough for every value" if exact else f"the result is taken modulo 2^{out}"
    )
    times_word = f"{times} times {x}" + (f" plus {plus}" if plus else "")
    says = Says(
        brief=(
            f"{y} is {times_word} ({x} unsigned); {rest}",
            f"{y} = {formula}, unsigned; {rest}",
            f"[compute|form] {formula} for the unsigned {width}-bit input; {y} has {out} bits"
            f"{'' if exact else ', higher bits are dropped'}",
            f"the unsigned {x} is multiplied by the constant {times}"
            f"{f', then {plus} is added' if plus else ''}. {rest}. The result is {y}".replace(
                ". the", ". The"),
        ),
        points=((f"{x} is unsigned",), (f"{y} is {formula}", f"{y} is {times_word}"), (rest,)),
    )  # fmt: skip
    return pure(f"{width} {times} {plus} {out}", face, says, f"assign {y} = {value};", second,
                lambda given: {y: (given[x] * times + plus) % (1 << out)})  # fmt: skip


def _dot(rng: Random) -> Case:
    width, kind = rng.randint(2, 6), rng.choice(("two products", "product plus", "squares"))
    thin = width if kind == "squares" or rng.random() < 0.4 else rng.randint(2, 6)
    a, b, c, d, y = distinct(rng, ("a b c d", "x0 y0 x1 y1", "a0 b0 a1 b1", "p q u v", "A B C D"),
                             PRODUCTS)  # fmt: skip
    names = {"two products": (a, b, c, d), "product plus": (a, b, c), "squares": (a, b)}[kind]
    out = width + thin + 1
    inputs = tuple(Port(n, thin if n in (b, d) and kind != "squares" else width) for n in names)
    top = draw_top(("mac", "dot2", "mul_add", "sum_of_products"), rng)
    face = Interface(top, inputs, (Port(y, out),))
    value = {"two products": f"{a} * {b} + {c} * {d}", "product plus": f"{a} * {b} + {c}",
             "squares": f"{a} * {a} + {b} * {b}"}[kind]  # fmt: skip
    pairs = {"two products": ((a, b), (c, d)), "product plus": ((a, b),),
             "squares": ((a, a), (b, b))}[kind]  # fmt: skip
    start = c if kind == "product plus" else "0"
    second = f"reg [{out - 1}:0] t_;\ninteger i;\nalways @(*) begin\n  t_ = {start};\n" + "".join(
        f"  for (i = 0; i < {width}; i = i + 1) if ({one}[i]) t_ = t_ + ({other} << i);\n"
        for one, other in pairs) + f"end\nassign {y} = t_;"  # fmt: skip

    def function(given: Values) -> Outputs:
        total = given[c] if kind == "product plus" else 0
        return {y: total + sum(given[one] * given[other] for one, other in pairs)}

    words = {"two products": f"the sum of the products {a} * {b} and {c} * {d}",
             "product plus": f"the product of {a} and {b}, plus {c}",
             "squares": f"the sum of the squares of {a} and {b}"}[kind]  # fmt: skip
    says = Says(
        brief=(
            f"{y} is {words}, all unsigned; {out} bits hold it exactly",
            f"{y} = {value} for unsigned inputs, without loss",
            f"[compute|form] {words} as {sized(out)} unsigned number {y}",
        ),
        points=(("all numbers are unsigned",), (f"{y} is {words}", f"{y} = {value}")),
    )  # fmt: skip
    return pure(f"{width} {thin} {kind}", face, says, f"assign {y} = {value};", second,
                function)  # fmt: skip


def _divide(rng: Random) -> Case:
    width, by = rng.choice((4, 5, 6, 7, 8, 8, 10)), rng.choice((3, 5, 6, 7, 9, 10, 11, 12, 13, 15))
    form = rng.choice(("both", "quotient", "rest", "multiple"))
    x, q, r, f = distinct(rng, WORDS, ("q", "quot", "quotient", "div", "whole"),
                          ("r", "rem", "rest", "modulo", "left_over"),
                          ("multiple", "divisible", "y", "hit", "fits"))  # fmt: skip
    most = (1 << width) - 1
    quotient, rest = Port(q, (most // by).bit_length()), Port(r, (by - 1).bit_length())
    outputs = {"both": (quotient, rest), "quotient": (quotient,), "rest": (rest,),
               "multiple": (Port(f),)}[form]  # fmt: skip
    face = Interface(draw_top((f"div{by}", f"mod{by}", "divide_const", "split_number"), rng),
                     (Port(x, width),), outputs)  # fmt: skip
    lines = {q: f"assign {q} = {x} / {width}'d{by};", r: f"assign {r} = {x} % {width}'d{by};",
             f: f"assign {f} = ({x} % {width}'d{by}) == {width}'d0;"}  # fmt: skip
    reference = "\n".join(lines[port.name] for port in outputs)
    second = (f"reg [{width - 1}:0] n_, k_;\ninteger i;\nalways @(*) begin\n  n_ = {x};\n  k_ "
              f"= 0;\n"
              f"  for (i = 0; i < {most // by}; i = i + 1) if (n_ >= {by}) begin\n    n_ = n_ "
              f"- {by};"
              "\n    k_ = k_ + 1;\n  end\nend\n")  # fmt: skip
    ends = {q: "k_", r: "n_", f: "n_ == 0"}
    second += "\n".join(f"assign {port.name} = {ends[port.name]};" for port in outputs)

    def function(given: Values) -> Outputs:
        whole, left = divmod(given[x], by)
        found = {q: whole, r: left, f: int(left == 0)}
        return {port.name: found[port.name] for port in outputs}

    facts = {q: f"{q} is the [integer|whole] quotient of {x} divided by {by}",
             r: f"{r} is the remainder of {x} divided by {by}",
             f: f"{f} is 1 [if|when] {x} is divisible by {by} (0 is), else 0"}  # fmt: skip
    said = " and ".join(facts[port.name] for port in outputs)
    says = Says(
        brief=(f"{said} ({x} is unsigned)", f"for the unsigned {width}-bit number {x}: {said}",
               f"divide by the constant {by}, unsigned: {said}",
               f"unsigned division of {x} by {by}; {said}"),
        points=((f"{x} is unsigned",), *((facts[port.name],) for port in outputs)),
    )  # fmt: skip
    return pure(f"{width} {by} {form}", face, says, reference, second, function, cycles=400)


FAMILIES: Final = (
    Family("multiplier", "arithmetic", _multiplier),
    Family("linear function", "arithmetic", _linear),
    Family("sum of products", "arithmetic", _dot, held_out=True),
    Family("division by a constant", "arithmetic", _divide, weight=0.7),
)
