"""Windowed GeoTIFF reads clipped to an area of interest, and the checks a file must pass first.

Only the GTiff driver is ever used, and no sidecar file is read: a data set cannot make a read reach
for other files. A read is bounded by `MAX_PIXELS`, whatever size the header claims.
"""

from __future__ import annotations

import math
from collections.abc import Generator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, Union

import numpy as np
import rasterio
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyproj import Transformer
from pyproj.exceptions import ProjError
from rasterio.crs import CRS
from rasterio.errors import NotGeoreferencedWarning, RasterioError
from rasterio.features import geometry_mask
from rasterio.io import DatasetReader
from rasterio.warp import Resampling, reproject, transform_bounds
from rasterio.windows import Window
from shapely.geometry.base import BaseGeometry

from ..errors import RetryableToolError, ToolError
from .catalog import AssetRoot, AssetSource, Catalog

if TYPE_CHECKING:
    from .catalogs.stac_assets import RemoteAsset

MAX_PIXELS = 16_000_000
MAX_BLOCK_PIXELS = 64_000_000
COG_MEDIA = "image/tiff; application=geotiff; profile=cloud-optimized"
REFLECTANCE_SCALE = 1e-4
UNSCALED = 2.0
"""Reflectance is about 0 to 1, over bright clouds somewhat more; its median is never above."""
MIN_SHARE_NOTED = 0.995

# A file of this machine, or one behind an address that our own client reads.
RasterFile: TypeAlias = Union[Path, "RemoteAsset"]
Pixels = NDArray[np.float64]
Mask = NDArray[np.bool_]


class Grid(NamedTuple):
    """The pixels of one raster that an AOI's bounding window covers; `inside` is the AOI itself."""

    crs: CRS
    source: Affine
    column: int
    row: int
    inside: Mask
    expected: float
    """Pixels that would lie in the AOI if the raster covered all of it."""

    @property
    def window(self) -> Window:
        """Return the window in the source raster."""
        height, width = self.inside.shape
        return Window(self.column, self.row, width, height)  # pyright: ignore[reportCallIssue]

    @property
    def transform(self) -> Affine:
        """Return the geotransform of the window's own upper left corner."""
        return _shifted(self.source, self.column, self.row)


def _shifted(grid: Affine, column: int, row: int) -> Affine:
    return Affine(grid.a, 0.0, grid.c + grid.a * column, 0.0, grid.e, grid.f + grid.e * row)


def bad_data(path: RasterFile, reason: str) -> ToolError:
    """Return the error for a file that cannot be used."""
    return ToolError(
        f"raster {path.name!r} {reason}; replace or leave out the file", kind="bad_data"
    )


def asset_root(catalog: Catalog) -> AssetRoot:
    """Return where a catalog's assets are found: its folder, or itself when they are remote."""
    return catalog if isinstance(catalog, AssetSource) else catalog.root


def asset_path(root: AssetRoot, href: str) -> RasterFile:
    """Return the raster that an asset's `href` names; a file must lie below the catalog's root."""
    if not isinstance(root, Path):
        return root.asset(href)
    path = (root / href).resolve()
    if not path.is_relative_to(root.resolve()):
        raise ToolError(
            f"asset {href!r} points outside the catalog; correct the catalog's href",
            kind="bad_data",
        )
    return path


def aoi_shape(aoi: Mapping[str, Any]) -> BaseGeometry:
    """Return the polygon of an AOI payload, in EPSG:4326."""
    shape = shapely.make_valid(shapely.geometry.shape(aoi["geometry"]))
    if shape.area == 0:
        raise ToolError(f"the AOI {aoi.get('name')!r} has no area; choose a place", kind="bad_data")
    return shape


@contextmanager
def open_geotiff(path: RasterFile) -> Generator[DatasetReader, None, None]:
    """Open a GeoTIFF that is north-up, georeferenced and safe to read by windows."""
    if not isinstance(path, Path):
        from .catalogs.stac_assets import open_remote

        with open_remote(path) as dataset:
            _check(path, dataset)
            yield dataset
        return
    if not path.is_file():
        raise bad_data(path, "does not exist")
    if path.stat().st_size == 0:
        raise bad_data(path, "is empty (0 bytes)")
    with rasterio.Env(GDAL_DISABLE_READDIR_ON_OPEN="EMPTY_DIR", GDAL_PAM_ENABLED="NO"):
        try:
            with _opened(path) as dataset:
                _check(path, dataset)
                yield dataset
        except (RasterioError, MemoryError) as error:
            raise bad_data(path, f"cannot be read ({type(error).__name__}: {error})") from error


def _opened(path: Path) -> DatasetReader:
    # rasterio warns of a raster without a geotransform. The warning is left alone: filters belong
    # to the process, and a thread that changes them changes them for all. Where the process makes
    # warnings errors, the error is what `_check` would have said.
    try:
        return rasterio.open(path, driver="GTiff")
    except NotGeoreferencedWarning as error:
        raise bad_data(path, "has no geotransform") from error


def _check(path: RasterFile, dataset: DatasetReader) -> None:
    grid = dataset.transform
    if grid.is_identity:
        raise bad_data(path, "has no geotransform")
    if dataset.crs is None:
        raise bad_data(path, "has no coordinate reference system")
    if grid.b or grid.d or grid.a <= 0 or grid.e >= 0:
        raise bad_data(path, f"is rotated or not north-up (geotransform {tuple(grid)[:6]!r})")
    if any(np.issubdtype(np.dtype(kind), np.complexfloating) for kind in dataset.dtypes):
        raise bad_data(path, f"holds complex numbers ({dataset.dtypes[0]!r})")
    rows, columns = max(dataset.block_shapes, key=math.prod)
    if rows * columns > MAX_BLOCK_PIXELS:
        raise ToolError(
            f"raster {path.name!r} has blocks of {rows} x {columns} pixels; "
            f"write it with tiles of at most {MAX_BLOCK_PIXELS} pixels",
            kind="too_large",
        )


def clip_grid(path: RasterFile, aoi: BaseGeometry) -> Grid:
    """Return the part of a raster's grid that an AOI (EPSG:4326) covers."""
    with open_geotiff(path) as dataset:
        try:
            footprint = shapely.box(*transform_bounds(dataset.crs, "EPSG:4326", *dataset.bounds))
            part = shapely.intersection(aoi, footprint)
            shape = to_crs(part, dataset.crs)
        except (ProjError, RasterioError) as error:
            raise bad_data(path, f"has an unusable CRS ({error})") from error
        column, row, width, height = _window(dataset, shape)
        if part.area == 0 or width <= 0 or height <= 0:
            raise _outside(path)
        if width * height > MAX_PIXELS:
            raise ToolError(
                f"the area covers {width} x {height} pixels of raster {path.name!r}, more than "
                f"{MAX_PIXELS}; choose a smaller area",
                kind="too_large",
            )
        transform = _shifted(dataset.transform, column, row)
        inside = geometry_mask([shape], (height, width), transform, invert=True)
        if not inside.any():
            raise _outside(path)
        pixel = abs(transform.a * transform.e)
        expected = shape.area / pixel * aoi.area / part.area
        return Grid(dataset.crs, dataset.transform, column, row, inside, expected)


def _outside(path: RasterFile) -> ToolError:
    return RetryableToolError(
        f"no pixel centre of raster {path.name!r} lies in the area; choose another area or scene",
        kind="precondition",
    )


def to_crs(shape: BaseGeometry, crs: CRS | str) -> BaseGeometry:
    """Return an EPSG:4326 geometry in another CRS, its long edges bent as the projection bends."""
    if shape.is_empty:
        return shape
    west, south, east, north = shape.bounds
    step = max(east - west, north - south, 1e-9) / 64
    transformer = Transformer.from_crs("EPSG:4326", crs, always_xy=True)

    def forward(points: Pixels) -> Pixels:
        return np.column_stack(transformer.transform(points[:, 0], points[:, 1]))

    return shapely.transform(shapely.segmentize(shape, step), forward)


def _window(dataset: DatasetReader, shape: BaseGeometry) -> tuple[int, int, int, int]:
    if shape.is_empty or not all(map(math.isfinite, shape.bounds)):
        return 0, 0, 0, 0
    left, bottom, right, top = shape.bounds
    grid = dataset.transform
    column = max(math.floor((left - grid.c) / grid.a), 0)
    row = max(math.floor((top - grid.f) / grid.e), 0)
    last_column = min(math.ceil((right - grid.c) / grid.a), dataset.width)
    last_row = min(math.ceil((bottom - grid.f) / grid.e), dataset.height)
    return column, row, last_column - column, last_row - row


def read_band(path: RasterFile, band: int, grid: Grid) -> Pixels:
    """Return one band on the grid in its physical unit; NaN where there is no data.

    A band on another grid (20 m beside 10 m) is resampled bilinearly; `uint16` without a scale of
    its own is reflectance times 10 000, as Sentinel-2 stores it.
    """
    with open_geotiff(path) as dataset:
        _check_band(path, dataset, band)
        if dataset.crs == grid.crs and dataset.transform == grid.source:
            raw = dataset.read(band, window=grid.window, masked=True)
            pixels = np.ma.filled(raw.astype(np.float64), np.nan)
        else:
            pixels = _resampled(dataset, band, grid, Resampling.bilinear)
        scale, offset = dataset.scales[band - 1], dataset.offsets[band - 1]
        if (scale, offset) == (1.0, 0.0) and dataset.dtypes[band - 1] == "uint16":
            scale = REFLECTANCE_SCALE
        return pixels * scale + offset


def read_mask(path: RasterFile, band: int, grid: Grid) -> Mask:
    """Return where a mask band is not zero, on the grid (nearest neighbour)."""
    with open_geotiff(path) as dataset:
        _check_band(path, dataset, band)
        if dataset.crs == grid.crs and dataset.transform == grid.source:
            return dataset.read(band, window=grid.window) != 0
        return _resampled(dataset, band, grid, Resampling.nearest) > 0


def _check_band(path: RasterFile, dataset: DatasetReader, band: int) -> None:
    if not 1 <= band <= dataset.count:
        raise bad_data(path, f"has no band {band!r} (it has {dataset.count})")


def _resampled(dataset: DatasetReader, band: int, grid: Grid, method: Resampling) -> Pixels:
    pixels = np.full(grid.inside.shape, np.nan)
    reproject(
        rasterio.band(dataset, band),
        pixels,
        dst_transform=grid.transform,
        dst_crs=grid.crs,
        dst_nodata=np.nan,
        resampling=method,
    )
    return pixels


def read_clip(path: RasterFile, aoi: BaseGeometry) -> tuple[Pixels, Grid]:
    """Return the first band inside the AOI, NaN elsewhere; an area without data is an error."""
    grid = clip_grid(path, aoi)
    pixels = read_band(path, 1, grid)
    pixels[~grid.inside] = np.nan
    require_data(path, pixels)
    return pixels, grid


def require_data(path: RasterFile, pixels: Pixels) -> None:
    """Raise a typed error when no pixel is valid."""
    if not np.isfinite(pixels).any():
        raise bad_data(path, "has only nodata or cloud in the area")


def on_day(raster: Mapping[str, Any]) -> str:
    """Return " on" and the day or period of a raster payload; nothing when it has none."""
    day = str(raster.get("date", ""))
    return f" on {day}" if day else ""


def valid_share(pixels: Pixels, grid: Grid) -> float:
    """Return the share of the AOI that valid pixels cover, in [0, 1]."""
    return min(float(np.isfinite(pixels).sum() / max(grid.expected, 1.0)), 1.0)


def share_notes(pixels: Pixels, grid: Grid) -> tuple[str, ...]:
    """Return the caveat for an AOI that valid pixels do not cover entirely."""
    share = valid_share(pixels, grid)
    if share >= MIN_SHARE_NOTED:
        return ()
    said = f"only {share:.1%}" if share >= 0.001 else "less than 0.1%"
    return (f"{said} of the area has valid pixels; the rest is cloud or no data",)
