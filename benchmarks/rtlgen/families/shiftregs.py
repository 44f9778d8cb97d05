"""Shift registers: serial, loadable, arithmetic, rotating and universal ones."""

from __future__ import annotations

from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Interface, Port
from ..machine import Registers, Values
from ..verilog import clocked
from .clocking import (  # fmt: skip
    DATA,
    ENABLES,
    apart,
    binary,
    drawn,
    faced,
    indented,
    module,
    reset_points,
    resets,
    sized,
    some,
    timing,
)

SERIAL: Final = ("sin", "s_in", "serial_in", "si", "bit_in", "in", "d", "w", "rx")
SHIFTED: Final = ("q", "q", "out", "shreg", "sr", "word", "data_out", "taps")
LAST: Final = ("sout", "s_out", "serial_out", "so", "out", "q", "tail", "tx")
LOADS: Final = ("load", "ld", "pload", "capture", "set_word", "par_load")
AMOUNTS: Final = ("amount", "mode", "how", "sel", "op", "kind")
# The way and by how many bits.
Shift = tuple[str, int]


def into(q: str, new: str, width: int, left: bool) -> str:
    """Return a word shifted by one bit, the new bit at the free end."""
    return f"{{{q}[{width - 2}:0], {new}}}" if left else f"{{{new}, {q}[{width - 1}:1]}}"


def moved(state: int, new: int, width: int, left: bool) -> int:
    """Return the same in numbers."""
    if left:
        return (state * 2 + new) % (1 << width)
    return state // 2 + (new << (width - 1))


def _serial(rng: Random) -> Case:
    width, d, left = rng.randint(2, 16), rng.choice(SERIAL), rng.random() < 0.6
    tail = rng.random() < 0.4
    q = rng.choice(LAST if tail else SHIFTED)
    enable = rng.choice(ENABLES) if rng.random() < 0.4 else None
    start = rng.randrange(1 << width) if not tail and rng.random() < 0.2 else 0
    left = left or tail
    face = faced(rng, ("shift_register", "serial_shift", "shifter"),
                 (Port(d), *((Port(enable),) if enable else ())),
                 (Port(q, 1 if tail else width),))  # fmt: skip
    guard, inner = f"if ({enable}) " if enable else "", "sr" if tail else q
    body = clocked(face, f"{inner} <= {sized(start, width)};",
                   f"{guard}{inner} <= {into(inner, d, width, left)};")  # fmt: skip
    ref = f"  reg [{width - 1}:0] sr;\n{body}\n  assign {q} = sr[{width - 1}];" if tail else body
    logic = f"if ({enable or 1}) after = " + (
        f"(now << 1) | {d};" if left else f"(now >> 1) | ({d} << {width - 1});")  # fmt: skip

    def successor(state: int, i: Values) -> int:
        return state if enable and not i[enable] else moved(state, i[d], width, left)

    return Case(
        key=f"{width} {left} {tail} {start} {bool(enable)} {timing(face)}", interface=face,
        says=_tail_says(face, width) if tail else _serial_says(face, left, start),
        reference=module(face, ref, *(() if tail else (q,))), cycles=120,
        second=apart(face, width, str(start), logic,
                     f"assign {q} = now{f' >= {1 << width - 1}' if tail else ''};"),
        machine=lambda: Registers(start, successor,
                                  lambda s, _: {q: s >> (width - 1) if tail else s}),
    )  # fmt: skip


def _tail_says(face: Interface, width: int) -> Says:
    """Return the words for a shift register that shows only its last bit."""
    d, *enable = (p.name for p in face.inputs)
    q = face.outputs[0].name
    only = f" [while|when] {enable[0]} is high" if enable else ""
    return Says(
        brief=(
            f"{width} flip-flops in series: {d} into the first, {q} out of the"
            f" last{only and f'; they shift only{only}'}. Reset sets all to 0",
            f"{some(width)} shift register{only and ' with shift enable ' + enable[0]}: each"
            f" clock edge{only} shifts it by one and takes {d} in; {q} is its last bit, so {d}"
            f" appears on {q} after {width} shifts. Reset clears [all bits|the register]",
            f"{q} is {d} delayed by {width} flip-flops in a"
            f" row{only and f', which shift only{only}'}. Reset clears all of them",
            f"[connect|chain] {width} flip-flops as a shift register from {d} to"
            f" {q}{only and ', shifting' + only}. All are 0 in reset",
        ),
    )  # fmt: skip


def _serial_says(face: Interface, left: bool, start: int) -> Says:
    d, *enable = (p.name for p in face.inputs)
    q, width = face.outputs[0].name, face.outputs[0].width
    only = f" [while|when] {enable[0]} is high" if enable else ""
    way, end, first = ("left", width - 1, 0) if left else ("right", 0, width - 1)
    reset = resets(face, q, binary(start, width) if start else "0")
    return Says(
        brief=(
            f"{some(width)} shift register {q}: each clock edge{only} shifts {q} {way} by one bit,"
            f" {d} enters at bit {first}{reset}",
            f"{q} shifts {way} by one per clock cycle{only}; {d} is the new bit {first} and bit"
            f" {end} [drops out|is lost]{reset}",
            f"[shift|push] {d} into {q} at bit {first} on every clock edge{only}, moving the other"
            f" bits one place to the {way}{reset}",
            f"serial in, parallel out: {q} collects {d}, one bit per clock cycle{only}, shifting"
            f" {way}{reset}",
        ),
    )  # fmt: skip


def _loaded(rng: Random) -> Case:
    width, q, load, d = rng.randint(3, 16), *drawn(rng, SHIFTED, LOADS, DATA)
    left, enable = rng.random() < 0.5, rng.choice(ENABLES) if rng.random() < 0.6 else None
    fill = rng.choice(("serial", "0", "0", "1"))
    new = rng.choice(SERIAL) if fill == "serial" else f"1'b{fill}"
    inputs = (Port(load), *((Port(enable),) if enable else ()), Port(d, width),
              *((Port(new),) if fill == "serial" else ()))  # fmt: skip
    face = faced(rng, ("load_shift", "shift_load", "piso_core"), inputs, (Port(q, width),),
                 none=0.25)  # fmt: skip
    guard = f"if ({enable}) " if enable else ""
    body = f"if ({load}) {q} <= {d};\nelse {guard}{q} <= {into(q, new, width, left)};"
    shifted = f"(now << 1) | {new}" if left else f"(now >> 1) | ({new} << {width - 1})"
    logic = f"casez ({{{load}, {enable or chr(49) + chr(39) + 'b1'}}})\n  2'b1?: after = {d};\n" \
            f"  2'b01: after = {shifted};\n  default: after = now;\nendcase"  # fmt: skip

    def successor(state: int | None, i: Values) -> int | None:
        if i[load]:
            return i[d]
        if state is None or (enable and not i[enable]):
            return state
        return moved(state, i[new] if fill == "serial" else int(fill), width, left)

    return Case(
        key=f"{width} {left} {fill} {bool(enable)} {timing(face)}", interface=face,
        says=_loaded_says(face, d, enable, new if fill == "serial" else fill, left),
        reference=module(face, clocked(face, f"{q} <= {sized(0, width)};", body), q), cycles=120,
        second=apart(face, width, "0", logic, f"assign {q} = now;"),
        machine=lambda: Registers(0, successor, lambda s, _: {q: s}, forgets=True),
    )  # fmt: skip


def _loaded_says(face: Interface, d: str, enable: str | None, comes: str, left: bool) -> Says:
    """Return the words; `comes` is what enters at the free end."""
    load, q, width = face.inputs[0].name, face.outputs[0].name, face.outputs[0].width
    way, first = ("left", 0) if left else ("right", width - 1)
    rest = f"it shifts {way} by one bit, {comes} entering at bit {first}" + (
        f", if {enable} is high, and holds otherwise" if enable else "")  # fmt: skip
    return Says(
        brief=(
            f"a loadable shift register {q}: with {load} high it is set to {d}; with {load} low"
            f" {rest}{resets(face, q)}",
            f"{some(width)} shift register with parallel load: if {load} is high {q} takes {d} at"
            f" the clock edge; if not, {rest}{resets(face, q)}",
            f"{load} = 1 loads {q} with {d}. With {load} = 0, {rest}{resets(face, q)}",
            f"{q} is loaded from {d} at clock edges with {load} high, which has priority. Otherwise"
            f" {rest}{resets(face, q)}",
        ),
        points=(
            (f"{load} high: {q} is loaded with {d} at the clock edge",),
            (f"{load} low{f' and {enable} high' if enable else ''}: {q} shifts {way} by one,"
             f" {comes} enters at bit {first}",),
            *(((f"both low: {q} [holds|does not change]",),) if enable else ()),
            *reset_points(face, q),
        ),
    )  # fmt: skip


def _amounts(rng: Random) -> Case:
    width = rng.choice((8, 8, 12, 16, 16, 24, 32, 64))
    q, load, d = rng.choice(SHIFTED), rng.choice(LOADS), rng.choice(DATA)
    enable, how = rng.choice(ENABLES), rng.choice(AMOUNTS)
    far = rng.choice([n for n in (2, 3, 4, 5, 8, 16) if n < width])
    near = rng.choice([n for n in (1, 1, 1, 2, 3) if n < far])
    kinds = [("left", near), ("left", far), ("right", near), ("right", far)]
    if rng.random() < 0.5:
        rng.shuffle(kinds)
    arithmetic = rng.random() < 0.75
    inputs = (Port(load), Port(enable), Port(how, 2), Port(d, width))
    face = faced(rng, ("arith_shift", "multi_shift", "signed_shifter"), inputs, (Port(q, width),),
                 none=0.7)  # fmt: skip

    def successor(state: int | None, i: Values) -> int | None:
        if i[load]:
            return i[d]
        if not i[enable] or state is None:
            return state
        way, n = kinds[i[how]]
        sign = -(1 << width) if arithmetic and state >> (width - 1) else 0
        return (state << n if way == "left" else (state + sign) >> n) % (1 << width)

    return Case(
        key=f"{width} {kinds} {arithmetic} {timing(face)}", interface=face,
        says=_amounts_says(face, kinds, arithmetic), cycles=150,
        reference=_amounts_reference(face, kinds, arithmetic),
        second=_amounts_second(face, kinds, arithmetic),
        machine=lambda: Registers(0, successor, lambda s, _: {q: s}, forgets=True),
    )  # fmt: skip


def _amounts_says(face: Interface, kinds: list[Shift], arithmetic: bool) -> Says:
    load, enable, how, d = (p.name for p in face.inputs)
    q, width = face.outputs[0].name, face.outputs[0].width
    sort = "arithmetically (the sign bit is copied)" if arithmetic else "logically (zeros enter)"
    said = [f"{w} by {n}" for w, n in kinds]
    return Says(
        brief=(
            f"a register that shifts. {load} = 1: {q} becomes {d}. Else with {enable} = 1 {q} is"
            f" shifted, {how} = 0 to 3 meaning {', '.join(said)} in this order. Else it holds. Left"
            f" shifts fill with zeros, right shifts are done {sort}{resets(face, q)}",
            f"shift {q} when {enable} is high, by what {how} selects ("
            + "; ".join(f"{v}: {t}" for v, t in enumerate(said))
            + f"), unless {load} is high, which loads {d}. Shifting left brings in zeros; shifting"
            f" right works {sort}. With both low nothing changes{resets(face, q)}",
            f"{some(width)} shift register: {load} high loads {d}; else, if {enable} is high, {q}"
            f" shifts as {how} says: " + ", ".join(f"{v} {t}" for v, t in enumerate(said)) +
            f". Right shifts work {sort}, left shifts bring in zeros. Otherwise {q}"
            f" holds{resets(face, q)}",
            f"{q} can be loaded from {d} ({load}, has priority) and shifted ({enable}). {how} ="
            + ", ".join(f" {binary(v, 2)}: {t}" for v, t in enumerate(said)) +
            f". To the left zeros come in, to the right it shifts {sort}. With {load} and {enable}"
            f" low it holds{resets(face, q)}",
        ),
        points=(
            (f"{load} high: {q} takes {d}", f"{load} has priority and loads {d} into {q}"),
            *((f"{load} low, {enable} high, {how} = {v}: {q} shifts {t}",)
              for v, t in enumerate(said)),
            (f"left shifts fill with zeros, right shifts work {sort}",),
            (f"with {load} and {enable} low {q} holds",),
            *reset_points(face, q),
        ),
    )  # fmt: skip


def _amounts_reference(face: Interface, kinds: list[Shift], arithmetic: bool) -> str:
    load, enable, how, d = (p.name for p in face.inputs)
    q, top = face.outputs[0].name, face.outputs[0].width - 1

    def arm(way: str, n: int) -> str:
        zeros = f"{n}'d0" if n > 1 else "1'b0"
        if way == "left":
            return f"{{{q}[{top - n}:0], {zeros}}}"
        if n == 1 and arithmetic:
            return f"{{{q}[{top}], {q}[{top}:1]}}"
        signs = f"{{{n}{{{q}[{top}]}}}}" if arithmetic else zeros
        return f"{{{signs}, {q}[{top}:{n}]}}"

    arms = "\n".join(f"2'd{v}: {q} <= {arm(*kind)};" for v, kind in enumerate(kinds))
    chosen = f"case ({how})\n{indented(arms, 2)}\nendcase"
    body = f"if ({load}) {q} <= {d};\nelse if ({enable})\n{indented(chosen, 2)}"
    return module(face, clocked(face, f"{q} <= {sized(0, top + 1)};", body), q)


def _amounts_second(face: Interface, kinds: list[Shift], arithmetic: bool) -> str:
    load, enable, how, d = (p.name for p in face.inputs)
    signs = {"left": "<<", "right": ">>>" if arithmetic else ">>"}
    arms = "\n".join(
        f"  2'd{v}: after = $signed(now) {signs[w]} {n};" for v, (w, n) in enumerate(kinds)
    )
    logic = f"if ({load}) after = {d};\nelse if ({enable}) case ({how})\n{arms}\nendcase"
    return apart(face, face.outputs[0].width, "0", logic, f"assign {face.outputs[0].name} = now;")


FAMILIES: Final = (
    Family("serial shift register", "shift registers", _serial),
    Family("shift register with load", "shift registers", _loaded),
    Family("shifts by several amounts", "shift registers", _amounts, weight=0.7),
)
