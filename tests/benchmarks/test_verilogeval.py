"""VerilogEval v2 is read as released, and the folder that is wrong says what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
from terragate.benchmarks.rtl.verilogeval import ERRATA, SPEC_ERRATA, load
from terragate.tests.support.eda import VERILOG_EVAL, needs_verilog_eval
from terragate.tests.support.tiny_rtl_sets import write_verilog_eval
from terragate.tools.errors import UsageError


def test_a_problem_holds_what_is_asked_and_how_it_is_tested(tmp_path: Path) -> None:
    (problem,) = load(write_verilog_eval(tmp_path, header=True))
    assert (problem.id, problem.suite, problem.top) == ("Prob001_and", "verilogeval", "TopModule")
    assert problem.spec.startswith("Implement an AND gate")
    assert problem.interface.startswith("module TopModule")
    assert problem.testbench.top == "tb"
    assert problem.testbench.rule.kind == "mismatches"
    assert [s.name for s in problem.testbench.sources] == [
        "Prob001_and_test.sv", "Prob001_and_ref.sv",
    ]  # fmt: skip
    assert "module TopModule" in problem.reference.sources[0].text
    assert "RefModule" not in problem.reference.sources[0].text
    assert problem.effort == 0


def test_the_list_gives_the_order_and_without_it_the_names_do(tmp_path: Path) -> None:
    folder = write_verilog_eval(tmp_path, ("Prob002_b", "Prob001_a"))
    assert [p.id for p in load(folder)] == ["Prob002_b", "Prob001_a"]
    (folder / "problems.txt").unlink()
    assert [p.id for p in load(folder)] == ["Prob001_a", "Prob002_b"]


def test_each_set_is_found_in_the_folder_that_holds_both(tmp_path: Path) -> None:
    write_verilog_eval(tmp_path / "dataset_spec-to-rtl", ("Prob001_a",))
    write_verilog_eval(tmp_path / "dataset_code-complete-iccad2023", ("Prob002_b",), header=True)
    assert [p.id for p in load(tmp_path)] == ["Prob001_a"]
    assert [p.id for p in load(tmp_path, "code-complete-iccad2023")] == ["Prob002_b"]


def test_a_known_fault_goes_with_its_problem_and_its_set(tmp_path: Path) -> None:
    names = ("Prob082_lfsr32", "Prob099_m2014_q6c", "Prob001_zero")
    spec = load(write_verilog_eval(tmp_path / "a", names))
    assert [p.fault for p in spec] == ["watchdog", "unusable", ""]
    assert "TIMEOUT" in spec[0].errata
    complete = load(write_verilog_eval(tmp_path / "b", names, header=True))
    assert [p.fault for p in complete] == ["watchdog", "", ""]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("Prob001_and_ref.sv", None, "not complete"),
        ("Prob001_and_test.sv", None, "not complete"),
        ("Prob001_and_prompt.txt", None, "not complete"),
        ("Prob001_and_ref.sv", b"module \xff\xfe;", "not UTF-8 text"),
        ("Prob001_and_ref.sv", b"module a\0b;", "binary"),
        ("Prob001_and_test.sv", b"x" * (3 << 20), "larger than 2 MB"),
        ("Prob001_and_ref.sv", b"module Other; endmodule", "module 'RefModule'"),
        ("problems.txt", b"../../etc/passwd\n", "not a problem's id"),
        ("problems.txt", b"Prob001_and\nProb001_and\n", "listed twice"),
    ],
)
def test_a_damaged_folder_is_refused_by_the_file_that_is_wrong(
    tmp_path: Path, name: str, content: bytes | None, said: str
) -> None:
    folder = write_verilog_eval(tmp_path)
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content)
    with pytest.raises(UsageError, match=said) as caught:
        load(folder)
    assert name in str(caught.value)


def test_a_folder_that_is_absent_empty_or_a_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist"):
        load(tmp_path / "absent")
    with pytest.raises(UsageError, match="no VerilogEval problem"):
        load(tmp_path)
    (tmp_path / "file").write_text("")
    with pytest.raises(UsageError, match="not a folder"):
        load(tmp_path / "file")


@needs_verilog_eval
def test_the_release_has_156_problems_in_each_set() -> None:
    spec, complete = load(VERILOG_EVAL), load(VERILOG_EVAL, "code-complete-iccad2023")
    assert len(spec) == len(complete) == 156
    assert {p.id for p in spec if p.fault} == {*ERRATA, *SPEC_ERRATA}
    assert {p.id for p in complete if p.fault} == set(ERRATA)
    assert all(p.interface.strip().startswith("module TopModule") for p in complete)
    assert all(p.spec and "RefModule" not in p.reference.sources[0].text for p in spec)
