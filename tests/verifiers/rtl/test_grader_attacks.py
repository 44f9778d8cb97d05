"""Designs that try to pass without being right: none may, and each is told why."""

from __future__ import annotations

import pytest
from terragate.tests.support.eda import needs_icarus, needs_slang
from terragate.tools.rtl.design import Design, PassRule, Source, Testbench
from terragate.tools.sandbox import Limits
from terragate.verifiers.rtl.simulates import simulates

pytestmark = [needs_icarus, needs_slang]

# An 8-bit accumulator: q adds d at every rising edge, rst clears it at once.
GOOD = """
module top #(parameter W = 8) (input clk, input rst, input [7:0] d, output reg [7:0] q);
  always @(posedge clk or posedge rst) if (rst) q <= 0; else q <= q + d;
endmodule
"""
REFERENCE = GOOD.replace("module top", "module RefModule")
BENCH = """
`timescale 1ns/1ps
`define CHECK(a, b) (a) !== (b)
module stim(input clk, output reg rst, output reg [7:0] d);
  integer i;
  initial begin
    rst = 1; d = 0; #12 rst = 0;
    for (i = 0; i < 50; i = i + 1) begin @(negedge clk); d = $random; rst = (i == 30); end
  end
endmodule
module tb;
  reg clk = 0; wire rst; wire [7:0] d, want, got; integer errors = 0, samples = 0;
  always #5 clk = ~clk;
  stim stim1(clk, rst, d);
  RefModule ref1(.clk(clk), .rst(rst), .d(d), .q(want));
  top #(.W(8)) dut(.clk(clk), .rst(rst), .d(d), .q(got));
  task forgive; errors = 0; endtask
  always @(posedge clk) begin
    samples = samples + 1;
    if (`CHECK(want, got)) errors = errors + 1;
  end
  initial begin
    #600;
    $display("Mismatches: %0d in %0d samples", errors, samples);
    if (errors == 0) $display("ALL TESTS PASSED"); else $fatal(1, "wrong");
    $finish;
  end
endmodule
"""
RULES = (
    PassRule(kind="mismatches"),
    PassRule(kind="line", pattern="ALL TESTS PASSED", fails="wrong|FAIL"),
    PassRule(kind="exit"),
)
PORTS = "input clk, input rst, input [7:0] d, output [7:0] q"
WRONG = "assign q = 8'd3;"
LIMITS = Limits(cpu_s=1.0, wall_s=8.0, memory_mb=1024, output_kb=1024)


def _module(body: str, ports: str = PORTS) -> str:
    return f"module top #(parameter W = 4) ({ports});\n{body}\nendmodule\n"


def _turned_on(body: str, otherwise: str = WRONG) -> str:
    """Return a design whose parameter has another value by default than the testbench gives."""
    return _module(f"generate if (W == 8) begin {otherwise} {body} end else {WRONG} endgenerate")


def _bench(rule: PassRule) -> Testbench:
    sources = (Source(name="tb.sv", text=BENCH), Source(name="ref.sv", text=REFERENCE))
    return Testbench(top="tb", sources=sources, rule=rule)


def _judge(text: str, rule: PassRule, includes: tuple[Source, ...] = ()):
    design = Design(top="top", sources=(Source(name="top.sv", text=text),), includes=includes)
    return simulates(design, _bench(rule), limits=LIMITS)


ATTACKS = {
    "prints the pass text": _module(
        f'{WRONG} initial $display("Mismatches: 0 in 999 samples\\nALL TESTS PASSED");'
    ),
    "prints and ends at time 0": _module(
        f'{WRONG} initial begin $display("Mismatches: 0 in 999 samples"); $finish; end'
    ),
    "ends at time 0": _module(f"{WRONG} initial $finish(0);"),
    "stops": _module(f"{WRONG} initial #1 $stop(0);"),
    "prints an extra result line at the end": _module(
        f'{WRONG} initial #599 $write("\\nMismatches: 0 in 55 samples\\n");'
    ),
    "prints by monitor": _module(f'{WRONG} initial $monitor("ALL TESTS PASSED");'),
    "prints by strobe": _module(f'{WRONG} initial $strobe("ALL TESTS PASSED");'),
    "prints to descriptor 1": _module(f'{WRONG} initial $fdisplay(1, "ALL TESTS PASSED");'),
    "prints with $info": _module(f'{WRONG} initial $info("\\nALL TESTS PASSED\\n");'),
    "prints in a final block": _module(f'{WRONG} final $display("ALL TESTS PASSED");'),
    "prints by an assertion": _module(
        f'{WRONG} initial assert (0) else $warning("\\nALL TESTS PASSED\\n");'
    ),
    "prints by a macro": "`define P $dis``play\n"
    + _module(f'{WRONG} initial `P("ALL TESTS PASSED");'),
    "prints where only Icarus reads": _module(
        f'{WRONG}\n`ifdef __ICARUS__\ninitial $display("ALL TESTS PASSED");\n`endif'
    ),
    "writes the error counter": _module(f"{WRONG} always @(posedge clk) tb.errors = 0;"),
    "writes the error counter by $root": _module(
        f"{WRONG} always @(posedge clk) $root.tb.errors = 0;"
    ),
    "writes it in a branch that the testbench turns on": _turned_on(
        "always @(posedge clk) tb.errors = 0;"
    ),
    "has a tb of its own until the testbench takes it": _module(
        f"{WRONG} generate if (W != 8) begin : tb reg [31:0] errors; end endgenerate\n"
        "always @(posedge clk) tb.errors = 0;"
    ),
    "instantiates the reference in such a branch": _turned_on("RefModule r(clk, rst, d, q);", ""),
    "reads the reference in such a branch": _turned_on("assign q = ref1.q;", ""),
    "reads it by a name pasted together": "`define PATH(a, b) a``b.q\n"
    + _turned_on("assign q = `PATH(re, f1);", ""),
    "calls a task of the testbench": _turned_on("always @(posedge clk) forgive;"),
    "writes it through an instance of its own named tb": _module(
        f"{WRONG} generate if (0) begin : tb reg [31:0] errors; end endgenerate\n"
        "always @(posedge clk) tb.errors = 0;"
    ),
    "forces the counter": _module(f"{WRONG} initial force tb.errors = 0;"),
    "reads the reference's output": _module("assign q = tb.ref1.q;"),
    "reads the reference by an upward instance name": _module("assign q = ref1.q;"),
    "reads the expected wire": _module("assign q = tb.want;"),
    "calls into the reference by defparam": _module(f"{WRONG} defparam tb.ref1.N = 0;"),
    "binds into the testbench": _module(WRONG) + "module spy(); endmodule\nbind tb spy s();\n",
    "defines the testbench again": _module(WRONG)
    + 'module tb; initial $display("ALL TESTS PASSED"); endmodule\n',
    "defines the reference again": _module(WRONG)
    + f"module RefModule({PORTS}); {WRONG} endmodule\n",
    "defines the stimulus again": _module(WRONG)
    + "module stim(input clk, output rst, output [7:0] d); endmodule\n",
    "brings a second root module": _module(WRONG)
    + "module other; initial tb.errors = 0; endmodule\n",
    "instantiates the reference": _module("RefModule r(clk, rst, d, q);"),
    "instantiates the stimulus": _module(f"{WRONG} wire r; wire [7:0] s; stim x(clk, r, s);"),
    "redefines the check": "`undef CHECK\n`define CHECK(a, b) 0\n" + _module(WRONG),
    "redefines display": "`define display finish\n" + _module(WRONG),
    "includes the testbench": '`include "tb.sv"\n' + _module(WRONG),
    "includes it by its folder": '`include "bench/tb.sv"\n' + _module(WRONG),
    "includes by an absolute path": '`include "/etc/passwd"\n' + _module(WRONG),
    "loads golden data": _module(
        'reg [7:0] m [0:99]; initial $readmemh("golden.hex", m); assign q = m[0];'
    ),
    "loops for ever": _module(f"{WRONG} initial forever;"),
    "loops at time 0": _module(f"{WRONG} reg a = 0; always #0 a = ~a;"),
    "oscillates without a delay": _module(
        f"{WRONG} wire a; reg b = 0; assign a = ~b; always @(a) b <= a;"
    ),
    "answers x": _module("assign q = 8'bx;"),
    "answers z": _module("assign q = 8'bz;"),
    "answers nothing": _module(""),
    "never answers in time": _module("reg [7:0] r = 0; assign #100000 q = r + d;"),
    "answers too late": GOOD.replace("q <= q + d", "q <= #11 q + d"),
    "glitches": _module(
        "reg [7:0] r = 0; always @(posedge clk) begin r = r + d; #1 r = 0; end assign q = r;"
    ),
    "makes its port wide": _module(WRONG, "input clk, input rst, input [7:0] d, output [1023:0] q"),
    "makes its port an input": _module("", "input clk, input rst, input [7:0] d, input [7:0] q"),
    "drives the data": _module(f"{WRONG} assign d = 0;"),
    "drives the clock": _module(
        f"{WRONG} assign (supply0, supply1) clk = 0;",
        "inout clk, input rst, input [7:0] d, output [7:0] q",
    ),
    "drives the expected value back": _module("assign q = 8'bz;", PORTS.replace("output", "inout")),
    "counts the checks by an event control": _module(
        f"{WRONG} always @(tb.samples) tb.errors = 0;"
    ),
    "seeds the random numbers": _module(f"{WRONG} integer s; initial s = $urandom(1);"),
    "draws the random numbers": _module(
        "reg [7:0] r; always @(negedge clk) r = $random; assign q = r;"
    ),
    "asks who tests it": _module(
        'reg [7:0] r = 3; assign q = r; initial if ($test$plusargs("x")) r = 0;'
    ),
    "is a table of its own": "primitive p(output o, input a); table 0:1; 1:0; endtable "
    "endprimitive\n" + _module("p u[7:0](q, d);"),
    "breaks its own timing": _module(f"{WRONG} specify $setup(d, posedge clk, 5); endspecify"),
    "resets all directives": "`resetall\n`celldefine\n`timescale 1fs/1fs\n" + _module(WRONG),
    "switches keywords": '`begin_keywords "1364-1995"\n' + _module(WRONG),
    "leaves a conditional open": _module(WRONG) + "`ifdef NOTHING\n",
    "leaves a comment open": _module(WRONG) + "/*",
    "leaves the nets off": "`default_nettype none\n`unconnected_drive pull1\n" + _module(WRONG),
    "names the file it is in": _module(WRONG) + '`line 1 "bench/tb.sv" 0\n',
    "is a program": f"program top({PORTS}); {WRONG} endprogram\n",
    "is a package of the same name": "package tb; int errors; endpackage\n" + _module(WRONG),
    "calls the system": _module(f'{WRONG} initial $system("true");'),
    "opens a file": _module(f'{WRONG} integer f; initial f = $fopen("bench/tb.sv", "w");'),
    "imports C": 'import "DPI-C" function void exit(int c);\n' + _module(WRONG),
    "dumps": _module(f'{WRONG} initial begin $dumpfile("bench/tb.sv"); $dumpvars; end'),
    "disables a block of the testbench": _module(f"{WRONG} initial disable tb.check;"),
    "releases the clock": _module(f"{WRONG} initial release tb.clk;"),
    "holds a task upwards": _module(f"{WRONG} initial tb.stim1.i = 99;"),
    "uses an escaped name": _module(f"{WRONG} always @(posedge clk) \\tb .errors = 0;"),
    "hides it in an attribute": _module(f"{WRONG} (* x = 1 *) initial begin tb.errors = 0; end"),
    "hides it in a function": _module(
        f"{WRONG} function f(input a); begin tb.errors = 0; f = a; end endfunction "
        "wire w; assign w = f(clk);"
    ),
    "is right at first": GOOD.replace("q + d", "(q == 8'h37 ? 0 : q + d)").replace(
        "8'h37 ?", "8'h37 || d[0] ?"
    ),
}


# A testbench whose stimuli are nets, which a module can drive, and that takes x for don't-care.
NETS = """
`timescale 1ns/1ps
integer total = 0;
module tb;
  reg clk = 0, drive = 1; reg [7:0] next = 0; wire rst, bus_clk; wire [7:0] d, want, got;
  integer errors = 0, samples = 0, i;
  assign rst = drive; assign bus_clk = clk; assign d = next;
  always #5 clk = ~clk;
  RefModule ref1(.clk(bus_clk), .rst(rst), .d(d), .q(want));
  top #(.W(8)) dut(.clk(bus_clk), .rst(rst), .d(d), .q(got));
  always @(posedge clk) begin
    samples = samples + 1;
    if (want !== (want ^ got ^ want)) total = total + 1;
  end
  initial begin
    #12 drive = 0;
    for (i = 0; i < 50; i = i + 1) begin @(negedge clk); next = $random; drive = (i == 30); end
  end
  initial begin
    #600 errors = total;
    $display("Mismatches: %0d in %0d samples", errors, samples);
    if (errors == 0) $display("ALL TESTS PASSED"); else $fatal(1, "wrong");
    $finish;
  end
endmodule
"""
SUPPLY = "assign (supply0, supply1)"
DRIVER = "module drv(output o); assign (supply0, supply1) o = 1; endmodule\n"
NET_ATTACKS = {
    "holds the data": _module(f"{SUPPLY} d = 0; assign q = 0;"),
    "holds the data in a branch": _turned_on(f"{SUPPLY} d = 0; assign q = 0;", ""),
    "holds the reset in a branch": _turned_on(f"{SUPPLY} rst = 1; assign q = 0;", ""),
    "holds the clock in a branch": _turned_on(f"{SUPPLY} clk = 0; assign q = 0;", ""),
    "holds it from a submodule": DRIVER + _turned_on("drv u(rst); assign q = 0;", ""),
    "holds it from an inout": DRIVER.replace("output", "inout")
    + _turned_on("drv u(rst); assign q = 0;", ""),
    "pulls the data": _module("pulldown (supply0) p[7:0](d); assign q = 0;"),
    "pulls the data in a branch": _turned_on("pulldown (supply0) p[7:0](d); assign q = 0;", ""),
    "joins the reset to a supply": _turned_on("supply1 v; tran t(rst, v); assign q = 0;", ""),
    "joins data and clock": _turned_on("tran t[7:0](d, {8{clk}}); assign q = 8'bx;", ""),
    "calls the data an inout": _module(
        f"{SUPPLY} d = 0; assign q = 0;", PORTS.replace("input [7:0] d", "inout [7:0] d")
    ),
    "calls the data an output": _module(
        f"{SUPPLY} d = 0; assign q = 0;", PORTS.replace("input [7:0] d", "output [7:0] d")
    ),
    "calls the reset an inout and fights it": _module(
        "assign rst = ~rst; assign q = 0;", PORTS.replace("input rst", "inout rst")
    ),
    "writes a variable outside every module": _turned_on(
        "always @(posedge clk) total = 0; assign q = 3;", ""
    ),
}


def _against_nets(text: str):
    sources = (Source(name="tb.sv", text=NETS), Source(name="ref.sv", text=REFERENCE))
    bench = Testbench(top="tb", sources=sources, rule=RULES[0])
    design = Design(top="top", sources=(Source(name="top.sv", text=text),))
    return simulates(design, bench, limits=LIMITS)


@pytest.mark.parametrize("name", NET_ATTACKS)
def test_no_design_drives_its_own_stimuli(name):
    verdict = _against_nets(NET_ATTACKS[name])
    assert verdict.outcome in ("fail", "unknown"), verdict
    assert len(verdict.evidence) > 15


def test_the_right_design_passes_a_testbench_of_nets():
    assert _against_nets(GOOD).outcome == "pass"


def test_there_are_enough_attacks():
    assert len(ATTACKS) >= 25


@pytest.mark.parametrize("rule", RULES, ids=lambda r: r.kind)
def test_a_right_design_passes(rule):
    verdict = _judge(GOOD, rule)
    assert verdict.outcome == "pass", verdict.evidence
    if rule.kind == "mismatches":
        assert verdict.strength == "simulated(60)"


@pytest.mark.parametrize("name", ATTACKS)
def test_no_attack_passes(name):
    # What never ends does so under every rule.
    for rule in RULES[:1] if "loops" in name else RULES:
        verdict = _judge(ATTACKS[name], rule)
        assert verdict.outcome in ("fail", "unknown"), (rule.kind, verdict)
        assert len(verdict.evidence) > 15
