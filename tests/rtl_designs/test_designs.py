"""Ten designs in real-world style: the sound ones verify, every seeded bug is found and located."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from terragate.tests.rtl_designs import table
from terragate.tests.support.doc_blocks import ROOT
from terragate.tests.support.eda import needs_icarus, needs_slang, needs_yosys
from terragate.tools.rtl.formal import equivalence

pytestmark = [needs_icarus, needs_slang, needs_yosys]
BUGS = table.bugs()
# Decided within the time of a test; the others are bounded.
PROVED = {"axil_regs", "crc32", "debouncer", "gray_counter", "pwm", "rr_arbiter", "spi_master"}


@pytest.fixture(scope="module")
def found():
    # Two at a time: what is waited for is processes.
    with ThreadPoolExecutor(2) as pool:
        return dict(zip(BUGS, pool.map(table.look, BUGS), strict=True))


def test_there_are_ten_designs_with_three_bugs_and_a_subtle_one():
    assert len(table.NAMES) == 10
    for name in table.NAMES:
        own = [bug for bug in BUGS if bug.design == name]
        assert len(own) >= 3
        assert any(bug.subtle for bug in own)
        assert len({bug.text() for bug in own}) == len(own)


@pytest.mark.parametrize("name", table.NAMES)
def test_a_sound_design_is_verified(name):
    found = table.judged(name)
    assert (found.status, found.missing) == ("verified", ())
    assert found.strength.startswith(("simulated", "bounded", "proved"))


@pytest.mark.parametrize("name", table.NAMES)
def test_a_sound_design_does_what_its_reference_does(name):
    reference = table.task(name).reference
    budget = 30.0 if name in PROVED else 3.0
    found = equivalence(reference, table.design(name), budget_s=budget)
    wanted = "proved" if name in PROVED else "bounded"
    assert found.result.startswith(wanted), (found.result, found.reason)


@pytest.mark.parametrize("bug", BUGS, ids=lambda bug: f"{bug.design}: {bug.name}")
def test_a_bug_is_found_located_and_explained(found, bug):
    one = found[bug]
    assert (one.status, one.located) == ("refuted", True)
    assert (
        one.explained.startswith("cycle ") and " is " in one.explained or "cycle" in one.explained
    )


def test_the_page_is_what_the_tools_find(found):
    assert (ROOT / "docs" / "rtl-designs.md").read_text("utf-8") == table.page(found)
