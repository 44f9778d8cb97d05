"""Bad input to `terragate rtl` ends with code 2 and one line that says what and where."""

from __future__ import annotations

from pathlib import Path

import pytest
from terragate.tests.support.command_line import command
from terragate.tests.support.eda import needs_icarus, needs_slang, needs_yosys

pytestmark = [needs_icarus, needs_slang, needs_yosys]
PORTS = "input clk, input d, output reg q"
GOOD = f"module top({PORTS});\n  always @(posedge clk) q <= d;\nendmodule\n"
BENCH = """module tb;
  reg clk = 0, d = 0; wire q;
  top dut(.clk(clk), .d(d), .q(q));
  initial begin #1 clk = 1; #1 $finish; end
endmodule
"""


@pytest.fixture
def home(tmp_path, monkeypatch):
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    (folder / "good.v").write_text(GOOD)
    (folder / "tb.v").write_text(BENCH)
    (folder / "spec.md").write_text("A register.\n")
    return folder


def refused(*args: str) -> str:
    """Run a command that must end as wrong usage, in one line, with no trace; return the line."""
    done = command("rtl", *args)
    assert (done.code, done.out) == (2, ""), done
    assert "Traceback" not in done.err
    return done.err


def test_a_missing_file_is_named(home):
    said = refused("verify", "goood.v")
    assert "no file 'goood.v'" in said
    assert "good.v" in said


def test_a_binary_file_is_named(home):
    Path("a.v").write_bytes(b"module top;\0endmodule")
    assert "'a.v' is binary" in refused("verify", "a.v")


def test_fifty_megabytes_are_refused_unread(home):
    with Path("big.v").open("wb") as file:
        file.truncate(50 << 20)
    assert "'big.v' has 52.4 MB" in refused("verify", "big.v")
    assert "'big.v' has 52.4 MB" in refused("generate", "big.v", "--top", "top")
    assert "'big.v' has 52.4 MB" in refused("equiv", "big.v", "good.v")


def test_another_encoding_is_named_with_its_line(home):
    Path("latin.v").write_bytes(GOOD.encode() + b"// caf\xe9\n")
    assert "latin.v:4:7: byte 0xe9 is not UTF-8" in refused("verify", "latin.v")


def test_no_top_and_several_tops(home):
    Path("none.v").write_text("// nothing here\n")
    assert "no module is defined in none.v" in refused("verify", "none.v")
    Path("two.v").write_text(GOOD + GOOD.replace("module top", "module other"))
    assert "2 top modules" in refused("verify", "two.v")
    said = refused("verify", "two.v", "--top", "nope")
    assert "no module 'nope'" in said
    assert "other" in said


def test_an_include_out_of_the_tree_is_named_with_its_line(home):
    (home.parent / "secret.vh").write_text("`define SECRET 1\n")
    Path("inc.v").write_text('`include "../secret.vh"\n' + GOOD)
    assert "inc.v:1: " in refused("verify", "inc.v")
    Path("inc.v").write_text('\n\n`include "/etc/passwd"\n' + GOOD)
    assert "inc.v:3: '/etc/passwd' is no plain path" in refused("verify", "inc.v")


def test_an_interface_against_a_reference(home):
    Path("top.vh").write_text("module top(\n  input clk,\n  input [3:0] d,\n  output reg q);\n")
    more = ("--top", "top", "--interface", "top.vh", "--reference", "good.v")
    said = refused("generate", "spec.md", *more)
    assert "good.v:1: " in said
    assert "top.vh:3" in said
    assert "port 'd' is input of 1 bit, not input of 4 bits" in said


def test_a_testbench_against_a_reference(home):
    Path("odd.v").write_text(BENCH.replace(".q(q)", ".q(q), .ready(d)"))
    said = refused("verify", "good.v", "--testbench", "odd.v", "--reference", "good.v")
    assert "odd.v:3:" in said
    assert "port 'ready' does not exist in 'top'" in said


def test_an_interface_that_is_no_module(home):
    Path("top.vh").write_text("this is prose\n")
    said = refused("generate", "spec.md", "--top", "top", "--interface", "top.vh")
    assert "top.vh: " in said


@pytest.mark.parametrize(
    ("more", "said"),
    [
        (("--require", "sure"), "--require 'sure': write proved"),
        (("--require", "bounded:0"), "--require 'bounded:0'"),
        (("--testbench", "tb.v", "--pass", "maybe"), "--pass 'maybe': write exit"),
        (("--testbench", "tb.v", "--pass", "line:("), "no regular expression"),
        (("-P", "W"), "-P 'W': write NAME=VALUE"),
        (("-P", "W=$finish"), "parameter W is '$finish'"),
        (("-D", "A=`B"), "define A is '`B'"),
        (("-f", "good.v"), "a file list ends in"),
        (("--top", "a b"), "a b"),
        (("--liberty", "none.lib"), "no file 'none.lib'"),
    ],
)
def test_options_that_cannot_be_meant(home, more, said):
    assert said in refused("verify", "good.v", *more)


def test_a_list_is_refused_with_its_line(home):
    Path("a.f").write_text("good.v\nnot_there.v\n")
    assert "a.f:2: " in refused("verify", "-f", "a.f")


def test_an_empty_specification(home):
    Path("empty.md").write_text(" \n")
    assert "'empty.md' is empty" in refused("generate", "empty.md", "--top", "top")


def test_an_unknown_workflow_and_a_bad_calibration(home):
    said = refused("generate", "spec.md", "--top", "top", "--workflow", "stateful")
    assert "'stateful': choose one of cascade" in said
    Path("fit.json").write_text("{\n]")
    said = refused("generate", "spec.md", "--top", "top", "--calibration", "fit.json")
    assert "fit.json:2: no JSON" in said
    Path("fit.json").write_text('{"samples": 0}')
    assert "samples" in refused("generate", "spec.md", "--top", "top", "--calibration", "fit.json")


def test_a_repair_needs_a_judge_and_a_file_of_the_design(home):
    assert "--testbench or --reference" in refused("repair", "good.v", "--top", "top")
    said = refused("repair", "good.v", "--testbench", "tb.v", "--file", "other.v")
    assert "'other.v' is none of the design's files: good.v" in said


def test_designs_with_other_ports_cannot_be_compared(home):
    Path("wide.v").write_text(GOOD.replace("input d", "input [1:0] d"))
    assert "the inputs differ: d[1], d[2]" in refused("equiv", "good.v", "wide.v")


def test_what_is_no_waveform(home):
    assert "no file 'a.vcd'" in refused("explain", "a.vcd")
    assert "not a readable waveform" in refused("explain", "good.v")


def test_what_one_tool_cannot_read_is_offered_to_others(home):
    # A queue is valid SystemVerilog, which Icarus 11 compiles in part and Yosys not at all.
    Path("queue.sv").write_text(
        "module top(input clk, input d, output reg q);\n"
        "  int held[$];\n"
        "  always @(posedge clk) begin held.push_back(d); q <= held.size() > 3; end\n"
        "endmodule\n"
    )
    done = command("rtl", "verify", "queue.sv", "--testbench", "tb.v")
    assert done.code == 1
    assert "Yosys cannot read this SystemVerilog, which is valid" in done.out
    assert "slang" in done.out
