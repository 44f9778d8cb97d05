"""The RTL generator: what is drawn is told apart, said in full, and checked three ways."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from terragate.benchmarks.rtl.generated import held_out_ids, load
from terragate.benchmarks.rtl.scoring import score_all
from terragate.benchmarks.rtlgen import generate
from terragate.benchmarks.rtlgen.bench import testbench as bench_of
from terragate.benchmarks.rtlgen.case import Case, Family, Says
from terragate.benchmarks.rtlgen.check import soundness
from terragate.benchmarks.rtlgen.draw import draw, shares
from terragate.benchmarks.rtlgen.families import ALL
from terragate.benchmarks.rtlgen.interface import Clock, Interface, Port, Reset
from terragate.benchmarks.rtlgen.machine import Function, Registers
from terragate.benchmarks.rtlgen.names import share_of
from terragate.benchmarks.rtlgen.overlap import nameless, overlap
from terragate.benchmarks.rtlgen.spec import specification
from terragate.benchmarks.rtlgen.tables import karnaugh, truth_table, waveform
from terragate.benchmarks.rtlgen.vectors import steps
from terragate.benchmarks.rtlgen.words import pick, sentence, settle
from terragate.tests.support.eda import needs_icarus, needs_slang, needs_yosys
from terragate.tools.errors import UsageError

# A choice that was not made, a name that was not filled in.
LEFT_OVER = r"\[[^\[\]]*\|[^\[\]]*\]|\{[a-z_]+\}|\bNone\b"
TOGGLE = Interface("m", (Port("go"),), (Port("q"),), Clock("clk"), Reset("rst", asynchronous=True))
RIGHT = """module m (
  input clk,
  input rst,
  input go,
  output reg q
);
  always @(posedge clk or posedge rst)
    if (rst)
      q <= 1'b0;
    else if (go)
      q <= ~q;
endmodule
"""


def toggle(reference: str = RIGHT, second: str = RIGHT) -> Case:
    machine = lambda: Registers(  # noqa: E731
        0, lambda state, inputs: state ^ inputs["go"], lambda state, _: {"q": state}
    )
    says = Says(brief=("q toggles when go is high; reset clears it",))
    return Case("toggle", TOGGLE, says, reference, second, machine)


@pytest.mark.parametrize("family", ALL, ids=lambda family: family.name)
def test_every_family_draws_and_says_all_ports(family: Family) -> None:
    split = "test" if family.held_out else "train"
    drawn = [draw(family, number, split, seed=3) for number in range(4)]
    cases = [d.case for d in drawn if d is not None]
    assert cases, "no case of this family falls into the split"
    for case in cases:
        text = specification(case, Random(5), split)
        for name in (case.interface.top, *case.interface.names):
            assert re.search(rf"\b{re.escape(name)}\b", text), name
        assert not re.search(
            r"\[[^\[\]]*\|[^\[\]]*\]|\{[a-z_]+\}|None", case.says.brief[0] and text
        )
        assert f"module {case.interface.top}" in case.reference
        assert len(case.reference) < 4000
        assert list(steps(case, Random(1))), "nothing is applied"
    again = draw(family, 0, split, seed=3)
    assert (again and again.case.reference) == (drawn[0] and drawn[0].case.reference)


def test_names_of_families_are_unique_and_there_are_enough() -> None:
    names = [family.name for family in ALL]
    assert len(set(names)) == len(names)
    assert sum(not family.held_out for family in ALL) >= 60
    assert sum(family.held_out for family in ALL) >= 8


@needs_icarus
@needs_yosys
@needs_slang
@pytest.mark.parametrize("number", range(12))
def test_a_random_draw_is_sound(number: int) -> None:
    pytest.importorskip("pyosys")
    rng = Random(f"sound {number}")
    family = rng.choice(ALL)
    drawn = draw(family, number, "test" if family.held_out else "train", seed=number)
    if drawn is None:
        pytest.skip(f"{family.name} has nothing for this number")
    found = soundness(drawn.case, bench_of(drawn.case.interface, steps(drawn.case, rng)))
    assert found.fault == "", f"{family.name} {drawn.case.key}: {found}"


@needs_icarus
@needs_yosys
@pytest.mark.parametrize(
    ("wrong", "fault"),
    [
        (RIGHT.replace("posedge clk or posedge rst", "posedge clk"), "reference fail"),
        (RIGHT.replace("posedge clk", "negedge clk"), "reference fail"),
        (RIGHT.replace("q <= 1'b0", "q <= 1'b1"), "reference fail"),
        (RIGHT.replace("~q", "q"), "reference fail"),
        (RIGHT.replace("endmodule", ""), "reference does not compile"),
    ],
)
def test_a_wrong_design_does_not_pass_its_testbench(wrong: str, fault: str) -> None:
    case = toggle(reference=wrong)
    found = soundness(case, bench_of(case.interface, steps(case, Random(1))))
    assert found.fault == fault


@needs_icarus
@needs_yosys
def test_two_designs_that_differ_are_refuted_where_the_testbench_is_too_short() -> None:
    pytest.importorskip("pyosys")
    counter = RIGHT.replace("output reg q", "output q").replace(
        "  always", "  reg [7:0] n;\n  assign q = n[0] ^ (n == 8'd200);\n  always"
    ).replace("q <= 1'b0", "n <= 8'd0").replace("q <= ~q", "n <= n + 8'd1")  # fmt: skip
    case = replace(toggle(second=counter), cycles=20)
    found = soundness(case, bench_of(case.interface, steps(case, Random(1))))
    assert found.fault == "designs refuted"


def test_resets_act_when_they_should() -> None:
    face = replace(TOGGLE, reset=Reset("rst"))
    rows = [{"go": 1}] * 6
    case = replace(toggle(), interface=face, stimuli=lambda _: rows)
    shown = [step.outputs[0] for step in steps(case, Random(0))]
    # Synchronous: unknown until the first edge; reset lasts two cycles, then it toggles.
    assert shown[:9] == [None, 0, 0, 0, 0, 0, 0, 1, 1]
    shown = [step.outputs[0] for step in steps(replace(case, interface=TOGGLE), Random(0))]
    assert shown[:3] == [0, 0, 0]


def test_a_combinational_module_is_tried_with_every_input() -> None:
    face = Interface("m", (Port("a", 3), Port("b")), (Port("y"),))
    case = Case("and", face, Says(("",)), "", "", lambda: Function(lambda _: {"y": 0}))
    found = [step.inputs for step in steps(case, Random(4))]
    assert sorted(found) == [(a, b) for a in range(8) for b in range(2)]


@given(st.integers(0, 10_000), st.sampled_from(("train", "validation")))
@settings(max_examples=60)
def test_the_last_of_several_wordings_is_kept_for_the_test_split(seed: int, split: str) -> None:
    said = {pick(("one", "two", "three"), Random(seed + n), split) for n in range(12)}  # pyright: ignore
    assert "three" not in said
    assert any(pick(("one", "two", "three"), Random(n), "test") == "three" for n in range(40))


@given(st.lists(st.text("abc ", max_size=6), min_size=2, max_size=5), st.integers())
def test_settling_leaves_one_of_the_parts(parts: list[str], seed: int) -> None:
    text = settle(f"<[{'|'.join(parts)}]> q[7:0]", Random(seed))
    assert text.endswith("q[7:0]")
    assert text in {re.sub(" {2,}", " ", f"<{part}> q[7:0]") for part in parts}


def test_sentences_leave_port_names_alone() -> None:
    assert sentence("out is high", ("out",)) == "out is high."
    assert sentence("the output is high:", ("out",)) == "The output is high:"


def test_the_split_is_decided_by_what_was_drawn() -> None:
    found = [share_of(f"counter {n}") for n in range(2000)]
    assert 0.07 < found.count("test") / 2000 < 0.13
    assert 0.7 < found.count("train") / 2000 < 0.87
    seen = {split: set() for split in ("train", "test")}
    family = next(f for f in ALL if f.name == "modulo counter")
    for split, keys in seen.items():
        for number in range(40):
            drawn = draw(family, number, split, seed=1)  # pyright: ignore
            if drawn:
                keys.add(drawn.case.key)
    assert not seen["train"] & seen["test"]


def test_shares_follow_the_weights() -> None:
    families = (Family("a", "g", lambda _: toggle(), weight=3.0), Family("b", "g", ALL[0].draw))
    assert shares(families, 40) == {"a": 30, "b": 10}


def test_tables_are_what_engineers_write() -> None:
    assert truth_table(("a", "b"), ("y",), [((0, 0), (0,)), ((1, 0), (None,))]) == (
        "a | b | y\n0 | 0 | 0\n1 | 0 | x"
    )
    # f = a & b | c over ab (columns, Gray) and c (rows).
    shown = karnaugh(("a", "b", "c"), lambda n: int((n >> 2 & n >> 1 & 1) or n & 1))
    assert shown.splitlines()[1:] == ["c  00 01 11 10", "0   0  0  1  0", "1   1  1  1  1"]
    assert waveform(("clk", "q"), [("0", "x"), ("1", "3")]).splitlines()[2].split() == [
        "5ns", "1", "3",
    ]  # fmt: skip


@needs_icarus
@needs_yosys
@needs_slang
def test_a_split_is_written_read_and_scored(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("pyosys")
    few = [f for f in ALL if f.name == "modulo counter"]
    few.append(next(f for f in ALL if f.held_out))
    jobs = [generate.Job(f.name, (0, 1, 2), "test", 2, 7) for f in few]
    made = [generate.make(job) for job in jobs]
    rows = [row for found, _ in made for row in found]
    assert rows
    told = generate.report(rows, made[0][1] + made[1][1], {})
    assert told["problems"] == len(rows)
    assert told["specifications"] <= 2 * len(rows)
    file = tmp_path / "test.problems.jsonl"
    file.write_text("".join(json.dumps(row) + "\n" for row in rows))
    problems = load(tmp_path)
    assert {p.id for p in problems} == {row["id"] for row in rows}
    assert held_out_ids(file) == {row["id"] for row in rows if row["held_out"]}
    empty = "module {} (); endmodule\n"
    work = [(p, (p.reference, empty.format(p.top))) for p in problems]
    for good, bad in score_all(work).values():
        assert good.passed
        assert good.published
        assert not bad.passed


@pytest.mark.parametrize("text", ["nonsense\n", "[]\n", '{"id": "a"}\n'])
def test_a_broken_file_of_problems_says_where(tmp_path: Path, text: str) -> None:
    file = tmp_path / "test.problems.jsonl"
    file.write_text(text)
    with pytest.raises(UsageError, match="line 1"):
        load(file)
    with pytest.raises(UsageError, match="no generated problems"):
        load(tmp_path / "none")


def test_overlap_tells_boilerplate_prose_and_equal_designs() -> None:
    prose = ["the counter must skip every third pulse of the pump, module named top input clk"]
    design = "module a (input x, output y);\n  assign y = ~x;\nendmodule\n"
    rows = [
        {"user": "Please: the counter must skip every third pulse of the pump", "answer": design},
        {"user": "a module named top input clk reset output", "answer": "module b (); endmodule"},
    ]
    found = overlap(rows, prose, [design.replace("x", "in").replace("y", "out")])
    assert found["prose_runs"] == 3
    assert found["equal_designs"] == 1
    assert nameless(design) == nameless(design.replace("a (", "b ("))
