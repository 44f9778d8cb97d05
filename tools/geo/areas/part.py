"""A part of the area: its northern, southern, eastern or western half, or its centre."""

from __future__ import annotations

import re
from typing import Annotated, Final, Literal

import shapely
from shapely.affinity import translate
from shapely.geometry.base import BaseGeometry

from ...errors import RetryableToolError
from ...records import ToolResult
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from ..raster import aoi_shape
from .outline import Outline, aoi_result, checked_area

Part = Literal["north", "south", "east", "west", "centre"]
_SHARES: Final[dict[Part, tuple[float, float, float, float]]] = {
    "north": (0.0, 0.5, 1.0, 1.0),
    "south": (0.0, 0.0, 1.0, 0.5),
    "east": (0.5, 0.0, 1.0, 1.0),
    "west": (0.0, 0.0, 0.5, 1.0),
    "centre": (0.25, 0.25, 0.75, 0.75),
}


_WORDS: Final[dict[Part, str]] = {
    "north": r"north\w*|(?:upper|top)(?= (?:half|part|side))",
    "south": r"south\w*|(?:lower|bottom)(?= (?:half|part|side))",
    "east": r"east\w*|right(?= (?:half|part|side))",
    "west": r"west\w*|left(?= (?:half|part|side))",
    "centre": r"cent(?:re|er|ral)\w*|middle",
}


def part_spans(text: str) -> tuple[Part, ...]:
    """Return the parts of an area that a text may speak of, in the order of the compass."""
    return tuple(
        part for part, words in _WORDS.items() if re.search(rf"\b(?:{words})\b", text, re.I)
    )


class PartOfAoiArgs(ToolArgs):
    """Which half of the newest area, or its centre."""

    part: Annotated[Part, Live("span.part")]
    aoi: Annotated[str, Live("handle.aoi", hidden=True)]


def part_of_aoi(context: ToolContext, args: PartOfAoiArgs) -> ToolResult:
    """Return the part of an area on one side of the middle of its bounding box (EPSG:4326)."""
    known = context.output(args.aoi, "aoi")
    whole = _unwrapped(aoi_shape(known))
    west, south, east, north = whole.bounds
    left, low, right, high = _SHARES[args.part]
    width, height = east - west, north - south
    window = shapely.box(
        west + left * width, south + low * height, west + right * width, south + high * height
    )
    kept = whole.intersection(window)
    if kept.area == 0:
        raise RetryableToolError(
            f"nothing of the area lies in its {args.part!r} part; choose another part",
            kind="precondition",
            candidates=tuple(part for part in _SHARES if part != args.part),
        )
    name, note = _words(args.part, west + width / 2, south + height / 2)
    area = Outline(checked_area(_wrapped(kept)), (note,))
    result = aoi_result(context, f"{name} of {known['name']}", f"{name} of the area", area,
                        str(known["source"]))  # fmt: skip
    result.outputs["aoi"]["country"] = known["country"]
    return result


def _words(part: Part, lon: float, lat: float) -> tuple[str, str]:
    if part == "centre":
        return "centre", "the centre is the middle half of the area's width and of its height"
    lon = (lon + 180) % 360 - 180
    line = f"latitude {lat:.4f}" if part in ("north", "south") else f"longitude {lon:.4f}"
    return f"{part} half", f"the {part} half is what lies {part} of {line}, the middle of the area"


def _unwrapped(shape: BaseGeometry) -> BaseGeometry:
    """Return an area that touches both ±180 degrees as one beyond +180."""
    west, _, east, _ = shape.bounds
    if (west, east) != (-180.0, 180.0):
        return shape
    parts = [translate(p, xoff=360 if p.bounds[2] <= 0 else 0) for p in shapely.get_parts(shape)]
    moved = shapely.union_all(parts)
    return moved if moved.bounds[2] - moved.bounds[0] < 360 else shape


def _wrapped(shape: BaseGeometry) -> BaseGeometry:
    world = shapely.box(-180, -90, 180, 90)
    return shapely.union_all(
        [translate(shape, xoff=shift).intersection(world) for shift in (-360, 0)]
    )


PART_OF_AOI: Final = ToolSpec(
    name="part_of_aoi",
    summary="Take a half of the area, or its centre.",
    args=PartOfAoiArgs,
    run=part_of_aoi,
    consumes=frozenset({"aoi"}),
    produces=frozenset({"aoi"}),
    effect="pure",
)
