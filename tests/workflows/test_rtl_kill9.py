"""`kill -9` in every stage of the RTL families: the resumed run ends as if nothing had happened."""

from __future__ import annotations

from collections import Counter

import pytest
from terragate.tests.support import kill_cases_rtl
from terragate.tests.support.eda import needs_icarus, needs_slang, needs_yosys
from terragate.tests.support.kill_runs import driven
from terragate.workflows import cascade

pytestmark = [pytest.mark.slow, needs_icarus, needs_slang, needs_yosys]
CASES = {
    "rtl_cascade": (tuple(stage.name for stage in cascade.cascade().stages), "verified"),
    "rtl_repair": (tuple(stage.name for stage in cascade.repair().stages), "verified"),
    "rtl_bench": (("single", "bench", "choose", "settle"), "unverified"),
}


@pytest.fixture(scope="module")
def results(request, tmp_path_factory):
    yield from driven(request, tmp_path_factory, kill_cases_rtl)


@pytest.mark.parametrize("case", CASES)
def test_a_killed_run_resumes_to_the_same_report(results, case):
    stages, status = CASES[case]
    result = results[case].result()
    assert result["report"]["status"] == status, result["report"]["reason"]
    kills = Counter(kill["stage"] for kill in result["kills"])
    assert set(kills) == set(stages)
    for kill in result["kills"]:
        assert kill["killed"], kill
        assert steady(kill["report"]) == steady(result["report"]), kill["stage"]
        assert kill["calls"] <= result["calls"] + 1


def steady(report):
    """The report without what a clock measured: CPU seconds of the tools."""
    if isinstance(report, dict):
        return {k: steady(v) for k, v in report.items() if k not in {"cpu_s", "wall_s"}}
    return [steady(v) for v in report] if isinstance(report, list) else report
