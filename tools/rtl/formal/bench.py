"""Run steps of inputs through one design in Icarus and bring back what its outputs were.

Both designs run apart, each under this wrapper with the same steps, so neither can see or disturb
the other, and module names cannot clash. Each line of the trace starts with a word that no design
can know beforehand.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from ...sandbox import Limits
from ..design import Design, PassRule, Source, Testbench
from ..icarus import simulate
from .stimulus import Interface

LIMITS: Final = Limits(cpu_s=8.0, wall_s=20.0, memory_mb=2048, file_mb=64, output_kb=32768)
OUTPUT_BYTES: Final = 24 << 20
BENCH: Final = "formal_bench"
STEPS: Final = "formal_steps.hex"


@dataclass(frozen=True)
class Trace:
    """The outputs after each step, the first output's bits last; `problem` when there is none.

    `compiled` is false when Icarus refused the sources: another simulator may accept them.
    """

    rows: tuple[str, ...]
    problem: str
    compiled: bool
    cpu_s: float


def run_steps(
    design: Design, face: Interface, rows: Sequence[int], *, start: Sequence[str] = (),
) -> Trace:  # fmt: skip
    """Simulate the design over the steps, each two time units long.

    `start` are statements of ours that run once, before the first step.
    """
    width = sum(p.width for p in face.outputs)
    rows = rows[: max(1, OUTPUT_BYTES // (width + 20))]
    word, module = f"t{secrets.token_hex(6)}", f"{BENCH}_{secrets.token_hex(4)}"
    bits = sum(p.width for p in face.inputs) or 1
    digits = (bits + 3) // 4
    files = {
        **design.files(),
        f"{module}.sv": _wrapper(design, face, rows, (word, module), start),
        STEPS: "\n".join(f"{row:0{digits}x}" for row in rows) + "\n",
    }
    order = [*(source.name for source in design.sources), f"{module}.sv"]
    flags = ["-I.", *(f"-D{name}={value}" for name, value in design.defines)]
    ran = simulate(files, order, module, flags=flags, limits=LIMITS)
    cpu = ran.compiled.cpu_s + (ran.run.cpu_s if ran.run else 0.0)
    if ran.run is None:
        said = (ran.compiled.stderr or ran.compiled.stdout).strip()[:300]
        return Trace((), f"Icarus cannot compile the design: {said}", ran.compiled.crashed, cpu)
    found = tuple(line.split(" ", 1)[1] for line in ran.run.stdout.splitlines()
                  if line.startswith(word + " "))  # fmt: skip
    if len(found) != len(rows):
        why = f"it reached its {ran.run.stopped} limit" if ran.run.stopped else "it ended early"
        return Trace(found, f"the simulation has {len(found)} of {len(rows)} steps: {why}", True,
                     cpu)  # fmt: skip
    return Trace(found, "", True, cpu)


def _wrapper(
    design: Design, face: Interface, rows: Sequence[int], names: tuple[str, str],
    start: Sequence[str],
) -> str:  # fmt: skip
    word, module = names
    bits = sum(p.width for p in face.inputs) or 1
    return "\n".join((
        f"module {module};",
        *signals(face, rows[0]),
        f"  reg [{bits - 1}:0] steps [0:{len(rows) - 1}], now; integer at;",
        instance(design, face),
        "  initial begin",
        f'    $readmemh("{STEPS}", steps);',
        *start,
        f"    for (at = 0; at < {len(rows)}; at = at + 1) begin",
        "      now = steps[at];",
        f"      {assignments(face, True)} #1;",
        f"      {assignments(face, False)} #1;",
        f'      $display("{word} %b", {_all_outputs(face)});',
        "    end",
        "    $finish(0);",
        "  end",
        "endmodule",
        "",
    ))  # fmt: skip


def signals(face: Interface, first: int) -> list[str]:
    """Return declarations; a clock starts at its first value, because x to 1 would be an edge."""
    values = face.split(first)
    lines: list[str] = []
    for at, port in enumerate(face.inputs):
        start = f" = {port.width}'d{values[port.name]}" if port.name in face.leading else ""
        lines.append(f"  reg [{port.width - 1}:0] i{at}{start};")
    lines += [f"  wire [{p.width - 1}:0] o{at};" for at, p in enumerate(face.outputs)]
    return lines


def instance(design: Design, face: Interface) -> str:
    """Return the line that connects the design, in a module with `signals`."""
    pins = [f".{p.name}(i{at})" for at, p in enumerate(face.inputs)]
    pins += [f".{p.name}(o{at})" for at, p in enumerate(face.outputs)]
    values = ", ".join(f".{name}({value})" for name, value in design.parameters)
    return f"  {design.top} {f'#({values}) ' if values else ''}dut ({', '.join(pins)});"


def assignments(face: Interface, leading: bool) -> str:
    """Return the statement that applies the leading inputs of `now`, or the others."""
    names: list[str] = []
    parts: list[str] = []
    low = 0
    for at, port in enumerate(face.inputs):
        if (port.name in face.leading) == leading:
            names.append(f"i{at}")
            parts.append(f"now[{low} +: {port.width}]")
        low += port.width
    return f"{{{', '.join(names)}}} = {{{', '.join(parts)}}};" if names else ""


def _all_outputs(face: Interface) -> str:
    return "{" + ", ".join(f"o{at}" for at in reversed(range(len(face.outputs)))) + "}"


def outputs_of(face: Interface, row: str) -> dict[str, str]:
    """Return the outputs by name from a row of the trace."""
    values: dict[str, str] = {}
    end = len(row)
    for port in face.outputs:
        values[port.name] = row[end - port.width : end]
        end -= port.width
    return values


def testbench(
    top: str, parameters: Mapping[str, str], face: Interface, rows: Sequence[int],
    expected: Sequence[str],
) -> Testbench:  # fmt: skip
    """Return a testbench that needs no other file and fails on any design that differs.

    `expected` has x where any output is allowed. It ends with "Mismatches: n in N samples", and
    writes counterexample.vcd where the simulator may.
    """
    fake = Design(top=top, sources=(Source(name="none.sv", text=""),),
                  parameters=tuple(parameters.items()))  # fmt: skip
    bits = sum(p.width for p in face.inputs) or 1
    width = sum(p.width for p in face.outputs)
    tables = [f"    steps[{at}] = {bits}'h{row:x}; wanted[{at}] = {width}'b{want};"
              for at, (row, want) in enumerate(zip(rows, expected, strict=True))]  # fmt: skip
    text = "\n".join((
        "// A counterexample: the steps of inputs, and the outputs that were expected (x: any).",
        "`timescale 1ns/1ns",
        f"module {BENCH};",
        *signals(face, rows[0]),
        f"  reg [{bits - 1}:0] steps [0:{len(rows) - 1}], now; integer at, wrong;",
        f"  reg [{width - 1}:0] wanted [0:{len(rows) - 1}], want;",
        f"  wire [{width - 1}:0] got = {_all_outputs(face)};",
        instance(fake, face),
        "  initial begin",
        f'    $dumpfile("counterexample.vcd"); $dumpvars(0, {BENCH}); wrong = 0;',
        *tables,
        f"    for (at = 0; at < {len(rows)}; at = at + 1) begin",
        "      now = steps[at];",
        f"      {assignments(face, True)} #1;",
        f"      {assignments(face, False)} #1;",
        "      want = wanted[at];",
        "      // (want ^ want) is x where any value is allowed, and so is want ^ got there.",
        "      if ((want ^ got) !== (want ^ want)) begin",
        "        wrong = wrong + 1;",
        '        $display("step %0d: expected %b, got %b", at, want, got);',
        "      end",
        "    end",
        f'    $display("Mismatches: %0d in {len(rows)} samples", wrong);',
        "    $finish(0);",
        "  end",
        "endmodule",
        "",
    ))  # fmt: skip
    return Testbench(
        top=BENCH,
        sources=(Source(name="counterexample.sv", text=text),),
        rule=PassRule(kind="mismatches"),
    )
