"""Elaboration with the real slang: interfaces, diagnostics, hostile texts, the benchmark."""

from __future__ import annotations

import pytest
from terragate.tests.support.eda import VERILOG_EVAL, needs_slang, needs_verilog_eval
from terragate.tools.errors import RetryableToolError, ToolError
from terragate.tools.rtl import slang
from terragate.tools.rtl.design import Design, Source
from terragate.tools.rtl.slang import (
    Parameter,
    Port,
    elaborate,
    forbidden,
    inspect,
    interface_of,
    language,
    module_names,
    slang_version,
)
from terragate.tools.sandbox import Limits

pytestmark = needs_slang
COUNTER = """`timescale 1ns/1ps
module counter #(parameter W = 4, localparam LAST = W - 1) (
  input wire clk, input wire signed [W-1:0] step,
  output reg signed [LAST:0] q, inout wire pad
);
  always @(posedge clk) q <= q + step;
endmodule
"""


def one(text: str, top: str = "top", **more: object) -> Design:
    """Return a design of one file."""
    sources = (Source(name="top.sv", text=text),)
    return Design(top=top, sources=sources, **more)  # type: ignore[arg-type]


def test_the_interface_is_that_of_the_elaborated_top() -> None:
    found = elaborate(one(COUNTER, "counter"))
    assert found.ok
    assert found.tops == ("counter",)
    assert found.interface is not None
    assert [(p.name, p.direction, p.width, p.signed) for p in found.interface.ports] == [
        ("clk", "input", 1, False),
        ("step", "input", 4, True),
        ("q", "output", 4, True),
        ("pad", "inout", 1, False),
    ]
    assert found.interface.parameters == (
        Parameter(name="W", value="4"), Parameter(name="LAST", value="3", local=True),
    )  # fmt: skip


def test_a_parameter_override_is_applied_and_said() -> None:
    found = elaborate(one(COUNTER, "counter", parameters=(("W", "9"),)))
    assert found.interface is not None
    assert found.interface.port("q") == Port(
        name="q", direction="output", width=9, signed=True, type="reg signed[8:0]"
    )
    assert found.interface.parameters[0] == Parameter(name="W", value="9", overridden=True)
    assert found.interface.parameters[1].overridden is False


@pytest.mark.parametrize("name", ["LAST", "NOPE"])
def test_a_parameter_that_cannot_be_set_is_an_error(name: str) -> None:
    found = elaborate(one(COUNTER, "counter", parameters=((name, "9"),)))
    assert [d.code for d in found.errors] == ["NoSuchParameter"]
    assert not found.ok


def test_macros_and_includes_are_read_as_icarus_reads_them() -> None:
    design = Design(
        top="top",
        sources=(
            Source(name="rtl/a.sv", text='`include "defs.vh"\n`define MORE 2\n'),
            Source(
                name="rtl/b.sv", text="module top(input [`WIDTH+`MORE+`GIVEN-1:0] a); endmodule"
            ),
        ),
        includes=(Source(name="defs.vh", text="`define WIDTH 5\n"),),
        defines=(("GIVEN", "3"),),
    )
    found = inspect(design)
    assert found.elaborated.interface is not None
    assert found.elaborated.interface.ports[0].width == 10
    assert found.macros == ("MORE", "WIDTH")


def test_a_diagnostic_names_file_line_column_and_code() -> None:
    design = Design(
        top="top",
        sources=(
            Source(name="a.v", text="module a; endmodule\n"),
            Source(name="b.v", text="// α\nmodule top;\n  /* é */ wire x = nope;\nendmodule\n"),
        ),
    )
    (said,) = elaborate(design).errors
    assert (said.file, said.line, said.column) == ("b.v", 3, 20)
    assert said.code == "UndeclaredIdentifier"
    assert str(said) == "b.v:3:20: error: use of undeclared identifier 'nope'"


def test_warnings_come_after_errors_and_a_flood_is_cut() -> None:
    wires = "\n".join(f"wire [1:0] w{n} = 9'd{n};" for n in range(300))
    found = elaborate(one(f"module top;\n{wires}\nwire x = nope;\nendmodule"))
    assert found.diagnostics[0].severity == "error"
    assert len(found.diagnostics) == 200
    assert found.dropped > 50


def test_tops_are_the_modules_nothing_instantiates() -> None:
    text = "module a; b i(); endmodule module b; endmodule module c; endmodule"
    assert elaborate(one(text, "a")).tops == ("a", "c")
    assert module_names(one(text, "a")) == ("a", "b", "c")


def test_a_missing_top_has_no_interface_and_is_never_safe() -> None:
    found = elaborate(one("module a; endmodule"))
    assert found.interface is None
    assert not found.ok
    assert [f.code for f in forbidden(one("module a; endmodule"))] == ["unreadable"]


def test_the_interface_of_a_text_needs_no_name_when_it_has_one_top() -> None:
    assert interface_of("module only(input a); endmodule").name == "only"
    with pytest.raises(RetryableToolError) as several:
        interface_of("module a; endmodule module b; endmodule")
    assert several.value.candidates == ("a", "b")
    with pytest.raises(RetryableToolError) as none:
        interface_of("module a; endmodule", "b")
    assert (none.value.kind, none.value.candidates) == ("not_found", ("a",))
    with pytest.raises(RetryableToolError, match="0 top modules"):
        interface_of("")


def test_ports_that_are_no_vectors() -> None:
    text = """interface bus; logic a; endinterface
module top(bus b, input real r, input logic [1:0] m [0:2], input struct packed {logic [2:0] x;} s);
endmodule"""
    ports = elaborate(one(text)).interface
    assert ports is not None or elaborate(one(text)).errors
    text = text.replace("bus b, ", "")
    found = elaborate(one(text)).interface
    assert found is not None
    assert [p.width for p in found.ports] == [64, 6, 3]


@pytest.mark.parametrize(
    ("text", "systemverilog"),
    [
        ("module top(input wire a, output reg b); always @* b = a; endmodule", False),
        ("module top(input logic a); endmodule", True),
        ("module top(input wire a, output reg b); always_comb b = a; endmodule", True),
        ("module top; wire logic, bit, int; endmodule", False),
        ("module top; typedef enum {A, B} t; endmodule", True),
        ("module top; generate genvar i; for (i=0;i<2;i=i+1) begin : g end endgenerate endmodule",
         False),
    ],
)  # fmt: skip
def test_the_language_is_decided_by_reading(text: str, systemverilog: bool) -> None:
    found = language(one(text))
    assert found.systemverilog is systemverilog, found
    assert found.name == ("systemverilog" if systemverilog else "verilog-2005")


def test_an_include_outside_is_never_shown() -> None:
    found = elaborate(one('`include "/etc/passwd"\nmodule top; endmodule'))
    assert not any("root" in d.message for d in found.diagnostics)
    assert found.errors


HOSTILE = {
    "deep nesting": "module top; wire x = " + "(" * 50_000 + "1" + ")" * 50_000 + "; endmodule",
    "a long sum": "module top; wire [7:0] x = " + "1+" * 500_000 + "1; endmodule",
    "a macro bomb": "`define A0 1\n"
    + "".join(f"`define A{n + 1} `A{n} + `A{n} + `A{n} + `A{n}\n" for n in range(30))
    + "module top; wire x = `A30; endmodule",
    "a recursive macro": "`define R `R `R\nmodule top; wire x = `R; endmodule",
    "a recursive include": '`include "top.sv"\nmodule top; endmodule',
    "endless generate": "module top; genvar i; for (i=0;i<1000000000;i=i+1) wire w; endmodule",
    "endless function": "module top; function int f(int n); while (1) n++; return n; endfunction\n"
    "localparam P = f(1); wire [P:0] w; endmodule",
    "recursion": "module top; top i(); endmodule",
    "a huge vector": "module top; wire [2147483647:0] w; assign w = {2147483647{1'b1}}; endmodule",
    "nothing but bytes": "".join(chr(n) for n in range(1, 256)) * 100,
    "a nul": "module top; \0 initial $finish; endmodule",
    "deep begin": "module top; initial " + "begin " * 50_000 + "end " * 50_000 + "endmodule",
    "brackets": "module top; wire x = " + "{" * 100_000,
}


SURVIVES: frozenset[str] = frozenset({"a long sum", "a huge vector"})


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_text_is_survived_and_never_approved(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slang, "LIMITS", Limits(cpu_s=2.0, wall_s=10.0, output_kb=8192))
    design = one(HOSTILE[name])
    try:
        approved = inspect(design).elaborated.ok
    except ToolError:
        approved = False
    assert name in SURVIVES or not approved
    assert elaborate(one(COUNTER + f"// after {name}\n", "counter")).ok


def test_the_version_is_told() -> None:
    assert slang_version().startswith("slang 1")


@needs_verilog_eval
def test_every_reference_of_the_benchmark_elaborates_and_none_is_forbidden() -> None:
    references = sorted((VERILOG_EVAL / "dataset_spec-to-rtl").glob("*_ref.sv"))
    assert len(references) == 156
    wrong: dict[str, object] = {}
    ports = 0
    for path in references:
        design = one(path.read_text(), "RefModule")
        found = inspect(design, reserved=("tb", "TopModule", "stimulus_gen"))
        if not found.elaborated.ok or found.forbidden:
            wrong[path.stem] = (found.elaborated.errors, found.forbidden)
        elif found.elaborated.interface is not None:
            ports += len(found.elaborated.interface.ports)
    assert wrong == {}
    assert ports == 694
