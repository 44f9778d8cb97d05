"""Find a real difference between two designs on given steps: one that no unknown value explains.

Icarus takes the else branch of an unknown condition, so two equal circuits may answer differently
while a register has no value. A difference counts only where the flat netlist of gold, in which
unknown values spread, has a value too, and the netlist of gate answers another one: by itself, or
for some power-on values of its registers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

from ...sandbox import Limits
from ..design import MAX_SOURCE_BYTES, Design, Source
from ..yosys import run_yosys
from .bench import Trace, run_steps
from .power_on import settings, variables
from .reading import Side
from .stimulus import Interface

# All zeros and all ones differ in every bit; random ones tell apart what is always equal bits.
POWER_ON: Final = ("-zero", "-one", "-random 1", "-random 2")
LIMITS: Final = Limits(cpu_s=20.0, wall_s=40.0, memory_mb=4096, file_mb=64, output_kb=1024)


@dataclass
class Comparison:
    """What a run showed; `step` is the first real difference and `expected` gold's values up to it.

    `apparent` is the first difference that only unknown values explain; `defined` are the bits of
    gold that had a value at some step; `problem` says why nothing could be compared.
    """

    step: int | None = None
    apparent: int | None = None
    steps: int = 0
    expected: tuple[str, ...] = ()
    got: tuple[str, ...] = ()
    defined: frozenset[int] = frozenset()
    unknown_seen: bool = False
    problem: str = ""
    cpu_s: float = 0.0
    notes: list[str] = field(default_factory=list[str])


def compare(gold: Side, gate: Side, face: Interface, rows: Sequence[int]) -> Comparison:
    """Simulate both over the steps and compare them wherever gold has a value."""
    found = Comparison()
    left = _run(gold, face, rows, found, "gold")
    right = _run(gate, face, rows, found, "gate")
    found.steps = min(len(left.rows), len(right.rows))
    found.problem = "; ".join(t.problem for t in (left, right) if t.problem)
    found.defined, found.unknown_seen = _defined(left.rows[: found.steps])
    found.expected, found.got = left.rows[: found.steps], right.rows[: found.steps]
    wrong = dict(_mismatches(left.rows, right.rows))
    if wrong:
        _judge(gold, gate, face, rows, found, wrong)
    return found


def _run(side: Side, face: Interface, rows: Sequence[int], found: Comparison, name: str) -> Trace:
    trace = run_steps(side.design, face, rows)
    found.cpu_s += trace.cpu_s
    netlist = _design(side.netlist)
    if not trace.compiled and netlist is not None:
        trace = run_steps(netlist, face, rows)
        found.cpu_s += trace.cpu_s
        found.notes.append(f"Icarus cannot compile {name}: its netlist was simulated instead")
    return trace


def _design(netlist: str) -> Design | None:
    if not netlist or len(netlist) > MAX_SOURCE_BYTES:
        return None
    return Design(top="side", sources=(Source(name="side.v", text=netlist),))


def _mismatches(gold: Sequence[str], gate: Sequence[str]) -> Iterator[tuple[int, list[int]]]:
    for step, (want, got) in enumerate(zip(gold, gate, strict=False)):
        if want != got:
            bits = [i for i, (a, b) in enumerate(zip(want, got, strict=True))
                    if a != b and a in "01"]  # fmt: skip
            if bits:
                yield step, bits


def _defined(rows: Sequence[str]) -> tuple[frozenset[int], bool]:
    width = len(rows[0]) if rows else 0
    left, seen = set(range(width)), False
    for row in dict.fromkeys(rows):
        if "x" in row or "z" in row:
            seen = True
            left -= {i for i in left if row[i] in "01"}
        else:
            left.clear()
    return frozenset(range(width)) - left, seen


def _judge(
    gold: Side, gate: Side, face: Interface, rows: Sequence[int], found: Comparison,
    wrong: dict[int, list[int]],
) -> None:  # fmt: skip
    """Set the first difference that unknown values do not explain, and mask what they do."""
    found.apparent = next(iter(wrong))
    read = bool(gold.rtlil and gate.rtlil)
    if read and not (gold.facts.unknown_values or gate.facts.unknown_values):
        # An x in a design whose netlist has none is the simulator's pessimism.
        found.step = next((s for s, bits in wrong.items() if any(found.got[s][b] in "01"
                           for b in bits)), None)  # fmt: skip
        if found.step is not None:
            return
    rows = rows[: max(wrong) + 1]
    sure = _netlist_rows(gold, face, rows, found)
    if sure:
        found.expected = tuple(
            "".join(a if a == b else "x" for a, b in zip(want, known, strict=True))
            for want, known in zip(found.expected, sure, strict=False)
        )
    answers = _Answers(gate, face, rows, found)
    found.step = next(
        (step for step, bits in wrong.items() if step < len(found.expected)
         for bit in bits if answers.differ(step, bit, found.expected[step][bit])),
        None,
    )  # fmt: skip


class _Answers:
    """What gate's netlist may answer: with unknown values, then for some power-on values."""

    def __init__(self, gate: Side, face: Interface, rows: Sequence[int], found: Comparison) -> None:
        self._gate, self._face, self._rows, self._found = gate, face, rows, found
        self._plain = _netlist_rows(gate, face, rows, found)
        self._powered: list[tuple[str, ...]] | None = None

    def differ(self, step: int, bit: int, want: str) -> bool:
        if want not in "01":
            return False
        got = (self._plain or self._found.got)[step][bit]
        if got in "01":
            return got != want
        if self._powered is None:
            self._powered = [self._power_on(*choice) for choice in enumerate(POWER_ON)]
        # Where drivers fight, x is what the hardware does, not what the simulator does not know.
        real = "01xz" if self._gate.contention else "01"
        return any(r[step][bit] in real and r[step][bit] != want for r in self._powered if r)

    def _power_on(self, seed: int, choice: str) -> tuple[str, ...]:
        if not self._plain:
            start = settings(variables(self._gate.design, self._face), seed)
            trace = run_steps(self._gate.design, self._face, self._rows, start=start)
            self._found.cpu_s += trace.cpu_s
            return () if trace.problem else trace.rows
        lines = [
            "read_rtlil side.il",
            # A bit that is read past the end of a vector becomes a constant x, to be chosen too.
            "techmap t:$shiftx",
            f"setundef -undriven -init {choice}",
            "write_verilog -noattr side.v",
        ]
        result = run_yosys({"side.il": self._gate.rtlil}, lines, limits=LIMITS, keep=("side.v",))
        self._found.cpu_s += result.last.cpu_s
        netlist = result.files.get("side.v", b"").decode("utf-8", "replace")
        design = _design(netlist) if result.last.ok else None
        return _whole(design, self._face, self._rows, self._found)


def _netlist_rows(
    side: Side, face: Interface, rows: Sequence[int], found: Comparison
) -> tuple[str, ...]:
    return _whole(_design(side.netlist), face, rows, found)


def _whole(
    design: Design | None, face: Interface, rows: Sequence[int], found: Comparison
) -> tuple[str, ...]:
    """Return the trace of a netlist of ours, or nothing where it did not reach the end."""
    if design is None:
        return ()
    trace = run_steps(design, face, rows)
    found.cpu_s += trace.cpu_s
    return () if trace.problem else trace.rows
