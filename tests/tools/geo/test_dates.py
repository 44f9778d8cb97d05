from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terragate.tools.errors import RetryableToolError
from terragate.tools.geo.catalog import Interval
from terragate.tools.geo.dates import read_dates, resolve_dates

TODAY = date(2025, 3, 10)
COVERED = Interval(date(2017, 1, 1), date(2025, 1, 1))


@pytest.mark.parametrize(
    ("phrase", "start", "end"),
    [
        ("2019", "2019-01-01", "2020-01-01"),
        ("in June 2024", "2024-06-01", "2024-07-01"),
        ("2021-06", "2021-06-01", "2021-07-01"),
        ("2024-06-03", "2024-06-03", "2024-06-04"),
        ("2024-06-01/2024-06-30", "2024-06-01", "2024-07-01"),
        ("summer 2017", "2017-06-01", "2017-09-01"),
        ("the spring of 2019", "2019-03-01", "2019-06-01"),
        ("winter 2020/21", "2020-12-01", "2021-03-01"),
        ("from spring 2019 to autumn 2020", "2019-03-01", "2020-12-01"),
        ("2nd half of 2012", "2012-07-01", "2013-01-01"),
        ("Q3 2021", "2021-07-01", "2021-10-01"),
        ("between 2018 and 2020", "2018-01-01", "2021-01-01"),
        ("from May to July 2021", "2021-05-01", "2021-08-01"),
        ("May and June 2021", "2021-05-01", "2021-07-01"),
        ("12 March 2022", "2022-03-12", "2022-03-13"),
        ("the week of 5 May 2021", "2021-05-03", "2021-05-10"),
        ("the 1990s", "1990-01-01", "2000-01-01"),
        ("last year", "2024-01-01", "2025-01-01"),
        ("last summer", "2024-06-01", "2024-09-01"),
        ("last 6 months", "2024-09-01", "2025-03-01"),
        ("early 2021", "2021-01-01", "2021-05-01"),
        ("since March 2023", "2023-03-01", "2025-01-01"),
        ("before 2019", "2017-01-01", "2019-01-01"),
        ("after 2020", "2021-01-01", "2025-01-01"),
        ("until summer 2018", "2017-01-01", "2018-09-01"),
    ],
)
def test_a_phrase_is_a_half_open_interval(phrase: str, start: str, end: str):
    interval, _ = resolve_dates(phrase, TODAY, COVERED)
    assert (interval.start.isoformat(), interval.end.isoformat()) == (start, end)


@pytest.mark.parametrize(
    "phrase",
    ["", "banana", "30 February 2021", "2021-13-45", "2020 to 2018", "week of June 2021", "5 km"],
)
def test_what_is_no_period_is_refused_with_forms_that_are(phrase: str):
    with pytest.raises(RetryableToolError) as caught:
        read_dates(phrase, TODAY)
    assert caught.value.kind == "bad_argument"
    for form in caught.value.candidates:
        read_dates(form, TODAY)


def test_a_month_without_a_year_is_the_latest_that_has_begun():
    interval, notes = resolve_dates("since August", TODAY)
    assert interval.start == date(2024, 8, 1)
    assert "names no year" in notes[0]


def test_a_season_says_which_months_it_is_read_as():
    assert "June to August" in read_dates("summer 2017", TODAY).notes[0]


def test_an_open_end_beyond_the_coverage_is_still_an_interval():
    interval, _ = resolve_dates("after 2030", TODAY, COVERED)
    assert interval.start == date(2031, 1, 1)
    assert interval.end > interval.start
    interval, _ = resolve_dates("before 1990", TODAY, COVERED)
    assert interval.start < interval.end == date(1990, 1, 1)


days = st.dates(date(1950, 1, 1), date(2049, 12, 31))


@given(days, days)
def test_a_range_of_iso_days_is_read_exactly(first: date, second: date):
    start, end = sorted((first, second))
    for form in (f"{start} to {end}", f"{start}/{end}", f"between {start} and {end}"):
        interval, _ = resolve_dates(form, TODAY)
        assert interval == Interval(start, end + timedelta(days=1))


@given(
    st.sampled_from(["since", "before", "after", "until", "in", "early", "late", "the summer of"]),
    st.integers(1950, 2049),
    days,
)
def test_an_interval_is_never_empty(word: str, year: int, today: date):
    interval, _ = resolve_dates(f"{word} {year}", today, COVERED)
    assert interval.start < interval.end
