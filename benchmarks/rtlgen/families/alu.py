"""Arithmetic-logic units: what each opcode does is listed in the specification."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Interface, Port
from ..machine import Outputs, Values
from ..names import draw_top
from .pure import PAIRS, RESULTS, distinct, near, ports, pure, signed

OPCODES: Final = ("op", "op", "opcode", "alu_op", "func", "sel", "ctrl", "mode", "cmd", "fn")


@dataclass(frozen=True)
class Operation:
    """An operation: its Verilog, that of the second design, its words, what it is in Python.

    In the texts {a} and {b} are the operands, {w} is their width, {m} the number of their top bit
    and {n} that of the bit below it.
    """

    verilog: str
    second: str
    words: tuple[str, ...]
    value: Callable[[int, int, int], int]


OPERATIONS: Final = (
    Operation("{a} + {b}", "{a} - ~{b} - 1'b1", ("{a} + {b}", "the sum of {a} and {b}",
              "{a} plus {b}"), lambda a, b, w: a + b),
    Operation("{a} - {b}", "{a} + ~{b} + 1'b1", ("{a} - {b}", "{a} minus {b}",
              "the difference {a} - {b}"), lambda a, b, w: a - b),
    Operation("{b} - {a}", "~({a} + ~{b})", ("{b} - {a}", "{b} minus {a}"),
              lambda a, b, w: b - a),
    Operation("{a} & {b}", "~(~{a} | ~{b})", ("{a} AND {b}", "bitwise AND of {a} and {b}",
              "{a} & {b}"), lambda a, b, w: a & b),
    Operation("{a} | {b}", "~(~{a} & ~{b})", ("{a} OR {b}", "bitwise OR of {a} and {b}"),
              lambda a, b, w: a | b),
    Operation("{a} ^ {b}", "({a} | {b}) & ~({a} & {b})", ("{a} XOR {b}",
              "bitwise XOR of {a} and {b}", "{a} ^ {b}"), lambda a, b, w: a ^ b),
    Operation("~({a} & {b})", "~{a} | ~{b}", ("{a} NAND {b}", "bitwise NAND of {a} and {b}"),
              lambda a, b, w: ~(a & b)),
    Operation("~({a} | {b})", "~{a} & ~{b}", ("{a} NOR {b}", "bitwise NOR of {a} and {b}"),
              lambda a, b, w: ~(a | b)),
    Operation("~({a} ^ {b})", "{a} ^ ~{b}", ("{a} XNOR {b}", "bitwise XNOR of {a} and {b}"),
              lambda a, b, w: ~(a ^ b)),
    Operation("{a} & ~{b}", "~(~{a} | {b})", ("{a} AND NOT {b}",
              "{a} with the bits that are set in {b} cleared"), lambda a, b, w: a & ~b),
    Operation("~{a}", "{a} ^ {{{w}{{1'b1}}}}", ("NOT {a}", "all bits of {a} inverted", "~{a}"),
              lambda a, b, w: ~a),
    Operation("-{a}", "~{a} + 1'b1", ("-{a}", "{a} negated (two's complement)"),
              lambda a, b, w: -a),
    Operation("{a}", "{a} | {a}", ("{a}", "{a} unchanged", "pass {a} through"),
              lambda a, b, w: a),
    Operation("{b}", "{b} & {b}", ("{b}", "{b} unchanged", "pass {b} through"),
              lambda a, b, w: b),
    Operation("{a} + {w}'d1", "-(~{a})", ("{a} + 1", "{a} incremented by one"),
              lambda a, b, w: a + 1),
    Operation("{a} - {w}'d1", "~(-{a})", ("{a} - 1", "{a} decremented by one"),
              lambda a, b, w: a - 1),
    Operation("{a} << 1", "{{{a}[{n}:0], 1'b0}}", ("{a} shifted left by one", "{a} << 1"),
              lambda a, b, w: a << 1),
    Operation("{a} >> 1", "{{1'b0, {a}[{m}:1]}}", ("{a} shifted right by one (zero fill)",
              "{a} >> 1"), lambda a, b, w: a >> 1),
    Operation("$signed({a}) >>> 1", "{{{a}[{m}], {a}[{m}:1]}}",
              ("{a} shifted right arithmetically by one", "{a} shifted right by one, sign kept"),
              lambda a, b, w: signed(a, w) >> 1),
    Operation("{{{a}[{n}:0], {a}[{m}]}}", "({a} << 1) | {a}[{m}]", ("{a} rotated left by one",),
              lambda a, b, w: a << 1 | a >> (w - 1)),
    Operation("{a} < {b}", "!({a} >= {b})", ("1 if {a} is less than {b} (unsigned), else 0",
              "1 when {a} < {b} unsigned, otherwise 0"), lambda a, b, w: int(a < b)),
    Operation("$signed({a}) < $signed({b})", "({a}[{m}] ^ {b}[{m}]) ? {a}[{m}] : ({a} < {b})",
              ("1 if {a} is less than {b} (signed), else 0",
               "1 when {a} < {b} as signed numbers, otherwise 0"),
              lambda a, b, w: int(signed(a, w) < signed(b, w))),
    Operation("{a} == {b}", "~|({a} ^ {b})", ("1 if {a} equals {b}, else 0",
              "1 when {a} and {b} are equal, otherwise 0"), lambda a, b, w: int(a == b)),
    Operation("{w}'d0", "{a} & ~{a}", ("0", "zero"), lambda a, b, w: 0),
)  # fmt: skip


def _unit(rng: Random) -> Case:
    return _alu(rng, "")


def _flagged(rng: Random) -> Case:
    return _alu(rng, rng.choice(("zero", "negative", "zero")))


def _alu(rng: Random, flag: str) -> Case:
    width, bits = rng.choice((4, 4, 8, 8, 8, 12, 16, 16, 24, 32, 5, 6)), rng.choice((1, 2, 2, 3, 3))
    count = {1: 2, 2: rng.choice((3, 4, 4, 4)), 3: rng.choice((5, 6, 7, 8, 8))}[bits]
    picked = rng.sample(OPERATIONS[:10], min(2, count)) + rng.sample(OPERATIONS[10:], count - 2)
    picked = picked if rng.random() < 0.4 else rng.sample(OPERATIONS, count)
    rng.shuffle(picked)
    codes = sorted(rng.sample(range(1 << bits), count)) if rng.random() < 0.3 else range(count)
    a, b, op, y, z = distinct(rng, PAIRS, OPCODES, RESULTS, {"negative": (
        "neg", "negative", "n_flag", "minus")}.get(flag, ("zero", "z_flag", "zf")))  # fmt: skip
    outputs = (Port(y, width), *(ports((z,)) if flag else ()))
    face = Interface(draw_top((f"alu{width}", "alu", "ALU", "arith_logic", "alu_unit"), rng),
                     (*ports((a, b), width), Port(op, bits)), outputs)  # fmt: skip
    given = {"a": a, "b": b, "w": width, "m": width - 1, "n": width - 2}
    rows = list(zip(codes, picked, strict=True))
    shown = "{0}'b{1:0{0}b}" if rng.random() < 0.6 else "{0}'d{1}"
    reference = _case(op, y, [(shown.format(bits, code), o.verilog.format(**given))
                              for code, o in rows], width, count < 1 << bits)  # fmt: skip
    second = f"reg [{width - 1}:0] t_;\nalways @(*) begin\n  t_ = 0;\n" + "".join(
        f"  if ({op} == {code}) t_ = {o.second.format(**given)};\n" for code, o in rows
    ) + f"end\nassign {y} = t_;"  # fmt: skip
    if flag:
        first = f"{y} == {width}'d0" if flag == "zero" else f"{y}[{width - 1}]"
        reference += f"\nassign {z} = {first};"
        second += f"\nassign {z} = {'~|' + y if flag == 'zero' else f'$signed({y}) < 0'};"

    def function(now: Values) -> Outputs:
        found = [o.value(now[a], now[b], width) for code, o in rows if code == now[op]]
        value = (found[0] if found else 0) % (1 << width)
        told = int(value == 0) if flag == "zero" else value >> (width - 1)
        return {y: value, **({z: told} if flag else {})}

    listed = [(f"{code:0{bits}b}" if "b" in shown else str(code),
               rng.choice(o.words).format(**given)) for code, o in rows]  # fmt: skip
    says = _says((a, b, op, y), listed, width, count < 1 << bits,
                 {"": "", "zero": f"{z} is 1 [if|when] {y} is zero[, otherwise 0|]",
                  "negative": f"{z} is the top bit of {y}"}[flag], rng.random() < 0.3)  # fmt: skip
    key = f"{width} {bits} {[(c, o.verilog) for c, o in rows]} {flag}"
    return pure(key, face, says, reference, second, function,
                stimuli=near(face.inputs, {a, b}, (0, 1, (1 << width) - 1), 320))  # fmt: skip


def _case(op: str, y: str, rows: Sequence[tuple[str, str]], width: int, rest: bool) -> str:
    lines = [f"    {code}: {y} = {value};" for code, value in rows]
    if rest:
        lines.append(f"    default: {y} = {width}'d0;")
    return "\n".join(["always @(*)", f"  case ({op})", *lines, "  endcase"])


def _says(
    names: tuple[str, ...],
    listed: Sequence[tuple[str, str]],
    width: int,
    rest: bool,
    flag: str,
    by_table: bool,
) -> Says:
    a, b, op, y = names
    other = f"For any other {op}, {y} is 0" if rest else ""
    tail = ". ".join(part for part in ("", other, flag) if part)
    tail = f". {tail}" if tail else ""
    said = "; ".join(f"{code}: {words}" for code, words in listed)
    spoken = ", ".join(f"{words} for {code}" for code, words in listed)
    short = f"[the|an] opcode {op} selects the operation on {a} and {b}, as [listed|given] below"
    table = "\n".join([f"{op} | {y}", *(f"{code} | {words}" for code, words in listed)])
    if rest:
        table += "\nother | 0"
    if by_table:
        return Says(
            brief=(f"{width}-bit ALU: {short}{tail}", f"{short}; the result is {y}{tail}",
                   f"{y} is the function of {a} and {b} that the table gives for {op}{tail}"),
            tables=(table,), needs_table=True,
        )  # fmt: skip
    return Says(
        brief=(
            f"[the output|the result] {y} depends on {op}: {said}{tail}",
            f"{width}-bit ALU with the operands {a} and {b}. The opcode {op} selects what is put "
            f"on {y}: {said}{tail}",
            f"{y} is, [selected|chosen] by {op}, {spoken}{tail}",
            f"small ALU; operations by {op} (result on {y}): {said}{tail}",
        ),
        points=(*((f"{op} = {code}: {y} is {words}", f"with {op} = {code}, {y} is {words}")
                  for code, words in listed),
                *(((other,),) if other else ()), *(((flag,),) if flag else ())),
        tables=(table,),
        ports={op: "opcode", a: "first operand", b: "second operand"},
    )  # fmt: skip


FAMILIES: Final = (
    Family("ALU", "arithmetic", _unit, weight=2.0),
    Family("ALU with flag", "arithmetic", _flagged, held_out=True),
)
