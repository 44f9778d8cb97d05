"""Tiny data sets of our own in the layouts of VerilogEval v2 and RTLLM 2.0."""

from __future__ import annotations

from pathlib import Path

GATE = "module RefModule (input a, input b, output y);\n  assign y = a & b;\nendmodule\n"
GATE_BENCH = """
`timescale 1 ps/1 ps
module tb();
  reg a = 0, b = 0;
  wire y_ref, y_dut;
  integer n;
  typedef struct packed { int errors; int clocks; } stats;
  stats stats1;
  RefModule good1 (.a(a), .b(b), .y(y_ref));
  TopModule top_module1 (.a(a), .b(b), .y(y_dut));
  initial begin
    for (n = 0; n < STEPS; n = n + 1) begin
      {a, b} = n;
      #5;
      stats1.clocks++;
      if (y_ref !== (y_ref ^ y_dut ^ y_ref)) stats1.errors++;
    end
    WATCHDOG
    $finish;
  end
  final begin
    $display("Hint: Total mismatched samples is %1d out of %1d samples",
      stats1.errors, stats1.clocks);
    $display("Mismatches: %1d in %1d samples", stats1.errors, stats1.clocks);
  end
endmodule
"""
COUNTER_BENCH = """
module counter_tb;
  reg clk = 0;
  wire [3:0] q;
  reg [7:0] expected [0:1];
  counter dut (.clk(clk), .q(q));
  initial begin
    $readmemh("expected.dat", expected);
    repeat (5) begin #1 clk = 1; #1 clk = 0; end
    if (q == expected[0]) $display("===========Your Design Passed===========");
    else $display("=========== Test completed with %d failures ===========", 1);
    $finish;
  end
endmodule
"""
COUNTER = """
// verified_counter is the name of the file; "verified_counter" stays in this comment
module helper (input [3:0] d, output [3:0] y);
  assign y = d + 4'd1;
endmodule
module verified_counter (input clk, output reg [3:0] q);
  wire [3:0] verified_counter_next;
  helper h (.d(q), .y(verified_counter_next));
  initial q = 0;
  always @(posedge clk) q <= verified_counter_next;
endmodule
"""


def write_verilog_eval(
    folder: Path, names: tuple[str, ...] = ("Prob001_and",), *, steps: int = 8,
    watchdog: bool = False, listed: bool = True, header: bool = False,
) -> Path:  # fmt: skip
    """Write AND-gate problems; with `watchdog` the testbench says TIMEOUT whatever it saw."""
    folder.mkdir(parents=True, exist_ok=True)
    said = '$display("TIMEOUT");' if watchdog else ""
    bench = GATE_BENCH.replace("STEPS", str(steps)).replace("WATCHDOG", said)
    for name in names:
        (folder / f"{name}_prompt.txt").write_text("Implement an AND gate named TopModule.\n")
        (folder / f"{name}_ref.sv").write_text(GATE)
        (folder / f"{name}_test.sv").write_text(bench)
        if header:
            (folder / f"{name}_ifc.txt").write_text("module TopModule (input a, b, output y);\n")
    if listed:
        (folder / "problems.txt").write_text("".join(f"{name}\n" for name in names))
    return folder


def write_rtllm(folder: Path) -> Path:
    """Write one design, a counter in a folder of another name, with a data file."""
    root = folder / "Control" / "Odd names" / "count_up"
    root.mkdir(parents=True)
    (root / "design_description.txt").write_text("Please count the clocks.\n")
    (root / "testbench.v").write_text(COUNTER_BENCH)
    (root / "verified_counter.v").write_text(COUNTER)
    (root / "expected.dat").write_text("05\n00\n")
    (root / "makefile").write_text("vcs:\n\tvcs ${TEST_DESIGN}.v testbench.v\n")
    return folder
