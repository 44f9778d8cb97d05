"""What is read off a netlist: clocks, resets, unknown values, and which model is exact."""

from __future__ import annotations

import pytest
from terragate.tests.support.eda import needs_yosys
from terragate.tools.rtl.design import Design, Source
from terragate.tools.rtl.formal.facts import Facts, obstacle
from terragate.tools.rtl.formal.miter import model_for
from terragate.tools.rtl.formal.reading import read_side, relaxed

pytestmark = needs_yosys


def facts(body: str, ports: str = "input clk, r, d, output reg q") -> Facts:
    text = f"module m({ports}); {body} endmodule"
    side = read_side(Design(top="m", sources=(Source(name="m.sv", text=text),)))
    assert not side.problem
    return side.facts


def test_clock_reset_and_unknown_start() -> None:
    found = facts("always @(negedge clk, posedge r) if (r) q <= 0; else q <= d;")
    assert found.clocks == {("clk", False)}
    assert found.resets == {("r", True)}
    assert found.unknown_values
    assert not facts("initial q = 0; always @(posedge clk) q <= d;").unknown_values


@pytest.mark.parametrize(
    ("body", "model"),
    [
        ("always @(posedge clk) q <= d;", "edges are cycles"),
        ("always @(posedge clk, posedge r) if (r) q <= 0; else q <= d;", "edges are cycles"),
        ("reg p; always @(posedge clk) p <= d; always @(posedge clk, posedge r)"
         " if (r) q <= 0; else q <= p;", "every edge"),
        ("reg p; always @(posedge clk) p <= d; always @* q = p & clk;", "every edge"),
        ("always @* if (clk) q = d;", "every edge"),
        ("reg p; always @(posedge clk) p <= d; always @(negedge clk) q <= p;", "every edge"),
    ],
    ids=["plain", "all reset", "some reset", "clock read", "latch", "two edges"],
)  # fmt: skip
def test_cycles_are_used_only_where_they_are_exact(body: str, model: str) -> None:
    found = facts(body)
    assert model_for(found, found) == model


def test_a_clock_that_reaches_data_is_an_obstacle() -> None:
    assert "samples" in obstacle(facts("always @(posedge clk) q <= d & clk;"))
    assert not obstacle(facts("always @(posedge clk) q <= d;"))


def test_always_comb_is_relaxed_outside_comments_and_strings() -> None:
    text = 'always_comb x = 1; // always_comb\ninitial $display("always_comb"); my_always_comb u();'
    assert relaxed(text) == text.replace("always_comb x", "always @* x")
