"""Show results: an interactive map of one layer, a map of the area, a quick-look picture."""

from __future__ import annotations

from typing import Annotated, Any

import geopandas as gpd
import shapely
from bokeh.plotting import figure as Figure

from ..records import ToolResult
from ..spec import Live, ToolArgs, ToolContext, ToolSpec
from .drawn_raster import drawn_raster, payload_picture
from .layers import Layer, newest, newest_layer, scene_footprints
from .map_layers import (
    MERCATOR,
    Bounds,
    draw_area,
    draw_features,
    draw_raster,
    draw_scenes,
    draw_towns,
)
from .map_page import corners, data_credits, new_map, render
from .picture import quick_look_png
from .raster import aoi_shape
from .vector import read_features


class ShowMapArgs(ToolArgs):
    """Which kind of layer to show: the newest of it is drawn."""

    layer: Annotated[str, Live("drawable")]


class ZoomMapArgs(ToolArgs):
    """The newest area."""

    aoi: Annotated[str, Live("handle.aoi", hidden=True)]


class QuickLookArgs(ToolArgs):
    """The newest raster."""

    raster: Annotated[str, Live("handle.raster", hidden=True)]


def show_map(context: ToolContext, args: ShowMapArgs) -> ToolResult:
    """Draw the newest layer of a kind, the area of interest and the land around it."""
    layer = newest_layer(context, args.layer)
    record = newest(context, "aoi")
    aoi: dict[str, Any] | None = context.output(record, "aoi") if record else None
    bounds = _bounds(aoi) if aoi else _layer_bounds(context, layer)
    plot = new_map(bounds)
    notes = _draw(context, plot, layer)
    if aoi:
        draw_area(plot, aoi_shape(aoi), str(aoi["name"]))
    draw_towns(plot, bounds)
    synthetic = bool(layer.payload.get("synthetic"))
    page = render(
        plot, _title(layer.title, aoi), _subtitle(layer), data_credits(layer.collection, synthetic)
    )
    artifact = context.store.put_bytes(page, "map.html", "text/html")
    return ToolResult(
        summary=f"map of {layer.kind} {layer.collection}"[:80],
        outputs={"map": {"layers": [layer.summary()], "bounds": list(bounds)}},
        artifacts=(artifact,),
        notes=notes,
    )


def zoom_map(context: ToolContext, args: ZoomMapArgs) -> ToolResult:
    """Draw the area of interest and the land around it, and no layer."""
    aoi = context.output(args.aoi, "aoi")
    bounds = _bounds(aoi)
    plot = new_map(bounds)
    draw_area(plot, aoi_shape(aoi), str(aoi["name"]))
    draw_towns(plot, bounds)
    page = render(plot, _title("Map", aoi), corners(bounds), ())
    artifact = context.store.put_bytes(page, "map.html", "text/html")
    return ToolResult(
        summary=f"map of {aoi['name']}"[:80],
        outputs={"map": {"layers": [], "bounds": list(bounds)}},
        artifacts=(artifact,),
    )


def quick_look(context: ToolContext, args: QuickLookArgs) -> ToolResult:
    """Draw the newest raster as a PNG with title, legend, date and CRS."""
    layer = Layer("raster", args.raster, context.output(args.raster, "raster"))
    drawn = drawn_raster(context, layer.payload)
    record = newest(context, "aoi")
    title = _title(layer.title, context.output(record, "aoi") if record else None)
    subtitle = f"{_subtitle(layer)} · {layer.payload['crs']}"
    png = quick_look_png(drawn.picture, drawn.scale, title, subtitle)
    artifact = context.store.put_bytes(png, "quick_look.png", "image/png")
    return ToolResult(
        summary=f"picture of {layer.title} {layer.collection}"[:80],
        outputs={"picture": {"layers": [layer.summary()], "date": layer.payload["date"]}},
        artifacts=(artifact,),
    )


def _draw(context: ToolContext, plot: Figure, layer: Layer) -> tuple[str, ...]:
    if layer.kind == "features":
        return draw_features(plot, read_features(context, layer.payload))
    if layer.kind == "scenes":
        draw_scenes(plot, scene_footprints(layer.payload["items"]))
    else:
        draw_raster(plot, drawn_raster(context, layer.payload, MERCATOR))
    return ()


def _bounds(aoi: dict[str, Any]) -> Bounds:
    west, south, east, north = map(float, aoi["bbox"])
    return west, south, east, north


def _layer_bounds(context: ToolContext, layer: Layer) -> Bounds:
    if layer.kind == "features":
        shapes: gpd.GeoDataFrame = read_features(context, layer.payload)
    elif layer.kind == "scenes":
        shapes = scene_footprints(layer.payload["items"])
    else:
        picture = payload_picture(context, layer.payload, "EPSG:4326", classes=False)
        shapes = gpd.GeoDataFrame(geometry=[shapely.box(*picture.bounds)], crs="EPSG:4326")
    west, south, east, north = map(float, shapes.total_bounds)
    return west, south, east, north


def _title(what: str, aoi: dict[str, Any] | None) -> str:
    if aoi is None:
        return what
    place = ", ".join(str(aoi[key]) for key in ("name", "country") if aoi.get(key))
    return f"{what}, {place}"


def _subtitle(layer: Layer) -> str:
    if layer.kind == "features":
        return f"{layer.payload['count']} features of {layer.collection}"
    if layer.kind == "raster":
        return ", ".join(filter(None, (layer.collection, str(layer.payload["date"]))))
    count = len(layer.payload["items"])
    return f"{count} {'scene' if count == 1 else 'scenes'}"


SHOW_MAP = ToolSpec(
    name="show_map",
    summary="interactive map of features, scenes or a raster",
    args=ShowMapArgs,
    run=show_map,
    produces=frozenset({"map"}),
    effect="writes",
    cost="seconds",
)
ZOOM_MAP = ToolSpec(
    name="zoom_map",
    summary="map of the area without layers",
    args=ZoomMapArgs,
    run=zoom_map,
    produces=frozenset({"map"}),
    consumes=frozenset({"aoi"}),
    effect="writes",
    cost="seconds",
)
QUICK_LOOK = ToolSpec(
    name="quick_look",
    summary="PNG picture of the raster",
    args=QuickLookArgs,
    run=quick_look,
    produces=frozenset({"picture"}),
    consumes=frozenset({"raster"}),
    effect="writes",
    cost="seconds",
)
