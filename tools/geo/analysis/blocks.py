"""Rasters of any size: read and written one bounded unit of whole blocks at a time.

GDAL's block cache is held to `CACHE_BYTES` while a raster streams; its default is a twentieth of
the machine's memory, which no caller could rely on.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Generator, Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import rasterio
import rasterio.shutil
from numpy.typing import NDArray
from rasterio.enums import MaskFlags
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.windows import Window

from ...artifacts import ArtifactStore
from ...errors import ToolError
from ...records import ArtifactRef
from ...spec import ToolContext
from ..raster import COG_MEDIA, REFLECTANCE_SCALE, bad_data, open_geotiff

CACHE_BYTES: Final = 64_000_000
UNIT_PIXELS: Final = 1 << 19
LARGE_BLOCK: Final = 1 << 23
MAX_WRITTEN: Final = 1_000_000_000
TILE: Final = 512
OUTPUT_UNIT: Final = (TILE, 4 * TILE)

Pixels = NDArray[np.floating]
Room = Callable[[int, str], NDArray[Any]]


class Unit(NamedTuple):
    """A rectangle of pixels that is read at once."""

    row: int
    column: int
    height: int
    width: int

    @property
    def window(self) -> Window:
        """Return the rectangle as rasterio's window."""
        return Window(self.column, self.row, self.width, self.height)  # pyright: ignore[reportCallIssue]


@contextmanager
def open_readers(path: Path, count: int = 1) -> Generator[tuple[DatasetReader, ...], None, None]:
    """Open a GeoTIFF once for each of `count` threads, with a bounded block cache."""
    with ExitStack() as stack:
        stack.enter_context(rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES))
        readers = tuple(stack.enter_context(open_geotiff(path)) for _ in range(count))
        for reader in readers:
            # Asked here, where sidecar files are switched off, because GDAL looks for masks lazily.
            _ = reader.mask_flag_enums
        yield readers


def raster_path(context: ToolContext, payload: Mapping[str, Any]) -> Path:
    """Return the file that a raster payload names."""
    return context.store.path(ArtifactRef.model_validate(payload["artifact"]))


def unit_shape(dataset: DatasetReader, bands: int = 1) -> tuple[int, int]:
    """Return height and width of whole blocks that hold about `UNIT_PIXELS` values, or one block.

    A block of more than `LARGE_BLOCK` values is cut into rows, few of them, as each may have to
    decode the block again.
    """
    rows, columns = dataset.block_shapes[0]
    if rows * columns * bands > LARGE_BLOCK:
        most = 2 * UNIT_PIXELS // bands
        width = min(columns, max(most, 1))
        return max(most // width, 1), width
    budget = max(UNIT_PIXELS // bands, 1)
    across = min(max(math.isqrt(budget) // columns, 1), math.ceil(dataset.width / columns))
    down = max(budget // (columns * across * rows), 1)
    return rows * down, columns * across


def units(
    shape: tuple[int, int], size: tuple[int, int], rows: tuple[int, int] | None = None
) -> Iterator[Unit]:
    """Yield the units of a raster of (height, width) `shape`, left to right and top to bottom."""
    first, last = rows or (0, shape[0])
    for row in range(first, last, size[0]):
        for column in range(0, shape[1], size[1]):
            yield Unit(row, column, min(size[0], last - row), min(size[1], shape[1] - column))


def read_unit(
    dataset: DatasetReader, bands: tuple[int, ...], unit: Unit, room: Room | None = None
) -> Pixels:
    """Return (band, row, column) in the physical unit, NaN where there is no data.

    The scale is that of `read_band`: `uint16` without a scale of its own is reflectance times
    10 000. Values are float32 where that holds the stored type, and float64 elsewhere. `room` gives
    the array to read into, of a number of values of a type.
    """
    shape = len(bands), unit.height, unit.width
    out = room and room(math.prod(shape), dataset.dtypes[bands[0] - 1]).reshape(shape)
    raw = dataset.read(list(bands), window=unit.window, out=out)
    kind = np.float64 if raw.dtype.itemsize > 2 and raw.dtype != np.float32 else np.float32
    pixels = raw.astype(kind, copy=False)
    for place, band in enumerate(bands):
        scale, offset = dataset.scales[band - 1], dataset.offsets[band - 1]
        if (scale, offset) == (1.0, 0.0) and raw.dtype == np.uint16:
            scale = REFLECTANCE_SCALE
        # Before scaling, which may write into the stored values.
        missing = _missing(dataset, band, raw[place], unit)
        if (scale, offset) != (1.0, 0.0):
            pixels[place] = raw[place] * np.float64(scale) + offset
        if missing is not None:
            pixels[place][missing] = np.nan
    return pixels


def _missing(
    dataset: DatasetReader, band: int, raw: NDArray[Any], unit: Unit
) -> NDArray[np.bool_] | None:
    flags = dataset.mask_flag_enums[band - 1]
    if MaskFlags.all_valid in flags:
        return None
    nodata = dataset.nodatavals[band - 1]
    if flags == [MaskFlags.nodata] and nodata is not None:
        return None if math.isnan(nodata) else raw == nodata
    return dataset.read_masks(band, window=unit.window) == 0


def read_padded(dataset: DatasetReader, unit: Unit, halo: int = 1) -> NDArray[np.float64]:
    """Return the first band of a unit and of `halo` pixels around it; NaN outside the raster."""
    top, left = max(unit.row - halo, 0), max(unit.column - halo, 0)
    bottom = min(unit.row + unit.height + halo, dataset.height)
    right = min(unit.column + unit.width + halo, dataset.width)
    known = read_unit(dataset, (1,), Unit(top, left, bottom - top, right - left))[0]
    padded = np.full((unit.height + 2 * halo, unit.width + 2 * halo), np.nan)
    row, column = top - unit.row + halo, left - unit.column + halo
    padded[row : row + known.shape[0], column : column + known.shape[1]] = known
    return padded


def output_units(dataset: DatasetReader) -> Iterator[Unit]:
    """Yield units that fill whole tiles of the raster `write_raster` writes."""
    return units((dataset.height, dataset.width), OUTPUT_UNIT)


def write_raster(
    store: ArtifactStore,
    name: str,
    like: DatasetReader,
    parts: Iterable[tuple[Unit, Pixels]],
    tags: Mapping[str, str],
) -> ArtifactRef:
    """Write a float32 COG on another raster's grid, unit by unit; a raster of NaN is an error."""
    profile = _profile(like)
    scratch, finished = store.scratch(".tif"), store.scratch(".tif")
    valid = 0
    try:
        with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES, GDAL_PAM_ENABLED="NO"):
            with rasterio.open(scratch, "w", **profile) as target:
                target.update_tags(**tags)
                for unit, pixels in parts:
                    valid += int(np.isfinite(pixels).sum())
                    target.write(pixels.astype(np.float32), 1, window=unit.window)
            if not valid:
                raise bad_data(Path(name), "would have only nodata, so it was not written")
            rasterio.shutil.copy(
                scratch, finished, driver="COG", compress="deflate", predictor="yes"
            )
    except RasterioError as error:
        raise ToolError(
            f"raster {name!r} could not be written: {error}", kind="bad_data"
        ) from error
    finally:
        scratch.unlink(missing_ok=True)
        if not (valid and finished.stat().st_size):
            finished.unlink(missing_ok=True)
    return store.put_file(finished, name, COG_MEDIA)


def _profile(like: DatasetReader) -> dict[str, Any]:
    """Return what a raster on this grid is created with; ToolError where it is too large."""
    if like.width * like.height > MAX_WRITTEN:
        raise ToolError(
            f"the result would have {like.height} x {like.width} pixels, more than {MAX_WRITTEN}; "
            "clip the raster to a smaller area first",
            kind="too_large",
        )
    return {
        "driver": "GTiff", "count": 1, "dtype": "float32", "nodata": np.nan,
        "height": like.height, "width": like.width, "crs": like.crs, "transform": like.transform,
        "tiled": True, "blockxsize": TILE, "blockysize": TILE, "BIGTIFF": "IF_SAFER",
    }  # fmt: skip
