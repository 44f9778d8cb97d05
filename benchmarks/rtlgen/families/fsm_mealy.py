"""Mealy machines by table, arrows or sentences, and Moore machines with several inputs."""

from __future__ import annotations

from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Interface, Port, draw_clock, draw_reset
from ..machine import Registers, Values
from ..names import draw_top
from ..verilog import clocked
from ..words import told
from .charts import (
    INPUTS,
    RESULTS,
    Chart,
    declared,
    draw_chart,
    draw_states,
    listed,
    machine,
    one_hot,
    starts,
    switch,
    written,
)

TOPS: Final = ("mealy_fsm", "fsm", "mealy", "state_machine", "controller", "detector_fsm")
EVENTS: Final = (
    ("a", "b"), ("go", "stop"), ("start", "cancel"), ("x", "y"), ("up", "down"), ("req", "abort"),
    ("coin", "refund"), ("open", "close"), ("r", "s"), ("left", "right"), ("hot", "cold"),
    ("begin_op", "end_op"), ("push", "pull"), ("button", "timeout"),
)  # fmt: skip
LAMPS: Final = ("z", "busy", "active", "out", "led", "alarm", "light", "flag", "motor", "grant")


def _cell(chart: Chart, at: int, value: int) -> str:
    return f"{chart.named(at, value)}/{chart.outputs[at][value]}"


def _joint_table(chart: Chart, x: str, z: str) -> str:
    """Return a table whose cells are `next state/output`."""
    lines = [f"State | {x}=0 | {x}=1"]
    lines += [f"{s} | {_cell(chart, at, 0)} | {_cell(chart, at, 1)}"
              for at, s in enumerate(chart.states)]  # fmt: skip
    return "\n".join(lines) + f"\n(next state/{z})"


def _row_table(chart: Chart, x: str, z: str) -> str:
    """Return a table with a row per state and input value."""
    lines = [f"state | {x} | next state | {z}"]
    for at, state in enumerate(chart.states):
        lines += [f"{state} | {v} | {chart.named(at, v)} | {chart.outputs[at][v]}" for v in (0, 1)]
    return "\n".join(lines)


def _arrows(chart: Chart) -> str:
    return "\n".join(
        f"{state} --{v}/{chart.outputs[at][v]}--> {chart.named(at, v)}"
        for at, state in enumerate(chart.states)
        for v in (0, 1)
    )


def _intro(chart: Chart, x: str, z: str) -> tuple[str, ...]:
    return (
        f"[Implement|Write|Design] the Mealy machine [below|given below] with input {x} and output "
        f"{z}; {z} depends on the state and on {x} in the same cycle",
        f"{z} is the Mealy output of a state machine [controlled|driven] by {x}",
        f"a Mealy [machine|FSM] is wanted: input {x}, output {z}, the output combinational from "
        "state and input",
        f"[build|describe] a finite-state machine of the Mealy kind, from {x} to {z}, with an "
        "unregistered output",
    )


def _mealy(rng: Random, style: str) -> Case:
    chart = draw_chart(rng, rng.choice((2, 2, 3, 3, 3, 4, 4)), mealy=True)
    x, z = rng.choice(INPUTS), rng.choice(RESULTS)
    reset = draw_reset(rng)
    face = Interface(draw_top(TOPS, rng), (Port(x),), (Port(z),), draw_clock(rng), reset)
    assert reset is not None
    first, start = _intro(chart, x, z), starts(chart.states[0])
    middle, tables = _style(chart, x, z, style)
    points = (first, *middle, start)
    return Case(
        key=f"{chart.key} {reset.asynchronous} {reset.active_low}", interface=face,
        says=Says(told(face.names, *points), points, tables, needs_table=bool(tables)),
        reference=written(face, chart, x, z), second=one_hot(face, chart, x, z),
        machine=lambda: machine(chart, x, z), cycles=200,
    )  # fmt: skip


def _style(
    chart: Chart, x: str, z: str, style: str
) -> tuple[tuple[tuple[str, ...], ...], tuple[str, ...]]:
    if style == "table":
        said = (
            "The [state |]table [gives|shows] next state and output for each [input|value of the "
            "input]",
            "[Transitions|Next states] and outputs are [those of|in] the table",
            f"Next state and {z} follow from the table",
        )
        return (said,), (_joint_table(chart, x, z), _row_table(chart, x, z))
    if style == "arrows":
        said = (
            f"An arrow is labelled {x}/{z}",
            f"Each arrow says the input {x}, a slash, and the output {z} during that transition",
            f"On the arrows: value of {x} / value of {z}",
        )
        return (said,), (_arrows(chart),)
    rules = tuple(_rule(chart, x, z, at) for at in range(len(chart.states)))
    return ((f"The states are {listed(chart.states)}", f"States: {', '.join(chart.states)}"),
            *rules), ()  # fmt: skip


def _rule(chart: Chart, x: str, z: str, at: int) -> tuple[str, ...]:
    state, (low, high) = chart.states[at], chart.outputs[at]
    to_low, to_high = chart.named(at, 0), chart.named(at, 1)
    return (
        f"In {state}: if {x} is 1, {z} is {high} and the next state {to_high}; if {x} is 0, {z} is "
        f"{low} and the next state {to_low}",
        f"State {state} goes to {to_low} with {z} = {low} on {x} = 0, and to {to_high} with {z} = "
        f"{high} on {x} = 1",
        f"From {state}, {x}=0 gives {to_low}/{z}={low} and {x}=1 gives {to_high}/{z}={high}",
    )


def _mealy_table(rng: Random) -> Case:
    return _mealy(rng, "table")


def _mealy_arrows(rng: Random) -> Case:
    return _mealy(rng, "arrows")


def _mealy_sentences(rng: Random) -> Case:
    return _mealy(rng, "sentences")


def _events(rng: Random) -> tuple[tuple[int, int, int], ...]:
    """Return by state where the first event, the second and neither leads; the first wins."""
    count = rng.choice((2, 2, 3, 3, 4))
    while True:
        rows = tuple(
            (rng.randrange(count), rng.randrange(count), at if rng.random() < 0.8
             else rng.randrange(count)) for at in range(count)
        )  # fmt: skip
        found = {0}
        for _ in rows:
            found |= {to for at in found for to in rows[at]}
        if len(found) == count and all(set(row) != {at} for at, row in enumerate(rows)):
            return rows


def _event_machine(rng: Random) -> Case:
    rows = _events(rng)
    (a, b), z = rng.choice(EVENTS), rng.choice(LAMPS)
    states, lit = draw_states(rng, len(rows)), sorted(rng.sample(range(len(rows)), rng.choice((1, 1,
        len(rows) - 1))))  # fmt: skip
    reset = draw_reset(rng)
    face = Interface(
        draw_top(TOPS[1:], rng), (Port(a), Port(b)), (Port(z),), draw_clock(rng), reset
    )
    assert reset is not None
    chosen = [(states[at], _event_choice(a, b, states, row)) for at, row in enumerate(rows)]
    shown = " || ".join(f"(state == {states[at]})" for at in lit)
    reference = (f"{face.header()}\n{declared(states)}"
                 + clocked(face, f"state <= {states[0]};", switch(chosen))
                 + f"\n  assign {z} = {shown};\nendmodule\n")  # fmt: skip

    def successor(state: int, inputs: Values) -> int:
        return rows[state][0 if inputs[a] else 1 if inputs[b] else 2]

    names = listed([states[at] for at in lit])
    points = (
        (f"[A|The] Moore machine has the states {listed(states)}", f"States: {', '.join(states)}"),
        *(_event_rule(a, b, states, row, at) for at, row in enumerate(rows)),
        (f"{a} takes precedence over {b}", f"If {a} and {b} are both 1, {a} counts",
         f"{a} has priority"),
        (f"{z} is 1 in {names} and 0 otherwise", f"The output {z} is high only in {names}",
         f"{z} shows that the state is {names.replace(' and ', ' or ')}"),
        starts(states[0]),
    )  # fmt: skip
    return Case(
        key=f"{rows} {lit} {reset.asynchronous} {reset.active_low}", interface=face,
        says=Says(told(face.names, *points), points),
        reference=reference, second=_event_second(face, rows, lit, (a, b, z)),
        machine=lambda: Registers(0, successor, lambda state, _: {z: int(state in lit)}),
        cycles=250,
    )  # fmt: skip


def _event_choice(a: str, b: str, states: tuple[str, ...], row: tuple[int, int, int]) -> str:
    first, then, rest = (states[to] for to in row)
    if then == rest:
        return first if first == rest else f"{a} ? {first} : {rest}"
    return f"{a} ? {first} : {b} ? {then} : {rest}"


def _event_rule(
    a: str, b: str, states: tuple[str, ...], row: tuple[int, int, int], at: int
) -> tuple[str, ...]:
    here, (first, then, rest) = states[at], (states[to] for to in row)
    if first == then == rest:
        return (f"From {here} it always goes to {rest}",)
    other = f"stays in {here}" if rest == here else f"goes to {rest}"
    if then == rest:
        return (f"In {here} it goes to {first} if {a} is 1 and otherwise {other}",
                f"From {here}, {a} leads to {first}; without {a} it {other}")  # fmt: skip
    return (
        f"In {here} it goes to {first} if {a} is 1, else to {then} if {b} is 1, and otherwise "
        f"{other}",
        f"From {here}, {a} leads to {first} and {b} to {then}; with neither it {other}",
        f"{here}: on {a} next is {first}, on {b} next is {then}, without both it {other}",
    )


def _event_second(
    face: Interface, rows: tuple[tuple[int, int, int], ...], lit: list[int],
    names: tuple[str, str, str],
) -> str:  # fmt: skip
    a, b, z = names
    lines: list[str] = []
    for at, (first, then, rest) in enumerate(rows):
        lines += [f"if (at == {at}) at <= {rest};", f"if (at == {at} && {b}) at <= {then};",
                  f"if (at == {at} && {a}) at <= {first};"]  # fmt: skip
    shown = " | ".join(f"at == {at}" for at in lit)
    body = clocked(face, "at <= 0;", "\n".join(lines))
    return f"{face.header()}\n  reg [2:0] at;\n{body}\n  assign {z} = {shown};\nendmodule\n"


FAMILIES: Final = (
    Family("mealy machine by state table", "state machines", _mealy_table),
    Family("mealy machine by arrows", "state machines", _mealy_arrows),
    Family("mealy machine in sentences", "state machines", _mealy_sentences, held_out=True),
    Family("machine with two events", "state machines", _event_machine, weight=1.5),
)
