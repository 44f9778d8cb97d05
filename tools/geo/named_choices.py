"""What a question says outright of a closed choice: a format, a statistic, a side of a threshold.

Such a choice is offered as it is said; where nothing is said for certain, all of it is. Names only:
what people mean by other words is for the model to say.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

Names = Mapping[str, re.Pattern[str]]


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(rf"\b(?:{pattern})\b", re.IGNORECASE)


FORMATS: Final[Names] = {
    "geojson": _words(r"geo[\s-]?json"),
    "gpkg": _words(r"gpkg|geo[\s-]?packages?"),
    "cog": _words(r"cogs?|(?:geo[\s-]?)?tiff?s?"),
}
STATISTICS: Final[Names] = {
    "mean": _words(r"(?<!\bi )mean|averaged?|avg"),
    "median": _words(r"median"),
    "min": _words(r"min(?:imum)?|lowest(?!\s+cloud)"),
    "max": _words(r"max(?:imum)?|highest"),
    "std": _words(r"standard deviation|std(?:ev)?|dispersion"),
}
MEASURES: Final[Names] = {
    "difference": _words(r"differ\w*|gap|(?:how many|number of) (?:more|fewer|less)|by how m\w+"),
    "ratio": _words(r"ratios?|factor|divid\w+|quotient|(?:how many )?times (?:as|more|fewer)"),
}
_START: Final = r"(?<![\w-])"
_ABOVE: Final = (
    rf"{_START}(?:above|over|exceed\w*|in excess of|(?:more|greater|higher|larger|bigger) than|"
    r"at least)|>=?|≥"
)
_BELOW: Final = (
    rf"{_START}(?:below|under|short of|(?:less|lower|smaller|fewer) than|at most|up to)|<=?|≤"
)
# From -1 to 1, as indices are: other numbers are years, distances and counts as well.
_SHARE: Final = (
    r"[-−]?(?:0?\.\d+|[01](?:\.\d+)?)(?!\.?\d)(?!\s?(?:k?m\b|met|kilo|mile|ha\b|hec|%|per))"
)
_SIDE: Final = re.compile(
    rf"(?P<no>(?:\b(?:no|not|never)|n['’]t)\s+(?:\w+\s+)??)?"
    rf"(?:(?P<above>{_ABOVE})|(?P<below>{_BELOW}))(?:\s+(?:the|a|value|threshold|level|of))*"
    rf"\s*(?P<number>{_SHARE})",
    re.IGNORECASE,
)
SIDES: Final = ("above", "below")


def named(text: str, names: Names) -> tuple[str, ...]:
    """Return the values that a text names, in their order; all of them where it names none."""
    return tuple(name for name, pattern in names.items() if pattern.search(text)) or tuple(names)


def sides(text: str) -> tuple[str, ...]:
    """Return on which side of a number "above", "at most" and the like stand; both if unsure."""
    found = set(_sides(text))
    return tuple(side for side in SIDES if side in found) or SIDES


def _sides(text: str) -> Iterator[str]:
    for match in _SIDE.finditer(text):
        yield SIDES[bool(match["above"]) == bool(match["no"])]
