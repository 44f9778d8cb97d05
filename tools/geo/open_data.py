"""Open undated data of the catalog in the area: a surface as a raster, a vector layer as it is."""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

import numpy as np
import rasterio
from numpy.typing import NDArray
from rasterio.errors import RasterioError

from ..artifacts import ArtifactStore
from ..errors import RetryableToolError, ToolError
from ..records import ArtifactRef, ToolResult, Value
from ..spec import Live, ToolArgs, ToolContext, ToolSpec
from .catalog import CollectionInfo, LayerCatalog, PixelRule, Surface
from .geopackage import GPKG_MEDIA, write_geopackage
from .raster import (
    COG_MEDIA,
    Grid,
    Pixels,
    RasterFile,
    aoi_shape,
    asset_path,
    asset_root,
    bad_data,
    clip_grid,
    open_geotiff,
    require_data,
    share_notes,
)


class OpenSurfaceArgs(ToolArgs):
    """Which surface to open; the newest AOI clips it."""

    collection: Annotated[str, Live("catalog.surfaces")]
    aoi: Annotated[str, Live("handle.aoi", hidden=True)]


class OpenFeaturesArgs(ToolArgs):
    """Which vector layer to open; the newest AOI bounds it."""

    collection: Annotated[str, Live("catalog.features")]
    aoi: Annotated[str, Live("handle.aoi", hidden=True)]


def open_surface(context: ToolContext, args: OpenSurfaceArgs) -> ToolResult:
    """Write the surface's pixels in the AOI, in its own CRS and unit, as a float32 COG."""
    catalog, info = _collection(context, args.collection, "surface")
    shape = aoi_shape(context.output(args.aoi, "aoi"))
    found = catalog.find_surfaces(info.id, shape)
    if not found:
        raise RetryableToolError(
            f"surface {info.id!r} does not reach the area; it covers "
            f"{tuple(round(edge, 4) for edge in info.bbox)}: choose another area or collection",
            kind="precondition",
            candidates=_ids(context, "surface"),
        )
    surface = found[0]
    path = asset_path(asset_root(context.catalog), surface.href)
    grid = clip_grid(path, shape)
    pixels, rule = _read(path, surface, grid)
    pixels[~grid.inside] = np.nan
    require_data(path, pixels)
    artifact = _write(context.store, pixels.astype(np.float32), grid, info)
    payload: dict[str, Any] = {
        "index": info.title,
        "unit": info.unit,
        "scene": info.id,
        "date": surface.day.isoformat() if surface.day else "",
        "collection": info.id,
        "crs": grid.crs.to_string(),
        "artifact": artifact.model_dump(),
        "synthetic": info.synthetic,
    }
    notes = (*_pixel_notes(info, rule), *_file_notes(info, len(found)), *_source_notes(info))
    return ToolResult(
        summary=f"raster {info.id} {info.unit}".strip()[:80],
        outputs={"raster": payload},
        artifacts=(artifact,),
        notes=notes + share_notes(pixels, grid),
    )


def open_features(context: ToolContext, args: OpenFeaturesArgs) -> ToolResult:
    """Write the layer's features that intersect the AOI, with all columns, to a GeoPackage."""
    catalog, info = _collection(context, args.collection, "features")
    rows = catalog.read_layer(info.id, aoi_shape(context.output(args.aoi, "aoi")))
    notes = _source_notes(info)
    if rows.frame.empty:
        count = Value(name="feature_count", value=0, unit="", about=f"features of {info.id}")
        return ToolResult(
            summary=f"features 0 {info.id}"[:80], values=(count,), notes=notes, empty=True
        )
    scratch = context.store.scratch(".gpkg")
    scratch.unlink()
    about = "Synthetic data" if info.synthetic else ""
    write_geopackage(scratch, rows.frame, layer="features", description=about)
    artifact = context.store.put_file(scratch, f"{_file_stem(info)}_features.gpkg", GPKG_MEDIA)
    payload = {
        "collection": info.id,
        "classes": list(info.classes),
        "count": len(rows.frame),
        "artifact": artifact.model_dump(),
        "synthetic": info.synthetic,
        "columns": [list(column) for column in rows.columns],
        "original_columns": rows.original,
    }
    return ToolResult(
        summary=f"features {len(rows.frame)} {info.id}"[:80],
        outputs={"features": payload},
        artifacts=(artifact,),
        notes=notes,
    )


def _collection(
    context: ToolContext, name: str, kind: Literal["surface", "features"]
) -> tuple[LayerCatalog, CollectionInfo]:
    """Return the collection of that id or alias, and the catalog as one that can open it."""
    folded = name.casefold()
    for info in context.catalog.collections():
        names = (info.id.casefold(), *(alias.casefold() for alias in info.aliases))
        if info.kind == kind and folded in names and isinstance(context.catalog, LayerCatalog):
            return context.catalog, info
    ids = _ids(context, kind)
    raise RetryableToolError(
        f"no {kind} collection {name!r} in the catalog; it has {list(ids)}",
        kind="not_found",
        candidates=ids,
    )


def _ids(context: ToolContext, kind: str) -> tuple[str, ...]:
    if not isinstance(context.catalog, LayerCatalog):
        return ()
    return tuple(info.id for info in context.catalog.collections() if info.kind == kind)


def _read(path: RasterFile, surface: Surface, grid: Grid) -> tuple[Pixels, PixelRule]:
    """Return the band as stored * scale + offset, NaN for nodata, and the rule that was used.

    What a person stated goes before what the file says; no scale is guessed from the data type.
    """
    stated = surface.pixels
    with open_geotiff(path) as dataset:
        if not 1 <= surface.band <= dataset.count:
            raise bad_data(path, f"has no band {surface.band!r} (it has {dataset.count})")
        raw = dataset.read(surface.band, window=grid.window, masked=True)
        pixels = np.ma.filled(raw.astype(np.float64), np.nan)
        if stated.nodata is not None:
            pixels[np.ma.getdata(raw) == stated.nodata] = np.nan
        scale, offset = dataset.scales[surface.band - 1], dataset.offsets[surface.band - 1]
    rule = PixelRule(
        scale=scale if stated.scale is None else stated.scale,
        offset=offset if stated.offset is None else stated.offset,
        nodata=stated.nodata,
    )
    return pixels * (rule.scale or 0.0) + (rule.offset or 0.0), rule


def _pixel_notes(info: CollectionInfo, rule: PixelRule) -> tuple[str, ...]:
    unit = f"in {info.unit}" if info.unit else "in a unit that nobody stated"
    if (rule.scale, rule.offset) == (1.0, 0.0):
        return (f"pixels of {info.id} are {unit}, as the file stores them",)
    how = f"stored number * {rule.scale:g} + {rule.offset:g}"
    return (f"pixels of {info.id} are {unit}: {how}",)


def _file_notes(info: CollectionInfo, count: int) -> tuple[str, ...]:
    if count == 1:
        return ()
    return (
        f"{count} rasters of {info.id} touch the area; only the one that covers most was opened",
    )


def _source_notes(info: CollectionInfo) -> tuple[str, ...]:
    invented = (f"collection {info.id} is synthetic data",) if info.synthetic else ()
    return (*info.notes, *invented)


def _file_stem(info: CollectionInfo) -> str:
    return re.sub(r"[^A-Za-z0-9_-]+", "_", info.id).strip("_") or "data"


def _write(
    store: ArtifactStore, pixels: NDArray[np.float32], grid: Grid, info: CollectionInfo
) -> ArtifactRef:
    scratch = store.scratch(".tif")
    profile: dict[str, Any] = {
        "driver": "COG", "count": 1, "dtype": "float32", "nodata": np.nan,
        "height": pixels.shape[0], "width": pixels.shape[1],
        "crs": grid.crs, "transform": grid.transform, "compress": "deflate", "predictor": "yes",
    }  # fmt: skip
    try:
        with rasterio.open(scratch, "w", **profile) as target:
            target.write(pixels, 1)
            target.set_band_description(1, info.title)
            target.set_band_unit(1, info.unit)
    except RasterioError as error:
        scratch.unlink(missing_ok=True)
        raise ToolError(f"the surface could not be written: {error}", kind="bad_data") from error
    return store.put_file(scratch, f"{_file_stem(info)}.tif", COG_MEDIA)


OPEN_SURFACE = ToolSpec(
    name="open_surface",
    summary="open elevation or another surface of the area",
    args=OpenSurfaceArgs,
    run=open_surface,
    produces=frozenset({"raster"}),
    consumes=frozenset({"aoi"}),
    effect="writes",
    cost="seconds",
)
OPEN_FEATURES = ToolSpec(
    name="open_features",
    summary="open the features of a vector layer in the area",
    args=OpenFeaturesArgs,
    run=open_features,
    produces=frozenset({"features"}),
    consumes=frozenset({"aoi"}),
    effect="writes",
    cost="seconds",
)
