"""The self-checking testbench of a case: vectors in, one line of mismatches out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ...tools.rtl.design import PassRule, Source, Testbench
from .interface import Interface, Port
from .vectors import Step

BENCH: Final = """\
`timescale 1ns/1ps
module tb;
  localparam N = {count};
  // One word a step: the inputs, the outputs that are wanted, and which of their bits count.
  reg [{last}:0] vectors [0:N-1];
  reg [{last_in}:0] now;
  reg [{last_out}:0] wanted, compared;
{wires}
  wire [{last_out}:0] shown = {{{outputs}}};
  integer at, wrong;
  {top} dut ({connections});
  initial begin
{vectors}
    wrong = 0;
    for (at = 0; at < N; at = at + 1) begin
      {{now, wanted, compared}} = vectors[at];
      #5;
      if (((shown ^ wanted) & compared) !== {width_out}'d0) begin
        wrong = wrong + 1;
        if (wrong == 1)
          $display("First mismatch at step %0d: inputs %h, outputs %h", at, now, shown);
      end
      #5;
    end
    $display("Mismatches: %0d in %0d samples", wrong, N);
    $finish;
  end
endmodule
"""


def testbench(face: Interface, steps: Sequence[Step]) -> Testbench:
    """Return the testbench that applies the steps and compares every known output."""
    inputs, outputs = face.all_inputs, face.outputs
    width_in, width_out = (sum(p.width for p in ports) for ports in (inputs, outputs))
    width = width_in + 2 * width_out
    words = (_word(inputs, outputs, step) for step in steps)
    text = BENCH.format(
        count=len(steps), top=face.top, wires=_wires(inputs, outputs), last=width - 1,
        last_in=width_in - 1, last_out=width_out - 1, width_out=width_out,
        vectors="\n".join(f"    vectors[{n}] = {width}'h{w:x};" for n, w in enumerate(words)),
        outputs=", ".join(f"w_{p.name}" for p in outputs),
        connections=", ".join(f".{p.name}(w_{p.name})" for p in (*inputs, *outputs)),
    )  # fmt: skip
    return as_testbench(text)


def as_testbench(text: str) -> Testbench:
    """Return the text of a generated testbench with how it says that a design passed."""
    rule = PassRule(kind="mismatches")
    return Testbench(top="tb", sources=(Source(name="tb.sv", text=text),), rule=rule)


def _word(inputs: Sequence[Port], outputs: Sequence[Port], step: Step) -> int:
    word = _packed(inputs, step.inputs)
    known = tuple(value or 0 for value in step.outputs)
    masks = tuple(
        0 if value is None else (1 << port.width) - 1
        for port, value in zip(outputs, step.outputs, strict=True)
    )
    width = sum(port.width for port in outputs)
    return (word << width | _packed(outputs, known)) << width | _packed(outputs, masks)


def _packed(ports: Sequence[Port], values: Sequence[int]) -> int:
    packed = 0
    for port, value in zip(ports, values, strict=True):
        packed = packed << port.width | (value & (1 << port.width) - 1)
    return packed


def _wires(inputs: Sequence[Port], outputs: Sequence[Port]) -> str:
    # The first port is the most significant part.
    lines, at = [], sum(port.width for port in inputs)
    for port in inputs:
        at -= port.width
        lines.append(f"  wire {port.range}w_{port.name} = now[{at} +: {port.width}];")
    lines += [f"  wire {port.range}w_{port.name};" for port in outputs]
    return "\n".join(lines)
