"""A register that toggles while `on`: right, broken and wrong, its testbench and a reference."""

from __future__ import annotations

from pathlib import Path

import pytest

TOP = "toggler"
# A register that toggles while `on`, cleared by a synchronous reset.
GOOD = """module toggler(input clk, input rst, input on, output reg q);
  always @(posedge clk)
    if (rst) q <= 1'b0;
    else if (on) q <= ~q;
endmodule
"""
BROKEN = GOOD.replace("else if (on)", "else iff (on)")
WRONG = GOOD.replace("else if (on)", "else")
BENCH = """`timescale 1ns/1ps
module tb;
  reg clk = 0, rst = 1, on = 0; wire q; integer i; reg want = 0;
  toggler dut(.clk(clk), .rst(rst), .on(on), .q(q));
  always #5 clk = ~clk;
  initial begin
    @(negedge clk); @(negedge clk) rst = 0;
    for (i = 0; i < 20; i = i + 1) begin
      on = i % 3 == 0; if (on) want = ~want;
      @(negedge clk);
      if (q !== want) $error("cycle %0d: q is %b, expected %b", i, q, want);
    end
    $finish;
  end
endmodule
"""
OTHER = """module toggler_ref(input clk, input rst, input on, output q);
  reg [1:0] s;
  assign q = s[0];
  always @(posedge clk) s <= {1'b0, ~rst & (s[0] ^ on)};
endmodule
"""


def enter_toggler_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Go to a folder, with a specification, a testbench, a reference and designs in it."""
    monkeypatch.chdir(folder)
    monkeypatch.setenv("TERRAGATE_HOME", str(folder / "home"))
    monkeypatch.setenv("COLUMNS", "140")
    files = {
        "spec.md": "# A toggler\n\nq toggles at each rising edge of clk while on is 1.\n",
        "tb.v": BENCH, "good.v": GOOD, "wrong.v": WRONG, "broken.v": BROKEN, "ref.v": OTHER,
    }  # fmt: skip
    for name, text in files.items():
        (folder / name).write_text(text)
    return folder
