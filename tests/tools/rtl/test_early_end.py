"""Runs that end at their first mismatch: only where whoever is wrong once stays wrong."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from terragate.tests.support.eda import needs_icarus
from terragate.tools.rtl.bench_run import run_bench
from terragate.tools.rtl.design import Design, PassRule, Source, Testbench
from terragate.tools.rtl.early_end import may_end_early

COUNTED = PassRule(kind="mismatches", counter="tb.stats1.errors")
BENCH = """module tb;
  typedef struct packed { int errors; int clocks; } stats;
  stats stats1;
  reg [3:0] a = 0; wire y;
  TopModule one(a, y);
  initial begin repeat (16) begin #1;
    stats1.clocks++; if (y !== (a[0] & a[1])) stats1.errors++; a = a + 1; end
    #1 $finish; end
  final $display("Mismatches: %0d in %0d samples", stats1.errors, stats1.clocks);
endmodule
"""
HEAD = "module TopModule(input [3:0] a, output y);"


def design(body: str) -> Design:
    text = f"{HEAD}\n{body}\nendmodule\n"
    return Design(top="TopModule", sources=(Source(name="m.sv", text=text),))


def bench(rule: PassRule = COUNTED) -> Testbench:
    return Testbench(top="tb", sources=(Source(name="tb.sv", text=BENCH),), rule=rule)


@needs_icarus
@pytest.mark.parametrize(
    ("body", "seen"),
    [("assign y = a[0] & a[1];", 16), ("assign y = a[0];", 2), ("assign y = a[3];", 4),
     ("assign y = &a;", 4), ("", 1)],
)  # fmt: skip
def test_a_run_ends_at_its_first_mismatch_and_says_the_same(body: str, seen: int) -> None:
    long, short = (run_bench(design(body), bench(), early=early) for early in (False, True))
    assert long.judgement.outcome == short.judgement.outcome
    assert (long.judgement.samples, short.judgement.samples) == (16, seen)
    assert short.judgement.mismatches == (0 if seen == 16 else 1)


@needs_icarus
@settings(max_examples=15, deadline=None)
@given(st.integers(0, 15), st.sampled_from("&|^"), st.integers(0, 3), st.integers(0, 3))
def test_it_is_the_same_for_any_function(mask: int, op: str, left: int, right: int) -> None:
    one = design(f"wire [3:0] b = a ^ 4'd{mask}; assign y = b[{left}] {op} b[{right}];")
    long, short = (run_bench(one, bench(), early=early) for early in (False, True))
    assert may_end_early(one, COUNTED)
    assert long.judgement.outcome == short.judgement.outcome


@needs_icarus
def test_who_puts_the_count_back_runs_to_the_end() -> None:
    one = design("assign y = a[0]; initial #14 tb.stats1.errors = 0;")
    assert run_bench(one, bench(), early=True).judgement.samples == 16


@pytest.mark.parametrize(
    "body",
    [
        "initial $display(1);",
        "assign #1 y = a;",
        "initial tb.stats1.errors = 0;",
        "initial \\tb .stats1.errors = 0;",
        "initial one[0].y = 0;",
        "assign y = `A;",
    ],
)
def test_what_may_change_the_answer_later_is_not_ended(body: str) -> None:
    assert not may_end_early(design(body), COUNTED)


def test_a_testbench_without_a_count_is_not_ended() -> None:
    assert not may_end_early(design(""), PassRule(kind="mismatches"))


def test_ports_are_no_paths() -> None:
    assert may_end_early(design("sub s(.a, .b(a), .*);"), COUNTED)


@pytest.mark.parametrize("name", ["errors", "tb.", ".errors", "tb.errors)", "tb.a b", "tb.$x"])
def test_a_count_has_a_hierarchical_name(name: str) -> None:
    with pytest.raises(ValidationError, match="counter"):
        PassRule(kind="mismatches", counter=name)
