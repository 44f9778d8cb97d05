"""What scoring does once: equal candidates, kept scores, a stopped scoring, the order, the sum."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from terragate.benchmarks.rtl import scoring, verilogeval
from terragate.benchmarks.rtl.problem import Problem, candidate
from terragate.benchmarks.rtl.score_store import ScoreStore
from terragate.benchmarks.rtl.scoring import Progress, score, score_all, score_store, summary
from terragate.tests.support.and_gate import FORGED, GOOD, and_problem
from terragate.tests.support.eda import needs_icarus, needs_slang
from terragate.tests.support.tiny_rtl_sets import write_verilog_eval
from terragate.tools.rtl.fingerprint import layout_key

pytestmark = [needs_icarus, needs_slang]


@pytest.fixture
def problem(tmp_path: Path) -> Problem:
    return and_problem(tmp_path / "set")


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
