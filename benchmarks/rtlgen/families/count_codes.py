"""Counters in other ranges: limits, terminal counts, saturation, prescalers and dividers."""

from __future__ import annotations

from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Interface, Port
from ..machine import Registers, Values
from ..verilog import clocked
from .clocking import apart, faced, module, reset_points, resets, sized, timing
from .counters import ENABLES, LIMITS, OUTPUTS
from .dividers import divided_reference, divided_says

TICKS: Final = ("tick", "pulse", "strobe", "slow_en", "z", "out", "ce_out")
DIVIDED: Final = ("clk_out", "clk_div", "slow_clk", "out", "div", "square", "q")
UPS: Final = (
    ("up", "down"),
    ("inc", "dec"),
    ("plus", "minus"),
    ("more", "less"),
    ("arrive", "leave"),
)


def _enabled(rng: Random, share: float = 0.4) -> str | None:
    return rng.choice(ENABLES) if rng.random() < share else None


def _ports(enable: str | None) -> tuple[Port, ...]:
    return (Port(enable),) if enable else ()


def _guard(enable: str | None) -> str:
    return f"if ({enable}) " if enable else ""


def _holds(enable: str | None, q: str) -> tuple[tuple[str, ...], ...]:
    return ((f"{q} holds while {enable} is low", f"nothing changes unless {enable} is high"),) \
        if enable else ()  # fmt: skip


def _limits(rng: Random) -> Case:
    width, q, enable = rng.randint(2, 7), rng.choice(OUTPUTS), _enabled(rng)
    low = 1 if rng.random() < 0.5 else rng.randrange(0, (1 << width) - 2)
    high = rng.randint(max(low + 2, 1 << (width - 1)), (1 << width) - 1)
    down = rng.random() < 0.3
    face = faced(rng, (f"count_{low}_to_{high}", "range_counter", "counter"), _ports(enable),
                 (Port(q, width),))  # fmt: skip
    first, last, sign = (high, low, "-") if down else (low, high, "+")
    body = (f"{_guard(enable)}{q} <= ({q} == {sized(last, width)}) ? {sized(first, width)} : {q}"
            f" {sign} {sized(1, width)};")  # fmt: skip
    logic = (f"if ({enable or 1}) begin\n  if (now {'>' if down else '<'} {last}) after = now"
             f" {sign} 1; else after = {first};\nend")  # fmt: skip

    def successor(state: int, i: Values) -> int:
        if enable and not i[enable]:
            return state
        return low + (state - low + (-1 if down else 1)) % (high - low + 1)

    return Case(
        key=f"{width} {low} {high} {down} {bool(enable)} {timing(face)}", interface=face,
        says=_limits_says(face, first, last, enable), cycles=3 * (high - low) + 60,
        reference=module(face, clocked(face, f"{q} <= {sized(first, width)};", body), q),
        second=apart(face, width, sized(first, width), logic, f"assign {q} = now;"),
        machine=lambda: Registers(first, successor, lambda s, _: {q: s}),
    )  # fmt: skip


def _limits_says(face: Interface, first: int, last: int, enable: str | None) -> Says:
    q = face.outputs[0].name
    only = f" [while|when] {enable} is high" if enable else ""
    word, second = ("down", first - 1) if first > last else ("up", first + 1)
    return Says(
        brief=(
            f"{q} runs from {first} {word} to {last}{only}, then again from {first}, and so on, one"
            f" count per clock edge{resets(face, q, str(first))}",
            f"[a|one] counter from {first} {word} to {last}{only}; after {last} comes {first} again"
            f"{resets(face, q, str(first))}",
            f"{q} counts {word} from {first} to {last}, both included, and then starts over at"
            f" {first}, one step per clock cycle{only}{resets(face, q, str(first))}",
            f"[count|step] {q} through {first}, {second}, ... {last} and"
            f" then {first} again{only}{resets(face, q, str(first))}",
        ),
        points=(
            (f"{q} counts {word} by one every clock cycle{only}",),
            (f"after {last} it goes back to {first}", f"{last} is followed by {first}"),
            *_holds(enable, q), *reset_points(face, q, str(first)),
        ),
    )  # fmt: skip


def _terminal(rng: Random) -> Case:
    width, q, tc = rng.randint(2, 7), rng.choice(OUTPUTS), rng.choice(LIMITS)
    most = rng.choice((1 << width, rng.randint((1 << (width - 1)) + 1, (1 << width) - 1)))
    enable, gated = rng.choice(ENABLES), rng.random() < 0.5
    face = faced(rng, ("tc_counter", "cascadable_counter", "counter_with_carry"),
                 (Port(enable),), (Port(q, width), Port(tc)))  # fmt: skip
    last, one = sized(most - 1, width), sized(1, width)
    body = (f"{_guard(enable)}{q} <= {q} + {one};" if most == 1 << width else
            f"{_guard(enable)}{q} <= ({q} == {last}) ? {sized(0, width)} : {q} +"
            f" {one};")  # fmt: skip
    more = f"\n  assign {tc} = {f'{enable} && ' if gated else ''}({q} == {last});"
    logic = f"case (1'b1)\n  !{enable}: after = now;\n  now == {last}: after = 0;\n" \
            "  default: after = now + 1;\nendcase"  # fmt: skip
    shows = f"assign {q} = now;\nassign {tc} = now >= {last}{f' & {enable}' if gated else ''};"

    def shown(state: int, i: Values) -> dict[str, int | None]:
        return {q: state, tc: int(state + 1 == most and (not gated or i[enable] == 1))}

    return Case(
        key=f"{most} {gated} {timing(face)}", interface=face,
        says=_terminal_says(face, most, gated), cycles=min(480, 4 * most + 60),
        reference=module(face, clocked(face, f"{q} <= {sized(0, width)};", body) + more, q),
        second=apart(face, width, "0", logic, shows),
        machine=lambda: Registers(0, lambda s, i: (s + i[enable]) % most, shown),
    )  # fmt: skip


def _terminal_says(face: Interface, most: int, gated: bool) -> Says:
    enable, q, tc = face.inputs[0].name, face.outputs[0].name, face.outputs[1].name
    also = f" and {enable} is high" if gated else ""
    return Says(
        brief=(
            f"count up in {q} while {enable} is high, from 0 to {most - 1}, then 0 again; {tc} is"
            f" high (combinationally) while {q} is at {most - 1}{also}{resets(face, q)}",
            f"a counter [modulo|mod] {most} that [counts|steps] only while {enable} is high. {tc}"
            f" is 1 [while|when] {q} is {most - 1}{also} (combinational){resets(face, q)}",
            f"{q} counts 0 to {most - 1} and again from 0, one step per clock cycle with {enable} ="
            f" 1. Output {tc} shows, without a register, that {q} is {most - 1}{also}"
            f"{resets(face, q)}",
            f"each clock edge with {enable} high increments {q}, {most - 1} is followed by 0. The"
            f" terminal count {tc} is high exactly when {q} = {most - 1}{also}{resets(face, q)}",
        ),
        points=(
            (f"{q} increments at clock edges with {enable} high",
                f"{enable} = 1 lets {q} count up"),
            (f"after {most - 1} {q} wraps to 0", f"{q} counts modulo {most}"),
            *_holds(enable, q),
            (f"{tc} = 1 when {q} is {most - 1}{also}, otherwise 0",),
            *reset_points(face, q),
        ),
        ports={q: "the count", tc: "terminal count"},
    )  # fmt: skip


def _saturating(rng: Random) -> Case:
    width, q, (up, down) = rng.randint(2, 6), rng.choice(OUTPUTS), rng.choice(UPS)
    most = rng.choice(((1 << width) - 1, rng.randint(1 << (width - 1), (1 << width) - 1)))
    start = rng.choice((0, 0, 1, most // 2))
    face = faced(rng, ("saturating_counter", "confidence", "bounded_counter"),
                 (Port(up), Port(down)), (Port(q, width),))  # fmt: skip
    says = Says(
        brief=(
            f"a saturating counter: {up} alone adds 1 up to at most {most}, {down} alone subtracts"
            f" 1 down to at least 0. Both or neither leave {q} as it is"
            f"{resets(face, q, str(start))}",
            f"{q} goes up by one in a cycle with {up} high and {down} low unless it is {most}, and"
            f" down by one with {down} high and {up} low unless it is 0; else it holds"
            f"{resets(face, q, str(start))}",
            f"count {up} minus {down} in {q} without ever leaving 0 to {most}: at the limits it"
            f" stays. {up} and {down} together cancel{resets(face, q, str(start))}",
        ),
        points=(
            (f"{up} = 1 and {down} = 0: {q} increases by 1 unless it is {most}",),
            (f"{up} = 0 and {down} = 1: {q} decreases by 1 unless it is 0",),
            (f"otherwise {q} holds", f"equal {up} and {down} change nothing"),
            *reset_points(face, q, str(start)),
        ),
    )  # fmt: skip
    one = sized(1, width)
    body = (f"if ({up} && !{down} && {q} != {sized(most, width)}) {q} <= {q} + {one};\n"
            f"else if ({down} && !{up} && {q} != {sized(0, width)}) {q} <= {q} -"
            f" {one};")  # fmt: skip
    logic = (f"if ({up} ^ {down}) begin\n  if ({up}) after = now + (now < {most});\n"
             "  else after = now - |now;\nend")  # fmt: skip
    return Case(
        key=f"{width} {most} {start} {timing(face)}", interface=face, says=says, cycles=200,
        reference=module(face, clocked(face, f"{q} <= {sized(start, width)};", body), q),
        second=apart(face, width, sized(start, width), logic, f"assign {q} = now;"),
        machine=lambda: Registers(start, lambda s, i: max(0, min(most, s + i[up] - i[down])),
                                  lambda s, _: {q: s}),
    )  # fmt: skip


def _prescaled(rng: Random) -> Case:
    every, width, q = rng.randint(2, 12), rng.randint(2, 5), rng.choice(OUTPUTS)
    bits = (every - 1).bit_length()
    face = faced(rng, ("slow_counter", "prescaled_counter", "lazy_counter"), (), (Port(q, width),))
    says = Says(
        brief=(
            f"a counter {q} behind a prescaler: the prescaler counts 0 to {every - 1} and over"
            f" again, and only when it is at {every - 1} does the clock edge increment {q} ({width}"
            " bits, wrapping). Reset sets both to 0",
            f"a slow {width}-bit counter: {q} increments [once every|every] {every} clock cycles (a"
            f" prescaler counts 0 to {every - 1} and {q} steps when it wraps). Reset clears both",
            f"{q} goes up by one after every {every} clock edges [|counted from reset on] and wraps"
            f" at {width} bits. On reset it is 0 and the waiting starts anew",
            f"count up in {q} at 1/{every} of the clock rate: an internal counter goes 0 to"
            f" {every - 1}, and each time it [returns|goes back] to 0, {q} gets 1 more. Both are 0"
            " [after|in] reset",
        ),
        points=(
            (f"an internal prescaler counts 0 to {every - 1} again and again",),
            (f"when the prescaler goes from {every - 1} to 0, {q} increases by 1",),
            (f"{q} wraps around at {width} bits",),
            (f"reset clears {q} and the prescaler", "on reset both counters are 0"),
        ),
    )  # fmt: skip
    zero, last = sized(0, bits), sized(every - 1, bits)
    body = (f"if (pre == {last}) begin\n  pre <= {zero};\n  {q} <= {q} + {sized(1, width)};\nend\n"
            f"else pre <= pre + {sized(1, bits)};")  # fmt: skip
    reg = f"  reg {Port('pre', bits).range}pre;\n"
    ref = clocked(face, f"pre <= {zero};\n{q} <= {sized(0, width)};", body)
    logic = (f"if (now[{bits - 1}:0] < {every - 1}) after = now + 1;\n"
             f"else after = {{now[{width + bits - 1}:{bits}] + {width}'d1,"
             f" {bits}'d0}};")  # fmt: skip
    return Case(
        key=f"{every} {width} {timing(face)}", interface=face, says=says,
        cycles=min(480, (every << width) + 60), reference=module(face, reg + ref, q),
        second=apart(face, width + bits, "0", logic,
            f"assign {q} = now[{width + bits - 1}:{bits}];"),
        machine=lambda: Registers(0, lambda s, _: s + 1,
                                  lambda s, _: {q: s // every % (1 << width)}),
    )  # fmt: skip


def _divided(rng: Random) -> Case:
    half, toggles = rng.randint(1, 20), rng.random() < 0.5
    period = 2 * half if toggles else rng.randint(3, 40)
    q = rng.choice(DIVIDED if toggles else TICKS)
    face = faced(rng, ("clock_divider", f"div{period}", "divider", "tick_gen"), (), (Port(q),))
    wide = max(1, (period - 1).bit_length())
    logic = f"after = now >= {period - 1} ? 0 : now + 1;"
    shows = f"assign {q} = now {f'>= {half}' if toggles else f'== {period - 1}'};"

    def shown(state: int, _: Values) -> dict[str, int | None]:
        return {q: int(state >= half) if toggles else int(state == period - 1)}

    return Case(
        key=f"{period} {toggles} {timing(face)}", interface=face,
        says=divided_says(face, period, toggles), cycles=4 * period + 50,
        reference=divided_reference(face, period, toggles),
        second=apart(face, wide, "0", logic, shows),
        machine=lambda: Registers(0, lambda s, _: (s + 1) % period, shown),
    )  # fmt: skip


FAMILIES: Final = (
    Family("counter between limits", "counters", _limits),
    Family("counter with terminal count", "counters", _terminal),
    Family("saturating counter", "counters", _saturating, held_out=True),
    Family("prescaled counter", "counters", _prescaled, weight=0.6),
    Family("clock divider", "counters", _divided, weight=0.7),
)
