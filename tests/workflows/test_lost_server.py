"""A run whose tool lost a server: it fails with the record of it, and goes on when it is back."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from terragate.agents.protocol import Model
from terragate.tests.support.scripted_model import FirstOption, ScriptedModel
from terragate.tests.support.toy_domain import TOY, WEIGH, ask, end, go, platform, stage, workflow
from terragate.tools.errors import ToolUnavailable
from terragate.tools.records import ToolResult
from terragate.workflows import runs
from terragate.workflows.runtime import Platform, resume, run
from terragate.workflows.spec import Always, Exit, ToolFailed, WorkflowSpec


class Scales:
    """The server that the `weigh` tool asks; it can be down."""

    def __init__(self) -> None:
        self.up = False
        self.asked = 0

    def weigh(self, context: Any, args: Any) -> ToolResult:
        self.asked += 1
        if not self.up:
            raise ToolUnavailable("'http://scales' cannot be reached; try again later")
        return WEIGH.run(context, args)

    def room(self, spec: WorkflowSpec, model: Model, out: Path) -> Platform:
        asking = replace(WEIGH, run=self.weigh)
        tools = tuple(asking if tool is WEIGH else tool for tool in TOY.tools)
        return platform(spec, model, out, domain=replace(TOY, tools=tools))


def line(*exits: Exit) -> WorkflowSpec:
    return workflow(
        stage("find", go(Always(), "weigh"), tools=("find",)),
        stage("weigh", *exits, go(Always(), "answer"), tools=("weigh",)),
        stage("answer", end(Always()), tools=("report",)),
    )


@pytest.mark.parametrize(
    "exits", [(), (end(ToolFailed(), "failed"),), (end(ToolFailed(), "clarify"),)]
)
def test_a_run_goes_on_when_the_server_is_back(tmp_path: Path, exits: tuple[Exit, ...]) -> None:
    spec, scales = line(*exits), Scales()
    room = scales.room(spec, FirstOption(), tmp_path)
    failed = anyio.run(lambda: run(ask("crane old"), room, run_id="one"))
    assert failed.error == "tool:unavailable"
    assert failed.status != "answered"
    assert "'http://scales' cannot be reached" in str(failed.reason)
    assert [record.status for record in failed.records] == ["ok", "error"]

    # What was found before is not asked of the model again.
    quiet = scales.room(spec, ScriptedModel([]), tmp_path)
    still = anyio.run(resume, "one", quiet)
    assert (still.error, len(still.records)) == ("tool:unavailable", 2)
    scales.up = True
    report = anyio.run(resume, "one", quiet)
    assert report.status == "answered"
    assert [value.value for value in report.values] == [len("crane")]
    assert [record.status for record in report.records] == ["ok", "ok", "ok"]
    assert runs.load_report(tmp_path, "one") == report
    assert anyio.run(resume, "one", quiet) == report
    assert scales.asked == 3


def test_every_branch_goes_on(tmp_path: Path) -> None:
    spec = workflow(
        stage("find", go(Always(), "weigh", "look"), tools=("find",)),
        stage("weigh", go(Always(), "answer"), tools=("weigh",)),
        stage("look", go(Always(), "look_on"), tools=("find",)),
        stage("look_on", go(Always(), "answer"), tools=("find",)),
        stage("answer", end(Always()), tools=("report",), needs=("weigh", "look_on")),
    )
    scales = Scales()
    room = scales.room(spec, FirstOption(), tmp_path)
    failed = anyio.run(lambda: run(ask("crane old"), room, run_id="one"))
    assert failed.error == "tool:unavailable"
    assert "look_on" not in {record.stage for record in failed.records}
    scales.up = True
    report = anyio.run(resume, "one", room)
    assert (report.status, report.values[0].value) == ("answered", len("crane"))
    assert sorted(record.stage for record in report.records) == sorted(s.name for s in spec.stages)


def test_another_failure_is_final(tmp_path: Path) -> None:
    room = platform(line(), FirstOption(), tmp_path)
    failed = anyio.run(lambda: run(ask("broken thing"), room, run_id="one"))
    assert failed.error == "tool:bad_data"
    assert anyio.run(resume, "one", room) == failed
