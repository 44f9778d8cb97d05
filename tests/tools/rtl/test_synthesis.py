"""Synthesis figures against what is known by hand."""

from __future__ import annotations

import pytest
from terragate.tests.support.eda import needs_yosys
from terragate.tools.errors import ToolError
from terragate.tools.rtl.design import Design, Source
from terragate.tools.rtl.synthesis import synthesise
from terragate.verifiers.rtl.synthesises import synthesises

pytestmark = needs_yosys
COUNTER = """module counter #(parameter W = 4)(input clk, input rst, output reg [W-1:0] q);
  always @(posedge clk) if (rst) q <= 0; else q <= q + 1;
endmodule
"""
GATE = (
    '  cell({name}) {{ area: {area}; {inputs} pin(Y) {{ direction: output; function: "{f}"; }} }}\n'
)


def design(text: str, top: str = "counter", **parameters: str) -> Design:
    return Design(
        top=top,
        sources=(Source(name="c.v", text=text),),
        parameters=tuple(parameters.items()),
    )


def library() -> str:
    gates = {
        "BUF": (2, "A"), "INV": (1, "A'"), "NAND2": (2, "(A*B)'"), "NOR2": (2, "(A+B)'"),
        "AND2": (3, "A*B"), "OR2": (3, "A+B"), "XOR2": (4, "A^B"), "XNOR2": (4, "(A^B)'"),
    }  # fmt: skip
    cells = ""
    for name, (area, function) in gates.items():
        pins = ["A", "B"] if "B" in function else ["A"]
        inputs = " ".join(f"pin({p}) {{ direction: input; }}" for p in pins)
        cells += GATE.format(name=name, area=area, inputs=inputs, f=function)
    flop = (
        'cell(DFF) { area: 6; ff(IQ,IQN) { next_state: "D"; clocked_on: "C"; } '
        "pin(D) { direction: input; } pin(C) { direction: input; clock: true; } "
        'pin(Q) { direction: output; function: "IQ"; } }'
    )
    return f"library(small) {{\n{cells}{flop}\n}}\n"


@pytest.mark.parametrize("width", [1, 4, 13])
def test_a_counter_has_one_flip_flop_per_bit(width: int) -> None:
    found = synthesise(design(COUNTER, W=str(width)))
    assert found.flip_flops == width
    assert found.latches == 0
    assert found.area is None


def test_a_latch_is_counted_and_depth_grows_with_the_chain() -> None:
    latch = "module m(input e, input d, output reg q); always @* if (e) q = d; endmodule"
    assert synthesise(design(latch, "m")).latches == 1
    parity = "module m(input [{n}:0] a, input [{n}:0] b, output y); assign y = a < b; endmodule"
    shallow = synthesise(design(parity.replace("{n}", "1"), "m")).depth
    deep = synthesise(design(parity.replace("{n}", "15"), "m")).depth
    assert 0 < shallow < deep


def test_area_is_the_sum_of_the_library_cells() -> None:
    found = synthesise(design(COUNTER), library())
    areas = {"BUF": 2, "INV": 1, "NAND2": 2, "NOR2": 2, "AND2": 3, "OR2": 3, "XOR2": 4, "XNOR2": 4,
             "DFF": 6}  # fmt: skip
    assert found.cells["DFF"] == 4
    assert found.area == sum(areas[name] * n for name, n in found.cells.items())
    assert "area" in synthesises(design(COUNTER), library()).evidence


def test_a_design_of_two_files_with_a_macro_and_an_include() -> None:
    found = synthesise(
        Design(
            top="m",
            sources=(
                Source(name="a.v", text='`include "w.vh"\nmodule m(input clk, input d, output q);'
                       " sub s(clk, d, q); endmodule"),
                Source(name="b.v", text="module sub(input c, input d, output reg q);"
                       " `ifdef REGISTERED always @(posedge c) q <= d; `endif endmodule"),
            ),
            includes=(Source(name="w.vh", text="`define WIDTH 1"),),
            defines=(("REGISTERED", "1"),),
        )
    )  # fmt: skip
    assert found.flip_flops == 1


def test_what_does_not_synthesise_fails_with_file_and_line() -> None:
    with pytest.raises(ToolError, match=r"c\.v:2: syntax error"):
        synthesise(design("module counter(input a);\n  assign = 1;\nendmodule"))
    verdict = synthesises(design("module counter(output y); missing u(y); endmodule"))
    assert verdict.outcome == "fail"
    assert "missing" in verdict.evidence


def test_a_synthesis_that_never_ends_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    from terragate.tools.rtl import synthesis
    from terragate.tools.sandbox import Limits

    monkeypatch.setattr(synthesis, "LIMITS", Limits(cpu_s=1, wall_s=2, memory_mb=4096))
    huge = (
        "module counter(input [511:0] a, input [511:0] b, output [1023:0] y);"
        " assign y = a * b; endmodule"
    )
    assert synthesises(design(huge)).outcome == "unknown"
