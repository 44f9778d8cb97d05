"""A testbench that the model wrote itself: scored by faults, able to refute, never to verify."""

from __future__ import annotations

from datetime import date

import anyio
import pytest
from terragate.tests.support.eda import needs_icarus, needs_slang, needs_yosys
from terragate.tests.support.scripted_model import StageModel
from terragate.tools.errors import RetryableToolError
from terragate.tools.geo.catalog import NoCatalog
from terragate.tools.rtl.bench_drafts import bench_of
from terragate.tools.rtl.bench_judge import Seat, rule
from terragate.tools.rtl.bench_mutants import bench_mutants
from terragate.tools.rtl.bench_score import score
from terragate.tools.rtl.design import Design, RtlTask, Source
from terragate.tools.rtl.slang import elaborate
from terragate.workflows.cascade import cascade, tuned
from terragate.workflows.request import Request
from terragate.workflows.runtime import Platform, run

pytestmark = [needs_icarus, needs_slang, needs_yosys]
COUNTER = """module counter(input clk, input rst, input en, output reg [1:0] q);
  always @(posedge clk)
    if (rst) q <= 2'd0;
    else if (en) q <= q + 2'd1;
endmodule
"""
DOWN = COUNTER.replace("q + 2'd1", "q - 2'd1")
BENCH = """module tb;
  reg clk = 0, rst = 1, en = 0;
  wire [1:0] q;
  reg [1:0] want = 0;
  integer i;
  counter dut(.clk(clk), .rst(rst), .en(en), .q(q));
  always #5 clk = ~clk;
  initial begin
    @(negedge clk); @(negedge clk);
    for (i = 0; i < 60; i = i + 1) begin
      if (q !== want) $fatal(1, "q");
      rst = i % 17 == 9;
      en = i % 3 != 1;
      @(negedge clk);
      want = rst ? 0 : en ? want + STEP : want;
    end
    $finish;
  end
endmodule
"""
GOOD = BENCH.replace("STEP", "1")
WRONG = BENCH.replace("STEP", "2")
IDLE = (
    "module tb; reg c = 0; counter dut(.clk(c), .rst(c), .en(c), .q()); initial $finish; endmodule"
)


def design(text):
    return Design(top="counter", sources=(Source(name="design.sv", text=text),))


def fenced(text):
    return f"```verilog\n{text}\n```"


def ask(tmp_path, designs, written, **tuning):
    answers = {"single": iter(designs), "bench": iter(written)}
    model = StageModel(
        single=lambda _: fenced(next(answers["single"])),
        bench=lambda _: fenced(next(answers["bench"])),
    )
    request = Request(
        text="count up", today=date(2026, 1, 1), workflow="cascade",
        rtl=RtlTask(top="counter", spec="count up while en is 1"),
        tuning={"samples": len(designs), "repairs": 0, **tuning},
    )  # fmt: skip
    model.rendering = "chat"
    return anyio.run(run, request, Platform(model, NoCatalog(), tmp_path, persist=False)), model


def bench_records(report):
    return [record.outputs["bench"] for record in report.records if "bench" in record.outputs]


def test_a_believed_testbench_refutes_the_minority_and_never_verifies(tmp_path):
    report, _ = ask(tmp_path, [DOWN, COUNTER, COUNTER], [GOOD])
    (bench,) = bench_records(report)
    assert bench["ruling"]["believed"], bench
    down = [r.id for r in report.records if r.args.get("code", "").strip() == DOWN.strip()]
    assert bench["ruling"]["refuted"] == down
    assert report.status == "unverified"
    assert "testbench written for this run" in report.answer
    verdict = next(v for v in report.verdicts if v["name"] == "verified")
    assert verdict["outcome"] == "unknown"
    assert not any("simulated" in v["strength"] for v in report.verdicts)


def test_it_decides_between_two_designs_of_equal_weight(tmp_path):
    # Without a testbench the earlier of two equally large groups is taken, which is wrong here.
    blind, _ = ask(tmp_path / "blind", [DOWN, COUNTER], [], benches=0)
    seeing, _ = ask(tmp_path / "seeing", [DOWN, COUNTER], [GOOD])
    assert final_code(blind) == DOWN
    assert final_code(seeing) == COUNTER
    assert seeing.status == "unverified"


def final_code(report):
    chosen = next(r for r in report.records if "choice" in r.outputs).outputs["choice"]["record"]
    return next(r for r in report.records if r.id == chosen).args["code"]


def test_a_testbench_that_fails_every_behaviour_is_at_fault_and_another_is_asked(tmp_path):
    report, model = ask(tmp_path, [COUNTER, COUNTER, DOWN], [WRONG, GOOD])
    first, second = bench_records(report)
    assert first["ruling"]["fault"] == "bench"
    assert not first["ruling"]["refuted"]
    assert second["ruling"]["believed"]
    asked = [r for r in model.requests if r.stage == "bench"]
    assert "fails all 2 behaviours" in asked[1].messages[-1].content


def test_a_testbench_that_compares_nothing_is_not_believed(tmp_path):
    report, _ = ask(tmp_path, [COUNTER, COUNTER, DOWN], [IDLE, IDLE])
    assert [b["ruling"]["fault"] for b in bench_records(report)] == ["bench", "bench"]
    assert all(b["faults"]["killed"] == 0 for b in bench_records(report))
    assert report.status == "unverified"
    assert final_code(report) == COUNTER


@pytest.mark.parametrize("given", ["testbench", "reference", "properties"])
def test_no_testbench_is_written_where_the_person_gave_something(given):
    some = {
        "testbench": {"top": "tb", "sources": [{"name": "tb.v", "text": GOOD}]},
        "reference": design(COUNTER).model_dump(),
        "properties": {"name": "p.sv", "text": "module p; endmodule"},
    }[given]
    task = RtlTask.model_validate({"top": "counter", "spec": "x", given: some})
    request = Request(text="x", today=date(2026, 1, 1), workflow="cascade", rtl=task)
    names = [stage.name for stage in tuned(cascade(), request).stages]
    assert "bench" not in names
    free = request.model_copy(update={"rtl": RtlTask(top="counter", spec="x")})
    assert "bench" in [stage.name for stage in tuned(cascade(), free).stages]


def test_the_faults_are_noticed_by_a_thorough_testbench():
    interface = elaborate(design(COUNTER)).interface
    found = bench_mutants(design(COUNTER), interface)
    names = {mutant.what for mutant in found}
    assert {"outputs held at 0", "q inverted", "q one cycle late", "reset rst negated",
            "en held at 0"} <= names  # fmt: skip
    scored = score(bench_of(GOOD, "counter"), design(COUNTER), [m.design for m in found])
    assert scored.passes_original
    assert not scored.broken
    assert len(scored.killed) == len(found), [found[i].what for i in scored.survived]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("", "empty"),
        ("module other; endmodule", "must define 'tb'"),
        (GOOD + COUNTER, "not 'counter' itself"),
    ],
)
def test_what_is_no_testbench_is_refused(code, said):
    with pytest.raises(RetryableToolError, match=said):
        bench_of(code, "counter")


def seats(*outcomes):
    """Seats of (size, outcome)."""
    made, number = [], 0
    for size, outcome in outcomes:
        made.append(Seat(records=tuple(f"r{number + i}" for i in range(size)), outcome=outcome))
        number += size
    return made


@pytest.mark.parametrize(
    ("matrix", "killed", "fault", "refuted"),
    [
        (seats((3, "pass"), (1, "fail")), 9, "designs", ("r3",)),
        (seats((3, "fail"), (1, "fail")), 9, "bench", ()),
        (seats((2, "fail"), (1, "pass")), 9, "bench", ()),
        (seats((1, "fail"), (1, "pass")), 9, "designs", ("r0",)),
        (seats((2, "pass"), (1, "pass")), 9, "none", ()),
        (seats((2, "pass"), (1, "fail")), 7, "bench", ()),
        (seats((2, "unknown"), (1, "unknown")), 9, "undecided", ()),
        (seats((2, "pass"), (1, "unknown")), 9, "none", ()),
        ([], 9, "undecided", ()),
    ],
)
def test_the_judge_names_who_is_at_fault(matrix, killed, fault, refuted):
    ruling = rule(matrix, killed, 10)
    assert (ruling.fault, ruling.refuted) == (fault, refuted)
    assert ruling.believed == (fault in {"designs", "none"})


def test_a_testbench_of_no_fault_at_all_is_not_believed():
    assert not rule(seats((2, "pass")), 0, 0).believed
