"""Ranges that a comparison of objects means as two periods."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terragate.tests.support.point_catalog import PointCatalog
from terragate.tools.geo.span_compare import COMPARES, two_periods
from terragate.tools.geo.spans import question_spans

TODAY = date(2025, 3, 10)


def dates(text):
    return question_spans(text, PointCatalog(), TODAY)["span.dates"]


@pytest.mark.parametrize(
    "text",
    [
        "Did the ships in Rotterdam grow between 2019 and 2023?",
        "How many more ships in Rotterdam from 2019 to 2023?",
        "Did ships in Rotterdam increase between 2019 and 2023?",
        "Have the ships in Rotterdam shrunk from 2019 to 2023?",
        "Did the fleet of ships in Rotterdam get bigger from 2019 to 2023?",
        "By what factor did the ships in Rotterdam go up from 2019 to 2023?",
        "How has the number of ships in Rotterdam changed from 2019 to 2023?",
    ],
)
def test_a_comparison_of_objects_names_two_periods(text):
    assert dates(text) == ("2019", "2023")


def test_a_range_is_one_period_where_nothing_is_compared():
    assert dates("ships in Rotterdam between 2019 and 2023") == ("between 2019 and 2023",)


def test_a_range_is_one_period_where_no_objects_are_named():
    assert dates("Did NDVI in Rotterdam fall from 2019 to 2023?") == ("from 2019 to 2023",)


@pytest.mark.parametrize(
    ("words", "ends"),
    [
        ("between 2019 and 2023", ("2019", "2023")),
        ("From June 2020 until July 2021", ("June 2020", "July 2021")),
        ("between 3 May 2021 and 10 June 2021", ("3 May 2021", "10 June 2021")),
        # The first end leans on the second for its year: alone it would be another day.
        ("summer 2021", ("summer 2021",)),
        ("between one and 2023", ("between one and 2023",)),
        ("between 2019 and the war", ("between 2019 and the war",)),
        ("since 2019", ("since 2019",)),
    ],
)
def test_only_ends_that_can_stand_alone_are_parted(words, ends):
    assert two_periods(words, TODAY) == ends


@given(st.text(max_size=40))
def test_any_words_are_parted_or_kept(words):
    found = two_periods(f"between {words} and 2020", TODAY)
    assert found in {(f"between {words} and 2020",), *_splits(words)}


def _splits(words):
    whole = f"between {words} and 2020"
    return {
        (whole[len("between ") : at], whole[at + len(f" {word} ") :])
        for word in ("and", "to", "until", "till")
        for at in range(len(whole))
        if whole[at:].startswith(f" {word} ")
    }


@pytest.mark.parametrize("word", ["grew", "increasing", "Versus", "shrank", "times as"])
def test_words_that_compare(word):
    assert COMPARES.search(f"ships {word} here")


@pytest.mark.parametrize("word", ["growl", "lessen", "thank", "restless", "morel"])
def test_words_that_only_begin_or_end_like_one(word):
    assert not COMPARES.search(f"ships {word} here")


@pytest.mark.parametrize(
    "text",
    [
        "ships in the fall of 2020", "ships in fall 2020", "normalised difference water index",
        "bigger ships in a lower quarter", "moving ships", "cars less than 5 km from here",
        "farms more than 2.5 km away", "once more in 2020", "one more: ships of Oslo",
    ],
)  # fmt: skip
def test_seasons_distances_and_indices_do_not_compare(text):
    assert not COMPARES.search(text)


@pytest.mark.parametrize("text", ["fewer than 2019", "did prices fall", "more ships than in 2019"])
def test_years_and_falling_do_compare(text):
    assert COMPARES.search(text)
