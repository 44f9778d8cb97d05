"""Ranges that a comparison means as two periods: "did the ships grow between 2020 and 2024"."""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from ..errors import RetryableToolError
from .dates import read_dates

# A number that is no year.
_AMOUNT: Final = r"\d(?!\d{3}\b)"
# Not "once more", not the season, not "less than 5 km", not the normalised difference of an index.
COMPARES: Final = re.compile(
    rf"\b((?:(?<!\bonce )(?<!\bone )more|fewer|less)(?!\s+than\s+{_AMOUNT})|than(?!\s+{_AMOUNT})|"
    r"grew|grow|grown|growth|rise|rose|risen|"
    r"fall(?!\s+(?:of\s+)?\d{4})|fell|fallen|increas\w*|decreas\w*|decline\w*|drop\w*|"
    r"(?:g[eo]t|gotten|become|became) (?:bigger|larger|smaller|higher|lower)|"
    r"(?:go|goes|went|gone|come|came) (?:up|down)|moved|changed|by what factor|exceed\w*|"
    r"(?<!normali[sz]ed )differ\w*|compar\w*|versus|vs|ratio|times as|gain\w*|shr[aiu]nk)\b",
    re.IGNORECASE,
)
# One thing beside another, and not one thing at two times.
_BESIDE: Final = re.compile(
    r"\b(more|fewer|less|than|by what factor|exceed\w*|differ\w*|compar\w*|versus|vs|ratio|"
    r"times as)\b",
    re.IGNORECASE,
)
_ENDS: Final = re.compile(r"(?:between|from) (.+?) (?:and|to|until|till) (.+)", re.IGNORECASE)


def over_time(text: str) -> bool:
    """Return whether a text compares one thing with itself at another time, and nothing else."""
    return COMPARES.search(text) is not None and _BESIDE.search(text) is None


def two_periods(words: str, today: date) -> tuple[str, ...]:
    """Return the two ends of a range where each can stand alone, else the words as they are."""
    found = _ENDS.fullmatch(words)
    if found is None:
        return (words,)
    try:
        for end in found.groups():
            start, stop, _ = read_dates(end, today)
            if start is None or stop is None:
                return (words,)
    except RetryableToolError:
        return (words,)
    return found.groups()
