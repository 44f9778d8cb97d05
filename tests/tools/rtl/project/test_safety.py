"""What a design under test may not use: every construct is caught, no look-alike is."""

from __future__ import annotations

import pytest
from terragate.tests.support.eda import needs_slang
from terragate.tools.rtl.design import Design, Source
from terragate.tools.rtl.slang import Diagnostic, forbidden

pytestmark = needs_slang
DATA = Source(name="rom.hex", text="0\n1\n")
HEADER = Source(name="defs.vh", text="`define WIDTH 4\n")
KEYWORDS = '`begin_keywords "1364-2005"'


def found(
    body: str, *, before: str = "", after: str = "", reserved: tuple[str, ...] = ()
) -> tuple[Diagnostic, ...]:
    """Return the findings in a module with `body`, an input, a clock, and a register."""
    text = f"""{before}
module top(input wire clk, input wire [3:0] a, output reg [3:0] y, output wire z);
  reg [3:0] memory [0:3];
{body}
endmodule
{after}
"""
    design = Design(top="top", sources=(Source(name="top.sv", text=text),), includes=(DATA, HEADER))
    return forbidden(design, reserved=reserved)


def codes(findings: tuple[Diagnostic, ...]) -> set[str]:
    """Return the codes of the errors."""
    return {f.code for f in findings if f.severity == "error"}


SYSTEM_TASKS = [
    '$display("Mismatches: 0 in 9 samples")', '$write("x")', '$strobe("x")', "$monitor(y)",
    "$finish", "$finish(0)", "$stop", "$exit", '$error("x")', '$fatal(1, "x")', '$info("x")',
    '$fdisplay(1, "x")', '$fwrite(1, "x")', '$dumpfile("x.vcd")', "$dumpvars", "$dumpoff",
    '$system("ls")', '$writememh("out.hex", memory)', '$readmemh("/etc/passwd", memory)',
    '$readmemh("../secret.hex", memory)', '$readmemb("missing.hex", memory)',
    '$readmemh({"rom", ".hex"}, memory)', "y = $random", "y = $urandom", "y = $time",
    "y = $realtime", "y = $stime", 'y = $test$plusargs("x")', 'y = $value$plusargs("x=%d", y)',
    'y = $fopen("x")', "y = $fgetc(1)", "y = $urandom_range(3)", '$timeformat(-9, 0, "ns", 1)',
    "y = $past(a)", "$my_vpi_task", "$printtimescale", "y = $anyconst", "y = $sformatf(\"%m\")",
]  # fmt: skip


@pytest.mark.parametrize("statement", SYSTEM_TASKS)
def test_an_impure_system_task_is_caught(statement: str) -> None:
    findings = found(f"  initial {statement};")
    assert "system_task" in codes(findings), findings
    assert {f.line for f in findings if f.code == "system_task"} == {4}


CONSTRUCTS = {
    "  initial force y = 0;": "construct",
    "  initial release y;": "construct",
    "  bind top other o();": "construct",
    "  wire u = tb.secret;": "outside_name",
    "  initial tb.count = 0;": "outside_name",
    "  always @(posedge clk) y <= tb.good1.out;": "outside_name",
    "  initial judge;": "outside_name",
    "  initial tb.judge(1);": "outside_name",
    "  RefModule r(.clk(clk));": "outside_name",
    "  defparam tb.N = 1;": "outside_name",
    "  initial disable tb.check;": "outside_name",
    "  initial -> tb.done;": "outside_name",
    "  always @(tb.done) y = 0;": "outside_name",
    "  initial wait (tb.done) y = 0;": "outside_name",
    "  wire w = $root.tb.secret;": "construct",
    "  assign (supply1, supply0) a = 4'b0;": "driven_input",
    "  buf (a[0], 1'b0);": "driven_input",
    "  pulldown (a[0]);": "driven_input",
    "  tran (a[0], z);": "driven_input",
    "  child c(.q(a[0]));": "driven_input",
    "  assume property (@(posedge clk) a == 0);": "construct",
    "  always @* assume (a == 0);": "construct",
    "  (* anyconst *) reg k;": "attribute",
    "  `begin_keywords \"1364-1995\"": "open_directive",
    "  `unconnected_drive pull1": "open_directive",
    '  `include "/etc/passwd"': "include_outside",
    '  `include "../secret.vh"': "include_outside",
    '  `include "missing.vh"': "include_outside",
    "  `define X 1 // hidden \\\n  initial $display(1);": "ambiguous_macro",
    "  `pragma protect begin_protected": "protected",
    "  `protect": "unreadable",
    "  `ifdef __ICARUS__\n  initial $finish;\n  `endif": "system_task",
    "  `ifdef /* x */\n __ICARUS__\n  initial $finish;\n  `endif": "system_task",
    "  `ifdef VERILATOR\n  initial $finish;\n  `endif": "system_task",
    "  `ifndef SYNTHESIS\n  initial $finish;\n  `endif": "system_task",
    "  `ifndef __slang__\n  initial $finish;\n  `endif": "system_task",
    "  `ifndef SV_COV_OK\n  initial $finish;\n  `endif": "system_task",
    "  `define SAY $display\n  initial `SAY(1);": "system_task",
    "  `define BOTH(x, y) x``y\n  initial `BOTH($dis, play)(1);": "system_task",
    '  `define S(q) localparam P="q";\n  `S(x"; initial $display(1); localparam Q=")':
        "ambiguous_macro",
    "  `define A\n  `undefineall\n  `ifdef A\n  initial $finish;\n  `endif": "open_directive",
    "  initial $display(": "unreadable",
}  # fmt: skip


@pytest.mark.parametrize(("body", "code"), CONSTRUCTS.items())
def test_a_construct_that_reaches_outside_is_caught(body: str, code: str) -> None:
    findings = found(body, after="module child(output q); assign q = 0; endmodule")
    assert code in codes(findings), findings


AROUND = {
    "program p; initial begin end endprogram": "construct",
    "config c; design top; endconfig": "construct",
    'import "DPI-C" function void f();': "construct",
    "class k; endclass": "construct",
    "module other; initial $finish; endmodule": "system_task",
    "bind top other o();\nmodule other; endmodule": "construct",
    "module tb; endmodule": "reserved_name",
    "module RefModule; endmodule": "reserved_name",
    "package tb; endpackage": "reserved_name",
    "`define OK 1": "reserved_name",
    "`undef OK": "reserved_name",
    "`undefineall": "open_directive",
    "module o;\n`ifdef OK\ninitial $finish;\n`endif\nendmodule": "system_task",
}


@pytest.mark.parametrize(("after", "code"), AROUND.items())
def test_a_construct_beside_the_module_is_caught(after: str, code: str) -> None:
    assert code in codes(found("", after=after, reserved=("tb", "RefModule", "OK")))


INNOCENT = [
    "  // $display(\"Mismatches: 0 in 9 samples\"); tb.secret",
    "  /* $finish; force y = 0; `include \"/etc/passwd\" */",
    '  localparam [8*7:1] TEXT = "$finish";',
    '  localparam [8*9:1] TEXT = "tb.secret";',
    "  wire \\$display ;\n  assign \\$display = 1'b0;",
    "  wire \\tb.secret ;\n  assign \\tb.secret = 1'b0;",
    "  wire dollar$finish = 1'b0;",
    "  wire display, finish, stop, random, monitor, write;",
    "  wire bind_it, force_it, tb, release_it, dump;",
    "  `define DISPLAY 1\n  wire w = `DISPLAY;",
    "  `define finish 1'b1\n  wire w = `finish;",
    "  `define NEVER $display(1)",
    "  `ifdef DEBUG_ONLY\n  initial $display(1);\n  `endif",
    "  always @(posedge clk) y <= $signed(a) >>> 1;",
    "  localparam N = $clog2(37);\n  wire [$bits(a)-1:0] w = $unsigned(a);",
    '  initial $readmemh("rom.hex", memory);',
    '  initial $readmemb("rom.hex", memory, 0, 1);',
    "  if ($bits(a) > 9) $error(\"too wide\");",
    "  inner i(.q(z));\n  wire w = i.state;",
    "  inner i(.q(z));\n  defparam i.P = 3;",
    "  wire w = top.a[0];",
    "  begin : block reg r; end\n  wire w = block.r;",
    "  assert property (@(posedge clk) a == 0 |-> $past(y) == 0);",
    "  task step; y = y + 1; endtask\n  always @(posedge clk) step;",
    "  initial begin : named y = 0; disable named; end",
    "  event done;\n  initial -> done;\n  always @(done) y = 0;",
    '  `include "defs.vh"\n  wire [`WIDTH-1:0] w = a;',
    "  `undef NOTHING",
    "  (* keep *) reg k;\n  (* full_case, parallel_case *) wire w;",
    "  always @* begin y = a; y[0] = 1; end",
    "  `define LONG(x) \\\n    x + \\\n    1\n  wire [3:0] w = `LONG(a);",
    "  pullup (z);",
    "  and g(z, a[0], a[1]);",
    "  specify (clk => z) = 1; endspecify",
]  # fmt: skip


@pytest.mark.parametrize("body", INNOCENT)
def test_what_only_looks_like_it_is_not_caught(body: str) -> None:
    inner = "module inner #(parameter P = 1)(output q); reg state; assign q = state ^ P; endmodule"
    assert codes(found(body, after=inner)) == set()


def test_a_flood_of_harmless_constructs_hides_nothing() -> None:
    flood = "\n".join(f"  wire w{n} = $signed(a[0]);" for n in range(3000))
    findings = found(f"{flood}\n  initial $finish;")
    assert [f.line for f in findings if f.code == "system_task"] == [3004]


def test_directives_left_open_are_reported_and_do_not_condemn() -> None:
    findings = found("", before="`timescale 1ns/1ps\n`default_nettype none")
    assert [(f.code, f.severity, f.line) for f in findings] == [
        ("open_directive", "warning", 1), ("open_directive", "warning", 2),
    ]  # fmt: skip
    assert found("", before="`default_nettype none", after="`default_nettype wire") == ()
    assert found("", before="`default_nettype none", after="`resetall") == ()
    closed = found("", before=KEYWORDS, after="`end_keywords")
    assert closed == ()


def test_a_text_that_differs_between_tools_is_reported() -> None:
    asked = found("  `ifdef YOSYS\n  wire w;\n  `endif")
    assert [(f.code, f.severity) for f in asked] == [("tool_dependent", "warning")]
    hidden = found("  // synopsys translate_off\n  wire w;\n  // synopsys translate_on")
    assert [(f.code, f.severity, f.line) for f in hidden] == [("tool_dependent", "warning", 5)]


def test_a_line_directive_does_not_move_a_finding() -> None:
    findings = found('`line 900 "tb.sv" 0\n  initial $finish;')
    assert [(f.code, f.file, f.line) for f in findings if f.severity == "error"] == [
        ("system_task", "top.sv", 5)
    ]


def test_what_one_reader_alone_sees_names_the_reader() -> None:
    findings = found("  `ifdef __ICARUS__\n  initial $finish;\n  `endif")
    assert any("as Icarus reads it" in f.message for f in findings)
