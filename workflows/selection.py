"""Refuse, before any model call, what the catalog's own extents say must find nothing.

Judged is only what is certain before a model reads the question: the area that came with it, when
the question names no other, and the period, when it names exactly one. An uncertain selection is
run, and an empty result says what the data covers.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Final

import shapely
from shapely.geometry.base import BaseGeometry

from ..tools.errors import RetryableToolError, ToolError
from ..tools.geo.areas.drawn import outline_of_geojson
from ..tools.geo.areas.outline import outline_of
from ..tools.geo.areas.upload import UPLOADS_FOLDER
from ..tools.geo.catalog import Catalog, CollectionInfo, Interval
from ..tools.geo.dates import read_dates
from ..tools.spec import LiveState
from ..tools.uploads import read_upload
from .live import given_text, thread_spans
from .request import Request

# What a question may name an area with, besides the one that came with it.
_OWN_AREAS: Final = ("span.place", "span.bbox", "span.point")
_MOST_SAID: Final = 6


def empty_selection(request: Request, catalog: Catalog, folder: Path) -> str | None:
    """Return why a request can find nothing, and what the catalog covers; None when it may.

    `folder` is the run's own, in which its uploads lie.
    """
    if reason := _still_to_come(request, catalog):
        return reason
    collections = catalog.collections()
    areas = tuple(_given_areas(request, folder))
    if not areas or not collections:
        return None
    spans = thread_spans((*request.earlier, request.text), catalog, request.today)
    if any(spans[source] for source in _OWN_AREAS):
        return None
    interval = _only_period(request, catalog, spans)
    reasons = [check_selection(info, areas, interval) for info in collections]
    found = [reason for reason in reasons if reason is not None]
    if len(found) < len(reasons):
        return None
    more = f" and {len(found) - _MOST_SAID} more" if len(found) > _MOST_SAID else ""
    return (
        "the catalog holds nothing there: "
        + "; ".join(found[:_MOST_SAID])
        + more
        + _trap(areas, collections)
    )


def _still_to_come(request: Request, catalog: Catalog) -> str | None:
    """Return why a question about the future alone has no answer in data."""
    said = thread_spans((request.text,), catalog, request.today)["span.dates"]
    try:
        begins = [read_dates(span, request.today).start for span in said]
    except RetryableToolError:
        return None
    if not begins or any(start is None or start <= request.today for start in begins):
        return None
    return f"nothing has been observed yet of {' and '.join(said)}: data end with today"


def check_selection(
    info: CollectionInfo, areas: Sequence[BaseGeometry], interval: Interval | None = None
) -> str | None:
    """Return why a collection holds nothing in any of the areas (EPSG:4326) and the interval."""
    west, south, east, north = info.bbox
    if not shapely.intersects(list(areas), shapely.box(*info.bbox)).any():
        return (
            f"{info.id} covers longitudes {west:g} to {east:g} and latitudes {south:g} to {north:g}"
        )
    if interval is not None and not (interval.start < info.end and info.start < interval.end):
        return f"{info.id} covers {info.start} to {info.end} (end not included)"
    return None


def _given_areas(request: Request, folder: Path) -> Iterator[BaseGeometry]:
    """Yield the areas that came with a request; an unusable one is for its tool to refuse."""
    text, _ = given_text(request)
    try:
        if text:
            yield outline_of_geojson(text).shape
        for name in request.files:
            yield outline_of(read_upload(folder / UPLOADS_FOLDER / name).layers).shape
    except ToolError:
        # With one of several areas unknown nothing is certain: the whole of Earth is not empty.
        yield shapely.box(-180, -90, 180, 90)


def _only_period(request: Request, catalog: Catalog, spans: LiveState) -> Interval | None:
    """Return the one period that the question names, when it names exactly one."""
    own = thread_spans((request.text,), catalog, request.today)["span.dates"]
    if len(own) != 1 or spans["span.dates"] != own:
        return None
    try:
        reading = read_dates(own[0], request.today)
    except RetryableToolError:
        return None
    if reading.start is None or reading.end is None:
        return None
    return Interval(reading.start, reading.end)


def _trap(areas: Sequence[BaseGeometry], collections: Sequence[CollectionInfo]) -> str:
    """Return a warning when the areas would hold data with longitude and latitude swapped."""
    extents = [shapely.box(*info.bbox) for info in collections]
    if any(shapely.intersects(extents, area).any() for area in areas):
        return ""
    swapped = [shapely.transform(area, lambda points: points[:, ::-1]) for area in areas]
    if not any(shapely.intersects(extents, area).any() for area in swapped):
        return ""
    return "; with longitude and latitude swapped it would hold some: check their order"
