"""More date phrases, the rarer half of what people write; each is written from its interval.

Relative ones are counted from `TODAY`, the day on which the sampled questions are asked. Winters
are named after the year they begin in, "early", "mid" and "late" are thirds of a year.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

from .date_phrases import FIRST_DAY, DatePhrase, add_months, around

if TYPE_CHECKING:
    import random

TODAY = date(2026, 1, 1)
MORE_SHARE = 0.3
_NUMBERS = ("zero", "one", "two", "three", "four", "five", "six")
_ORDINALS = ("first", "second", "third", "last")
_SEASONS = (("spring", 3), ("summer", 6), ("autumn", 9), ("fall", 9))
_FOURTHS = ("Q1", "Q2", "Q3", "Q4")


class Periods(NamedTuple):
    """Two periods of one form that share no day, the earlier one first."""

    earlier: DatePhrase
    later: DatePhrase


def dates_around(rng: random.Random, anchor: date) -> DatePhrase:
    """Return a phrase for a range of days that contains `anchor`: a usual one, at times a rarer."""
    return rarer(rng, anchor) if rng.random() < MORE_SHARE else around(rng, anchor)


def rarer(rng: random.Random, anchor: date) -> DatePhrase:
    """Return a phrase of one of the rarer forms that contains `anchor`."""
    for _ in range(20):
        phrase = rng.choice(_FORMS)(rng, anchor)
        if phrase is not None and phrase.start <= anchor < phrase.end:
            return phrase
    return around(rng, anchor)


def alike(rng: random.Random) -> Periods:
    """Return the same month, quarter, third or winter of two years."""
    first, second = sorted(rng.sample(range(2017, 2026), 2))
    anchor = date(2020, rng.randint(1, 12), 1)
    form = rng.choice((_named_month, _named_month, _quarter, _third))
    state = rng.getstate()
    earlier = form(rng, anchor.replace(year=first))
    # Both in one form: nobody writes "Q3 2019" and "the third quarter of 2021".
    rng.setstate(state)
    return Periods(earlier, form(rng, anchor.replace(year=second)))


def _named_month(rng: random.Random, anchor: date) -> DatePhrase:
    name, short = calendar.month_name[anchor.month], calendar.month_abbr[anchor.month]
    start = anchor.replace(day=1)
    forms = (f"{name} {start.year}", f"{name} {start.year}", f"{short} {start.year}")
    return DatePhrase(rng.choice(forms), start, add_months(start, 1))


def _quarter(rng: random.Random, anchor: date) -> DatePhrase:
    number = (anchor.month - 1) // 3
    start = date(anchor.year, number * 3 + 1, 1)
    del rng
    return DatePhrase(f"{_FOURTHS[number]} {anchor.year}", start, add_months(start, 3))


def _third(rng: random.Random, anchor: date) -> DatePhrase:
    number = (anchor.month - 1) // 4
    word = ("early", "mid", "late")[number]
    joint = rng.choice(" -") if word == "mid" else " "
    start = date(anchor.year, number * 4 + 1, 1)
    return DatePhrase(f"{word}{joint}{anchor.year}", start, add_months(start, 4))


def _short_month(rng: random.Random, anchor: date) -> DatePhrase:
    short, two = calendar.month_abbr[anchor.month], anchor.year % 100
    text = rng.choice((f"{short} '{two}", f"{anchor.month:02d}/{anchor.year}"))
    start = anchor.replace(day=1)
    return DatePhrase(text, start, add_months(start, 1))


def _winter(rng: random.Random, anchor: date) -> DatePhrase:
    year = anchor.year if anchor.month == 12 else anchor.year - 1
    after = rng.choice((f"{year + 1}", f"{(year + 1) % 100:02d}"))
    text = rng.choice((f"winter {year}/{after}", f"the winter of {year}/{after}"))
    return DatePhrase(text, date(year, 12, 1), date(year + 1, 3, 1))


def _quarters(rng: random.Random, anchor: date) -> DatePhrase:
    number = (anchor.month - 1) // 3
    first, last = rng.randint(0, number), rng.randint(number, 3)
    if first == last:
        first, last = 0, max(1, last)
    names = f"{_FOURTHS[first]}", f"{_FOURTHS[last]}"
    text = rng.choice(("{} to {} {}", "from {} to {} {}")).format(*names, anchor.year)
    start = date(anchor.year, first * 3 + 1, 1)
    return DatePhrase(text, start, add_months(date(anchor.year, last * 3 + 1, 1), 3))


def _first_months(rng: random.Random, anchor: date) -> DatePhrase:
    count = rng.randint(2, 6)
    word = rng.choice((_NUMBERS[count], str(count)))
    if anchor.month <= count:
        text, start = f"the first {word} months of {anchor.year}", date(anchor.year, 1, 1)
        return DatePhrase(text, start, add_months(start, count))
    text, start = f"the last {word} months of {anchor.year}", date(anchor.year, 13 - count, 1)
    return DatePhrase(text, start, date(anchor.year + 1, 1, 1))


def _whole(rng: random.Random, anchor: date) -> DatePhrase:
    del rng
    start = date(anchor.year, 1, 1)
    return DatePhrase(f"calendar year {anchor.year}", start, date(anchor.year + 1, 1, 1))


def _days_of_month(rng: random.Random, anchor: date) -> DatePhrase:
    last = calendar.monthrange(anchor.year, anchor.month)[1]
    first, end = rng.randint(1, anchor.day), rng.randint(anchor.day, last)
    if first == end:
        first, end = 1, last
    words = f"{first} to {end} {calendar.month_name[anchor.month]} {anchor.year}"
    start = anchor.replace(day=first)
    return DatePhrase(
        rng.choice((words, f"from {words}")), start, anchor.replace(day=end) + timedelta(days=1)
    )


def _half_month(rng: random.Random, anchor: date) -> DatePhrase:
    del rng
    middle = calendar.monthrange(anchor.year, anchor.month)[1] // 2
    half = anchor.day > middle
    text = f"the {_ORDINALS[half]} half of {calendar.month_name[anchor.month]} {anchor.year}"
    start = anchor.replace(day=middle + 1 if half else 1)
    end = add_months(anchor.replace(day=1), 1) if half else anchor.replace(day=middle + 1)
    return DatePhrase(text, start, end)


def _week(rng: random.Random, anchor: date) -> DatePhrase:
    monday = anchor - timedelta(days=anchor.weekday())
    day = monday + timedelta(days=rng.choice((0, 0, rng.randint(0, 6))))
    text = f"the week of {day.day} {calendar.month_name[day.month]} {day.year}"
    return DatePhrase(text, monday, monday + timedelta(days=7))


def _through(rng: random.Random, anchor: date) -> DatePhrase:
    first = rng.randint(1, anchor.month)
    last = rng.randint(anchor.month, 12)
    if first == last:
        first, last = 1, 12
    joint = rng.choice(("through", "till", "until"))
    names = calendar.month_name[first], calendar.month_name[last]
    text = f"{names[0]} {joint} {names[1]} {anchor.year}"
    start = date(anchor.year, first, 1)
    return DatePhrase(text, start, add_months(date(anchor.year, last, 1), 1))


def _seasons(rng: random.Random, anchor: date) -> DatePhrase | None:
    # "fall" is a verb of comparisons as well, which would cut such a range in two.
    name, month = rng.choice(_SEASONS[:3])
    first = rng.randint(max(2017, anchor.year - 2), anchor.year)
    last = rng.randint(first + 1, first + 3)
    if last > 2025:
        return None
    joint = rng.choice(("from {} {} to {} {}", "between {} {} and {} {}"))
    end = add_months(date(last, month, 1), 3)
    return DatePhrase(joint.format(name, first, name, last), date(first, month, 1), end)


def _until(rng: random.Random, anchor: date) -> DatePhrase:
    last = rng.randint(anchor.year, 2025)
    text, end = f"until {last}", date(last + 1, 1, 1)
    if rng.random() < 0.5:
        start = add_months(anchor.replace(day=1), rng.randint(0, 6))
        text = f"until {calendar.month_name[start.month]} {start.year}"
        end = add_months(start, 1)
    return DatePhrase(text, FIRST_DAY, end)


def _prior(rng: random.Random, anchor: date) -> DatePhrase:
    start = add_months(anchor.replace(day=1), rng.randint(1, 9))
    word = rng.choice(("before", "prior to"))
    return DatePhrase(f"{word} {calendar.month_name[start.month]} {start.year}", FIRST_DAY, start)


def _recent(rng: random.Random, anchor: date) -> DatePhrase | None:
    """Return a phrase relative to today; only for an anchor of the last few years."""
    months = (TODAY.year - anchor.year) * 12 + TODAY.month - anchor.month
    if months > 60:
        return None
    years = -(-months // 12)
    word = rng.choice((_NUMBERS[years], str(years)))
    spans = [(f"the {rng.choice(('last', 'past'))} {word} years", 12 * years)]
    if years == 1:
        spans = [("last year", 12), ("the past year", 12), ("the previous year", 12)]
        count = rng.randint(max(2, months), 12) if months <= 12 else 12
        spans.append((f"the {rng.choice(('last', 'past'))} {count} months", count))
    text, count = rng.choice(spans)
    return DatePhrase(text, add_months(TODAY, -count), TODAY)


def _last_season(rng: random.Random, anchor: date) -> DatePhrase | None:
    if anchor.year != TODAY.year - 1:
        return None
    name, month = rng.choice(_SEASONS)
    start = date(anchor.year, month, 1)
    return DatePhrase(f"last {name}", start, add_months(start, 3))


_FORMS: tuple[Callable[[random.Random, date], DatePhrase | None], ...] = (
    *(_quarter, _third, _short_month, _winter, _quarters, _first_months, _whole, _days_of_month),
    *(_half_month, _week, _through, _seasons, _until, _prior, _recent, _recent, _last_season),
)
