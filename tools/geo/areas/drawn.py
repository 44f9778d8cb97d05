"""The area that a person drew on the map."""

from __future__ import annotations

from typing import Annotated, Final

from ...errors import ToolError
from ...records import ToolResult
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from ...uploads.geojson import read_geojson
from .outline import aoi_result, outline_of

MAX_CHARS: Final = 1_000_000


class DrawnAoiArgs(ToolArgs):
    """The GeoJSON geometry (EPSG:4326) that came with the request, as JSON text."""

    geometry: Annotated[str, Live("request.aoi", hidden=True)]


def drawn_aoi(context: ToolContext, args: DrawnAoiArgs) -> ToolResult:
    """Return the drawn area, made valid (EPSG:4326, RFC 7946)."""
    if len(args.geometry) > MAX_CHARS:
        raise ToolError(
            f"the drawn area has {len(args.geometry):,} characters of GeoJSON, more than "
            f"{MAX_CHARS:,}; draw it more coarsely or upload it as a file",
            kind="too_large",
        )
    area = outline_of(read_geojson(args.geometry.encode("utf-8", "replace")).layers)
    return aoi_result(context, "drawn area", "drawn on the map", area, "drawn")


DRAWN_AOI: Final = ToolSpec(
    name="drawn_aoi",
    summary="Take the area that was drawn on the map.",
    args=DrawnAoiArgs,
    run=drawn_aoi,
    produces=frozenset({"aoi"}),
)
