"""One common grid for an area and a set of rasters, walked block by block.

A block is the `Grid` that the single-raster tools use, so that whatever reads a clip reads a block.
Nothing here holds a whole raster: a grid is a lattice and an outline.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final, NamedTuple

import shapely
from affine import Affine
from pyproj.exceptions import ProjError
from rasterio.crs import CRS
from rasterio.errors import RasterioError
from rasterio.warp import transform_bounds
from shapely.geometry.base import BaseGeometry

from ...errors import RetryableToolError, ToolError
from ..catalog import PixelRule
from ..raster import Grid, RasterFile, bad_data, open_geotiff, to_crs
from .blocks import Unit
from .scanline import inside_mask, pixel_edges, scan

MAX_GRID_PIXELS: Final = 500_000_000
BLOCK: Final = 1024

Bounds = tuple[float, float, float, float]


class Source(NamedTuple):
    """One band (1-based) of a raster file, the file's lattice, and what is stated of its pixels."""

    path: RasterFile
    band: int
    crs: CRS
    transform: Affine
    width: int
    height: int
    rule: PixelRule = PixelRule()

    @property
    def bounds(self) -> Bounds:
        """Return (left, bottom, right, top) in the file's CRS."""
        return _bounds(self.transform, self.width, self.height)


class _Lattice(NamedTuple):
    crs: CRS
    transform: Affine


@dataclass(frozen=True)
class CommonGrid:
    """A north-up lattice over an area: `shape` is the area in the lattice's own CRS.

    `expected` is how many pixels the area would have if the rasters covered all of it.
    """

    crs: CRS
    transform: Affine
    width: int
    height: int
    shape: BaseGeometry
    expected: float

    def blocks(self, side: int = BLOCK) -> Iterator[Grid]:
        """Return the blocks that touch the area, row by row; at most `side` pixels a side."""
        for row in range(0, self.height, side):
            for column in range(0, self.width, side):
                height, width = min(side, self.height - row), min(side, self.width - column)
                block = self.block(row, column, height, width)
                if block.inside.any():
                    yield block

    def block(self, row: int, column: int, height: int, width: int) -> Grid:
        """Return the pixels of a row and column range; `inside` is the area's own pixels."""
        corner = _moved(self.transform, column, row)
        part = shapely.intersection(self.shape, shapely.box(*_bounds(corner, width, height)))
        # Not by GDAL's rasteriser: rasterio's changes the process's warning filters while it runs,
        # and blocks are made while other threads read.
        runs = scan(pixel_edges([part], corner), (0, height), width)
        inside = inside_mask(runs, Unit(0, 0, height, width))
        return Grid(self.crs, self.transform, column, row, inside, float(inside.sum()))


def open_source(path: RasterFile, band: int, rule: PixelRule | None = None) -> Source:
    """Return a band of a GeoTIFF that passed the checks every raster must pass."""
    with open_geotiff(path) as dataset:
        if not 1 <= band <= dataset.count:
            raise bad_data(path, f"has no band {band!r} (it has {dataset.count})")
        size = dataset.width, dataset.height
        return Source(path, band, dataset.crs, dataset.transform, *size, rule or PixelRule())


def common_grid(
    aoi: BaseGeometry,
    sources: Sequence[Source],
    *,
    coarsest: bool = False,
    crs: CRS | None = None,
    resolution: float | None = None,
) -> CommonGrid:
    """Return the grid over the part of an AOI (EPSG:4326) that the sources cover.

    By default it is the CRS that most sources have and, of those, the finest pixels (or the
    coarsest) on that source's own lattice, so that it is read without resampling. With `crs` and
    `resolution` (in that CRS's unit) pixel edges are multiples of the resolution.
    """
    if not sources:
        raise ToolError("no raster to make a grid of; search for scenes first", kind="precondition")
    lattice = _lattice(sources, coarsest, crs, resolution)
    try:
        parts = [shapely.box(*transform_bounds(s.crs, "EPSG:4326", *s.bounds)) for s in sources]
        covered = shapely.intersection(aoi, shapely.union_all(parts))
        shape = to_crs(covered, lattice.crs)
        limits = _limits(sources, lattice.crs)
    except (ProjError, RasterioError) as error:
        raise bad_data(sources[0].path, f"has an unusable CRS ({error})") from error
    column, row, width, height = _window(lattice.transform, shape, limits)
    if covered.area == 0 or width <= 0 or height <= 0:
        raise RetryableToolError(
            f"none of the {len(sources)} rasters covers the area; choose another area or scene",
            kind="precondition",
        )
    if width * height > MAX_GRID_PIXELS:
        raise ToolError(
            f"the area covers {width} x {height} pixels, more than {MAX_GRID_PIXELS}; "
            "choose a smaller area",
            kind="too_large",
        )
    pixel = abs(lattice.transform.a * lattice.transform.e)
    expected = shape.area / pixel * aoi.area / covered.area
    corner = _moved(lattice.transform, column, row)
    return CommonGrid(lattice.crs, corner, width, height, shape, expected)


def _lattice(
    sources: Sequence[Source], coarsest: bool, crs: CRS | None, resolution: float | None
) -> _Lattice:
    target = crs or Counter(s.crs for s in sources).most_common(1)[0][0]
    if resolution is not None:
        if not (math.isfinite(resolution) and resolution > 0):
            raise ToolError(
                f"resolution {resolution!r} must be a positive number of {target.linear_units}s",
                kind="bad_argument",
            )
        return _Lattice(target, Affine(resolution, 0.0, 0.0, 0.0, -resolution, 0.0))
    own = [s for s in sources if s.crs == target]
    if not own:
        raise ToolError(
            f"no raster is in {target.to_string()!r}; give the resolution too", kind="bad_argument"
        )
    pick = max if coarsest else min
    chosen = pick(own, key=lambda s: abs(s.transform.a * s.transform.e))
    return _Lattice(target, chosen.transform)


def _limits(sources: Sequence[Source], crs: CRS) -> Bounds:
    boxes = [s.bounds if s.crs == crs else transform_bounds(s.crs, crs, *s.bounds) for s in sources]
    left, bottom, right, top = zip(*boxes, strict=True)
    return min(left), min(bottom), max(right), max(top)


def _window(grid: Affine, shape: BaseGeometry, limits: Bounds) -> tuple[int, int, int, int]:
    if shape.is_empty or not all(map(math.isfinite, (*shape.bounds, *limits))):
        return 0, 0, 0, 0
    left, bottom, right, top = shape.bounds
    column = max(math.floor((left - grid.c) / grid.a), _edge(limits[0] - grid.c, grid.a))
    row = max(math.floor((top - grid.f) / grid.e), _edge(limits[3] - grid.f, grid.e))
    last_column = min(math.ceil((right - grid.c) / grid.a), -_edge(grid.c - limits[2], grid.a))
    last_row = min(math.ceil((bottom - grid.f) / grid.e), -_edge(grid.f - limits[1], grid.e))
    return column, row, last_column - column, last_row - row


def _edge(distance: float, pixel: float) -> int:
    # A file's edge lies on its own lattice: rounding errors must not add a pixel beyond it.
    return math.floor(distance / pixel + 1e-6)


def _moved(grid: Affine, column: int, row: int) -> Affine:
    return Affine(grid.a, 0.0, grid.c + grid.a * column, 0.0, grid.e, grid.f + grid.e * row)


def _bounds(grid: Affine, width: int, height: int) -> Bounds:
    return grid.c, grid.f + grid.e * height, grid.c + grid.a * width, grid.f
