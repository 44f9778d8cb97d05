"""Whether the platform finds the dates of a question among its words as they are meant.

Two periods that read as one ("from 2019 to 2021"), or one that reads as two, leave nothing right to
copy: such a question teaches nothing, so it is put in other words.
"""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING

from ....tools.geo.catalog import NoCatalog
from ....tools.geo.span_compare import COMPARES, two_periods
from ....tools.geo.spans import question_spans

if TYPE_CHECKING:
    from ..task import Slots

# Any day will do: how a phrase is cut does not depend on it.
_DAY = date(2026, 1, 1)


def one_period(dates: str) -> bool:
    """Say whether a date phrase stays one period in a comparison."""
    return len(two_periods(dates, _DAY)) == 1


def reads_as_meant(text: str, slots: Slots) -> bool:
    """Say whether the periods of a question are cut out of its text as they are."""
    if slots.dates is None:
        return True
    if slots.dates2 is not None:
        return {slots.dates, slots.dates2} <= set(_periods(text))
    if one_period(slots.dates):
        return True
    return COMPARES.search(text) is None


def _periods(text: str) -> list[str]:
    found = question_spans(text, NoCatalog(), _DAY)["span.dates"]
    if COMPARES.search(text) is None:
        return list(found)
    return [end for words in found for end in two_periods(words, _DAY)]
