"""Synchronisers: the words for them and two implementations."""

from __future__ import annotations

from ..case import Says
from ..interface import Interface
from ..verilog import clocked
from .clocking import apart, module, sized


def synchroniser_says(face: Interface, stages: int, start: int) -> Says:
    """Return the words for two or three stages, all `start` in reset."""
    d, q, width = face.inputs[0].name, face.outputs[0].name, face.inputs[0].width
    value = "all ones" if start and width > 1 else str(start)
    at = f". Reset sets every stage to {value}" if face.reset else ""
    wide = "" if width == 1 else f" for the {width} bits"
    count = {2: "two", 3: "three"}[stages]
    return Says(
        brief=(
            f"pass {d} through {count} flip-flops in a row against metastability; the last of them"
            f" is {q}{at}",
            f"a {count}-stage synchroniser{wide}: the asynchronous input {d} passes {count}"
            f" [flip-flops|registers] in a row, {q} is the last one{at}",
            f"synchronise {d} to the clock with {count} registers one after the other; {q} is the"
            f" output of the {'second' if stages == 2 else 'third'}{at}",
            f"{d} comes from another clock domain. Sample it {count} times in series and give the"
            f" result as {q}{at}",
        ),
    )  # fmt: skip


def synchroniser_reference(face: Interface, stages: int, start: int) -> str:
    """Return a register per stage."""
    d, q = face.inputs[0].name, face.outputs[0].name
    names = [*("meta", "sync")[: stages - 1], q]
    moves = zip(names, [d, *names[:-1]], strict=True)
    blank = sized(start, face.inputs[0].width)
    body = clocked(
        face,
        "\n".join(f"{name} <= {blank};" for name in names),
        "\n".join(f"{name} <= {source};" for name, source in moves),
    )
    regs = "".join(f"  reg {face.inputs[0].range}{name};\n" for name in names[:-1])
    return module(face, regs + body, q)


def synchroniser_second(face: Interface, stages: int, start: int) -> str:
    """Return all stages in one shift register."""
    d, q, width = face.inputs[0].name, face.outputs[0].name, face.inputs[0].width
    bits = width * stages
    everywhere = f"{{{bits}{{1'b1}}}}" if start else "0"
    logic = f"after = {{now[{bits - width - 1}:0], {d}}};"
    return apart(face, bits, everywhere, logic, f"assign {q} = now >> {bits - width};")
