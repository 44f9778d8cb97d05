"""A difference that simulation showed, as something to look at and to run anywhere."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ..design import Design
from .bench import outputs_of, testbench
from .compare import Comparison
from .result import Change, Counterexample
from .stimulus import Interface

SHOWN: Final = 12


def counterexample(
    design: Design, face: Interface, rows: Sequence[int], found: Comparison, cycle: int
) -> Counterexample:
    """Return the last steps before the difference, and a testbench that fails on `design` alone.

    `rows` end with the step of the difference; `cycle` is what that step is called to a person.
    """
    last = len(rows) - 1
    expected = found.expected[: last + 1]
    bench = testbench(design.top, dict(design.parameters), face, rows, expected)
    changes = tuple(
        change(face, step, rows[step], expected[step], found.got[step])
        for step in range(max(0, last + 1 - SHOWN), last + 1)
    )
    wrong = tuple(
        name
        for (name, want), (_, got) in zip(changes[-1].expected, changes[-1].got, strict=True)
        if any(a in "01" and a != b for a, b in zip(want, got, strict=True))
    )
    return Counterexample(last, cycle, wrong, changes, bench)


def change(face: Interface, step: int, row: int, expected: str, got: str) -> Change:
    """Return one step in binary: its inputs, and the rows of outputs that were expected and got."""
    values = face.split(row)
    inputs = tuple((p.name, f"{values[p.name]:0{p.width}b}") for p in face.inputs)
    wanted, given = (tuple(outputs_of(face, text).items()) for text in (expected, got))
    return Change(step, inputs, wanted, given)


def output_places(face: Interface) -> list[tuple[str, frozenset[int]]]:
    """Return each output with the places of its bits in a row of a trace."""
    found: list[tuple[str, frozenset[int]]] = []
    end = sum(p.width for p in face.outputs)
    for port in face.outputs:
        found.append((port.name, frozenset(range(end - port.width, end))))
        end -= port.width
    return found
