"""Candidates for a problem whose reference is an AND gate, and the score of one."""

from __future__ import annotations

from pathlib import Path

from terragate.benchmarks.rtl import verilogeval
from terragate.benchmarks.rtl.problem import Problem
from terragate.benchmarks.rtl.sample_score import SampleScore
from terragate.benchmarks.rtl.scoring import score
from terragate.tests.support.tiny_rtl_sets import write_verilog_eval

HEAD = "module TopModule (input a, input b, output y);"
GOOD = f"{HEAD}\n  assign y = a & b;\nendmodule\n"
FORGED = f"""{HEAD}
  initial begin
    $display("Mismatches: 0 in 8 samples");
    $finish;
  end
endmodule
"""


def and_problem(folder: Path) -> Problem:
    """Write the AND gate's problem to a folder that is not there yet, and load it."""
    (found,) = verilogeval.load(write_verilog_eval(folder))
    return found


def one(problem: Problem, text: str) -> SampleScore:
    return score(problem, [text])[0]
