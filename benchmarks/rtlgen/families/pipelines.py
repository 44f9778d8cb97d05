"""Arithmetic in pipelines of two and three stages with valid bits."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Interface, Port
from ..machine import Outputs, Registers, Values
from ..verilog import clocked
from .clocking import faced, module, sized, timing

OPERANDS: Final = (("a", "b", "c"), ("x", "y", "w"), ("in0", "in1", "in2"), ("p", "r", "s"))
VALIDS: Final = (("in_valid", "out_valid"), ("valid_in", "valid_out"), ("vin", "vout"),
                 ("start", "ready"), ("i_vld", "o_vld"))  # fmt: skip


@dataclass(frozen=True)
class Form:
    """A computation: its Verilog, how many operands it has, its words, what it is in Python.

    In the texts {a}, {b} and {c} are the operands.
    """

    verilog: str
    count: int
    words: str
    value: Callable[[int, int, int], int]


FORMS: Final = {
    "add": Form("{a} + {b}", 2, "the sum of {a} and {b}", lambda a, b, c: a + b),
    "subtract": Form("{a} - {b}", 2, "{a} minus {b}", lambda a, b, c: a - b),
    "multiply": Form("{a} * {b}", 2, "the product of {a} and {b}", lambda a, b, c: a * b),
    "multiply-add": Form("{a} * {b} + {c}", 3, "{a} times {b} plus {c}",
                         lambda a, b, c: a * b + c),
    "add three": Form("{a} + {b} + {c}", 3, "the sum of {a}, {b} and {c}",
                      lambda a, b, c: a + b + c),
}  # fmt: skip
SIGNS: Final = {"mul": "*", "add": "+", "sub": "-"}
# The valid bit and the value of every stage, the last one first.
Stages = tuple[tuple[int, int], ...]


def _pipelined(rng: Random) -> Case:
    name = rng.choice(tuple(FORMS))
    form = FORMS[name]
    width, q = rng.choice((2, 3, 4, 4, 5, 6, 8)), rng.choice(("sum", "result", "y", "q", "out"))
    wide = _result_width(rng, form, width)
    operands = rng.choice(OPERANDS)[: form.count]
    vin, vout = rng.choice(VALIDS)
    inputs = (Port(vin), *(Port(n, width) for n in operands))
    face = faced(
        rng, ("pipeline", "pipelined_math", "two_stage"), inputs, (Port(q, wide), Port(vout))
    )

    def successor(state: Stages, i: Values) -> Stages:
        values = [i[n] for n in operands] + [0] * (3 - form.count)
        return state[1], (i[vin], form.value(*values) % (1 << wide))

    def shown(state: Stages, _: Values) -> Outputs:
        return {vout: state[0][0], q: state[0][1]}

    return Case(
        key=f"{name} {width} {wide} {timing(face)}", interface=face,
        says=_pipelined_says(face, form), cycles=100,
        reference=_pipelined_reference(face, form), second=_pipelined_second(face, form),
        machine=lambda: Registers(((0, 0), (0, 0)), successor, shown),
    )  # fmt: skip


def _result_width(rng: Random, form: Form, width: int) -> int:
    """Return the width of a result: that of a product, or a sum that may wrap around."""
    if form.verilog.count("*") == 1:
        return 2 * width + (form.count == 3)
    return width + rng.choice((0, 1, 2) if form.count == 3 else (0, 1))


def _with(operands: Sequence[str], text: str) -> str:
    """Return a form's text with these operands."""
    return text.format(**dict(zip("abc", operands, strict=False)))


def _pipelined_says(face: Interface, form: Form) -> Says:
    vin, *operands = (p.name for p in face.inputs)
    q, vout = (p.name for p in face.outputs)
    what = f"{_with(operands, form.words)} (the low {face.outputs[0].width} bits)"
    return Says(
        brief=(
            f"register the operands and {vin} first, then compute {what} and register it in"
            f" {q}, with {vout} beside it: two stages, two clock cycles of latency. Reset clears"
            " all stages",
            f"a pipeline of two stages. Stage 1 registers the [inputs|operands] and {vin}; stage 2"
            f" registers {what} as {q} and the valid bit as {vout}. Reset clears every"
            " register",
            f"{q} is {what}, two clock cycles after the inputs: the first clock edge stores"
            f" the operands and {vin}, the second the result and {vout}. All registers are 0 in"
            " reset",
            f"compute {what} with registered inputs and a registered output {q}; {vout} is"
            f" {vin} delayed by the same two clock cycles. Data moves in every cycle, valid or not."
            " Reset sets all registers to 0",
        ),
    )  # fmt: skip


def _pipelined_reference(face: Interface, form: Form) -> str:
    vin, *operands = (p.name for p in face.inputs)
    q, vout = (p.name for p in face.outputs)
    width, wide = face.inputs[1].width, face.outputs[0].width
    regs = [f"{n}_r" for n in operands]
    declared = "".join(f"  reg [{width - 1}:0] {r};\n" for r in regs) + "  reg valid_r;\n"
    zeros = [*(f"{r} <= {sized(0, width)};" for r in regs), "valid_r <= 1'b0;",
             f"{q} <= {sized(0, wide)};", f"{vout} <= 1'b0;"]  # fmt: skip
    moves = [*(f"{r} <= {n};" for r, n in zip(regs, operands, strict=True)), f"valid_r <= {vin};",
             f"{q} <= {_with(regs, form.verilog)};", f"{vout} <= valid_r;"]  # fmt: skip
    return module(face, declared + clocked(face, "\n".join(zeros), "\n".join(moves)), q, vout)


def _pipelined_second(face: Interface, form: Form) -> str:
    width, wide = face.inputs[1].width, face.outputs[0].width
    operands = [p.name for p in face.inputs[1:]]
    extended = [f"{{{wide - width}'d0, {n}}}" if wide > width else n for n in operands]
    return _delayed(face, _with(extended, form.verilog), 2)


def _delayed(face: Interface, result: str, stages: int) -> str:
    """Return the module that computes first and delays the result and its valid bit."""
    vin, (q, vout) = face.inputs[0].name, (p.name for p in face.outputs)
    wide, step = face.outputs[0].width, face.outputs[0].width + 1
    bits = stages * step
    return module(face, (
        f"  reg [{wide - 1}:0] pre;\n  reg [{bits - 1}:0] now;\n  always @* pre = {result};\n"
        + clocked(face, "now <= 0;", f"now <= {{now[{bits - step - 1}:0], {vin}, pre}};")
        + f"\n  assign {{{vout}, {q}}} = now[{bits - 1}:{bits - step}];"))  # fmt: skip


def _staged(rng: Random) -> Case:
    width, (a, b, c) = rng.choice((2, 3, 4, 4, 5, 6, 8)), rng.choice(OPERANDS)
    kind = rng.choice(("mul add", "mul sub", "add mul", "add add"))
    q, (vin, vout) = rng.choice(("result", "y", "q", "out", "mac")), rng.choice(VALIDS)
    wide = 2 * width + 1 if kind != "add add" else width + 2
    inputs = (Port(vin), *(Port(n, width) for n in (a, b, c)))
    face = faced(rng, ("three_stage", "mac_pipeline", "pipe3"), inputs, (Port(q, wide), Port(vout)))
    one, two = kind.split()

    def successor(state: Stages, i: Values) -> Stages:
        middle = i[a] * i[b] if one == "mul" else i[a] + i[b]
        value = {"add": middle + i[c], "sub": middle - i[c], "mul": middle * i[c]}[two]
        return (*state[1:], (i[vin], value % (1 << wide)))

    def shown(state: Stages, _: Values) -> Outputs:
        return {vout: state[0][0], q: state[0][1]}

    return Case(
        key=f"{kind} {width} {timing(face)}", interface=face, says=_staged_says(face, one, two),
        reference=_staged_reference(face, one, two), second=_staged_second(face, one, two),
        machine=lambda: Registers(((0, 0),) * 3, successor, shown), cycles=100,
    )  # fmt: skip


def _middle_width(width: int, one: str) -> int:
    """Return the width of what the second stage registers: a product or a sum."""
    return 2 * width if one == "mul" else width + 1


def _staged_says(face: Interface, one: str, two: str) -> Says:
    vin, a, b, c = (p.name for p in face.inputs)
    (q, vout), wide = (p.name for p in face.outputs), face.outputs[0].width
    mid = _middle_width(face.inputs[1].width, one)
    first = {"mul": "product", "add": "sum"}[one]
    then = {"add": "sum of it and", "sub": "value of it minus", "mul": "product of it and"}[two]
    said = f"the {first} of {a} and {b}"
    return Says(
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
            f"{q} is ({a} {SIGNS[one]} {b}) {SIGNS[two]} {c}, modulo 2^{wide}, three clock cycles"
            f" late: registered inputs, a registered {first} of {mid} bits, a registered result."
            f" {vout} is {vin}, as late. Reset sets all registers to 0",
        ),
    )  # fmt: skip


def _staged_reference(face: Interface, one: str, two: str) -> str:
    vin, a, b, c = (p.name for p in face.inputs)
    q, vout = (p.name for p in face.outputs)
    width = face.inputs[1].width
    mid, none = _middle_width(width, one), sized(0, width)
    declared = f"  reg [{width - 1}:0] a1, b1, c1, c2;\n  reg [{mid - 1}:0] m2;\n  reg v1, v2;\n"
    zeros = [
        f"a1 <= {none};", f"b1 <= {none};", f"c1 <= {none};", "v1 <= 1'b0;",
        f"m2 <= {sized(0, mid)};", f"c2 <= {none};", "v2 <= 1'b0;",
        f"{q} <= {sized(0, face.outputs[0].width)};", f"{vout} <= 1'b0;",
    ]  # fmt: skip
    moves = [
        f"a1 <= {a};", f"b1 <= {b};", f"c1 <= {c};", f"v1 <= {vin};",
        f"m2 <= a1 {SIGNS[one]} b1;", "c2 <= c1;", "v2 <= v1;",
        f"{q} <= m2 {SIGNS[two]} c2;", f"{vout} <= v2;",
    ]  # fmt: skip
    return module(face, declared + clocked(face, "\n".join(zeros), "\n".join(moves)), q, vout)


def _staged_second(face: Interface, one: str, two: str) -> str:
    fill = f"{{{face.outputs[0].width}{{1'b0}}}}"
    a, b, c = (f"({fill} | {p.name})" for p in face.inputs[1:])
    return _delayed(face, f"({a} {SIGNS[one]} {b}) {SIGNS[two]} {c}", 3)


FAMILIES: Final = (
    Family("two-stage pipeline", "pipelines", _pipelined, weight=0.7),
    Family("three-stage pipeline", "pipelines", _staged, weight=0.5),
)
