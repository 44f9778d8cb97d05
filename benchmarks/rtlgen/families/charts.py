"""Random state charts: drawn, written as Verilog in two ways, run in Python and put into words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from ..interface import Interface
from ..machine import Outputs, Registers, Values
from ..verilog import clocked

LETTERS: Final = ("A", "B", "C", "D", "E", "F")
STATES: Final = (
    LETTERS, LETTERS,
    ("S0", "S1", "S2", "S3", "S4", "S5"), ("S1", "S2", "S3", "S4", "S5", "S6"),
    ("s0", "s1", "s2", "s3", "s4", "s5"), ("P", "Q", "R", "T", "U", "V"),
    ("IDLE", "WAIT", "RUN", "DONE", "HOLD", "ERR"), ("INIT", "ARM", "FIRE", "COOL", "REST", "STOP"),
    ("RED", "GREEN", "BLUE", "WHITE", "BLACK", "GREY"), ("ONE", "TWO", "THREE", "FOUR", "FIVE",
     "SIX"), ("ST_A", "ST_B", "ST_C", "ST_D", "ST_E", "ST_F"),
)  # fmt: skip
INPUTS: Final = ("x", "w", "in", "x", "din", "s", "inp", "data", "x_in", "j", "bit_in", "u")
RESULTS: Final = ("z", "out", "y", "z", "q", "f", "flag", "result", "z_out", "hit", "dout")


@dataclass(frozen=True)
class Chart:
    """A state machine: by state and input value, the next state's number and the output."""

    states: tuple[str, ...]
    following: tuple[tuple[int, ...], ...]
    outputs: tuple[tuple[int, ...], ...]

    @property
    def width(self) -> int:
        """Return the bits of a binary state code."""
        return max(1, (len(self.states) - 1).bit_length())

    @property
    def key(self) -> str:
        """Return the chart without its names."""
        return f"{self.following} {self.outputs}".replace(" ", "")

    @property
    def marked(self) -> tuple[int, ...]:
        """Return the states in which a Moore machine shows 1."""
        return tuple(at for at, row in enumerate(self.outputs) if row[0])

    def named(self, at: int, value: int) -> str:
        """Return the name of the next state."""
        return self.states[self.following[at][value]]


def draw_states(rng: Random, count: int) -> tuple[str, ...]:
    """Return the names of states."""
    return rng.choice(STATES)[:count]


def draw_chart(rng: Random, count: int, columns: int = 2, *, mealy: bool = False) -> Chart:
    """Return a chart whose states can be reached, left, and told apart by what they show."""
    numbers = range(count)
    while True:
        following = tuple(tuple(rng.choice(numbers) for _ in range(columns)) for _ in numbers)
        bits = tuple(rng.randrange(2) for _ in numbers)
        outputs = tuple(
            tuple(rng.randrange(2) if mealy else bits[at] for _ in range(columns)) for at in numbers
        )
        same = mealy and all(len(set(row)) == 1 for row in outputs)
        stuck = any(set(row) == {at} for at, row in enumerate(following))
        kinds = 0 if same or stuck else _kinds(following, outputs)
        if kinds == count == _reached(following):
            return Chart(draw_states(rng, count), following, outputs)


def _reached(following: Sequence[Sequence[int]]) -> int:
    found, todo = {0}, [0]
    while todo:
        for after in following[todo.pop()]:
            if after not in found:
                found.add(after)
                todo.append(after)
    return len(found)


def _kinds(following: Sequence[Sequence[int]], outputs: Sequence[Sequence[int]]) -> int:
    """Return how many states differ in what they show, now or later."""
    classes = [tuple(row) for row in outputs]
    for _ in following:
        classes = [
            (classes[at], *(classes[after] for after in row)) for at, row in enumerate(following)
        ]
        names = {name: number for number, name in enumerate(sorted(set(classes), key=str))}
        classes = [(names[name],) for name in classes]
    return len(set(classes))


def declared(states: Sequence[str], *, codes: Sequence[str] = ()) -> str:
    """Return the state names and the state register."""
    width = max(1, (len(states) - 1).bit_length())
    codes = codes or [f"{width}'d{at}" for at in range(len(states))]
    named = ", ".join(f"{name} = {code}" for name, code in zip(states, codes, strict=True))
    size = f"[{width - 1}:0] " if width > 1 else ""
    return f"  localparam {named};\n  reg {size}state;\n"


def choice(x: str, after: Sequence[str]) -> str:
    """Return the expression for the next state by the value of one input of one or two bits."""
    if len(set(after)) == 1:
        return after[0]
    if len(after) == 2:
        return f"{x} ? {after[1]} : {after[0]}"
    first = [f"({x} == 2'd{value}) ? {name} : " for value, name in enumerate(after[:-1])]
    return "".join(first) + after[-1]


def switch(rows: Sequence[tuple[str, str]]) -> str:
    """Return a case statement over the state whose rows are (state, next state)."""
    return "\n".join(["case (state)", *(f"  {s}: state <= {e};" for s, e in rows), "endcase"])


def shown_when(chart: Chart, x: str) -> str:
    """Return the expression for the output."""
    terms: list[str] = []
    for name, row in zip(chart.states, chart.outputs, strict=True):
        if all(row):
            terms.append(f"(state == {name})")
        elif any(row):
            terms.append(f"(state == {name} && {x if row[1] else '!' + x})")
    return " || ".join(terms)


def written(face: Interface, chart: Chart, x: str, z: str) -> str:
    """Return the machine as a case statement over a coded state."""
    rows = [
        (name, choice(x, [chart.named(at, v) for v in range(len(chart.following[at]))]))
        for at, name in enumerate(chart.states)
    ]
    body = clocked(face, f"state <= {chart.states[0]};", switch(rows))
    return (
        f"{face.header()}\n{declared(chart.states)}{body}\n"
        f"  assign {z} = {shown_when(chart, x)};\nendmodule\n"
    )


def one_hot(face: Interface, chart: Chart, x: str, z: str) -> str:
    """Return the machine as equations of one bit per state."""
    count, columns = len(chart.states), len(chart.following[0])
    lines = [face.header(), f"  reg [{count - 1}:0] hot;", f"  wire [{count - 1}:0] after;"]
    for to in range(count):
        terms = [
            f"hot[{at}] & ({x} == {value})"
            for at in range(count)
            for value in range(columns)
            if chart.following[at][value] == to
        ]
        lines.append(f"  assign after[{to}] = {' | '.join(terms) or 0};")
    lines.append(clocked(face, f"hot <= {count}'d1;", "hot <= after;"))
    masks = [sum(row[value] << at for at, row in enumerate(chart.outputs)) for value in
             range(columns)]  # fmt: skip
    terms = [f"({x} == {value}) & (|(hot & {count}'d{mask}))" for value, mask in enumerate(masks)]
    return "\n".join([*lines, f"  assign {z} = {' | '.join(terms)};", "endmodule\n"])


def machine(chart: Chart, x: str, z: str) -> Registers:
    """Return the machine as a walk over the chart."""

    def successor(state: int, inputs: Values) -> int:
        return chart.following[state][inputs[x]]

    def shown(state: int, inputs: Values) -> Outputs:
        return {z: chart.outputs[state][inputs[x]]}

    return Registers(0, successor, shown)


def listed(names: Sequence[str]) -> str:
    """Return names as in a sentence: `A, B and C`."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"


def moved(chart: Chart, x: str, at: int) -> tuple[str, ...]:
    """Return sentences on where a state leads for an input of one bit."""
    name, low, high = chart.states[at], chart.named(at, 0), chart.named(at, 1)
    if low == high:
        return (
            f"From {name} the next state is always {low}",
            f"{name} is followed by {low} whatever {x} is",
        )
    if low == name:
        return (f"From {name} it goes to {high} when {x} is 1 and stays in {name} when {x} is 0",
                f"In {name}, {x} = 1 leads to {high}; otherwise {name} is kept")  # fmt: skip
    if high == name:
        return (f"From {name} it goes to {low} when {x} is 0 and stays in {name} when {x} is 1",
                f"In {name}, {x} = 0 leads to {low}; otherwise {name} is kept")  # fmt: skip
    return (
        f"From {name} it goes to {high} when {x} is 1 and to {low} when {x} is 0",
        f"In {name}, {x} = 0 leads to {low} and {x} = 1 to {high}",
        f"State {name}: next state is {high} if {x} is high, else {low}",
    )


def marked(chart: Chart, z: str) -> tuple[str, ...]:
    """Return sentences on the states in which a Moore output is 1."""
    names = [chart.states[at] for at in chart.marked]
    plural = "s" if len(names) > 1 else ""
    return (
        f"{z} is 1 in state{plural} {listed(names)} and 0 [elsewhere|in all others]",
        f"[The output|Output] {z} is high only in {listed(names)}",
        f"{z} [must be|is] asserted [while|when] the state is {' or '.join(names)}, low otherwise",
    )


def starts(state: str) -> tuple[str, ...]:
    """Return sentences on the reset state."""
    return (
        f"[Reset|The reset] puts the machine into [state |]{state}",
        f"[The|Its] reset state is {state}",
        f"{state} is the state [after|on] reset",
        f"On reset it starts in {state}",
    )
