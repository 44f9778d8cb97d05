"""Arithmetic in pipelines of two and three stages with valid bits."""

from __future__ import annotations

from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Port
from ..machine import Outputs, Registers, Values
from ..verilog import clocked
from .clocking import faced, module, sized, timing

OPERANDS: Final = (("a", "b", "c"), ("x", "y", "w"), ("in0", "in1", "in2"), ("p", "r", "s"))
VALIDS: Final = (("in_valid", "out_valid"), ("valid_in", "valid_out"), ("vin", "vout"),
                 ("start", "ready"), ("i_vld", "o_vld"))  # fmt: skip
FORMS: Final = {
    "add": ("{a} + {b}", 2, "the sum of {a} and {b}", lambda a, b, c: a + b),
    "subtract": ("{a} - {b}", 2, "{a} minus {b}", lambda a, b, c: a - b),
    "multiply": ("{a} * {b}", 2, "the product of {a} and {b}", lambda a, b, c: a * b),
    "multiply-add": ("{a} * {b} + {c}", 3, "{a} times {b} plus {c}", lambda a, b, c: a * b + c),
    "add three": ("{a} + {b} + {c}", 3, "the sum of {a}, {b} and {c}", lambda a, b, c: a + b + c),
}  # fmt: skip


def _pipelined(rng: Random) -> Case:
    name = rng.choice(tuple(FORMS))
    form, count, words, function = FORMS[name]
    width, q = rng.choice((2, 3, 4, 4, 5, 6, 8)), rng.choice(("sum", "result", "y", "q", "out"))
    if form.count("*") == 1:
        wide = 2 * width + (count == 3)
    else:
        wide = width + rng.choice((0, 1, 2)) if count == 3 else width + rng.choice((0, 1))
    operands = rng.choice(OPERANDS)
    vin, vout = rng.choice(VALIDS)
    inputs = (Port(vin), *(Port(n, width) for n in operands[:count]))
    face = faced(
        rng, ("pipeline", "pipelined_math", "two_stage"), inputs, (Port(q, wide), Port(vout))
    )
    what = words.format(**dict(zip("abc", operands, strict=True)))
    cut = f" (the low {wide} bits)"
    says = Says(
        brief=(
            f"register the operands and {vin} first, then compute {what}{cut} and register it in"
            f" {q}, with {vout} beside it: two stages, two clock cycles of latency. Reset clears"
            " all stages",
            f"a pipeline of two stages. Stage 1 registers the [inputs|operands] and {vin}; stage 2"
            f" registers {what}{cut} as {q} and the valid bit as {vout}. Reset clears every"
            " register",
            f"{q} is {what}{cut}, two clock cycles after the inputs: the first clock edge stores"
            f" the operands and {vin}, the second the result and {vout}. All registers are 0 in"
            " reset",
            f"compute {what}{cut} with registered inputs and a registered output {q}; {vout} is"
            f" {vin} delayed by the same two clock cycles. Data moves in every cycle, valid or not."
            " Reset sets all registers to 0",
        ),
    )  # fmt: skip
    regs = [f"{n}_r" for n in operands[:count]]
    lines = "".join(f"  reg [{width - 1}:0] {r};\n" for r in regs) + "  reg valid_r;\n"
    zeros = [f"{r} <= {sized(0, width)};" for r in regs] + [
        "valid_r <= 1'b0;",
        f"{q} <= {sized(0, wide)};",
        f"{vout} <= 1'b0;",
    ]
    value = form.format(**dict(zip("abc", [*regs, ""], strict=False)))
    moves = [f"{r} <= {n};" for r, n in zip(regs, operands, strict=False)] + [
        f"valid_r <= {vin};", f"{q} <= {value};", f"{vout} <= valid_r;"]  # fmt: skip
    body = clocked(face, "\n".join(zeros), "\n".join(moves))
    # The second computes first and delays the result.
    bits = 2 * (wide + 1)
    extended = [f"{{{wide - width}'d0, {n}}}" if wide > width else n for n in operands[:count]]
    early = form.format(**dict(zip("abc", [*extended, ""], strict=False)))
    sized_now = f"pre = {early};"
    second = module(face, (
        f"  reg [{wide - 1}:0] pre;\n  reg [{bits - 1}:0] now;\n  always @* {sized_now}\n"
        + clocked(face, "now <= 0;", f"now <= {{now[{wide}:0], {vin}, pre}};")
        + f"\n  assign {{{vout}, {q}}} = now[{bits - 1}:{wide + 1}];"))  # fmt: skip

    def successor(state: tuple[tuple[int, int], ...], i: Values) -> tuple[tuple[int, int], ...]:
        values = [i[n] for n in operands[:count]] + [0] * (3 - count)
        return state[1], (i[vin], function(*values) % (1 << wide))

    def shown(state: tuple[tuple[int, int], ...], _: Values) -> Outputs:
        return {vout: state[0][0], q: state[0][1]}

    return Case(
        key=f"{name} {width} {wide} {timing(face)}", interface=face, says=says, cycles=100,
        reference=module(face, lines + body, q, vout), second=second,
        machine=lambda: Registers(((0, 0), (0, 0)), successor, shown),
    )  # fmt: skip


def _staged(rng: Random) -> Case:
    width, (a, b, c) = rng.choice((2, 3, 4, 4, 5, 6, 8)), rng.choice(OPERANDS)
    kind = rng.choice(("mul add", "mul sub", "add mul", "add add"))
    q, (vin, vout) = rng.choice(("result", "y", "q", "out", "mac")), rng.choice(VALIDS)
    wide = 2 * width + 1 if kind != "add add" else width + 2
    mid = 2 * width if kind.startswith("mul") else width + 1
    face = faced(rng, ("three_stage", "mac_pipeline", "pipe3"),
                 (Port(vin), *(Port(n, width) for n in (a, b, c))), (Port(q, wide),
                     Port(vout)))  # fmt: skip
    one, two = kind.split()
    signs = {"mul": "*", "add": "+", "sub": "-"}
    first, then = (
        {"mul": "product", "add": "sum"}[one],
        {"add": "sum of it and", "sub": "value of it minus", "mul": "product of it and"}[two],
    )
    said = f"the {first} of {a} and {b}"
    says = Says(
        brief=(
            f"pipelined in three stages: operands and {vin} are registered; then {said} ({mid}"
            f" bits), with {c} and the valid bit; then {q}, the {then} {c} in {wide} bits, with"
            f" {vout}. In reset all are 0",
            f"a pipeline of three stages with valid bits. Stage 1 registers {a}, {b}, {c} and"
            f" {vin}. Stage 2 registers {said} ({mid} bits), {c} and the valid bit. Stage 3"
            f" registers the {then} {c} in {q} (modulo 2^{wide}) and the valid bit in {vout}. Reset"
            " clears all registers",
            f"three registers deep: [the|first the] inputs, then {said} ({mid} bits) beside {c},"
            f" last {q}, the {then} the {c} of the same inputs ({wide} bits, wrapping). {vin}"
            f" travels along as {vout}. Every register is 0 in reset and moves every cycle"
            " otherwise",
            f"{q} is ({a} {signs[one]} {b}) {signs[two]} {c}, modulo 2^{wide}, three clock cycles"
            f" late: registered inputs, a registered {first} of {mid} bits, a registered result."
            f" {vout} is {vin}, as late. Reset sets all registers to 0",
        ),
    )  # fmt: skip
    regs = f"  reg [{width - 1}:0] a1, b1, c1, c2;\n  reg [{mid - 1}:0] m2;\n  reg v1, v2;\n"
    w = sized(0, width)
    zeros = [f"a1 <= {w};", f"b1 <= {w};", f"c1 <= {w};", "v1 <= 1'b0;", f"m2 <= {sized(0, mid)};",
             f"c2 <= {w};", "v2 <= 1'b0;", f"{q} <= {sized(0, wide)};",
             f"{vout} <= 1'b0;"]  # fmt: skip
    moves = [f"a1 <= {a};", f"b1 <= {b};", f"c1 <= {c};", f"v1 <= {vin};",
             f"m2 <= a1 {signs[one]} b1;",
             "c2 <= c1;", "v2 <= v1;", f"{q} <= m2 {signs[two]} c2;", f"{vout} <= v2;"]  # fmt: skip
    body = clocked(face, "\n".join(zeros), "\n".join(moves))
    step = wide + 1
    fill = f"{{{wide}{{1'b0}}}}"
    big = [f"({fill} | {n})" for n in (a, b, c)]
    second = module(face, (
        f"  reg [{wide - 1}:0] pre;\n  reg [{3 * step - 1}:0] now;\n  always @* pre = ({big[0]}"
        f" {signs[one]} {big[1]}) {signs[two]} {big[2]};\n"
        + clocked(face, "now <= 0;", f"now <= {{now[{2 * step - 1}:0], {vin}, pre}};")
        + f"\n  assign {{{vout}, {q}}} = now[{3 * step - 1}:{2 * step}];"))  # fmt: skip

    def successor(state: tuple[tuple[int, int], ...], i: Values) -> tuple[tuple[int, int], ...]:
        middle = i[a] * i[b] if one == "mul" else i[a] + i[b]
        value = {"add": middle + i[c], "sub": middle - i[c], "mul": middle * i[c]}[two]
        return (*state[1:], (i[vin], value % (1 << wide)))

    def shown(state: tuple[tuple[int, int], ...], _: Values) -> Outputs:
        return {vout: state[0][0], q: state[0][1]}

    return Case(
        key=f"{kind} {width} {timing(face)}", interface=face, says=says, cycles=100,
        reference=module(face, regs + body, q, vout), second=second,
        machine=lambda: Registers(((0, 0),) * 3, successor, shown),
    )  # fmt: skip


FAMILIES: Final = (
    Family("two-stage pipeline", "pipelines", _pipelined, weight=0.7),
    Family("three-stage pipeline", "pipelines", _staged, weight=0.5),
)
