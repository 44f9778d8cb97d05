"""Assertions about a decimal counter, whose truth is plain."""

from __future__ import annotations

import pytest
from terragate.tests.support.eda import needs_icarus, needs_yosys
from terragate.tools.rtl.design import Design, Source
from terragate.tools.rtl.formal import Holds, holds

pytestmark = [needs_icarus, needs_yosys]
COUNTER = """module cnt(input clk, rst, en, output reg [3:0] q);
  always @(posedge clk) if (rst) q <= 0; else if (en) q <= q == 9 ? 0 : q + 1; endmodule"""
SMALL = "always @(posedge clk) if (seen) small: assert (q < 10);"


def check(body: str, *, ports: str = "input clk, rst, en, input [3:0] q") -> Holds:
    text = f"""module chk({ports}); reg seen = 0; always @(posedge clk) if (rst) seen <= 1;
      {body} endmodule"""
    design = Design(top="cnt", sources=(Source(name="c.v", text=COUNTER),))
    return holds(design, Source(name="p.sv", text=text))


@pytest.mark.parametrize(
    "body",
    [
        SMALL,
        "always @* if (seen) assert (q < 10);",
        "always @* assume (!en); always @(posedge clk) if (seen) assert (q == 0);",
        "reg ok = 0; always @(posedge clk) begin ok <= 1; if (ok && $past(rst)) assert (q == 0);"
        " end",
    ],
)
def test_what_is_true_is_proved(body: str) -> None:
    assert check(body).result == "proved"


def test_what_is_false_is_refuted_with_the_steps() -> None:
    found = check(f"{SMALL} always @(posedge clk) if (seen) never7: assert (q != 7);")
    assert found.result == "refuted"
    assert [(p.name, p.result) for p in found.properties] == [("never7", "refuted")]
    assert dict(found.changes[-1].got)["q"] == "0111"
    assert found.testbench is not None
    assert "replayed" in found.method


def test_an_assert_that_needs_a_reset_fails_without_one() -> None:
    assert check("always @(posedge clk) assert (q < 10);").result == "refuted"


@pytest.mark.parametrize(
    "assumes",
    [
        "always @* begin assume (rst); assume (!rst); end",
        "always @(posedge clk) begin assume (!seen); assume (rst); end",
    ],
)
def test_contradicting_assumes_are_not_a_proof(assumes: str) -> None:
    found = check(f"{assumes} {SMALL}")
    assert found.result == "unknown"
    assert "contradict" in found.reason


def test_covers_are_reported() -> None:
    found = check(
        SMALL
        + """ always @(posedge clk) begin
      if (seen) nine: cover (q == 9); if (seen) ten: cover (q == 10); end"""
    )
    assert {p.name: p.result for p in found.properties} == {"nine": "reached", "ten": "unreachable"}


@pytest.mark.parametrize(
    ("body", "ports", "word"),
    [
        ("always @(posedge clk) assert (q <", "input clk, rst, input [3:0] q", "cannot be read"),
        ("", "input clk, rst, nowhere", "no such port"),
        ("", "input clk, rst, input [2:0] q", "4 bits"),
        ("", "input clk, rst, input [3:0] q", "no assert"),
    ],
)
def test_unusable_properties_say_why(body: str, ports: str, word: str) -> None:
    found = check(body, ports=ports)
    assert found.result in ("error", "unknown")
    assert word in found.reason
