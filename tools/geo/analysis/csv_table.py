"""Tables of results as CSV files that a spreadsheet can open without running what is in them."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterable, Sequence
from typing import Any, Final

from ...artifacts import ArtifactStore

CSV_MEDIA: Final = "text/csv"
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")


def write_table(
    store: ArtifactStore,
    name: str,
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
) -> dict[str, Any]:
    """Store a UTF-8 CSV file with a header row and return its `table` payload."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(columns)
    count = 0
    for row in rows:
        writer.writerow([_cell(value) for value in row])
        count += 1
    artifact = store.put_bytes(text.getvalue().encode(), name, CSV_MEDIA)
    return {
        "title": title,
        "columns": list(columns),
        "rows": count,
        "artifact": artifact.model_dump(),
    }


def _cell(value: Any) -> Any:
    """Return a cell: nothing for NaN, and text never a formula."""
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return ""
    if isinstance(value, str) and value.startswith(_FORMULA):
        return f"'{value}"
    return value
