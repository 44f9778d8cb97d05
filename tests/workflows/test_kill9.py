"""`kill -9` in every stage, three times each: the resumed run ends as if nothing had happened."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter

import pytest
from terragate.tests.support import kill_driver
from terragate.workflows.stateful import stateful

CASES_MODULE = "terragate.tests.support.kill_cases"
# A case, how many model calls one superstep makes at most, and the stages its run visits.
# `stateful` and `stateful_again` are recorded answers of our own model; the tours go to the stages
# that it never chose. Together they visit every stage.
USUAL = {"place", "near", "time", "search", "present", "answer", "next"}
CASES = {
    "toy": (3, None),
    "stateful": (1, USUAL | {"imagery", "pixels"}),
    "stateful_again": (1, (USUAL - {"near"}) | {"near", "place_again", "objects"}),
    "tour_of_pixels": (
        1,
        USUAL
        | {"imagery", "imagery_more", "pixels", "pixels_more", "terrain", "raster_pairs"}
        | {"present_more"},
    ),
    "tour_of_pairs": (1, USUAL | {"imagery", "changes"}),
    "tour_of_series": (1, USUAL | {"imagery", "series", "present_more"}),
    "tour_of_objects": (1, USUAL | {"objects", "objects_more", "layers", "shapes"}),
    "tour_of_nothing": (1, USUAL | {"nothing", "objects"}),
}


def test_the_runs_together_visit_every_stage():
    visited = set().union(*(stages or set() for _, stages in CASES.values()))
    assert visited == {stage.name for stage in stateful().stages}


@pytest.mark.parametrize("case", CASES)
def test_a_killed_run_resumes_to_the_same_report(tmp_path, case):
    calls_at_once, visits = CASES[case]
    target = f"{CASES_MODULE}:{case}"
    command = [sys.executable, kill_driver.__file__, str(tmp_path), target]
    done = subprocess.run(command, capture_output=True, text=True, timeout=900, check=False)
    assert done.returncode == 0, done.stderr
    result = json.loads(done.stdout)
    assert result["report"]["status"] == "answered", result["report"]["reason"]
    kills = Counter(kill["stage"] for kill in result["kills"])
    assert visits is None or set(kills) == visits
    working = {record["stage"] for record in result["report"]["records"]}
    assert all(kills[stage] == kill_driver.KILLS_PER_STAGE for stage in working)
    for kill in result["kills"]:
        assert kill["killed"], kill
        assert kill["report"] == result["report"], kill["stage"]
        assert kill["calls"] <= result["calls"] + calls_at_once
