"""Seasons and compact date forms, rewritten into words the date library reads."""

from __future__ import annotations

import re
from datetime import date
from typing import Final, NamedTuple

from .catalog import Interval

_FIRST_MONTH: Final = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9, "winter": 12}
_SPAN: Final = {
    "spring": "March to May",
    "summer": "June to August",
    "autumn": "September to November",
    "fall": "September to November",
    "winter": "December to February",
}
_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)
SEASON: Final = re.compile(
    r"\b(?:the\s+)?(?:(?P<which>last|previous|past|this)\s+)?(?P<season>spring|summer|autumn|fall|winter)"
    r"(?:\s+season)?"
    r"(?:,?\s+(?:of\s+|in\s+)?(?P<year>(?:19|20)\d\d)(?:\s?[/-]\s?(?P<next>(?:19|20)?\d\d)(?![\d-]))?)?\b",
    re.IGNORECASE,
)
_ENDS_A_RANGE: Final = re.compile(r"(?:\b(?:to|until|till|through|and|after|by)|[-–—/])\s*$", re.I)
_COMPACT: Final = (
    (re.compile(r"\b((?:19|20)\d\d)-(0[1-9]|1[0-2])(?![-\d])"), "{m} {y}"),
    (re.compile(r"(?<![\d/.-])(0?[1-9]|1[0-2])/((?:19|20)\d\d)\b"), "{m} {y}"),
    (re.compile(r"\b((?:19|20)\d\d)(0[1-9]|1[0-2])([0-3]\d)\b"), "{y}-{n}-{d}"),
)
_ISO_RANGE: Final = re.compile(r"(\d{4}-\d\d(?:-\d\d)?)\s*(?:/|\.\.)\s*(\d{4}-\d\d(?:-\d\d)?)")


class Rewritten(NamedTuple):
    """A phrase without seasons: `interval` when it was nothing but one."""

    text: str
    interval: Interval | None
    notes: tuple[str, ...]


def _month(year: int, month: int) -> date:
    return date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)


def _season(found: re.Match[str], today: date) -> Interval:
    name = found["season"].casefold()
    first = _FIRST_MONTH[name]
    if found["year"]:
        year = int(found["year"])
    else:
        year = today.year if _month(today.year, first) <= today else today.year - 1
        ended = _month(year, first + 3) <= today
        if found["which"] and found["which"].casefold() != "this" and not ended:
            year -= 1
    return Interval(_month(year, first), _month(year, first + 3))


def _compact(text: str) -> str:
    text = _ISO_RANGE.sub(r"\1 to \2", text)
    year_month, month_year, day = _COMPACT
    text = year_month[0].sub(lambda m: f"{_MONTHS[int(m[2]) - 1]} {m[1]}", text)
    text = month_year[0].sub(lambda m: f"{_MONTHS[int(m[1]) - 1]} {m[2]}", text)
    return day[0].sub(r"\1-\2-\3", text)


def rewrite(phrase: str, today: date) -> Rewritten:
    """Replace seasons by the months that bound them; northern meteorological seasons."""
    text, notes = _compact(phrase), []
    seasons = list(SEASON.finditer(text))
    if len(seasons) == 1 and seasons[0].group().strip() == text.strip():
        found = _season(seasons[0], today)
        return Rewritten(text, found, (_season_note(seasons[0], found),))
    for match in reversed(seasons):
        interval = _season(match, today)
        notes.append(_season_note(match, interval))
        last = interval.end.month - 1 or 12
        ends = _ENDS_A_RANGE.search(text[: match.start()]) is not None
        year = interval.end.year - (last == 12) if ends else interval.start.year
        month = last if ends else interval.start.month
        text = f"{text[: match.start()]}{_MONTHS[month - 1]} {year}{text[match.end() :]}"
    return Rewritten(text, None, tuple(reversed(notes)))


def _season_note(match: re.Match[str], interval: Interval) -> str:
    name = match["season"].casefold()
    return (
        f"{name} is read as the northern meteorological season, {_SPAN[name]} "
        f"({interval.start} to {interval.end}, end not included)"
    )
