"""Features or a table as a CSV file of its own."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Final, Literal

import pandas as pd

from ...errors import RetryableToolError, ToolError
from ...records import ArtifactRef, ToolResult
from ...spec import ToolArgs, ToolContext, ToolSpec
from ..analysis.csv_table import write_table
from ..layers import newest
from ..vector import read_features
from .stored_table import MAX_ROWS, read_table


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
    table = write_table(context.store, f"{args.layer}.csv", title, columns, rows)
    layer = {"kind": args.layer, "record": record}
    return ToolResult(
        summary=f"file csv with {table['rows']} rows of {len(columns)} columns",
        outputs={"table": table, "file": {"format": "csv", "layer": layer}},
        artifacts=(ArtifactRef.model_validate(table["artifact"]),),
    )


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
