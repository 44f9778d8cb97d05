"""What families of clocked modules share: drawing their ports, keys, frames and words."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from random import Random
from typing import Final

from ..interface import Interface, Port, draw_clock, draw_reset
from ..machine import Machine
from ..names import draw_top
from ..tables import waveform
from ..verilog import clocked

DATA: Final = ("d", "d", "din", "data_in", "data", "in", "x", "a", "i_data", "sample", "word")
SINGLE: Final = ("d", "in", "x", "a", "din", "sig", "level", "line", "s_in", "button", "req")
STORED: Final = ("q", "q", "q", "out", "dout", "data_out", "y", "o_data", "r", "held")
ENABLES: Final = ("en", "enable", "ena", "ce", "run", "we", "load_en", "go", "step")


def faced(
    rng: Random, tops: Sequence[str], inputs: Sequence[Port], outputs: Sequence[Port], *,
    none: float = 0.0, falling: float = 0.06,
) -> Interface:  # fmt: skip
    """Return a clocked interface; `none` is the share without reset, `falling` of falling edges."""
    clock, reset = draw_clock(rng, falling=falling), draw_reset(rng, none=none)
    return Interface(draw_top(tops, rng), tuple(inputs), tuple(outputs), clock, reset)


def drawn(rng: Random, *pools: Sequence[str]) -> tuple[str, ...]:
    """Return a name of each pool."""
    return tuple(rng.choice(pool) for pool in pools)


def timing(face: Interface) -> str:
    """Return edge and kind of reset for a key."""
    assert face.clock is not None
    if face.reset is None:
        return f"{face.clock.edge} unreset"
    return f"{face.clock.edge} {face.reset.asynchronous:d}{face.reset.active_low:d}"


def sized(value: int, width: int) -> str:
    """Return a decimal constant of a width."""
    return f"{width}'d{value}"


def constant(value: int, width: int, rng: Random) -> str:
    """Return a value as a specification says it."""
    if value == 0 or width == 1:
        return str(value)
    forms = [str(value), sized(value, width), f"{width}'h{value:x}", f"0x{value:x}"]
    return rng.choice(forms)


def some(width: int) -> str:
    """Return `a 4 bit`, `an 8 bit`."""
    vowel = width in (8, 11, 18) or 80 <= width < 90
    return f"{'an' if vowel else 'a'} {width} bit"


def binary(value: int, width: int) -> str:
    """Return a binary constant of a width."""
    return f"{width}'b{value:0{width}b}"


def module(face: Interface, body: str, *registers: str) -> str:
    """Return a module; the outputs named are registers."""
    return f"{face.header(set(registers))}\n{body.rstrip()}\nendmodule\n"


def apart(face: Interface, width: int, start: str, logic: str, shows: str) -> str:
    """Return a module with a state `now` and its successor `after`, which `logic` assigns.

    `shows` are the assignments of the outputs, `start` is the state in reset.
    """
    bits = Port("now", width).range
    return module(face, (
        f"  reg {bits}now;\n  reg {bits}after;\n  always @* begin\n    after = now;\n"
        f"{indented(logic, 4)}\n  end\n{clocked(face, f'now <= {start};', 'now <= after;')}\n"
        f"{indented(shows, 2)}"
    ))  # fmt: skip


def indented(text: str, depth: int) -> str:
    """Return the lines of a text moved to the right."""
    return "\n".join(" " * depth + line for line in text.splitlines())


def resets(face: Interface, q: str, value: str = "0") -> str:
    """Return a further sentence on the value in reset, "" where there is no reset."""
    if face.reset is None:
        return ""
    clears = f"|Reset clears {q}" if value == "0" else ""
    return (
        f". [Reset sets {q} to {value}|On reset {q} becomes {value}|In reset {q} is {value}|The"
        f" reset value of {q} is {value}|When reset, {q} goes to {value}{clears}]"
    )


def reset_points(face: Interface, q: str, value: str = "0") -> tuple[tuple[str, ...], ...]:
    """Return the same as one point of a list, or none."""
    if face.reset is None:
        return ()
    point = (f"reset [sets|brings|forces] {q} to {value}", f"on reset {q} is {value}",
             f"{q} resets to {value}", f"the reset value of {q} is {value}")  # fmt: skip
    return (point,)


def high(name: str, level: int = 1) -> str:
    """Return the condition that a control has a level, in words."""
    word = "high" if level else "low"
    return f"{name} [is {word}|is {level}|= {level}]"


def trace(
    face: Interface, machine: Machine, given: Iterable[Mapping[str, int]],
    shown: Callable[[Port, int], str] | None = None,
) -> str:  # fmt: skip
    """Return a waveform of what the machine does with these inputs, twice in a cycle."""
    assert face.clock is not None
    rows: list[list[str]] = []
    said = shown or (lambda port, value: f"{value:x}")
    idle, active = ("0", "1") if face.clock.edge == "posedge" else ("1", "0")
    for inputs in given:
        for level in (idle, active):
            if level == active:
                machine.clock(inputs)
            outputs = machine.outputs(inputs)
            row = [level, *(said(p, inputs[p.name]) for p in face.inputs)]
            for port in face.outputs:
                value = outputs.get(port.name)
                row.append("x" if value is None else said(port, value))
            rows.append(row)
    names = [face.clock.name, *(p.name for p in (*face.inputs, *face.outputs))]
    return waveform(names, rows)
