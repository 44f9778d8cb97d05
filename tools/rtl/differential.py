"""Long random simulation of a candidate against a reference: the first real difference, or none.

Each side is simulated by itself over the same steps (`formal/bench.py`), so neither can see the
other, their module names cannot clash, and a trace is compared that no design can write. A value
the reference does not have (x) is a don't-care; see `formal/compare.py` for what x may explain.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from ..errors import RetryableToolError
from .bench_run import run_bench
from .design import Design
from .formal.compare import compare
from .formal.counterexample import counterexample, output_places
from .formal.result import Counterexample
from .formal.stimulus import Interface
from .stimuli import combinational, face_of, rows_for, side_of

CYCLES: Final = 5000
SEED: Final = 20_240_901
WAVES: Final = "counterexample.vcd"


@dataclass(frozen=True)
class Difference:
    """What the simulation showed; `counterexample` is None when no difference was found.

    `cycles` counts the active clock edges both ran (steps, without a clock), `exhaustive` says that
    every input value of a combinational design was tried, `apparent` is a first difference that
    only unknown values explain, `blind` are outputs the reference never gave a value, and `problem`
    says why less was compared than asked.
    """

    cycles: int
    steps: int
    exhaustive: bool
    counterexample: Counterexample | None
    apparent: int | None
    blind: tuple[str, ...]
    problem: str
    cpu_s: float


def difference(
    candidate: Design, reference: Design, *, cycles: int = CYCLES, seed: int = SEED
) -> Difference:
    """Return the first step at which the candidate does not answer what the reference does.

    RetryableToolError where the two do not have the same ports, or ports no step can drive.
    """
    face = face_of(reference)
    _same_ports(face, face_of(candidate))
    rows, exhaustive = rows_for(
        face, seed, cycles, exhaustive=combinational(reference) and combinational(candidate)
    )
    found = compare(side_of(reference), side_of(candidate), face, rows)
    example = None
    if found.step is not None:
        shown = rows[: found.step + 1]
        example = counterexample(candidate, face, shown, found, cycles_in(face, shown))
    steps = found.steps if example is None else example.step + 1
    return Difference(
        cycles_in(face, rows[:steps]),
        steps,
        exhaustive,
        example,
        found.apparent if example is None else None,
        tuple(p for p, bits in output_places(face) if not bits & found.defined),
        found.problem,
        found.cpu_s,
    )


def waves(candidate: Design, found: Counterexample) -> bytes:
    """Return the VCD of the candidate under its counterexample, empty when it cannot be run."""
    return run_bench(candidate, found.testbench, waves=WAVES).waves


def cycles_in(face: Interface, rows: Sequence[int]) -> int:
    """Return how many active edges of any clock the steps hold; steps, without a clock."""
    if not face.clocks:
        return len(rows)
    count = 0
    for clock in face.clocks:
        levels = [face.split(row)[clock] for row in rows]
        count += sum(a == 0 and b == 1 for a, b in zip(levels, levels[1:], strict=False))
    return count


def _same_ports(wanted: Interface, given: Interface) -> None:
    for kind in ("inputs", "outputs"):
        ours = {f"{p.name}[{p.width}]" for p in getattr(wanted, kind)}
        theirs = {f"{p.name}[{p.width}]" for p in getattr(given, kind)}
        if ours != theirs:
            missing, extra = sorted(ours - theirs), sorted(theirs - ours)
            raise RetryableToolError(
                f"the {kind} differ: the candidate lacks {missing} and has {extra} instead",
                kind="bad_argument",
            )
