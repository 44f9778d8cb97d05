"""Adders: of bits, words, several operands, out of smaller adders, with overflow or a limit."""

from __future__ import annotations

from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Interface, Port
from ..machine import Outputs, Values
from ..names import draw_top
from ..tables import truth_table
from .pure import PAIRS, distinct, near, ports, pure, signed, sized

CARRIES_IN: Final = ("cin", "cin", "ci", "c_in", "carry_in", "Cin", "i_carry")
CARRIES_OUT: Final = ("cout", "cout", "co", "c_out", "carry_out", "carry", "Cout", "o_carry")
SUMS: Final = ("sum", "sum", "s", "result", "y", "total_out", "out", "S", "o_sum", "res")
OPERANDS: Final = (
    "a b c d", "w x y z", "in0 in1 in2 in3", "p q r t", "d0 d1 d2 d3", "A B C D", "n1 n2 n3 n4",
    "x0 x1 x2 x3", "term1 term2 term3 term4", "i_a i_b i_c i_d",
)  # fmt: skip
WIDTHS: Final = (*range(2, 17), 4, 8, 8, 16, 16, 20, 24, 32, 32, 48, 64)


def _bits(rng: Random) -> Case:
    full, minus = rng.random() < 0.5, rng.random() < 0.35
    form = rng.choice(("two", "two", "pair"))
    a, b, c, s, k = distinct(
        rng, PAIRS, ("bin", "borrow_in", "bi") if minus else CARRIES_IN,
        ("diff", "d", "D", "out") if minus else SUMS,
        ("bout", "borrow", "bo", "borrow_out") if minus else CARRIES_OUT)  # fmt: skip
    inputs = ports((a, b, c) if full else (a, b))
    outputs = ports((s, k)) if form == "two" else (Port(s, 2),)
    size, verb = "full" if full else "half", "subtractor" if minus else "adder"
    top = draw_top((f"{size}_{verb}", f"{size}{verb}", f"{size[0]}{verb[0]}", "bit_cell"), rng)
    face = Interface(top, inputs, outputs)
    sign = "-" if minus else "+"
    total = f" {sign} ".join(port.name for port in inputs)
    reference = f"assign {f'{{{k}, {s}}}' if form == 'two' else s} = {total};"
    low = " ^ ".join(port.name for port in inputs)
    na = f"~{a}" if minus else a
    high = f"({na} & {b})" + (f" | ({c} & ({na} | {b}))" if full else "")
    second = (f"assign {s} = {low};\nassign {k} = {high};" if form == "two"
              else f"assign {s}[0] = {low};\nassign {s}[1] = {high};")  # fmt: skip

    def function(given: Values) -> Outputs:
        rest = given[b] + (given[c] if full else 0)
        value = (given[a] - rest if minus else given[a] + rest) % 4
        return {s: value & 1, k: value >> 1} if form == "two" else {s: value}

    rows = [((n >> 2 & 1, n >> 1 & 1, n & 1) if full else (n >> 1 & 1, n & 1))
            for n in range(8 if full else 4)]  # fmt: skip
    names = [port.name for port in inputs]
    shown = [(row, list(function(dict(zip(names, row, strict=True))).values())) for row in rows]
    tables = (truth_table(names, (s, k), shown),) if form == "two" else ()
    says = _bits_says((a, b, c, form, k, s, size, total, verb), full, minus, tables)
    return pure(f"{size} {verb} {form} {len(tables)}", face, says, reference, second, function)


def _bits_says(names: tuple[str, ...], full: bool, minus: bool, tables: tuple[str, ...]) -> Says:
    a, b, c, form, k, s, size, total, verb = names
    carry = "borrow" if minus else "carry"
    first, then = (f"{s} is", f"{k} is") if form == "two" else (f"{s}[0] is", f"{s}[1] is")
    word = "difference" if minus else "sum"
    taken = f"{a} minus {b}" if minus else f"{a} plus {b}"
    more = f" {'minus' if minus else 'plus'} the {carry} in {c}" if full else ""
    return Says(
        brief=(
            f"[this is|implement|we need] a one-bit {size} {verb}: {first} the {word} bit and "
            f"{then} the {carry}[ out|] of {taken}{more}",
            f"[compute|form] {taken}{more} [for single bits|on one-bit operands]. The low bit of "
            f"the result is [given|output] on {first[:-3]}, the {carry} on {then[:-3]}",
            f"one-bit {size} {verb} ({total}); {first} the {word}, {then} the {carry} out",
            f"{size} {verb} for single bits, computing {total}. The {word} bit appears on "
            f"{first[:-3]} and the {carry} on {then[:-3]}",
        ),
        points=(
            (f"it is a {size} {verb} of one-bit operands: {total}",
             f"the operation is {taken}{more}, all of them single bits"),
            (f"{first} the {word} bit", f"the {word} bit goes to {first[:-3]}"),
            (f"{then} the {carry} out", f"the {carry} goes to {then[:-3]}"),
        ),
        tables=tables,
    )  # fmt: skip


def _adder(rng: Random) -> Case:
    width, has_in = rng.choice(WIDTHS), rng.random() < 0.45
    form = rng.choice(("drop", "carry", "carry", "wide"))
    a, b, c, s, k = distinct(rng, PAIRS, CARRIES_IN, SUMS, CARRIES_OUT)
    inputs = (*ports((a, b), width), *(ports((c,)) if has_in else ()))
    outputs = (Port(s, width + (form == "wide")), *(ports((k,)) if form == "carry" else ()))
    top = draw_top((f"adder{width}", "adder", f"add_{width}bit", "add_unit", "sum_unit"), rng)
    face = Interface(top, inputs, outputs)
    total = f"{a} + {b}" + (f" + {c}" if has_in else "")
    target = f"{{{k}, {s}}}" if form == "carry" else s
    shown = {"carry": "chain_[W], x_", "wide": "chain_[W], x_", "drop": "x_"}[form]
    second = (
        f"localparam W = {width};\nreg [W:0] chain_;\nreg [W-1:0] x_;\ninteger i;\n"
        f"always @(*) begin\n  chain_[0] = {c if has_in else 0};\n  for (i = 0; i < W; i = i + 1)"
        f" begin\n    x_[i] = {a}[i] ^ {b}[i] ^ chain_[i];\n    chain_[i+1] = ({a}[i] & {b}[i]) | "
        f"(({a}[i] | {b}[i]) & chain_[i]);\n  end\nend\nassign {target} = {{{shown}}};"
    )

    def function(given: Values) -> Outputs:
        value = given[a] + given[b] + (given[c] if has_in else 0)
        if form == "wide":
            return {s: value}
        return {s: value % (1 << width), **({k: value >> width} if form == "carry" else {})}

    says = _adder_says((a, b, c, form, k, s, total), has_in, width)
    return pure(f"{width} {has_in} {form}", face, says, f"assign {target} = {total};", second,
                function, stimuli=near(inputs, {a, b}))  # fmt: skip


def _adder_says(names: tuple[str, ...], has_in: bool, width: int) -> Says:
    a, b, c, form, k, s, total = names
    more = f" and the carry in {c}" if has_in else ""
    rest = {
        "carry": f"{k} is the carry out [of the top bit|of the addition|]",
        "wide": f"{s} has {width + 1} bits, so that [no carry is lost|the carry is its top bit]",
        "drop": "[the carry out is dropped|the result wraps around|the carry out of the top "
                "bit is ignored]",
    }[form]  # fmt: skip
    return Says(
        brief=(
            f"[add|sum] the {width}-bit [unsigned |]numbers {a} and {b}{more} [to give|into] {s}; "
            f"{rest}",
            f"{width}-bit adder: {s} = {total}; {rest}",
            f"[design|build] {sized(width)} [binary |]adder [that computes|for] {total} [on|as] "
            f"{s}. {rest}",
            f"the sum {total} of {width}-bit operands [is output|appears] on {s}; {rest}",
        ),
        points=(
            (f"{a} and {b}{more} are added", f"{s} is {total}",
             f"the output {s} gives the sum {total}"),
            (rest,),
        ),
        ports={a: "first operand", b: "second operand", s: "the sum", c: "carry in"},
    )  # fmt: skip


def _several(rng: Random) -> Case:
    count, width = rng.choice((3, 3, 4)), rng.randint(1, 16)
    wide = rng.random() < 0.7
    *names, y = distinct(rng, [" ".join(names.split()[:count]) for names in OPERANDS], SUMS)
    out = width + (2 if wide else 0)
    top = draw_top((f"add{count}", f"sum{count}", "multi_adder", f"adder_{count}way"), rng)
    face = Interface(top, ports(names, width), (Port(y, out),))
    total = " + ".join(names)
    second = (
        f"reg [{out - 1}:0] acc_;\nalways @(*) begin\n"
        + "".join(f"  acc_ = {'acc_' if at else 0} - ~{{{out}'d0 | {n}}} - 1'b1;\n"
                  for at, n in enumerate(names))
        + f"end\nassign {y} = acc_;"
    )  # fmt: skip
    listed = f"{', '.join(names[:-1])} and {names[-1]}"
    rest = (f"{y} is {out} bits wide, so the sum [is exact|never overflows]" if wide
            else f"only the low {out} bits of the sum are kept" if out > 1
            else "only the lowest bit of the sum is kept")  # fmt: skip
    operands = f"{width}-bit [unsigned |]numbers" if width > 1 else "bits"
    says = Says(
        brief=(
            f"[add|sum up] the {count} {operands} {listed}; {rest}",
            f"{y} = {total}, with {width}-bit unsigned operands; {rest}",
            f"the module [adds|sums] {count} [inputs|operands], {listed}, and [drives|puts the "
            f"result on] {y}; {rest}",
            f"sum of {listed} on {y}; {rest}",
        ),
        points=((f"{y} is the sum of {listed}", f"add {listed}, all unsigned; the sum is {y}"),
                (rest,)),
    )  # fmt: skip

    def function(given: Values) -> Outputs:
        return {y: sum(given[name] for name in names) % (1 << out)}

    return pure(f"{count} {width} {wide}", face, says, f"assign {y} = {total};", second, function)


def _overflow(rng: Random) -> Case:
    width, minus = rng.choice((*range(3, 17), 4, 8, 8, 16, 24, 32)), rng.random() < 0.4
    a, b, s, v = distinct(rng, PAIRS, ("diff", "result", "y", "out", "d") if minus else SUMS,
                          ("overflow", "overflow", "ovf", "v", "ov", "oflow"))  # fmt: skip
    level = 1 if rng.random() < 0.85 else 0
    if level == 0:
        v = rng.choice(("fits", "in_range", "no_overflow", "exact"))
    name = "sub" if minus else "add"
    top = draw_top((f"signed_{name}", f"s{name}{width}", f"{name}_ovf", "checked_unit"), rng)
    face = Interface(top, ports((a, b), width), (Port(s, width), Port(v)))
    m, sign = width - 1, "-" if minus else "+"
    test = f"({a}[{m}] {'!=' if minus else '=='} {b}[{m}]) && ({s}[{m}] != {a}[{m}])"
    reference = (f"assign {s} = {a} {sign} {b};\n"
                 f"assign {v} = {test if level else f'!({test})'};")  # fmt: skip
    second = (
        f"wire signed [{width}:0] exact_ = $signed({a}) {sign} $signed({b});\n"
        f"assign {s} = exact_[{m}:0];\nassign {v} = exact_[{width}] {'^' if level else '~^'} "
        f"exact_[{m}];"
    )

    def function(given: Values) -> Outputs:
        one, other = signed(given[a], width), signed(given[b], width)
        exact = one - other if minus else one + other
        fits = -(1 << m) <= exact < 1 << m
        return {s: exact % (1 << width), v: int(fits != (level == 1))}

    says = _overflow_says((a, b, s, sign, v), level, m, minus, width)
    return pure(f"{width} {minus} {level}", face, says, reference, second, function,
                stimuli=near(face.inputs, {a, b}, (1 << m, (1 << m) - 1)))  # fmt: skip


def _overflow_says(names: tuple[str, ...], level: int, m: int, minus: bool, width: int) -> Says:
    a, b, s, sign, v = names
    low, high = -(1 << m), (1 << m) - 1
    does = f"subtracts {b} from {a}" if minus else f"adds {a} and {b}"
    when = "overflows" if level else "does not overflow"
    what = "difference" if minus else "sum"
    return Says(
        brief=(
            f"[it|the module] {does}, both [signed|two's complement] {width}-bit numbers. {s} is "
            f"the {width}-bit result and {v} is 1 [when|if] the signed result {when}, else 0",
            f"{s} = {a} {sign} {b} for signed {width}-bit operands, wrapping; {v} [is set|goes "
            f"high] [if|when] the true {what} {'is not in' if level else 'is in'} the range {low} "
            f"to {high}",
            f"signed {'subtractor' if minus else 'adder'}, {width} bits: {s} is {a} {sign} {b}; "
            f"{v} tells that the signed {what} {when}",
            f"form the two's complement {what} {s} = {a} {sign} {b} ({width} bits) and a flag {v} "
            f"that is high exactly if it {when}",
        ),
        points=(
            (f"{s} = {a} {sign} {b}, {width} bits, the carry out is dropped",
             f"the low {width} bits of {a} {sign} {b} are given on {s}"),
            (f"{a} and {b} are signed ([two's complement|2's complement])",),
            (f"{v} is 1 if the signed {what} {when}[, otherwise 0|]",
             f"{v} is high if and only if the signed {what} {when}"),
        ),
    )  # fmt: skip


FAMILIES: Final = (
    Family("one-bit adder", "adders", _bits, weight=0.3),
    Family("adder", "adders", _adder),
    Family("adder of several", "adders", _several),
    Family("signed overflow", "adders", _overflow),
)
