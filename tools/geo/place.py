"""Place phrases as areas of interest, and the three tools that give one."""

from __future__ import annotations

from typing import Annotated, Final, Literal

import shapely
from shapely.geometry import box, shape

from ..records import ToolResult
from ..spec import Live, ToolArgs, ToolContext, ToolSpec
from .aoi import aoi_payload, buffered
from .distance import parse_distance_m
from .place_choice import Place, resolve_place


class FindPlaceArgs(ToolArgs):
    """The words of the question that name a place."""

    place: Annotated[str, Live("span.place")]


class WholeArchiveArgs(ToolArgs):
    """Not on offer when the person gave an area of their own: that is then what is meant."""

    scope: Annotated[Literal["archive"], Live("area.scope", hidden=True)] = "archive"


class BufferAoiArgs(ToolArgs):
    """How far to widen the area: a distance that made the area is not on offer once more."""

    distance: Annotated[str, Live("span.distance.other")]
    aoi: Annotated[str, Live("handle.aoi", hidden=True)]


def _label(place: Place) -> str:
    return place.name if place.name == place.country else f"{place.name}, {place.country}"


def find_place(context: ToolContext, args: FindPlaceArgs) -> ToolResult:
    """Resolve a place phrase to an area."""
    place, notes = resolve_place(args.place, context.catalog)
    return ToolResult(
        summary=f"aoi {_label(place)}"[:80],
        outputs={"aoi": aoi_payload(place.name, place.country, place.area(), place.source)},
        notes=notes,
    )


def whole_archive(context: ToolContext, args: WholeArchiveArgs) -> ToolResult:
    """Return the union of the catalog's extents."""
    extent = shapely.union_all([box(*c.bbox) for c in context.catalog.collections()])
    payload = aoi_payload("whole archive", "", extent, "catalog")
    payload["bbox"] = [round(v, 6) for v in extent.bounds]
    return ToolResult(summary="aoi whole archive", outputs={"aoi": payload})


def buffer_aoi(context: ToolContext, args: BufferAoiArgs) -> ToolResult:
    """Widen the area by a distance."""
    known = context.output(args.aoi, "aoi")
    metres = parse_distance_m(args.distance)
    area = buffered(shape(known["geometry"]), metres)
    name = f"{known['name']} + {args.distance}"
    return ToolResult(
        summary=f"aoi {name}"[:80],
        outputs={"aoi": aoi_payload(name, known["country"], area, known["source"])},
        notes=(f"the area of {known['name']} is widened by {metres:,.0f} m on every side",),
    )


FIND_PLACE: Final = ToolSpec(
    name="find_place",
    summary="Find the place that the question names.",
    args=FindPlaceArgs,
    run=find_place,
    produces=frozenset({"aoi"}),
)
WHOLE_ARCHIVE: Final = ToolSpec(
    name="whole_archive",
    summary="Take every place in the archive.",
    args=WholeArchiveArgs,
    run=whole_archive,
    produces=frozenset({"aoi"}),
)
BUFFER_AOI: Final = ToolSpec(
    name="buffer_aoi",
    summary="Widen the area by the question's distance.",
    args=BufferAoiArgs,
    run=buffer_aoi,
    consumes=frozenset({"aoi"}),
    produces=frozenset({"aoi"}),
    effect="pure",
)
