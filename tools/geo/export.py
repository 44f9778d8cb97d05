"""Write a layer as a file other programs read."""

from __future__ import annotations

from typing import Annotated, Literal

import geopandas as gpd
from rasterio.shutil import copy

from ..errors import RetryableToolError
from ..records import ArtifactRef, ToolResult
from ..spec import Live, ToolArgs, ToolContext, ToolSpec
from .geopackage import write_geopackage
from .layers import Layer, newest_layer, scene_footprints
from .raster import COG_MEDIA, open_geotiff
from .vector import GPKG_MEDIA, read_features

Format = Literal["geojson", "gpkg", "cog"]
GEOJSON_MEDIA = "application/geo+json"


class ExportLayerArgs(ToolArgs):
    """Which kind of layer to write, the newest of it, and as what."""

    layer: Annotated[str, Live("drawable")]
    format: Annotated[Format, Live("said.format")]


def export_layer(context: ToolContext, args: ExportLayerArgs) -> ToolResult:
    """Write features or scenes as RFC 7946 GeoJSON or GeoPackage, a raster as COG."""
    layer = newest_layer(context, args.layer)
    able: tuple[Format, ...] = ("cog",) if layer.kind == "raster" else ("geojson", "gpkg")
    if args.format not in able:
        raise RetryableToolError(
            f"{layer.kind} cannot be written as {args.format!r}; choose one of {list(able)}",
            kind="bad_argument",
            candidates=able,
        )
    artifact = _cog(context, layer) if args.format == "cog" else _table(context, layer, args.format)
    return ToolResult(
        summary=f"file {args.format} of {layer.kind} {layer.collection}"[:80],
        outputs={"file": {"format": args.format, "layer": layer.summary()}},
        artifacts=(artifact,),
    )


def _cog(context: ToolContext, layer: Layer) -> ArtifactRef:
    stored = ArtifactRef.model_validate(layer.payload["artifact"])
    scratch = context.store.scratch(".tif")
    with open_geotiff(context.store.path(stored)) as source:
        copy(source, scratch, driver="COG", compress="deflate", predictor="yes")
    return context.store.put_file(scratch, stored.name, COG_MEDIA)


def _table(context: ToolContext, layer: Layer, form: Format) -> ArtifactRef:
    if layer.kind == "scenes":
        frame = scene_footprints(layer.payload["items"])
    else:
        frame = read_features(context, layer.payload)
    name = f"{layer.collection}_{layer.kind}.{form}"
    if form == "geojson":
        return context.store.put_bytes(_geojson(frame).encode(), name, GEOJSON_MEDIA)
    scratch = context.store.scratch(".gpkg")
    scratch.unlink()
    write_geopackage(scratch, frame, layer=layer.kind)
    return context.store.put_file(scratch, name, GPKG_MEDIA)


def _geojson(frame: gpd.GeoDataFrame) -> str:
    # RFC 7946: WGS84 without a "crs" member, exterior rings counter-clockwise.
    plain = frame.set_geometry(
        frame.geometry.orient_polygons().set_precision(1e-7, mode="pointwise")
    )
    for column in plain.select_dtypes(include=["datetime", "datetimetz"]).columns:
        plain[column] = plain[column].dt.strftime("%Y-%m-%dT%H:%M:%SZ")
    return plain.to_json(drop_id=True, show_bbox=False, to_wgs84=True, ensure_ascii=False)


EXPORT_LAYER = ToolSpec(
    name="export_layer",
    summary="write a layer as geojson, gpkg or cog",
    args=ExportLayerArgs,
    run=export_layer,
    produces=frozenset({"file"}),
    effect="writes",
    cost="seconds",
)
