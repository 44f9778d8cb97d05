"""Candidates grouped by what they do, and testbenches weighed by the mutants they kill."""

from __future__ import annotations

from terragate.tests.support.eda import needs_icarus, needs_slang, needs_yosys
from terragate.tools.rtl.behaviour import clusters, traces
from terragate.tools.rtl.bench_score import score
from terragate.tools.rtl.design import Design, Source, Testbench

pytestmark = [needs_icarus, needs_slang, needs_yosys]

UP = """module top(input clk, input rst, input en, output reg [3:0] q);
  always @(posedge clk) if (rst) q <= 0; else if (en) q <= q + 1;
endmodule
"""


def _design(text: str) -> Design:
    return Design(top="top", sources=(Source(name="top.v", text=text),))


def test_equal_behaviour_has_equal_hashes_whatever_the_text():
    variants = (
        UP,
        UP + "// a comment\n",
        UP.replace("q + 1", "q + 4'd17"),
        UP.replace("q + 1", "q - 1"),
        UP.replace("if (rst)", "if (!rst)"),
    )
    found = traces([_design(text) for text in variants])
    assert found[0] == found[1] == found[2]
    assert len(set(found)) == 3
    assert None not in found


def test_x_is_a_behaviour_of_its_own():
    known, unknown = traces([_design(UP), _design(UP.replace("q <= 0", "q <= 4'bx"))])
    assert known != unknown


def test_the_seed_and_the_cycles_decide_the_stimuli():
    designs = [_design(UP)]
    assert traces(designs) == traces(designs)
    assert traces(designs, seed=8) != traces(designs)
    assert traces(designs, cycles=50) != traces(designs)


def test_clusters_are_largest_first_and_leave_out_what_cannot_run():
    texts = (
        UP.replace("q + 1", "q - 1"),
        "garbage",
        UP,
        UP.replace("input en", "input enable").replace("(en)", "(enable)"),
        UP.replace("q + 1", "q + 4'd1"),
        UP.replace("always", "initial $finish; always"),
        UP.replace("q + 1", "1 + q"),
    )
    assert clusters([_design(text) for text in texts]) == ((2, 4, 6), (0,))
    assert clusters([]) == ()
    assert clusters([_design("garbage")]) == ()


def test_of_equally_large_groups_more_structures_win():
    down, down2 = UP.replace("q + 1", "q - 1"), UP.replace("q + 1", "q + 4'd15")
    texts = (UP, UP + "\n", down, down2)
    assert clusters([_design(text) for text in texts]) == ((2, 3), (0, 1))


def test_combinational_candidates_meet_every_input():
    a = "module top(input [7:0] a, output y); assign y = a == 8'd77; endmodule"
    b = "module top(input [7:0] a, output y); assign y = 1'b0; endmodule"
    assert len(clusters([_design(a), _design(b)])) == 2


BENCH = """
module tb;
  reg clk = 0, rst = 1, en = 0; wire [3:0] q; integer i;
  top dut(clk, rst, en, q);
  always #5 clk = ~clk;
  initial begin
    @(negedge clk); @(negedge clk); rst = 0; en = 1;
    for (i = 1; i < 10; i = i + 1) begin @(negedge clk); if (q !== i) $fatal(1, "q"); end
    $finish;
  end
endmodule
"""


def test_a_testbench_is_scored_by_what_it_kills():
    bench = Testbench(top="tb", sources=(Source(name="tb.v", text=BENCH),))
    mutants = [
        _design(text)
        for text in (
            UP.replace("q + 1", "q + 2"),
            UP.replace("else if (en)", "else"),
            UP.replace("q + 1", "q + "),
            UP.replace("q <= 0", "q <= 3"),
            UP.replace("posedge clk", "clk or q"),
        )
    ]
    found = score(bench, _design(UP), mutants)
    assert found.passes_original
    assert found.broken == (2,)
    assert found.survived == (1,)
    assert {0, 3} <= set(found.killed)
    assert found.total == 4
    assert found.ratio == len(found.killed) / 4


def test_a_testbench_that_fails_the_original_is_worth_nothing():
    bench = Testbench(
        top="tb", sources=(Source(name="tb.v", text=BENCH.replace("q !== i", "q === i")),)
    )
    found = score(bench, _design(UP), [_design(UP)])
    assert (found.passes_original, found.total, found.ratio) == (False, 0, 0.0)
    assert "FATAL" in found.reason
