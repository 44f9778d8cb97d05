"""`kill -9` in every stage, three times each: the resumed run ends as if nothing had happened."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter

import pytest
from terragate.tests.support import kill_driver

# A case, how many model calls one superstep makes at most, and the stages its run does not visit;
# together the two recorded runs of `stateful` visit every stage.
CASES = {
    "toy": ("terragate.tests.support.kill_cases:toy", 3, frozenset()),
    "stateful": ("terragate.tests.support.kill_cases:stateful", 1, frozenset({"place_again"})),
    "stateful_again": ("terragate.tests.support.kill_cases:stateful_again", 1, frozenset()),
}


@pytest.mark.parametrize(("case", "calls_at_once", "unvisited"), CASES.values(), ids=CASES)
def test_a_killed_run_resumes_to_the_same_report(tmp_path, case, calls_at_once, unvisited):
    command = [sys.executable, kill_driver.__file__, str(tmp_path), case]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["report"]["status"] == "answered"
    stages = {stage["name"] for stage in result["report"]["spec"]["stages"]}
    kills = Counter(kill["stage"] for kill in result["kills"])
    assert set(kills) == stages - unvisited
    working = {record["stage"] for record in result["report"]["records"]}
    assert all(kills[stage] == kill_driver.KILLS_PER_STAGE for stage in working)
    for kill in result["kills"]:
        assert kill["killed"], kill
        assert kill["report"] == result["report"], kill["stage"]
        assert kill["calls"] <= result["calls"] + calls_at_once
