"""Every lint rule finds its fault at its line, and leaves sound code alone."""

from __future__ import annotations

import pytest
from terragate.tests.support.eda import (
    VERILOG_EVAL,
    needs_slang,
    needs_verilog_eval,
    needs_yosys,
)
from terragate.tools.rtl.design import Design, Source
from terragate.tools.rtl.lint import lint
from terragate.verifiers.rtl.lint import lint as judge

pytestmark = [needs_slang, needs_yosys]
HEAD = "module m(input clk, input rst, input [3:0] a, input [3:0] b, output reg [3:0] q);\n"


def design(body: str, head: str = HEAD) -> Design:
    return Design(top="m", sources=(Source(name="m.sv", text=f"{head}{body}\nendmodule\n"),))


SOUND = [
    "always @(posedge clk) if (rst) q <= 0; else q <= a;",
    "always @* begin q = 0; if (rst) q = a; end",
    "always @(a or b) q = a & b;",
    "always @(a, b, rst) case (rst) 1'b0: q = a; default: q = b; endcase",
    "reg [3:0] t; always @(posedge clk) begin : p reg [3:0] k; k = a; q <= k; end",
    "integer i; always @(posedge clk) for (i = 0; i < 4; i = i + 1) q[i] <= a[3 - i];",
    "function [3:0] f(input [3:0] x); f = x + 1; endfunction always @(posedge clk) q <= f(a);",
    "initial q = 0; always @(posedge clk or posedge rst) if (rst) q <= 0; else q <= q + 1;",
    "localparam P = 4'd3; always @(a) q = a ^ P;",
    "wire [3:0] t; assign t = 4'bx; always @* q = t;",
]
FAULTY = [
    ("always @(posedge clk)\n  q = a;", "blocking_in_clocked", 3),
    (
        "always @(posedge clk or negedge rst) if (!rst) q <= 0;\n else q = a;",
        "blocking_in_clocked",
        3,
    ),
    ("always @*\n  q <= a;", "nonblocking_in_combinational", 3),
    ("always @(a)\n  q = a & b;", "incomplete_sensitivity", 2),
    ("always @*\n  if (rst) q = a;", "latch", 2),
    ("always @(rst or a)\n  case (a) 0: q = 1; 1: q = 2; endcase", "latch", 2),
    ("always @(posedge clk) q <= a;\nalways @(posedge clk) q <= b;", "multiple_drivers", 0),
    ("wire w; assign w = a[0];\nassign w = b[0];\nalways @* q = {4{w}};", "multiple_drivers", 0),
    (
        "wire x, y; assign x = ~y;\nassign y = x & a[0]; always @* q = {4{x}};",
        "combinational_loop",
        0,
    ),
    ("wire [3:0] t;\nalways @* q = t;", "undriven", 2),
]


@pytest.mark.parametrize("body", SOUND)
def test_sound_code_has_no_finding_but_unused_and_width(body: str) -> None:
    report = lint(design(body))
    assert {f.rule for f in report.findings} <= {"unused", "width"}
    assert judge(design(body)).outcome == "pass"


@pytest.mark.parametrize(("body", "rule", "line"), FAULTY)
def test_each_fault_is_found_where_it_stands(body: str, rule: str, line: int) -> None:
    found = [f for f in lint(design(body)).findings if f.rule == rule]
    assert found
    assert found[0].file == "m.sv"
    assert found[0].hint
    assert not line or line in [f.line for f in found]


def test_errors_fail_the_verdict_and_warnings_do_not() -> None:
    loop = judge(design(FAULTY[8][0]))
    assert (loop.outcome, loop.strength) == ("fail", "linted")
    assert "m.sv:" in loop.evidence
    latch = judge(design(FAULTY[4][0]))
    assert latch.outcome == "pass"
    assert "latch" in {found["rule"] for found in latch.details["findings"]}


def test_a_finding_is_named_once_whichever_tools_see_it() -> None:
    found = lint(design(FAULTY[0][0])).findings
    assert len({(f.rule, f.line) for f in found}) == len(found)


def test_what_no_tool_can_read_is_unknown_never_a_pass() -> None:
    broken = Design(top="m", sources=(Source(name="m.sv", text="module m(input a; endmodul"),))
    verdict = judge(broken)
    assert verdict.outcome == "unknown"
    assert verdict.evidence


@pytest.mark.parametrize(
    "body", ['always @* q = a; /* `include "/etc/passwd" */', '`include "/etc/passwd"\n']
)
def test_outside_files_are_not_shown(body: str) -> None:
    report = lint(design(body))
    assert "root:" not in report.model_dump_json()


@needs_verilog_eval
def test_golden_references_have_no_lint_error() -> None:
    folder = VERILOG_EVAL / "dataset_spec-to-rtl"
    for path in sorted(folder.glob("*_ref.sv"))[::6]:
        source = Source(name="ref.sv", text=path.read_text())
        assert not lint(Design(top="RefModule", sources=(source,))).errors, path.name
