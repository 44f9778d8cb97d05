"""The area that came with a request: drawn or typed by a person, or what their map shows."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal, NamedTuple

from ...errors import ToolError
from ...records import ToolResult
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from ...uploads.geojson import read_geojson
from .outline import Outline, aoi_result, outline_of

MAX_CHARS: Final = 1_000_000

Origin = Literal["given", "view"]


class _Names(NamedTuple):
    """What an area is called in an answer, in a summary and as a source."""

    name: str
    said: str
    source: str


_NAMES: Final[Mapping[Origin, _Names]] = {
    "given": _Names("the given area", "given with the question", "given"),
    "view": _Names("the map view", "of the map view", "map view"),
}


class DrawnAoiArgs(ToolArgs):
    """The GeoJSON (EPSG:4326) that came with the request, as JSON text, and what it is."""

    geometry: Annotated[str, Live("request.aoi", hidden=True)]
    origin: Annotated[Origin, Live("request.aoi.origin", hidden=True)] = "given"


def drawn_aoi(context: ToolContext, args: DrawnAoiArgs) -> ToolResult:
    """Return the area that came with the request, made valid (EPSG:4326, RFC 7946)."""
    if len(args.geometry) > MAX_CHARS:
        raise ToolError(
            f"the drawn area has {len(args.geometry):,} characters of GeoJSON, more than "
            f"{MAX_CHARS:,}; draw it more coarsely or upload it as a file",
            kind="too_large",
        )
    names = _NAMES[args.origin]
    area = outline_of_geojson(args.geometry)
    return aoi_result(context, names.name, names.said, area, names.source)


def outline_of_geojson(text: str) -> Outline:
    """Return the area of a GeoJSON text, valid and in EPSG:4326."""
    return outline_of(read_geojson(text.encode("utf-8", "replace")).layers)


DRAWN_AOI: Final = ToolSpec(
    name="drawn_aoi",
    summary="Take the area that was drawn on the map.",
    args=DrawnAoiArgs,
    run=drawn_aoi,
    produces=frozenset({"aoi"}),
)
