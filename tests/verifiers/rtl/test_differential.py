"""Candidate against reference by random simulation: differences found, placed and replayable."""

from __future__ import annotations

import pytest
from terragate.tests.support.eda import needs_icarus, needs_slang, needs_yosys
from terragate.tools.rtl.bench_run import run_bench
from terragate.tools.rtl.design import Design, Source, Testbench
from terragate.tools.rtl.differential import difference, waves
from terragate.tools.sandbox import Limits
from terragate.verifiers.rtl.differential import differential

pytestmark = [needs_icarus, needs_slang, needs_yosys]

COUNTER = """module top(input clk, input rst_n, input en, output reg [9:0] q, output wrap);
  assign wrap = q == 10'd999 && en;
  always @(posedge clk or negedge rst_n)
    if (!rst_n) q <= 0; else if (en) q <= wrap ? 10'd0 : q + 10'd1;
endmodule
"""
ADDER = "module top(input [7:0] a, b, output [8:0] s); assign s = a + b; endmodule\n"


def _design(text: str) -> Design:
    return Design(top="top", sources=(Source(name="top.sv", text=text),))


def _verdict(candidate: str, reference: str):
    return differential(_design(candidate), _design(reference))


REWRITES = {
    "itself": COUNTER,
    "with an inner module called like the reference": COUNTER.replace(
        "module top", "module RefModule(); endmodule\nmodule top"
    ),
    "other names and style": """module top(input logic clk, rst_n, en, output logic [9:0] q,
      output logic wrap);
      logic [9:0] nxt;
      always_comb begin nxt = q; if (en) nxt = (q == 999) ? '0 : q + 1; wrap = en & (q == 999); end
      always_ff @(posedge clk, negedge rst_n) if (~rst_n) q <= '0; else q <= nxt;
      endmodule""",
}


@pytest.mark.parametrize("name", REWRITES)
def test_a_rewrite_passes(name):
    verdict = _verdict(REWRITES[name], COUNTER)
    assert verdict.outcome == "pass", verdict.evidence
    assert int(verdict.strength.removeprefix("simulated(").removesuffix(")")) >= 5000


BUGS = {
    "wraps one late": ("10'd999", "10'd1000", "wrap"),
    "other clock edge": ("posedge clk", "negedge clk", "q"),
    "synchronous reset": (" or negedge rst_n", "", "q"),
    "reset of the wrong polarity": ("if (!rst_n)", "if (rst_n)", "q"),
    "reset to another value": ("q <= 0", "q <= 1", "q"),
    "enable ignored": ("else if (en)", "else", "q"),
    "output inverted": ("assign wrap = ", "assign wrap = !(", "wrap"),
    "unknown output": ("wrap ? 10'd0", "wrap ? 10'dx", "q"),
}


@pytest.mark.parametrize("name", BUGS)
def test_a_bug_is_found_placed_and_replayed(name):
    old, new, signal = BUGS[name]
    text = COUNTER.replace(old, new)
    if "!(" in new:
        text = text.replace("&& en;", "&& en);")
    assert text != COUNTER
    verdict = _verdict(text, COUNTER)
    assert verdict.outcome == "fail", verdict.evidence
    assert signal in verdict.details["outputs"]
    assert f"cycle {verdict.details['cycle']}" in verdict.evidence
    assert "(got " in verdict.details["table"][-1][signal]
    bench = Testbench.model_validate(verdict.details["testbench"])
    assert run_bench(_design(text), bench).judgement.outcome == "fail"
    assert run_bench(_design(COUNTER), bench).judgement.outcome == "pass"


def test_the_first_failing_cycle_is_the_first():
    """An 8-bit adder of 16 input bits, wrong for one pair: found by trying all, at that pair."""
    wrong = ADDER.replace("a + b", "a + b + (a == 8'hfe && b == 8'h13)")
    found = difference(_design(wrong), _design(ADDER))
    assert found.exhaustive
    assert found.counterexample is not None
    assert found.counterexample.outputs == ("s",)
    last = found.counterexample.changes[-1]
    assert dict(last.inputs) == {"a": "11111110", "b": "00010011"}
    assert (dict(last.expected)["s"], dict(last.got)["s"]) == ("100010001", "100010010")
    # Every earlier value of {b, a} was right.
    assert last.step == 0x13FE


def test_every_input_of_small_logic_is_tried():
    found = difference(_design(ADDER), _design(ADDER))
    assert (found.cycles, found.exhaustive, found.counterexample) == (65536, True, None)


def test_what_the_reference_leaves_open_may_be_anything():
    open_ref = ADDER.replace("a + b", "a == 0 ? 9'bx : a + b")
    assert _verdict(ADDER, open_ref).outcome == "pass"
    assert _verdict(open_ref, ADDER).outcome == "fail"


def test_a_reference_without_values_says_nothing():
    blind = "module top(input clk, d, output reg q); always @(posedge clk) q <= d ^ q; endmodule"
    verdict = _verdict(blind, blind)
    assert (verdict.outcome, "never gave q" in verdict.evidence) == ("unknown", True)


def test_other_ports_fail_and_are_named():
    verdict = _verdict(ADDER.replace("a, b,", "a, input [6:0] b,"), ADDER)
    assert verdict.outcome == "fail"
    assert "lacks ['b[8]'] and has ['b[7]']" in verdict.evidence


def test_ports_that_no_step_drives_are_unknown():
    bus = "module top(inout [3:0] d, input oe, output q); assign q = ^d; endmodule"
    verdict = _verdict(bus, bus)
    assert (verdict.outcome, "'d'" in verdict.evidence) == ("unknown", True)


@pytest.mark.parametrize(
    "trick",
    [
        "initial $finish;",
        'initial $display("t 0000000000");',
        'reg [9:0] m [0:9]; initial $readmemh("formal_steps.hex", m);',
        "assign formal_bench.o0 = 0;",
    ],
)
def test_tricks_are_refused(trick):
    verdict = _verdict(COUNTER.replace("endmodule", f"{trick}\nendmodule"), COUNTER)
    assert (verdict.outcome, "not allowed" in verdict.evidence) == ("fail", True)


def test_a_hang_is_unknown(monkeypatch):
    short = Limits(cpu_s=1.0, wall_s=10.0, memory_mb=1024, output_kb=1024)
    monkeypatch.setattr("terragate.tools.rtl.formal.bench.LIMITS", short)
    verdict = _verdict(COUNTER.replace("endmodule", "initial forever;\nendmodule"), COUNTER)
    assert verdict.outcome == "unknown"
    assert "limit" in verdict.evidence


def test_the_waveform_of_a_counterexample():
    wrong = _design(COUNTER.replace("10'd999", "10'd20"))
    found = difference(wrong, _design(COUNTER)).counterexample
    assert found is not None
    assert b"$enddefinitions" in waves(wrong, found)
