"""A raster as it is drawn: its pixels, small enough for a picture, and what the colours mean."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from ..records import ArtifactRef
from ..spec import ToolContext
from .charts.class_scale import ClassScale, class_scale
from .charts.scale import RasterScale, raster_scale
from .detection.class_table import ClassTable, class_table, read_legends
from .picture import Picture, read_picture
from .raster import Pixels

Scale = RasterScale | ClassScale


class DrawnRaster(NamedTuple):
    """A picture with its legend; `title` is what the pixels are."""

    title: str
    picture: Picture
    scale: Scale


def drawn_raster(
    context: ToolContext, payload: Mapping[str, Any], crs: str | None = None
) -> DrawnRaster:
    """Return a raster payload's pixels in their own or another CRS, and their scale."""
    table = known_classes(context, payload)
    picture = payload_picture(context, payload, crs, classes=table is not None)
    return DrawnRaster(str(payload["index"]), picture, scale_of(payload, table, [picture.pixels]))


def payload_picture(
    context: ToolContext, payload: Mapping[str, Any], crs: str | None, *, classes: bool
) -> Picture:
    """Return the pixels of a raster payload, small enough to draw."""
    path = context.store.path(ArtifactRef.model_validate(payload["artifact"]))
    return read_picture(path, crs, classes=classes)


def scale_of(
    payload: Mapping[str, Any], table: ClassTable | None, rasters: Sequence[Pixels]
) -> Scale:
    """Return one scale for rasters of one quantity: of classes where they are classes."""
    title = str(payload["index"])
    found = class_scale(title, table, rasters) if table else None
    return found or raster_scale(title, str(payload.get("unit", "")), rasters)


def known_classes(context: ToolContext, payload: Mapping[str, Any]) -> ClassTable | None:
    """Return the class names of a raster by code, or nothing when it is no class raster.

    A catalog's legend is of the collection itself, not of what was computed from it.
    """
    if "classes" in payload:
        return class_table(context, payload)
    titles = {info.id: info.title for info in context.catalog.collections()}
    if payload["index"] != titles.get(str(payload["collection"])):
        return None
    legends = read_legends(context.catalog.root).collections
    legend = legends.get(str(payload["collection"]))
    return legend.table if legend else None
