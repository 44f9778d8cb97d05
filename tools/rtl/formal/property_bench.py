"""Verilog of ours around a design and its property module: for the solver and for a replay."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ..design import Design, PassRule, Source, Testbench
from .bench import assignments, instance, signals
from .facts import Facts
from .stimulus import Interface

BENCH: Final = "property_bench"


def wrapper(facts: Facts, checker: str, ports: Sequence[str], nonce: str, age: int) -> str:
    """Return the module that the solver reads; its cover says that `age` steps can pass at all."""
    pins = ", ".join(f"input [{p.width - 1}:0] {p.name}" for p in facts.inputs)
    wires = [f"  wire [{p.width - 1}:0] {p.name};" for p in facts.outputs]
    joined = ", ".join(f".{p.name}({p.name})" for p in (*facts.inputs, *facts.outputs))
    watched = ", ".join(f".{name}({name})" for name in ports)
    clock = (
        f"  reg [7:0] age_{nonce} = 0;",
        f"  always @($global_clock) age_{nonce} <= age_{nonce} + (age_{nonce} != 255);",
        f"  always @* old_enough_{nonce}: cover (age_{nonce} == {age});",
    )  # fmt: skip
    return "\n".join((
        f"module bench_{nonce} ({pins});",
        *wires,
        f"  design_{nonce} dut_{nonce} ({joined});",
        f"  {checker} properties_{nonce} ({watched});",
        *(clock if age else ()),
        "endmodule",
        "",
    ))  # fmt: skip


def testbench(
    design: Design, face: Interface, rows: Sequence[int], properties: Source, checker: str,
    ports: Sequence[str],
) -> Testbench:  # fmt: skip
    """Return a testbench that plays the steps; the simulator reports the assert that fails."""
    places = {p.name: f"i{at}" for at, p in enumerate(face.inputs)}
    places |= {p.name: f"o{at}" for at, p in enumerate(face.outputs)}
    watched = ", ".join(f".{name}({places[name]})" for name in ports)
    bits = sum(p.width for p in face.inputs) or 1
    text = "\n".join((
        "// A counterexample: steps of inputs after which an assert of the property module fails.",
        "`timescale 1ns/1ns",
        f"module {BENCH};",
        *signals(face, rows[0]),
        f"  reg [{bits - 1}:0] steps [0:{len(rows) - 1}], now; integer at;",
        instance(design, face),
        f"  {checker} properties ({watched});",
        "  initial begin",
        f'    $dumpfile("counterexample.vcd"); $dumpvars(0, {BENCH});',
        *(f"    steps[{at}] = {bits}'h{row:x};" for at, row in enumerate(rows)),
        f"    for (at = 0; at < {len(rows)}; at = at + 1) begin",
        "      now = steps[at];",
        f"      {assignments(face, True)} #1;",
        f"      {assignments(face, False)} #1;",
        "    end",
        "    $finish(0);",
        "  end",
        "endmodule",
        "",
    ))  # fmt: skip
    sources = (Source(name="properties.sv", text=properties.text),
               Source(name="counterexample.sv", text=text))  # fmt: skip
    return Testbench(top=BENCH, sources=sources, rule=PassRule(kind="exit"))
