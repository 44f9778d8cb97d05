"""`terragate rtl repair`, `verify`, `equiv` and `explain`: real tools, a scripted model server."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest
from terragate.tests.support.code_server import fenced, writes
from terragate.tests.support.command_line import command
from terragate.tests.support.eda import needs_icarus, needs_slang, needs_yosys
from terragate.tests.support.openai_server import serving
from terragate.tests.support.toggler import BROKEN, GOOD, TOP, WRONG, enter_toggler_folder

pytestmark = [needs_icarus, needs_slang, needs_yosys]


@pytest.fixture
def home(tmp_path, monkeypatch):
    return enter_toggler_folder(tmp_path, monkeypatch)


def repair(url: str, file: str, *more: str):
    return command(
        *("rtl", "repair", file, "--top", TOP, "--testbench", "tb.v", "--model", url), *more
    )


def test_a_repair_is_a_patch_that_verifies(home):
    with serving(writes(fenced(GOOD))) as server:
        done = repair(server.url, "wrong.v")
    assert done.code == 0, done.err
    (patch,) = Path("runs").glob("*/repair.patch")
    assert str(patch.absolute()) in done.out
    assert "+    else if (on) q <= ~q;" in done.out
    subprocess.run(["patch", "wrong.v", str(patch)], check=True, capture_output=True)
    assert Path("wrong.v").read_text() == GOOD


def test_a_repair_that_does_not_come_is_an_honest_no(home):
    Path("sim.log").write_text("at 35 ns the customer saw q toggle without on\n")
    with serving(writes(fenced(BROKEN))) as server:
        done = repair(server.url, "wrong.v", "--log", "sim.log")
        told = str(server.requests)
    assert done.code == 1
    assert "Not verified" in done.out
    assert not list(Path("runs").glob("*/repair.patch"))
    assert "the customer saw q toggle" in told


def test_a_repair_of_what_is_right_asks_no_model(home):
    with serving(writes(fenced(WRONG))) as server:
        done = repair(server.url, "good.v", "--json")
    report = json.loads(done.out)
    assert (done.code, report["usage"]["model_calls"]) == (0, 0)


def test_verify_says_how_far(home):
    done = command("rtl", "verify", "good.v", "--top", TOP, "--testbench", "tb.v", "--json")
    found = json.loads(done.out)
    assert (done.code, found["status"]) == (0, "verified")
    assert [v["name"] for v in found["verdicts"]] == [
        "parses", "safe", "elaborates", "lint", "synthesises", "simulates",
    ]  # fmt: skip


def test_verify_shows_a_counterexample_and_where_to_look(home):
    done = command("rtl", "verify", "wrong.v", "--testbench", "tb.v", "--reference", "ref.v")
    assert done.code == 1
    assert "refuted" in done.out
    assert "counterexample (differential)" in done.out
    assert "look at q: is assigned in line 3, 4" in done.out


@pytest.mark.parametrize(
    ("more", "code"),
    [
        (("--testbench", "tb.v", "--require", "simulated:1"), 0),
        (("--testbench", "tb.v", "--require", "proved"), 1),
        ((), 1),
    ],
)
def test_the_required_strength_decides(home, more, code):
    assert command("rtl", "verify", "good.v", *more).code == code


def test_properties_are_held_to(home):
    Path("props.sv").write_text(
        "module props(input clk, input rst, input on, input q);\n"
        "  reg seen = 0;\n"
        "  always @(posedge clk) if (rst) seen <= 1;\n"
        "  always @* assume (!on);\n"
        "  always @(posedge clk) if (seen) stays: assert (q == 0);\n"
        "endmodule\n"
    )
    good = command("rtl", "verify", "good.v", "--properties", "props.sv", "--json")
    assert (good.code, json.loads(good.out)["verdicts"][-1]["outcome"]) == (0, "pass"), good.out
    Path("set.v").write_text(GOOD.replace("q <= 1'b0", "q <= 1'b1"))
    bad = command("rtl", "verify", "set.v", "--properties", "props.sv", "--json")
    assert (bad.code, json.loads(bad.out)["verdicts"][-1]["outcome"]) == (1, "fail")


def test_equiv_proves_and_refutes(home):
    proved = command("rtl", "equiv", "ref.v", "good.v", "--top", TOP)
    assert proved.code == 0, proved.out
    assert proved.out.startswith("proved"), proved.out
    refuted = command("rtl", "equiv", "ref.v", "wrong.v", "--top", TOP, "--out", "found")
    assert refuted.code == 1
    assert "first difference at cycle" in refuted.out
    assert "look at q" in refuted.out
    # What was written fails again in plain Icarus, and shows in words.
    subprocess.run(
        ["iverilog", "-g2012", "-o", "replay.vvp", "found/replay.sv", "wrong.v"], check=True
    )
    ran = subprocess.run(["vvp", "-n", "replay.vvp"], capture_output=True, text=True, check=True)
    assert "Mismatches: 0 " not in ran.stdout
    assert "Mismatches: " in ran.stdout


def test_explain_says_what_a_waveform_shows(home):
    command("rtl", "equiv", "ref.v", "wrong.v", "--top", TOP, "--out", "found")
    wave = "found/counterexample.vcd"
    done = command("rtl", "explain", wave, "--svg", "a.svg", "--design", "wrong.v")
    assert done.code == 0, done.err
    assert "Clock" in done.out
    assert Path("a.svg").read_text().lstrip().startswith("<?xml")
    found = json.loads(command("rtl", "explain", wave, "--json", "--signal", "q").out)
    assert found["signals"] > 4
    assert found["table"]["signals"]
