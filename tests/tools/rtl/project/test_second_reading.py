"""What Icarus's own preprocessor makes of a text."""

from __future__ import annotations

import pytest
from terragate.tests.support.eda import needs_icarus, needs_slang
from terragate.tools.rtl.design import Design, Source
from terragate.tools.rtl.icarus import simulate
from terragate.tools.rtl.project import second_reading
from terragate.tools.rtl.project.second_reading import as_icarus_expands
from terragate.tools.rtl.slang import elaborate, forbidden
from terragate.tools.sandbox import Limits

STRING_ARGUMENT = """module top;
`define S(q) localparam P = "q";
`S(x"; initial $display(1); localparam Q = ")
endmodule
"""


def one(text: str, *included: Source) -> Design:
    """Return a design of one file."""
    return Design(top="top", sources=(Source(name="top.sv", text=text),), includes=included)


@needs_icarus
@needs_slang
def test_icarus_finds_code_in_a_string_that_slang_does_not() -> None:
    expanded = as_icarus_expands(one(STRING_ARGUMENT))
    assert isinstance(expanded, Design)
    assert "initial $display(1);" in expanded.sources[0].text
    assert {f.code for f in forbidden(expanded)} == {"system_task"}
    assert "system_task" not in {f.code for f in forbidden(one(STRING_ARGUMENT))}


@needs_icarus
@needs_slang
def test_defines_and_includes_are_expanded_too() -> None:
    header = Source(name="defs.vh", text="`define W 3\n")
    design = one('`include "defs.vh"\nmodule top(input [`W+`N-1:0] a); endmodule', header)
    expanded = as_icarus_expands(design.model_copy(update={"defines": (("N", "4"),)}))
    assert isinstance(expanded, Design)
    assert "`" not in expanded.sources[0].text
    top = elaborate(expanded).interface
    assert top is not None
    assert top.ports[0].width == 7


@needs_icarus
def test_a_text_without_macros_is_not_looked_at_twice() -> None:
    assert as_icarus_expands(one("`timescale 1ns/1ps\nmodule top; endmodule")) == "same"


@needs_icarus
def test_a_text_that_icarus_refuses_stays_as_it_is() -> None:
    assert as_icarus_expands(one('`include "nope.vh"\nmodule top; endmodule')) == "same"


@needs_icarus
@needs_slang
def test_macros_that_grow_without_end_are_never_approved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(second_reading, "LIMITS", Limits(cpu_s=1.0, wall_s=10.0, file_mb=4))
    macros = "".join(f"`define A{n + 1} `A{n} `A{n}\n" for n in range(40))
    bomb = one(f"`define A0 /**/ wire w;\n{macros}module top; `ifdef NO `A40 `endif endmodule")
    assert as_icarus_expands(bomb) != "lost"
    text = bomb.sources[0].text.replace("`ifdef NO", "").replace("`endif", "")
    assert as_icarus_expands(one(text)) == "lost"


SAY = 'initial $display("HIDDEN");'
TRICKS = [
    f"`define A 1 \r\n{SAY}",
    f"`define A 1 \\ \n{SAY}",
    f"`define A 1 // c \\\n{SAY}",
    f"`define A 1 /* c \\\n*/ \\\n{SAY}",
    f"// c \r{SAY}",
    f"`pragma foo (a,\n{SAY}\n)",
    f"`ifdef A && B\n`else\n{SAY}\n`endif",
    f"`ifdef (!A)\n`else\n{SAY}\n`endif",
    f'localparam P = """\n; {SAY} localparam Q="\n""" ;',
    f"wire \\a/* ;\n{SAY}\n/* */",
    f'wire \\a" ;\n{SAY}\nwire \\b" ;',
    f"wire \\a// ; {SAY}",
    f"`ifdef `X\n`else\n{SAY}\n`endif",
    f"`ifdef A\n`elsif B\n`else\n{SAY}\n`endif",
    f"`ifdef A wire q; `else {SAY} `endif",
    f"`ifdef\n A\n wire q;\n`else\n{SAY}\n`endif",
    f"`define A(x\n) x\n{SAY}",
    f"`define B `ifdef Z \\\n`else \\\n{SAY} \\\n`endif\n`B",
    f"`define D wire q;\n`define D {SAY}\n`D",
    f"`celldefine {SAY}\n`endcelldefine",
    f"(* keep // *)\n*) wire q; {SAY}",
    f"// \0 \n{SAY}",
    f"`define M(a) wire q;\n`M(/* ) {SAY} /* */ x)",
    f"`define M(a=1) wire q;\n`M() {SAY}",
    f"`delay_mode_path\n{SAY}",
    f"`define A\n`undefineall\n`ifndef A\nwire q;\n`else\n{SAY}\n`endif",
    f"`define A(q) `q\n`define q wire w;\n`define z {SAY}\n`A(z)",
    f'`define A(q) localparam P="q";\n`A(x"; {SAY} localparam Q=")',
    f"`define A `B\n`define B wire q;\n`A\n`define B {SAY}\n`A",
]


@needs_icarus
@needs_slang
def test_nothing_that_icarus_would_print_is_approved() -> None:
    bench = Source(name="tb.sv", text="module tb; top t(); initial #1 $finish; endmodule\n")
    printed = 0
    for trick in TRICKS:
        design = one(f"module top;\n{trick}\nendmodule\n")
        files = {**design.files(), bench.name: bench.text}
        ran = simulate(files, (bench.name, "top.sv"), "tb").run
        if ran is not None and "HIDDEN" in ran.stdout:
            printed += 1
            assert any(f.severity == "error" for f in forbidden(design)), trick
    assert printed >= 15
