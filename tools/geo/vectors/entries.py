"""The text that a layer's columns hold, to find which words of a question name some of it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Final

import pandas as pd
import pyogrio
from pyogrio.errors import DataLayerError, DataSourceError

from ...artifacts import ArtifactStore
from ...errors import ToolError
from ...records import ArtifactRef
from ..catalogs.opening import check_header
from .columns import text_columns
from .limits import MAX_FEATURES

MOST_ENTRIES: Final = 20_000
LONGEST_ENTRY: Final = 60


def text_entries(store: ArtifactStore, payload: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the different short entries of the text columns of features, none if unreadable.

    They are untrusted: compare a question with them (`value_spans`), show them to no model.
    """
    path = store.path(ArtifactRef.model_validate(payload["artifact"]))
    return _entries(path, text_columns(payload))


# Artefacts are named by their content: what was read once holds.
@lru_cache(maxsize=16)
def _entries(path: Path, columns: tuple[str, ...]) -> tuple[str, ...]:
    if not columns:
        return ()
    try:
        check_header(path, "GPKG")
        frame = pyogrio.read_dataframe(
            path, columns=list(columns), read_geometry=False, max_features=MAX_FEATURES
        )
    except (DataSourceError, DataLayerError, ToolError, ValueError):
        return ()
    found: dict[str, None] = {}
    for name in frame.columns:
        for entry in pd.Series(frame[name]).dropna().unique():
            if isinstance(entry, str) and 0 < len(entry) <= LONGEST_ENTRY:
                found[entry] = None
    return tuple(found)[:MOST_ENTRIES]
