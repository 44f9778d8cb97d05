"""Equivalence on designs whose answer is known by hand: proofs, refutations and honest unknowns."""

from __future__ import annotations

import pytest
from terragate.tests.support.eda import (
    VERILOG_EVAL,
    needs_icarus,
    needs_verilog_eval,
    needs_yosys,
)
from terragate.tools.rtl.design import Design, Source
from terragate.tools.rtl.formal import Equivalence, bench, equivalence
from terragate.tools.rtl.icarus import simulate
from terragate.tools.sandbox import Limits

pytestmark = [needs_icarus, needs_yosys]
PROVED = ("proved", "proved up to don't-cares")


def design(text: str, *, top: str = "m", parameters: tuple[tuple[str, str], ...] = ()) -> Design:
    return Design(top=top, sources=(Source(name="d.sv", text=text),), parameters=parameters)


def check(gold: str, gate: str) -> Equivalence:
    return equivalence(design(gold), design(gate))


def mismatches(found: Equivalence, text: str) -> int:
    assert found.counterexample is not None
    bench = found.counterexample.testbench
    files = {"d.sv": text, **{s.name: s.text for s in bench.sources}}
    ran = simulate(files, list(files), bench.top)
    assert ran.run is not None, ran.compiled.stderr
    return int(ran.run.stdout.rsplit("Mismatches: ", 1)[1].split()[0])


def counter(modulo: int) -> str:
    return f"""module m(input clk, rst, output reg [9:0] q);
      always @(posedge clk) if (rst) q <= 0; else q <= q == {modulo - 1} ? 0 : q + 1;
    endmodule"""


def toggle(value: str) -> str:
    return f"""module m(input clk, d, output reg q{value});
      always @(posedge clk) q <= q ^ d; endmodule"""


def clocked(edge: str, value: str = "d") -> str:
    return f"""module m(input clk, d, output reg q);
      always @({edge} clk) q <= {value}; endmodule"""


def reset(event: str, condition: str) -> str:
    return f"""module m(input clk, r, d, output reg q);
      always @(posedge clk{event}) if ({condition}) q <= 0; else q <= d; endmodule"""


def detector(codes: tuple[int, int, int], width: int) -> str:
    a, b, c = codes
    return f"""module m(input clk, r, x, output y); reg [{width - 1}:0] s;
      localparam A = {a}, B = {b}, C = {c};
      always @(posedge clk) if (r) s <= A; else case (s)
        A: s <= x ? B : A;  B: s <= x ? C : A;  C: s <= x ? C : A;  default: s <= A;
      endcase
      assign y = s == C; endmodule"""


MEMORY = """module m(input clk, we, input [2:0] a, input [3:0] d, output reg [3:0] q);
  reg [3:0] r [0:7]; always @(posedge clk) begin if (we) r[a] <= d; q <= {0}; end endmodule"""
LATCH = "module m(input e, d, output reg q); always @* if ({}) q = d; endmodule"
ASYNC = reset(", posedge r", "r")


@pytest.mark.parametrize(
    ("gold", "gate"),
    [
        (counter(1000), counter(1001)),
        (toggle(" = 0"), toggle(" = 1")),
        (toggle(" = 0"), toggle("")),
        (clocked("posedge"), clocked("negedge")),
        (clocked("posedge"), clocked("posedge", "clk ? ~d : d")),
        (ASYNC, reset(", posedge r", "!r")),
        (ASYNC, reset("", "r")),
        (ASYNC, reset(", posedge r", "1'b0")),
        (
            "module m(input [7:0] a, b, output [8:0] s); assign s = a + b; endmodule",
            "module m(input [7:0] a, b, output [8:0] s); wire [7:0] t = a + b;"
            " assign s = t; endmodule",
        ),
        (MEMORY.replace("{0}", "r[a]"), MEMORY.replace("{0}", "we ? d : r[a]")),
        (LATCH.format("e"), LATCH.format("!e")),
        (
            "module m(input [31:0] a, output y); assign y = a == 32'hdeadbeef; endmodule",
            "module m(input [31:0] a, output y); assign y = 0; endmodule",
        ),
        (
            "module m(input clk, output reg [3:0] q = 0); always @(posedge clk) q <= 0; endmodule",
            "module m(input clk, output reg [3:0] q); always @(posedge clk) q <= 0; endmodule",
        ),
    ],
    ids=[
        "mod 1000 and 1001", "initial 0 and 1", "initial and none", "posedge and negedge",
        "clock read as data", "reset inverted", "asynchronous and synchronous", "reset ignored",
        "width", "memory", "latch", "needle in 2^32", "constant without initial value",
    ],
)  # fmt: skip
def test_a_difference_is_refuted_and_replays(gold: str, gate: str) -> None:
    found = check(gold, gate)
    assert found.result == "refuted", found
    assert mismatches(found, gate) > 0
    assert mismatches(found, gold) == 0


def test_a_pulse_between_two_edges_is_not_forgotten() -> None:
    gate = """module m(input clk, r, d, output q); reg p;
      always @(posedge clk) if (r) p <= 0; else p <= d;
      assign q = p & ~r; endmodule"""
    found = check(ASYNC, gate)
    assert found.result == "refuted"
    assert mismatches(found, gate) > 0


@pytest.mark.parametrize(
    ("gold", "gate", "result"),
    [
        (toggle(" = 0"), toggle(" = 0").replace("q ^ d", "(q & ~d) | (~q & d)"), "proved"),
        (detector((0, 1, 2), 2), detector((2, 0, 1), 2), "proved up to don't-cares"),
        (detector((0, 1, 2), 2), detector((2, 1, 3), 2), "proved up to don't-cares"),
        (ASYNC, reset(", posedge r", "r == 1"), "proved up to don't-cares"),
        (LATCH.format("e"), LATCH.format("!(!e)"), "proved up to don't-cares"),
        (MEMORY.replace("{0}", "r[a]"), MEMORY.replace("{0}", "~(~r[a])"),
         "proved up to don't-cares"),
        # An x-select hides nothing here: both branches are the same.
        (
            "module m(input clk, a, output q); reg s = 0; always @(posedge clk) s <= a;"
            " assign q = a | s; endmodule",
            "module m(input clk, a, output q); reg s = 0, u; always @(posedge clk) begin s <= a;"
            " u <= u; end assign q = u ? (a | s) : (s | a); endmodule",
            "proved",
        ),
    ],
    ids=["rewritten", "codes rotated", "codes chosen anew", "reset", "latch", "memory", "x select"],
)  # fmt: skip
def test_equal_designs_are_proved(gold: str, gate: str, result: str) -> None:
    found = check(gold, gate)
    assert found.result == result, found
    assert found.cpu_s > 0
    assert found.method.endswith(("(ABC scorr)", "(ABC pdr)"))


@pytest.mark.parametrize(
    ("gold", "gate", "word"),
    [
        # (a | s) & (u | ~u) is a | s, but the simulator says x.
        (
            "module m(input clk, a, output q); reg s = 0; always @(posedge clk) s <= a;"
            " assign q = a | s; endmodule",
            "module m(input clk, a, output q); reg s = 0, u; always @(posedge clk) begin s <= a;"
            " u <= u; end assign q = (a | s) & (u | ~u); endmodule",
            "no value",
        ),
        (
            "module m(input clk, a, output reg q); reg u; always @(posedge clk) begin u <= u;"
            " if (u) q <= a; else q <= ~a; end endmodule",
            "module m(input clk, a, output reg q); reg u; always @(posedge clk) begin u <= u;"
            " if (!u) q <= ~a; else q <= a; end endmodule",
            "no value",
        ),
        (
            "module m(input a, b, output q); assign q = a ? b : 1'bz; endmodule",
            "module m(input a, b, output q); assign q = a ? b : 1'bz; endmodule",
            "tri-state",
        ),
        (
            "module m(input clk, d, output reg q); reg h = 0; always @(posedge clk) h <= ~h;"
            " always @(posedge h) q <= d; endmodule",
            "module m(input clk, d, output reg q); reg h = 0; always @(posedge clk) h <= ~h;"
            " always @(posedge h) q <= ~~d; endmodule",
            "derives a clock",
        ),
        (
            "module m(input clk, d, output reg q); always @(posedge clk) q <= q ^ d; endmodule",
            "module m(input clk, d, output reg q); always @(posedge clk) q <= d ^ q; endmodule",
            "never gave output 'q' a value",
        ),
        (
            "module m(inout p, input a, output q); assign q = a; endmodule",
            "module m(inout p, input a, output q); assign q = a; endmodule",
            "inout",
        ),
    ],
    ids=["pessimism", "optimism", "tri-state", "derived clock", "never defined", "inout"],
)
def test_what_cannot_be_decided_is_unknown_with_the_reason(
    gold: str, gate: str, word: str
) -> None:  # fmt: skip
    found = check(gold, gate)
    assert found.result == "unknown"
    assert word in found.reason


def test_different_ports_and_broken_text_are_errors() -> None:
    one = "module m(input a, output q); assign q = a; endmodule"
    two = "module m(input a, output [1:0] q); assign q = a; endmodule"
    assert "q[2]" in check(one, two).reason
    broken = "module m(input a, output q) assign"
    assert check(one, two).result == check(broken, broken).result == "error"


def test_a_design_that_yosys_cannot_read_is_still_refuted_but_never_proved() -> None:
    odd = """module m(input clk, r, d, output reg q);
      always @(posedge clk or posedge r) q <= {}; endmodule"""
    assert check(odd.format("d"), odd.format("~d")).result == "error"
    assert check(clocked("posedge").replace("clk, d", "clk, r, d"), odd.format("~d")).result == (
        "refuted"
    )
    same = check(clocked("posedge").replace("clk, d", "clk, r, d"), odd.format("r ? q : d"))
    assert same.result in ("unknown", "refuted")


def test_parameters_and_several_files_that_share_module_names() -> None:
    leaf = Source(name="leaf.v", text="module inc #(parameter N = 1)(input [7:0] a,"
                  " output [7:0] y); assign y = a + N; endmodule")  # fmt: skip
    top = Source(name="top.v", text="module m #(parameter K = 1)(input [7:0] a, output [7:0] y);"
                 " inc #(.N(K)) i(.a(a), .y(y)); endmodule")  # fmt: skip
    gold = Design(top="m", sources=(leaf, top), parameters=(("K", "3"),))
    other = "module inc(input [7:0] a, output [7:0] y); assign y = a - {}; endmodule\nmodule n("
    other += "input [7:0] a, output [7:0] y); inc i(.a(a), .y(y)); endmodule"
    assert equivalence(gold, design(other.format("8'hfd"), top="n")).result == "proved"
    assert equivalence(gold, design(other.format("8'hfc"), top="n")).result == "refuted"


def test_a_counterexample_is_a_readable_table() -> None:
    found = check(counter(1000), counter(1001)).counterexample
    assert found is not None
    assert found.outputs == ("q",)
    assert found.table()[-1]["q"] == f"{0:010b} (got {1000:010b})"
    assert found.cycle >= 1000


def test_a_hung_simulation_is_unknown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bench, "LIMITS", Limits(cpu_s=1, wall_s=2))
    gold = "module m(input a, output q); assign q = a; endmodule"
    found = check(gold, "module m(input a, output q); assign q = a ? ~q : 1'b0; endmodule")
    assert found.result == "unknown"
    assert "limit" in " ".join(found.tried)


@needs_verilog_eval
@pytest.mark.parametrize("number", [7, 25, 53, 73, 109, 121, 137, 145])
def test_references_are_proved_against_themselves(number: int) -> None:
    (path,) = (VERILOG_EVAL / "dataset_spec-to-rtl").glob(f"Prob{number:03}_*_ref.sv")
    reference = design(path.read_text(), top="RefModule")
    assert equivalence(reference, reference).result in PROVED


def test_the_replay_writes_a_waveform() -> None:
    found = check(clocked("posedge"), clocked("negedge"))
    assert found.counterexample is not None
    bench_of = found.counterexample.testbench
    files = {"d.sv": clocked("negedge"), **{s.name: s.text for s in bench_of.sources}}
    name = "counterexample.vcd"
    ran = simulate(files, list(files), bench_of.top, keep=(name,), waves=True)
    assert b"$enddefinitions" in ran.files[name]
