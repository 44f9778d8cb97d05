"""RTLLM 2.0 is read as released: names that differ, data files, and folders that are wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from terragate.benchmarks.rtl.problem import renamed
from terragate.benchmarks.rtl.rtllm import ERRATA, load
from terragate.benchmarks.rtl.scoring import score
from terragate.tests.support.eda import RTLLM, needs_icarus, needs_rtllm, needs_slang
from terragate.tests.support.tiny_rtl_sets import write_rtllm
from terragate.tools.errors import UsageError

pytestmark = needs_slang


def test_the_candidate_has_the_name_that_the_testbench_asks_for(tmp_path: Path) -> None:
    (problem,) = load(write_rtllm(tmp_path))
    assert (problem.id, problem.top, problem.testbench.top) == ("count_up", "counter", "counter_tb")
    text = problem.reference.sources[0].text
    assert "module counter (" in text
    assert "verified_counter_next" in text
    assert '"verified_counter" stays' in text
    assert [s.name for s in problem.testbench.includes] == ["expected.dat"]
    assert problem.spec == "Please count the clocks.\n"


@needs_icarus
def test_the_reference_passes_and_a_wrong_count_does_not(tmp_path: Path) -> None:
    (problem,) = load(write_rtllm(tmp_path))
    wrong = problem.reference.sources[0].text.replace("4'd1", "4'd2")
    good, bad = score(problem, [problem.reference, wrong])
    assert (good.letter, good.outcome) == (".", "pass")
    assert (bad.letter, bad.outcome, bad.disagreement) == ("R", "fail", "")


def test_only_the_whole_word_is_renamed() -> None:
    text = 'module a (input aa); // a\n  initial $display("a"); wire \\a ; b.a c();\nendmodule'
    said = renamed(text, "a", "new")
    assert said.startswith("module new (input aa); // a\n")
    assert '"a"' in said
    assert "\\a ;" in said
    assert renamed(text, "a", "a") == text


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("verified_counter.v", None, "0 references"),
        ("verified_other.v", "module other; endmodule", "2 references"),
        ("design_description.txt", None, "not complete"),
        ("testbench.v", "module tb; endmodule", "lacks"),
        ("testbench.v", "module tb; one a(); two b(); endmodule", "'one', 'two'"),
        ("verified_counter.v", "module p; endmodule module q; endmodule", "top modules"),
        ("expected.dat", "a\0b", "binary"),
    ],
)
def test_a_damaged_folder_is_refused(
    tmp_path: Path, name: str, content: str | None, said: str
) -> None:
    root = write_rtllm(tmp_path) / "Control" / "Odd names" / "count_up"
    if content is None:
        (root / name).unlink()
    else:
        (root / name).write_text(content)
    with pytest.raises(UsageError, match=said) as caught:
        load(tmp_path)
    assert "count_up" in str(caught.value)


def test_a_folder_without_designs_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no RTLLM problem"):
        load(tmp_path)
    with pytest.raises(UsageError, match="does not exist"):
        load(tmp_path / "absent")


@needs_rtllm
def test_the_release_has_50_designs_with_their_data() -> None:
    problems = {p.id: p for p in load(RTLLM)}
    assert len(problems) == 50
    assert set(ERRATA) <= set(problems)
    assert problems["fixed_point_substractor"].top == "fixed_point_subtractor"
    assert problems["barrel_shifter"].reference.top == "barrel_shifter"
    assert [s.name for s in problems["asyn_fifo"].testbench.includes] == [
        "rempty.txt", "tdata.txt", "wfull.txt",
    ]  # fmt: skip
