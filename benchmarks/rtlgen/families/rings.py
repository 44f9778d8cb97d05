"""Counters in other codes: decimal digits with carries, Gray, one-hot and Johnson rings."""

from __future__ import annotations

from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Interface, Port
from ..machine import Registers, Values
from ..verilog import clocked
from .clocking import apart, binary, faced, module, reset_points, resets, sized, some, timing
from .counters import ENABLES, OUTPUTS

RINGS: Final = ("q", "ring", "state", "phase", "out", "hot", "leds", "lamps")
CARRIES: Final = ("c", "carry", "tc", "rollover", "nines", "digit_end")
CODES: Final = ("gray", "g", "code", "q", "out", "gray_out", "gcount", "position")


def _enable(rng: Random, share: float) -> tuple[str | None, tuple[Port, ...], str, str]:
    """Return a drawn enable: its name, its ports, the test before a statement and the words."""
    if rng.random() >= share:
        return None, (), "", ""
    name = rng.choice(ENABLES)
    return name, (Port(name),), f"if ({name}) ", f" [while|when] {name} is high"


def _decades(rng: Random) -> Case:
    count, q, c = rng.choice((2, 2, 3, 3, 4)), rng.choice(OUTPUTS), rng.choice(CARRIES)
    limits = (
        [10] * count
        if rng.random() < 0.5
        else [rng.choice((6, 10, 10, 8, 5, 3, 4)) for _ in range(count)]
    )
    enable, ports, _, only = _enable(rng, 0.3)
    shows = rng.random() < 0.5
    outputs = (Port(q, 4 * count), *((Port(c, count),) if shows else ()))
    face = faced(rng, ("bcd_counter", "digits", "decade_chain", "decimal_counter"), ports, outputs)

    def successor(state: tuple[int, ...], i: Values) -> tuple[int, ...]:
        digits = list(state)
        for n in range(0 if enable and not i[enable] else count):
            digits[n] = (digits[n] + 1) % limits[n]
            if digits[n]:
                break
        return tuple(digits)

    def shown(state: tuple[int, ...], _: Values) -> dict[str, int | None]:
        number = sum(digit << 4 * n for n, digit in enumerate(state))
        full = [all(state[m] == limits[m] - 1 for m in range(n + 1)) for n in range(count)]
        return {q: number, **({c: sum(f << n for n, f in enumerate(full))} if shows else {})}

    return Case(
        key=f"{limits} {shows} {bool(enable)} {timing(face)}", interface=face,
        says=_decades_says(face, limits, only), cycles=420,
        reference=_decades_reference(face, limits, enable),
        second=_decades_second(face, limits, enable),
        machine=lambda: Registers((0,) * count, successor, shown),
    )  # fmt: skip


def _decades_says(face: Interface, limits: list[int], only: str) -> Says:
    q, *carries = (p.name for p in face.outputs)
    count, tens = len(limits), all(limit == 10 for limit in limits)
    runs = "each digit counts 0 to 9" if tens else "; ".join(
        f"digit {n} counts 0 to {limit - 1}" for n, limit in enumerate(limits))  # fmt: skip
    carry = (f". {carries[0]}[k] is 1 (combinationally) when digits 0 to k are all at their largest"
             " value" if carries else "")  # fmt: skip
    return Says(
        brief=(
            f"a {'decimal' if tens else 'mixed radix'} counter in {q} with {count} digits of 4 bits"
            f" ({q}[3:0] is the lowest): {runs}. A digit goes back to 0 after its last value, and"
            " the digit above it then takes one step. It counts every clock"
            f" cycle{only}{carry}{resets(face, q)}",
            f"a counter of {count} [decimal|BCD] digits, 4 bits each, digit 0 in {q}[3:0]: {runs}."
            f" Digit 0 steps every clock cycle{only}, a higher digit steps when all digits below it"
            f" wrap to 0{carry}{resets(face, q)}",
            f"{q} holds {count} digits of 4 bits, the lowest in bits 3 to 0; {runs}, then 0 again."
            f" [It is incremented|It counts up] by one every clock cycle{only}; when a digit wraps,"
            f" the next one steps{carry}{resets(face, q)}",
            f"cascade {count} digit counters into {q} (digit n in bits 4n+3 to 4n); {runs}. Digit n"
            f" advances when all lower digits are at their last value, digit 0 in every cycle{only}"
            f"{carry}{resets(face, q)}",
        ),
    )  # fmt: skip


def _decades_reference(face: Interface, limits: list[int], enable: str | None) -> str:
    q, *carries = (p.name for p in face.outputs)
    c, digits = carries[0] if carries else "c", range(len(limits))
    spans = [f"{q}[{4 * n + 3}:{4 * n}]" for n in digits]
    ends = [f"{span} == 4'd{limit - 1}" for span, limit in zip(spans, limits, strict=True)]
    wires = "" if carries else f"  wire {Port(c, len(limits)).range}{c};\n"
    wires += "".join(f"  assign {c}[{n}] = {f'{c}[{n - 1}] && ' if n else ''}({ends[n]});\n"
                     for n in digits)  # fmt: skip
    steps = [f"{spans[n]} <= ({ends[n]}) ? 4'd0 : {spans[n]} + 4'd1;" for n in digits]
    also = f"{enable} && " if enable else ""
    body = "\n".join([f"if ({enable}) {steps[0]}" if enable else steps[0],
                      *(f"if ({also}{c}[{n - 1}]) {steps[n]}" for n in digits[1:])])  # fmt: skip
    return module(face, wires + clocked(face, f"{q} <= {4 * len(limits)}'d0;", body), q)


def _decades_second(face: Interface, limits: list[int], enable: str | None) -> str:
    """Return the module with each digit's step within that of the digit below it."""
    q, *carries = (p.name for p in face.outputs)
    logic = f"if ({enable or 1}) begin\n"
    for n, limit in enumerate(limits):
        at = f"[{4 * n + 3}:{4 * n}]"
        logic += f"if (now{at} != {limit - 1}) after{at} = now{at} + 1; else begin after{at} = 0;\n"
    logic += "end " * len(limits) + "end"
    shows = f"assign {q} = now;"
    if carries:
        lasts = [f"4'd{limit - 1}" for limit in limits]
        shows += "".join(f"\nassign {carries[0]}[{n}] = now[{4 * n + 3}:0] =="
                         f" {{{', '.join(reversed(lasts[: n + 1]))}}};"
                         for n in range(len(limits)))  # fmt: skip
    return apart(face, 4 * len(limits), "0", logic, shows)


def _gray(rng: Random) -> Case:
    width, q = rng.randint(2, 10), rng.choice(CODES)
    enable, ports, guard, only = _enable(rng, 0.5)
    down = rng.random() < 0.3
    face = faced(rng, ("gray_counter", "gray", "gray_code_counter"), ports, (Port(q, width),))
    body = clocked(face, f"count <= {sized(0, width)};",
                   f"{guard}count <= count {'-' if down else '+'} {sized(1, width)};")  # fmt: skip
    reference = module(face, f"  reg {face.outputs[0].range}count;\n{body}\n"
                       f"  assign {q} = count ^ (count >> 1);")  # fmt: skip
    bits = "".join(f"\nassign {q}[{n}] = now[{n}] != now[{n + 1}];" for n in range(width - 1))
    by = (1 << width) - 1 if down else 1

    def successor(state: int, i: Values) -> int:
        return state if enable and not i[enable] else (state + by) % (1 << width)

    return Case(
        key=f"{width} {down} {bool(enable)} {timing(face)}", interface=face,
        says=_gray_says(face, down, only),
        reference=reference, cycles=min(300, (2 << width) + 50),
        second=apart(face, width, "0", f"if ({enable or 1}) after = now + {by};",
                     f"assign {q}[{width - 1}] = now[{width - 1}];{bits}"),
        machine=lambda: Registers(0, successor, lambda s, _: {q: s ^ s >> 1}),
    )  # fmt: skip


def _gray_says(face: Interface, down: bool, only: str) -> Says:
    q, width, word = face.outputs[0].name, face.outputs[0].width, "down" if down else "up"
    return Says(
        brief=(
            f"{q} = b ^ (b >> 1), where b is {some(width)} counter that goes {word} by one every"
            f" clock cycle{only} and is 0 in reset",
            f"{some(width)} Gray code counter: a binary counter counts {word} every clock cycle"
            f"{only}, and {q} is its value in Gray code, value xor (value shifted right by 1)."
            " Reset [clears it|sets the count to 0]",
            f"{q} [runs|steps] through the {width} bit reflected Gray code, one code{only} per"
            " clock cycle,"
            f" {'backwards (after 0 comes the last code)' if down else 'in rising order'}. Reset"
            " sets it to 0",
            f"[count|step] {word} in binary internally{only}, show the Gray code of the count on"
            f" {q} (count ^ (count >> 1)), {width} bits, wrapping around. The count is 0 in reset",
        ),
        points=(
            (f"an internal {width} bit counter counts {word} by 1 every clock cycle{only}",),
            (f"{q} is the Gray code of the count, count ^ (count >> 1)",
             f"{q} = the count xored with itself shifted right by one"),
            ("reset sets the count to 0", "on reset the counter is 0"),
        ),
    )  # fmt: skip


def _ring(rng: Random) -> Case:
    width, q, left = rng.randint(3, 12), rng.choice(RINGS), rng.random() < 0.5
    enable, ports, guard, only = _enable(rng, 0.4)
    bit = rng.choice((0, width - 1, rng.randrange(width)))
    face = faced(rng, ("ring_counter", "one_hot_ring", "rotating_bit"), ports, (Port(q, width),))
    value, top = binary(1 << bit, width), width - 1
    way, ends = (
        ("up to the next higher", (top, 0)) if left else ("down to the next lower", (0, top))
    )
    says = Says(
        brief=(
            f"{q} holds one 1 among {width} bits. At each clock edge{only} it moves one bit"
            f" {'left' if left else 'right'}, from the end back to the"
            f" start{resets(face, q, value)}",
            f"a ring counter of {width} bits: a single 1 [moves|wanders] {way} bit of {q} every"
            f" clock cycle{only}, from bit {ends[0]} back to bit {ends[1]}{resets(face, q, value)}",
            f"{q} is one-hot and rotates by one bit to the {'left' if left else 'right'} at each"
            f" clock edge{only}{resets(face, q, value)}",
            f"rotate {q} {'left' if left else 'right'} by 1 every clock cycle{only} (bit {ends[0]}"
            f" [goes|comes] to bit {ends[1]}){resets(face, q, value)}",
        ),
        points=(
            (f"every clock cycle{only} {q} rotates {'left' if left else 'right'} by one bit",),
            (f"bit {ends[0]} goes to bit {ends[1]}",),
            *reset_points(face, q, value),
        ),
    )  # fmt: skip
    turned = f"{{{q}[{top - 1}:0], {q}[{top}]}}" if left else f"{{{q}[0], {q}[{top}:1]}}"
    logic = (f"if ({enable or 1}) after = " + (f"(now << 1) | (now >> {top});" if left else
             f"(now >> 1) | (now << {top});"))  # fmt: skip

    def successor(state: int, i: Values) -> int:
        return state if enable and not i[enable] else (state + (1 if left else -1)) % width

    return Case(
        key=f"{width} {left} {bit} {bool(enable)} {timing(face)}", interface=face, says=says,
        reference=module(face, clocked(face, f"{q} <= {value};", f"{guard}{q} <= {turned};"), q),
        second=apart(face, width, value, logic, f"assign {q} = now;"), cycles=100,
        machine=lambda: Registers(bit, successor, lambda s, _: {q: 1 << s}),
    )  # fmt: skip


def _johnson(rng: Random) -> Case:
    width, q, left = rng.randint(3, 12), rng.choice(RINGS), rng.random() < 0.5
    enable, ports, guard, only = _enable(rng, 0.4)
    face = faced(rng, ("johnson_counter", "twisted_ring", "moebius"), ports, (Port(q, width),))
    top = width - 1
    middle = f"{q}[{top - 1}:0]" if left else f"{q}[{top}:1]"
    turned = f"{{{middle}, ~{q}[{top}]}}" if left else f"{{~{q}[0], {middle}}}"
    logic = (f"if ({enable or 1}) after = " + (f"(now << 1) | !now[{top}];" if left else
             f"(now >> 1) | ((now[0] ? 0 : 1) << {top});"))  # fmt: skip

    def successor(state: int, i: Values) -> int:
        return state if enable and not i[enable] else (state + 1) % (2 * width)

    def shown(state: int, _: Values) -> dict[str, int | None]:
        ones, full = min(state, width), (1 << width) - 1
        filled = (1 << ones) - 1
        gone = (1 << max(0, state - width)) - 1
        value = filled & ~gone
        return {q: value if left else int(f"{value & full:0{width}b}"[::-1], 2)}

    return Case(
        key=f"{width} {left} {bool(enable)} {timing(face)}", interface=face,
        says=_johnson_says(face, left, only),
        reference=module(face, clocked(face, f"{q} <= {sized(0, width)};",
                                       f"{guard}{q} <= {turned};"), q),
        second=apart(face, width, "0", logic, f"assign {q} = now;"), cycles=100,
        machine=lambda: Registers(0, successor, shown),
    )  # fmt: skip


def _johnson_says(face: Interface, left: bool, only: str) -> Says:
    q, width = face.outputs[0].name, face.outputs[0].width
    way, end, into = ("left", width - 1, 0) if left else ("right", 0, width - 1)
    return Says(
        brief=(
            f"a twisted ring of {width} flip-flops {q}, shifting {way} by one every clock"
            f" cycle{only}, with the inverse of the bit shifted out (bit {end}) coming in at bit"
            f" {into}{resets(face, q)}",
            f"{some(width)} Johnson counter (twisted ring): every clock cycle{only} {q} shifts"
            f" {way} by one and the complement of bit {end} enters at bit {into}{resets(face, q)}",
            f"{q} shifts {way} at each clock edge{only}; bit {into} receives the inverted bit {end}"
            f"{resets(face, q)}",
            f"[shift|move] {q} {way} by 1 every clock cycle{only}, feeding not {q}[{end}] into"
            f" {q}[{into}]{resets(face, q)}",
        ),
        points=(
            (f"every clock cycle{only} {q} shifts {way} by one bit",),
            (f"the new bit {into} is the inverse of the old bit {end}",),
            *reset_points(face, q),
        ),
    )  # fmt: skip


FAMILIES: Final = (
    Family("decimal digits", "rings", _decades),
    Family("gray counter", "rings", _gray, weight=0.6),
    Family("ring counter", "rings", _ring, weight=0.6),
    Family("johnson counter", "rings", _johnson, weight=0.6),
)
