"""Latitudes and longitudes as people write them, found in a text: decimal or degrees-minutes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, Literal, NamedTuple

import lat_lon_parser

from ...errors import RetryableToolError

Axis = Literal["lat", "lon"]

_DEGREES: Final = r"\d{1,3}(?:\.\d+)?"
_MINUTES: Final = r"\d{1,2}(?:\.\d+)?"
ANGLE: Final = (
    rf"(?<!\d)(?<!\d[.,])[-−+]?{_DEGREES}(?:\s?(?:[°º]|(?:degrees?|deg)\b))?"
    rf"(?:(?:(?<=[°º])\s?|(?<=\d)[\s:]){_MINUTES}(?:\s?['′’]|(?=:))?"
    rf"(?:(?:(?<=['′’])\s?|:){_MINUTES}\s?(?:\"|″|”|''|’’)?)?)?(?!\d|\.\d)"
)
_WORD: Final = r"(?i:north|south|east|west)\b|[NSEW]\b|(?<=[\d°'\"′″])[nsew]\b"
_LABEL: Final = r"(?i:lat(?:itudes?)?|lon(?:g(?:itudes?)?)?)\.?\s?[:=]?\s?(?i:of\s)?"
_TO: Final = r"\s?(?:-|–|—|\.\.|\bto\b|\band\b|\buntil\b)\s?"

_ONE: Final = re.compile(
    rf"\b(?P<label>{_LABEL})(?P<a>{ANGLE})(?:\s?(?P<side>{_WORD}))?"
    rf"|\b(?P<before>[NSEW])\s?(?P<b>{ANGLE})"
    rf"|(?P<c>{ANGLE})\s?(?P<after>{_WORD})"
)
_RANGE: Final = re.compile(
    rf"\b(?P<label>{_LABEL})(?:(?i:between|from)\s)?(?P<a>{ANGLE}){_TO}(?P<b>{ANGLE})"
    rf"|(?P<c>{ANGLE})\s?(?P<first>{_WORD})?{_TO}(?P<d>{ANGLE})\s?(?P<last>{_WORD})"
)


class Angle(NamedTuple):
    """A latitude or longitude in degrees, and where in the text it stands."""

    axis: Axis
    degrees: float
    start: int
    end: int


class AngleRange(NamedTuple):
    """Two bounds of one axis in degrees as written, and where in the text they stand."""

    axis: Axis
    low: float
    high: float
    start: int
    end: int


def find_angles(text: str) -> list[Angle]:
    """Return every angle that says whether it is a latitude or a longitude."""
    return [a for m in _ONE.finditer(text) for a in _angle(m)]


def find_ranges(text: str) -> list[AngleRange]:
    """Return every range of latitudes or longitudes, such as "51-52°N" or "lon 3 to 5"."""
    return [r for m in _RANGE.finditer(text) for r in _range(m)]


def read_degrees(angle: str, side: str = "") -> float:
    """Return one written angle in degrees, negative to the south and to the west."""
    text = angle.replace("−", "-").replace("’’", '"').strip()
    try:
        degrees = lat_lon_parser.parse(text.lstrip("+") + (f" {side[0]}" if side else ""))
    except ValueError:
        degrees = float("nan")
    if not -360 <= degrees <= 360 or (side and text[0] in "+-"):
        raise RetryableToolError(
            f"{angle!r} is no latitude or longitude; write it like '51.92' or '51°55\\'20\"N'",
            kind="bad_argument",
        )
    return degrees


def _axis(word: str) -> Axis:
    return "lat" if word.strip()[0] in "nsNS" or word.casefold().startswith("lat") else "lon"


def _angle(match: re.Match[str]) -> Iterator[Angle]:
    side = match["side"] or match["before"] or match["after"] or ""
    degrees = _try_degrees(match["a"] or match["b"] or match["c"], side)
    if degrees is not None:
        yield Angle(_axis(match["label"] or side), degrees, match.start(), match.end())


def _range(match: re.Match[str]) -> Iterator[AngleRange]:
    last = match["last"] or ""
    low = _try_degrees(match["a"] or match["c"], match["first"] or last)
    high = _try_degrees(match["b"] or match["d"], last)
    if low is not None and high is not None:
        yield AngleRange(_axis(match["label"] or last), low, high, match.start(), match.end())


def _try_degrees(angle: str, side: str) -> float | None:
    try:
        return read_degrees(angle, side)
    except RetryableToolError:
        return None
