"""Registers: flip-flops, vectors of them, enables, sets and resets, byte lanes, latches."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final

from ..case import Case, Family
from ..interface import Interface, Port
from ..machine import Registers, Values
from ..names import draw_top
from ..verilog import clocked
from .clocking import (  # fmt: skip
    DATA,
    ENABLES,
    STORED,
    apart,
    constant,
    drawn,
    faced,
    module,
    sized,
    timing,
    trace,
)
from .register_words import (
    dff_says,
    enabled_says,
    lane_spans,
    lanes_says,
    latch_says,
    set_reset_says,
)

WIDTHS: Final = (1, 1, 1, 2, 3, 4, 4, 5, 6, 7, 8, 8, 8, 9, 10, 12, 16, 16, 20, 24, 32, 32)
SETS: Final = ("set", "s", "preset", "set_i", "mark", "turn_on", "up_req")
CLEARS: Final = ("clear", "r", "clr_i", "kill", "unset", "turn_off", "ack")
LANES: Final = ("be", "byteena", "byte_en", "wstrb", "lane_en", "wmask")
GATES: Final = ("en", "g", "gate", "le", "ena", "enable", "open", "latch_en")


def _dff(rng: Random) -> Case:
    width, d, q = rng.choice(WIDTHS), rng.choice(DATA), rng.choice(STORED)
    face = faced(rng, ("dff", "d_reg", "register", "flop", "sample_reg"), (Port(d, width),),
                 (Port(q, width),), none=0.35, falling=0.25)  # fmt: skip
    start = rng.randrange(1 << width) if face.reset and rng.random() < 0.6 else 0
    said, value = constant(start, width, rng), sized(start, width)
    rows = [{d: rng.randrange(1 << width)} for _ in range(5)]

    def machine() -> Registers:
        return Registers(start, lambda _, i: i[d], lambda s, _: {q: s}, forgets=True)

    tables = () if face.reset else (trace(face, machine(), rows),)
    return Case(
        key=f"{width} {start} {timing(face)}", interface=face, says=dff_says(face, said, tables),
        reference=module(face, clocked(face, f"{q} <= {value};", f"{q} <= {d};"), q),
        second=apart(face, width, value, f"after = {d};", f"assign {q} = now;"), machine=machine,
        cycles=60,
    )  # fmt: skip


def _enabled(rng: Random) -> Case:
    width, d, q, en = rng.choice(WIDTHS), *drawn(rng, DATA, STORED, ENABLES)
    level = int(rng.random() > 0.2)
    face = faced(rng, ("dffe", "enable_reg", "hold_register", "loadable"),
                 (Port(d, width), Port(en)), (Port(q, width),), none=0.3, falling=0.15)  # fmt: skip
    start = rng.randrange(1 << width) if face.reset and rng.random() < 0.4 else 0
    said, value = constant(start, width, rng), sized(start, width)
    test = en if level else f"!{en}"
    body = clocked(face, f"{q} <= {value};", f"if ({test}) {q} <= {d};")
    return Case(
        key=f"{width} {start} {level} {timing(face)}", interface=face,
        says=enabled_says(face, said, level), cycles=80,
        reference=module(face, body, q),
        second=apart(face, width, value, f"case ({en})\n  1'b{level}: after = {d};\n"
                     "  default: after = now;\nendcase", f"assign {q} = now;"),
        machine=lambda: Registers(start, lambda s, i: i[d] if i[en] == level else s,
                                  lambda s, _: {q: s}, forgets=True),
    )  # fmt: skip


def _set_reset(rng: Random) -> Case:
    s, r, q = rng.choice(SETS), rng.choice(CLEARS), rng.choice(STORED)
    first = rng.choice(("set", "clear"))
    d = rng.choice(DATA) if rng.random() < 0.5 else None
    inputs = (Port(s), Port(r)) + ((Port(d),) if d else ())
    face = faced(rng, ("sr_ff", "flag_bit", "status_flag", "set_clear"), inputs, (Port(q),),
                 none=0.5, falling=0.15)  # fmt: skip
    a, b, x, y = (s, r, 1, 0) if first == "set" else (r, s, 0, 1)
    chain = f"if ({a}) {q} <= 1'b{x};\nelse if ({b}) {q} <= 1'b{y};"
    chain += f"\nelse {q} <= {d};" if d else ""
    other = d or "now"
    logic = (f"after = {s} | (~{r} & {other});" if first == "set"
             else f"after = ~{r} & ({s} | {other});")  # fmt: skip

    def successor(state: int | None, i: Values) -> int | None:
        if i[a]:
            return x
        return y if i[b] else i[d] if d else state

    return Case(
        key=f"{first} {bool(d)} {timing(face)}", interface=face,
        says=set_reset_says(face, first == "set"), cycles=80,
        reference=module(face, clocked(face, f"{q} <= 1'b0;", chain), q),
        second=apart(face, 1, "0", logic, f"assign {q} = now;"),
        machine=lambda: Registers(0, successor, lambda v, _: {q: v}, forgets=True),
    )  # fmt: skip


def _lanes(rng: Random) -> Case:
    lanes, each = rng.choice((2, 2, 3, 4)), rng.choice((8, 8, 8, 4))
    width = lanes * each
    d, q, be = rng.choice(DATA), rng.choice(STORED), rng.choice(LANES)
    face = faced(rng, ("byte_reg", "lane_register", "masked_reg"),
                 (Port(d, width), Port(be, lanes)), (Port(q, width),), none=0.15)  # fmt: skip
    writes = "\n".join(
        f"if ({be}[{n}]) {q}{span} <= {d}{span};" for n, span in enumerate(lane_spans(face))
    )
    mask = ", ".join(f"{{{each}{{{be}[{n}]}}}}" for n in reversed(range(lanes)))

    def successor(state: int, i: Values) -> int:
        keep = sum(((1 << each) - 1) << each * n for n in range(lanes) if not i[be] >> n & 1)
        return state & keep | i[d] & ~keep

    def loaded(state: int | None, i: Values) -> int | None:
        if state is None:
            return i[d] if i[be] == (1 << lanes) - 1 else None
        return successor(state, i)

    return Case(
        key=f"{lanes} {each} {timing(face)}", interface=face, says=lanes_says(face), cycles=80,
        reference=module(face, clocked(face, f"{q} <= {width}'d0;", writes), q),
        second=apart(face, width, "0", f"after = ({d} & {{{mask}}}) | (now & ~{{{mask}}});",
                     f"assign {q} = now;"),
        machine=lambda: Registers(0, loaded, lambda v, _: {q: v}, forgets=True),
    )  # fmt: skip


def _latch(rng: Random) -> Case:
    width, d, q, en = rng.choice(WIDTHS), *drawn(rng, DATA, STORED, GATES)
    level, clear = int(rng.random() > 0.3), rng.choice(CLEARS) if rng.random() < 0.4 else None
    inputs = (Port(d, width), Port(en)) + ((Port(clear),) if clear else ())
    top = draw_top(("d_latch", "latch", "transparent_latch"), rng)
    face = Interface(top, inputs, (Port(q, width),))

    def successor(state: int | None, i: Values) -> int | None:
        if clear and i[clear]:
            return 0
        return i[d] if i[en] == level else state

    def stimuli(rng: Random) -> Iterator[dict[str, int]]:
        for _ in range(120):
            yield {p.name: rng.randrange(1 << p.width) if p.name != clear else rng.random() < 0.15
                   for p in inputs}  # fmt: skip

    return Case(
        key=f"{width} {level} {bool(clear)}", interface=face, says=latch_says(face, level),
        reference=_latch_reference(face, level), second=_latch_second(face, level),
        machine=lambda: Registers(0, successor, lambda v, _: {q: v}, forgets=True),
        stimuli=stimuli,
    )  # fmt: skip


def _latch_reference(face: Interface, level: int) -> str:
    d, en, *clear = (p.name for p in face.inputs)
    q, width = face.outputs[0].name, face.outputs[0].width
    test = en if level else f"!{en}"
    start = f"    if ({clear[0]}) {q} = {width}'d0;\n    else if" if clear else "    if"
    return module(face, f"  always @(*)\n{start} ({test}) {q} = {d};", q)


def _latch_second(face: Interface, level: int) -> str:
    d, en, *clear = (p.name for p in face.inputs)
    zero = f"if ({clear[0]}) now = 0; else " if clear else ""
    more = f" or {clear[0]}" if clear else ""
    return module(face, f"  reg {face.outputs[0].range}now;\n  always @({en} or {d}{more})\n    "
                  f"begin {zero}if ({en} == 1'b{level}) now = {d}; end\n"
                  f"  assign {face.outputs[0].name} = now;")  # fmt: skip


FAMILIES: Final = (
    Family("d flip-flop", "registers", _dff),
    Family("register with enable", "registers", _enabled),
    Family("set and clear flip-flop", "registers", _set_reset, weight=0.4),
    Family("byte lanes", "registers", _lanes, weight=0.5),
    Family("d latch", "registers", _latch, weight=0.6),
)
