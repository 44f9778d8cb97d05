"""Random date phrases whose interval is known because they are written from it.

Months, seasons (meteorological, northern), halves and quarters are whole; both ends of a range are
in it; "after 2020" starts in 2021 and "before 2020" ends with 2019.
"""

from __future__ import annotations

import calendar
from collections.abc import Callable
from datetime import date, timedelta
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    import random

FIRST_DAY = date(2017, 1, 1)
LAST_DAY = date(2026, 1, 1)
_SEASONS = (("spring", 3), ("summer", 6), ("autumn", 9), ("fall", 9))
_ORDINALS = ("first", "second", "third", "fourth")
_ORDINAL_DIGITS = ("1st", "2nd", "3rd", "4th")


class DatePhrase(NamedTuple):
    """Words for the half-open range of days [start, end)."""

    text: str
    start: date
    end: date


def add_months(day: date, count: int) -> date:
    """Return the first day of the month `count` months later."""
    months = day.year * 12 + day.month - 1 + count
    return date(months // 12, months % 12 + 1, 1)


def _month_words(rng: random.Random, day: date, year: bool = True) -> str:
    name = calendar.month_name[day.month]
    name = rng.choice((name, name, name, calendar.month_abbr[day.month]))
    if not year:
        return name
    return f"{name} {day.year}"


def _day_words(rng: random.Random, day: date) -> str:
    name, short = calendar.month_name[day.month], calendar.month_abbr[day.month]
    suffix = {1: "st", 2: "nd", 3: "rd"}.get(day.day % 10 if day.day // 10 != 1 else 0, "th")
    return rng.choice(
        (
            f"{day.day} {name} {day.year}",
            f"{day.day} {short} {day.year}",
            f"{name} {day.day}, {day.year}",
            f"{day.day}{suffix} of {name} {day.year}",
            f"{name} {day.day}{suffix}, {day.year}",
            day.isoformat(),
        )
    )


def _span_words(rng: random.Random, first: str, last: str) -> str:
    form = rng.choice(("between {} and {}", "from {} to {}", "{} to {}", "from {} until {}"))
    return form.format(first, last)


def _month(rng: random.Random, anchor: date) -> DatePhrase:
    start = anchor.replace(day=1)
    text = rng.choice((_month_words(rng, start),) * 5 + (f"{start:%Y-%m}",))
    return DatePhrase(text, start, add_months(start, 1))


def _year(rng: random.Random, anchor: date) -> DatePhrase:
    text = rng.choice((f"{anchor.year}", f"{anchor.year}", f"the year {anchor.year}"))
    return DatePhrase(text, date(anchor.year, 1, 1), date(anchor.year + 1, 1, 1))


def _season(rng: random.Random, anchor: date) -> DatePhrase:
    seasons = [s for s in _SEASONS if s[1] <= anchor.month < s[1] + 3]
    if not seasons:
        return _month(rng, anchor)
    name, month = rng.choice(seasons)
    form = rng.choice(("{} {}", "{} {}", "the {} of {}", "{} of {}"))
    start = date(anchor.year, month, 1)
    return DatePhrase(form.format(name, anchor.year), start, add_months(start, 3))


def _part(rng: random.Random, anchor: date) -> DatePhrase:
    name, short, months = rng.choice((("half", "H", 6), ("quarter", "Q", 3)))
    number = (anchor.month - 1) // months
    start = date(anchor.year, number * months + 1, 1)
    ordinal = rng.choice((_ORDINALS, _ORDINAL_DIGITS))[number]
    text = rng.choice(
        (
            f"the {ordinal} {name} of {anchor.year}",
            f"{ordinal} {name} of {anchor.year}",
            f"{short}{number + 1} {anchor.year}",
        )
    )
    return DatePhrase(text, start, add_months(start, months))


def _month_span(rng: random.Random, anchor: date) -> DatePhrase:
    start = add_months(anchor.replace(day=1), -rng.randint(0, 4))
    last = add_months(anchor.replace(day=1), rng.randint(0, 5))
    if start == last:
        last = add_months(last, 1)
    same_year = start.year == last.year and rng.random() < 0.7
    words = _span_words(rng, _month_words(rng, start, not same_year), _month_words(rng, last))
    return DatePhrase(words, start, add_months(last, 1))


def _year_span(rng: random.Random, anchor: date) -> DatePhrase:
    first = rng.randint(max(2017, anchor.year - 3), anchor.year)
    last = max(first + 1, min(2025, rng.randint(anchor.year, anchor.year + 2)))
    words = rng.choice((_span_words(rng, str(first), str(last)), f"{first}-{last}"))
    return DatePhrase(words, date(first, 1, 1), date(last + 1, 1, 1))


def _day(rng: random.Random, anchor: date) -> DatePhrase:
    return DatePhrase(_day_words(rng, anchor), anchor, anchor + timedelta(days=1))


def _day_span(rng: random.Random, anchor: date) -> DatePhrase:
    start = anchor - timedelta(days=rng.randint(3, 60))
    last = anchor + timedelta(days=rng.randint(3, 60))
    state = rng.getstate()
    first_words = _day_words(rng, start)
    # Both ends in one form: nobody writes "from 2020-03-01 to 5th of May 2020".
    rng.setstate(state)
    last_words = _day_words(rng, last)
    return DatePhrase(_span_words(rng, first_words, last_words), start, last + timedelta(days=1))


def _since(rng: random.Random, anchor: date) -> DatePhrase:
    if rng.random() < 0.5:
        start = date(rng.randint(2017, anchor.year), 1, 1)
        words = rng.choice(("since {}", "from {} onwards")).format(start.year)
        return DatePhrase(words, start, LAST_DAY)
    start = max(FIRST_DAY, add_months(anchor.replace(day=1), -rng.randint(0, 8)))
    return DatePhrase(f"since {_month_words(rng, start)}", start, LAST_DAY)


def _beyond(rng: random.Random, anchor: date) -> DatePhrase:
    if anchor.year > 2017 and rng.random() < 0.5:
        start = date(rng.randint(2018, anchor.year), 1, 1)
        return DatePhrase(f"after {start.year - 1}", start, LAST_DAY)
    end = date(rng.randint(anchor.year + 1, 2026), 1, 1)
    return DatePhrase(f"before {end.year}", FIRST_DAY, end)


_FORMS: tuple[tuple[Callable[[random.Random, date], DatePhrase], int], ...] = (
    (_month, 6),
    (_year, 5),
    (_season, 5),
    (_part, 4),
    (_month_span, 4),
    (_year_span, 3),
    (_day, 1),
    (_day_span, 2),
    (_since, 3),
    (_beyond, 2),
)


def around(rng: random.Random, anchor: date) -> DatePhrase:
    """Return a phrase for a range of days that contains `anchor`."""
    form = rng.choices([f for f, _ in _FORMS], [w for _, w in _FORMS])[0]
    phrase = form(rng, anchor)
    text = phrase.text.lower() if rng.random() < 0.15 else phrase.text
    return phrase._replace(text=text)


def closed(rng: random.Random, anchor: date) -> DatePhrase:
    """Return a phrase for a range with two ends and at most a year long around `anchor`."""
    form = rng.choice((_month, _year, _season, _part))
    return form(rng, anchor)
