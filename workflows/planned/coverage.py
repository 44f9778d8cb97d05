"""Whether a data set holds anything that a planned call selects: its area, period and class."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, Literal, NamedTuple

import shapely

from ...tools.errors import RetryableToolError
from ...tools.geo.catalog import CollectionInfo, Interval
from ...tools.geo.classes import match_classes
from ...tools.geo.raster import aoi_shape
from ...tools.records import Record
from ...tools.spec import ToolContext

Selected = Literal["unknown_collection", "unknown_class", "disjoint_area", "out_of_coverage"]


class Vain(NamedTuple):
    """Why a selection can find nothing, in a few words."""

    code: Selected
    message: str


def selection_fault(
    args: Mapping[str, Any], before: Sequence[Record], context: ToolContext
) -> Vain | None:
    """Return why a call on a collection would find nothing in the newest area and period."""
    name = args.get("collection")
    if not isinstance(name, str):
        return None
    info = _collection(name, context)
    if info is None:
        return Vain("unknown_collection", f"no collection {name[:40]!r}")
    return _unknown_class(args, info) or _outside(info, before)


def _collection(name: str, context: ToolContext) -> CollectionInfo | None:
    folded = name.casefold()
    known = context.catalog.collections()
    named = [info for info in known if info.id.casefold() == folded]
    named += [info for info in known if folded in (alias.casefold() for alias in info.aliases)]
    return named[0] if named else None


def _unknown_class(args: Mapping[str, Any], info: CollectionInfo) -> Vain | None:
    phrase = args.get("category")
    if not isinstance(phrase, str) or not info.classes:
        return None
    try:
        match_classes(phrase, info.classes)
    except RetryableToolError:
        return Vain("unknown_class", f"{info.id} has no {phrase[:40]!r}")
    return None


def _outside(info: CollectionInfo, before: Sequence[Record]) -> Vain | None:
    areas = [record.outputs["aoi"] for record in before if "aoi" in record.outputs]
    if areas and not shapely.intersects(aoi_shape(areas[-1]), shapely.box(*info.bbox)):
        return Vain("disjoint_area", f"{info.id} holds nothing there")
    days = [record.outputs["interval"] for record in before if "interval" in record.outputs]
    if not days:
        return None
    asked = Interval(*(date.fromisoformat(days[-1][end]) for end in ("start", "end")))
    if asked.start < info.end and info.start < asked.end:
        return None
    return Vain("out_of_coverage", f"{info.id} is {info.start} to {info.end}")
