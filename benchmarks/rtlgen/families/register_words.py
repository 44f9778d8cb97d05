"""The words for registers and latches."""

from __future__ import annotations

from ..case import Says
from ..interface import Interface
from .clocking import high, reset_points, resets, some


def dff_says(face: Interface, said: str, tables: tuple[str, ...]) -> Says:
    """Return the words for flip-flops with a data input; `said` is the value in reset."""
    assert face.clock is not None
    d, q, clk = face.inputs[0].name, face.outputs[0].name, face.clock.name
    width = face.outputs[0].width
    what = "[a|one|a single] D flip-flop" if width == 1 else (
        f"[{width} D flip-flops|a register of {width} bits|a bank of {width} flip-flops]"
    )  # fmt: skip
    edge = "[rising|positive]" if face.clock.edge == "posedge" else "[falling|negative]"
    return Says(
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
        tables=tables,
        ports={d: "data input", q: "stored value"},
    )  # fmt: skip


def enabled_says(face: Interface, said: str, level: int) -> Says:
    """Return the words for a register with an enable; `said` is the value in reset."""
    (d, en), q, width = (p.name for p in face.inputs), face.outputs[0].name, face.outputs[0].width
    when = high(en, level)
    what = "[a|one] D flip-flop" if width == 1 else f"[{width} D flip-flops|{some(width)} register]"
    return Says(
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


def set_reset_says(face: Interface, sets_first: bool) -> Says:
    """Return the words for a flip-flop to set and clear; a third input is its data otherwise."""
    s, r, *data = (p.name for p in face.inputs)
    q = face.outputs[0].name
    a, b, x, y = (s, r, 1, 0) if sets_first else (r, s, 0, 1)
    rest = f"it takes {data[0]}" if data else "[it keeps its value|it holds]"
    return Says(
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
            (f"when both are low {rest.replace('it', q, 1) if data else f'{q} keeps its value'}",),
            *reset_points(face, q),
        ),
    )  # fmt: skip


def lane_spans(face: Interface) -> list[str]:
    """Return the ranges of bits that the bits of the enable, the second input, belong to."""
    lanes = face.inputs[1].width
    each = face.inputs[0].width // lanes
    return [f"[{each * (n + 1) - 1}:{each * n}]" for n in range(lanes)]


def lanes_says(face: Interface) -> Says:
    """Return the words for a register with an enable for every byte or nibble."""
    (d, be), q, width = (p.name for p in face.inputs), face.outputs[0].name, face.outputs[0].width
    spans = lane_spans(face)
    each = width // len(spans)
    part = "byte" if each == 8 else "nibble"
    each_said = " ".join(f"{be}[{n}] [controls|enables] {q}{span}." for n, span in enumerate(spans))
    return Says(
        brief=(
            f"[write|store] {d} into {q} {part} by {part}: {be}[k] high lets the clock edge load"
            f" {part} k (bit {each}k and the {each - 1} bits above it), all others keep what they"
            f" have{resets(face, q)}",
            f"{some(width)} register with {part} enables: {be}[0] writes the least significant"
            f" {part} of {q} from {d}, {be}[{len(spans) - 1}] the most significant one. [Other|Not"
            f" enabled] {part}s keep their value{resets(face, q)}",
            f"at each clock edge, every {part} of {q} whose bit in {be} is 1 takes the same {part}"
            f" of {d}; the others hold. Bit 0 of {be} belongs to bits {each - 1} to 0"
            f"{resets(face, q)}",
            f"{q} stores {d} per {part}. {each_said} A {part} that is not enabled does not change"
            f"{resets(face, q)}",
        ),
        points=(
            *((f"{be}[{n}] high: {q}{span} takes {d}{span} at the clock edge",)
              for n, span in enumerate(spans)),
            (f"{part}s that are not enabled hold", f"a {part} without its enable keeps its value"),
            *reset_points(face, q),
        ),
    )  # fmt: skip


def latch_says(face: Interface, level: int) -> Says:
    """Return the words for a latch that is open on a level; a third input clears it."""
    d, en, *clear = (p.name for p in face.inputs)
    q, width = face.outputs[0].name, face.outputs[0].width
    when, shut = high(en, level), high(en, 1 - level)
    over = f". {clear[0]} high clears {q} to 0 at any time, whatever {en} is" if clear else ""
    what, a = "D latch" if width == 1 else f"{width}-bit D latch", "an" if width == 8 else "a"
    return Says(
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
            *(((f"{clear[0]} = 1 clears {q} regardless of {en}",),) if clear else ()),
        ),
        ports={d: "data input", en: "latch enable"},
    )  # fmt: skip
