"""Columns of features: names for new ones, plain labels of rows, and what a payload lists."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final, Literal

import geopandas as gpd
import pandas as pd

ID_COLUMNS: Final = ("id", "uoi", "code", "name", "image_id", "fid", "filename")
_LABEL: Final = 40


def column_name(prefix: str, title: str) -> str:
    """Return a plain column name such as mean_ndvi."""
    slug = re.sub(r"[^a-z0-9]+", "_", title.casefold()).strip("_")
    return f"{prefix}_{slug}"[:60].rstrip("_")


def row_labels(frame: gpd.GeoDataFrame) -> list[str]:
    """Return a short plain name for every row: an id column's text, or else its number from 1.

    Text of a data set is cut to letters, digits and a few signs, so that it can only be a name.
    """
    numbers = [str(number) for number in range(1, len(frame) + 1)]
    known = {str(name).casefold(): name for name in frame.columns}
    for wanted in ID_COLUMNS:
        if wanted not in known:
            continue
        texts = [_plain(value) for value in frame[known[wanted]]]
        if all(texts) and len(set(texts)) == len(texts):
            return texts
    return numbers


def _plain(value: Any) -> str:
    if value is None or value is pd.NA or value != value:
        return ""
    return re.sub(r"[^\w .:/-]+", "", str(value)).strip(" .:/-")[:_LABEL]


def with_column(payload: Mapping[str, Any], frame: gpd.GeoDataFrame, column: str) -> dict[str, Any]:
    """Return a features payload that lists the frame's columns, the new number among them."""
    known = payload.get("columns") or [
        [str(name), _kind(frame[name])] for name in frame.columns if name != frame.geometry.name
    ]
    kept = [list(pair) for pair in known if pair[0] != column]
    return {**payload, "columns": [*kept, [column, "number"]]}


def _kind(column: Any) -> Literal["number", "text", "date"]:
    if pd.api.types.is_datetime64_any_dtype(column):
        return "date"
    return "number" if pd.api.types.is_numeric_dtype(column) else "text"
