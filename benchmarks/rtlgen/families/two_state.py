"""Machines of two states, and state machines with a bug to be mended."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Interface, Port, draw_clock, draw_reset
from ..machine import Registers, Values
from ..names import draw_top
from ..tables import arrows, state_table
from ..verilog import clocked
from ..words import told
from .charts import (
    INPUTS,
    RESULTS,
    Chart,
    choice,
    draw_chart,
    machine,
    marked,
    one_hot,
    starts,
    written,
)


@dataclass(frozen=True)
class Thing:
    """Something with two states: its output, the words for 1 and 0, the inputs to set and clear."""

    name: str
    output: str
    one: str
    zero: str
    inputs: tuple[str, str]


THINGS: Final = (
    Thing("lamp", "lamp", "on", "off", ("light_on", "light_off")),
    Thing("door", "open", "open", "closed", ("unlatch", "latch")),
    Thing("machine", "out", "on", "off", ("j", "k")),
    Thing("motor", "motor", "running", "stopped", ("start", "stop")),
    Thing("gate", "raised", "raised", "lowered", ("lift", "lower")),
    Thing("flag", "flag", "set", "clear", ("mark", "unmark")),
    Thing("valve", "flow", "open", "shut", ("fill", "drain")),
    Thing("unit", "busy", "busy", "free", ("begin_job", "job_done")),
    Thing("switch", "q", "on", "off", ("a", "b")),
    Thing("heater", "heat", "on", "off", ("cold", "warm")),
)  # fmt: skip
TOPS: Final = ("two_state", "on_off", "toggler", "switch_fsm", "latch_fsm", "toggle_fsm")
TOGGLES: Final = ("toggle", "t", "button", "press", "flip", "change", "tick", "pulse")


def _two_inputs(rng: Random) -> Case:
    """Return a machine that one input sets and another clears, each watched in one state."""
    thing = rng.choice(THINGS)
    q, (up, down) = thing.output, thing.inputs
    start, low_up, low_down = (rng.random() < p for p in (0.4, 0.25, 0.25))
    rise, fall = int(not low_up), int(not low_down)
    reset = draw_reset(rng)
    face = Interface(
        draw_top(TOPS, rng), (Port(up), Port(down)), (Port(q),), draw_clock(rng), reset
    )
    assert reset is not None
    sets, keeps = f"{'!' if low_up else ''}{up}", f"{'' if low_down else '!'}{down}"
    body = clocked(face, f"{q} <= 1'b{int(start)};", f"{q} <= {q} ? {keeps} : {sets};")
    second = (
        f"{face.header()}\n  reg now;\n  wire go = ({up} == 1'b{rise});\n"
        f"  wire keep = ({down} != 1'b{fall});\n"
        + clocked(face, f"now <= 1'b{int(start)};", "now <= go & keep | go & ~now | keep & now;")
        + f"\n  assign {q} = now;\nendmodule\n"
    )

    def successor(state: int, inputs: Values) -> int:
        if state:
            return 0 if inputs[down] == fall else 1
        return 1 if inputs[up] == rise else 0

    return Case(
        key=f"{start} {low_up} {low_down} {reset.asynchronous} {reset.active_low} "
        f"{face.clock and face.clock.edge}",
        interface=face, says=_two_inputs_says(face, thing, int(start), rise, fall),
        reference=f"{face.header({q})}\n{body}\nendmodule\n", second=second,
        machine=lambda: Registers(int(start), successor, lambda state, _: {q: state}),
    )  # fmt: skip


def _two_inputs_says(face: Interface, thing: Thing, start: int, rise: int, fall: int) -> Says:
    """Return the words; `rise` and `fall` are the levels of the inputs that set and clear."""
    q, (up, down), one, zero = thing.output, thing.inputs, thing.one, thing.zero
    begin = one if start else zero
    points = (
        (f"the {thing.name} is {one} or {zero}; {q} is 1 while it is {one}",
         f"[two|the two] states, {zero} and {one}; {q} = 1 means {one}",
         f"{q} tells the state of the {thing.name}: 1 for {one}, 0 for {zero}"),
        (f"while {zero}, {up} = {rise} makes it {one} in the next cycle and {down} does not matter",
         f"from {zero} it goes to {one} when {up} is {rise}, and stays otherwise",
         f"if it is {zero}, only {up} counts: it becomes {one} when {up} is {rise}"),
        (f"while {one}, {down} = {fall} makes it {zero} in the next cycle and {up} does not matter",
         f"from {one} it goes to {zero} when {down} is {fall}, and stays otherwise",
         f"if it is {one}, only {down} counts: it becomes {zero} when {down} is {fall}"),
        (f"after reset it is {begin}", f"reset makes it {begin} ({q} = {start})",
         f"the reset state is {begin}"),
    )  # fmt: skip
    return Says(told(face.names, *points), points)


def _toggle(rng: Random) -> Case:
    thing = rng.choice(THINGS)
    q, t = thing.output, rng.choice(TOGGLES)
    start, level = rng.randrange(2), int(rng.random() < 0.75)
    force = rng.choice((None, None, "override", "force_off", "lock", "safe"))
    forced = rng.randrange(2)
    reset = draw_reset(rng)
    inputs = (Port(t), *([Port(force)] if force else []))
    face = Interface(draw_top(TOPS, rng), inputs, (Port(q),), draw_clock(rng), reset)
    assert reset is not None
    condition = t if level else f"!{t}"
    flips = f"if ({condition}) {q} <= !{q};"
    text = f"if ({force}) {q} <= 1'b{forced};\nelse {flips}" if force else flips
    body = clocked(face, f"{q} <= 1'b{start};", text)
    moved = f"now ^ ({t} == 1'b{level})"
    after = f"{force} ? 1'b{forced} : {moved}" if force else moved
    second = (f"{face.header()}\n  reg now;\n"
              + clocked(face, f"now <= {start};", f"now <= {after};")
              + f"\n  assign {q} = now;\nendmodule\n")  # fmt: skip

    def successor(state: int, inputs: Values) -> int:
        if force and inputs[force]:
            return forced
        return 1 - state if inputs[t] == level else state

    return Case(
        key=f"{start} {level} {force is None or forced} {reset.asynchronous} {reset.active_low} "
        f"{face.clock and face.clock.edge}",
        interface=face, says=_toggle_says(face, thing, start, level, forced),
        reference=f"{face.header({q})}\n{body}\nendmodule\n", second=second,
        machine=lambda: Registers(start, successor, lambda state, _: {q: state}),
    )  # fmt: skip


def _toggle_says(face: Interface, thing: Thing, start: int, level: int, forced: int) -> Says:
    """Return the words; `forced` is the state that a second input, if there is one, forces."""
    t, *force = (p.name for p in face.inputs)
    q, one, zero = thing.output, thing.one, thing.zero
    names = (zero, one)
    points = [
        (f"{q} is 1 when the {thing.name} is {one} and 0 when it is {zero}",
         f"the {thing.name} is {one} while {q} is 1, {zero} while it is 0",
         f"{q} = 1 stands for {one}, {q} = 0 for {zero}"),
        (f"[in every cycle|each cycle] with {t} = {level} it changes to the other state",
         f"{q} toggles at a clock edge if {t} is {level} and is kept otherwise",
         f"{t} at {level} inverts {q}, {t} at {1 - level} leaves it as it is"),
        (f"after reset it is {names[start]}", f"reset sets {q} to {start}",
         f"the reset state is {names[start]}"),
    ]  # fmt: skip
    if force:
        points.insert(2, (
            f"{force[0]} = 1 makes it {names[forced]} and wins over {t}",
            f"{force[0]} has priority over {t}: while it is 1, {q} becomes {forced}",
            f"with {force[0]} high {q} goes to {forced} whatever {t} is"))  # fmt: skip
    return Says(told(face.names, *points), tuple(points))


def _spoiled(text: str, chart: Chart, x: str, rng: Random) -> tuple[str, str] | None:
    """Return the module with a bug and what kind of bug it is."""
    states, at = chart.states, rng.randrange(len(chart.states))
    name, after = states[at], [chart.named(at, value) for value in (0, 1)]
    start = f"{name}: state <= "
    row = f"{start}{choice(x, after)};"
    kind = rng.choice(("target", "swapped", "missing", "reset", "output"))
    if kind == "target":
        value = rng.randrange(2)
        after[value] = rng.choice([s for s in states if s != after[value]])
        return text.replace(row, f"{start}{choice(x, after)};"), kind
    if kind == "swapped" and after[0] != after[1]:
        return text.replace(row, f"{start}{choice(x, after[::-1])};"), kind
    if kind == "missing" and set(after) != {name} and len(states) > 2:
        return "".join(ln for ln in text.splitlines(keepends=True) if row not in ln), kind
    if kind == "reset":
        # The reset comes first, before the rows of the case statement.
        wrong = f"state <= {rng.choice(states[1:])};"
        return text.replace(f"state <= {chart.states[0]};", wrong, 1), kind
    lit = [s for s in range(len(states)) if (s in chart.marked) != (s == at)]
    if kind == "output" and lit:
        shown = " || ".join(f"(state == {states[s]})" for s in lit)
        head, tail = text.split("  assign ")
        return f"{head}  assign {tail.split(' = ', maxsplit=1)[0]} = {shown};\nendmodule\n", kind
    return None


def _mend(rng: Random) -> Case:
    chart = draw_chart(rng, rng.choice((2, 3, 3, 4, 4)))
    x, z = rng.choice(INPUTS), rng.choice(RESULTS)
    reset = draw_reset(rng)
    face = Interface(draw_top(("buggy_fsm", "fsm", "fsm_fixed", "controller"), rng), (Port(x),),
                     (Port(z),), draw_clock(rng), reset)  # fmt: skip
    assert reset is not None
    text = written(face, chart, x, z)
    spoiled = _spoiled(text, chart, x, rng)
    if spoiled is None or spoiled[0] == text:
        return _mend(rng)
    named = {(s, f"{x}={v}"): chart.named(at, v) for at, s in enumerate(chart.states)
             for v in (0, 1)}  # fmt: skip
    outputs = {s: str(row[0]) for s, row in zip(chart.states, chart.outputs, strict=True)}
    columns = [f"{x}={v}" for v in (0, 1)]
    tables = (state_table(chart.states, columns, named, outputs, output=z),
              arrows(chart.states, columns, named, outputs))  # fmt: skip
    points = (
        ("The code [below|given] has [a bug|an error][|; find and fix it]",
         "One thing in the code below is wrong: correct it",
         "Somebody made a mistake in the module below; repair it"),
        ("It should follow the [table|chart] of states", "The table is right, the code is not",
         "The behaviour wanted is that of the table"),
        marked(chart, z), starts(chart.states[0]),
    )  # fmt: skip
    return Case(
        key=f"{chart.key} {spoiled[1]} {reset.asynchronous} {reset.active_low}", interface=face,
        says=Says(told(face.names, *points), points, tables, needs_table=True),
        reference=text, second=one_hot(face, chart, x, z), machine=lambda: machine(chart, x, z),
        skeleton=spoiled[0], cycles=200,
        origin=f"moore machine by state table {chart.key} {reset.asynchronous} {reset.active_low}",
    )  # fmt: skip


FAMILIES: Final = (
    Family("two states, two inputs", "state machines", _two_inputs, weight=0.8),
    Family("two states toggled", "state machines", _toggle, weight=0.8),
    Family("state machine to mend", "repairs", _mend, weight=1.5),
)
