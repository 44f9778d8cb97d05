"""The chips of one scene as a model wants them: bands read by window, padded and normalised."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj.exceptions import ProjError
from rasterio.errors import RasterioError
from rasterio.features import geometry_mask
from rasterio.warp import transform_bounds
from shapely.geometry.base import BaseGeometry

from ...errors import RetryableToolError, ToolError
from ..analysis.grid import Source, open_source
from ..analysis.grid_read import read_values
from ..catalog import AssetRoot, Scene
from ..indices import best_scene
from ..raster import Grid, Mask, asset_path, bad_data, to_crs
from ..zonal import pixel_areas_m2
from .manifest import InputNeeds, said_gsd
from .tiling import Chip, chips

MAX_CHIPS: Final = 5000

Rows = tuple[int, int]
Image = NDArray[np.float32]


class SceneView(NamedTuple):
    """One scene's bands over an AOI: `shape` is the AOI in the CRS of the finest band.

    `expected` is how many of its pixels the AOI has, whether or not the scene covers all of it.
    """

    scene: Scene
    bands: tuple[Source, ...]
    lead: Source
    shape: BaseGeometry
    rows: Rows
    columns: Rows
    expected: float


class ReadChip(NamedTuple):
    """A chip's place, its normalised pixels (band, row, column) and where it has data."""

    chip: Chip
    image: Image
    valid: Mask


def choose_scene(scenes: Sequence[Scene], aoi: BaseGeometry, needs: InputNeeds) -> Scene:
    """Return the clearest of the scenes that cover most of the AOI and have the bands."""
    if not scenes:
        raise RetryableToolError("no scene was found; widen the dates", kind="precondition")
    fit = [scene for scene in scenes if not missing_bands(scene, needs)]
    if not fit:
        lacks = missing_bands(scenes[0], needs)
        raise RetryableToolError(
            f"the detector reads band {lacks[0]!r}, which scene {scenes[0].id!r} lacks; "
            f"it has {sorted(scenes[0].assets)}",
            kind="precondition",
        )
    return best_scene(fit, aoi)


def missing_bands(scene: Scene, needs: InputNeeds) -> tuple[str, ...]:
    """Return the bands that a model reads and a scene lacks."""
    return tuple(band for band in needs.bands if band not in scene.assets)


def view_scene(root: AssetRoot, scene: Scene, aoi: BaseGeometry, needs: InputNeeds) -> SceneView:
    """Open a scene's bands and check that the model fits its pixels."""
    assets = [scene.assets[band] for band in needs.bands]
    bands = tuple(open_source(asset_path(root, href), band) for href, band in assets)
    lead = min(bands, key=gsd_m)
    _require_gsd(scene, gsd_m(lead), needs)
    shape, expected = _cut(lead, aoi)
    rows, columns = _window(lead, shape)
    return SceneView(scene, bands, lead, shape, rows, columns, expected)


def gsd_m(source: Source) -> float:
    """Return the ground size of a raster's middle pixel in metres (root of its true area)."""
    row, column = source.height // 2, source.width // 2
    one = Grid(source.crs, source.transform, column, row, np.ones((1, 1), np.bool_), 1.0)
    return math.sqrt(float(pixel_areas_m2(one)[0, 0]))


def _require_gsd(scene: Scene, metres: float, needs: InputNeeds) -> None:
    finest, coarsest = needs.gsd_limits_m
    if not finest <= metres <= coarsest:
        raise RetryableToolError(
            f"scene {scene.id!r} has pixels of {said_gsd(metres)}, and the detector was made for "
            f"{said_gsd(needs.gsd_m)} ({said_gsd(finest)} to {said_gsd(coarsest)}); "
            "choose another detector or other scenes",
            kind="precondition",
        )


def _cut(lead: Source, aoi: BaseGeometry) -> tuple[BaseGeometry, float]:
    try:
        footprint = shapely.box(*transform_bounds(lead.crs, "EPSG:4326", *lead.bounds))
        part = shapely.intersection(aoi, footprint)
        shape = shapely.intersection(to_crs(part, lead.crs), shapely.box(*lead.bounds))
    except (ProjError, RasterioError, shapely.GEOSException) as error:
        raise bad_data(lead.path, f"has an unusable CRS ({error})") from error
    if part.area == 0 or shape.area == 0:
        raise RetryableToolError(
            f"no pixel of raster {lead.path.name!r} lies in the area; choose another area or scene",
            kind="precondition",
        )
    pixel = abs(lead.transform.a * lead.transform.e)
    return shape, shape.area / pixel * aoi.area / part.area


def _window(lead: Source, shape: BaseGeometry) -> tuple[Rows, Rows]:
    grid = lead.transform
    left, bottom, right, top = shape.bounds
    columns = (left - grid.c) / grid.a, (right - grid.c) / grid.a
    rows = (top - grid.f) / grid.e, (bottom - grid.f) / grid.e
    return _whole(rows, lead.height), _whole(columns, lead.width)


def _whole(ends: tuple[float, float], size: int) -> Rows:
    # Rounding errors must not add a pixel beyond an edge that lies on the lattice.
    first, last = math.floor(ends[0] + 1e-6), math.ceil(ends[1] - 1e-6)
    first = min(max(first, 0), size - 1)
    return first, min(max(last, first + 1), size)


def plan(view: SceneView, needs: InputNeeds) -> tuple[Chip, ...]:
    """Return the chips whose own part touches the AOI; too many are an error."""
    shape = (view.lead.height, view.lead.width)
    step = needs.chip - needs.overlap
    rough = math.ceil((view.rows[1] - view.rows[0]) / step)
    rough *= math.ceil((view.columns[1] - view.columns[0]) / step)
    if rough > MAX_CHIPS:
        raise ToolError(
            f"the area takes {rough} chips of {needs.chip} pixels, more than {MAX_CHIPS}; "
            "choose a smaller area",
            kind="too_large",
        )
    every = list(chips(view.rows, view.columns, shape, needs.chip, needs.overlap))
    shapely.prepare(view.shape)
    touched = shapely.intersects(view.shape, [core_outline(view, chip) for chip in every])
    return tuple(chip for chip, near in zip(every, touched, strict=True) if near)


def core_outline(view: SceneView, chip: Chip) -> BaseGeometry:
    """Return the part of the raster that is a chip's own, in the raster's CRS."""
    grid = view.lead.transform
    return shapely.box(
        grid.c + grid.a * chip.column.core_start,
        grid.f + grid.e * chip.row.core_stop,
        grid.c + grid.a * chip.column.core_stop,
        grid.f + grid.e * chip.row.core_start,
    )


def read_chips(view: SceneView, needs: InputNeeds, wanted: Sequence[Chip]) -> Iterator[ReadChip]:
    """Yield the chips that have data, normalised; missing pixels take the value of the mean."""
    mean = np.array(needs.mean or [0.0] * len(needs.bands))[:, None, None]
    std = np.array(needs.std or [1.0] * len(needs.bands))[:, None, None]
    for chip in wanted:
        block = chip_grid(view, chip)
        pixels = np.stack([read_values(source, block) for source in view.bands])
        valid: Mask = np.logical_and.reduce(np.isfinite(pixels), axis=0)
        if not valid.any():
            continue
        pixels = (pixels * needs.scale - mean) / std
        pixels[:, ~valid] = 0.0
        height, width = block.inside.shape
        below, right = needs.chip - height, needs.chip - width
        image = np.pad(pixels, ((0, 0), (0, below), (0, right)), mode="edge")
        yield ReadChip(chip, image.astype(np.float32), valid)


def chip_grid(view: SceneView, chip: Chip) -> Grid:
    """Return the grid of the pixels of a chip that the raster has."""
    lead = view.lead
    height = min(chip.side, lead.height - chip.row.start)
    width = min(chip.side, lead.width - chip.column.start)
    inside = np.ones((height, width), np.bool_)
    return Grid(lead.crs, lead.transform, chip.column.start, chip.row.start, inside, 0.0)


def own_pixels(view: SceneView, chip: Chip, shape: tuple[int, int]) -> Mask:
    """Return which of a chip's pixels (of `shape`, without padding) are its own and in the AOI."""
    own = np.zeros(shape, np.bool_)
    row, column = chip.row, chip.column
    rows = slice(row.core_start - row.start, row.core_stop - row.start)
    columns = slice(column.core_start - column.start, column.core_stop - column.start)
    corner = Grid(view.lead.crs, view.lead.transform, column.core_start, row.core_start, own, 0.0)
    size = (row.core_stop - row.core_start, column.core_stop - column.core_start)
    parts = shapely.intersection(view.shape, core_outline(view, chip))
    areas = [part for part in shapely.get_parts([parts]) if part.area > 0]
    if areas:
        own[rows, columns] = geometry_mask(areas, size, corner.transform, invert=True)
    return own
