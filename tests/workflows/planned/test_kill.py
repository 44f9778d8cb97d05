"""`kill -9` at any event of a planned run: the resumed run ends as if nothing had happened."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from terragate.tests.support import kill_driver
from terragate.tests.workflows.planned import kill_case


def test_a_killed_run_resumes_to_the_same_report(tmp_path: Path) -> None:
    case = f"{kill_case.__name__}:planned"
    command = [sys.executable, kill_driver.__file__, str(tmp_path), case]
    done = subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert (result["report"]["status"], result["calls"]) == ("answered", 3)
    assert {kill["stage"] for kill in result["kills"]} == {"plan", "work", "n1", "n2", "n3"}
    for kill in result["kills"]:
        assert kill["killed"], kill
        assert kill["report"] == result["report"], kill["stage"]
        assert kill["calls"] <= result["calls"] + 1
