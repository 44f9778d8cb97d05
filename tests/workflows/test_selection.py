"""What is refused before a model is asked: questions about a time that nobody has seen."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terragate.tests.support.point_catalog import PointCatalog
from terragate.workflows.request import Request
from terragate.workflows.selection import empty_selection

TODAY = date(2025, 6, 15)


def refused(text: str) -> str | None:
    return empty_selection(Request(text=text, today=TODAY), PointCatalog(), Path())


@pytest.mark.parametrize(
    "text",
    [
        "How many ships will be in Rotterdam in 2030?",
        "What will be the NDVI of Porto in July 2025?",
        "How many more ferries are in Bergen in 2031 than in 2030?",
    ],
)
def test_the_future_has_no_data(text: str) -> None:
    said = refused(text)
    assert said is not None
    assert "nothing has been observed yet" in said


@pytest.mark.parametrize(
    "text",
    [
        "How many ships are in Rotterdam in 2025?",
        "How many ships are in Rotterdam?",
        "ships of Oslo before 2030",
        "Did ferries in Bergen grow from 2020 to 2030?",
        "ships of Oslo this month",
    ],
)
def test_a_period_that_has_begun_is_looked_at(text: str) -> None:
    assert refused(text) is None


@given(st.integers(1990, 2099))
def test_a_year_is_refused_only_before_it_begins(year: int) -> None:
    assert (refused(f"ships of Oslo in {year}") is not None) == (year > TODAY.year)
