"""A lazy stack of scenes on a common grid: xarray on Dask, in chunks that fit into a fixed memory.

A chunk holds all days and bands of a small square of pixels, so that a statistic over time needs
one chunk only and nothing is shuffled between workers. Reading happens when a chunk is computed, in
whatever scheduler is asked for: threads here, or the workers of a `distributed.Client`, which must
see the same files under the same paths.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import date
from itertools import groupby, islice
from typing import TYPE_CHECKING, Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ...errors import RetryableToolError, ToolError
from ..catalog import AssetRoot, Scene
from ..raster import Grid, asset_path
from .formulas import Formula
from .formulas_scene import SceneBands, require_reflectance
from .grid import CommonGrid, Source, open_source
from .grid_read import read_values
from .grid_work import THREADS
from .masks import bad_pixels, scene_masks

if TYPE_CHECKING:
    import xarray as xr

CHUNK_BYTES: Final = 16_000_000
_STEP: Final = 16

Floats = NDArray[np.float32]
Scheduler = Any
"""A name that Dask knows ("threads", "synchronous") or a `distributed.Client`."""


class _Plan(NamedTuple):
    """What a chunk is read from: scenes by day, clearest first, on a grid cut into squares."""

    days: tuple[tuple[SceneBands, ...], ...]
    bands: tuple[str, ...]
    grid: CommonGrid
    side: int


class Stack(NamedTuple):
    """A lazy (time, band, y, x) float32 array, NaN under clouds and outside the area."""

    data: xr.DataArray
    grid: CommonGrid
    side: int

    def index_of(self, formula: Formula) -> xr.DataArray:
        """Return an index as a lazy (time, y, x) array; the bands are the formula's letters."""
        letters = [str(band) for band in self.data["band"].to_numpy()]
        options = {"formula": formula, "letters": letters}
        return _reduced(_index_of_chunk, self.data, "band", options)

    def median(self, formula: Formula) -> xr.DataArray:
        """Return the median of an index over the days that show a place, as a lazy (y, x) array."""
        return _reduced(_median_of_chunk, self.index_of(formula), "time", {})

    def days_seen(self, formula: Formula) -> xr.DataArray:
        """Return how many days show each place, as a lazy (y, x) array."""
        return _reduced(_count_of_chunk, self.index_of(formula), "time", {})


def band_layers(root: AssetRoot, scenes: Sequence[Scene], bands: Sequence[str]) -> list[SceneBands]:
    """Open the named bands of scenes that all have them; the others are an error."""
    for scene in scenes:
        for band in bands:
            if band not in scene.assets:
                have = tuple(scene.assets)
                raise RetryableToolError(
                    f"scene {scene.id!r} has no band {band!r}; it has {list(have)}",
                    kind="bad_argument",
                    candidates=have,
                )
    return [
        SceneBands(
            scene,
            {band: _source(root, scene, band) for band in bands},
            scene_masks(root, scene),
        )
        for scene in scenes
    ]


def _source(root: AssetRoot, scene: Scene, band: str) -> Source:
    href, number = scene.assets[band]
    return open_source(asset_path(root, href), number, scene.pixels)


def lazy_stack(
    layers: Sequence[SceneBands], grid: CommonGrid, *, chunk_bytes: int = CHUNK_BYTES
) -> Stack:
    """Return the scenes as one lazy array, a time step a day; nothing is read yet.

    Scenes of one day are laid over each other, the clearest on top.
    """
    import dask.array as da
    import xarray as xr

    if not layers:
        raise ToolError("no scene to stack; search for scenes first", kind="precondition")
    days = _by_day(layers)
    bands = tuple(layers[0].bands)
    cells = len(days) * len(bands) * np.dtype(np.float32).itemsize
    side = max(math.isqrt(chunk_bytes // cells) // _STEP * _STEP, _STEP)
    plan = _Plan(tuple(days.values()), bands, grid, side)
    data = da.map_blocks(
        _read_chunk,
        dtype=np.float32,
        meta=np.empty((0, 0, 0, 0), dtype=np.float32),
        chunks=((len(days),), (len(bands),), _cuts(grid.height, side), _cuts(grid.width, side)),
        plan=plan,
    )
    step = grid.transform
    return Stack(
        xr.DataArray(
            data,
            dims=("time", "band", "y", "x"),
            coords={
                "time": np.array([day.isoformat() for day in days], dtype="datetime64[ns]"),
                "band": list(bands),
                "y": step.f + step.e * (np.arange(grid.height) + 0.5),
                "x": step.c + step.a * (np.arange(grid.width) + 0.5),
            },
            attrs={"crs": grid.crs.to_string()},
        ),
        grid,
        side,
    )


def computed_blocks(
    image: xr.DataArray, stack: Stack, scheduler: Scheduler = "threads", at_once: int = THREADS
) -> Iterator[tuple[Grid, Floats]]:
    """Compute a lazy (y, x) array chunk by chunk; `at_once` chunks are in memory together."""
    from dask.base import compute

    blocks = stack.grid.blocks(stack.side)
    while batch := list(islice(blocks, at_once)):
        parts = [image.data[_rows(block), _columns(block)] for block in batch]
        yield from zip(batch, compute(*parts, scheduler=scheduler), strict=True)


def _rows(block: Grid) -> slice:
    return slice(block.row, block.row + block.inside.shape[0])


def _columns(block: Grid) -> slice:
    return slice(block.column, block.column + block.inside.shape[1])


def _by_day(layers: Sequence[SceneBands]) -> dict[date, tuple[SceneBands, ...]]:
    ranked = sorted(layers, key=lambda one: (one.scene.day, one.scene.cloud_cover, one.scene.id))
    return {day: tuple(group) for day, group in groupby(ranked, key=lambda one: one.scene.day)}


def _cuts(length: int, side: int) -> tuple[int, ...]:
    return tuple(min(side, length - start) for start in range(0, length, side))


def _read_chunk(*, plan: _Plan, block_id: tuple[int, int, int, int]) -> Floats:
    row, column = block_id[2] * plan.side, block_id[3] * plan.side
    height = min(plan.side, plan.grid.height - row)
    width = min(plan.side, plan.grid.width - column)
    block = plan.grid.block(row, column, height, width)
    chunk = np.full((len(plan.days), len(plan.bands), height, width), np.nan, dtype=np.float32)
    if block.inside.any():
        for at, scenes in enumerate(plan.days):
            _read_day(chunk[at], scenes, block)
    return chunk


def _read_day(target: Floats, scenes: tuple[SceneBands, ...], block: Grid) -> None:
    """Fill (band, y, x) with the first scene that shows a place in all its bands."""
    empty = block.inside.copy()
    for layers in scenes:
        values = np.stack([read_values(source, block) for source in layers.bands.values()])
        taken = empty & np.isfinite(values).all(axis=0)
        if taken.any():
            taken &= ~bad_pixels(layers.masks, block)
        target[:, taken] = values[:, taken]
        empty &= ~taken
        if not empty.any():
            return


def _reduced(
    function: Any, data: xr.DataArray, dimension: str, options: Mapping[str, Any]
) -> xr.DataArray:
    import xarray as xr

    return xr.apply_ufunc(
        function,
        data,
        kwargs=dict(options),
        input_core_dims=[[dimension]],
        dask="parallelized",
        output_dtypes=[np.float32],
    )


def _index_of_chunk(chunk: Floats, *, formula: Formula, letters: list[str]) -> Floats:
    bands = {letter: chunk[..., at].astype(np.float64) for at, letter in enumerate(letters)}
    require_reflectance(formula, bands)
    return formula(bands).astype(np.float32)


def _median_of_chunk(chunk: Floats) -> Floats:
    # NaN sorts last, so that the middle of the valid ones is found without a warning or a copy.
    ordered = np.sort(chunk, axis=-1)
    count = np.isfinite(ordered).sum(axis=-1)
    low, high = np.maximum(count - 1, 0) // 2, count // 2
    high = np.minimum(high, chunk.shape[-1] - 1)
    pair = np.take_along_axis(ordered, np.stack([low, high], axis=-1), axis=-1)
    middle = pair.astype(np.float64).mean(axis=-1).astype(np.float32)
    return np.where(count > 0, middle, np.float32(np.nan))


def _count_of_chunk(chunk: Floats) -> Floats:
    return np.isfinite(chunk).sum(axis=-1).astype(np.float32)
