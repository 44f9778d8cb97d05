"""Samples scored by both criteria: where they agree, and what a candidate can forge."""

from __future__ import annotations

from pathlib import Path

import pytest
from terragate.benchmarks.rtl import published, verilogeval
from terragate.benchmarks.rtl.problem import Problem, candidate
from terragate.benchmarks.rtl.published import PublishedRun, letter
from terragate.benchmarks.rtl.scoring import score
from terragate.tests.support.and_gate import FORGED, GOOD, HEAD, and_problem, one
from terragate.tests.support.eda import needs_icarus, needs_slang
from terragate.tests.support.tiny_rtl_sets import write_verilog_eval
from terragate.tools.rtl.bench_run import same_run
from terragate.tools.rtl.icarus import Simulation
from terragate.tools.sandbox import Finished
from terragate.verifiers.rtl.simulates import simulates

pytestmark = [needs_icarus, needs_slang]
LINE = '$display("Mismatches: 0 in 8 samples");'


@pytest.fixture
def problem(tmp_path: Path) -> Problem:
    return and_problem(tmp_path / "set")


def test_both_criteria_agree_on_honest_candidates(problem: Problem) -> None:
    wrong = GOOD.replace("&", "|")
    good, bad, reset = score(
        problem, [GOOD, wrong, f"// posedge reset\n{wrong.replace('y;', 'y')}"]
    )
    assert (good.letter, good.outcome, good.strength) == (".", "pass", "simulated(8)")
    assert (bad.letter, bad.outcome) == ("R", "fail")
    assert "sample 2 differs" in bad.why
    assert reset.letter == "r"
    assert {s.disagreement for s in (good, bad, reset)} == {""}


@pytest.mark.parametrize("text", [GOOD, GOOD.replace("&", "&&"), f"`timescale 1ns/1ps\n{GOOD}"])
def test_a_run_that_serves_both_criteria_says_what_one_of_its_own_says(
    problem: Problem, text: str
) -> None:
    design, bench = candidate(problem, text), problem.testbench
    ran = published.run_published(problem, design).ran
    again = same_run(design, bench, ran) if ran else None
    assert (again is None) == ("`" in text)
    twice, once = simulates(design, bench), simulates(design, bench, ran=again)
    assert (
        (once.outcome, once.evidence) == (twice.outcome, twice.evidence) == ("pass", once.evidence)
    )


def test_a_testbench_that_counts_is_left_at_the_first_mismatch(problem: Problem) -> None:
    wrong = GOOD.replace("&", "|")
    found = one(problem, wrong)
    assert (found.letter, found.why) == ("R", "sample 2 differs, which ended the run")
    watched = problem.model_copy(update={"fault": "watchdog"})
    assert (one(watched, wrong).letter, one(watched, wrong).outcome) == ("T", "fail")
    later = one(problem, wrong.replace("endmodule", f"always @(posedge a) {LINE}\nendmodule"))
    assert (later.letter, later.outcome) == (".", "fail")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("module TopModule (input a, input b, output y);\n  assign y = ;\nendmodule", "S"),
        ("module Other (input a, input b, output y);\nendmodule", "m"),
        (f"{HEAD}\n  always @(posedge clk) ;\nendmodule", "c"),
        (f"{HEAD}\n  assign y = a & missing[3];\nendmodule", "p"),
        ("module TopModule (input a, input b, output z);\nendmodule", "C"),
        (f"{HEAD}\n  always @* y = a & b;\nendmodule", "w"),
        ("", "m"),
    ],
)
def test_the_published_letter_of_what_does_not_compile(
    problem: Problem, text: str, expected: str
) -> None:
    found = one(problem, text)
    assert found.letter == expected
    assert found.outcome == "fail"
    assert found.disagreement == ""


@pytest.mark.parametrize(
    ("log", "expected"),
    [
        ("Mismatches: 0 in 5 samples\n", "."),
        ("Mismatches: 2 in 5 samples\nMismatches: 0 in 5 samples\n", "."),
        ("TIMEOUT\nMismatches: 0 in 5 samples\n", "T"),
        ("Mismatches: 0 in 5 samples\nTIMEOUT\n", "T"),
        ("x.sv:1: error: This assignment requires an explicit cast.\n", "e"),
        ("x.sv:1: error: Sized numeric constant must have a size greater than zero.\n", "0"),
        ("x.sv:3: warning: always_comb process has no sensitivities.\n", "n"),
        ("x.sv:3: @* found no sensitivities so it will never trigger\n", "n"),
        (
            "x.sv:2: error: y is not a valid l-value\nx.sv:1:      : y is declared here as wire\n",
            "w",
        ),
        ("x.sv:4: error: Unable to bind wire/reg/memory `clk' in `tb'\n", "c"),
        ("x.sv:4: error: Unable to bind wire/reg/memory `q' in `tb'\n", "p"),
        ("an error of any kind\nMismatches: 0 in 5 samples\n", "C"),
        (" Mismatches: 0 in 5 samples\n", "R"),
        ("", "R"),
    ],
)
def test_the_published_reading_of_a_log(problem: Problem, log: str, expected: str) -> None:
    run = PublishedRun(log=log, compiled=True, timed_out=False, sure=True, cpu_s=0.0)
    assert letter(problem, run, candidate(problem, GOOD)) == expected


def test_a_forged_result_passes_as_published_and_not_by_ours(problem: Problem) -> None:
    found = one(problem, FORGED)
    assert (found.letter, found.published) == (".", True)
    assert (found.outcome, found.passed) == ("fail", False)
    assert found.disagreement == "forged"


def test_a_wrong_candidate_that_adds_a_good_line_is_caught(problem: Problem) -> None:
    text = GOOD.replace("&", "^").replace(
        "endmodule", 'final $display("Mismatches: 0 in 8 samples");\nendmodule'
    )
    plain = text.replace("final", "initial")
    for found in score(problem, [text, plain]):
        assert not found.passed
    assert one(problem, plain).disagreement == "forged"


def test_what_may_judge_is_refused_even_in_a_right_candidate(problem: Problem) -> None:
    found = one(problem, GOOD.replace("endmodule", 'initial $display("hello");\nendmodule'))
    assert found.published
    assert (found.outcome, found.disagreement) == ("fail", "refused")


def test_a_testbench_that_a_constant_passes_says_nothing(tmp_path: Path) -> None:
    folder = write_verilog_eval(tmp_path, steps=3)
    (blind,) = verilogeval.load(folder)
    found = one(blind, GOOD)
    assert found.published
    assert (found.outcome, found.disagreement) == ("unknown", "vacuous")


def test_a_watchdog_that_stops_every_design_is_not_held_against_one(tmp_path: Path) -> None:
    names = ("Prob082_lfsr32", "Prob001_and")
    known, unknown = verilogeval.load(write_verilog_eval(tmp_path, names, watchdog=True))
    found = one(known, GOOD)
    assert (found.letter, found.outcome, found.disagreement) == ("T", "pass", "timeout line")
    assert not one(known, GOOD.replace("&", "|")).passed
    assert (one(unknown, GOOD).letter, one(unknown, GOOD).passed) == ("T", False)


def test_a_directive_that_reaches_the_published_testbench_does_not_reach_ours(
    problem: Problem,
) -> None:
    harmless = one(problem, f"`define STRAY 1\n{GOOD}")
    assert (harmless.letter, harmless.outcome, harmless.disagreement) == (".", "pass", "")
    reaching = one(problem, f"`define errors clocks\n`define clk\n{GOOD}`define good1 `clk\n")
    assert reaching.passed


def test_a_sandbox_that_was_lost_is_no_verdict(
    problem: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    kill = Finished(0, 9, "lost", "", "the sandbox was lost", 0.0, 0.0, 0.0)
    tried: list[int] = []

    def lost(*_: object, **__: object) -> Simulation:
        tried.append(1)
        return Simulation(kill, None, {}, "bubblewrap", "iverilog 11.0")

    monkeypatch.setattr(published, "simulate", lost)
    found = one(problem, GOOD)
    assert (found.letter, found.outcome, len(tried)) == ("?", "unknown", 2)


def test_what_is_no_source_text_fails_and_keeps_its_place(problem: Problem) -> None:
    scores = score(problem, [GOOD, "x" * (3 << 20), GOOD])
    assert [s.sample for s in scores] == [0, 1, 2]
    assert [s.passed for s in scores] == [True, False, True]
    assert scores[1].letter == "C"
