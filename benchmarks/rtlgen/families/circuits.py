"""Small circuits of a few gates and flip-flops, told like a drawing or by a waveform."""

from __future__ import annotations

from dataclasses import dataclass
from random import Random
from typing import Final

from ..case import Case, Family, Says
from ..interface import Interface, Port
from ..machine import Outputs, Registers, Values
from ..verilog import clocked
from .clocking import apart, faced, module, resets, timing, trace

INPUTS: Final = (("a", "b", "c"), ("x", "y", "w"), ("p", "r", "s"), ("in0", "in1", "in2"))
OUTPUTS: Final = ("z", "out", "f", "result", "lamp")
FLOPS: Final = (
    ("q1", "q2", "q3"),
    ("f1", "f2", "f3"),
    ("s0", "s1", "s2"),
    ("ff_a", "ff_b", "ff_c"),
)
WORDS: Final = {"&": "AND", "|": "OR", "^": "XOR", "~&": "NAND", "~|": "NOR", "~^": "XNOR"}
Gate = tuple[str, str, bool, str, bool]


def _value(gate: Gate, known: dict[str, int]) -> int:
    op, left, not_left, right, not_right = gate
    x, y = known[left] ^ not_left, known[right] ^ not_right
    return {"&": x & y, "|": x | y, "^": x ^ y}[op[-1]] ^ (len(op) == 2)


def _text(gate: Gate) -> str:
    op, left, not_left, right, not_right = gate
    inner = f"{'~' * not_left}{left} {op[-1]} {'~' * not_right}{right}"
    return f"~({inner})" if len(op) == 2 else inner


def _said(gate: Gate) -> str:
    op, left, not_left, right, not_right = gate
    return (f"the {WORDS[op]} of {'inverted ' * not_left}{left} and"
            f" {'inverted ' * not_right}{right}")  # fmt: skip


def _twin(gate: Gate, names: dict[str, str]) -> str:
    """Return the gate as a choice by its first operand."""
    op, left, not_left, right, not_right = gate
    x, y = names.get(left, left), names.get(right, right)
    y = f"(!{y})" if not_right else y
    on, off = {"&": (y, "1'b0"), "|": ("1'b1", y), "^": (f"(!{y})", y)}[op[-1]]
    on, off = (off, on) if not_left else (on, off)
    chosen = f"({x} ? {on} : {off})"
    return f"!{chosen}" if len(op) == 2 else chosen


@dataclass(frozen=True)
class _Circuit:
    """Flip-flops, the gate before each of them, and the gate that makes the output."""

    gates: dict[str, Gate]
    last: Gate

    @property
    def flops(self) -> tuple[str, ...]:
        """Return the flip-flops' names."""
        return tuple(self.gates)


def _circuit(rng: Random) -> Case:
    while True:
        case = _any_circuit(rng)
        machine, seen = case.machine(), set[int | None]()
        machine.reset()
        for _ in range(100):
            given = {port.name: rng.randrange(2) for port in case.interface.inputs}
            machine.clock(given)
            seen.update(machine.outputs(given).values())
        if len(seen) > 1:
            return case


def _any_circuit(rng: Random) -> Case:
    flops = rng.choice(FLOPS)[: rng.choice((2, 2, 3))]
    inputs = rng.choice(INPUTS)[: rng.choice((1, 2, 2, 3))]
    out = rng.choice(OUTPUTS)
    circuit = _wired(rng, inputs, flops)
    gates, last = circuit.gates, circuit.last
    used = [i for i in inputs if any(i in (g[1], g[3]) for g in gates.values())]
    face = faced(rng, ("circuit", "gates_and_flops", "schematic"), [Port(i) for i in used],
                 (Port(out),))  # fmt: skip

    def successor(state: dict[str, int], i: Values) -> dict[str, int]:
        return {flop: _value(g, {**state, **i}) for flop, g in gates.items()}

    def shown(state: dict[str, int], i: Values) -> Outputs:
        return {out: _value(last, {**state, **i})}

    return Case(
        key=f"{_placed(circuit, inputs)} {timing(face)}",
        interface=face,
        says=_circuit_says(face, circuit),
        reference=_circuit_reference(face, circuit),
        second=_circuit_second(face, circuit),
        machine=lambda: Registers(dict.fromkeys(flops, 0), successor, shown),
        cycles=120,
    )


def _wired(rng: Random, inputs: tuple[str, ...], flops: tuple[str, ...]) -> _Circuit:
    def gate(first: str, others: list[str]) -> Gate:
        op = rng.choice(("&", "|", "^", "^", "~&", "~|", "~^"))
        return op, first, rng.random() < 0.15, rng.choice(others), rng.random() < 0.15

    known = [*inputs, *flops]
    gates: dict[str, Gate] = {}
    for at, flop in enumerate(flops):
        # Every input is used, and every flip-flop hears of another one or of itself.
        first = inputs[at % len(inputs)] if at < 2 else rng.choice(known)
        gates[flop] = gate(first, [n for n in flops if n != first])
    return _Circuit(gates, gate(flops[0], list(flops[1:])))


def _placed(circuit: _Circuit, inputs: tuple[str, ...]) -> str:
    """Return the gates with numbers instead of names, for a key."""
    places = {name: f"i{k}" for k, name in enumerate(inputs)}
    places |= {name: f"f{k}" for k, name in enumerate(circuit.flops)}
    return " ".join(
        _text((op, places[left], not_left, places[right], not_right)).replace(" ", "")
        for op, left, not_left, right, not_right in (*circuit.gates.values(), circuit.last)
    )


def _circuit_says(face: Interface, circuit: _Circuit) -> Says:
    gates, last, flops = circuit.gates, circuit.last, circuit.flops
    out = face.outputs[0].name
    lines = [f"{flop}'s D input is {_said(g)}" for flop, g in gates.items()]
    count = {2: "two", 3: "three"}[len(flops)]
    return Says(
        brief=(
            f"a circuit of {count} D flip-flops, {', '.join(flops[:-1])} and {flops[-1]}. "
            f"{'; '.join(lines)}. Output {out} is {_said(last)}, without a register. Reset clears"
            " the flip-flops",
            f"{count} flip-flops with gates before them: {'; '.join(lines)}. {out} is {_said(last)}"
            " (combinational). All flip-flops are 0 in reset",
            "at each clock edge, from the old values: " + "; ".join(
                f"{flop} becomes {_said(g)}" for flop, g in gates.items()) +
            f". {out} is [always|] {_said(last)}. Reset sets {' and '.join(flops)} to 0",
            "; ".join(f"a flip-flop {flop} [stores|takes] {_said(g)}" for flop, g in gates.items())
            + f". A gate makes {out}, {_said(last)}. The flip-flops start at 0 in reset",
        ),
        points=(
            *((f"{flop} is a D flip-flop whose input is {_said(g)}",
               f"flip-flop {flop}: D = {_said(g)}") for flop, g in gates.items()),
            (f"{out} is {_said(last)}",),
            ("reset clears all flip-flops", "the flip-flops are 0 in reset"),
        ),
    )  # fmt: skip


def _circuit_reference(face: Interface, circuit: _Circuit) -> str:
    flops, out = circuit.flops, face.outputs[0].name
    body = clocked(
        face,
        "\n".join(f"{flop} <= 1'b0;" for flop in flops),
        "\n".join(f"{flop} <= {_text(gate)};" for flop, gate in circuit.gates.items()),
    )
    show = f"  assign {out} = {_text(circuit.last)};"
    return module(face, f"  reg {', '.join(flops)};\n{body}\n{show}")


def _circuit_second(face: Interface, circuit: _Circuit) -> str:
    """Return the circuit with its flip-flops in one vector and its gates as choices."""
    names = {flop: f"now[{n}]" for n, flop in enumerate(circuit.flops)}
    logic = "\n".join(
        f"after[{n}] = {_twin(gate, names)};" for n, gate in enumerate(circuit.gates.values())
    )
    shows = f"assign {face.outputs[0].name} = {_twin(circuit.last, names)};"
    return apart(face, len(names), "0", logic, shows)


RULES: Final = {
    "{a}": lambda a, b, s: a, "~{a}": lambda a, b, s: 1 - a, "{a} & {b}": lambda a, b, s: a & b,
    "{a} | {b}": lambda a, b, s: a | b, "{a} ^ {b}": lambda a, b, s: a ^ b,
    "~({a} & {b})": lambda a, b, s: 1 - (a & b), "~({a} | {b})": lambda a, b, s: 1 - (a | b),
    "~({a} ^ {b})": lambda a, b, s: 1 - (a ^ b), "{a} & ~{b}": lambda a, b, s: a & (1 - b),
    "{a} | ~{b}": lambda a, b, s: a | (1 - b), "{b} & ~{a}": lambda a, b, s: b & (1 - a),
    "{q} ^ {a}": lambda a, b, s: s ^ a, "{a} ? {b} : {q}": lambda a, b, s: b if a else s,
    "{b} ? {a} : {q}": lambda a, b, s: a if b else s, "{a} & ~{q}": lambda a, b, s: a & (1 - s),
    "{a} | {q}": lambda a, b, s: a | s, "{a} & {q}": lambda a, b, s: a & s,
}  # fmt: skip


def _drawn(rng: Random) -> Case:
    a, b = rng.choice(INPUTS)[:2]
    q, formula = rng.choice(("q", "out", "z", "state")), rng.choice(tuple(RULES))
    rule, two, start = RULES[formula], "{b}" in formula, int("{a} &" in formula)
    inputs = (Port(a), Port(b)) if two else (Port(a),)
    face = faced(rng, ("circuit", "from_waves", "unknown_ff"), inputs, (Port(q),), falling=0.4)

    def machine() -> Registers:
        return Registers(start, lambda s, i: rule(i[a], i[b] if two else 0, s),
                         lambda s, _: {q: s})  # fmt: skip

    given = _recorded(rng, machine(), inputs)
    value = formula.format(a=a, b=b, q=q)
    twin = f"after = {formula.format(a=f'({a} == 1)', b=f'({b} == 1)', q='now')};"
    shown = machine()
    shown.reset()
    return Case(
        key=f"{formula} {timing(face)}",
        interface=face,
        says=_drawn_says(face, start, trace(face, shown, given)),
        reference=module(face, clocked(face, f"{q} <= 1'b{start};", f"{q} <= {value};"), q),
        second=apart(face, 1, f"1'b{start}", twin.replace("~(", "!("), f"assign {q} = now;"),
        machine=machine,
        cycles=80,
    )


def _recorded(rng: Random, runner: Registers, inputs: tuple[Port, ...]) -> list[dict[str, int]]:
    """Return inputs that show what the circuit does with each of them in every state it takes."""
    given: list[dict[str, int]] = []
    seen: set[tuple[int, ...]] = set()
    runner.reset()
    for _ in range(60):
        # Every input is shown in both states where the circuit can be in both.
        options = [{p.name: n >> at & 1 for at, p in enumerate(inputs)}
                   for n in range(1 << len(inputs))]  # fmt: skip
        fresh = [o for o in options if (runner.state, *o.values()) not in seen]
        now = rng.choice(fresh or options)
        if not fresh and len(given) >= 8:
            break
        seen.add((runner.state, *now.values()))
        given.append(now)
        runner.clock(now)
    return given


def _drawn_says(face: Interface, start: int, recording: str) -> Says:
    q = face.outputs[0].name
    assert face.reset is not None
    return Says(
        brief=(
            f"the recording below is of a circuit with one flip-flop, {q}, [working|running] out of"
            f" reset; write the module for it{resets(face, q, str(start))}",
            "[Find|Work out] the circuit from its waveform: it has one flip-flop, whose output is"
            f" {q}. {face.reset.name} is not active in it{resets(face, q, str(start))}",
            f"the waveform shows a circuit of one flip-flop {q} and [at most|] a few gates in front"
            f" of it, while it is not reset. Implement it{resets(face, q, str(start))}",
            f"implement the sequential circuit that the waveform below describes. {q} changes at"
            f" one clock edge only{resets(face, q, str(start))}",
        ),
        tables=(recording,), needs_table=True,
    )  # fmt: skip


FAMILIES: Final = (
    Family("gates and flip-flops", "flipflops", _circuit),
    Family("flip-flop from a waveform", "flipflops", _drawn, weight=0.4),
)
