"""Decide whether a design does what another does: simulate, refute, prove, and confirm by replay.

What is compared: for every sequence of defined inputs and all power-on values, each output bit of
gold that has a value equals that of gate. Registers without an initial value have none until they
are written. Nothing is called refuted that does not fail when replayed in Icarus, and nothing is
called proved without the initial state.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from ..design import Design
from ..icarus import icarus_version
from ..yosys import yosys_version
from .compare import Comparison, compare
from .counterexample import counterexample, output_places
from .facts import Port, obstacle
from .miter import Circuit, build, model_for
from .reading import Side, read_side
from .result import UP_TO, Equivalence, Result
from .solver import Answer, abc_version, solve
from .stimulus import Interface, exhaustive_rows, interface, random_rows

EXHAUSTIVE_BITS: Final = 10
LONG_CYCLES: Final = 20_000
LONG_S: Final = 6.0
SEED: Final = 20_240_901


@dataclass
class _Check:
    """One run of the flow: what both sides are, and what was found so far."""

    gold: Side
    gate: Side
    face: Interface
    deadline: float
    depth: int
    seed: int
    cpu_s: float = 0.0
    simulated: int = 0
    defined: frozenset[int] = frozenset()
    unknown_seen: bool = False
    stuck: bool = False
    open: Answer | None = None
    reason: str = ""
    tried: list[str] = field(default_factory=list[str])

    def left(self) -> float:
        return self.deadline - time.monotonic()


def equivalence(
    gold: Design, gate: Design, *, budget_s: float = 30.0, depth: int = 12, seed: int = SEED
) -> Equivalence:
    """Return whether `gate` answers as `gold` does wherever gold has a value.

    `budget_s` bounds the wall time of the proof; `depth` is how many steps bounded SAT looks at
    before a proof is tried.
    """
    started = time.monotonic()
    left, right = read_side(gold), read_side(gate)
    if stop := _cannot(left, right):
        return stop
    sides = [s for s in (left, right) if s.rtlil]
    first = sides[0].facts
    face = interface(first.inputs, first.outputs, *(s.facts for s in sides))
    check = _Check(left, right, face, started + budget_s, depth, seed)
    check.cpu_s = left.cpu_s + right.cpu_s
    return replace(_decide(check), tools=(yosys_version(), abc_version(), icarus_version()))


def _cannot(gold: Side, gate: Side) -> Equivalence | None:
    """Return why no comparison is possible at all."""
    cpu = gold.cpu_s + gate.cpu_s
    if not gold.rtlil and not gate.rtlil:
        why = f"gold: {gold.problem}; gate: {gate.problem}"
        return Equivalence("error", "read both", reason=why, cpu_s=cpu)
    for side in (gold, gate):
        if side.rtlil and side.problem:
            return Equivalence("error", "read both", reason=side.problem, cpu_s=cpu)
        if side.rtlil and (side.facts.inouts or not side.facts.outputs):
            why = "an inout port" if side.facts.inouts else "no output"
            reason = f"{side.design.top!r} has {why}: nothing is claimed about it"
            return Equivalence("unknown", "read both", reason=reason, cpu_s=cpu)
    if gold.rtlil and gate.rtlil:
        for kind in ("inputs", "outputs"):
            ports: list[set[Port]] = [set(getattr(s.facts, kind)) for s in (gold, gate)]
            if ports[0] != ports[1]:
                names = ", ".join(sorted(f"{p.name}[{p.width}]" for p in ports[0] ^ ports[1]))
                reason = f"the {kind} differ: {names}; both designs must have the same ports"
                return Equivalence("error", "read both", reason=reason, cpu_s=cpu)
    return None


def _decide(check: _Check) -> Equivalence:
    bits = sum(p.width for p in check.face.inputs)
    if bits <= EXHAUSTIVE_BITS and not check.face.clocks:
        rows = exhaustive_rows(check.face) + random_rows(check.face, check.seed)
    else:
        rows = random_rows(check.face, check.seed)
    if found := _simulate(check, rows, "random simulation"):
        return found
    if not (check.gold.rtlil and check.gate.rtlil):
        check.reason = check.gold.problem or check.gate.problem
    elif not check.reason and (found := _prove(check)):
        return found
    if check.left() > 0 and not check.stuck:
        long = random_rows(check.face, check.seed + 1, cycles=LONG_CYCLES, most=80_000)
        if found := _simulate(check, long, "long random simulation"):
            return found
    if check.open is not None and check.open.depth:
        return _result(check, "bounded", check.open.method, check.open.depth)
    return _result(check, "unknown", "simulation")


def _simulate(check: _Check, rows: Sequence[int], name: str) -> Equivalence | None:
    """Return a refutation that simulation found; note what was seen otherwise."""
    found = compare(check.gold, check.gate, check.face, rows)
    check.cpu_s += found.cpu_s
    check.tried.append(f"{name}: {found.steps} steps, {_seen(found)}")
    check.tried += found.notes
    check.simulated += found.steps
    check.defined |= found.defined
    check.unknown_seen = check.unknown_seen or found.unknown_seen
    if found.step is not None:
        return _refuted(check, found, rows, name)
    check.stuck = bool(found.problem)
    if found.problem:
        check.reason = found.problem
    elif found.apparent is not None:
        check.reason = (
            f"simulation differs at step {found.apparent}, but only while something has no value"
        )
    return None


def _seen(found: Comparison) -> str:
    if found.step is not None:
        return f"a difference at step {found.step}"
    return found.problem or ("no difference" if found.apparent is None else
                             "a difference that unknown values explain")  # fmt: skip


def _prove(check: _Check) -> Equivalence | None:
    gold, gate = check.gold.facts, check.gate.facts
    if why := _obstacle(check):
        check.reason = why
        check.tried.append(f"proof: not possible, {why}")
        return None
    model = model_for(gold, gate)
    circuit = build(check.gold, check.gate, model, cpu_s=max(2.0, check.left()))
    check.cpu_s += circuit.cpu_s
    if circuit.problem:
        check.reason = circuit.problem
        check.tried.append(f"proof: {circuit.problem}")
        return None
    steps = check.depth if model == "edges are cycles" else 2 * check.depth
    answer = solve(circuit.aiger, depth=steps, budget_s=max(1.0, check.left() - LONG_S))
    check.cpu_s += answer.cpu_s
    check.tried.append(f"{answer.method}, {model}: {answer.result}, depth {answer.depth}")
    if answer.result == "refuted":
        return _replay(check, circuit, answer)
    if answer.result == "proved":
        return _proved(check, answer)
    check.reason = "neither a proof nor a difference within the time budget"
    check.open = answer
    return None


def _obstacle(check: _Check) -> str:
    sides = (("gold", check.gold.facts), ("gate", check.gate.facts))
    return next((f"{name} {said}" for name, f in sides if (said := obstacle(f))), "")


def _proved(check: _Check, answer: Answer) -> Equivalence:
    never = [name for name, bits in output_places(check.face) if not bits & check.defined]
    if never:
        check.reason = (
            f"gold never gave output {never[0]!r} a value in {check.simulated} steps, so equality "
            "there says nothing: does it lack a reset?"
        )
        return _result(check, "unknown", answer.method)
    return _result(check, UP_TO if check.gold.facts.unknown_values else "proved", answer.method)


def _replay(check: _Check, circuit: Circuit, answer: Answer) -> Equivalence | None:
    """Return a refutation when the solver's counterexample fails in Icarus as well."""
    rows = solver_rows(check.face, circuit, answer.frames)
    found = compare(check.gold, check.gate, check.face, rows)
    check.cpu_s += found.cpu_s
    if found.step is not None:
        return _refuted(check, found, rows, f"{answer.method}, replayed")
    check.reason = (
        "the solver's counterexample does not fail in simulation: the netlist has an unknown value "
        "where the simulator has one (X-pessimism), or a race"
    )
    check.tried.append(f"replay: no difference in {found.steps} steps")
    return None


def solver_rows(face: Interface, circuit: Circuit, frames: Sequence[str]) -> list[int]:
    """Return the steps of a solver's counterexample; cycles get both edges of their clock."""
    rows: list[int] = []
    for frame in frames:
        values = {p.name: 0 for p in face.inputs}
        for (name, bit), value in zip(circuit.inputs, frame, strict=False):
            if name in values:
                values[name] |= int(value) << bit
        if circuit.model == "every edge" or not face.clocks:
            rows.append(face.pack(values))
            continue
        clock = face.clocks[0]
        for level in (0, 1) if face.rising else (1, 0):
            rows.append(face.pack({**values, clock: level}))
    return rows


def _refuted(check: _Check, found: Comparison, rows: Sequence[int], method: str) -> Equivalence:
    assert found.step is not None
    rows = rows[: found.step + 1]
    cycle = _cycle(check.face, rows)
    example = counterexample(check.gate.design, check.face, rows, found, cycle)
    return replace(_result(check, "refuted", method), counterexample=example, reason="")


def _cycle(face: Interface, rows: Sequence[int]) -> int:
    """Return how many active edges of the first clock the steps hold; steps, without a clock."""
    if not face.clocks:
        return len(rows)
    levels = [face.split(row)[face.clocks[0]] for row in rows]
    old, new = (0, 1) if face.rising else (1, 0)
    return sum(a == old and b == new for a, b in zip(levels, levels[1:], strict=False))


def _result(check: _Check, result: Result, method: str, depth: int = 0) -> Equivalence:
    return Equivalence(
        result, method, depth, check.simulated, check.reason, None, check.cpu_s, tuple(check.tried)
    )
