"""VeriThoughts' format, with rows of our own: proved, refuted, and where 25 clocks see nothing."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from terragate.benchmarks.suites.suite import Bench
from terragate.benchmarks.suites.verithoughts import VeriThoughts
from terragate.tests.support.code_server import writes
from terragate.tests.support.command_line import command
from terragate.tests.support.eda import needs_icarus, needs_slang, needs_yosys
from terragate.tests.support.openai_server import serving
from terragate.tools.errors import UsageError

pytestmark = [
    needs_icarus, needs_slang, needs_yosys,
]  # fmt: skip

SUITE = VeriThoughts()


def counter(last: int) -> str:
    return (
        "module upto(input clk, input rst, output reg [7:0] q);\n"
        f"  always @(posedge clk) if (rst || q == 8'd{last}) q <= 0; else q <= q + 8'd1;\n"
        "endmodule\n"
    )


ADDER = "module half(input a, input b, output s, output c);\n  assign {c, s} = a + b;\nendmodule\n"
OTHER = ADDER.replace("{c, s} = a + b;", "s = a ^ b;\n  assign c = a & b;")
ROWS = [
    {"question": "A half adder named half.", "ground_truth": ADDER, "verified": True, "more": 1},
    {"question": "Not verified.", "ground_truth": ADDER, "verified": False},
    {"question": "Counts up to 40 and starts anew.", "ground_truth": counter(40)},
]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "rows.jsonl"
    path.write_text("\n".join(map(json.dumps, ROWS)) + "\n\n")
    return path


def test_rows_become_items_and_their_truths_are_equal_to_themselves(
    file: Path, tmp_path: Path
) -> None:
    items = SUITE.load(file)
    assert [(item.id, item.top) for item in items] == [
        ("verithoughts_00001", "half"), ("verithoughts_00003", "upto"),
    ]  # fmt: skip
    top = SUITE.ceiling(items, Bench(tmp_path, 2))
    assert (top.total, top.passed, top.published, top.misses) == (2, 2, 2, ())


def test_our_verdict_and_the_published_one(file: Path, tmp_path: Path) -> None:
    half, upto = SUITE.load(file)
    bench = Bench(tmp_path, 2)
    same = half.judge(OTHER, bench)
    assert (same.success, same.published, same.why) == (True, True, "proved")
    wrong = half.judge(OTHER.replace("a ^ b", "a | b"), bench)
    assert (wrong.success, wrong.published, wrong.cause) == (False, False, "not equivalent")
    # A wrap at 41 instead of 40 comes after the 25 clocks that the published check looks at.
    late = upto.judge(counter(41), bench)
    assert (late.success, late.published, late.cause) == (False, True, "not equivalent")
    early = upto.judge(counter(20), bench)
    assert (early.success, early.published) == (False, False)
    broken = half.judge("module half(input a; endmodule", bench)
    assert (broken.success, broken.published, broken.cause) == (False, False, "does not compile")
    huge = half.judge("x" * (3 << 20), bench)
    assert (huge.success, huge.cause) == (False, "no source text")
    assert half.judge(OTHER + "// again\n", bench) == same


def test_a_run_from_the_command_line(file: Path, tmp_path: Path) -> None:
    with serving(writes(f"CODE BEGIN\n{OTHER}CODE END")) as served:
        done = command(
            "eval", "run", "verithoughts", "--data", file, "--model", served.url,
            "--out", tmp_path / "run", "--json",
        )  # fmt: skip
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["pass"]["pass@1"]["rate"] == 0.5
    assert found["ceiling"]["passed"] == 2
    assert found["fingerprint"]["tools"]["yosys"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "line 1"),
        ('{"question": "x"}', "line 1"),
        ("[]", "line 1"),
        ('{"question": "x", "ground_truth": "no module"}', "top modules"),
        (
            '{"question": "x", "ground_truth": "module a; endmodule module b; endmodule"}',
            "['a', 'b']",
        ),
    ],
)
def test_bad_lines_are_named(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "bad.jsonl"
    path.write_text(text + "\n")
    with pytest.raises(UsageError) as error:
        SUITE.load(path)
    assert said in str(error.value)
    with pytest.raises(UsageError, match="no jsonl file"):
        SUITE.load(tmp_path)
