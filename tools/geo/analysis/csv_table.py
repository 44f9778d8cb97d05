"""Tables as CSV files that a spreadsheet shows and never computes.

A cell of text that begins with `=`, `+`, `-`, `@`, a tab or a line break (or with the full-width
forms that spreadsheets read alike) is written with an apostrophe before it, which spreadsheets
take as "this is text" (OWASP, CSV injection). Numbers are left as they are, negative ones too.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Sequence
from typing import Any, Final

import pandas as pd

from ...artifacts import ArtifactStore

CSV_MEDIA: Final = "text/csv"
_FORMULA: Final = tuple("=+-@\t\r\n＝＋－＠")
_NUMBER: Final = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


def write_table(
    store: ArtifactStore,
    name: str,
    title: str,
    columns: Sequence[str],
    rows: Iterable[Sequence[Any]],
) -> dict[str, Any]:
    """Store a CSV file and return its `table` payload."""
    data, count = csv_bytes(columns, rows)
    return {
        "title": title,
        "columns": list(columns),
        "rows": count,
        "artifact": store.put_bytes(data, name, CSV_MEDIA).model_dump(),
    }


def csv_bytes(columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> tuple[bytes, int]:
    """Return a CSV file (RFC 4180, UTF-8) without formulas, and its number of rows."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")
    writer.writerow([plain_cell(name) for name in columns])
    written = [writer.writerow([plain_cell(value) for value in row]) for row in rows]
    return text.getvalue().encode(), len(written)


def plain_cell(value: Any) -> Any:
    """Return a cell that is no formula: numbers as they are, nothing for a missing value."""
    if value is None or value is pd.NA or value is pd.NaT or value != value:
        return ""
    if isinstance(value, bool | int | float):
        return value
    text = str(value).replace("\x00", "")
    # A number that was stored as text is no formula, and must stay one number.
    if text.startswith(_FORMULA) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text
