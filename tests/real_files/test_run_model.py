"""The script that asks a served model, against servers that say the right or the wrong choices."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from terragate.tests.real_files import run_model
from terragate.tests.real_files.folder import ABSENT
from terragate.tests.real_files.plain_questions import PLAIN
from terragate.tests.support.openai_server import says, serving
from terragate.tests.support.tiny_geo import SHARED

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason=ABSENT)


def test_the_right_choices_solve_every_plain_question(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    said = [says(json.dumps(choice)) for question in PLAIN for choice in question.said]
    with serving(*said) as served:
        assert run_model.main([served.url, "--out", str(tmp_path / "out.json")]) == 0
    shown = capsys.readouterr().out
    assert f"solved by the model: {len(PLAIN)} of {len(PLAIN)}" in shown
    written = json.loads((tmp_path / "out.json").read_text(encoding="utf-8"))
    assert written["solved"] == len(PLAIN)
    assert [one["name"] for one in written["asked"]] == [question.name for question in PLAIN]
    assert written["asked"][0]["said"][0] == "find_place(Ryde)"


def test_a_wrong_figure_or_no_answer_solves_nothing(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = [
        {**choice, "statistic": "min"} if "statistic" in choice else choice
        for choice in PLAIN[0].said
    ]
    said = [*(says(json.dumps(choice)) for choice in wrong), says("no JSON")]
    monkeypatch.setattr(run_model, "PLAIN", PLAIN[:2])
    with serving(*said) as served:
        assert run_model.main([served.url]) == 1
    shown = capsys.readouterr().out
    assert "solved by the model: 0 of 2" in shown
    assert "failed" in shown
