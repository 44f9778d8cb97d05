"""Keep features by what a column says, or the first of them in a ranking."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from typing import Annotated, Any, Final, Literal, NamedTuple

import numpy as np
import pandas as pd
from rapidfuzz import process
from rapidfuzz.distance import JaroWinkler

from ...errors import RetryableToolError
from ...records import ToolResult, Value
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from ..analysis.feature_columns import row_labels
from ..distance import DISTANCE, parse_distance_m
from ..written_number import parse_number
from .columns import AREA_RANK, fold, frame_columns, require_column
from .geodesic import ELLIPSOID, areas_m2
from .limits import Flags
from .reading import POLYGON, FeatureSet, only, read_feature_set
from .results import features_result, what

Comparison = Literal["above", "below", "at_least", "at_most", "equal", "not_equal"]
Order = Literal["largest", "smallest"]
MOST_TOP: Final = 1000
_COMPARE: Final[dict[Comparison, Callable[[Any, Any], Any]]] = {
    "above": operator.gt,
    "below": operator.lt,
    "at_least": operator.ge,
    "at_most": operator.le,
    "equal": operator.eq,
    "not_equal": operator.ne,
}
_NAME: Final = re.compile(r"[\w .,'’&/()-]{1,40}")
_FOR_TEXT: Final = ("equal", "not_equal")


class FilterWhereArgs(ToolArgs):
    """Which column of the newest features to compare with which number, length or name."""

    column: Annotated[str, Live("column.any")]
    comparison: Comparison
    value: Annotated[str, Live("span.value")]
    features: Annotated[str, Live("handle.features", hidden=True)]


class SortTopArgs(ToolArgs):
    """How many of the newest features to keep, and by what they are ranked."""

    order: Order
    by: Annotated[str, Live("column.rank")]
    count: Annotated[str, Live("span.number")]
    features: Annotated[str, Live("handle.features", hidden=True)]


class PickExtremeArgs(ToolArgs):
    """By what to choose the one largest or smallest of the newest features."""

    order: Order
    by: Annotated[str, Live("column.rank")]
    features: Annotated[str, Live("handle.features", hidden=True)]


class _Ranking(NamedTuple):
    features: FeatureSet
    rows: Any
    figures: Any
    unit: str
    about: str
    notes: tuple[str, ...]


def filter_where(context: ToolContext, args: FilterWhereArgs) -> ToolResult:
    """Keep the features whose column compares so with a number, or equals a name."""
    features = read_feature_set(context, args.features)
    column = require_column(features.frame, args.column, "number", "text")
    numeric = [args.column, "number"] in frame_columns(features.frame)
    kept = _by_number(column, args) if numeric else _by_text(column, args)
    chosen = features.select(np.flatnonzero(kept))
    missing = int(column.isna().sum())
    notes = [f"{missing} features have nothing in the column and were left out"] if missing else []
    if numeric and DISTANCE.fullmatch(args.value):
        notes.append(f"the numbers in column {args.column} were taken to be metres")
    count = Value(
        name="kept_count", value=int(kept.sum()), unit="",
        about=f"{what(features)} with {args.column} {args.comparison} {args.value}",
    )  # fmt: skip
    return features_result(context, chosen, chosen.frame, "where", values=(count,), notes=notes)


def _by_number(column: pd.Series, args: FilterWhereArgs) -> Flags:
    measured = DISTANCE.fullmatch(args.value)
    limit = parse_distance_m(args.value) if measured else parse_number(args.value)
    entries = column.astype(np.float64).to_numpy()
    return _COMPARE[args.comparison](entries, limit) & ~np.isnan(entries)


def _by_text(column: pd.Series, args: FilterWhereArgs) -> Flags:
    if args.comparison not in _FOR_TEXT:
        raise RetryableToolError(
            f"column {args.column!r} holds text, which is not {args.comparison!r} anything; "
            f"compare it with {' or '.join(map(repr, _FOR_TEXT))}, or choose a column of numbers",
            kind="bad_argument",
            candidates=_FOR_TEXT,
        )
    known = {name: fold(name) for name in column.dropna().astype(str).unique()}
    wanted = fold(args.value)
    if wanted not in known.values():
        plain = {name: key for name, key in known.items() if _NAME.fullmatch(name)}
        near = process.extract(wanted, plain, scorer=JaroWinkler.similarity, limit=5)
        names = tuple(key for _, _, key in near)
        raise RetryableToolError(
            f"no feature has {args.value!r} in column {args.column!r}; the nearest of "
            f"{len(known)} entries are {list(names)}",
            kind="not_found",
            candidates=names,
        )
    same = column.map(lambda entry: isinstance(entry, str) and known.get(entry) == wanted)
    equal = same.to_numpy(dtype=bool)
    there = column.notna().to_numpy(dtype=bool)
    return equal if args.comparison == "equal" else ~equal & there


def sort_top(context: ToolContext, args: SortTopArgs) -> ToolResult:
    """Keep the n features with the largest or smallest number, in that order."""
    number = parse_number(args.count)
    if not 1 <= number <= MOST_TOP or number != int(number):
        raise RetryableToolError(
            f"{args.count!r} is no count from 1 to {MOST_TOP}; give a whole number",
            kind="bad_argument",
        )
    ranking = _ranked(context, args.features, args.order, args.by)
    rows = ranking.rows[: int(number)]
    chosen = ranking.features.select(rows)
    found = ranking.figures[rows]
    values = (
        Value(name="top_count", value=len(rows), unit="", about=ranking.about),
        Value(name="top_first", value=float(found[0]), unit=ranking.unit,
              about=f"first of the {ranking.about}"),
        Value(name="top_last", value=float(found[-1]), unit=ranking.unit,
              about=f"last of the {ranking.about}"),
        Value(name="top_sum", value=float(found.sum()), unit=ranking.unit,
              about=f"sum of the {len(rows)} {ranking.about}"),
        Value(name="top_feature", value=row_labels(ranking.features.frame)[rows[0]], unit="",
              about=f"first of the {ranking.about}"),
    )  # fmt: skip
    notes = list(ranking.notes)
    if len(rows) < number:
        notes.append(f"only {len(rows)} features have a number to rank")
    elif len(ranking.rows) > len(rows) and ranking.figures[ranking.rows[len(rows)]] == found[-1]:
        notes.append("more features have the same number as the last one kept")
    return features_result(context, chosen, chosen.frame, "top", values=values, notes=notes)


def pick_extreme(context: ToolContext, args: PickExtremeArgs) -> ToolResult:
    """Keep the one feature with the largest or smallest number, and say which and how much."""
    ranking = _ranked(context, args.features, args.order, args.by)
    rows = ranking.rows[:1]
    chosen = ranking.features.select(rows)
    figure = float(ranking.figures[rows[0]])
    tied = int((ranking.figures == figure).sum()) - 1
    notes = (*ranking.notes, *((f"{tied} more features have the same number",) if tied else ()))
    values = (
        Value(name="extreme_value", value=figure, unit=ranking.unit, about=ranking.about),
        Value(name="extreme_feature", value=row_labels(ranking.features.frame)[rows[0]], unit="",
              about=f"feature of the {ranking.about}"),
    )  # fmt: skip
    return features_result(context, chosen, chosen.frame, "extreme", values=values, notes=notes)


def _ranked(context: ToolContext, record: str, order: Order, by: str) -> _Ranking:
    """Return the features in the order of a column, or of their area in hectares."""
    features = read_feature_set(context, record)
    unit, notes = "", ()
    if by == AREA_RANK and by not in features.frame.columns:
        features = only(features, POLYGON)
        figures, unit = areas_m2(features.shapes) / 1e4, "ha"
        notes = (f"ranked by area on the {ELLIPSOID}",)
    else:
        column = require_column(features.frame, by, "number")
        figures = column.astype(np.float64).to_numpy()
    known = np.flatnonzero(~np.isnan(figures))
    if not len(known):
        raise RetryableToolError(
            f"no feature has a number in {by!r}; rank by another column", kind="precondition"
        )
    keys = -figures[known] if order == "largest" else figures[known]
    rows = known[np.argsort(keys, kind="stable")]
    about = f"{order} {by} of {what(features)}"
    return _Ranking(features, rows, figures, unit, about, notes)


FILTER_WHERE = ToolSpec(
    name="filter_where",
    summary="keep the features where a column compares with a value",
    args=FilterWhereArgs,
    run=filter_where,
    produces=frozenset({"features", "value"}),
    consumes=frozenset({"features"}),
    effect="writes",
    cost="seconds",
)
SORT_TOP = ToolSpec(
    name="sort_top",
    summary="keep the n largest or smallest features",
    args=SortTopArgs,
    run=sort_top,
    produces=frozenset({"features", "value"}),
    consumes=frozenset({"features"}),
    effect="writes",
    cost="seconds",
)
PICK_EXTREME = ToolSpec(
    name="pick_extreme",
    summary="find the one largest or smallest feature",
    args=PickExtremeArgs,
    run=pick_extreme,
    produces=frozenset({"features", "value"}),
    consumes=frozenset({"features"}),
    effect="writes",
    cost="seconds",
)
