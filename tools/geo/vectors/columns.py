"""Columns of features: what each holds, which a tool may name, and numbers as people write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final

import geopandas as gpd
import pandas as pd
from pandas.api import types

from ...errors import RetryableToolError
from ..catalog import ColumnKind

AREA_RANK: Final = "area"
_CLASS_COLUMN: Final = "cat_name"
_WORD: Final = re.compile(r"\w+(?:['’.&-]\w+)*")
_PLAIN: Final = re.compile(r"[A-Za-z0-9_]{1,64}")
_LONGEST_VALUE: Final = 8
_MOST_VALUES: Final = 8


def frame_columns(frame: gpd.GeoDataFrame) -> list[list[str]]:
    """Return the attribute columns of features with what they hold, in order."""
    geometry = frame.geometry.name
    return [[str(name), column_kind(frame[name])] for name in frame.columns if name != geometry]


def column_kind(column: Any) -> ColumnKind:
    """Return what a column of a table holds; truth values count as numbers."""
    if types.is_datetime64_any_dtype(column):
        return "date"
    return "number" if types.is_numeric_dtype(column) else "text"


def _named(payload: Mapping[str, Any], kind: ColumnKind) -> tuple[str, ...]:
    listed = payload.get("columns")
    if listed is None:
        # Tables of classed rows always have this column, and say so by their classes.
        listed = [[_CLASS_COLUMN, "text"]] if payload.get("classes") else []
    names = (str(name) for name, holds in listed if holds == kind)
    # A model is shown these: what is more than a name stays out.
    return tuple(name for name in names if _PLAIN.fullmatch(name))


def numeric_columns(payload: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the columns of a features payload that hold numbers."""
    return _named(payload, "number")


def text_columns(payload: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the columns of a features payload that hold text."""
    return _named(payload, "text")


def comparable_columns(payload: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the columns of a features payload that hold numbers or text, numbers first."""
    return (*numeric_columns(payload), *text_columns(payload))


def ranking_columns(payload: Mapping[str, Any]) -> tuple[str, ...]:
    """Return what features can be ranked by: columns of numbers, and `area` on the ellipsoid."""
    numeric = numeric_columns(payload)
    return numeric if AREA_RANK in numeric else (*numeric, AREA_RANK)


def require_column(frame: gpd.GeoDataFrame, name: str, *kinds: ColumnKind) -> pd.Series:
    """Return a column that holds one of these kinds; an error offers those that do."""
    listed = frame_columns(frame)
    fit = tuple(column for column, kind in listed if kind in kinds)
    if name not in fit:
        there = any(column == name for column, _ in listed)
        reason = f"does not hold {' or '.join(kinds)}" if there else "does not exist"
        raise RetryableToolError(
            f"column {name!r} {reason}; columns that fit: {list(fit)[:20]}",
            kind="bad_argument",
            candidates=fit,
        )
    return pd.Series(frame[name])


def fold(text: str) -> str:
    """Return text as two writings of one name are compared: no case, single blanks."""
    return " ".join(text.split()).casefold()


def value_spans(question: str, values: Iterable[str]) -> tuple[str, ...]:
    """Return the runs of a question's own words that are a value of a column, longest first.

    What is returned is the question's text, never the data set's.
    """
    known = {fold(value) for value in values}
    words = list(_WORD.finditer(question))
    found: dict[str, None] = {}
    taken: set[int] = set()
    for length in range(min(_LONGEST_VALUE, len(words)), 0, -1):
        for start in range(len(words) - length + 1):
            run = range(start, start + length)
            said = question[words[start].start() : words[run[-1]].end()]
            if fold(said) in known and not taken.intersection(run):
                found[said] = None
                taken.update(run)
    return tuple(found)[:_MOST_VALUES]


def free_name(frame: gpd.GeoDataFrame, wanted: str) -> str:
    """Return a new column's name: the wanted one, numbered when it is taken whatever the case."""
    taken = {str(column).casefold() for column in frame.columns} | {"fid", "geom", "geometry"}
    name, number = wanted, 1
    while name.casefold() in taken:
        number += 1
        name = f"{wanted}_{number}"
    return name
