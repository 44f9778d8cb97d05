"""The numbers and dates that a text names, each as it is written."""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

_MONTHS = (
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
)
_MONTH = "(?P<month>" + "|".join(f"{name[:3]}(?:{name[3:]})?" for name in _MONTHS) + r")\.?"
_WORDS = {
    "two": 2.0,
    "three": 3.0,
    "four": 4.0,
    "five": 5.0,
    "six": 6.0,
    "seven": 7.0,
    "eight": 8.0,
    "nine": 9.0,
    "ten": 10.0,
    "eleven": 11.0,
    "twelve": 12.0,
    "dozen": 12.0,
    "twenty": 20.0,
    "thirty": 30.0,
    "forty": 40.0,
    "fifty": 50.0,
    "hundred": 100.0,
    "thousand": 1_000.0,
    "million": 1_000_000.0,
    "billion": 1_000_000_000.0,
}
_NUMBER = re.compile(
    r"(?<![A-Za-z_\d.])(?P<sign>(?<!\d)[-−])?"
    r"(?P<whole>\d{1,3}(?:[,\u202f]\d{3})+(?!\d)|\d+)(?:\.(?P<part>\d+))?(?P<power>[eE][-+]?\d+)?"
    r"|\b(?P<word>" + "|".join(_WORDS) + r")s?\b",
    re.IGNORECASE,
)
_DATES = (
    re.compile(r"(?<!\d)(?P<year>\d{4})-(?P<number>\d{2})-(?P<day>\d{2})(?!\d)"),
    re.compile(rf"\b(?P<day>\d{{1,2}})\s+{_MONTH}\s+(?P<year>\d{{4}})\b", re.IGNORECASE),
    re.compile(rf"\b{_MONTH}\s+(?P<day>\d{{1,2}}),?\s+(?P<year>\d{{4}})\b", re.IGNORECASE),
)


class Figure(NamedTuple):
    """A number as written: its value, and the largest rounding error its digits can hide."""

    text: str
    value: float
    slack: float


class Day(NamedTuple):
    """A calendar date as written; `day` is None when no such date exists."""

    text: str
    day: date | None


def named_days(text: str) -> tuple[list[Day], str]:
    """Return the full dates of a text, and the text without them."""
    found: list[Day] = []

    def take(match: re.Match[str]) -> str:
        found.append(Day(match[0], _day(match)))
        return " " * len(match[0])

    for pattern in _DATES:
        text = pattern.sub(take, text)
    return found, text


def _day(match: re.Match[str]) -> date | None:
    parts = match.groupdict()
    month = parts.get("number") or 1 + [m[:3] for m in _MONTHS].index(match["month"][:3].lower())
    try:
        return date(int(parts["year"]), int(month), int(parts["day"]))
    except ValueError:
        return None


def figures(text: str) -> list[Figure]:
    """Return the numbers of a text, in digits or words; digits inside a name are not numbers."""
    return [_figure(match) for match in _NUMBER.finditer(text)]


def _figure(match: re.Match[str]) -> Figure:
    if match["word"]:
        return Figure(match[0], _WORDS[match["word"].lower()], 0.0)
    whole = re.sub(r"[,\u202f]", "", match["whole"])
    part, power = match["part"] or "", match["power"] or ""
    value = float(f"{'-' if match['sign'] else ''}{whole}.{part or 0}{power}")
    exponent = int(power[1:] or 0) - len(part)
    slack = 0.5 * 10.0**exponent if abs(exponent) < 300 else 0.0
    return Figure(match[0], value, slack)
