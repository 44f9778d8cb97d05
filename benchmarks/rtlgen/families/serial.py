"""Bits in a row: delay lines, LFSRs, serial and parallel words, histories."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Interface, Port
from ..machine import Registers, Values
from ..verilog import clocked
from .clocking import (
    DATA,
    ENABLES,
    STORED,
    apart,
    binary,
    faced,
    module,
    reset_points,
    resets,
    sized,
    some,
    timing,
)  # fmt: skip
from .shiftregs import into, moved

STATES: Final = ("q", "lfsr", "state", "prbs", "random", "out", "noise")
LOGS: Final = ("history", "ghr", "hist", "past", "record")
HEAR: Final = (("push", "bit_in"), ("valid", "outcome"), ("note", "value"), ("add", "result"))
MEND: Final = (("restore", "saved", "fixed"), ("repair", "old", "right_bit"),
               ("rollback", "snapshot", "actual"), ("correct", "earlier", "true_bit"))  # fmt: skip


def _delay(rng: Random) -> Case:
    width, count = rng.choice((1, 1, 2, 4, 8, 8, 12, 16)), rng.randint(2, 8)
    d, q = rng.choice(DATA), rng.choice(STORED)
    enable = rng.choice(ENABLES) if rng.random() < 0.3 else None
    face = faced(rng, ("delay_line", f"delay{count}", "pipeline_delay"),
                 (Port(d, width), *((Port(enable),) if enable else ())), (Port(q, width),),
                     none=0.4)  # fmt: skip
    steps = f"clock cycles with {enable} high" if enable else "clock cycles"
    zero = ". Reset clears all stages" if face.reset else ""
    wide = "" if width == 1 else f" of {width} bits"
    says = Says(
        brief=(
            f"a delay line{wide}: {q} is {d} delayed by {count} {steps}{zero}",
            f"{count} registers{wide} in a row carry {d} to"
            f" {q}{f', moving only when {enable} is high' if enable else ''}{zero}",
            f"delay {d} by {count} {steps} and put it out as {q}{zero}",
            f"{q} [shall show|shows] the value that {d} had {count} {steps} [before|earlier]{zero}",
        ),
    )  # fmt: skip
    bits, guard = width * count, f"if ({enable}) " if enable else ""
    body = clocked(face, f"line <= {bits}'d0;",
                   f"{guard}line <= {{line[{bits - width - 1}:0], {d}}};")  # fmt: skip
    last = f"line[{bits - 1}]" if width == 1 else f"line[{bits - 1}:{bits - width}]"
    logic = f"if ({enable or 1}) after = ({d} << {bits - width}) | (now >> {width});"
    shows = f"assign {q} = now[{width - 1}:0];"

    def successor(state: tuple[int | None, ...], i: Values) -> tuple[int | None, ...]:
        return state if enable and not i[enable] else (*state[1:], i[d])

    def machine() -> Registers:
        return Registers((0,) * count, successor, lambda s, _: {q: s[0]}, power_on=(None,) * count)

    wider = logic.replace(f"({d} <<", f"({{{bits}'d0, {d}}} <<")
    return Case(
        key=f"{width} {count} {bool(enable)} {timing(face)}", interface=face, says=says,
        reference=module(face, f"  reg [{bits - 1}:0] line;\n{body}\n  assign {q} = {last};"),
        second=apart(face, bits, "0", wider, shows), machine=machine, cycles=100,
    )  # fmt: skip


def _enable_of(face: Interface) -> str:
    """Return the name of an LFSR's only input, an enable, "" where there is none."""
    return face.inputs[0].name if face.inputs else ""


def _seed(seed: int, width: int) -> str:
    return binary(seed, width) if width <= 8 else f"{width}'h{seed:x}"


def _galois(rng: Random) -> Case:
    width, q = rng.choice((3, 4, 5, 6, 7, 8, 8, 10, 12, 16, 16, 24, 32)), rng.choice(STATES)
    mask = rng.randrange(1 << (width - 1)) | 1 << (width - 1)
    if rng.random() < 0.6:
        mask = 1 << (width - 1) | sum(
            {1 << rng.randrange(width - 1) for _ in range(rng.randint(1, 3))}
        )
    seed = rng.choice((1, 1, (1 << width) - 1, rng.randrange(1, 1 << width)))
    listed = 2 <= mask.bit_count() <= 4 and width <= 12 and rng.random() < 0.5
    enable = rng.choice(ENABLES) if rng.random() < 0.3 else None
    face = faced(rng, (f"lfsr{width}", "galois_lfsr", "prbs_gen", "lfsr"),
                 (Port(enable),) if enable else (), (Port(q, width),))  # fmt: skip
    logic = (f"if ({enable or 1}) after = {{1'b0, now[{width - 1}:1]}} ^"
             f" ({{{width}{{now[0]}}}} & {width}'d{mask});")  # fmt: skip

    def successor(state: int, i: Values) -> int:
        if enable and not i[enable]:
            return state
        return state // 2 ^ (mask if state % 2 else 0)

    return Case(
        key=f"{width} {mask:x} {seed:x} {listed} {bool(enable)} {timing(face)}", interface=face,
        says=_galois_says(face, mask, seed, listed),
        reference=_galois_reference(face, mask, seed, listed),
        second=apart(face, width, f"{width}'d{seed}", logic, f"assign {q} = now;"), cycles=200,
        machine=lambda: Registers(seed, successor, lambda s, _: {q: s}),
    )  # fmt: skip


def _galois_says(face: Interface, mask: int, seed: int, listed: bool) -> Says:
    q, width, enable = face.outputs[0].name, face.outputs[0].width, _enable_of(face)
    only, reset = f" while {enable} is high" if enable else "", resets(face, q, _seed(seed, width))
    value = f"{width}'h{mask:x}"
    inner = " and ".join(str(n) for n in range(width - 1) if mask >> n & 1)
    how = (f"bit 0 is fed back: it becomes bit {width - 1} and is xored into the bits that arrive"
           f" at [bit|position] {inner}" if listed else
           f"if the bit shifted out (bit 0) was 1, the result is xored with {value}")  # fmt: skip
    brief = (
        f"at each clock edge{only}, if {q}[0] is 1 {q} becomes ({q} >> 1) ^ {value}, if it is 0"
        f" just {q} >> 1 (a Galois LFSR){reset}",
        f"{some(width)} Galois LFSR: each clock edge{only} shifts {q} right by one bit (0"
        f" enters on top); {how}{reset}",
        f"{q} is a linear feedback shift register in Galois form. It shifts right every clock"
        f" cycle{only}; {how}{reset}",
        f"pseudo random numbers by an LFSR {q}, shifted right{only} each clock cycle; {how}"
        f"{reset}",
    ) if not listed else (
        f"a Galois LFSR of {width} bits: every clock cycle{only} {q} moves right by one, and"
        f" {how}{reset}",
        f"{some(width)} Galois LFSR: each clock edge{only} shifts {q} right by one bit, and"
        f" {how}{reset}",
        f"{q} is a Galois LFSR that shifts right every clock cycle{only}; {how}{reset}",
        f"linear feedback shift register {q}, one step to the right per clock cycle{only}:"
        f" {how}{reset}",
    )  # fmt: skip
    return Says(brief, ports={q: "state of the LFSR"})


def _galois_reference(face: Interface, mask: int, seed: int, listed: bool) -> str:
    q, width, enable = face.outputs[0].name, face.outputs[0].width, _enable_of(face)
    if listed:
        terms = [f"{q}[{n + 1}] ^ {q}[0]" if mask >> n & 1 else f"{q}[{n + 1}]"
                 for n in reversed(range(width - 1))]  # fmt: skip
        new = f"{{{', '.join([f'{q}[0]', *terms])}}}"
    else:
        new = f"{q}[0] ? ({q} >> 1) ^ {width}'h{mask:x} : {q} >> 1"
    guard = f"if ({enable}) " if enable else ""
    body = clocked(face, f"{q} <= {_seed(seed, width)};", f"{guard}{q} <= {new};")
    return module(face, body, q)


@dataclass(frozen=True)
class Fibonacci:
    """An LFSR that shifts in the XOR of some of its bits, or the XNOR if `inverted`."""

    taps: list[int]
    left: bool
    inverted: bool
    seed: int


def _fibonacci(rng: Random) -> Case:
    width, q = rng.choice((3, 4, 5, 6, 7, 8, 8, 9, 12, 15, 16, 16, 20, 24)), rng.choice(STATES)
    left, inverted = rng.random() < 0.7, rng.random() < 0.2
    end = width - 1 if left else 0
    others = rng.sample(
        [n for n in range(width) if n != end], rng.choice((1, 1, 1, 3 if width > 3 else 1))
    )
    taps = [end, *sorted(others, reverse=left)]
    seed = rng.choice((1, (1 << width) - 1, rng.randrange(1, 1 << width)))
    seed = 0 if inverted else seed
    enable = rng.choice(ENABLES) if rng.random() < 0.3 else None
    face = faced(rng, (f"lfsr{width}", "fibonacci_lfsr", "prbs", "lfsr"),
                 (Port(enable),) if enable else (), (Port(q, width),))  # fmt: skip
    lfsr, mask = Fibonacci(taps, left, inverted, seed), sum(1 << n for n in taps)

    def successor(state: int, i: Values) -> int:
        if enable and not i[enable]:
            return state
        return moved(state, ((state & mask).bit_count() + inverted) % 2, width, left)

    return Case(
        key=f"{width} {left} {taps} {inverted} {seed:x} {bool(enable)} {timing(face)}",
        interface=face, says=_fibonacci_says(face, lfsr), cycles=200,
        reference=_fibonacci_reference(face, lfsr), second=_fibonacci_second(face, lfsr),
        machine=lambda: Registers(seed, successor, lambda s, _: {q: s}),
    )  # fmt: skip


def _fibonacci_says(face: Interface, lfsr: Fibonacci) -> Says:
    q, width, enable = face.outputs[0].name, face.outputs[0].width, _enable_of(face)
    only, start = f" while {enable} is high" if enable else "", _seed(lfsr.seed, width)
    reset = resets(face, q, start)
    bits = f"{', '.join(map(str, lfsr.taps[:-1]))} and {lfsr.taps[-1]}"
    gate = "XNOR" if lfsr.inverted else "XOR"
    way, first = ("left", 0) if lfsr.left else ("right", width - 1)
    return Says(
        brief=(
            f"{q} is an LFSR of {width} bits with taps {bits}: the {gate} of the taps is shifted in"
            f" at bit {first} while the others move {way}, once per clock"
            f" cycle{only}{reset}",
            f"{some(width)} Fibonacci LFSR: {q} shifts {way} by one bit every clock cycle{only};"
            f" the new bit {first} is the {gate} of [bits|the bits] {bits}{reset}",
            f"linear feedback shift register {q}: each clock edge{only} it shifts {way}, and the"
            f" {gate} of [its old|] bits {bits} enters at bit {first}{reset}",
            f"[make|build] a pseudo random sequence in {q}: shift {way} by one per clock"
            f" cycle{only} and feed the {gate} of bits {bits} into bit {first}{reset}",
        ),
        points=(
            (f"{q} shifts {way} by one bit every clock cycle{only}",),
            (f"the new bit {first} is the {gate} of the old bits {bits}",
             f"feedback into bit {first}: {gate} of bits {bits}"),
            *reset_points(face, q, start),
        ),
    )  # fmt: skip


def _fibonacci_reference(face: Interface, lfsr: Fibonacci) -> str:
    q, width, enable = face.outputs[0].name, face.outputs[0].width, _enable_of(face)
    fed = " ^ ".join(f"{q}[{n}]" for n in lfsr.taps)
    fed = f"~({fed})" if lfsr.inverted else fed
    guard = f"if ({enable}) " if enable else ""
    moves = f"{guard}{q} <= {into(q, fed, width, lfsr.left)};"
    return module(face, clocked(face, f"{q} <= {_seed(lfsr.seed, width)};", moves), q)


def _fibonacci_second(face: Interface, lfsr: Fibonacci) -> str:
    q, width, enable = face.outputs[0].name, face.outputs[0].width, _enable_of(face)
    mask = sum(1 << n for n in lfsr.taps)
    odd = f"({'~^' if lfsr.inverted else '^'}(now & {width}'d{mask}))"
    turned = f"now[{width - 2}:0], {odd}" if lfsr.left else f"{odd}, now[{width - 1}:1]"
    logic = f"if ({enable or 1}) after = {{{turned}}};"
    return apart(face, width, f"{width}'d{lfsr.seed}", logic, f"assign {q} = now;")


def _history(rng: Random) -> Case:
    width, q = rng.choice((*range(3, 21), 24, 32, 48, 64)), rng.choice(LOGS)
    (push, bit), (mend, old, right) = rng.choice(HEAR), rng.choice(MEND)
    left = rng.random() < 0.7
    inputs = (Port(push), Port(bit), Port(mend), Port(old, width), Port(right))
    face = faced(rng, ("history_register", "outcome_log", "branch_history"), inputs,
                 (Port(q, width),))  # fmt: skip
    body = f"if ({mend}) {q} <= {into(old, right, width, left)};\n" \
           f"else if ({push}) {q} <= {into(q, bit, width, left)};"  # fmt: skip
    base, new = f"({mend} ? {old} : now)", f"({mend} ? {right} : {bit})"
    joined = f"({base} << 1) | {new}" if left else f"({base} >> 1) | ({new} << {width - 1})"

    def successor(state: int, i: Values) -> int:
        if i[mend]:
            return moved(i[old], i[right], width, left)
        return moved(state, i[bit], width, left) if i[push] else state

    return Case(
        key=f"{width} {left} {timing(face)}", interface=face, says=_history_says(face, left),
        reference=module(face, clocked(face, f"{q} <= {sized(0, width)};", body), q),
        second=apart(face, width, "0", f"if ({mend} | {push}) after = {joined};",
                     f"assign {q} = now;"),
        machine=lambda: Registers(0, successor, lambda s, _: {q: s}), cycles=160,
    )  # fmt: skip


def _history_says(face: Interface, left: bool) -> Says:
    push, bit, mend, old, right = (p.name for p in face.inputs)
    q, width = face.outputs[0].name, face.outputs[0].width
    way, first = ("left", 0) if left else ("right", width - 1)
    drop = f"{old} shifted {way} by one with {right} [at|as] bit {first}"
    return Says(
        brief=(
            f"{q} records outcomes. First in priority, {mend}: {q} is set to {drop}. Second,"
            f" {push}: {q} moves {way} by one bit and {bit} becomes bit {first}. Otherwise no"
            f" change{resets(face, q)}",
            f"{some(width)} history of outcomes in {q}, the newest at bit {first}. {push} = 1"
            f" shifts {bit} in ({way}). {mend} = 1 has priority and sets {q} to {drop}. With"
            f" neither, {q} holds{resets(face, q)}",
            f"at the clock edge: if {mend} is high, {q} becomes {drop}; else if {push} is high, {q}"
            f" shifts {way} by one and {bit} becomes bit {first}; else nothing changes"
            f"{resets(face, q)}",
            f"shift register {q} with two sources. {push} shifts it {way} and takes {bit} as bit"
            f" {first}; {mend} (which wins) loads {drop}. Otherwise it holds{resets(face, q)}",
        ),
        points=(
            (f"{mend} high: {q} becomes {drop}",),
            (f"{mend} low, {push} high: {q} shifts {way} by one, {bit} enters at bit {first}",),
            (f"both low: {q} holds", f"{q} keeps its value when neither is high"),
            *reset_points(face, q),
        ),
    )  # fmt: skip


FAMILIES: Final = (
    Family("delay line", "serial", _delay),
    Family("galois lfsr", "serial", _galois),
    Family("fibonacci lfsr", "serial", _fibonacci),
    Family("history register", "serial", _history, weight=0.7),
)
