"""Mutants differ in one token, rewrites keep the function, and figures follow from rows."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from terragate.benchmarks.rtl import equivalence as benchmark
from terragate.benchmarks.rtl.mutants import KINDS, mutants
from terragate.benchmarks.rtl.oracle import judge
from terragate.benchmarks.rtl.recode import variants
from terragate.benchmarks.rtl.scores import figures
from terragate.benchmarks.rtl.shape import shape
from terragate.benchmarks.rtl.syntax import Edit, apply, parse
from terragate.tests.support.eda import needs_icarus, needs_slang, needs_yosys
from terragate.tools.rtl.design import Design, Source

pytestmark = [needs_icarus, needs_slang, needs_yosys]
TEXT = """// q <= d + 1 stays: posedge clk
module RefModule(input clk, input reset, input [3:0] d, output reg [3:0] q, output reg f = 0);
  reg [4:0] t;
  localparam A = 2'd0, B = 2'd1, C = 2'd2;
  reg [1:0] s;
  always @(posedge clk) begin
    t <= d + 3;
    if (reset) begin q <= 4'd2; s <= A; end
    else begin
      q <= d[1] ? q & t : q;
      case (s) A: s <= d[0] ? B : A; B: s <= C; C: s <= A; default: s <= A; endcase
    end
    f <= s == C;
  end
endmodule
"""
PORTS = (
    (("clk", 1), ("reset", 1), ("d", 4)),
    (("q", 4), ("f", 1)),
)  # fmt: skip


def design(text: str) -> Design:
    return Design(top="RefModule", sources=(Source(name="r.sv", text=text),))


def test_every_class_has_its_mutants_and_none_is_in_a_comment() -> None:
    found = mutants(TEXT, seed=3)
    assert {m.kind for m in found} == set(KINDS)
    first = TEXT.index("\n")
    for mutant in found:
        assert mutant.start > first
        rest = mutant.text[mutant.start + len(mutant.after) :]
        assert mutant.text[: mutant.start] == TEXT[: mutant.start]
        assert TEXT[mutant.start + len(mutant.before) :] == rest
    assert len({m.text for m in found}) == len(found)
    said = {(m.kind, m.before, m.after) for m in found}
    assert {
        ("operator", "&", "|"), ("constant", "3", "4"), ("clock edge", "posedge", "negedge"),
        ("reset polarity", "reset", "!reset"), ("reset value", "2", "3"),
        ("initial value", "0", "1"), ("width", "4", "3"), ("index", "1", "2"),
        ("condition", "d[1]", "!(d[1])"), ("reset value", "A", "B"),
    } <= said  # fmt: skip


def test_the_seed_decides_the_order() -> None:
    assert mutants(TEXT, seed=1) == mutants(TEXT, seed=1)
    assert mutants(TEXT, seed=1) != mutants(TEXT, seed=2)


def test_the_oracle_tells_a_mutant_from_its_original_and_equal_texts_not() -> None:
    (edge,) = (m for m in mutants(TEXT) if m.kind == "clock edge")
    assert judge(TEXT, edge.text, *PORTS, seed=1, cycles=500).distinguished
    same = judge(TEXT, TEXT.replace("q & t", "t & q"), *PORTS, seed=1, cycles=500)
    assert (same.outcome, same.distinguished) == ("ran", False)
    assert judge(TEXT, TEXT.replace("q & t", "q &"), *PORTS, seed=1).outcome == "does not compile"


def test_rewrites_keep_the_function_and_change_the_circuit() -> None:
    found = list(variants(TEXT))
    assert {how for v in found for how in v.how} >= {
        "state codes", "De Morgan", "relations", "exchanged branches", "case selector",
        "masked twice",
    }  # fmt: skip
    for variant in found:
        assert not judge(TEXT, variant.text, *PORTS, seed=4, cycles=800).distinguished, variant.how
    changed = [v for v in found if shape(design(v.text)) != shape(design(TEXT))]
    assert any("state codes" in v.how for v in changed)
    assert shape(design(TEXT)) == shape(design(TEXT.replace("q & t", "(q & (t))")))


@pytest.mark.parametrize("text", ["assign y = é;", "\x00"])
def test_odd_text_is_refused_or_parsed(text: str) -> None:
    if text.isascii():
        assert parse(text).kind
    else:
        with pytest.raises(UnicodeError):
            parse(text)


def test_edits_are_applied_from_the_end() -> None:
    assert apply("abcdef", [Edit(0, 1, "XX"), Edit(4, 6, "")]) == "XXbcd"


def test_a_run_that_was_killed_goes_on(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = tmp_path / "dataset_spec-to-rtl"
    data.mkdir()
    small = "module RefModule(input a, b, output y); assign y = a & b; endmodule\n"
    (data / "Prob001_and_ref.sv").write_text(small)
    out = tmp_path / "figures.json"
    ask = ["--data", str(tmp_path), "--out", str(out), "--json"]
    assert benchmark.main(ask) == 0
    rows = Path(f"{out}.jsonl").read_text().splitlines()
    first = json.loads(capsys.readouterr().out)
    assert first["self"]["proved_share"] == first["variant"]["proved_share"] == 1.0
    assert first["variant"]["different_after_optimisation"] == 1
    assert first["mutants"]["refuted_and_replayed"] == first["mutants"]["distinguished"] == 2
    Path(f"{out}.jsonl").write_text("\n".join(rows[:-1]) + "\n" + rows[-1][:20])
    assert benchmark.main(ask) == 0
    again = json.loads(capsys.readouterr().out)
    assert again["mutants"] == first["mutants"]


def test_a_false_proof_is_counted_and_named() -> None:
    row = {"key": "k", "set": "mutant", "kind": "clock edge", "distinguished": True,
           "result": "proved", "method": "m", "cpu_s": 0.1, "tools": [], "outcome": "ran",
           "oracle": {"known": 3, "unknown": 0}}  # fmt: skip
    found = figures([row])
    assert found["mutants"]["false_proofs"] == ["k"]
    assert found["mutants"]["refuted_share"] == 0.0
