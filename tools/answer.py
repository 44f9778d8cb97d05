"""The last call of a run: name the computed value that answers the question."""

from __future__ import annotations

from typing import Annotated

from .errors import RetryableToolError
from .records import ToolResult
from .spec import Live, ToolArgs, ToolContext, ToolSpec


class ReportValueArgs(ToolArgs):
    """`value` is `<record>.<value name>`."""

    value: Annotated[str, Live("value.id")]


def report_value(context: ToolContext, args: ReportValueArgs) -> ToolResult:
    """Bind the answer to a value that an earlier record computed."""
    known = tuple(f"{r.id}.{v.name}" for r in context.records.values() for v in r.values)
    if args.value not in known:
        raise RetryableToolError(
            f"no value {args.value!r}; computed so far: {list(known)}",
            kind="not_found",
            candidates=known,
        )
    return ToolResult(
        summary=f"answer {args.value}", outputs={"answer": {"value_ids": [args.value]}}
    )


REPORT_VALUE = ToolSpec(
    name="report_value",
    summary="name the computed value that answers the question",
    args=ReportValueArgs,
    run=report_value,
    produces=frozenset({"answer"}),
    effect="pure",
)
