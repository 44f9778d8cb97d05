"""Date phrases as half-open intervals of UTC days, and the two tools that give one."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import Annotated, Final, NamedTuple

import date_wrangler as dw

from ..errors import RetryableToolError, ToolError
from ..records import ToolResult
from ..spec import Live, ToolArgs, ToolContext, ToolSpec
from .catalog import Catalog, Interval
from .seasons import rewrite

ACCEPTED: Final = (
    "June 2024",
    "2019",
    "summer 2017",
    "first half of 2020",
    "Q3 2021",
    "12 March 2022",
    "from May to July 2021",
    "since March 2023",
    "before 2019",
    "last 6 months",
)
EARLIEST: Final = date(1900, 1, 1)
LATEST: Final = date(2100, 1, 1)

_CONFIG: Final = dw.WranglerConfig(fiscal=dw.FiscalCalendar(start_month=1))
_DAY: Final = timedelta(days=1)
_FILLERS: Final = frozenset(
    ("in", "on", "at", "during", "for", "over", "within", "throughout", "across", "the", "of", "a")
    + ("year", "years", "month", "months", "period", "date", "dates", "dated", "taken", "from")
    + ("all", "whole", "entire", "only", "just")
)
_YEAR: Final = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d)|'\d\d|\b[a-z]+ties\b", re.IGNORECASE)
_RELATIVE: Final = re.compile(
    r"\b(?:last|past|this|next|previous|current|today|yesterday|now|ago|coming|present|recent)\b",
    re.IGNORECASE,
)
_LEADING: Final = re.compile(
    r"^(?:(?:in|during|for|over|on|within|throughout|across|the)\s+)+", re.I
)
_WEEK_OF: Final = re.compile(r"week\s+(?:of|starting|beginning|from)\s+", re.I)
_NUMERIC: Final = re.compile(r"(?<!\d)(\d{1,2})[/.](\d{1,2})[/.]\d{2,4}")


class DateReading(NamedTuple):
    """What a phrase says: either end is None where it leaves it open."""

    start: date | None
    end: date | None
    notes: tuple[str, ...]


def bad_dates(phrase: str, why: str) -> RetryableToolError:
    """Return the error for a phrase that names no period, with forms that do."""
    return RetryableToolError(
        f"{phrase!r} {why}; write a period like {', '.join(map(repr, ACCEPTED[:4]))}",
        kind="bad_argument",
        candidates=ACCEPTED,
    )


def _match(phrase: str, text: str, today: date) -> tuple[date | None, date | None]:
    """Return the one period that covers the whole text."""
    try:
        found = dw.parse(text, today=today, config=_CONFIG)
    except (dw.UnresolvableSpec, dw.DateRangeOverflow) as error:
        raise bad_dates(phrase, f"is not a period that exists ({error})") from error
    rest, ranges = text, [m.range for m in found]
    for match in found:
        rest = rest.replace(match.text, " ", 1)
    words = re.findall(r"[^\s,.;:()]+", rest)
    joined = len(ranges) == 2 and ranges[0].end is not None and ranges[0].end == ranges[1].start
    left = [w for w in words if w.casefold() not in _FILLERS and not (joined and w == "and")]
    if not ranges or left:
        raise bad_dates(phrase, "is not a period I can read")
    if len(ranges) > 1 and not joined:
        raise bad_dates(phrase, "names more than one period, or ends before it starts")
    return ranges[0].start, ranges[-1].end


def _week_of(phrase: str, text: str, today: date) -> DateReading | None:
    week = _WEEK_OF.match(text)
    if week is None:
        return None
    start, end = _match(phrase, text[week.end() :], today)
    if start is None or end != start + _DAY:
        raise bad_dates(phrase, "needs one day after 'week of'")
    monday = start - timedelta(days=start.weekday())
    return DateReading(monday, monday + 7 * _DAY, ("a week is read as Monday to Sunday",))


def read_dates(phrase: str, today: date) -> DateReading:
    """Read a date phrase; the ends may be open ("since March", "before 2019")."""
    text = rewrite(_LEADING.sub("", phrase.strip(" .,;:?!\"'")), today)
    if text.interval is not None:
        return DateReading(text.interval.start, text.interval.end, text.notes)
    if (week := _week_of(phrase, text.text, today)) is not None:
        return week
    start, end = _match(phrase, text.text, today)
    notes = list(text.notes)
    said_when = _YEAR.search(text.text) or _RELATIVE.search(text.text)
    if not said_when and start is not None and start > today:
        start, end = _match(phrase, text.text, date(today.year - 1, 12, 31))
    if not said_when:
        notes.append(f"{phrase!r} names no year: the latest one that has begun is taken")
    elif not _YEAR.search(text.text):
        notes.append(f"{phrase!r} is counted from {today}")
    numeric = _NUMERIC.search(text.text)
    if numeric and int(numeric[1]) <= 12 and int(numeric[2]) <= 12:
        notes.append(f"{numeric.group()!r} is read as day, month, year")
    if start is not None and end is not None and start >= end:
        raise bad_dates(phrase, "ends before it starts")
    return DateReading(start, end, tuple(notes))


def coverage(catalog: Catalog) -> Interval:
    """Return the union of the collections' periods."""
    collections = catalog.collections()
    if not collections:
        raise ToolError("the catalog holds no collection; add data to it", kind="not_found")
    # What has no date would make every period of the catalog thousands of years long.
    collections = [c for c in collections if not c.undated] or collections
    return Interval(min(c.start for c in collections), max(c.end for c in collections))


def resolve_dates(
    phrase: str, today: date, covered: Interval | None = None
) -> tuple[Interval, tuple[str, ...]]:
    """Return the half-open interval of a phrase; open ends stop at the coverage and at today."""
    start, end, notes = read_dates(phrase, today)
    if end is None:
        known = min(today + _DAY, covered.end) if covered else today + _DAY
        begin = start or EARLIEST
        end = known if known > begin else max(LATEST, begin + 366 * _DAY)
    if start is None:
        known = covered.start if covered else EARLIEST
        start = known if known < end else min(EARLIEST, end - 366 * _DAY)
    return Interval(start, end), notes


class FindDatesArgs(ToolArgs):
    """The words of the question that name a period."""

    dates: Annotated[str, Live("span.dates")]


class AllDatesArgs(ToolArgs):
    """No arguments."""


def _result(interval: Interval, phrase: str, notes: tuple[str, ...]) -> ToolResult:
    start, end = interval.start.isoformat(), interval.end.isoformat()
    return ToolResult(
        summary=f"dates {start}/{end}",
        outputs={"interval": {"start": start, "end": end, "phrase": phrase}},
        notes=notes,
    )


def find_dates(context: ToolContext, args: FindDatesArgs) -> ToolResult:
    """Resolve a date phrase to an interval."""
    interval, notes = resolve_dates(args.dates, context.today, coverage(context.catalog))
    return _result(interval, args.dates, notes)


def all_dates(context: ToolContext, args: AllDatesArgs) -> ToolResult:
    """Return the whole period the catalog covers."""
    return _result(coverage(context.catalog), "all dates", ())


FIND_DATES: Final = ToolSpec(
    name="find_dates",
    summary="Turn the question's date words into a period.",
    args=FindDatesArgs,
    run=find_dates,
    produces=frozenset({"interval"}),
)
ALL_DATES: Final = ToolSpec(
    name="all_dates",
    summary="Take every date in the archive.",
    args=AllDatesArgs,
    run=all_dates,
    produces=frozenset({"interval"}),
)
