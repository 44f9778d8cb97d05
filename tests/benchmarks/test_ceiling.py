"""The references scored as candidates: what misses and why, the command, a sample of real ones."""

from __future__ import annotations

import json
from pathlib import Path

from terragate.benchmarks.rtl import rtllm, verilogeval
from terragate.benchmarks.rtl.ceiling import ceiling
from terragate.benchmarks.rtl.scoring import score_all
from terragate.tests.support.command_line import command
from terragate.tests.support.eda import (
    RTLLM,
    VERILOG_EVAL,
    needs_icarus,
    needs_rtllm,
    needs_slang,
    needs_verilog_eval,
)
from terragate.tests.support.tiny_rtl_sets import write_verilog_eval

pytestmark = [needs_icarus, needs_slang]


def test_the_ceiling_names_every_miss_and_why(tmp_path: Path) -> None:
    names = ("Prob001_and", "Prob082_lfsr32")
    found = ceiling(verilogeval.load(write_verilog_eval(tmp_path, names, watchdog=True)))
    assert (found.passed, found.total) == (0, 2)
    assert [miss.id for miss in found.failures] == list(names)
    assert "watchdog" in found.failures[1].why
    assert "timeout" in found.failures[0].why


def test_the_command_prints_one_object_or_a_table(tmp_path: Path) -> None:
    folder = write_verilog_eval(tmp_path / "set")
    done = command("eval", "ceiling", "verilogeval", "--data", folder, "--json")
    assert done.code == 0
    found = json.loads(done.out)
    assert set(found) == {"passed", "total", "failures", "tools"}
    assert (found["passed"], found["total"], found["failures"]) == (1, 1, [])
    assert set(found["tools"]) == {"icarus", "slang", "terragate"}
    shown = command(
        "eval", "ceiling", "verilogeval", "--data", folder, "--cache", tmp_path / "kept"
    )
    assert "1 of 1 references pass by the published criterion, 1 by ours" in shown.out
    assert list((tmp_path / "kept").rglob("*.json"))


def test_the_tables_of_misses_and_doubts_are_apart(tmp_path: Path) -> None:
    write_verilog_eval(tmp_path, ("Prob001_blind",), steps=3)
    write_verilog_eval(tmp_path, ("Prob082_lfsr32",), watchdog=True)
    (tmp_path / "problems.txt").unlink()
    shown = " ".join(command("eval", "ceiling", "verilogeval", "--data", tmp_path).out.split())
    misses, doubts = shown.split("pass, but prove nothing or are refused")
    assert "Prob082_lfsr32" in misses
    assert "watchdog" in misses
    assert "Prob001_blind" in doubts
    assert "vacuous" in doubts
    assert "watchdog" not in doubts


def test_the_command_says_what_is_wrong_with_a_folder(tmp_path: Path) -> None:
    absent = command("eval", "ceiling", "rtllm", "--data", tmp_path / "absent")
    assert absent.code == 2
    assert "does not exist" in absent.err
    assert command("eval", "ceiling", "other", "--data", tmp_path).code == 2


@needs_verilog_eval
def test_a_sample_of_the_real_references_comes_out_as_known() -> None:
    wanted = {
        "Prob001_zero": (".", "pass"),
        "Prob053_m2014_q4d": (".", "unknown"),
        "Prob099_m2014_q6c": ("C", "unknown"),
        "Prob109_fsm1": (".", "pass"),
        "Prob128_fsm_ps2": (".", "pass"),
    }
    problems = [p for p in verilogeval.load(VERILOG_EVAL) if p.id in wanted]
    found = score_all((p, [p.reference]) for p in problems)
    assert {name: (s[0].letter, s[0].outcome) for name, s in found.items()} == wanted


@needs_rtllm
def test_a_sample_of_the_real_rtllm_references_comes_out_as_known() -> None:
    wanted = {
        "Miscellaneous/RISC-V/alu": ".",
        "Memory/Shifter/barrel_shifter": ".",
        "Arithmetic/Other/fixed_point_substractor": ".",
        "Arithmetic/Divider/radix2_div": "R",
        "Memory/FIFO/asyn_fifo": "C",
    }
    problems = [p for place in wanted for p in rtllm.load(RTLLM / place)]
    found = score_all((p, [p.reference]) for p in problems)
    assert [found[p.id][0].letter for p in problems] == list(wanted.values())
    assert found["alu"][0].passed
    assert found["fixed_point_substractor"][0].outcome == "unknown"
