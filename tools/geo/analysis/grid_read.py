"""Rasters read onto a block of a common grid, each touched only where the block needs it.

Continuous bands are resampled bilinearly (GDAL widens the kernel where pixels become coarser);
codes take the nearest pixel, or the most frequent where pixels become coarser.
"""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import rasterio
from numpy.typing import NDArray
from pyproj.exceptions import ProjError
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.warp import Resampling, reproject, transform_bounds

from ..catalog import PixelRule
from ..raster import (
    REFLECTANCE_SCALE,
    Grid,
    Mask,
    Pixels,
    bad_data,
    open_geotiff,
    read_band,
    read_mask,
)
from .grid import Source

Codes = NDArray[np.int32]

_ON_LATTICE: Final = 1e-3
"""How far from a pixel edge, in pixels, a grid may lie to count as the same lattice."""


class _Overlap(NamedTuple):
    """Where a block and a file on the same lattice meet: slices of the block, pixels of the file.

    An empty overlap has no rows or no columns.
    """

    rows: slice
    columns: slice
    row: int
    column: int

    @property
    def empty(self) -> bool:
        return self.rows.start >= self.rows.stop or self.columns.start >= self.columns.stop


def on_lattice(source: Source, block: Grid) -> bool:
    """Say whether a file's pixels and a block's are the same, so that nothing is resampled."""
    return _overlap(source, block) is not None


def read_values(source: Source, block: Grid) -> Pixels:
    """Return a continuous band on a block in its physical unit; NaN where there is no data."""
    overlap = _overlap(source, block)
    pixels = np.full(block.inside.shape, np.nan)
    if overlap is None:
        return _band(source, block, resample=True) if _meets(source, block) else pixels
    if not overlap.empty:
        part = _part(source, block, overlap)
        pixels[overlap.rows, overlap.columns] = _band(source, part, resample=False)
    return pixels


def _band(source: Source, grid: Grid, *, resample: bool) -> Pixels:
    if source.rule == PixelRule():
        return read_band(source.path, source.band, grid)
    with open_geotiff(source.path) as dataset:
        if resample:
            pixels = np.full(grid.inside.shape, np.nan)
            reproject(
                rasterio.band(dataset, source.band),
                pixels,
                src_nodata=source.rule.nodata,
                dst_transform=grid.transform,
                dst_crs=grid.crs,
                dst_nodata=np.nan,
                resampling=Resampling.bilinear,
            )
        else:
            raw = dataset.read(source.band, window=grid.window, masked=True)
            pixels = np.ma.filled(raw.astype(np.float64), np.nan)
            if source.rule.nodata is not None:
                pixels[np.ma.getdata(raw) == source.rule.nodata] = np.nan
        return _scaled(pixels, source, dataset)


def _scaled(pixels: Pixels, source: Source, dataset: DatasetReader) -> Pixels:
    """Return stored numbers in their unit: what is stated goes before what the file says."""
    scale, offset = dataset.scales[source.band - 1], dataset.offsets[source.band - 1]
    if (scale, offset) == (1.0, 0.0) and dataset.dtypes[source.band - 1] == "uint16":
        scale = REFLECTANCE_SCALE
    stated = source.rule
    return pixels * (scale if stated.scale is None else stated.scale) + (
        offset if stated.offset is None else stated.offset
    )


def read_codes(source: Source, block: Grid, fill: int) -> Codes:
    """Return integer codes on a block as they are stored; `fill` where the file does not reach."""
    overlap = _overlap(source, block)
    codes = np.full(block.inside.shape, fill, dtype=np.int32)
    if (overlap is not None and overlap.empty) or (overlap is None and not _meets(source, block)):
        return codes
    with open_geotiff(source.path) as dataset:
        if not np.issubdtype(np.dtype(dataset.dtypes[source.band - 1]), np.integer):
            kind = dataset.dtypes[source.band - 1]
            raise bad_data(source.path, f"holds {kind!r} numbers, not integer codes")
        if overlap is not None:
            window = _part(source, block, overlap).window
            codes[overlap.rows, overlap.columns] = dataset.read(source.band, window=window)
            return codes
        reproject(
            rasterio.band(dataset, source.band),
            codes,
            dst_transform=block.transform,
            dst_crs=block.crs,
            dst_nodata=fill,
            resampling=_method(source, block),
        )
    return codes


def read_flags(source: Source, block: Grid) -> Mask:
    """Return where a plain mask is not zero on a block; false where the file does not reach."""
    overlap = _overlap(source, block)
    flags = np.zeros(block.inside.shape, dtype=np.bool_)
    if overlap is None:
        return read_mask(source.path, source.band, block) if _meets(source, block) else flags
    if not overlap.empty:
        part = _part(source, block, overlap)
        flags[overlap.rows, overlap.columns] = read_mask(source.path, source.band, part)
    return flags


def _part(source: Source, block: Grid, overlap: _Overlap) -> Grid:
    inside = block.inside[overlap.rows, overlap.columns]
    return Grid(source.crs, source.transform, overlap.column, overlap.row, inside, 0.0)


def _method(source: Source, block: Grid) -> Resampling:
    if source.crs != block.crs:
        return Resampling.nearest
    coarser = block.transform.a > source.transform.a * (1 + _ON_LATTICE)
    return Resampling.mode if coarser else Resampling.nearest


def _overlap(source: Source, block: Grid) -> _Overlap | None:
    """Return where block and file meet, or nothing when they are on different lattices."""
    own, wanted = source.transform, block.transform
    if source.crs != block.crs:
        return None
    height, width = block.inside.shape
    # Over the whole block a slightly different pixel size must not add up to a visible shift.
    stretch = max(abs(wanted.a / own.a - 1) * width, abs(wanted.e / own.e - 1) * height)
    column, row = (wanted.c - own.c) / own.a, (wanted.f - own.f) / own.e
    shift = max(abs(column - round(column)), abs(row - round(row)))
    if max(stretch, shift) > _ON_LATTICE:
        return None
    left, top = round(column), round(row)
    first_row, first_column = max(top, 0), max(left, 0)
    last_row, last_column = min(top + height, source.height), min(left + width, source.width)
    return _Overlap(
        slice(first_row - top, last_row - top),
        slice(first_column - left, last_column - left),
        first_row,
        first_column,
    )


def _meets(source: Source, block: Grid) -> bool:
    grid = block.transform
    height, width = block.inside.shape
    outline = (grid.c, grid.f + grid.e * height, grid.c + grid.a * width, grid.f)
    try:
        left, bottom, right, top = transform_bounds(block.crs, source.crs, *outline)
    except (ProjError, RasterioError):
        return False
    own = source.bounds
    return left < own[2] and right > own[0] and bottom < own[3] and top > own[1]
