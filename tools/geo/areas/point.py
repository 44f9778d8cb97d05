"""Coordinates in a question, and the area around them."""

from __future__ import annotations

import re
from typing import Annotated, Final, NamedTuple

import shapely

from ...errors import RetryableToolError
from ...records import ToolResult
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from ..aoi import HALF_SIDE_M, buffered, square_around
from ..distance import parse_distance_m
from .angles import find_angles
from .box import bbox_spans
from .outline import Outline, aoi_result, checked_area

ACCEPTED: Final = ("51.9225, 4.4792", "51°55'20\"N 4°28'45\"E", "N 51 55.3 E 4 28.8")
_DECIMAL: Final = r"[-−+]?\d{1,3}\.\d+°?"
_EXACT: Final = r"[-−+]?\d{1,3}\.\d{3,}°?"
_SAID: Final = (
    r"\b(?:at|near|around|point|position|location|coordinates?|(?:m|km|miles?|met(?:re|er)s?)\s+of)"
    r"[\s:]+\(?\s*"
)
_NEXT: Final = r"\s*[,;\s/]\s*"
_END: Final = r"(?![\w.]*\d|\s*[,;]\s*[-−]?\d)"
# Two bare decimals are coordinates when they are exact ones, or said to be.
_PAIR: Final = re.compile(
    rf"(?<![\d.,-])(?P<lat>{_EXACT}){_NEXT}(?P<lon>{_EXACT}){_END}"
    rf"|{_SAID}(?P<y>{_DECIMAL}){_NEXT}(?P<x>{_DECIMAL}){_END}",
    re.IGNORECASE,
)
_ALONE: Final = re.compile(rf"(?P<lat>{_DECIMAL}){_NEXT}(?P<lon>{_DECIMAL})")
_BETWEEN: Final = re.compile(r"[\s,;/°]*(?:\band\b)?\s*")
_ORDER: Final = "the coordinates were read as latitude, longitude"


class PointAoiArgs(ToolArgs):
    """The words of the question that give coordinates."""

    point: Annotated[str, Live("span.point")]


class BufferPointArgs(ToolArgs):
    """Coordinates in the question and how far around them."""

    point: Annotated[str, Live("span.point")]
    distance: Annotated[str, Live("span.distance")]


class Point(NamedTuple):
    """A position in degrees."""

    lon: float
    lat: float


def point_spans(text: str) -> tuple[str, ...]:
    """Return the words of a text that give a point's coordinates, in order."""
    boxes = [(text.find(box), text.find(box) + len(box)) for box in bbox_spans(text)]
    found = _named_pairs(text)
    for pair in _PAIR.finditer(text):
        found.append((pair.start("lat" if pair["lat"] else "y"), pair.end()))
    free = [s for s in sorted(found) if not any(a < s[1] and s[0] < b for a, b in boxes)]
    return tuple(dict.fromkeys(text[start:end].strip() for start, end in free))


def _named_pairs(text: str) -> list[tuple[int, int]]:
    angles = find_angles(text)
    return [
        (first.start, second.end)
        for first, second in zip(angles, angles[1:], strict=False)
        if first.axis != second.axis and _BETWEEN.fullmatch(text[first.end : second.start])
    ]


def read_point(phrase: str) -> tuple[Point, tuple[str, ...]]:
    """Return the position that a phrase gives and what had to be assumed."""
    angles = {angle.axis: angle.degrees for angle in find_angles(phrase)}
    pair = _ALONE.fullmatch(phrase.strip("() "))
    notes: tuple[str, ...] = ()
    if len(angles) == 2:
        point = Point(angles["lon"], angles["lat"])
    elif pair:
        first, second = (float(n.strip("°").replace("−", "-")) for n in pair.groups())
        point, notes = Point(second, first), (_ORDER,)
        if abs(first) > 90 >= abs(second):
            point, notes = Point(first, second), ("longitude came before latitude",)
    else:
        raise _unreadable(phrase)
    if abs(point.lat) > 90 or abs(point.lon) > 360:
        raise _unreadable(phrase)
    east = point.lon if abs(point.lon) <= 180 else (point.lon + 180) % 360 - 180
    return Point(east, point.lat), notes


def _unreadable(phrase: str) -> RetryableToolError:
    return RetryableToolError(
        f"{phrase!r} gives no latitude within 90 and longitude within 360 degrees; write it like "
        f"{', '.join(map(repr, ACCEPTED))}",
        kind="bad_argument",
        candidates=ACCEPTED,
    )


def _label(point: Point) -> str:
    north, east = "NS"[point.lat < 0], "EW"[point.lon < 0]
    return f"{abs(point.lat):.5g}°{north} {abs(point.lon):.5g}°{east}"


def point_aoi(context: ToolContext, args: PointAoiArgs) -> ToolResult:
    """Return the square of 20 km around coordinates, as for a named town."""
    point, notes = read_point(args.point)
    notes += (f"no distance was given: {HALF_SIDE_M / 1000:g} km on every side of the point",)
    area = checked_area(square_around(point.lon, point.lat))
    said = f"around {_label(point)}"
    return aoi_result(context, said, said, Outline(area, notes), "coordinates")


def buffer_point(context: ToolContext, args: BufferPointArgs) -> ToolResult:
    """Return the disc of a distance in metres (WGS 84, equidistant) around coordinates."""
    point, notes = read_point(args.point)
    metres = parse_distance_m(args.distance)
    area = checked_area(buffered(shapely.Point(point), metres))
    said = f"{metres / 1000:g} km around {_label(point)}"
    return aoi_result(context, said, said, Outline(area, notes), "coordinates")


POINT_AOI: Final = ToolSpec(
    name="point_aoi",
    summary="Take the surroundings of the question's coordinates.",
    args=PointAoiArgs,
    run=point_aoi,
    produces=frozenset({"aoi"}),
)
BUFFER_POINT: Final = ToolSpec(
    name="buffer_point",
    summary="Take a distance around the question's coordinates.",
    args=BufferPointArgs,
    run=buffer_point,
    produces=frozenset({"aoi"}),
)
