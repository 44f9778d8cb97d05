"""How much of the area each class of a class raster covers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, NamedTuple

import numpy as np

from ...errors import ToolError
from ...records import ArtifactRef, ToolResult, Value
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from ..analysis.csv_table import write_table
from ..classes import match_classes
from ..raster import Grid, Pixels, aoi_shape, read_clip, share_notes
from ..zonal import EQUAL_AREA, pixel_areas_m2
from .class_table import ClassTable, class_table, require_codes


class LandcoverAreaArgs(ToolArgs):
    """Which class of the newest class raster to measure, in the newest area."""

    category: Annotated[str, Live("span.class")]
    raster: Annotated[str, Live("handle.raster", hidden=True)]
    aoi: Annotated[str, Live("handle.aoi", hidden=True)]


class LandcoverSharesArgs(ToolArgs):
    """The newest class raster and area."""

    raster: Annotated[str, Live("handle.raster", hidden=True)]
    aoi: Annotated[str, Live("handle.aoi", hidden=True)]


class ClassArea(NamedTuple):
    """The area of one class in hectares, and its share of all classified pixels in percent."""

    name: str
    hectares: float
    percent: float


class Measured(NamedTuple):
    """The areas of the classes that occur, largest first, and what they were measured on."""

    payload: Mapping[str, Any]
    areas: tuple[ClassArea, ...]
    known: tuple[str, ...]
    notes: tuple[str, ...]


def class_areas(pixels: Pixels, grid: Grid, table: ClassTable) -> tuple[ClassArea, ...]:
    """Return the area of every class that occurs, largest first; NaN is no class.

    Codes that the table lacks are named by their number.
    """
    valid = np.isfinite(pixels)
    codes, places = np.unique(pixels[valid].astype(np.int64), return_inverse=True)
    hectares = np.bincount(places, pixel_areas_m2(grid)[valid], minlength=len(codes)) / 1e4
    total = float(hectares.sum())
    areas = (
        ClassArea(
            table.get(int(code), unknown_name(int(code))), float(one), float(one) / total * 100
        )
        for code, one in zip(codes, hectares, strict=True)
    )
    return tuple(sorted(areas, key=lambda one: (-one.hectares, one.name)))


def unknown_name(code: int) -> str:
    """Return what a code is called that no class table names."""
    return f"code {code}"


def measure(context: ToolContext, raster: str, aoi: str) -> Measured:
    """Return the areas of the classes of a record's raster within a record's AOI."""
    payload = context.output(raster, "raster")
    table = class_table(context, payload)
    path = context.store.path(ArtifactRef.model_validate(payload["artifact"]))
    pixels, grid = read_clip(path, aoi_shape(context.output(aoi, "aoi")))
    valid = pixels[np.isfinite(pixels)]
    require_codes(path.name, bool((valid == np.round(valid)).all()))
    areas = class_areas(pixels, grid, table)
    strange = [one for one in areas if one.name not in table.values()]
    notes = share_notes(pixels, grid)
    if strange:
        share = sum(one.percent for one in strange)
        said = f"{share:.3g}% of the classified area has codes that the legend does not name"
        notes = (*notes, said)
    if payload.get("method") == "onnx":
        notes = (*notes, f"classes are by model {payload['detector']}; nobody has checked them")
    return Measured(payload, areas, tuple(table.values()), notes)


def landcover_area(context: ToolContext, args: LandcoverAreaArgs) -> ToolResult:
    """Return the area in hectares, and the share, of the classes that a word stands for."""
    found = measure(context, args.raster, args.aoi)
    classes, class_notes = match_classes(args.category, found.known)
    chosen = [one for one in found.areas if one.name in classes]
    hectares = float(sum(one.hectares for one in chosen))
    percent = min(float(sum(one.percent for one in chosen)), 100.0)
    said = classes[0] if len(classes) == 1 else f"{len(classes)} classes"
    values = (
        Value(
            name="area_ha",
            value=hectares,
            unit="ha",
            about=f"area of {said} {_when(found)}, measured on the equal-area CRS {EQUAL_AREA}",
        ),
        Value(
            name="area_share",
            value=percent,
            unit="%",
            about=f"share of {said} in the classified pixels {_when(found)}",
        ),
    )
    return ToolResult(
        summary=f"value area_ha {hectares:.6g} ha {said}"[:80],
        values=values,
        notes=(*class_notes, *found.notes),
    )


def landcover_shares(context: ToolContext, args: LandcoverSharesArgs) -> ToolResult:
    """Return a table of the area of every class, and the class that covers most."""
    found = measure(context, args.raster, args.aoi)
    if not found.areas:
        raise ToolError("the raster has no classified pixel in the area", kind="bad_data")
    most = found.areas[0]
    values = (
        Value(
            name="majority_class",
            value=most.name,
            unit="",
            about=f"class with the largest area {_when(found)}",
        ),
        Value(
            name="majority_share",
            value=most.percent,
            unit="%",
            about=f"share of {most.name} in the classified pixels {_when(found)}",
        ),
    )
    table = write_areas(context, found.areas, str(found.payload["index"]))
    return ToolResult(
        summary=f"table of {len(found.areas)} classes, most {most.name} {most.percent:.3g}%"[:80],
        outputs={"table": table},
        values=values,
        artifacts=(ArtifactRef.model_validate(table["artifact"]),),
        notes=found.notes,
    )


def write_areas(context: ToolContext, areas: Sequence[ClassArea], title: str) -> dict[str, Any]:
    """Store the areas as a CSV table and return its payload."""
    columns = ("class", "hectares", "percent")
    return write_table(context.store, "land_cover.csv", f"Area by class of {title}", columns, areas)


def _when(found: Measured) -> str:
    day = str(found.payload["date"])
    return f"in {found.payload['index']}" + (f" on {day}" if day else "")


LANDCOVER_AREA = ToolSpec(
    name="landcover_area",
    summary="hectares and share of one land-cover class of the class raster",
    args=LandcoverAreaArgs,
    run=landcover_area,
    produces=frozenset({"value"}),
    consumes=frozenset({"raster", "aoi"}),
    cost="seconds",
)
LANDCOVER_SHARES = ToolSpec(
    name="landcover_shares",
    summary="table of all land-cover classes by area, and the largest",
    args=LandcoverSharesArgs,
    run=landcover_shares,
    produces=frozenset({"table", "value"}),
    consumes=frozenset({"raster", "aoi"}),
    effect="writes",
    cost="seconds",
)
