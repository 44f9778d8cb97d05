"""Designs that are compiled to the same program wherever they stand in the order of files."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terragate.tests.support.eda import needs_icarus
from terragate.tools.rtl.design import Design, Source
from terragate.tools.rtl.file_order import stands_alone
from terragate.tools.rtl.icarus import simulate

PLAIN = "// `no directive\nmodule m(input a, output y); assign y = $signed(a) & 2'd3; endmodule\n"


def design(text: str, **more: object) -> Design:
    return Design.model_validate({"top": "m", "sources": (Source(name="m.sv", text=text),), **more})


def test_a_design_of_modules_alone_stands_alone() -> None:
    assert stands_alone(design(PLAIN))
    assert stands_alone(design(PLAIN + PLAIN.replace("module m(", "module n(")))


@pytest.mark.parametrize(
    "text",
    [
        PLAIN.replace("assign", "assign #1"),
        PLAIN.replace("$signed(a)", "($time > 3)"),
        PLAIN.replace("2'd3", "`A"),
        f"`default_nettype none\n{PLAIN}",
        f"`timescale 1ns/1ps\n{PLAIN}",
        f"typedef logic t;\n{PLAIN}",
        f"{PLAIN}function f; input a; f = a; endfunction\n",
        "endmodule module m;",
        "module m;",
        "x",
    ],
)
def test_what_reaches_into_other_files_does_not(text: str) -> None:
    assert not stands_alone(design(text))


def test_what_is_given_beside_the_text_may_reach_too() -> None:
    assert not stands_alone(design(PLAIN, defines=(("A", "1"),)))
    assert not stands_alone(design(PLAIN, includes=(Source(name="a.vh", text=""),)))


@given(st.text(max_size=60))
def test_any_text_is_answered(text: str) -> None:
    if stands_alone(design(f"module m; {text}\nendmodule")):
        plain = re.sub(r"//[^\n]*|/\*.*?\*/", "", text, flags=re.DOTALL)
        assert "`" not in plain


@needs_icarus
@pytest.mark.parametrize(
    ("text", "alone"), [(PLAIN, True), (PLAIN.replace("assign", "assign #1"), False)]
)
def test_the_order_of_files_shows_in_no_design_that_stands_alone(text: str, alone: bool) -> None:
    bench = (
        "`timescale 1ns/1ps\nmodule tb; reg a = 0; wire y; m one(a, y);\n"
        '  initial begin #1 a = 1; #2 $display("%b", y); $finish; end\nendmodule\n'
    )
    files = {"tb.sv": bench, "m.sv": text}
    said = [
        run.stdout
        for order in (("tb.sv", "m.sv"), ("m.sv", "tb.sv"))
        if (run := simulate(files, order, "tb").run)
    ]
    assert stands_alone(design(text)) == alone
    assert (said[0] == said[1]) == alone
