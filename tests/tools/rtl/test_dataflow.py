"""Cones of influence and fingerprints, by pyverilog and by Yosys."""

from __future__ import annotations

import pytest
from terragate.tests.support.eda import needs_yosys
from terragate.tools.errors import ToolError
from terragate.tools.rtl.dataflow import cone, dependencies
from terragate.tools.rtl.design import Design, Source
from terragate.tools.rtl.fingerprint import fingerprint

ADDER = """module adder(input clk, input rst, input [3:0] a, input unused, output reg [3:0] q,
  output z);
  wire [3:0] n;
  assign n = q + a;
  always @(posedge clk) if (rst) q <= 0; else q <= n;
  assign z = &q;
endmodule
"""


def design(text: str, top: str = "adder") -> Design:
    return Design(top=top, sources=(Source(name="d.sv", text=text),))


def test_cone_is_nearest_first_and_leaves_out_what_has_no_influence() -> None:
    found = cone(design(ADDER), "z")
    assert dependencies(design(ADDER)).reader == "pyverilog"
    assert [(s.name, s.distance) for s in found[:2]] == [("z", 0), ("q", 1)]
    assert {s.name for s in found} == {"z", "q", "n", "a", "clk", "rst"}
    assert {s.name: s.lines for s in found}["q"] == (5,)
    assert len(cone(design(ADDER), "z", most=3)) == 3


@needs_yosys
def test_what_pyverilog_cannot_read_is_read_by_yosys() -> None:
    modern = ADDER.replace("wire [3:0] n;", "logic [3:0] n; typedef logic [1:0] pair_t;")
    found = cone(design(modern), "z")
    assert dependencies(design(modern)).reader == "yosys"
    assert {s.name for s in found} == {"z", "q", "n", "a", "clk", "rst"}
    assert {s.name: s.lines for s in found}["n"] == (3,)


@needs_yosys
def test_a_design_nobody_can_read_is_a_typed_error() -> None:
    with pytest.raises(ToolError, match=r"d\.sv:2"):
        cone(design("module adder(input a);\n  assign = ;\nendmodule\n"), "a")


def test_fingerprints_ignore_layout_comments_and_then_names() -> None:
    plain = fingerprint(design(ADDER))
    spaced = fingerprint(design("// a comment\n" + ADDER.replace("  ", "\t ")))
    assert spaced == plain
    renamed = fingerprint(design(ADDER.replace("n;", "sum;").replace(" n ", " sum ")))
    assert renamed.tokens != plain.tokens
    assert renamed.structure == plain.structure
    changed = fingerprint(design(ADDER.replace("q + a", "q - a")))
    assert changed.structure != plain.structure


@pytest.mark.parametrize("text", ["", "module", "(" * 5000, "module m; " + "begin " * 3000])
def test_hostile_text_gives_a_fingerprint_of_its_tokens(text: str) -> None:
    found = fingerprint(design(text))
    assert found.tokens == found.structure


@pytest.mark.parametrize(
    ("one", "other"),
    [("q && a", "q & &a"), ("q <= a", "q < = a"), ("`define X 1\n q", "`define X 1 q")],
)
def test_what_reads_differently_has_another_fingerprint(one: str, other: str) -> None:
    texts = [ADDER.replace("q + a", part) for part in (one, other)]
    assert len({fingerprint(design(text)).tokens for text in texts}) == 2
