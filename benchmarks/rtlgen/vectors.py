"""Stimuli and expected outputs of a case: what its testbench applies and compares."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import product
from random import Random
from typing import Final

from .case import Case
from .interface import Interface, Port
from .machine import Outputs

EXHAUSTIVE_BITS: Final = 9
RESET_SHARE: Final = 0.03
HOLD_SHARE: Final = 0.55


@dataclass(frozen=True)
class Step:
    """Every input's value (clock and reset included), and every output's, None for any."""

    inputs: tuple[int, ...]
    outputs: tuple[int | None, ...]


def steps(case: Case, rng: Random) -> list[Step]:
    """Return the steps of a testbench; clocked modules are looked at three times a cycle.

    Inputs change while the clock is idle. Outputs are compared after that, after the active edge
    and after the idle edge, which tells wrong edges and synchronous from asynchronous resets.
    """
    given = list(case.stimuli(rng)) if case.stimuli else list(_random(case, rng))
    face, machine = case.interface, case.machine()
    found: list[Step] = []
    for inputs in _with_resets(face, given, rng):
        reset = face.reset
        active = reset is not None and inputs[reset.name] == reset.active
        if face.clock is None:
            machine.clock(inputs)
            found.append(_step(face, inputs, machine.outputs(inputs)))
            continue
        idle, high = (0, 1) if face.clock.edge == "posedge" else (1, 0)
        if active and reset is not None and reset.asynchronous:
            machine.reset()
        found.append(_step(face, {**inputs, face.clock.name: idle}, machine.outputs(inputs)))
        if active:
            machine.reset()
        else:
            machine.clock(inputs)
        shown = machine.outputs(inputs)
        found += [_step(face, {**inputs, face.clock.name: at}, shown) for at in (high, idle)]
    return found


def _step(face: Interface, inputs: dict[str, int], outputs: Outputs) -> Step:
    values = tuple(inputs[port.name] for port in face.all_inputs)
    return Step(values, tuple(outputs.get(port.name) for port in face.outputs))


def _random(case: Case, rng: Random) -> Iterator[dict[str, int]]:
    inputs, face = case.interface.inputs, case.interface
    bits = sum(port.width for port in inputs)
    if face.clock is None and bits <= EXHAUSTIVE_BITS:
        every = product(*(range(1 << port.width) for port in inputs))
        rows = [dict(zip((p.name for p in inputs), row, strict=True)) for row in every]
        rng.shuffle(rows)
        yield from rows
        return
    now = {port.name: _value(port, rng) for port in inputs}
    for _ in range(case.cycles):
        # Inputs that all change in every cycle never let a design run.
        for port in inputs:
            if face.clock is None or rng.random() > HOLD_SHARE:
                now[port.name] = _value(port, rng)
        yield dict(now)


def _value(port: Port, rng: Random) -> int:
    most = (1 << port.width) - 1
    corner = rng.random()
    if port.width == 1 or corner > 0.3:
        return rng.randint(0, most)
    return rng.choice((0, most, 1, most - 1, 1 << (port.width - 1), rng.randrange(port.width)))


def _with_resets(
    face: Interface, given: list[dict[str, int]], rng: Random
) -> Iterator[dict[str, int]]:
    reset = face.reset
    for number, inputs in enumerate(given):
        if reset is None:
            yield dict(inputs)
            continue
        asserted = number < 2 or rng.random() < RESET_SHARE
        yield {**inputs, reset.name: reset.active if asserted else 1 - reset.active}
