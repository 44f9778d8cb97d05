"""Counters: what they count to, in which direction, and what lets them."""

from __future__ import annotations

from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Interface, Port, Reset, draw_clock, draw_reset
from ..machine import Registers, Values
from ..names import draw_top
from ..verilog import clocked
from .clocking import (  # fmt: skip
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
)

OUTPUTS: Final = ("q", "count", "cnt", "out", "value", "counter_out", "num")
LIMITS: Final = ("tc", "last", "carry", "rco", "full", "at_end", "wrap", "done")
LOADS: Final = ("load", "ld", "set_value", "preload", "write", "pl")
STARTS: Final = ("d", "data", "start_value", "preset", "din", "load_value", "init_count")
WAYS: Final = ("up", "updown", "dir", "up_down", "direction", "forward", "ud")
ENABLES: Final = ("en", "enable", "ena", "ce", "run", "count_en", "step")


def _modulo(rng: Random) -> Case:
    width = rng.randint(2, 8)
    most = rng.randint((1 << (width - 1)) + 1, (1 << width) - 1)
    q, enable = rng.choice(OUTPUTS), rng.choice(ENABLES) if rng.random() < 0.4 else None
    inputs = (Port(enable),) if enable else ()
    top = draw_top((f"mod{most}", "modulo_counter", "mod_counter", "wrap_counter"), rng)
    face = Interface(top, inputs, (Port(q, width),), draw_clock(rng), draw_reset(rng))
    assert isinstance(face.reset, Reset)

    def successor(state: int, inputs: Values) -> int:
        if enable and not inputs[enable]:
            return state
        return (state + 1) % most

    return Case(
        key=f"modulo {most} {bool(enable)} {face.reset.asynchronous} {face.reset.active_low}",
        interface=face, says=_modulo_says(face, most, enable),
        reference=_modulo_reference(face, most, enable), second=_modulo_second(face, most, enable),
        machine=lambda: Registers(0, successor, lambda state, _: {q: state}),
        cycles=min(600, 3 * most + 60),
    )  # fmt: skip


def _modulo_reference(face: Interface, most: int, enable: str | None) -> str:
    q, width = face.outputs[0].name, face.outputs[0].width
    last, guard = f"{width}'d{most - 1}", f"if ({enable}) " if enable else ""
    body = clocked(face, f"{q} <= {width}'d0;",
                   f"{guard}{q} <= ({q} == {last}) ? {width}'d0 : {q} + {width}'d1;")  # fmt: skip
    return f"{face.header({q})}\n{body}\nendmodule\n"


def _modulo_second(face: Interface, most: int, enable: str | None) -> str:
    """Return the next value as a wire of its own."""
    q, last = face.outputs[0].name, f"{face.outputs[0].width}'d{most - 1}"
    return (
        f"{face.header()}\n  reg {face.outputs[0].range}now;\n  wire {face.outputs[0].range}after ="
        f" now >= {last} ? 0 : now + 1;\n"
        + clocked(face, "now <= 0;", f"now <= {f'{enable} ? after : now' if enable else 'after'};")
        + f"\n  assign {q} = now;\nendmodule\n"
    )


def _modulo_says(face: Interface, most: int, enable: str | None) -> Says:
    q = face.outputs[0].name
    only = f" [while {enable} is high|when {enable} is 1|only if {enable} is set]" if enable else ""
    return Says(
        brief=(
            f"{q} [goes|steps] through 0, 1, ... {most - 1} and then back to 0{only}, one step per"
            " clock cycle. Reset [brings|takes] it to 0",
            f"[a|A] counter [that counts|counting] from 0 [to|through] {most - 1}{only} and then"
            " [wraps to|starts again at] 0. Reset sets it to 0",
            f"[count|Count] [modulo|mod] {most}{only}: [after|from] {most - 1} the next value of"
            f" {q} is 0. Reset clears {q}",
            f"{q} [is|shall be] a mod-{most}"
            f" counter{f', stepped only when {enable} is high' if enable else ''}; reset gives 0",
        ),
        points=(
            (f"{q} counts up by one in every [clock cycle|cycle]{only}",
             f"{q} increments [each clock|every cycle]{only}"),
            (f"after {most - 1} it [wraps to|returns to] 0",
                f"its largest value is {most - 1}, then 0 follows"),
            ("reset sets it to 0", f"on reset {q} is 0"),
        ),
        ports={q: "the count"},
    )  # fmt: skip


def _plain(rng: Random) -> Case:
    width, q = rng.choice((2, 3, 4, 4, 5, 6, 8, 8, 10, 12, 16)), rng.choice(OUTPUTS)
    step = 1 if rng.random() < 0.6 else rng.randint(2, min(9, (1 << width) - 2))
    down, enable = rng.random() < 0.4, rng.choice(ENABLES) if rng.random() < 0.4 else None
    start = rng.randrange(1 << width) if rng.random() < 0.3 else 0
    start = (1 << width) - 1 if down and rng.random() < 0.4 else start
    face = faced(rng, ("down_counter", "decrementer") if down else ("up_counter", "counter"),
                 (Port(enable),) if enable else (), (Port(q, width),), falling=0.12)  # fmt: skip
    said = constant(start, width, rng)
    sign = "-" if down else "+"
    body = f"{f'if ({enable}) ' if enable else ''}{q} <= {q} {sign} {sized(step, width)};"
    reached = (1 << width) - step if down else step
    logic = f"after = now + {f'({enable} ? {reached} : 0)' if enable else reached};"
    by = -step if down else step

    def successor(state: int, i: Values) -> int:
        return state if enable and not i[enable] else (state + by) % (1 << width)

    return Case(
        key=f"{width} {step} {down} {start} {bool(enable)} {timing(face)}", interface=face,
        says=_plain_says(face, step, down, said, enable), cycles=min(300, (1 << width) * 3 + 40),
        reference=module(face, clocked(face, f"{q} <= {sized(start, width)};", body), q),
        second=apart(face, width, str(start), logic, f"assign {q} = now;"),
        machine=lambda: Registers(start, successor, lambda s, _: {q: s}),
    )  # fmt: skip


def _plain_says(face: Interface, step: int, down: bool, said: str, enable: str | None) -> Says:
    """Return the words for a counter in steps; `said` is the value in reset."""
    q, width = face.outputs[0].name, face.outputs[0].width
    most = (1 << width) - 1
    ends = (0, most) if down else (most, 0)
    only = f" while {enable} is high" if enable else ""
    verb = "decrease" if down else "increase"
    wraps = f"modulo {1 << width}" if step > 1 else f"after {ends[0]} comes {ends[1]}"
    holds = f". With {enable} low it holds" if enable else ""
    return Says(
        brief=(
            f"{some(width)} {'down ' if down else ''}counter{f' in steps of {step}' * (step > 1)}:"
            f" {q} {verb}s by {step} [each|every] clock cycle{only},"
            f" {wraps}{resets(face, q, said)}",
            f"{q} [counts|is counting] {'down' if down else 'up'} by {step} [each|every] clock"
            f" cycle{only} and wraps around [in|within] its {width} bits{resets(face, q, said)}",
            f"{verb} {q} by {step} at every [active|] clock edge{only}; it wraps at {width} bits"
            f"{holds}{resets(face, q, said)}",
            f"{q} [shall|must] be {verb}d by {step} on every clock edge{only}, {wraps}"
            f"{resets(face, q, said)}",
        ),
        points=(
            (f"{q} {verb}s by {step} every cycle{only}", f"every clock edge {verb}s {q} by {step}"
             f"{only}"),
            (f"it wraps around, {wraps}", f"the count wraps: {wraps}"),
            *(((f"{q} holds while {enable} is low",),) if enable else ()),
            *reset_points(face, q, said),
        ),
        ports={q: "the count"},
    )  # fmt: skip


def _both_ways(rng: Random) -> Case:
    width, q, way = rng.randint(2, 10), rng.choice(OUTPUTS), rng.choice(WAYS)
    enable = rng.choice(ENABLES) if rng.random() < 0.5 else None
    up = int(rng.random() < 0.8)
    stops = rng.random() < 0.3
    most = (1 << width) - 1
    inputs = (Port(way), *((Port(enable),) if enable else ()))
    face = faced(rng, ("up_down_counter", "bidirectional_counter", "updown"), inputs,
                 (Port(q, width),))  # fmt: skip
    logic = (f"if ({enable or 1}) after = now + ({way} == {up} ? "
             + (f"(&now ? 0 : 1) : (now == 0 ? 0 : {most}));" if stops else
                f"1 : {most});"))  # fmt: skip

    def successor(state: int, i: Values) -> int:
        moved = state + (1 if i[way] == up else -1)
        if enable and not i[enable]:
            return state
        return min(max(moved, 0), most) if stops else moved % (most + 1)

    return Case(
        key=f"{width} {up} {stops} {bool(enable)} {timing(face)}", interface=face,
        says=_both_ways_says(face, up, stops, enable),
        reference=_both_ways_reference(face, up, stops, enable),
        second=apart(face, width, "0", logic, f"assign {q} = now;"), cycles=200,
        machine=lambda: Registers(0, successor, lambda s, _: {q: s}),
    )  # fmt: skip


def _both_ways_reference(face: Interface, up: int, stops: bool, enable: str | None) -> str:
    way, q, width = face.inputs[0].name, face.outputs[0].name, face.outputs[0].width
    rise, fall = (way, f"!{way}") if up else (f"!{way}", way)
    zero, one, top = (sized(value, width) for value in (0, 1, (1 << width) - 1))
    if stops:
        also = f" && {enable}" if enable else ""
        body = (f"if ({rise}{also} && {q} != {top}) {q} <= {q} + {one};\n"
                f"else if ({fall}{also} && {q} != {zero}) {q} <= {q} - {one};")  # fmt: skip
    else:
        guard = f"if ({enable}) " if enable else ""
        body = f"{guard}{q} <= {rise} ? {q} + {one} : {q} - {one};"
    return module(face, clocked(face, f"{q} <= {zero};", body), q)


def _both_ways_says(face: Interface, up: int, stops: bool, enable: str | None) -> Says:
    way, q, width = face.inputs[0].name, face.outputs[0].name, face.outputs[0].width
    rises, falls, most = high(way, up), high(way, 1 - up), (1 << width) - 1
    ends = ("[It does not wrap|It saturates]: at"
            f" {most} it [stays|stops] when counting up, and at 0 when counting down"
            if stops else f"It wraps [around|] between 0 and {most}")  # fmt: skip
    only = f" Nothing [happens|changes] while {enable} is low." if enable else ""
    return Says(
        brief=(
            f"{q} ({width} bits) is incremented by a clock edge when {rises} and decremented when"
            f" {falls}.{only} {ends}{resets(face, q)}",
            f"{some(width)} up/down counter: {q} counts up by one per clock cycle when {rises} and"
            f" down when {falls}.{only} {ends}{resets(face, q)}",
            f"at each clock edge {q} goes up by 1 if {rises}, else down by 1.{only} {ends}"
            f"{resets(face, q)}",
            f"[count|step] {q} [in the direction that {way} gives|as {way} says], {way} = {up} for"
            f" up and {1 - up} for down.{only} {ends}{resets(face, q)}",
        ),
        points=(
            (f"when {rises}, {q} increments", f"{way} = {up} counts up"),
            (f"when {falls}, {q} decrements", f"{way} = {1 - up} counts down"),
            *(((f"counts only while {enable} is high", f"{q} holds while {enable} is low"),)
              if enable else ()),
            (ends,),
            *reset_points(face, q),
        ),
        ports={way: f"{up} counts up", q: "the count"},
    )  # fmt: skip


def _loadable(rng: Random) -> Case:
    width, q, load, d = rng.randint(2, 12), *drawn(rng, OUTPUTS, LOADS, STARTS)
    enable = rng.choice(ENABLES) if rng.random() < 0.5 else None
    down = rng.random() < 0.35
    inputs = (Port(load), Port(d, width), *((Port(enable),) if enable else ()))
    face = faced(rng, ("loadable_counter", "preset_counter", "program_counter"), inputs,
                 (Port(q, width),), none=0.2)  # fmt: skip
    sign, one = "-" if down else "+", sized(1, width)
    guard = f"if ({enable}) " if enable else ""
    body = f"if ({load}) {q} <= {d};\nelse {guard}{q} <= {q} {sign} {one};"
    by = (1 << width) - 1 if down else 1
    logic = f"after = {load} ? {d} : now + {f'{enable} * {by}' if enable else by};"

    def successor(state: int | None, i: Values) -> int | None:
        if i[load]:
            return i[d]
        if state is None or (enable and not i[enable]):
            return state
        return (state + by) % (1 << width)

    return Case(
        key=f"{width} {down} {bool(enable)} {timing(face)}", interface=face,
        says=_loadable_says(face, down, enable),
        reference=module(face, clocked(face, f"{q} <= {sized(0, width)};", body), q),
        second=apart(face, width, "0", logic, f"assign {q} = now;"),
        machine=lambda: Registers(0, successor, lambda s, _: {q: s}, forgets=True),
    )  # fmt: skip


def _loadable_says(face: Interface, down: bool, enable: str | None) -> Says:
    load, d = face.inputs[0].name, face.inputs[1].name
    q, width = face.outputs[0].name, face.outputs[0].width
    word = "down" if down else "up"
    rest = f"[else|otherwise] it counts {word} by 1, wrapping around" + (
        f", if {enable} is high and holds if {enable} is low" if enable else ""
    )
    return Says(
        brief=(
            f"if {load} is high the clock edge stores {d} in {q}; {rest}{resets(face, q)}",
            f"{some(width)} counter with [synchronous load|load input]: when {load} is high {q}"
            f" takes {d} at the clock edge, {rest}{resets(face, q)}",
            f"at a clock edge {q} becomes {d} if {load} is high; {rest}. {load} [has priority over"
            f"|wins against] counting{resets(face, q)}",
            f"{load} = 1 loads {d} into {q}; {rest}{resets(face, q)}",
        ),
        points=(
            (f"{load} high: {q} takes {d} at the clock edge", f"{q} is loaded from {d} when {load}"
             " is 1"),
            (f"without {load} it counts {word}{f' while {enable} is high' if enable else ''}",
             f"when {load} is 0{f' and {enable} is 1' if enable else ''}, {q} counts {word} by"
             " one"),
            *(((f"with {load} and {enable} both low {q} holds",),) if enable else ()),
            *reset_points(face, q),
        ),
    )  # fmt: skip


FAMILIES: Final = (
    Family("modulo counter", "counters", _modulo),
    Family("binary counter", "counters", _plain),
    Family("up-down counter", "counters", _both_ways),
    Family("counter with load", "counters", _loadable),
)
