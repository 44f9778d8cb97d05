"""Registers: flip-flops, vectors of them, enables, sets and resets, byte lanes, latches."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Final

from ..case import Case, Family, Says
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
    high,
    module,
    reset_points,
    resets,
    sized,
    some,
    timing,
    trace,
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
    assert face.clock is not None
    start = rng.randrange(1 << width) if face.reset and rng.random() < 0.6 else 0
    said = constant(start, width, rng)
    what = "[a|one|a single] D flip-flop" if width == 1 else (
        f"[{width} D flip-flops|a register of {width} bits|a bank of {width} flip-flops]"
    )  # fmt: skip
    edge = "[rising|positive]" if face.clock.edge == "posedge" else "[falling|negative]"
    clk = face.clock.name

    def machine() -> Registers:
        return Registers(start, lambda _, i: i[d], lambda s, _: {q: s}, forgets=True)

    rows = [{d: rng.randrange(1 << width)} for _ in range(5)]
    says = Says(
        brief=(
            f"{what}: {q} [takes|samples|stores] {d} [on|at] the {edge} edge of {clk}"
            f"{resets(face, q, said)}",
            f"{q} [shall be|is] {d} registered [on|by] the {edge} edge of {clk}"
            f"{resets(face, q, said)}",
            f"[store|register|sample] {d} in {q} [on|at] every {edge} edge of {clk}"
            f"{resets(face, q, said)}",
            f"{what} with [data input|input] {d} and output {q}, [triggered by|clocked on] the"
            f" {edge} edge of {clk}{resets(face, q, said)}",
            f"[at|on] each {edge} edge of {clk}, {q} [is loaded with|becomes] {d}"
            f"{resets(face, q, said)}",
        ),
        points=(
            (f"{q} [takes|loads|samples] {d} on every {edge} edge of {clk}",
             f"{d} is stored in {q} by every {edge} clock edge",
             f"{what} from {d} to {q}, {edge} edge"),
            *reset_points(face, q, said),
        ),
        tables=() if face.reset else (trace(face, machine(), rows),),
        ports={d: "data input", q: "stored value"},
    )  # fmt: skip
    value = sized(start, width)
    return Case(
        key=f"{width} {start} {timing(face)}", interface=face, says=says, cycles=60,
        reference=module(face, clocked(face, f"{q} <= {value};", f"{q} <= {d};"), q),
        second=apart(face, width, value, f"after = {d};", f"assign {q} = now;"), machine=machine,
    )  # fmt: skip


def _enabled(rng: Random) -> Case:
    width, d, q, en = rng.choice(WIDTHS), *drawn(rng, DATA, STORED, ENABLES)
    level = int(rng.random() > 0.2)
    face = faced(rng, ("dffe", "enable_reg", "hold_register", "loadable"),
                 (Port(d, width), Port(en)), (Port(q, width),), none=0.3, falling=0.15)  # fmt: skip
    start = rng.randrange(1 << width) if face.reset and rng.random() < 0.4 else 0
    said, value, when = constant(start, width, rng), sized(start, width), high(en, level)
    what = "[a|one] D flip-flop" if width == 1 else f"[{width} D flip-flops|{some(width)} register]"
    says = Says(
        brief=(
            f"{what} with [an enable|enable {en}]: {q} [loads|takes] {d} [when|if] {when} and"
            f" [otherwise keeps its value|holds otherwise]{resets(face, q, said)}",
            f"[load|store] {d} into {q} at a clock edge only [while|when] {when}; [otherwise|else]"
            f" {q} [is unchanged|stays the same]{resets(face, q, said)}",
            f"{q} [shall hold|holds] its value unless {when}, [then|in which case] it takes {d} at"
            f" the clock edge{resets(face, q, said)}",
            f"clock enable {en} (active {'high' if level else 'low'}) lets {q} [sample|take] {d}, "
            f"without it {q} does not change{resets(face, q, said)}",
        ),
        points=(
            (f"{q} is loaded with {d} at the clock edge when {when}",
             f"when {when}, the clock edge [copies|stores] {d} into {q}"),
            (f"otherwise {q} [keeps its value|holds]", f"{q} does not change otherwise"),
            *reset_points(face, q, said),
        ),
        ports={d: "data input", q: "stored value", en: "enables loading"},
    )  # fmt: skip
    test = en if level else f"!{en}"
    body = clocked(face, f"{q} <= {value};", f"if ({test}) {q} <= {d};")
    return Case(
        key=f"{width} {start} {level} {timing(face)}", interface=face, says=says, cycles=80,
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
    rest = f"it takes {d}" if d else "[it keeps its value|it holds]"
    says = Says(
        brief=(
            f"[a|one] synchronous set/reset flip-flop {q}: {a} high makes it {x}; if {a} is low,"
            f" {b} high makes it {y}; if both are low, {rest}{resets(face, q)}",
            f"[A|One] flip-flop {q} with synchronous set {s} and reset {r} (both active high). {a}"
            f" [has priority|wins] when both are high; with neither, {rest}{resets(face, q)}",
            f"at the clock edge {q} becomes {x} if {a} is high, else {y} if {b} is high, else"
            f" {rest}{resets(face, q)}",
            f"{s} [sets {q}|brings {q} to 1] and {r} [clears it|brings it to 0], synchronously; {a}"
            f" [takes precedence|has precedence]. [Without either|When both are low], {rest}"
            f"{resets(face, q)}",
        ),
        points=(
            (f"{s} high at the clock edge sets {q} to 1", f"{q} is set by {s}, synchronously"),
            (f"{r} high at the clock edge [clears {q}|brings {q} to 0]", f"{r} clears {q} to 0"),
            (f"when both are high, {a} wins", f"{a} has priority over {b}"),
            (f"when both are low {rest.replace('it', q, 1) if d else f'{q} keeps its value'}",),
            *reset_points(face, q),
        ),
    )  # fmt: skip
    chain = f"if ({a}) {q} <= 1'b{x};\nelse if ({b}) {q} <= 1'b{y};"
    other = d or "now"
    logic = (f"after = {s} | (~{r} & {other});" if first == "set"
             else f"after = ~{r} & ({s} | {other});")  # fmt: skip

    def successor(state: int | None, i: Values) -> int | None:
        if i[a]:
            return x
        return y if i[b] else i[d] if d else state

    return Case(
        key=f"{first} {bool(d)} {timing(face)}", interface=face, says=says, cycles=80,
        reference=module(face, clocked(
            face, f"{q} <= 1'b0;", chain + (f"\nelse {q} <= {d};" if d else "")), q),
        second=apart(face, 1, "0", logic, f"assign {q} = now;"),
        machine=lambda: Registers(0, successor, lambda v, _: {q: v}, forgets=True),
    )  # fmt: skip


def _lanes(rng: Random) -> Case:
    lanes, each = rng.choice((2, 2, 3, 4)), rng.choice((8, 8, 8, 4))
    width = lanes * each
    d, q, be = rng.choice(DATA), rng.choice(STORED), rng.choice(LANES)
    face = faced(rng, ("byte_reg", "lane_register", "masked_reg"),
                 (Port(d, width), Port(be, lanes)), (Port(q, width),), none=0.15)  # fmt: skip
    part = "byte" if each == 8 else "nibble"
    spans = [(each * (n + 1) - 1, each * n) for n in range(lanes)]
    each_said = " ".join(f"{be}[{n}] [controls|enables] {q}[{h}:{low}]." for n, (h, low)
                         in enumerate(spans))  # fmt: skip
    says = Says(
        brief=(
            f"[write|store] {d} into {q} {part} by {part}: {be}[k] high lets the clock edge load"
            f" {part} k (bit {each}k and the {each - 1} bits above it), all others keep what they"
            f" have{resets(face, q)}",
            f"{some(width)} register with {part} enables: {be}[0] writes the least significant"
            f" {part} of {q} from {d}, {be}[{lanes - 1}] the most significant one. [Other|Not"
            f" enabled] {part}s keep their value{resets(face, q)}",
            f"at each clock edge, every {part} of {q} whose bit in {be} is 1 takes the same {part}"
            f" of {d}; the others hold. Bit 0 of {be} belongs to bits {each - 1} to 0"
            f"{resets(face, q)}",
            f"{q} stores {d} per {part}. {each_said} A {part} that is not enabled does not change"
            f"{resets(face, q)}",
        ),
        points=(
            *((f"{be}[{n}] high: {q}[{h}:{low}] takes {d}[{h}:{low}] at the clock edge",)
              for n, (h, low) in enumerate(spans)),
            (f"{part}s that are not enabled hold", f"a {part} without its enable keeps its value"),
            *reset_points(face, q),
        ),
    )  # fmt: skip
    writes = "\n".join(f"if ({be}[{n}]) {q}[{h}:{low}] <= {d}[{h}:{low}];"
                       for n, (h, low) in enumerate(spans))  # fmt: skip
    mask = ", ".join(f"{{{each}{{{be}[{n}]}}}}" for n in reversed(range(lanes)))

    def successor(state: int, i: Values) -> int:
        keep = sum(((1 << each) - 1) << each * n for n in range(lanes) if not i[be] >> n & 1)
        return state & keep | i[d] & ~keep

    def loaded(state: int | None, i: Values) -> int | None:
        if state is None:
            return i[d] if i[be] == (1 << lanes) - 1 else None
        return successor(state, i)

    return Case(
        key=f"{lanes} {each} {timing(face)}", interface=face, says=says, cycles=80,
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
    when, shut = high(en, level), high(en, 1 - level)
    over = f". {clear} high clears {q} to 0 at any time, whatever {en} is" if clear else ""
    what, a = "D latch" if width == 1 else f"{width}-bit D latch", "an" if width == 8 else "a"
    says = Says(
        brief=(
            f"a latch from {d} to {q}, [open|transparent] while {when} and closed while {shut},"
            f" when {q} keeps what it had{over}",
            f"{a} {what}, transparent [while|when] {when}, [holding|that holds] its value"
            f" [otherwise|while {shut}]{over}",
            f"{q} [follows|equals] {d} [while|as long as] {when} and [keeps|holds] the last value"
            f" while {shut}. [There is no clock|This is a latch, not a flip-flop]{over}",
            f"[implement|write] a level sensitive latch: {when} [passes|lets] {d} [|through] to"
            f" {q}, otherwise {q} [does not change|is held]{over}",
        ),
        points=(
            (f"while {when}, {q} follows {d}", f"{q} = {d} while {when}"),
            (f"while {shut}, {q} holds its last value", f"{q} is latched otherwise"),
            *(((f"{clear} = 1 clears {q} regardless of {en}",),) if clear else ()),
        ),
        ports={d: "data input", en: "latch enable"},
    )  # fmt: skip
    test = en if level else f"!{en}"
    start = f"    if ({clear}) {q} = {width}'d0;\n    else if" if clear else "    if"
    body = f"  always @(*)\n{start} ({test}) {q} = {d};"
    zero = f"if ({clear}) now = 0; else " if clear else ""
    more = f" or {clear}" if clear else ""
    second = module(face, f"  reg {face.outputs[0].range}now;\n  always @({en} or {d}{more})\n    "
                    f"begin {zero}if ({en} == 1'b{level}) now = {d}; end\n"
                    f"  assign {q} = now;")  # fmt: skip

    def successor(state: int | None, i: Values) -> int | None:
        if clear and i[clear]:
            return 0
        return i[d] if i[en] == level else state

    def stimuli(rng: Random) -> Iterator[dict[str, int]]:
        for _ in range(120):
            yield {p.name: rng.randrange(1 << p.width) if p.name != clear else rng.random() < 0.15
                   for p in inputs}  # fmt: skip

    return Case(
        key=f"{width} {level} {bool(clear)}", interface=face, says=says, stimuli=stimuli,
        reference=module(face, body, q), second=second,
        machine=lambda: Registers(0, successor, lambda v, _: {q: v}, forgets=True),
    )  # fmt: skip


FAMILIES: Final = (
    Family("d flip-flop", "registers", _dff),
    Family("register with enable", "registers", _enabled),
    Family("set and clear flip-flop", "registers", _set_reset, weight=0.4),
    Family("byte lanes", "registers", _lanes, weight=0.5),
    Family("d latch", "registers", _latch, weight=0.6),
)
