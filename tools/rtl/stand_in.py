"""Modules of ours with a design's interface: constants, a probe, a wrapper that gives x a value.

A testbench that passes a constant says nothing about a design that is none. A testbench that passes
a module whose outputs are all x compares in a way that x slips through, so a design must pass it
with its x read as 0, and read as 1.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Final, Literal

from .design import IDENTIFIER, NUMBER, Design, Source
from .fingerprint import TOKEN
from .project.facts import ModuleInterface, Port

Value = Literal["0", "1", "x"]
INNER: Final = "terragate_inner"
WIDEST: Final = 65_536


def possible(interface: ModuleInterface | None) -> bool:
    """Return whether a stand-in can be written: plain names, vectors, one direction each."""
    if interface is None or not interface.ports:
        return False
    return all(
        IDENTIFIER.fullmatch(port.name) and 0 < port.width <= WIDEST and "$[" not in port.type
        for port in interface.ports
    )


def constant(interface: ModuleInterface, value: Value) -> Design:
    """Return a module of this interface whose outputs are all 0, all 1 or all x."""
    outputs = [p for p in interface.ports if p.direction == "output"]
    lines = [f"  assign {p.name} = {{{_width(interface, p)}{{1'b{value}}}}};" for p in outputs]
    return _module(interface, lines)


def probe(interface: ModuleInterface, word: str) -> Design:
    """Return a module of this interface that drives nothing and prints who else drives its ports.

    Lines are `word PORT held` and `word PORT free`: the first time that a bit of an output or inout
    port has a strong driver outside, and for each bit of an inout the first time that it has none.
    """
    lines = ["  genvar bit_; reg [8*3-1:0] strength;"]
    for number, port in enumerate(p for p in interface.ports if p.direction != "input"):
        width, seen, name = _width(interface, port), f"seen_{number}", f"{port.name}[bit_]"
        if_held = (
            f'begin #0; $sformat(strength, "%v", {name}); if (strength[23:16] == "S") begin '
            f'if (!{seen}_held) $display("{word} {port.name} held"); {seen}_held = 1; $fflush; end '
        )
        if_free = (
            f'else begin if (!{seen}_free[bit_]) $display("{word} {port.name} free"); '
            f"{seen}_free[bit_] = 1; $fflush; end end"
        )
        look = if_held + (if_free if port.direction == "inout" else "end")
        lines += [
            f"  reg {seen}_held = 0; reg [{width - 1}:0] {seen}_free = 0;",
            f"  generate for (bit_ = 0; bit_ < {width}; bit_ = bit_ + 1) begin : g_{number}",
            f"    initial {look}",
            f"    always @({name}) {look}",
            "  end endgenerate",
        ]
    return _module(interface, lines)


def foreign_drivers(interface: ModuleInterface, word: str, log: str) -> tuple[str, ...]:
    """Return the ports that a testbench drives as if they were inputs, from a probe's lines.

    An output nobody else may drive; a bit of an inout that is never free is an input.
    """
    said = [line.split()[1:3] for line in log.splitlines() if line.startswith(f"{word} ")]
    held = {name for name, kind in said if kind == "held"}
    free = Counter(name for name, kind in said if kind == "free")
    return tuple(
        p.name
        for p in interface.ports
        if (p.direction == "output" and p.name in held)
        or (p.direction == "inout" and p.name in held and free[p.name] < _width(interface, p))
    )


def filled(design: Design, interface: ModuleInterface, value: Literal["0", "1"]) -> Design:
    """Return the design inside a module of its name that reads every x and z output bit as value.

    The design's own top is renamed token by token; a design that builds its top's name by other
    means does not compile afterwards, which says so.
    """
    lines = ["  genvar bit_;"]
    pins: list[str] = []
    for number, port in enumerate(interface.ports):
        if port.direction != "output":
            pins.append(f".{port.name}({port.name})")
            continue
        inner, width = f"{INNER}_{number}", _width(interface, port)
        pins.append(f".{port.name}({inner})")
        lines += [
            f"  wire [{width - 1}:0] {inner};",
            f"  generate for (bit_ = 0; bit_ < {width}; bit_ = bit_ + 1) begin : g_{inner}",
            f"    assign {port.name}[bit_] = {inner}[bit_] === 1'b{1 - int(value)} ?"
            f" 1'b{1 - int(value)} : 1'b{value};",
            "  end endgenerate",
        ]
    given = ", ".join(f".{name}({name})" for name, _ in _parameters(interface))
    lines.append(f"  {INNER} {f'#({given}) ' if given else ''}{INNER}_u ({', '.join(pins)});")
    wrapper = _module(interface, lines)
    return design.model_copy(
        update={
            "sources": (*_renamed(design.sources, design.top), *wrapper.sources),
            "includes": _renamed(design.includes, design.top),
        }
    )


def _renamed(sources: Sequence[Source], top: str) -> tuple[Source, ...]:
    spellings = {top, f"\\{top}"}
    return tuple(
        source.model_copy(
            update={
                "text": TOKEN.sub(
                    lambda m: f" {INNER} " if m.group() in spellings else m.group(), source.text
                )
            }
        )
        for source in sources
    )


def _module(interface: ModuleInterface, lines: Sequence[str]) -> Design:
    values = ", ".join(f"parameter {name} = {value}" for name, value in _parameters(interface))
    ports = ", ".join(
        f"{p.direction} {'signed ' if p.signed else ''}[{_width(interface, p) - 1}:0] {p.name}"
        for p in interface.ports
    )
    text = "\n".join((
        f"module {interface.name} {f'#({values}) ' if values else ''}({ports});",
        *lines,
        "endmodule",
        "",
    ))  # fmt: skip
    return Design(top=interface.name, sources=(Source(name="stand_in.v", text=text),))


def _parameters(interface: ModuleInterface) -> list[tuple[str, str]]:
    return [
        (p.name, p.value if NUMBER.fullmatch(p.value) else "0")
        for p in interface.parameters
        if not p.local and IDENTIFIER.fullmatch(p.name)
    ]


def _width(interface: ModuleInterface, port: Port) -> int:
    """Return a width that is enough: a parameter may make a port wider than its default does."""
    return max(256, 4 * port.width) if _parameters(interface) else port.width
