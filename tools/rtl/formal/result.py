"""What a formal check says, how far it may be trusted, and what it rests on."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from ..design import Testbench

Result = Literal[
    "proved", "proved up to don't-cares", "bounded", "refuted", "unknown", "error"
]  # fmt: skip
UP_TO: Result = "proved up to don't-cares"


@dataclass(frozen=True)
class Change:
    """One step of a counterexample: what was applied, and what both designs answered, in binary.

    Within a step the clocks change first and the other inputs after them; x in `expected` is a
    don't-care.
    """

    step: int
    inputs: tuple[tuple[str, str], ...]
    expected: tuple[tuple[str, str], ...]
    got: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Counterexample:
    """Inputs after which an output differs; `testbench` fails on the design and on it alone.

    `cycle` counts active clock edges from 1 (steps, where there is no clock); `changes` are the
    last steps, the failing one last.
    """

    step: int
    cycle: int
    outputs: tuple[str, ...]
    changes: tuple[Change, ...]
    testbench: Testbench

    def table(self) -> list[dict[str, str]]:
        """Return one plain row per step: inputs, then `NAME` expected and got where they differ."""
        rows: list[dict[str, str]] = []
        for change in self.changes:
            row = {"step": str(change.step), **dict(change.inputs)}
            for (name, expected), (_, got) in zip(change.expected, change.got, strict=True):
                row[name] = expected if expected == got else f"{expected} (got {got})"
            rows.append(row)
        return rows


@dataclass(frozen=True)
class Equivalence:
    """Whether `gate` does what `gold` does, wherever gold's outputs have a value.

    `depth` is the number of steps without a difference for `bounded`; `simulated` is how many
    random steps both ran; `tried` is one line per method, in order; `reason` says why not more.
    """

    result: Result
    method: str
    depth: int = 0
    simulated: int = 0
    reason: str = ""
    counterexample: Counterexample | None = None
    cpu_s: float = 0.0
    tried: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()


@dataclass(frozen=True)
class Property:
    """One assert, assume or cover of a property module, named by its place in the source."""

    kind: Literal["assert", "cover"]
    name: str
    result: Literal["proved", "bounded", "refuted", "reached", "unreachable", "unknown"]
    depth: int = 0


@dataclass(frozen=True)
class Holds:
    """Whether all asserts of a property module hold for every input its assumes allow.

    `properties` lists the covers, and the assert that failed; `changes` are the inputs, and the
    outputs of the design, that lead to the failure.
    """

    result: Literal["proved", "bounded", "refuted", "unknown", "error"]
    method: str
    depth: int = 0
    reason: str = ""
    properties: tuple[Property, ...] = ()
    changes: tuple[Change, ...] = ()
    testbench: Testbench | None = None
    cpu_s: float = 0.0
    tried: tuple[str, ...] = ()
    tools: tuple[str, ...] = ()
