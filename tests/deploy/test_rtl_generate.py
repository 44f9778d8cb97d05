"""`terragate rtl generate`: real tools and a scripted model server over HTTP; the runs exported."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest
from terragate.tests.support.code_server import fenced, writes
from terragate.tests.support.command_line import command
from terragate.tests.support.eda import needs_icarus, needs_slang, needs_yosys
from terragate.tests.support.openai_server import serving
from terragate.tests.support.toggler import BROKEN, GOOD, TOP, WRONG, enter_toggler_folder
from terragate.workflows.report import Report

pytestmark = [needs_icarus, needs_slang, needs_yosys]


@pytest.fixture
def home(tmp_path, monkeypatch):
    return enter_toggler_folder(tmp_path, monkeypatch)


def generate(url: str, *more: str):
    return command(
        "rtl", "generate", "spec.md", "--top", TOP, "--testbench", "tb.v", "--model", url, *more
    )


def stages(report: dict) -> list[str]:
    return [record["stage"] for record in report["records"]]


@pytest.mark.parametrize(
    ("workflow", "said", "visited"),
    [
        ("single", [GOOD], ["single", "choose", "settle"]),
        ("cot", [GOOD], ["cot", "choose", "settle"]),
        ("refine", [BROKEN, GOOD], ["single", "refine", "choose", "settle"]),
        ("cascade", [GOOD], ["single", "choose", "settle"]),
        ("cascade", [BROKEN, GOOD], ["single", "cot", "choose", "settle"]),
        ("cascade", [BROKEN, BROKEN, GOOD], ["single", "cot", "refine", "choose", "settle"]),
        ("cascade", [WRONG, GOOD], ["single", "choose", "repair", "settle"]),
    ],
)
def test_what_is_right_in_the_end_is_verified(home, workflow, said, visited):
    with serving(writes(*map(fenced, said))) as server:
        done = generate(server.url, "--workflow", workflow, "-k", "1", "--json")
    assert (done.code, done.err) == (0, "")
    report = json.loads(done.out)
    Report.model_validate(report)
    assert (report["status"], stages(report)) == ("verified", visited)
    assert report["usage"]["model_calls"] == len(said)
    assert "simulated" in report["answer"]


def test_a_repair_is_told_the_first_mismatch_and_what_the_tools_say(home):
    with serving(writes(fenced(BROKEN), fenced(WRONG), fenced(GOOD))) as server:
        assert generate(server.url, "--workflow", "refine", "-k", "1").code == 0
        asked = [r["messages"][-1]["content"] for r in server.requests if "response" not in str(r)]
    texts = [text for text in asked if "What the tools say" in text]
    assert "broken" not in texts[0]
    assert "iff" in texts[0]
    assert "design.sv:4" in texts[0]
    assert "cycle 1: q is" in texts[1]
    assert WRONG in texts[1]


def test_what_is_never_right_is_not_verified_and_says_why(home):
    with serving(writes(fenced(WRONG))) as server:
        done = generate(server.url, "-k", "1")
    assert done.code == 1
    assert "Not verified (refuted)" in done.out
    assert "cycle 1: q is" in done.out
    assert "repair" in done.err


def test_an_answer_without_a_module_is_no_design(home):
    with serving(writes("I would rather not.")) as server:
        done = generate(server.url, "-k", "1", "--workflow", "single")
    assert done.code == 1
    assert "No design" in done.out


def test_without_a_testbench_nothing_is_verified(home):
    with serving(writes(fenced(GOOD))) as server:
        done = command("rtl", "generate", "spec.md", "--top", TOP, "--model", server.url, "-k", "1")
    assert done.code == 1
    assert "a testbench, a reference or properties" in done.out


def test_a_reference_raises_the_strength_that_is_required(home):
    with serving(writes(fenced(GOOD))) as server:
        held = ("--reference", "ref.v", "--require", "proved", "-k", "1", "--json")
        done = generate(server.url, *held)
    report = json.loads(done.out)
    assert (done.code, report["status"]) == (0, "verified"), report["reason"]
    assert report["verdicts"][-2]["strength"].startswith("proved")


def test_a_used_up_budget_has_its_own_exit_code(home):
    with serving(writes(fenced(WRONG))) as server:
        done = generate(server.url, "-k", "1", "--budget-tokens", "60", "--json")
    report = json.loads(done.out)
    # The script's answers cost 25 tokens each.
    assert (done.code, report["usage"]["model_calls"]) == (4, 3)


def test_a_recording_is_replayed_without_a_server(home):
    with serving(writes(fenced(WRONG), fenced(GOOD))) as server:
        first = generate(server.url, "-k", "1", "--record", "calls.jsonl", "--json")
    again = command(
        *("rtl", "generate", "spec.md", "--top", TOP, "--testbench", "tb.v", "-k", "1"),
        *("--replay", "calls.jsonl", "--json"),
    )
    old, new = json.loads(first.out), json.loads(again.out)
    assert (first.code, again.code) == (0, 0)
    assert old["records"] == new["records"]
    assert old["verdicts"][-2]["details"]["status"] == new["verdicts"][-2]["details"]["status"]


def test_a_server_that_is_not_there_is_something_missing(home):
    assert generate("http://127.0.0.1:9").code == 3


def test_a_calibration_fits_the_cascade(home):
    # A threshold of 1 never escalates, whatever fails.
    settings = {"samples": 1, "repairs": 0, "thresholds": {"single": 1.0, "cot": 1.0}}
    Path("fit.json").write_text(json.dumps(settings))
    with serving(writes(fenced(BROKEN), fenced(GOOD))) as server:
        done = generate(server.url, "--calibration", "fit.json", "--json")
    assert done.code == 1
    assert stages(json.loads(done.out))[:1] == ["single"]
    assert json.loads(done.out)["usage"]["model_calls"] == 1


@pytest.fixture
def finished(home):
    """A run that was repaired, with several designs in it; returns its id."""
    with serving(writes(fenced(BROKEN), fenced(WRONG), fenced(GOOD))) as server:
        done = generate(server.url, "-k", "1", "--workflow", "refine", "--json")
    assert done.code == 0
    return json.loads(done.out)["run_id"]


def test_an_exported_script_verifies_again_with_no_model(home, finished):
    assert command("runs", "export", finished, "--to", "repeat.py").code == 0
    again = subprocess.run(
        [sys.executable, "repeat.py"], capture_output=True, text=True, check=False
    )
    assert again.returncode == 0, again.stderr
    assert "verified, simulated(1)" in again.stdout
    # A script whose design was spoiled says so.
    text = Path("repeat.py").read_text()
    Path("spoiled.py").write_text(text.replace("else if (on) q <= ~q", "else if (on) q <= q"))
    again = subprocess.run(
        [sys.executable, "spoiled.py"], capture_output=True, text=True, check=False
    )
    assert again.returncode == 1
    assert "but the run said verified" in again.stdout


def test_an_exported_notebook_is_a_program(home, finished):
    assert command("runs", "export", finished, "--format", "notebook", "--to", "a.ipynb").code == 0
    cells = json.loads(Path("a.ipynb").read_text())["cells"]
    source = "\n\n".join(cell["source"] for cell in cells if cell["cell_type"] == "code")
    again = subprocess.run(
        [sys.executable, "-c", source], capture_output=True, text=True, check=False
    )
    assert again.returncode == 0, again.stderr
    assert "every value is the run's" in again.stdout


def test_a_finished_run_is_shown_again(home, finished):
    done = command("runs", "show", finished)
    assert done.code == 0
    assert "Verified: toggler" in done.out
