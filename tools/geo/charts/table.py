"""Features or a table as CSV that a spreadsheet shows and never computes.

A cell of text that begins with `=`, `+`, `-`, `@`, a tab or a line break (or with the full-width
forms that spreadsheets read alike) is written with an apostrophe before it, which spreadsheets
take as "this is text" (OWASP, CSV injection). Numbers are left as they are, negative ones too.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal

import pandas as pd

from ...errors import RetryableToolError, ToolError
from ...records import ToolResult
from ...spec import ToolArgs, ToolContext, ToolSpec
from ..layers import newest
from ..vector import read_features
from .stored_table import MAX_ROWS, read_table

CSV_MEDIA: Final = "text/csv"
_FORMULA: Final = tuple("=+-@\t\r\n＝＋－＠")
_NUMBER: Final = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")


class TableCsvArgs(ToolArgs):
    """Which to write, the newest of it."""

    layer: Literal["features", "table"]


def table_csv(context: ToolContext, args: TableCsvArgs) -> ToolResult:
    """Write features or a table as UTF-8 CSV with a header row; geometry becomes lon and lat."""
    record = newest(context, args.layer)
    if record is None:
        have = tuple(kind for kind in ("features", "table") if newest(context, kind))
        raise RetryableToolError(
            f"there is no {args.layer!r} to write; what exists: {list(have)}",
            kind="precondition",
            candidates=have,
        )
    payload = context.output(record, args.layer)
    if args.layer == "features":
        title, columns, rows = _feature_rows(context, payload)
    else:
        stored = read_table(context, payload)
        title, columns, rows = str(payload["title"]), stored.columns, stored.rows
    data, count = csv_bytes(columns, rows)
    artifact = context.store.put_bytes(data, f"{args.layer}.csv", CSV_MEDIA)
    plain = {"title": title, "columns": columns, "rows": count, "artifact": artifact.model_dump()}
    layer = {"kind": args.layer, "record": record}
    return ToolResult(
        summary=f"file csv with {count} rows of {len(columns)} columns",
        outputs={"table": plain, "file": {"format": "csv", "layer": layer}},
        artifacts=(artifact,),
    )


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


def _feature_rows(
    context: ToolContext, payload: Mapping[str, Any]
) -> tuple[str, list[str], Iterable[Sequence[Any]]]:
    frame = read_features(context, payload)
    if len(frame) > MAX_ROWS:
        raise ToolError(f"{len(frame):,} features are more than {MAX_ROWS:,} rows; filter them",
                        kind="too_large")  # fmt: skip
    points = frame.geometry.representative_point()
    plain = pd.DataFrame(frame.drop(columns=frame.geometry.name))
    for name in plain.select_dtypes(include=["datetime", "datetimetz"]).columns:
        plain[name] = plain[name].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    # Where a feature is, as the point that lies surely inside it.
    taken = {str(name) for name in plain.columns}
    for name, values in (("lon", points.x), ("lat", points.y)):
        plain[name if name not in taken else f"point_{name}"] = values.round(7).to_numpy()
    columns = [str(name) for name in plain.columns]
    return f"Features of {payload['collection']}", columns, plain.astype(object).to_numpy().tolist()


TABLE_CSV: Final = ToolSpec(
    name="table_csv",
    summary="write the table or the features as csv",
    args=TableCsvArgs,
    run=table_csv,
    produces=frozenset({"table", "file"}),
    effect="writes",
    cost="seconds",
)
