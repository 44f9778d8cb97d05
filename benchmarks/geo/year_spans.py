"""Random phrases for several years, as questions about change and trend name them."""

from __future__ import annotations

import random
from datetime import date

from .date_phrases import LAST_DAY, DatePhrase

_CLOSED = (
    "from {a} to {b}",
    "between {a} and {b}",
    "{a}-{b}",
    "{a} to {b}",
    "from {a} until {b}",
    "{a} through {b}",
)
_OPEN = ("since {a}", "from {a} onwards")
_SEASONS = (("spring", 3), ("summer", 6), ("autumn", 9))


def years(rng: random.Random, *, least: int) -> DatePhrase:
    """Return a phrase for at least `least` whole years, or open at the end."""
    first = rng.randint(2017, 2025 - least + 1)
    if rng.random() < 0.15:
        words = rng.choice(_OPEN).format(a=first)
        return DatePhrase(words, date(first, 1, 1), LAST_DAY)
    last = rng.randint(first + least - 1, 2025)
    words = rng.choice(_CLOSED).format(a=first, b=last)
    return DatePhrase(words, date(first, 1, 1), date(last + 1, 1, 1))


def two_periods(rng: random.Random) -> tuple[DatePhrase, DatePhrase]:
    """Return two periods of one form that share no day, the earlier one first."""
    first, second = sorted(rng.sample(range(2017, 2026), 2))
    draw = rng.random()
    if draw < 0.6:
        return _year(first), _year(second)
    if draw < 0.75:
        half = rng.choice((1, 2))
        return _half(first, half), _half(second, half)
    name, month = rng.choice(_SEASONS)
    return _season(name, month, first), _season(name, month, second)


def _year(year: int) -> DatePhrase:
    return DatePhrase(str(year), date(year, 1, 1), date(year + 1, 1, 1))


def _half(year: int, half: int) -> DatePhrase:
    start = date(year, 1 if half == 1 else 7, 1)
    end = date(year, 7, 1) if half == 1 else date(year + 1, 1, 1)
    return DatePhrase(f"H{half} {year}", start, end)


def _season(name: str, month: int, year: int) -> DatePhrase:
    return DatePhrase(f"{name} {year}", date(year, month, 1), date(year, month + 3, 1))
