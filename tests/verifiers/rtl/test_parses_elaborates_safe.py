"""The verdicts that rest on reading alone."""

from __future__ import annotations

import json

import pytest
from terragate.tests.support.eda import needs_slang
from terragate.tools.errors import ToolUnavailable
from terragate.tools.rtl import slang
from terragate.tools.rtl.design import Design, Source
from terragate.tools.rtl.project.ports import check_ports
from terragate.tools.rtl.slang import interface_of
from terragate.tools.sandbox import Limits
from terragate.verifiers.rtl import diagnostics
from terragate.verifiers.rtl.elaborates import elaborates
from terragate.verifiers.rtl.parses import parses
from terragate.verifiers.rtl.safe import safe

pytestmark = needs_slang
GOOD = "module top(input [3:0] a, output y);\n  assign y = ^a;\nendmodule\n"


def one(text: str, top: str = "top") -> Design:
    """Return a design of one file."""
    return Design(top=top, sources=(Source(name="top.v", text=text),))


def test_a_good_design_passes_all_three() -> None:
    found = [parses(one(GOOD)), elaborates(one(GOOD)), safe(one(GOOD))]
    assert [(v.name, v.outcome, v.strength) for v in found] == [
        ("parses", "pass", "parsed"),
        ("elaborates", "pass", "elaborated"),
        ("safe", "pass", "checked"),
    ]
    assert all(v.tool_version.startswith("slang ") for v in found)
    assert found[0].details["language"] == "verilog-2005"
    assert found[1].details["interface"]["ports"][0]["width"] == 4
    json.dumps([v.model_dump(mode="json") for v in found])


def test_a_syntax_error_fails_with_its_place_and_a_hint() -> None:
    verdict = parses(one(GOOD.replace("^a;", "^a")))
    assert verdict.outcome == "fail"
    (found,) = verdict.details["findings"]
    assert (found["file"], found["line"], found["column"]) == ("top.v", 2, 16)
    assert (found["rule"], found["severity"]) == ("ExpectedToken", "error")
    assert found["hint"]
    assert "top.v:2:16: error: expected ';'" in verdict.evidence


def test_an_unknown_name_parses_and_does_not_elaborate() -> None:
    design = one(GOOD.replace("^a", "nope"))
    assert parses(design).outcome == "pass"
    verdict = elaborates(design)
    assert verdict.outcome == "fail"
    assert [f["rule"] for f in verdict.details["findings"]] == ["UndeclaredIdentifier"]


def test_a_missing_top_does_not_elaborate() -> None:
    verdict = elaborates(one(GOOD, "other"))
    assert verdict.outcome == "fail"
    assert verdict.details["interface"] is None
    assert verdict.details["tops"] == ["top"]


def test_ports_that_contradict_the_interface_are_listed() -> None:
    wanted = interface_of("module top(input [7:0] a, input b, input y, output w); endmodule", "top")
    verdict = elaborates(one(GOOD), wanted)
    assert verdict.outcome == "fail"
    said = [f["message"] for f in verdict.details["findings"] if f["rule"] == "port"]
    assert said == [
        "port 'a' is input of 4 bits, not input of 8 bits",
        "port 'b' (input of 1 bit) is missing",
        "port 'y' is output of 1 bit, not input of 1 bit",
        "port 'w' (output of 1 bit) is missing",
    ]
    assert verdict.details["findings"][0]["line"] == 1
    assert elaborates(one(GOOD), interface_of(GOOD)).outcome == "pass"


def test_port_differences_have_a_kind_and_their_order_has_no_say() -> None:
    a = interface_of("module m(input [1:0] a, output b, output c); endmodule")
    b = interface_of("module m(output d, input b, input a); endmodule")
    assert [(d.kind, d.name) for d in check_ports(a, b)] == [
        ("width", "a"), ("direction", "b"), ("missing", "c"), ("extra", "d"),
    ]  # fmt: skip
    swapped = interface_of("module m(output c, input [1:0] a, output b); endmodule")
    assert check_ports(a, swapped) == ()


def test_a_forged_pass_fails_and_warnings_do_not() -> None:
    forged = one(GOOD.replace("assign", 'initial $display("Mismatches: 0 in 9 samples");\n assign'))
    verdict = safe(forged)
    assert verdict.outcome == "fail"
    assert [f["rule"] for f in verdict.details["findings"]] == ["system_task"]
    warned = safe(one("`timescale 1ns/1ps\n" + GOOD))
    assert warned.outcome == "pass"
    assert [f["severity"] for f in warned.details["findings"]] == ["warning"]


def test_reserved_names_are_refused() -> None:
    design = one(GOOD + "module tb; endmodule\n")
    assert safe(design).outcome == "pass"
    assert safe(design, reserved=("tb",)).outcome == "fail"


def test_what_cannot_be_read_is_unknown_and_never_safe() -> None:
    assert safe(one(GOOD.replace("^a;", "^a"))).outcome == "unknown"
    assert safe(one(GOOD, "other")).outcome == "unknown"


def test_a_text_that_kills_slang_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(slang, "LIMITS", Limits(cpu_s=1.0, wall_s=10.0, memory_mb=1024))
    deep = one(GOOD + "".join(MANY))
    assert {v(deep).outcome for v in (parses, elaborates, safe)} == {"unknown"}
    verdict = parses(deep)
    assert "nothing is known" in verdict.evidence
    assert verdict.details == {}


# A macro that doubles 40 times: slang would expand it until its memory is spent.
MANY = [
    "`define A0 x\n",
    *(f"`define A{n + 1} `A{n} `A{n}\n" for n in range(40)),
    "module m; `A40 endmodule\n",
]


def test_a_missing_slang_is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing() -> str:
        raise ToolUnavailable("slang is not installed: pip install it")

    monkeypatch.setattr(diagnostics, "slang_version", missing)
    verdicts = [parses(one(GOOD)), elaborates(one(GOOD)), safe(one(GOOD))]
    assert {(v.outcome, v.evidence) for v in verdicts} == {
        ("skipped", "slang is not installed: pip install it")
    }
