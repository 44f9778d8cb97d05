"""Compare the two newest values of one name: their difference or their ratio."""

from __future__ import annotations

from typing import Annotated, Any, Literal, NamedTuple

from .errors import RetryableToolError, ToolError
from .records import Record, ToolResult, Value
from .spec import Live, ToolArgs, ToolContext, ToolSpec


class CompareValuesArgs(ToolArgs):
    """How to compare; the two newest values of the newest name that occurs twice are meant."""

    measure: Annotated[Literal["difference", "ratio"], Live("said.measure")]
    name: Annotated[str, Live("value.pair", hidden=True)]


class _Held(NamedTuple):
    """A number, what it is, and the first day of the period it was computed for."""

    number: float
    value: Value
    start: str


def compare_values(context: ToolContext, args: CompareValuesArgs) -> ToolResult:
    """Return the one minus the other, or the one over the other.

    Of two periods the later is the one: change is read forwards in time. Of one period the value
    computed first is the one: "how many more A than B", "the ratio of A to B".
    """
    one, other = _pair(context, args.name)
    if args.measure == "ratio" and other.number == 0:
        raise ToolError(
            f"the other {args.name} is 0, so there is no ratio; ask for the difference",
            kind="bad_data",
        )
    difference = args.measure == "difference"
    figure = one.number - other.number if difference else one.number / other.number
    whole = isinstance(one.value.value, int) and isinstance(other.value.value, int)
    if difference and whole:
        figure = round(figure)
    unit = one.value.unit if difference else ""
    said = f"{one.number:.6g} against {other.number:.6g}"
    value = Value(
        name=args.measure, value=figure, unit=unit, about=f"{args.measure} of {said} ({args.name})"
    )
    return ToolResult(
        summary=f"value {args.measure} {figure:.6g}"[:80],
        values=(value,),
        notes=(f"{one.value.about}: {said}",),
    )


def _pair(context: ToolContext, name: str) -> tuple[_Held, _Held]:
    held: list[_Held] = []
    start = ""
    for record in context.records.values():
        start = _start(record) or start
        held += [
            _Held(float(v.value), v, start)
            for v in record.values
            if v.name == name and not isinstance(v.value, str)
        ]
    if len(held) < 2:
        raise RetryableToolError(
            f"there are {len(held)} values called {name!r}; a comparison needs two",
            kind="precondition",
        )
    first, second = held[-2:]
    return (second, first) if second.start > first.start else (first, second)


def _start(record: Record) -> str:
    interval: Any = record.outputs.get("interval")
    return str(interval["start"]) if interval else ""


COMPARE_VALUES = ToolSpec(
    name="compare_values",
    summary="difference or ratio of the two values computed",
    args=CompareValuesArgs,
    run=compare_values,
    produces=frozenset({"value"}),
    consumes=frozenset({"value"}),
    effect="pure",
)
