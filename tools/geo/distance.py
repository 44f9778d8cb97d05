"""Distances as people write them, in metres."""

from __future__ import annotations

import re
from typing import Final

from ..errors import RetryableToolError

ACCEPTED: Final = ("5 km", "500 m", "3 miles", "2 nautical miles")
LONGEST_M: Final = 1_000_000.0

_UNIT_M: Final = {
    "m": 1.0,
    "meter": 1.0,
    "metre": 1.0,
    "km": 1000.0,
    "kilometer": 1000.0,
    "kilometre": 1000.0,
    "mi": 1609.344,
    "mile": 1609.344,
    "nm": 1852.0,
    "nmi": 1852.0,
    "nautical mile": 1852.0,
    "ft": 0.3048,
    "foot": 0.3048,
    "feet": 0.3048,
    "yard": 0.9144,
}
_NUMBER_WORD: Final = {
    "a": 1,
    "one": 1,
    "two": 2,
    "three": 3,
    "four": 4,
    "five": 5,
    "six": 6,
    "seven": 7,
    "eight": 8,
    "nine": 9,
    "ten": 10,
    "fifteen": 15,
    "twenty": 20,
    "thirty": 30,
    "fifty": 50,
    "hundred": 100,
}
_UNITS: Final = "|".join(sorted((re.escape(u) for u in _UNIT_M), key=len, reverse=True))
_WORDS: Final = "|".join(_NUMBER_WORD)
DISTANCE: Final = re.compile(
    rf"(?<![\w.,-])(?P<number>\d+(?:[.,]\d+)*(?=[\s-]?[a-z])|(?:{_WORDS})(?=[\s-]))"
    rf"[\s-]?(?P<unit>{_UNITS})s?(?!\w)",
    re.IGNORECASE,
)


def _number(text: str) -> float:
    if text.casefold() in _NUMBER_WORD:
        return float(_NUMBER_WORD[text.casefold()])
    thousands = re.fullmatch(r"\d{1,3}(,\d{3})+(\.\d+)?", text)
    plain = text.replace(",", "") if thousands else text.replace(",", ".")
    return float(plain) if plain.count(".") <= 1 else float("nan")


def parse_distance_m(phrase: str) -> float:
    """Return a distance such as "5 km" or "three miles" in metres."""
    found = DISTANCE.search(phrase)
    metres = _number(found["number"]) * _UNIT_M[found["unit"].casefold()] if found else float("nan")
    if not 0 < metres <= LONGEST_M:
        raise RetryableToolError(
            f"{phrase!r} is not a distance between 0 and {LONGEST_M / 1000:.0f} km; "
            f"write it like {', '.join(map(repr, ACCEPTED))}",
            kind="bad_argument",
            candidates=ACCEPTED,
        )
    return metres
