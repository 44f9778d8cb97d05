"""Read back a `table` payload: its columns and rows as text, bounded."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from ...errors import ToolError
from ...records import ArtifactRef
from ...spec import ToolContext

MAX_ROWS: Final = 500_000
# A cell may hold as much as the whole of a small file, and no more.
_MAX_CELL: Final = 1_000_000


class StoredTable(NamedTuple):
    """A header and rows of text cells."""

    columns: list[str]
    rows: list[list[str]]


def read_table(context: ToolContext, payload: Mapping[str, Any]) -> StoredTable:
    """Return the CSV file that a payload names."""
    path = context.store.path(ArtifactRef.model_validate(payload["artifact"]))
    before = csv.field_size_limit(_MAX_CELL)
    try:
        with path.open(encoding="utf-8-sig", newline="") as stream:
            reader = csv.reader(stream)
            columns = next(reader, [])
            rows = [row for row, _ in zip(reader, range(MAX_ROWS + 1), strict=False)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ToolError(
            f"the table {path.name!r} is unreadable ({type(error).__name__}); compute it again",
            kind="bad_data",
        ) from error
    finally:
        csv.field_size_limit(before)
    if len(rows) > MAX_ROWS:
        raise ToolError(
            f"the table has more than {MAX_ROWS:,} rows; choose a smaller area", kind="too_large"
        )
    if any(len(row) != len(columns) for row in rows):
        raise ToolError("the table has rows of another length than its header; compute it again",
                        kind="bad_data")  # fmt: skip
    return StoredTable(columns, rows)
