"""Samples scored by both criteria: what a candidate can forge, what is kept, what is done once."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from terragate.benchmarks.rtl import published, rtllm, scoring, verilogeval
from terragate.benchmarks.rtl.ceiling import ceiling
from terragate.benchmarks.rtl.problem import Problem, candidate
from terragate.benchmarks.rtl.published import PublishedRun, letter
from terragate.benchmarks.rtl.sample_score import SampleScore
from terragate.benchmarks.rtl.score_store import ScoreStore
from terragate.benchmarks.rtl.scoring import Progress, score, score_all, score_store, summary
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
from terragate.tools.rtl.bench_run import same_run
from terragate.tools.rtl.fingerprint import layout_key
from terragate.tools.rtl.icarus import Simulation
from terragate.tools.sandbox import Finished
from terragate.verifiers.rtl.simulates import simulates

pytestmark = [needs_icarus, needs_slang]
HEAD = "module TopModule (input a, input b, output y);"
GOOD = f"{HEAD}\n  assign y = a & b;\nendmodule\n"
LINE = '$display("Mismatches: 0 in 8 samples");'
FORGED = f"""{HEAD}
  initial begin
    $display("Mismatches: 0 in 8 samples");
    $finish;
  end
endmodule
"""


@pytest.fixture
def problem(tmp_path: Path) -> Problem:
    (found,) = verilogeval.load(write_verilog_eval(tmp_path / "set"))
    return found


def one(problem: Problem, text: str) -> SampleScore:
    return score(problem, [text])[0]


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


def test_equal_candidates_are_judged_once(
    problem: Problem, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged: list[int] = []
    real = scoring.judge

    def counted(problem: Problem, design: Any, sample: int) -> Any:
        judged.append(sample)
        return real(problem, design, sample)

    monkeypatch.setattr(scoring, "judge", counted)
    texts = [GOOD, GOOD.replace("  assign", "\t// a note\n assign"), GOOD.replace("&", "|"), GOOD]
    heard: list[Progress] = []
    found = score_all([(problem, texts)], progress=heard.append)[problem.id]
    assert sorted(judged) == [0, 2]
    assert [s.same_as for s in found] == [None, 0, None, 0]
    assert [s.passed for s in found] == [True, True, False, True]
    assert [(h.done, h.total) for h in heard] == [(1, 2), (2, 2)]


@pytest.mark.parametrize(
    ("one_text", "other", "same"),
    [
        ("assign y = a & b;", "assign  y =\n a & b; // x", True),
        ("assign y = a /* x */ & b;", "assign y = a & b;", True),
        ("assign y = a & &b;", "assign y = a && b;", False),
        ("a < = b;", "a <= b;", False),
        ('$display("a  b");', '$display("a b");', False),
        ("`define A 1\n+ 2", "`define A 1 + 2", False),
        ("\\a+b ;", "\\a+b;", False),
        ("1 .5", "1.5", False),
    ],
)
def test_layout_is_all_that_may_differ(
    problem: Problem, one_text: str, other: str, same: bool
) -> None:
    first, second = (layout_key(candidate(problem, text)) for text in (one_text, other))
    assert (first == second) is same


def test_a_scoring_goes_on_where_it_was_ended(
    problem: Problem, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [GOOD, GOOD.replace("&", "|"), GOOD.replace("&", "^"), FORGED]

    def interrupt(at: Progress) -> None:
        if at.done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        score_all([(problem, texts)], store=score_store(tmp_path / "kept"), progress=interrupt)
    after = score(problem, texts, store=score_store(tmp_path / "kept"))
    assert sum(s.cached for s in after) >= 2
    monkeypatch.setattr(scoring, "judge", None)
    again = score(problem, texts, store=score_store(tmp_path / "kept"))
    assert all(s.cached for s in again)
    fresh = {"cached": False}
    assert [s.model_copy(update=fresh) for s in again] == [
        s.model_copy(update=fresh) for s in after
    ]


def test_a_store_of_other_versions_or_damaged_files_is_not_believed(
    problem: Problem, tmp_path: Path
) -> None:
    mine = ScoreStore(tmp_path, ("icarus 11",))
    mine.put({"letter": "."}, "a", "b")
    assert mine.get("a", "b") == {"letter": "."}
    assert ScoreStore(tmp_path, ("icarus 12",)).get("a", "b") is None
    assert mine.get("a") is None
    for content in ("", "[1]", "{", "\xff"):
        for path in tmp_path.rglob("*.json"):
            path.write_text(content, encoding="latin-1")
        assert mine.get("a", "b") is None
    store = score_store(tmp_path / "scores")
    score(problem, [GOOD], store=store)
    for path in (tmp_path / "scores").rglob("*.json"):
        path.write_text(json.dumps({"letter": 5}))
    found = score(problem, [GOOD], store=store)[0]
    assert (found.passed, found.cached) == (True, False)


def test_the_slowest_problem_goes_first(tmp_path: Path) -> None:
    names = ("Prob001_quick", "Prob002_slow", "Prob003_quick")
    problems = list(verilogeval.load(write_verilog_eval(tmp_path / "set", names)))
    bench = problems[1].testbench
    text = bench.sources[0].text.replace("integer n", "initial repeat (900) #1;\ninteger n")
    slow = bench.model_copy(
        update={"sources": (bench.sources[0].model_copy(update={"text": text}), bench.sources[1])}
    )
    problems[1] = problems[1].model_copy(update={"testbench": slow})
    assert [p.effort for p in problems] == [0, 900, 0]
    order = sorted(problems, key=lambda p: scoring._expected(p, None), reverse=True)
    assert order[0].id == "Prob002_slow"


def test_the_summary_counts_everything_once(problem: Problem) -> None:
    found = score_all([(problem, [GOOD, GOOD, FORGED, GOOD.replace("&", "|")])])
    assert summary(found) == {
        "problems": 1,
        "samples": 4,
        "published": 3,
        "verified": 2,
        "duplicates": 1,
        "letters": {".": 3, "R": 1},
        "outcomes": {"fail": 2, "pass": 2},
        "disagreements": {"forged": 1},
    }


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
