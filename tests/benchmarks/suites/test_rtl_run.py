"""`terragate eval` on tiny RTL suites: real server, real Icarus, real logs, one page."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from inspect_ai.log import list_eval_logs, read_eval_log
from terragate.tests.support.code_server import fenced, writes
from terragate.tests.support.command_line import Outcome, command
from terragate.tests.support.eda import needs_icarus, needs_slang, needs_yosys
from terragate.tests.support.openai_server import Behaviour, says, serving, status
from terragate.tests.support.tiny_geo import SHARED
from terragate.tests.support.tiny_rtl_sets import GATE, write_rtllm, write_verilog_eval

pytestmark = [
    needs_icarus, needs_slang, needs_yosys,
]  # fmt: skip

NAMES = ("Prob001_and", "Prob002_and", "Prob003_and")
RIGHT = fenced(GATE.replace("RefModule", "TopModule"))
WRONG = RIGHT.replace("a & b", "a | b")
BROKEN = RIGHT.replace("assign y", "assign assign y")
FORGED = RIGHT.replace(
    "assign y = a & b;",
    'assign y = a | b;\n  initial $display("Mismatches: 0 in 8 samples");',
)


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_verilog_eval(tmp_path / "set", NAMES)


def evaluate(data: Path, out: Path, *said: str | Behaviour, more: tuple[Any, ...] = ()) -> Outcome:
    behaviours = [x if callable(x) else says(x) for x in said]
    with serving(writes("unused"), *behaviours) as served:
        return command(
            "eval", "run", "verilogeval", "--data", data, "--model", served.url,
            "--out", out, "--json", *more,
        )  # fmt: skip


def test_one_sample_of_each_with_the_ceiling_beside_it(data: Path, tmp_path: Path) -> None:
    done = evaluate(data, tmp_path / "run", writes(RIGHT, BROKEN, RIGHT), more=("--in-flight", 1))
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["pass"]["pass@1"]["rate"] == pytest.approx(2 / 3, abs=1e-4)
    assert found["ceiling"] == {"total": 3, "passed": 3, "published": 3, "misses": []}
    # The server counts 20 and 5 tokens an answer, 16 of them cached: three calls, two successes.
    cost = found["cost"]
    assert cost["total"]["tokens"] == 75
    assert cost["per_success"]["tokens"] == 37.5
    assert cost["total"]["cached"] == 48
    assert cost["per_sample"]["model_calls"] == 1
    assert cost["total"]["joules"] is None
    assert found["failures"] == {"syntax error": 1}
    assert found["fingerprint"]["tools"]["icarus"]
    assert len(found["fingerprint"]["suite_sha256"]) == 64
    assert json.loads((tmp_path / "run" / "summary.json").read_text()) == {
        name: value for name, value in found.items() if name != "gates"
    }


def test_several_samples_and_the_gate(data: Path, tmp_path: Path) -> None:
    gates = ("--gate", "pass@1>=0.5", "--gate", "pass@4.low>=0.9", "--gate", "published<=0.5")
    said = [RIGHT, WRONG, BROKEN, "no code"] * 3
    done = evaluate(data, tmp_path / "run", writes(*said), more=("--samples", 4, *gates))
    assert done.code == 100
    found = json.loads(done.out)
    assert found["pass"]["pass@1"]["rate"] == 0.25
    assert found["samples"] == 12
    # Which answer met which problem is chance; that no sample is lost is not.
    assert sum(found["failures"].values()) == 9
    assert found["failures"]["model:invalid"] == 3
    assert found["gates"] == {"pass@1>=0.5": False, "pass@4.low>=0.9": False,
                              "published<=0.5": True}  # fmt: skip
    assert "gate pass@1>=0.5 fails" in done.err


def test_answers_are_as_long_as_the_model_can_hold_unless_asked(data: Path, tmp_path: Path) -> None:
    """The server says 512 tokens: an answer gets half, in every way to ask."""
    for workflow in ("direct", "single", "cot"):
        for more, longest in (((), 256), (("--max-tokens", 100), 100)):
            with serving(writes(RIGHT)) as served:
                done = command(
                    "eval", "run", "verilogeval", "--data", data, "--model", served.url,
                    "--limit", 1, "--workflow", workflow, "--json", *more,
                    "--out", tmp_path / f"{workflow}{longest}",
                )  # fmt: skip
            assert done.code == 0, done.err
            assert served.requests[-1]["max_tokens"] == longest


def test_a_forged_pass_counts_for_the_published_criterion_only(data: Path, tmp_path: Path) -> None:
    found = json.loads(evaluate(data, tmp_path / "run", writes(FORGED)).out)
    assert found["published"] == 1.0
    assert found["pass"]["pass@1"]["rate"] == 0.0
    assert found["failures"] == {"passes, but forged": 3}


def test_no_arm_sees_the_testbench_or_the_reference(data: Path, tmp_path: Path) -> None:
    for workflow in ("direct", "cascade"):
        with serving(writes(BROKEN.replace("a & b", "a ~| b"))) as served:
            done = command(
                "eval", "run", "verilogeval", "--data", data, "--model", served.url, "--limit", 1,
                "--workflow", workflow, "--out", tmp_path / workflow, "--json",
            )  # fmt: skip
        assert done.code == 0, done.err
        asked = json.dumps(served.requests)
        assert "Implement an AND gate" in asked
        assert "a & b" not in asked
        assert "Mismatches" not in asked


def test_a_workflow_is_compared_with_the_direct_way(data: Path, tmp_path: Path) -> None:
    runs = tmp_path / "runs"
    assert evaluate(data, runs / "direct", writes(WRONG)).code == 0
    done = evaluate(data, runs / "single", writes(RIGHT), more=("--workflow", "single"))
    assert json.loads(done.out)["pass"]["pass@1"]["rate"] == 1.0
    compared = command("eval", "compare", runs / "direct", runs / "single", "--json")
    assert compared.code == 0, compared.err
    one = json.loads(compared.out)["passes"]["pass@1"]
    # Three items that only the second gets right: p = 2 / 2**3.
    assert (one["gap"], one["p"], one["verdict"]) == (1.0, 0.25, "not distinguishable")
    shown = command("eval", "compare", runs / "direct", runs / "single")
    assert "not distinguishable" in shown.out
    page = tmp_path / "report.html"
    assert command("eval", "report", runs, "--out", page).code == 0
    check_page(page.read_text("utf-8"))


def check_page(text: str) -> None:
    """One file: nothing is loaded, every link leads to a place on the page."""
    links = re.findall(r'(?:href|src)\s*=\s*"([^"]*)"', text)
    assert links
    ids = set(re.findall(r'id="([^"]*)"', text))
    assert all(link.startswith("#") and link[1:] in ids for link in links)
    assert not re.search(r"<script|<link|<iframe|url\((?!#)|@import", text)
    assert "<svg" in text
    assert "wrong result" in text
    assert "Ceiling: 3 of 3" in text
    assert "not distinguishable" in text
    assert "Implement an AND gate" in text


def test_what_a_model_says_is_text_on_the_page(data: Path, tmp_path: Path) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    evaluate(data, tmp_path / "run", writes(evil))
    page = tmp_path / "report.html"
    assert command("eval", "report", tmp_path / "run", "--out", page).code == 0
    text = page.read_text("utf-8")
    assert "<script" not in text
    assert "<img" not in text
    assert "&lt;script&gt;alert(1)" in text


def test_other_items_are_not_compared_silently(data: Path, tmp_path: Path) -> None:
    evaluate(data, tmp_path / "all", writes(RIGHT))
    evaluate(data, tmp_path / "two", writes(RIGHT), more=("--limit", 2))
    refused = command("eval", "compare", tmp_path / "all", tmp_path / "two")
    assert refused.code == 2
    assert "suite_sha256" in refused.err
    found = command("eval", "compare", tmp_path / "all", tmp_path / "two", "--anyway", "--json")
    assert json.loads(found.out)["items"] == 2
    assert json.loads(found.out)["left_out"] == 1


def test_a_folder_with_a_run_is_gone_on_with_or_left_alone(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    assert evaluate(data, out, writes(RIGHT)).code == 0
    again = evaluate(data, out, writes(WRONG))
    assert (again.code, "--resume" in again.err) == (2, True)
    # A finished run is read, not asked again.
    resumed = evaluate(data, out, writes(WRONG), more=("--resume",))
    assert json.loads(resumed.out)["pass"]["pass@1"]["rate"] == 1.0
    other = evaluate(data, out, writes(RIGHT), more=("--resume", "--seed", 5))
    assert (other.code, "seed: 0 and 5" in other.err) == (2, True)


def test_a_dead_server_leaves_samples_open(data: Path, tmp_path: Path) -> None:
    out = tmp_path / "run"
    dead = evaluate(data, out, writes(RIGHT), status(404), more=("--in-flight", 1))
    assert dead.code == 3
    assert "--resume" in dead.err
    alive = evaluate(data, out, writes(RIGHT), more=("--resume", "--in-flight", 1))
    assert alive.code == 0, alive.err
    assert json.loads(alive.out)["samples"] == 3


def test_the_logs_hold_what_was_said_and_open_in_the_viewer(data: Path, tmp_path: Path) -> None:
    evaluate(data, tmp_path / "run", writes(RIGHT), more=("--samples", 2))
    [info] = list_eval_logs(str(tmp_path / "run" / "logs"))
    log = read_eval_log(info)
    assert log.status == "success"
    assert log.results is not None
    assert {s.name for s in log.results.scores} == {"success", "published"}
    assert {(s.id, s.epoch) for s in log.samples or ()} == {(n, e) for n in NAMES for e in (1, 2)}
    sample = (log.samples or [])[0]
    assert [m.role for m in sample.messages] == ["system", "user", "assistant"]
    assert sample.messages[-1].text == RIGHT
    # Neither testbench nor reference is written into every sample.
    assert "Mismatches" not in sample.model_dump_json()


def test_rtllm_and_the_code_completion_set(tmp_path: Path) -> None:
    folder = write_rtllm(tmp_path / "rtllm")
    counter = (
        "module counter (input clk, output reg [3:0] q);\n  initial q = 0;\n"
        "  always @(posedge clk) q <= q + 1;\nendmodule\n"
    )
    half = write_verilog_eval(
        tmp_path / "sets" / "dataset_code-complete-iccad2023", NAMES[:1], header=True
    )
    for suite, data, said in (
        ("rtllm", folder, counter), ("verilogeval-complete", half.parent, RIGHT),
    ):  # fmt: skip
        with serving(writes(said)) as served:
            done = command(
                "eval", "run", suite, "--data", data, "--model", served.url,
                "--out", tmp_path / suite, "--json",
            )  # fmt: skip
        found = json.loads(done.out)
        assert (found["pass"]["pass@1"]["rate"], found["ceiling"]["passed"]) == (1.0, 1)


@pytest.mark.acceptance
@pytest.mark.parametrize(
    ("suite", "folder", "passed"),
    [
        ("verilogeval", "verilog-eval", 151),
        ("verilogeval-complete", "verilog-eval", 150),
        # 46 by the published criterion: six of its testbenches pass a constant, or a design of x.
        ("rtllm", "rtllm", 40),
    ],
)
def test_the_public_benchmarks_run_from_their_own_files(
    suite: str, folder: str, passed: int, tmp_path: Path
) -> None:
    data = SHARED.parent / folder
    if not data.is_dir():
        pytest.skip(f"there is no {data}")
    with serving(writes(RIGHT)) as served:
        done = command(
            "eval", "run", suite, "--data", data, "--model", served.url,
            "--out", tmp_path / suite, "--json",
        )  # fmt: skip
    assert done.code == 0, done.err
    found = json.loads(done.out)
    assert found["items"] == found["ceiling"]["total"] > 40
    assert found["ceiling"]["passed"] >= passed
    # The module that is always said is an and gate.
    assert found["share"]["successes"] <= 3


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("nonsense", "--data", "."), "choose one of verilogeval"),
        (("verilogeval",), "needs --data"),
        (("verilogeval", "--data", "absent"), "absent"),
        (("verilogeval", "--data", ".", "--workflow", "stateful"), "not asked by 'stateful'"),
        (("verilogeval", "--data", ".", "--gate", "pass@1=>0"), "is no bar"),
        (("verilogeval", "--data", ".", "--gate", "pass@5>=0.1"), "needs --samples 5"),
        (("verilogeval", "--data", ".", "--gate", "pass@0>=0.1"), "needs --samples 0"),
        (("verilogeval", "--data", ".", "--samples", "0"), "samples"),
    ],
)
def test_bad_input_is_said_before_anything_is_asked(
    words: tuple[str, ...], said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = command("eval", "run", *words)
    assert (done.code, said in done.err) == (2, True), done.err
    assert not (tmp_path / "runs").exists()


def test_folders_without_a_run(tmp_path: Path) -> None:
    for words in (("report", tmp_path), ("compare", tmp_path, tmp_path)):
        done = command("eval", *words)
        assert (done.code, "holds no finished run" in done.err) == (2, True)
    assert command("eval", "report", tmp_path / "absent").code == 2


def test_the_list_names_every_suite() -> None:
    listed = json.loads(command("eval", "list", "--json").out)
    names = {row["name"] for row in listed}
    assert names == {"verilogeval", "verilogeval-complete", "rtllm", "rtl-gen", "verithoughts",
                     "geo", "geo-drawn", "geo-redrawn", "geo-files"}  # fmt: skip
    assert command("eval", "list").code == 0
