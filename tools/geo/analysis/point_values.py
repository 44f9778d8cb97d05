"""Raster values at many points, each block of the raster read once."""

from __future__ import annotations

from typing import Final, Literal

import numpy as np
from pyproj import Transformer
from rasterio.io import DatasetReader

from .blocks import Unit, read_padded, unit_shape
from .scanline import Floats, Integers

Method = Literal["nearest", "bilinear"]
_HALO: Final = 1


def values_at(dataset: DatasetReader, lon: Floats, lat: Floats, method: Method) -> Floats:
    """Return the first band at points in EPSG:4326; NaN outside the raster and on nodata.

    Bilinear weighs the four pixel centres around a point and leaves out those without data, but the
    pixel that the point lies in must have a value.
    """
    forward = Transformer.from_crs("EPSG:4326", dataset.crs, always_xy=True)
    x, y = forward.transform(lon, lat)
    grid = dataset.transform
    column, row = (np.asarray(x) - grid.c) / grid.a, (np.asarray(y) - grid.f) / grid.e
    with np.errstate(invalid="ignore"):
        inside = (column >= 0) & (column < dataset.width) & (row >= 0) & (row < dataset.height)
    values = np.full(len(column), np.nan)
    known = np.flatnonzero(inside)
    size = unit_shape(dataset)
    place = np.stack([row[known] // size[0], column[known] // size[1]]).astype(np.int64)
    order = np.lexsort(place[::-1])
    fresh = np.flatnonzero(np.diff(place[:, order], axis=1, prepend=-1).any(axis=0))
    for some in np.split(known[order], fresh[1:]):
        if len(some):
            values[some] = _unit_values(dataset, (row[some], column[some]), size, method)
    return values


def _unit_values(
    dataset: DatasetReader, at: tuple[Floats, Floats], size: tuple[int, int], method: Method
) -> Floats:
    row, column = at
    top, left = int(row[0] // size[0]) * size[0], int(column[0] // size[1]) * size[1]
    height, width = min(size[0], dataset.height - top), min(size[1], dataset.width - left)
    pixels = read_padded(dataset, Unit(top, left, height, width), _HALO)
    row, column = row - top + _HALO, column - left + _HALO
    own = pixels[row.astype(np.int64), column.astype(np.int64)]
    own[~np.isfinite(own)] = np.nan
    if method == "nearest":
        return own
    return np.where(np.isfinite(own), _bilinear(pixels, row - 0.5, column - 0.5), np.nan)


def _bilinear(pixels: Floats, row: Floats, column: Floats) -> Floats:
    first, left = np.floor(row).astype(np.int64), np.floor(column).astype(np.int64)
    down, right = row - first, column - left
    total, weights = np.zeros(len(row)), np.zeros(len(row))
    corners: list[tuple[Integers, Integers, Floats]] = [
        (first, left, (1 - down) * (1 - right)),
        (first, left + 1, (1 - down) * right),
        (first + 1, left, down * (1 - right)),
        (first + 1, left + 1, down * right),
    ]
    for at_row, at_column, weight in corners:
        value = pixels[at_row, at_column]
        valid = np.isfinite(value)
        total += np.where(valid, value, 0.0) * weight
        weights += np.where(valid, weight, 0.0)
    with np.errstate(invalid="ignore", divide="ignore"):
        return total / weights
