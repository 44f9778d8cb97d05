"""Slope, aspect and shaded relief of an elevation raster, and the height of what stands on it.

Gradients are those of Horn (1981), from the eight neighbours. As in GDAL, a pixel with a missing
neighbour has no value, so that the outermost ring and the edges of nodata are empty.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any, Final, NamedTuple

import numpy as np
from rasterio.io import DatasetReader

from ...errors import RetryableToolError
from ...records import ArtifactRef, ToolResult
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from ..raster import Grid
from .blocks import (
    Pixels,
    Unit,
    open_readers,
    output_units,
    raster_path,
    read_padded,
    read_unit,
    write_raster,
)
from .grid import open_source
from .grid_read import on_lattice, read_values
from .ground import CellSize, cell_size, metres_per_unit, unit_notes
from .scanline import Floats

SUN_AZIMUTH: Final = 315.0
SUN_ALTITUDE: Final = 45.0
HORN: Final = "Horn 1981"
_SURFACE: Final = re.compile(r"\b(surface|dsm)\b", re.IGNORECASE)
_TERRAIN: Final = re.compile(r"\b(terrain|dtm|dem|ground|bare[ -]earth)\b", re.IGNORECASE)


class Gradient(NamedTuple):
    """Rise in metres per metre towards the east and towards the south."""

    east: Floats
    south: Floats


class TerrainArgs(ToolArgs):
    """The newest raster, which holds heights."""

    raster: Annotated[str, Live("handle.raster", hidden=True)]


class HeightDifferenceArgs(ToolArgs):
    """The newest two rasters: a surface model and a terrain model."""

    raster: Annotated[str, Live("handle.raster", hidden=True)]
    before: Annotated[str, Live("handle.raster.before", hidden=True)]


def horn_gradient(padded: Floats, cell: CellSize) -> Gradient:
    """Return the gradient of heights that are given with one more pixel on every side."""
    north, middle, south = padded[:-2], padded[1:-1], padded[2:]
    west = north[:, :-2] + 2 * middle[:, :-2] + south[:, :-2]
    east = north[:, 2:] + 2 * middle[:, 2:] + south[:, 2:]
    above = north[:, :-2] + 2 * north[:, 1:-1] + north[:, 2:]
    below = south[:, :-2] + 2 * south[:, 1:-1] + south[:, 2:]
    known = np.where(np.isfinite(middle[:, 1:-1]), 1.0, np.nan)
    return Gradient(
        (east - west) / (8 * cell.width) * known, (below - above) / (8 * cell.height) * known
    )


def slope_degrees(gradient: Gradient) -> Floats:
    """Return the steepness in degrees from the horizontal, 0 to 90."""
    return np.degrees(np.arctan(np.hypot(gradient.east, gradient.south)))


def aspect_degrees(gradient: Gradient) -> Floats:
    """Return the direction in which it goes down, clockwise from north; NaN where it is flat."""
    aspect = np.degrees(np.arctan2(-gradient.east, gradient.south)) % 360
    aspect[(gradient.east == 0) & (gradient.south == 0)] = np.nan
    return aspect


def hillshade(gradient: Gradient) -> Floats:
    """Return the light from the north-west at 45 degrees, 1 (shade) to 255, scaled as GDAL does."""
    azimuth, altitude = np.radians(SUN_AZIMUTH), np.radians(SUN_ALTITUDE)
    across = np.sin(azimuth) * gradient.east - np.cos(azimuth) * gradient.south
    lit = np.sin(altitude) - np.cos(altitude) * across
    cosine = lit / np.sqrt(1 + gradient.east**2 + gradient.south**2)
    return 1 + 254 * np.maximum(cosine, 0)


class _Product(NamedTuple):
    title: str
    unit: str
    kernel: Callable[[Gradient], Floats]
    note: str


_SLOPE: Final = _Product("slope", "deg", slope_degrees, "")
_ASPECT: Final = _Product(
    "aspect", "deg", aspect_degrees, "flat pixels have no aspect; 0 is the north of the grid"
)
_HILLSHADE: Final = _Product(
    "hillshade", "", hillshade, "lit from 315 degrees (north-west), 45 degrees high"
)


def slope_of(context: ToolContext, args: TerrainArgs) -> ToolResult:
    """Return the slope of the newest raster in degrees."""
    return _terrain(context, args.raster, _SLOPE)


def aspect_of(context: ToolContext, args: TerrainArgs) -> ToolResult:
    """Return the aspect of the newest raster in degrees clockwise from grid north."""
    return _terrain(context, args.raster, _ASPECT)


def hillshade_of(context: ToolContext, args: TerrainArgs) -> ToolResult:
    """Return the shaded relief of the newest raster, 1 to 255."""
    return _terrain(context, args.raster, _HILLSHADE)


def _terrain(context: ToolContext, record: str, product: _Product) -> ToolResult:
    payload = context.output(record, "raster")
    height_m = metres_per_unit(payload)

    def parts(dataset: DatasetReader) -> Iterator[tuple[Unit, Pixels]]:
        for unit in output_units(dataset):
            heights = read_padded(dataset, unit) * height_m
            with np.errstate(invalid="ignore"):
                yield unit, product.kernel(horn_gradient(heights, cell_size(dataset, unit)))

    with open_readers(raster_path(context, payload)) as (dataset,):
        artifact = write_raster(
            context.store, f"{product.title}.tif", dataset, parts(dataset), _tags(payload, HORN)
        )
    notes = (*unit_notes(payload), *((product.note,) if product.note else ()))
    return _made(payload, (product.title, product.unit), artifact, notes)


def _tags(payload: Mapping[str, Any], source: str) -> dict[str, str]:
    return {"SOURCE": source, "DATE": str(payload["date"])}


def _made(
    payload: Mapping[str, Any],
    title: tuple[str, str],
    artifact: ArtifactRef,
    notes: tuple[str, ...],
) -> ToolResult:
    index, unit = title
    made = {**payload, "index": index, "unit": unit, "artifact": artifact.model_dump()}
    return ToolResult(
        summary=f"raster {index} {unit} {payload['date']}"[:80],
        outputs={"raster": made},
        artifacts=(artifact,),
        notes=notes,
    )


def height_difference(context: ToolContext, args: HeightDifferenceArgs) -> ToolResult:
    """Return surface minus terrain model in metres, on the grid of the surface model."""
    top, base, notes = _surface_first(context, args)
    scales = metres_per_unit(top), metres_per_unit(base)
    terrain = open_source(raster_path(context, base), 1)

    def parts(surface: DatasetReader) -> Iterator[tuple[Unit, Pixels]]:
        for unit in output_units(surface):
            above = read_unit(surface, (1,), unit)[0].astype(np.float64) * scales[0]
            yield unit, above - read_values(terrain, _block(surface, unit)) * scales[1]

    with open_readers(raster_path(context, top)) as (surface,):
        whole = _block(surface, Unit(0, 0, surface.height, surface.width))
        if not on_lattice(terrain, whole):
            said = f"{base['index']} was resampled bilinearly to the grid of {top['index']}"
            notes = (*notes, said)
        artifact = write_raster(
            context.store,
            "height_difference.tif",
            surface,
            parts(surface),
            _tags(top, f"{top['index']} minus {base['index']}"),
        )
    notes = (*unit_notes(top), *notes)
    return _made(top, ("height difference", "m"), artifact, notes)


def _block(dataset: DatasetReader, unit: Unit) -> Grid:
    inside = np.broadcast_to(np.True_, (unit.height, unit.width))
    return Grid(dataset.crs, dataset.transform, unit.column, unit.row, inside, float(inside.size))


def _surface_first(
    context: ToolContext, args: HeightDifferenceArgs
) -> tuple[Mapping[str, Any], Mapping[str, Any], tuple[str, ...]]:
    """Return surface and terrain payload, whichever was loaded first, by what they are called."""
    if args.raster == args.before:
        raise RetryableToolError(
            f"record {args.raster!r} cannot be subtracted from itself; load a second raster",
            kind="precondition",
        )
    top, base = context.output(args.raster, "raster"), context.output(args.before, "raster")
    names = str(top["index"]), str(base["index"])
    if _TERRAIN.search(names[0]) and _SURFACE.search(names[1]):
        top, base, names = base, top, names[::-1]
    return top, base, (f"heights are {names[0]} minus {names[1]}",)


def _spec(name: str, summary: str, run: Callable[[ToolContext, Any], ToolResult]) -> ToolSpec:
    return ToolSpec(
        name=name,
        summary=summary,
        args=TerrainArgs,
        run=run,
        produces=frozenset({"raster"}),
        consumes=frozenset({"raster"}),
        effect="writes",
        cost="seconds",
    )


SLOPE_OF = _spec("slope_of", "compute the slope of heights, in degrees", slope_of)
ASPECT_OF = _spec("aspect_of", "compute which way slopes face, in degrees", aspect_of)
HILLSHADE_OF = _spec("hillshade_of", "shade the relief of heights", hillshade_of)
HEIGHT_DIFFERENCE = ToolSpec(
    name="height_difference",
    summary="subtract the terrain model from the surface model",
    args=HeightDifferenceArgs,
    run=height_difference,
    produces=frozenset({"raster"}),
    consumes=frozenset({"raster"}),
    effect="writes",
    cost="seconds",
)
