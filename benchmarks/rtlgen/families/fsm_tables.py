"""State machines given by a table, by arrows or by sentences, Moore and Mealy."""

from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Interface, Port, draw_clock, draw_reset
from ..names import draw_top
from ..tables import arrows, state_table
from .charts import (
    INPUTS,
    RESULTS,
    Chart,
    draw_chart,
    machine,
    marked,
    moved,
    one_hot,
    starts,
    written,
)

TOPS: Final = ("fsm", "moore_fsm", "state_machine", "controller", "fsm_core", "sequencer", "ctrl")
Words = Callable[[Chart, str, str], Says]


def _case(chart: Chart, rng: Random, words: Words, width: int = 1) -> Case:
    x, z = rng.choice(INPUTS), rng.choice(RESULTS)
    reset = draw_reset(rng)
    face = Interface(draw_top(TOPS, rng), (Port(x, width),), (Port(z),), draw_clock(rng), reset)
    assert reset is not None
    return Case(
        key=f"{chart.key} {reset.asynchronous} {reset.active_low}", interface=face,
        says=words(chart, x, z), reference=written(face, chart, x, z),
        second=one_hot(face, chart, x, z), machine=lambda: machine(chart, x, z),
        cycles=200,
    )  # fmt: skip


def _named(chart: Chart) -> tuple[dict[tuple[str, str], str], dict[str, str]]:
    columns = range(len(chart.following[0]))
    bits = (len(columns) - 1).bit_length()
    following = {
        (name, f"{value:0{bits}b}"): chart.named(at, value)
        for at, name in enumerate(chart.states)
        for value in columns
    }
    outputs = {name: str(row[0]) for name, row in zip(chart.states, chart.outputs, strict=True)}
    return following, outputs


def _wide(chart: Chart, x: str, label: str, z: str) -> str:
    following, outputs = _named(chart)
    values = sorted({value for _, value in following})
    said = {(s, f"{label}{v}"): to for (s, v), to in following.items()}
    return state_table(chart.states, [f"{label}{v}" for v in values], said, outputs,
                       output=f"Output {z}" if label else z)  # fmt: skip


def _by_table(chart: Chart, x: str, z: str) -> Says:
    start = starts(chart.states[0])
    what = f"[input|the input] {x} and [output|the output] {z}"
    return Says(
        brief=tuple(
            f"{first}. {then}"
            for first, then in zip(
                (
                    f"[Implement|Build|Write] the Moore [state machine|machine|FSM] of the [state "
                    f"table|table] below, with {what}",
                    f"[This|The] [state |]table [gives|defines] a Moore machine with {what}",
                    f"{z} is the output of a Moore state machine steered by {x}; the table has its "
                    "transitions and outputs",
                    f"A finite-state machine with one input, {x}, and one output, {z}, is given by "
                    "its state-transition table",
                ),
                start,
                strict=True,
            )
        ),
        points=(
            (f"the state machine has [input|the input] {x} and the Moore output {z}",
             f"{x} moves the machine from state to state, {z} depends on the state only"),
            ("next states and outputs are those of the table",
             "the table gives each state's [successors|next states] and output"),
            start,
        ),
        tables=(_wide(chart, x, f"{x}=", z), _wide(chart, x, "", z)) if len(chart.following[0]) < 4
        else (_wide(chart, x, f"{x}=", z),),
        needs_table=True,
    )  # fmt: skip


def _by_arrows(chart: Chart, x: str, z: str) -> Says:
    following, outputs = _named(chart)
    values = sorted({value for _, value in following})
    labelled = {(s, f"{x}={v}"): to for (s, v), to in following.items()}
    plain = arrows(chart.states, values, following, outputs)
    said = arrows(chart.states, [f"{x}={v}" for v in values], labelled, outputs)
    start = starts(chart.states[0])
    reading = (
        f"Each arrow carries the value of {x}; the number in parentheses is {z} in that state",
        f"In parentheses is the output {z} of a state, on the arrow the value of {x}",
        f"`state (output) --input--> next state`, with input {x} and output {z}",
    )
    firsts = (
        "[Implement|Write|Build] the [Moore |][state machine|FSM] [drawn|shown] below",
        "the [state diagram|transitions] below [describes|describe] [a|one] Moore machine",
        "a Moore machine has the state transition diagram given below",
    )
    return Says(
        brief=tuple(f"{a}. {b}. {c}" for a, b, c in zip(firsts, reading, start, strict=False)),
        points=(firsts, reading, start),
        tables=(plain, said),
        needs_table=True,
    )


def _by_sentences(chart: Chart, x: str, z: str) -> Says:
    rules = [moved(chart, x, at) for at in range(len(chart.states))]
    names = ", ".join(chart.states)
    start, shown = starts(chart.states[0]), marked(chart, z)
    firsts = (
        f"[A|This] Moore machine has the states {names}, [input|the input] {x} and output {z}",
        f"[Implement|Write] a state machine with [the states|states] {names}",
        f"the machine's states are {names}; {x} is its input, {z} its output",
    )
    kinds = range(3)
    texts = [". ".join(rule[kind % len(rule)] for rule in rules) for kind in kinds]
    brief = tuple(f"{firsts[k]}. {texts[k]}. {shown[k]}. {start[k]}" for k in kinds)
    return Says(brief=brief, points=(firsts, *rules, shown, start))


def _moore(rng: Random, words: Words) -> Case:
    return _case(draw_chart(rng, rng.choice((2, 3, 3, 4, 4, 4, 5, 6))), rng, words)


def _moore_table(rng: Random) -> Case:
    return _moore(rng, _by_table)


def _moore_arrows(rng: Random) -> Case:
    return _moore(rng, _by_arrows)


def _moore_sentences(rng: Random) -> Case:
    return _moore(rng, _by_sentences)


def _wide_table(rng: Random) -> Case:
    return _case(draw_chart(rng, rng.choice((2, 3, 3, 4)), 4), rng, _by_table, width=2)


def _lines(chart: Chart, x: str, z: str) -> Says:
    """Say the transitions grouped by the input's value, as nobody does in the other families."""

    def moves(value: int) -> str:
        return ", ".join(f"{s} to {chart.named(at, value)}" for at, s in enumerate(chart.states))

    start, shown = starts(chart.states[0]), marked(chart, z)
    brief = (
        f"[while|when] {x} is 0 the machine moves {moves(0)}; [while|when] {x} is 1 it moves "
        f"{moves(1)}. {shown[0]}. {start[0]}",
        f"state changes for {x} = 1: {moves(1)}. State changes for {x} = 0: {moves(0)}. "
        f"{shown[1]}. {start[1]}",
        f"a Moore machine steps in every cycle. {x} low: {moves(0)}. {x} high: {moves(1)}. "
        f"{shown[2]}. {start[2]}",
    )
    points = ((f"for {x} = 0: {moves(0)}", f"with {x} low it goes from {moves(0)}"),
              (f"for {x} = 1: {moves(1)}", f"with {x} high it goes from {moves(1)}"), shown,
              start)  # fmt: skip
    return Says(brief=brief, points=points)


def _moore_by_value(rng: Random) -> Case:
    return _moore(rng, _lines)


FAMILIES: Final = (
    Family("moore machine by state table", "state machines", _moore_table, weight=1.5),
    Family("moore machine by arrows", "state machines", _moore_arrows, weight=1.5),
    Family("moore machine in sentences", "state machines", _moore_sentences),
    Family("moore machine by wide table", "state machines", _wide_table),
    Family("moore machine by input value", "state machines", _moore_by_value, held_out=True),
)
