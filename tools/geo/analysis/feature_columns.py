"""Columns of features: names for new ones, plain labels of rows, and what a payload lists."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from ..vectors.columns import frame_columns

ID_COLUMNS: Final = ("id", "uoi", "code", "name", "image_id", "fid", "filename")
_LABEL, _WORDS = 40, 6


def column_name(prefix: str, title: str) -> str:
    """Return a plain column name such as mean_ndvi."""
    slug = re.sub(r"[^a-z0-9]+", "_", title.casefold()).strip("_")
    return f"{prefix}_{slug}"[:60].rstrip("_")


def row_labels(frame: gpd.GeoDataFrame) -> list[str]:
    """Return a short plain name for every row: an id column's text, or else its number from 1.

    Text of a data set has to read as a name, and is cut to letters, digits and a few signs.
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
    """Return a text that reads as a name, "" for anything else."""
    if value is None or value is pd.NA or value != value:
        return ""
    text = str(value).strip()
    # A sentence, or a word with a colon before others, says more than a name does.
    if len(text) > _LABEL or len(text.split()) > _WORDS or (":" in text and " " in text):
        return ""
    return re.sub(r"[^\w .:/-]+", "", text).strip(" .:/-")


def with_column(payload: Mapping[str, Any], frame: gpd.GeoDataFrame, column: str) -> dict[str, Any]:
    """Return a features payload that lists the frame's columns, the new number among them."""
    known = payload.get("columns") or frame_columns(frame)
    kept = [list(pair) for pair in known if pair[0] != column]
    return {**payload, "columns": [*kept, [column, "number"]]}
