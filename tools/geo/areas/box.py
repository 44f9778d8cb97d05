"""Bounding boxes as people write them: west, south, east, north, or ranges of degrees."""

from __future__ import annotations

import re
from typing import Annotated, Final, NamedTuple

import shapely

from ...errors import RetryableToolError
from ...records import ToolResult
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from .angles import find_ranges
from .outline import Outline, aoi_result, checked_area

ACCEPTED: Final = ("bbox 4.0 51.8 4.6 52.1", "between 51 and 52 N and 3 and 5 E")
_NUMBER: Final = r"[-−+]?\d{1,3}(?:\.\d+)?°?"
_NEXT: Final = r"\s*[,;/\s]\s*"
_FOUR: Final = _NEXT.join(rf"({_NUMBER})" for _ in range(4))
# A fifth number makes it no box; a year after it is no fifth, for no degree has four digits.
_EDGE: Final = r"(?!\w|\.\d|\s?[,;]\s?[-−]?\d{1,3}(?!\d))"
# Four bare numbers are a box where a word of place stands before them and commas between them.
_BARE: Final = r"\s*,\s*".join(rf"({_NUMBER})" for _ in range(4))
_WITHIN: Final = "|".join(rf"(?<=\b{word}\s)" for word in ("in", "inside", "within", "over"))
_BOX: Final = re.compile(
    rf"\b(?:bbox|bounding[\s-]box|box|extent)\b[^\d\n−-]{{0,30}}?{_FOUR}{_EDGE}[)\]]?"
    rf"|[(\[]\s*{_FOUR}\s*[)\]]"
    rf"|(?:{_WITHIN}){_BARE}{_EDGE}(?!\s*(?:k?m|met|kilo|mile|ha\b))",
    re.IGNORECASE,
)
_BETWEEN: Final = re.compile(
    r"[\s,;°)]*(?:\b(?:and|by|x)\b)?[\s,;(]*(?:\b(?:between|from)\b)?\s*", re.IGNORECASE
)
_OPENING: Final = re.compile(r"(?:between|from)\s+$", re.IGNORECASE)


class BboxAoiArgs(ToolArgs):
    """The words of the question that give a bounding box."""

    box: Annotated[str, Live("span.bbox")]


class Box(NamedTuple):
    """Edges in degrees; `east` below `west` means that the box crosses the 180th meridian."""

    west: float
    south: float
    east: float
    north: float


def bbox_spans(text: str) -> tuple[str, ...]:
    """Return the words of a text that give a bounding box, in order."""
    found = [(m.start(), m.end()) for m in _BOX.finditer(text)]
    ranges = find_ranges(text)
    for first, second in zip(ranges, ranges[1:], strict=False):
        joined = _BETWEEN.fullmatch(text[first.end : second.start])
        if joined and first.axis != second.axis:
            opening = _OPENING.search(text[: first.start])
            found.append((opening.start() if opening else first.start, second.end))
    return tuple(dict.fromkeys(text[start:end].strip() for start, end in sorted(found)))


def read_box(phrase: str) -> tuple[Box, tuple[str, ...]]:
    """Return the edges that a phrase gives and what had to be assumed."""
    ranges = {r.axis: r for r in find_ranges(phrase)}
    if len(ranges) == 2:
        lon, lat = ranges["lon"], ranges["lat"]
        return _ordered(Box(lon.low, lat.low, lon.high, lat.high), ())
    numbers = _BOX.search(phrase) or re.fullmatch(_BARE, phrase.strip())
    if numbers is None:
        raise _unreadable(phrase)
    edges = [float(n.strip("°").replace("−", "-")) for n in numbers.groups() if n is not None]
    return _ordered(*_axes(Box(*edges)))


def _axes(box: Box) -> tuple[Box, tuple[str, ...]]:
    """Return four numbers as a box: W S E N, unless only S W N E can be meant."""
    if max(abs(box.south), abs(box.north)) <= 90:
        return box, ("the four numbers were read as west, south, east, north",)
    return (
        Box(box.south, box.west, box.north, box.east),
        ("latitude came before longitude: read as south, west, north, east",),
    )


def _ordered(box: Box, notes: tuple[str, ...]) -> tuple[Box, tuple[str, ...]]:
    west, south, east, north = box
    if max(abs(south), abs(north)) > 90 or max(abs(west), abs(east)) > 360:
        raise RetryableToolError(
            f"{tuple(box)} has latitudes beyond 90 or longitudes beyond 360 degrees; write it "
            f"like {ACCEPTED[0]!r} (west, south, east, north)",
            kind="bad_argument",
        )
    if south > north:
        south, north = north, south
        notes += ("south and north were the wrong way round and were swapped",)
    if west > east and (east + 360 - west) > 180:
        west, east = east, west
        notes += ("west and east were the wrong way round and were swapped",)
    return Box(west, south, east, north), notes


def _unreadable(phrase: str) -> RetryableToolError:
    return RetryableToolError(
        f"{phrase!r} is no bounding box; write it like {' or '.join(map(repr, ACCEPTED))}",
        kind="bad_argument",
        candidates=ACCEPTED,
    )


def bbox_aoi(context: ToolContext, args: BboxAoiArgs) -> ToolResult:
    """Return the area between two longitudes and two latitudes (EPSG:4326)."""
    (west, south, east, north), notes = read_box(args.box)
    parts = [shapely.box(west, south, east, north)]
    if west > east:
        parts = [shapely.box(west, south, 180, north), shapely.box(-180, south, east, north)]
        notes += ("the box crosses the 180th meridian",)
    area = checked_area(shapely.union_all(parts))
    said = f"bounding box {west:g} {south:g} {east:g} {north:g}"
    return aoi_result(context, said, said, Outline(area, notes), "bounding box")


BBOX_AOI: Final = ToolSpec(
    name="bbox_aoi",
    summary="Take the bounding box that the question gives.",
    args=BboxAoiArgs,
    run=bbox_aoi,
    produces=frozenset({"aoi"}),
)
