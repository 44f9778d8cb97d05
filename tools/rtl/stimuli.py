"""Random and exhaustive input steps for a design, from its interface and what its netlist says."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Final, Literal

from ..errors import RetryableToolError, ToolUnavailable
from .design import IDENTIFIER, Design
from .formal.bench import run_steps
from .formal.facts import Facts, Port
from .formal.reading import Side, read_side
from .formal.stimulus import Interface, exhaustive_rows, interface, random_rows
from .slang import elaborate

EXHAUSTIVE_BITS: Final = 16
WIDEST: Final = 65_536


@lru_cache(maxsize=512)
def face_of(design: Design) -> Interface:
    """Return a design's inputs and outputs, with the clocks and resets its netlist or names tell.

    RetryableToolError where a port cannot be driven by a step: an inout, an array, an odd name.
    """
    found = elaborate(design)
    if found.interface is None:
        said = found.errors[0].message if found.errors else "no such module"
        raise RetryableToolError(f"{design.top!r} does not elaborate: {said}", kind="bad_data")
    for port in found.interface.ports:
        plain = IDENTIFIER.fullmatch(port.name) and 0 < port.width <= WIDEST
        if not plain or port.direction == "inout" or "$[" in port.type:
            raise RetryableToolError(
                f"port {port.name!r} ({port.direction} {port.type}) cannot be driven by "
                "steps: only plain input and output vectors can",
                kind="bad_data",
            )
    ports = {d: [Port(p.name, p.width) for p in found.interface.ports if p.direction == d]
             for d in ("input", "output")}  # fmt: skip
    side = side_of(design)
    facts = () if side.problem else (side.facts,)
    return interface(ports["input"], ports["output"], *facts)


def side_of(design: Design) -> Side:
    """Return the design with its netlist, or without where there is no Yosys to make one."""
    try:
        return read_side(design)
    except ToolUnavailable as error:
        return Side(design, "", "", Facts(), str(error), 0.0)


def combinational(design: Design) -> bool:
    """Return whether the netlist is known and has no register, latch or clock."""
    side = side_of(design)
    return not (side.problem or side.facts.flip_flops or side.facts.latches)


def rows_for(
    face: Interface, seed: int, cycles: int, *, exhaustive: bool = False
) -> tuple[list[int], bool]:
    """Return the steps to apply, and whether they are every input value there is."""
    bits = sum(port.width for port in face.inputs)
    if exhaustive and bits <= EXHAUSTIVE_BITS:
        return exhaustive_rows(face), True
    return random_rows(face, seed, cycles=cycles), False


@lru_cache(maxsize=512)
def constant_value(design: Design) -> Literal["0", "1", ""]:
    """Return the value all outputs have at every step of a long random run, "" where they vary."""
    try:
        face = face_of(design)
    except RetryableToolError:
        return ""
    rows, _ = rows_for(face, 1, 2000, exhaustive=combinational(design))
    trace = run_steps(design, face, rows)
    return "" if trace.problem else _held(trace.rows)


def _held(rows: Sequence[str]) -> Literal["0", "1", ""]:
    seen = set("".join(set(rows)))
    return "0" if seen == {"0"} else "1" if seen == {"1"} else ""
