"""Spectral indices of one scene, clipped to the area of interest."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Annotated, Any, Literal, NamedTuple, get_args

import numpy as np
import rasterio
import shapely
from numpy.typing import NDArray
from rasterio.errors import RasterioError
from shapely.geometry.base import BaseGeometry

from ..artifacts import ArtifactStore
from ..errors import RetryableToolError, ToolError
from ..records import ArtifactRef, ToolResult
from ..spec import Live, ToolArgs, ToolContext, ToolSpec
from .analysis.grid import open_source
from .analysis.grid_read import read_values
from .analysis.masks import bad_pixels, scene_masks
from .catalog import AssetRoot, Scene
from .raster import (
    COG_MEDIA,
    UNSCALED,
    Grid,
    Pixels,
    aoi_shape,
    asset_path,
    asset_root,
    clip_grid,
    require_data,
    share_notes,
)

IndexName = Literal["NDVI", "NDWI", "MNDWI", "NDBI", "NBR", "NDMI", "SAVI", "EVI"]
COVERAGE_TOLERANCE = 0.01


class Index(NamedTuple):
    """A spectral index: the bands it reads, in order, and what it computes from reflectances."""

    bands: tuple[str, ...]
    formula: Callable[..., Pixels]
    source: str


def normalized_difference(first: Pixels, second: Pixels) -> Pixels:
    """Return (first - second) / (first + second), in [-1, 1]; NaN where both are zero."""
    total = first + second
    return np.divide(first - second, total, out=np.full_like(total, np.nan), where=total != 0)


def savi(nir: Pixels, red: Pixels) -> Pixels:
    """Return the soil-adjusted vegetation index with L = 0.5."""
    return 1.5 * (nir - red) / (nir + red + 0.5)


def evi(nir: Pixels, red: Pixels, blue: Pixels) -> Pixels:
    """Return the enhanced vegetation index with the MODIS coefficients; NaN where undefined."""
    total = nir + 6 * red - 7.5 * blue + 1
    return np.divide(2.5 * (nir - red), total, out=np.full_like(total, np.nan), where=total != 0)


INDICES: dict[IndexName, Index] = {
    "NDVI": Index(("nir", "red"), normalized_difference, "Rouse et al. 1974"),
    "NDWI": Index(("green", "nir"), normalized_difference, "McFeeters 1996"),
    "MNDWI": Index(("green", "swir1"), normalized_difference, "Xu 2006"),
    "NDBI": Index(("swir1", "nir"), normalized_difference, "Zha et al. 2003"),
    "NBR": Index(("nir", "swir2"), normalized_difference, "Key and Benson 2006"),
    "NDMI": Index(("nir", "swir1"), normalized_difference, "Gao 1996"),
    "SAVI": Index(("nir", "red"), savi, "Huete 1988"),
    "EVI": Index(("nir", "red", "blue"), evi, "Huete et al. 2002"),
}


def best_scene(scenes: Sequence[Scene], aoi: BaseGeometry) -> Scene:
    """Return the least cloudy of the scenes that cover most of the AOI; ties go to the latest."""
    coverage = [shapely.box(*scene.bbox).intersection(aoi).area / aoi.area for scene in scenes]
    enough = max(coverage) - COVERAGE_TOLERANCE
    full = [scene for scene, share in zip(scenes, coverage, strict=True) if share >= enough]
    return min(full, key=lambda scene: (scene.cloud_cover, -scene.day.toordinal(), scene.id))


class SpectralIndexArgs(ToolArgs):
    """Which index to compute, on the newest scenes and area."""

    index: IndexName
    scenes: Annotated[str, Live("handle.scenes", hidden=True)]
    aoi: Annotated[str, Live("handle.aoi", hidden=True)]


def spectral_index(context: ToolContext, args: SpectralIndexArgs) -> ToolResult:
    """Compute an index on the least cloudy of the scenes that cover most of the AOI."""
    found = context.output(args.scenes, "scenes")
    if not found["items"]:
        raise RetryableToolError("no scene was found; widen the dates", kind="precondition")
    shape = aoi_shape(context.output(args.aoi, "aoi"))
    scene = best_scene([Scene.model_validate(item) for item in found["items"]], shape)
    pixels, grid = compute_index(asset_root(context.catalog), scene, args.index, shape)
    artifact = write_raster(
        context.store,
        pixels.astype(np.float32),
        grid,
        Labels(args.index, scene.id, scene.day.isoformat(), INDICES[args.index].source),
    )
    payload: dict[str, Any] = {
        "index": args.index,
        "scene": scene.id,
        "date": scene.day.isoformat(),
        "collection": scene.collection,
        "crs": grid.crs.to_string(),
        "artifact": artifact.model_dump(),
        "synthetic": bool(found["synthetic"]),
    }
    return ToolResult(
        summary=f"raster {args.index} {scene.collection} {scene.day}"[:80],
        outputs={"raster": payload},
        artifacts=(artifact,),
        notes=_notes(scene, len(found["items"]), payload["synthetic"]) + share_notes(pixels, grid),
    )


def compute_index(
    root: AssetRoot, scene: Scene, name: IndexName, aoi: BaseGeometry
) -> tuple[Pixels, Grid]:
    """Return an index of a scene in the AOI, NaN where no data or cloud is, and its grid.

    What a person stated of the pixels and the masks that the scene brings are heeded.
    """
    index = INDICES[name]
    missing = [band for band in index.bands if band not in scene.assets]
    if missing:
        able = tuple(n for n, i in INDICES.items() if set(i.bands) <= set(scene.assets))
        raise RetryableToolError(
            f"{name} needs band {missing[0]!r}, which scene {scene.id!r} lacks; "
            f"it can give {list(able)}",
            kind="bad_argument",
            candidates=able,
        )
    assets = {key: (asset_path(root, href), band) for key, (href, band) in scene.assets.items()}
    grid = clip_grid(assets[index.bands[0]][0], aoi)
    bands = [read_values(open_source(*assets[band], scene.pixels), grid) for band in index.bands]
    _require_reflectance(name, scene, bands)
    with np.errstate(invalid="ignore", over="ignore"):
        pixels = index.formula(*bands)
    pixels[~grid.inside] = np.nan
    pixels[bad_pixels(scene_masks(root, scene), grid)] = np.nan
    require_data(assets[index.bands[0]][0], pixels)
    return pixels, grid


def _require_reflectance(name: IndexName, scene: Scene, bands: Sequence[Pixels]) -> None:
    """Raise an error when an index that is no ratio of bands is asked of unscaled numbers."""
    if INDICES[name].formula is normalized_difference:
        return
    medians = [np.median(band[np.isfinite(band)]) for band in bands if np.isfinite(band).any()]
    if all(median <= UNSCALED for median in medians):
        return
    ratios = tuple(
        other
        for other, index in INDICES.items()
        if index.formula is normalized_difference and set(index.bands) <= set(scene.assets)
    )
    raise RetryableToolError(
        f"{name} needs reflectances between 0 and 1, and scene {scene.id!r} holds other numbers; "
        f"state their scale in the catalog, or ask for a ratio of bands: {list(ratios)}",
        kind="bad_data",
        candidates=ratios,
    )


def _notes(scene: Scene, found: int, synthetic: bool) -> tuple[str, ...]:
    why = "the only one found" if found == 1 else f"the clearest of {found} found"
    notes = [f"scene {scene.id} of {scene.day}, {said_cloud(scene)}, {why}"]
    if synthetic:
        notes.append(f"collection {scene.collection} is synthetic data")
    return tuple(notes)


def said_cloud(scene: Scene) -> str:
    """Return how cloudy a scene is, in words."""
    return f"{scene.cloud_cover:.0f} % cloud" if scene.cloud_known else "cloud cover not known"


class Labels(NamedTuple):
    """What a raster file says of itself: the quantity, where it is from, its date and source."""

    quantity: str
    scene: str
    date: str
    source: str


def write_raster(
    store: ArtifactStore, pixels: NDArray[np.float32], grid: Grid, labels: Labels
) -> ArtifactRef:
    """Store pixels on a grid as a one-band COG, NaN where there is no data."""
    scratch = store.scratch(".tif")
    height, width = pixels.shape
    try:
        with rasterio.open(
            scratch,
            "w",
            driver="COG",
            width=width,
            height=height,
            count=1,
            dtype="float32",
            crs=grid.crs,
            transform=grid.transform,
            nodata=np.nan,
            compress="deflate",
            predictor="yes",
        ) as target:
            target.write(pixels, 1)
            target.set_band_description(1, labels.quantity)
            target.update_tags(SOURCE=labels.source, DATE=labels.date)
    except RasterioError as error:
        scratch.unlink(missing_ok=True)
        raise ToolError(f"the raster could not be written: {error}", kind="bad_data") from error
    stem = re.sub(r"[^A-Za-z0-9_-]+", "_", f"{labels.quantity.lower()}_{labels.scene}")[:64]
    return store.put_file(scratch, f"{stem}.tif", COG_MEDIA)


SPECTRAL_INDEX = ToolSpec(
    name="spectral_index",
    summary="compute " + "/".join(get_args(IndexName)) + " of the clearest scene",
    args=SpectralIndexArgs,
    run=spectral_index,
    produces=frozenset({"raster"}),
    consumes=frozenset({"scenes", "aoi"}),
    effect="writes",
    cost="seconds",
)
