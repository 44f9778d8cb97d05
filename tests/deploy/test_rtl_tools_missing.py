"""Where a tool is not installed: code 3, no verdict made up, and the command that installs it."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from terragate.deploy.cli import doctor
from terragate.tests.support.command_line import command
from terragate.tests.support.eda import needs_slang, needs_yosys
from terragate.tools.rtl import icarus
from terragate.workflows.settings import Settings

DESIGN = (
    "module top(input clk, input d, output reg q);\n  always @(posedge clk) q <= d;\nendmodule\n"
)
BENCH = "module tb; reg clk = 0, d = 0; wire q; top dut(clk, d, q); initial #9 $finish; endmodule\n"


@pytest.fixture
def without_icarus(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "160")
    real = shutil.which
    monkeypatch.setattr(
        icarus.shutil, "which", lambda name: None if name in {"iverilog", "vvp"} else real(name)
    )
    icarus.icarus_version.cache_clear()
    yield
    icarus.icarus_version.cache_clear()


def test_the_doctor_names_the_command(without_icarus):
    findings = {f.name: f for check in doctor.CHECKS[-6:] for f in (check(Settings()),)}
    assert set(findings) == {
        "Icarus Verilog", "Yosys", "Verilator", "slang", "pyverilog", "sandbox",
    }  # fmt: skip
    gone = findings["Icarus Verilog"]
    assert (gone.good, gone.mend) == (False, "apt-get install iverilog")
    assert "apt-get install iverilog" in command("doctor").out


@needs_slang
@needs_yosys
def test_a_testbench_that_nothing_can_run_is_no_verdict(without_icarus):
    Path("top.v").write_text(DESIGN)
    Path("tb.v").write_text(BENCH)
    done = command("rtl", "verify", "top.v", "--testbench", "tb.v", "--json")
    found = json.loads(done.out)
    last = found["verdicts"][-1]
    assert (done.code, found["status"]) == (3, "unverified")
    assert (last["name"], last["outcome"]) == ("simulates", "skipped")
    assert "apt-get install iverilog" in last["evidence"]
