"""The user's testbench as a judge: honest designs pass, and doubt is said where there is any."""

from __future__ import annotations

import pytest
from terragate.tests.support.eda import (
    VERILOG_EVAL,
    needs_icarus,
    needs_slang,
    needs_verilog_eval,
    needs_yosys,
)
from terragate.tools.rtl.design import Design, PassRule, Source, Testbench
from terragate.tools.sandbox import Limits
from terragate.verifiers.rtl.simulates import simulates

pytestmark = [needs_icarus, needs_slang, needs_yosys]

LIMITS = Limits(cpu_s=2.0, wall_s=10.0, memory_mb=1024, output_kb=1024)
# errors, i, clk and check are names that designs use too.
BENCH = """
`timescale 1ns/1ps
`define W 99
`default_nettype none
module tb;
  reg [3:0] a, b; wire [4:0] s; integer i, errors; reg clk = 0;
  top dut(.a(a), .b(b), .s(s));
  task check; if (s !== a + b) errors = errors + 1; endtask
  initial begin
    errors = 0;
    for (i = 0; i < 256; i = i + 1) begin {a, b} = i; #1 check; end
    $display("%0d errors", errors);
    if (errors != 0) $fatal(1, "wrong");
    $finish;
  end
endmodule
"""
HEAD = "module top(input [3:0] a, b, output [4:0] s);\n"
ADDER = HEAD + "assign s = a + b;\nendmodule\n"


def _design(text: str, **more: object) -> Design:
    return Design.model_validate(
        {"top": "top", "sources": ({"name": "top.sv", "text": text},), **more}
    )


def _bench(text: str = BENCH, kind: str = "exit", **rule: str) -> Testbench:
    return Testbench(
        top="tb",
        sources=(Source(name="tb.sv", text=text),),
        rule=PassRule.model_validate({"kind": kind, **rule}),
    )


def _judge(text: str, bench: Testbench | None = None, **more: object):
    return simulates(_design(text, **more), bench or _bench(), limits=LIMITS)


HONEST = {
    "plain": ADDER,
    "macro of the same name": "`define W 5\n" + HEAD + "wire [`W-1:0] t = a + b;\n"
    "assign s = t;\nendmodule\n",
    "names of the testbench for its own signals": HEAD
    + "reg [4:0] errors; integer i; wire clk = a[0];\n"
    "always @* begin errors = 0;\n"
    "for (i = 0; i < 5; i = i + 1) errors[i] = ({1'b0, a} + b) >> i; end\n"
    "assign s = errors;\nendmodule\n",
    "a task of the same name": HEAD + "reg [4:0] r; task check; r = a + b; endtask\n"
    "always @(a, b) check;\nassign s = r;\nendmodule\n",
    "a path to its own instance": "module half(input [4:0] x); wire [4:0] y = x; endmodule\n"
    + HEAD + "half u({1'b0, a} + b); assign s = u.y;\nendmodule\n",
    "words in comments and strings": HEAD + "// tb.errors = 0; $finish\n"
    'localparam [8*9-1:0] T = "tb.errors"; assign s = a + b;\nendmodule\n',
    "an implicit net": HEAD + "assign t = 1'b0; assign s = a + b + t;\nendmodule\n",
    "defparam of its own": "module add #(parameter N = 1)(input [3:0] a, b, output [4:0] s);\n"
    "assign s = (a + b) * N;\nendmodule\n"
    + HEAD + "add u(a, b, s); defparam u.N = 1;\nendmodule\n",
    "a gate and a delay below the step": "`timescale 1ns/1ps\n" + HEAD
    + "wire [4:0] t; assign #0.1 t = a + b; buf #0.1 g[4:0](s, t);\nendmodule\n",
    "a package": "package tools_pkg; function automatic [4:0] add(input [3:0] a, b); "
    "return a + b; endfunction endpackage\n"
    + HEAD + "assign s = tools_pkg::add(a, b);\nendmodule\n",
}  # fmt: skip


@pytest.mark.parametrize("name", HONEST)
def test_an_honest_design_passes(name):
    verdict = _judge(HONEST[name])
    assert verdict.outcome == "pass", verdict.evidence
    assert verdict.details["passes_too"] == []
    assert verdict.tool_version.startswith("iverilog")


def test_a_wrong_design_fails_with_what_the_testbench_said():
    verdict = _judge(ADDER.replace("a + b", "a - b"))
    assert (verdict.outcome, verdict.strength) == ("fail", "simulated(1)")
    assert "FATAL" in verdict.evidence


def test_a_design_that_does_not_compile_fails_with_the_place():
    verdict = _judge(HEAD + "assign s = a +;\nendmodule\n")
    assert verdict.outcome == "fail"
    assert "top.sv:2" in verdict.evidence


def test_a_missing_port_is_the_design_s_fault():
    verdict = _judge(
        "module top(input [3:0] a, b, output [4:0] sum); assign sum = a + b; endmodule"
    )
    assert verdict.outcome == "fail"
    assert "``s'' is not a port of dut" in verdict.evidence


def test_a_broken_testbench_says_nothing_of_the_design():
    for broken in (BENCH.replace("endtask", ""), BENCH.replace("top dut", "other u();\ntop dut")):
        verdict = _judge(ADDER, _bench(broken))
        assert verdict.outcome == "unknown"
        assert "testbench itself" in verdict.evidence


def test_what_icarus_cannot_read_is_unknown():
    text = (
        HEAD + "typedef enum logic {A, B} e; e x; assign x = e'(a[0]); assign s = a + b;\nendmodule"
    )
    verdict = _judge(text)
    assert verdict.outcome == "unknown"
    assert "another simulator" in verdict.evidence


@pytest.mark.parametrize(
    ("change", "stand_in"),
    [
        (("if (errors != 0)", "if (0)"), "0"),
        (("s !== a + b", "s > 5'd31"), "1"),
    ],
)
def test_a_vacuous_testbench_is_named(change, stand_in):
    verdict = _judge(ADDER, _bench(BENCH.replace(*change)))
    assert verdict.outcome == "unknown"
    assert "vacuous" in verdict.evidence
    assert f"constant {stand_in}" in verdict.details["passes_too"]
    assert simulates(
        _design(ADDER), _bench(BENCH.replace(*change)), limits=LIMITS, vacuity=False
    ).outcome == "pass"  # fmt: skip


def test_a_constant_design_may_pass_what_a_constant_passes():
    bench = BENCH.replace("s !== a + b", "s !== 0")
    assert _judge(HEAD + "assign s = 0;\nendmodule", _bench(bench)).outcome == "pass"
    varying = _judge(HEAD + "assign s = (a == 3 && b == 3 && 0) | (a[0] & ~a[0]);\nendmodule",
                     _bench(bench))  # fmt: skip
    assert varying.outcome == "pass"


def test_a_testbench_blind_to_x_passes_values_and_not_x():
    blind = _bench(BENCH.replace("!==", "!="))
    good = _judge(ADDER, blind)
    assert (good.outcome, good.details["passes_too"]) == ("pass", ["constant x", "constant z"])
    for trick in ("(a == 3 ? 5'bx : a + b)", "(a == 3 ? 5'bz : a + b)", "5'bx"):
        bad = _judge(ADDER.replace("a + b", trick), blind)
        assert bad.outcome == "unknown", trick
        assert "does not see x" in bad.evidence


def test_a_testbench_that_expects_x_passes_no_x():
    """Its stimuli have no value, so it compares x with x: that is no check."""
    idle = _bench(BENCH.replace("{a, b} = i; ", ""))
    for text in (ADDER, ADDER.replace("a + b", "5'bx")):
        verdict = _judge(text, idle)
        assert (verdict.outcome, "does not see x" in verdict.evidence) == ("unknown", True)


def test_a_testbench_that_waits_for_ever_has_not_passed():
    waiting = BENCH.replace("$finish;", "wait (s == 31 && a == 0); $finish;")
    verdict = _judge(ADDER, _bench(waiting))
    assert verdict.outcome == "unknown"
    assert "$finish" in verdict.evidence


def test_a_line_rule_needs_its_line_and_refuses_the_other():
    right = _bench(kind="line", pattern=r"0 errors", fails="FATAL")
    assert _judge(ADDER, right).outcome == "pass"
    assert _judge(ADDER, _bench(kind="line", pattern="all good")).outcome == "fail"
    assert _judge(ADDER, _bench(kind="line", pattern=".*", fails="errors")).outcome == "fail"
    broken = _judge(ADDER, _bench(kind="line", pattern="("))
    assert (broken.outcome, "regular expression" in broken.evidence) == ("unknown", True)


def test_a_pattern_that_never_ends_is_given_up():
    text = BENCH.replace('"%0d errors", errors', '"' + "a" * 60 + '!"')
    verdict = _judge(ADDER, _bench(text, kind="line", pattern="((a|aa)+)+$"))
    assert verdict.outcome == "unknown"
    assert "takes over" in verdict.evidence


@pytest.mark.parametrize(
    ("line", "outcome"),
    [
        ("Mismatches: 0 in 256 samples", "pass"),
        ("Mismatches: 1 in 256 samples", "fail"),
        ("Mismatches: 0 in 0 samples", "unknown"),
        ("no result", "unknown"),
        ("Mismatches: 0 in 256 samples\\nMismatches: 0 in 256 samples", "unknown"),
        ("TIMEOUT\\nMismatches: 0 in 256 samples", "fail"),
    ],
)
def test_the_mismatches_rule(line, outcome):
    bench = _bench(BENCH.replace('"%0d errors", errors', f'"{line}"'), kind="mismatches")
    verdict = simulates(_design(ADDER), bench, limits=LIMITS, vacuity=False)
    assert verdict.outcome == outcome
    if outcome == "pass":
        assert verdict.strength == "simulated(256)"


def test_a_testbench_that_ends_early_under_one_design_is_doubted():
    early = BENCH.replace("#1 check;", "#1 check; if (s == 9) i = 256;").replace(
        '$display("%0d errors", errors);',
        'if (errors == 0) $display("Mismatches: 0 in %0d samples", i); '
        'else $display("Mismatches: 1 in 257 samples");',
    )
    early = early.replace("in %0d samples", "in 12 samples")
    verdict = _judge(ADDER, _bench(early, kind="mismatches"))
    assert verdict.outcome == "unknown"
    assert "12 samples" in verdict.evidence


def test_a_hang_is_neither_pass_nor_fail():
    verdict = _judge(HEAD + "assign s = a + b; initial forever ;\nendmodule")
    assert verdict.outcome == "unknown"
    assert "limit" in verdict.evidence


def test_files_of_the_design_do_not_reach_the_testbench():
    bench = Testbench(
        top="tb",
        sources=(Source(name="tb.sv", text='`include "rules.vh"\n' + BENCH),),
        rule=PassRule(),
    )
    theirs = ({"name": "rules.vh", "text": "`define check errors = 0;"},)
    verdict = _judge(ADDER, bench, includes=theirs)
    assert (verdict.outcome, "rules.vh" in verdict.evidence) == ("unknown", True)
    same = bench.model_copy(update={"includes": (Source(name="rules.vh", text="`define X\n"),)})
    verdict = _judge(ADDER, same, includes=theirs)
    assert (verdict.outcome, "another file" in verdict.evidence) == ("unknown", True)


def test_a_testbench_may_include_the_design_by_name():
    verdict = _judge(ADDER, _bench('`include "top.sv"\n' + BENCH))
    assert verdict.outcome == "pass", verdict.evidence


def test_both_may_have_a_file_of_one_name():
    design = Design(top="top", sources=(Source(name="tb.sv", text=ADDER),))
    assert simulates(design, _bench(), limits=LIMITS).outcome == "pass"


def test_a_bus_that_is_released_may_be_an_inout():
    memory = """module top(input we, inout [3:0] d);
      reg [3:0] m = 0; always @(d, we) if (we) m = d; assign d = we ? 4'bz : m; endmodule"""
    bench = """module tb; reg we = 0; reg [3:0] v = 0; wire [3:0] d = we ? v : 4'bz; integer i;
      top dut(.we(we), .d(d));
      initial begin
        for (i = 0; i < 16; i = i + 1) begin
          v = i; #1 we = 1; #1 we = 0; #1 if (d !== i) $fatal(1, "d");
        end
        $finish;
      end endmodule"""
    verdict = _judge(memory, _bench(bench))
    assert verdict.outcome == "pass", verdict.evidence


@needs_verilog_eval
@pytest.mark.parametrize(
    ("problem", "outcome", "why"),
    [
        ("Prob109_fsm1", "pass", "0 of 228"),
        ("Prob001_zero", "pass", "0 of 20"),
        ("Prob053_m2014_q4d", "unknown", "vacuous"),
        ("Prob099_m2014_q6c", "unknown", "testbench itself"),
    ],
)
def test_verilog_eval_references(problem, outcome, why):
    folder = VERILOG_EVAL / "dataset_spec-to-rtl"
    text = (folder / f"{problem}_ref.sv").read_text()
    bench = Testbench(
        top="tb",
        sources=(
            Source(name="test.sv", text=(folder / f"{problem}_test.sv").read_text()),
            Source(name="ref.sv", text=text),
        ),
        rule=PassRule(kind="mismatches"),
    )
    design = Design(
        top="TopModule",
        sources=(Source(name="top.sv", text=text.replace("RefModule", "TopModule")),),
    )
    verdict = simulates(design, bench, limits=LIMITS)
    assert (verdict.outcome, why in verdict.evidence) == (outcome, True), verdict.evidence
