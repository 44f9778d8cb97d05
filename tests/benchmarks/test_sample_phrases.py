"""Phrases of sampled tasks: one reading of dates, what classes and names mean, what is apart."""

from __future__ import annotations

import random
import re
from datetime import date

import pytest
from terragate.benchmarks.geo.class_phrases import TABLES, default_collection, phrases
from terragate.benchmarks.geo.date_phrases import around, closed
from terragate.benchmarks.geo.meaning import fold
from terragate.benchmarks.geo.place_phrases import invented, misspelt
from terragate.benchmarks.geo.places import DEMO, HELD_OUT
from terragate.benchmarks.geo.reading import read_span
from terragate.benchmarks.geo.sample import can_be_found
from terragate.benchmarks.geo.sample_dates import TODAY, alike, dates_around, rarer
from terragate.benchmarks.geo.task import Slots, Trap
from terragate.benchmarks.geo.whereabouts import train_places
from terragate.benchmarks.geo.wording.readable import reads_as_meant
from terragate.tools.geo.class_tables import BIGEARTHNET_CLASSES, FAIR1M_CLASSES, XVIEW_CLASSES
from terragate.tools.geo.classes import match_classes
from terragate.tools.geo.dates import read_dates

CLASSES = {"xview1": XVIEW_CLASSES, "fair1m": FAIR1M_CLASSES, "bigearthnet": BIGEARTHNET_CLASSES}


def test_date_phrases_have_one_reading() -> None:
    rng = random.Random(5)
    for _ in range(300):
        anchor = date(rng.randint(2017, 2025), rng.randint(1, 12), rng.randint(1, 28))
        phrase = rng.choice((around, closed))(rng, anchor)
        assert phrase.start <= anchor < phrase.end, phrase
        assert read_span(phrase.text) == (phrase.start, phrase.end), phrase
        read = read_dates(phrase.text, date(2026, 1, 1))
        assert (read.start or phrase.start, read.end or phrase.end) == phrase[1:], phrase


def test_rarer_date_phrases_have_one_reading() -> None:
    rng = random.Random(6)
    texts: set[str] = set()
    for _ in range(600):
        anchor = date(rng.randint(2017, 2025), rng.randint(1, 12), rng.randint(1, 28))
        phrase = rng.choice((rarer, rarer, dates_around))(rng, anchor)
        assert phrase.start <= anchor < phrase.end, phrase
        read = read_dates(phrase.text, TODAY)
        assert (read.start or phrase.start, read.end or phrase.end) == phrase[1:], phrase
        texts.add(re.sub(r"\d+", "#", phrase.text))
    assert len(texts) > 100


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("last summer", date(2025, 6, 1), date(2025, 9, 1)),
        ("the last 6 months", date(2025, 7, 1), date(2026, 1, 1)),
        ("early 2021", date(2021, 1, 1), date(2021, 5, 1)),
        ("winter 2019/20", date(2019, 12, 1), date(2020, 3, 1)),
        ("the week of 4 March 2020", date(2020, 3, 2), date(2020, 3, 9)),
        ("until March 2019", None, date(2019, 4, 1)),
    ],
)
def test_the_rarer_phrases_mean_what_a_calendar_says(
    text: str, start: date | None, end: date
) -> None:
    assert read_dates(text, TODAY)[:2] == (start, end)


def test_two_periods_of_a_kind_are_apart_and_in_order() -> None:
    rng = random.Random(9)
    for _ in range(200):
        earlier, later = alike(rng)
        assert earlier.end <= later.start
        for phrase in (earlier, later):
            assert read_dates(phrase.text, TODAY)[:2] == phrase[1:], phrase


@pytest.mark.parametrize(
    ("text", "apart"),
    [
        ("ships 2019 to 2021", False),
        ("did the ships change from 2019 to 2021?", False),
        ("did the ships grow from 2019 to 2021?", True),
        ("ships in 2019 versus 2021", True),
    ],
)
def test_two_periods_that_read_as_one_are_put_in_other_words(text: str, apart: bool) -> None:
    slots = Slots(family="compare", dates="2019", dates2="2021", category="ships")
    assert reads_as_meant(text, slots) == apart


@pytest.mark.parametrize(
    ("trap", "words", "found"),
    [
        ("none", "Al Hufūf", True),
        ("none", "al hufūf", False),
        ("none", "los angeles", False),
        ("none", "buenos aires", True),
        ("typo", "Roterdam", True),
        ("typo", "Virgiina Beach", False),
        ("typo", "roterdam", False),
        ("none", "St. Louis", False),
        ("none", None, True),
    ],
)
def test_names_that_no_text_shows_are_left_out(trap: Trap, words: str | None, found: bool) -> None:
    assert can_be_found(trap, words) == found


@pytest.mark.parametrize("collection", TABLES)
def test_class_phrases_mean_what_the_matcher_finds(collection: str) -> None:
    for phrase in phrases(collection):
        found = match_classes(phrase.text, CLASSES[collection])
        assert set(found.classes) == set(phrase.classes), phrase


def test_a_data_set_is_left_out_only_where_the_default_is_meant() -> None:
    assert default_collection("Tugboats") == "xview1"
    assert default_collection("tennis courts") is None
    assert default_collection("vineyards") == "bigearthnet"
    assert default_collection("construction sites") is None


def test_misspelt_and_invented_names_are_near_one_and_none() -> None:
    rng = random.Random(2)
    for _ in range(20):
        assert misspelt(rng, "Thessaloniki") != "Thessaloniki"
    assert invented(random.Random(4)) != invented(random.Random(5))


def test_training_places_are_in_no_other_split() -> None:
    taken = {name for name, _ in (*DEMO, *HELD_OUT)}
    chosen = train_places(random.Random(1), 120, taken=taken)
    assert len(set(chosen)) == 120
    assert not {fold(name) for name, _ in chosen} & {fold(name) for name in taken}
