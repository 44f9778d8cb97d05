"""Runs and threads on disk: reports, resuming, pausing, carrying results on, export."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys

import anyio
import pytest
from langgraph.runtime import RunControl
from terragate.tests.support.command_line import command
from terragate.tests.support.scripted_model import FirstOption, ScriptedModel
from terragate.tests.support.toy_domain import TOY, ask, line, platform
from terragate.tools.errors import ModelError, UsageError
from terragate.workflows import events, runs
from terragate.workflows.export import export_script
from terragate.workflows.report import Report
from terragate.workflows.runtime import RunInterrupted, resume, run, stream

ISSUE_KEYS = {
    "schema_version", "status", "answer", "values", "records", "artifacts", "verdicts", "usage",
    "workflow", "model", "run_id",
}  # fmt: skip


def find(word):
    return {"tool": "find", "word": word}


def start(tmp_path, model, text="crane old", **fields):
    room = platform(line(), model, tmp_path)

    async def main():
        return await run(ask(text, **fields), room, run_id=fields.pop("run_id", "one"))

    return anyio.run(main)


def test_the_report_is_written_and_read_back(tmp_path):
    report = start(tmp_path, FirstOption())
    assert runs.load_report(tmp_path, "one") == report
    raw = json.loads((tmp_path / "one" / "report.json").read_text())
    assert set(raw) >= ISSUE_KEYS
    assert set(raw["values"][0]) >= {"name", "value", "unit", "record"}
    assert set(raw["artifacts"][0]) == {"name", "path", "sha256", "media_type"}
    assert runs.load_run(tmp_path, "one").request.text == "crane old"


def test_runs_are_listed_and_missing_ones_are_named(tmp_path):
    start(tmp_path, FirstOption())
    assert [(row.run_id, row.status) for row in runs.list_runs(tmp_path)] == [("one", "answered")]
    with pytest.raises(UsageError, match="two"):
        runs.load_run(tmp_path, "two")
    with pytest.raises(UsageError, match="plain name"):
        runs.load_run(tmp_path, "../one")
    with pytest.raises(UsageError, match="exists already"):
        start(tmp_path, FirstOption())


@pytest.mark.parametrize(
    ("file", "content", "said"),
    [
        ("request.json", b'{"run_id": "tw', "RunFile: Invalid JSON"),
        ("request.json", b"{}", "RunFile run_id: Field required"),
        ("request.json", b"", "RunFile: Invalid JSON"),
        ("request.json", b'{"run_id": "\xff"}', "codec can't decode"),
        ("request.json", None, "request.json: Is a directory"),
        ("report.json", b"[]", "Report: Input should be an object"),
        ("report.json", None, "report.json: Is a directory"),
    ],
)
def test_a_run_that_cannot_be_read_is_listed_too(tmp_path, monkeypatch, file, content, said):
    monkeypatch.setenv("COLUMNS", "160")
    start(tmp_path, FirstOption())
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    path = tmp_path / "two" / file
    path.unlink()
    path.mkdir() if content is None else path.write_bytes(content)
    rows = {row.run_id: row for row in runs.list_runs(tmp_path)}
    assert rows["one"].status == "answered"
    assert rows["two"].status == "unreadable"
    assert said in rows["two"].problem
    assert len(rows["two"].problem) <= 100
    listed = command("runs", "list", "--out", tmp_path)
    assert listed.code == 0
    assert said[:40] in listed.out
    assert "crane old" in listed.out
    assert command("runs", "show", "two", "--out", tmp_path).code == (
        2 if file == "report.json" else 0
    )


def test_a_copied_run_folder_is_a_run_of_its_own(tmp_path):
    start(tmp_path, FirstOption())
    shutil.copytree(tmp_path / "one", tmp_path / "one copy")
    shutil.copytree(tmp_path / "one", tmp_path / "two")
    (tmp_path / "two" / "report.json").unlink()
    rows = {row.run_id: (row.status, row.problem) for row in runs.list_runs(tmp_path)}
    assert rows["one"] == ("answered", "")
    assert rows["two"] == (None, "")
    assert rows["one copy"][0] == "unreadable"
    assert "not a plain name" in rows["one copy"][1]


def test_a_run_goes_on_when_the_model_is_back(tmp_path):
    gone = ModelError("connection refused", kind="unreachable")
    failed = start(tmp_path, ScriptedModel([find("bad"), gone]), text="bad good fine")
    assert (failed.status, failed.error) == ("failed", "model:unreachable")
    assert [record.id for record in failed.records] == ["r1"]
    again = ScriptedModel([find("good")])
    report = anyio.run(resume, "one", platform(line(), again, tmp_path))
    assert report.status == "answered"
    assert [record.id for record in report.records] == ["r1", "r2", "r3", "r4"]


def test_resuming_a_finished_run_asks_nothing(tmp_path):
    report = start(tmp_path, FirstOption())
    assert anyio.run(resume, "one", platform(line(), ScriptedModel([]), tmp_path)) == report


def test_a_run_is_paused_between_steps_and_resumed(tmp_path):
    control = RunControl()
    room = platform(line(), FirstOption(), tmp_path)

    async def interrupted():
        def listen(event):
            if isinstance(event, events.RecordAdded):
                control.request_drain("stop")

        await run(ask("crane old"), room, run_id="one", listen=listen, control=control)

    with pytest.raises(RunInterrupted, match="runs resume one"):
        anyio.run(interrupted)
    assert runs.list_runs(tmp_path)[0].status is None
    report = anyio.run(resume, "one", room)
    assert report.status == "answered"
    assert report.usage.model_calls == 1


def test_a_cancelled_run_is_resumable(tmp_path):
    class Hanging(FirstOption):
        async def complete(self, request):
            await anyio.sleep_forever()

    async def cancelled():
        with anyio.move_on_after(0.5):
            await run(ask("crane old"), platform(line(), Hanging(), tmp_path), run_id="one")

    anyio.run(cancelled)
    assert runs.list_runs(tmp_path)[0].status is None
    report = anyio.run(resume, "one", platform(line(), FirstOption(), tmp_path))
    assert report.status == "answered"


def test_events_tell_the_whole_run(tmp_path):
    async def collect():
        room = platform(line(), FirstOption(), tmp_path)
        return [event async for event in stream(ask("crane old"), room)]

    seen = anyio.run(collect)
    assert [event.kind for event in seen] == [
        "run_started",
        *("stage_entered", "model_called", "tool_called", "record_added", "budget_spent"),
        "stage_left",
        *("stage_entered", "choice_forced", "tool_called", "record_added", "budget_spent"),
        "stage_left",
        *("stage_entered", "choice_forced", "tool_called", "record_added", "budget_spent"),
        *("stage_left", "run_finished"),
    ]
    assert Report.model_validate_json(seen[-1].report.model_dump_json()) == seen[-1].report


def test_a_thread_carries_the_newest_results_on(tmp_path):
    start(tmp_path, FirstOption(), thread="talk")
    room = platform(line(), ScriptedModel([{"tool": "find", "word": "fox"}]), tmp_path)
    report = anyio.run(lambda: run(ask("fox cub", thread="talk"), room, run_id="two"))
    prior = runs.load_run(tmp_path, "two").prior
    assert [(record.id, record.tool) for record in prior] == [("p1", "find"), ("p2", "weigh")]
    assert prior[1].args == {"thing": "p1"}
    assert report.records[1].args == {"thing": "r1"}
    assert (tmp_path / "two" / prior[0].artifacts[0].path).read_bytes() == b"crane"
    assert runs.load_thread(tmp_path, "talk").runs == ("one", "two")


@pytest.mark.parametrize("value", [5, 6])
def test_the_exported_script_repeats_the_values(tmp_path, value):
    report = start(tmp_path, FirstOption())
    script = export_script(runs.load_run(tmp_path, "one"), report, TOY)
    path = tmp_path / "repeat.py"
    path.write_text(script.replace("'weight', 5)", f"'weight', {value})"))
    command = [sys.executable, str(path), str(tmp_path), str(tmp_path / "again")]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert "r2.weight = 5" in done.stdout
    assert done.returncode == (0 if value == 5 else 1), done.stderr
