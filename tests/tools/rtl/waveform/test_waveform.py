"""Waveforms in words: a real dump of Icarus, with values known by hand."""

from __future__ import annotations

import re

import pytest
from terragate.tests.support.eda import (
    VERILOG_EVAL,
    needs_icarus,
    needs_slang,
    needs_verilog_eval,
    needs_yosys,
)
from terragate.tools.errors import RetryableToolError
from terragate.tools.rtl.bench_run import run_bench
from terragate.tools.rtl.design import Design, PassRule, Source, Testbench
from terragate.tools.rtl.differential import difference
from terragate.tools.rtl.waveform import (
    Wave,
    as_text,
    bench_mismatch,
    explain,
    mismatch_feedback,
    picture,
    read_wave,
    window,
)
from terragate.tools.rtl.waveform.feedback import token_count

pytestmark = [needs_icarus, needs_slang, needs_yosys]

# q_ref follows a at each rising edge (5, 15, 25 ...); q_dut does too, but for a == 5.
DESIGN = """module top(input clk, input [3:0] a, output reg [3:0] q);
  wire [3:0] n = a == 5 ? 4'bx : a;
  always @(posedge clk) q <= n;
endmodule
"""
BENCH = """`timescale 1ns/1ns
module tb;
  reg clk = 0, rst = 1, idle = 0; reg [3:0] a = 0; reg [3:0] q_ref; wire [3:0] q_dut;
  reg never; wire echo = ~never; real level = 0.5; integer i;
  top dut(clk, a, q_dut);
  always #5 clk = ~clk;
  always @(posedge clk) q_ref <= a;
  initial begin
    #12 rst = 0;
    for (i = 1; i < 10; i = i + 1) begin #10 a = i; level = i; end
    $finish;
  end
endmodule
"""


def _design(text: str = DESIGN) -> Design:
    return Design(top="top", sources=(Source(name="top.v", text=text),))


def _bench() -> Testbench:
    return Testbench(top="tb", sources=(Source(name="tb.v", text=BENCH),))


@pytest.fixture(scope="module")
def dump() -> bytes:
    found = run_bench(_design(), _bench(), waves="all.vcd").waves
    assert found.startswith(b"$date")
    return found


def test_the_values_are_those_that_were_simulated(dump):
    wave = read_wave(dump)
    assert wave.timescale == "1ns"
    assert wave.whole
    a = wave.track("tb.a")
    assert (a.width, a.changes[:3]) == (4, ((0, "0000"), (22, "0001"), (32, "0010")))
    assert [a.at(t) for t in (0, 21, 22, 31, 32)] == ["0000", "0000", "0001", "0001", "0010"]
    assert wave.track("tb.level").changes[1] == (22, "1.0")
    assert wave.track("tb.never").changes == ((0, "x"),)
    assert wave.end == 102


def test_only_what_was_asked_for_is_read(dump):
    wave = read_wave(dump, ["tb.a", "rst"], start=25, end=45)
    assert {s.name for s in wave.signals} == {"tb.a", "tb.rst"}
    assert wave.track("a").changes == ((25, "0001"), (32, "0010"), (42, "0011"))


def test_a_name_must_be_known_and_mean_one_signal(dump):
    wave = read_wave(dump)
    with pytest.raises(RetryableToolError) as unknown:
        wave.track("b")
    assert unknown.value.kind == "not_found"
    assert "tb.a" in unknown.value.candidates
    assert wave.track("clk").name.endswith("clk")
    doubled = Wave(
        timescale="1ns",
        signals=(
            wave.track("tb.a").model_copy(update={"name": "tb.x.s"}),
            wave.track("tb.rst").model_copy(update={"name": "tb.y.s"}),
        ),
    )
    with pytest.raises(RetryableToolError) as several:
        doubled.track("s")
    assert several.value.kind == "ambiguous"


def test_a_window_shows_what_the_edges_see(dump):
    """Edges are at 5, 15 ...; a is 1 from 22 and 2 from 32: the fourth (35) sees 2."""
    table = window(dump, ["tb.a", "q_ref", "q_dut"], around=65, cycles=5)
    assert table.cycles == (4, 5, 6, 7, 8)
    assert table.times == (35, 45, 55, 65, 75)
    assert [row[0] for row in table.rows] == ["2", "3", "4", "5", "6"]
    assert [row[1] for row in table.rows] == ["1", "2", "3", "4", "5"]
    last = window(dump, ["tb.a", "q_ref", "q_dut"], around=65, cycles=1)
    assert last.rows == (("6", "5", "x"),)
    text = as_text(table)
    assert re.search(r"tb\.a +2 +3 +4 +5 +6", text)
    assert len(text.splitlines()) == 4


def test_a_window_without_a_clock_has_a_row_for_each_change(dump):
    table = window(read_wave(dump, ["tb.a"]), ["tb.a"], around=42, cycles=3)
    assert (table.clock, table.times) == ("", (22, 32, 42))
    assert [row[0] for row in table.rows] == ["1", "2", "3"]


def test_an_explanation_finds_clock_reset_unknown_and_mismatch(dump):
    found = explain(dump)
    assert (found.clock, found.period, found.cycles) == ("tb.clk", 10, 10)
    assert (found.reset, found.reset_end) == ("tb.rst", 12)
    assert found.mismatch is not None
    # a is 5 from 62 to 72: the edge at 65 takes it, which is the seventh.
    assert (found.mismatch.time, found.mismatch.cycle) == (65, 7)
    assert found.mismatch.signals == (("q", "5", "x"),)
    assert found.unknown is not None
    assert found.unknown[1] == 62
    assert "idle" in found.still
    assert found.never_known == ("echo", "never")
    text = found.text()
    assert token_count(text) < 150
    assert "First mismatch at cycle 7, time 65: q is x, expected 5." in text


def test_with_a_design_only_its_ports_are_called_dead(dump):
    found = explain(dump, _design())
    assert found.never_known == ()
    assert found.still == ()


def test_feedback_of_a_testbench_names_cycle_values_and_lines():
    found = bench_mismatch(_design(), _bench())
    assert found is not None
    text = mismatch_feedback(found, _design())
    assert text.startswith("First mismatch in cycle 7: q=x, expected 5.")
    assert "Inputs: clk=0 a=5." in text
    assert "q is assigned in line 3 from n (line 2)" in text
    assert token_count(text) <= 120


def test_feedback_of_a_counterexample():
    wrong = DESIGN.replace("4'bx : a", "4'd7 : a")
    right = DESIGN.replace("a == 5 ? 4'bx : a", "a")
    example = difference(_design(wrong), _design(right)).counterexample
    assert example is not None
    text = mismatch_feedback(example, _design(wrong))
    assert f"cycle {example.cycle}: q=7, expected 5" in text
    assert "line 3" in text
    for most in (20, 40, 120):
        assert token_count(mismatch_feedback(example, _design(wrong), most=most)) <= most


def test_no_feedback_where_nothing_differs():
    assert bench_mismatch(_design(DESIGN.replace("a == 5", "0")), _bench()) is None


def test_pictures_are_the_same_each_time(dump):
    names = ["tb.clk", "tb.a", "q_dut"]
    svg = picture(dump, names)
    assert svg == picture(dump, names)
    assert svg.startswith(b"<?xml")
    assert b"tb.a" in svg
    assert b"#c0392b" in svg
    assert picture(dump, names, kind="png", start=20, end=60).startswith(b"\x89PNG")


@needs_verilog_eval
def test_a_real_testbench_of_verilog_eval():
    folder = VERILOG_EVAL / "dataset_spec-to-rtl"
    text = (folder / "Prob109_fsm1_ref.sv").read_text()
    bench = Testbench(
        top="tb",
        sources=(
            Source(name="test.sv", text=(folder / "Prob109_fsm1_test.sv").read_text()),
            Source(name="ref.sv", text=text),
        ),
        rule=PassRule(kind="mismatches"),
    )
    wrong = text.replace("RefModule", "TopModule").replace("in ? A : B", "in ? B : A")
    design = Design(top="TopModule", sources=(Source(name="top.sv", text=wrong),))
    found = bench_mismatch(design, bench)
    assert found is not None
    assert found.signals[0][0] == "out"
    assert "state (line 21, 22)" in mismatch_feedback(found, design)
