"""Words that come or go bit by bit: serial to parallel and back."""

from __future__ import annotations

from random import Random
from typing import Any, Final

from ..case import Case, Family, Says
from ..interface import Interface, Port
from ..machine import Registers, Values
from ..verilog import clocked
from .clocking import DATA, ENABLES, apart, faced, indented, module, sized, timing
from .shiftregs import LAST, LOADS, SERIAL, SHIFTED, into, moved

VALIDS: Final = ("valid", "word_valid", "ready", "full", "done", "vld", "strobe")
BUSY: Final = ("busy", "sending", "active", "not_ready", "in_use")


def _deserial(rng: Random) -> Case:
    width, d, q = (
        rng.choice((3, 4, 4, 5, 6, 7, 8, 8, 10, 12, 16)),
        rng.choice(SERIAL),
        rng.choice(SHIFTED),
    )
    valid, left = rng.choice(VALIDS), rng.random() < 0.6
    enable = rng.choice(ENABLES) if rng.random() < 0.5 else None
    face = faced(rng, ("deserializer", "serial_to_parallel", "s2p", "bit_collector"),
                 (Port(d), *((Port(enable),) if enable else ())),
                 (Port(q, width), Port(valid)))  # fmt: skip

    def successor(state: Any, i: Values) -> Any:
        word, seen, _ = state
        if enable and not i[enable]:
            return word, seen, 0
        seen += 1
        return moved(word, i[d], width, left), seen % width, int(seen == width)

    return Case(
        key=f"{width} {left} {bool(enable)} {timing(face)}", interface=face,
        says=_deserial_says(face, left), cycles=240,
        reference=_deserial_reference(face, left), second=_deserial_second(face, left),
        machine=lambda: Registers((0, 0, 0), successor, lambda s, _: {q: s[0], valid: s[2]}),
    )  # fmt: skip


def _deserial_says(face: Interface, left: bool) -> Says:
    d, *enable = (p.name for p in face.inputs)
    (q, valid), width = (p.name for p in face.outputs), face.outputs[0].width
    way, first = ("left", 0) if left else ("right", width - 1)
    order = "most significant bit first" if left else "least significant bit first"
    takes = f"in every clock cycle with {enable[0]} high" if enable else "in every clock cycle"
    after = f"for one clock cycle after every {width} bits"
    return Says(
        brief=(
            f"collect serial bits: {takes} {q} is shifted {way} by one and {d} put at bit {first}."
            f" A counter of the bits makes the register {valid} 1 {after}, otherwise it is 0. Reset"
            " clears everything",
            f"serial to parallel, {order}: {takes} {d} is shifted into {q} ({way}, entering at bit"
            f" {first}). {valid} (a register) is high {after}, else low. Reset clears {q}, {valid}"
            " and the bit count",
            f"{q} collects the bits of {d}, one {takes}, shifting {way}; {valid} goes high {after}"
            f" and is low otherwise. On reset {q} and {valid} are 0 and counting starts anew",
            f"a deserializer: shift {d} {way} into {q} {takes}, count the bits, and pulse {valid}"
            f" {after}. All of it is 0 in reset",
        ),
    )  # fmt: skip


def _deserial_reference(face: Interface, left: bool) -> str:
    d, *enable = (p.name for p in face.inputs)
    (q, valid), width = (p.name for p in face.outputs), face.outputs[0].width
    bits = (width - 1).bit_length()
    zero, one, last = (sized(n, bits) for n in (0, 1, width - 1))
    shifts = (f"{q} <= {into(q, d, width, left)};\n"
              f"count <= (count == {last}) ? {zero} : count + {one};")  # fmt: skip
    full = f"(count == {last})"
    if enable:
        shifts = f"if ({enable[0]}) begin\n{indented(shifts, 2)}\nend"
        full = f"{enable[0]} && {full}"
    body = clocked(face, f"{q} <= {sized(0, width)};\ncount <= {zero};\n{valid} <= 1'b0;",
                   f"{valid} <= {full};\n{shifts}")  # fmt: skip
    return module(face, f"  reg {Port('count', bits).range}count;\n{body}", q, valid)


def _deserial_second(face: Interface, left: bool) -> str:
    """Return the module with word, count and `valid` in one register, from the lowest bit on."""
    d, *enable = (p.name for p in face.inputs)
    (q, valid), width = (p.name for p in face.outputs), face.outputs[0].width
    wide = width + (width - 1).bit_length() + 1
    word, count = f"[{width - 1}:0]", f"[{wide - 2}:{width}]"
    logic = (
        f"after[{wide - 1}] = 0;\nif ({enable[0] if enable else 1}) begin\n"
        f"  after{word} = {into('now', d, width, left)};\n"
        f"  if (now{count} < {width - 1}) after{count} = now{count} + 1;\n"
        f"  else begin\n    after{count} = 0;\n    after[{wide - 1}] = 1;\n  end\nend"
    )
    shows = f"assign {q} = now{word};\nassign {valid} = now[{wide - 1}];"
    return apart(face, wide, "0", logic, shows)


def _serialised(rng: Random) -> Case:
    width, d, load = (
        rng.choice((3, 4, 5, 6, 7, 8, 8, 10, 12, 16)),
        rng.choice(DATA),
        rng.choice(LOADS),
    )
    q, busy, left = rng.choice(LAST), rng.choice(BUSY), rng.random() < 0.5
    face = faced(rng, ("serializer", "parallel_to_serial", "p2s", "word_sender"),
                 (Port(load), Port(d, width)), (Port(q), Port(busy)))  # fmt: skip

    def successor(state: list[int], i: Values) -> list[int]:
        if state or not i[load]:
            return state[1:]
        bits = [i[d] >> n & 1 for n in range(width)]
        return bits[::-1] if left else bits

    return Case(
        key=f"{width} {left} {timing(face)}", interface=face, says=_serialised_says(face, left),
        reference=_serialised_reference(face, left), second=_serialised_second(face, left),
        machine=lambda: Registers([], successor,
                                  lambda s, _: {q: s[0] if s else 0, busy: int(bool(s))}),
        cycles=200,
    )  # fmt: skip


def _serialised_says(face: Interface, left: bool) -> Says:
    (load, d), (q, busy) = (p.name for p in face.inputs), (p.name for p in face.outputs)
    width = face.inputs[1].width
    way, end, order = (
        ("left", width - 1, "most significant bit first") if left
        else ("right", 0, "least significant bit first")
    )  # fmt: skip
    return Says(
        brief=(
            f"parallel to serial, {order}. While idle, {load} high at a clock edge loads {d} into a"
            f" shift register; the next {width} cycles {q} shows its bits one after the other and"
            f" {busy} is high. {load} is ignored while {busy} is high. When idle {q} and {busy} are"
            " 0. Reset makes it idle",
            f"send the {width} bits of {d} on {q}, {order}, one per clock cycle, starting in the"
            f" cycle after {load} was high. {busy} is 1 for these {width} cycles, in which {load}"
            f" has no effect; otherwise {q} and {busy} are 0. Reset stops sending",
            f"a serializer. {q} is bit {end} of a shift register that {load} loads from {d} (only"
            f" when {busy} is 0) and that shifts {way}, filled with zeros, while {busy} is 1."
            f" {busy} is 1 for the {width} cycles after loading. Reset clears the shift register"
            f" and {busy}",
        ),
    )  # fmt: skip


def _serialised_reference(face: Interface, left: bool) -> str:
    (load, d), (q, busy) = (p.name for p in face.inputs), (p.name for p in face.outputs)
    width, end = face.inputs[1].width, face.inputs[1].width - 1 if left else 0
    bits = width.bit_length()
    none, one, most = (sized(n, bits) for n in (0, 1, width))
    shifted = into("sr", "1'b0", width, left)
    body = clocked(face, f"sr <= {sized(0, width)};\nleft <= {none};", (
        f"if ({busy}) begin\n  sr <= {shifted};\n"
        f"  left <= left - {one};\nend\n"
        f"else if ({load}) begin\n  sr <= {d};\n  left <= {most};\nend"))  # fmt: skip
    return module(face, (
        f"  reg {Port('sr', width).range}sr;\n  reg {Port('left', bits).range}left;\n"
        f"  assign {q} = sr[{end}];\n  assign {busy} = (left != {none});\n{body}"))  # fmt: skip


def _serialised_second(face: Interface, left: bool) -> str:
    (load, d), (q, busy) = (p.name for p in face.inputs), (p.name for p in face.outputs)
    width, end = face.inputs[1].width, face.inputs[1].width - 1 if left else 0
    bits = width.bit_length()
    word, rest = f"[{width - 1}:0]", f"[{width + bits - 1}:{width}]"
    logic = (
        f"if (now{rest} > 0) begin\n  after{rest} = now{rest} - 1;\n"
        f"  after{word} = now{word} {'<<' if left else '>>'} 1;\n"
        f"end else if ({load}) after = {{{bits}'d{width}, {d}}};"
    )
    shows = f"assign {busy} = |now{rest};\nassign {q} = now{word} >> {end};"
    return apart(face, width + bits, "0", logic, shows)


FAMILIES: Final = (
    Family("serial to parallel", "serial", _deserial, weight=0.7),
    Family("parallel to serial", "serial", _serialised, weight=0.7, held_out=True),
)
