"""The second of a kind that a comparison needs: another period, place or class of the question.

Each is offered only while the question names one that no call has used yet.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

from ..spec import Live, ToolArgs
from .dates import FIND_DATES
from .place import FIND_PLACE
from .search import LOAD_FEATURES, LoadFeaturesArgs


class OtherPlaceArgs(ToolArgs):
    """Words of the question that name a place not used yet."""

    place: Annotated[str, Live("span.place.other")]


class OtherDatesArgs(ToolArgs):
    """Words of the question that name a period not used yet."""

    dates: Annotated[str, Live("span.dates.other")]


class LoadOtherArgs(LoadFeaturesArgs):
    """Which table to read and which class of it that is not loaded yet."""

    category: Annotated[str, Live("span.class.other")]


OTHER_PLACE = replace(
    FIND_PLACE,
    name="other_place",
    summary="find the other place that the question compares with",
    args=OtherPlaceArgs,
)
OTHER_DATES = replace(
    FIND_DATES,
    name="other_dates",
    summary="turn the other date words of the question into a period",
    args=OtherDatesArgs,
)
LOAD_OTHER = replace(
    LOAD_FEATURES,
    name="load_other",
    summary="load the other class that the question speaks of",
    args=LoadOtherArgs,
)
