"""Faults that can be put on any design, known its interface alone: what a testbench must notice.

Each is a module of the design's name around the design itself, or in place of it. Faults inside the
design's logic are not among them, so a testbench that kills all of these is not thereby complete.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from .design import Design, Source
from .fingerprint import TOKEN
from .formal.stimulus import Interface
from .project.facts import ModuleInterface, Port
from .stand_in import constant, possible
from .stimuli import face_of

MOST: Final = 24
INNER: Final = "terragate_mutated"
Change = Callable[[str], str]


@dataclass(frozen=True)
class BenchMutant:
    """A design with a fault on its ports, and what the fault is."""

    what: str
    design: Design


def bench_mutants(design: Design, interface: ModuleInterface) -> tuple[BenchMutant, ...]:
    """Return the design with one fault each; none where it cannot be wrapped."""
    if not possible(interface):
        return ()
    face = face_of(design)
    found = [
        BenchMutant("outputs held at 0", constant(interface, "0")),
        BenchMutant("outputs held at 1", constant(interface, "1")),
    ]
    for what, changes, clock in (*_outputs(face), *_inputs(face)):
        found.append(BenchMutant(what, _wrapped(design, interface, changes, clock)))
    return tuple(found[:MOST])


def _outputs(face: Interface) -> Iterator[tuple[str, Mapping[str, Change], str]]:
    for port in face.outputs:
        name = port.name
        yield f"{name} inverted", {name: lambda s: f"~{s}"}, ""
        if port.width > 1:
            yield f"{name}[0] inverted", {name: lambda s: f"{s} ^ 1'b1"}, ""
        if face.clocks:
            yield f"{name} one cycle late", {}, f"{face.clocks[0]} {name}"


def _inputs(face: Interface) -> Iterator[tuple[str, Mapping[str, Change], str]]:
    resets = dict(face.resets)
    for port in face.inputs:
        name, width = port.name, port.width
        if name in face.clocks:
            continue
        if name in resets:
            yield f"reset {name} negated", {name: lambda s: f"~{s}"}, ""
            yield f"reset {name} never given", {name: _held(width, int(not resets[name]))}, ""
            continue
        yield f"{name} held at 0", {name: _held(width, 0)}, ""
        yield f"{name} held at 1", {name: _held(width, 1)}, ""


def _held(width: int, value: int) -> Change:
    return lambda _: f"{{{width}{{1'b{value}}}}}"


def _wrapped(
    design: Design, interface: ModuleInterface, changes: Mapping[str, Change], late: str
) -> Design:
    """Return the design with a port led through an expression, or an output through a register."""
    clock, _, delayed = late.partition(" ")
    lines: list[str] = []
    pins: list[str] = []
    for number, port in enumerate(interface.ports):
        change = changes.get(port.name, str)
        if port.direction == "input":
            pins.append(f".{port.name}({change(port.name)})")
            continue
        inner = f"{INNER}_{number}"
        pins.append(f".{port.name}({inner})")
        lines += [f"  wire {_range(port)}{inner};"]
        if port.name == delayed:
            lines += [
                f"  reg {_range(port)}{inner}_late;",
                f"  always @(posedge {clock}) {inner}_late <= {inner};",
            ]
            inner = f"{inner}_late"
        lines.append(f"  assign {port.name} = {change(inner)};")
    return _inside(design, interface, lines, pins)


def _inside(
    design: Design, interface: ModuleInterface, lines: list[str], pins: list[str]
) -> Design:
    ports = ", ".join(f"{p.direction} {_range(p)}{p.name}" for p in interface.ports)
    wrapper = "\n".join((
        f"module {interface.name} ({ports});",
        *lines,
        f"  {INNER} {INNER}_u ({', '.join(pins)});",
        "endmodule",
        "",
    ))  # fmt: skip
    sources = tuple(
        source.model_copy(update={"text": _renamed(source.text, design.top)})
        for source in design.sources
    )
    outer = Source(name="terragate_mutant.v", text=wrapper)
    return design.model_copy(update={"sources": (*sources, outer)})


def _renamed(text: str, top: str) -> str:
    return TOKEN.sub(lambda m: INNER if m.group() == top else m.group(), text)


def _range(port: Port) -> str:
    return f"{'signed ' if port.signed else ''}[{port.width - 1}:0] "
