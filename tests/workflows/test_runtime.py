"""The run of a spec, step by step, on scripted models."""

from __future__ import annotations

import anyio
from terragate.tests.support.scripted_model import ScriptedModel
from terragate.tests.support.toy_domain import ask, line, platform
from terragate.workflows.runtime import run


def test_line_runs_to_an_answer(tmp_path):
    model = ScriptedModel([{"tool": "find", "word": "crane"}])
    report = anyio.run(run, ask("old crane"), platform(line(), model, tmp_path))
    assert report.status == "answered"
    assert [record.id for record in report.records] == ["r1", "r2", "r3"]
    assert [(v.name, v.value, v.record) for v in report.values] == [("weight", 5, "r2")]
    assert report.usage.model_calls == 1
    assert report.usage.tool_calls == 3
