"""Words that come or go bit by bit: serial to parallel and back."""

from __future__ import annotations

from random import Random
from typing import Any, Final

from ..case import Case, Family, Says
from ..interface import Port
from ..machine import Registers, Values
from ..verilog import clocked
from .clocking import DATA, ENABLES, apart, faced, module, sized, timing
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
                 (Port(d), *((Port(enable),) if enable else ())), (Port(q, width),
                     Port(valid)))  # fmt: skip
    way, first = ("left", 0) if left else ("right", width - 1)
    order = "most significant bit first" if left else "least significant bit first"
    takes = f"in every clock cycle with {enable} high" if enable else "in every clock cycle"
    after = f"for one clock cycle after every {width} bits"
    says = Says(
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
    bits = (width - 1).bit_length()
    last = sized(width - 1, bits)
    also = f"{enable} && " if enable else ""
    shifts = (f"{q} <= {into(q, d, width, left)};\ncount <= (count == {last}) ? {sized(0, bits)} :"
              f" count + {sized(1, bits)};")  # fmt: skip
    if enable:
        shifts = (
            f"if ({enable}) begin\n" + "\n".join("  " + x for x in shifts.split("\n")) + "\nend"
        )
    body = clocked(face, f"{q} <= {sized(0, width)};\ncount <= {sized(0, bits)};\n{valid} <= 1'b0;",
                   f"{valid} <= {also}(count == {last});\n{shifts}")  # fmt: skip
    wide = width + bits + 1
    word, count = f"now[{width - 1}:0]", f"now[{wide - 2}:{width}]"
    new = into("now", d, width, left)
    logic = (f"after[{wide - 1}] = 0;\nif ({enable or 1}) begin\n  after[{width - 1}:0] = {new};\n"
             f"  if ({count} < {width - 1}) after[{wide - 2}:{width}] = {count} + 1;\n  else"
             f" begin\n    after[{wide - 2}:{width}] = 0;\n    after[{wide - 1}] = 1;\n "
             " end\nend")  # fmt: skip

    def successor(state: Any, i: Values) -> Any:
        word, seen, _ = state
        if enable and not i[enable]:
            return word, seen, 0
        seen += 1
        return moved(word, i[d], width, left), seen % width, int(seen == width)

    return Case(
        key=f"{width} {left} {bool(enable)} {timing(face)}", interface=face, says=says, cycles=240,
        reference=module(face, f"  reg {Port('count', bits).range}count;\n{body}", q, valid),
        second=apart(face, wide, "0", logic,
            f"assign {q} = {word};\nassign {valid} = now[{wide - 1}];"),
        machine=lambda: Registers((0, 0, 0), successor, lambda s, _: {q: s[0], valid: s[2]}),
    )  # fmt: skip


def _serialised(rng: Random) -> Case:
    width, d, load = (
        rng.choice((3, 4, 5, 6, 7, 8, 8, 10, 12, 16)),
        rng.choice(DATA),
        rng.choice(LOADS),
    )
    q, busy, left = rng.choice(LAST), rng.choice(BUSY), rng.random() < 0.5
    face = faced(rng, ("serializer", "parallel_to_serial", "p2s", "word_sender"),
                 (Port(load), Port(d, width)), (Port(q), Port(busy)))  # fmt: skip
    end, order = (
        (width - 1, "most significant bit first") if left else (0, "least significant bit first")
    )
    way = "left" if left else "right"
    says = Says(
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
    bits = width.bit_length()
    body = clocked(face, f"sr <= {sized(0, width)};\nleft <= {sized(0, bits)};", (
        f"if ({busy}) begin\n  sr <= {into('sr', chr(49) + chr(39) + 'b0', width, left)};\n  left"
        f" <= left - {sized(1, bits)};\nend\nelse if ({load}) begin\n  sr <= {d};\n"
        f"  left <= {sized(width, bits)};\nend"))  # fmt: skip
    reference = module(face, f"  reg {Port('sr', width).range}sr;\n  reg"
                             f" {Port('l', bits).range}left;\n"
                       f"  assign {q} = sr[{end}];\n  assign {busy} = (left !="
                       f" {sized(0, bits)});\n{body}")  # fmt: skip
    word, rest = f"now[{width - 1}:0]", f"now[{width + bits - 1}:{width}]"
    logic = (
        f"if ({rest} > 0) begin\n  after[{width + bits - 1}:{width}] = {rest} - 1;\n"
        f"  after[{width - 1}:0] = {word} {'<<' if left else '>>'} 1;\n"
        f"end else if ({load}) after = {{{bits}'d{width}, {d}}};"
    )

    def successor(state: list[int], i: Values) -> list[int]:
        if state or not i[load]:
            return state[1:]
        bits = [i[d] >> n & 1 for n in range(width)]
        return bits[::-1] if left else bits

    return Case(
        key=f"{width} {left} {timing(face)}", interface=face, says=says, cycles=200,
        reference=reference,
        second=apart(face, width + bits, "0", logic,
                     f"assign {busy} = |{rest};\nassign {q} = {word} >> {end};"),
        machine=lambda: Registers([], successor,
                                  lambda s, _: {q: s[0] if s else 0, busy: int(bool(s))}),
    )  # fmt: skip


FAMILIES: Final = (
    Family("serial to parallel", "serial", _deserial, weight=0.7),
    Family("parallel to serial", "serial", _serialised, weight=0.7, held_out=True),
)
