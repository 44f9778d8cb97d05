"""Formal results as verdicts: outcome, strength and evidence that a person can act upon."""

from __future__ import annotations

import json

import pytest
from terragate.tests.support.eda import needs_icarus, needs_yosys
from terragate.tools.rtl.design import Design, Source
from terragate.verifiers.rtl.equivalent import equivalent
from terragate.verifiers.rtl.holds import holds

pytestmark = [needs_icarus, needs_yosys]


def design(value: str) -> Design:
    text = f"module m(input [3:0] a, b, output [3:0] y); assign y = {value}; endmodule"
    return Design(top="m", sources=(Source(name="m.v", text=text),))


@pytest.mark.parametrize(
    ("value", "outcome", "strength"),
    [("b + a", "pass", "proved"), ("a - b", "fail", "refuted"), ("a +", "unknown", "none")],
)
def test_equivalent(value: str, outcome: str, strength: str) -> None:
    verdict = equivalent(design(value), design("a + b"))
    assert (verdict.name, verdict.outcome, verdict.strength) == ("equivalent", outcome, strength)
    assert verdict.evidence
    json.dumps(verdict.details)


def test_a_refutation_carries_table_and_testbench() -> None:
    verdict = equivalent(design("a - b"), design("a + b"))
    example = verdict.details["counterexample"]
    assert example["outputs"] == ["y"]
    assert "got" in example["table"][-1]["y"]
    assert "counterexample.vcd" in example["testbench"]["sources"][0]["text"]
    last = example["changes"][-1]
    a, b = (int(value, 2) for _, value in last["inputs"])
    assert int(last["expected"][0][1], 2) == (a + b) % 16
    assert int(last["got"][0][1], 2) == (a - b) % 16


@pytest.mark.parametrize(
    ("claim", "outcome", "strength"),
    [("y == (a ^ b)", "pass", "proved"), ("y != 4'd5", "fail", "refuted"),
     ("y ==", "unknown", "none")],
)  # fmt: skip
def test_holds(claim: str, outcome: str, strength: str) -> None:
    source = Source(
        name="p.sv",
        text=f"module p(input [3:0] a, b, y); always @* never: assert ({claim}); endmodule",
    )
    verdict = holds(design("a ^ b"), source)
    assert (verdict.outcome, verdict.strength) == (outcome, strength), verdict
    json.dumps(verdict.details)
    if outcome == "fail":
        assert verdict.details["table"][-1]["y"] == "0101"
