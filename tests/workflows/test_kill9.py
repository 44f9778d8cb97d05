"""`kill -9` in every stage, three times each: the resumed run ends as if nothing had happened."""

from __future__ import annotations

from collections import Counter

import pytest
from terragate.tests.support import kill_driver
from terragate.tests.support.kill_runs import driven
from terragate.workflows.stateful import stateful

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


@pytest.fixture(scope="module")
def results(request, tmp_path_factory):
    yield from driven(request, tmp_path_factory)


@pytest.mark.parametrize("case", CASES)
def test_a_killed_run_resumes_to_the_same_report(results, case):
    calls_at_once, visits = CASES[case]
    result = results[case].result()
    assert result["report"]["status"] == "answered", result["report"]["reason"]
    kills = Counter(kill["stage"] for kill in result["kills"])
    assert visits is None or set(kills) == visits
    working = {record["stage"] for record in result["report"]["records"]}
    assert all(kills[stage] == kill_driver.KILLS_PER_STAGE for stage in working)
    for kill in result["kills"]:
        assert kill["killed"], kill
        assert kill["report"] == result["report"], kill["stage"]
        assert kill["calls"] <= result["calls"] + calls_at_once
