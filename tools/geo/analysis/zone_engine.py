"""Pixels of many polygons, gathered while a raster streams once through a bounded memory.

The raster is cut into units of whole blocks, in the order of the file, and the runs of pixels of
all polygons are found strip by strip; two threads take the units that a run touches, so that every
block is decoded once. Threads and not processes: decoding a block and reducing an array both
release the interpreter's lock, and nothing has to be copied between them. Results come back in the
order of the units, so that sums do not depend on which thread was faster.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from itertools import chain, islice
from pathlib import Path
from queue import SimpleQueue
from typing import Final, Self, TypeVar

import numpy as np
import shapely
from affine import Affine
from numpy.typing import NDArray
from pyproj import Transformer
from pyproj.exceptions import ProjError
from rasterio.crs import CRS
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader
from rasterio.warp import transform_bounds

from ...errors import ToolError
from ..raster import bad_data
from .blocks import Unit, open_readers, unit_shape
from .scanline import (
    Edges,
    Floats,
    Integers,
    Runs,
    count_pixels,
    pixel_edges,
    scan,
    split_units,
)
from .zone_gather import Desk, Gathered, gather

WORKERS: Final = 2
WAITING: Final = 4 * WORKERS
SCANNED_ROWS: Final = 1024
MAX_STREAMED: Final = 10_000_000_000
MARGIN: Final = 0.01
WGS84: Final = "EPSG:4326"

Result = TypeVar("Result")


@dataclass(frozen=True)
class ZonedRaster:
    """An open raster, the polygons over it in its own pixel coordinates, and the bands to read."""

    path: Path
    readers: tuple[DatasetReader, ...]
    edges: Edges
    bands: tuple[int, ...] = (1,)

    @property
    def shape(self) -> tuple[int, int]:
        """Return height and width in pixels."""
        return self.readers[0].height, self.readers[0].width

    @property
    def reach(self) -> int:
        """Return the number of pixels of the smallest window that holds all zones."""
        edges, (height, width) = self.edges, self.shape
        if not len(edges.zone):
            return 0
        across = np.clip([*_ends(edges.x0), *_ends(edges.x1)], 0, width)
        down = np.clip([edges.y0.min(), edges.y1.max()], 0, height)
        return int(np.ptp(across) * np.ptp(down))

    def only(self, zones: Integers) -> Self:
        """Return the raster with some of the zones; they keep their numbers."""
        return replace(self, edges=self.edges.of(zones))

    def pixel_counts(self) -> Integers:
        """Return the number of pixel centres in each zone, valid or not."""
        return count_pixels(self.edges, self.shape)


@contextmanager
def zoned_raster(
    path: Path,
    shapes: Callable[[DatasetReader], NDArray[np.object_]],
    bands: tuple[int, ...] = (1,),
) -> Generator[ZonedRaster, None, None]:
    """Open a raster with polygons; `shapes` returns them in the CRS of the open raster."""
    with open_readers(path, WORKERS) as readers:
        for band in bands:
            if not 1 <= band <= readers[0].count:
                raise bad_data(path, f"has no band {band!r} (it has {readers[0].count})")
        edges = _edges(shapes(readers[0]), readers[0].transform)
        raster = ZonedRaster(path, readers, edges, bands)
        if raster.reach > MAX_STREAMED:
            raise ToolError(
                f"the area covers {raster.reach} pixels of raster {path.name!r}, more than "
                f"{MAX_STREAMED}; choose a smaller area",
                kind="too_large",
            )
        yield raster


def _ends(values: Floats) -> tuple[float, float]:
    return float(values.min()), float(values.max())


def _edges(shapes: NDArray[np.object_], grid: Affine) -> Edges:
    """Return the edges of polygons; those with infinite coordinates have none."""
    finite = np.isfinite(shapely.bounds(shapes)).all(axis=1)
    kept = np.full(len(shapes), shapely.Polygon(), dtype=object)
    kept[finite] = shapes[finite]
    return pixel_edges(kept, grid)


def shapes_in_crs(
    path: Path, degrees: NDArray[np.object_], dataset: DatasetReader
) -> NDArray[np.object_]:
    """Return EPSG:4326 polygons in the raster's CRS, cut to its surroundings."""
    return bent_to_crs(path, cut_to_raster(path, degrees, dataset), dataset)


def cut_to_raster(
    path: Path, degrees: NDArray[np.object_], dataset: DatasetReader
) -> NDArray[np.object_]:
    """Return the parts of EPSG:4326 polygons that lie over a raster or close to it."""
    try:
        west, south, east, north = transform_bounds(dataset.crs, WGS84, *dataset.bounds)
    except (ProjError, RasterioError) as error:
        raise bad_data(path, f"has an unusable CRS ({error})") from error
    margin = MARGIN * max(east - west, north - south)
    around = shapely.box(west - margin, south - margin, east + margin, north + margin)
    near = np.full(len(degrees), shapely.Polygon(), dtype=object)
    inside = shapely.within(degrees, around)
    near[inside] = degrees[inside]
    reach = shapely.intersects(degrees, around) & ~inside
    near[reach] = shapely.intersection(shapely.make_valid(degrees[reach]), around)
    return near


def bent_to_crs(
    path: Path, degrees: NDArray[np.object_], dataset: DatasetReader
) -> NDArray[np.object_]:
    """Return EPSG:4326 polygons in the raster's CRS, their long edges bent as its projection bends.

    Every shape is given vertices a 64th of its size apart.
    """
    if dataset.crs == CRS.from_string(WGS84):
        return degrees
    try:
        forward = Transformer.from_crs(WGS84, dataset.crs, always_xy=True)
    except ProjError as error:
        raise bad_data(path, f"has an unusable CRS ({error})") from error
    sizes = np.nan_to_num(shapely.bounds(degrees), nan=0.0)
    step = np.maximum(sizes[:, 2] - sizes[:, 0], sizes[:, 3] - sizes[:, 1]) / 64
    dense = shapely.segmentize(degrees, np.maximum(step, 1e-9))

    def project(points: Floats) -> Floats:
        return np.column_stack(forward.transform(points[:, 0], points[:, 1]))

    return shapely.transform(dense, project)


def reduce_zones(raster: ZonedRaster, reducer: Callable[[Gathered], Result]) -> Iterator[Result]:
    """Yield the reducer's result for every unit and band that a zone touches, in a fixed order.

    The reducer runs in two threads at once; at most a few units' results wait to be taken.
    """
    idle: SimpleQueue[Desk] = SimpleQueue()
    for reader in raster.readers:
        idle.put(Desk(reader))

    def work(unit: Unit, runs: Runs) -> list[Result]:
        desk = idle.get()
        try:
            return [reducer(part) for part in gather(desk, raster.bands, unit, runs)]
        finally:
            idle.put(desk)

    yield from _in_order(work, _touched_units(raster))


def _touched_units(raster: ZonedRaster) -> Iterator[tuple[Unit, Runs]]:
    """Yield units in the file's order, cut to what zones touch, with the runs in them."""
    height, width = raster.shape
    size = unit_shape(raster.readers[0], len(raster.bands))
    step = size[0] * max(SCANNED_ROWS // size[0], 1)
    for row in _touched_strips(raster, step):
        for runs in split_units(scan(raster.edges, (row, min(row + step, height)), width), size):
            top, bottom = int(runs.row.min()), int(runs.row.max()) + 1
            left, right = int(runs.start.min()), int(runs.stop.max())
            yield Unit(top, left, bottom - top, right - left), runs


def _touched_strips(raster: ZonedRaster, step: int) -> list[int]:
    edges, height = raster.edges, raster.shape[0]
    inside = (edges.y1 > 0) & (edges.y0 < height)
    touched = np.zeros(-(-height // step) + 1, dtype=np.int64)
    first = np.clip(edges.y0[inside], 0, height - 1) // step
    last = np.clip(edges.y1[inside], 0, height - 1) // step
    np.add.at(touched, first.astype(np.int64), 1)
    np.add.at(touched, last.astype(np.int64) + 1, -1)
    return [int(strip) * step for strip in np.flatnonzero(np.cumsum(touched[:-1]))]


def _in_order(
    work: Callable[[Unit, Runs], list[Result]], tasks: Iterator[tuple[Unit, Runs]]
) -> Iterator[Result]:
    start = list(islice(tasks, 2))
    if len(start) < 2:
        for task in start:
            yield from work(*task)
        return
    waiting: deque[Future[list[Result]]] = deque()
    with ThreadPoolExecutor(max_workers=WORKERS) as pool:
        try:
            for task in chain(start, tasks):
                waiting.append(pool.submit(work, *task))
                if len(waiting) > WAITING:
                    yield from waiting.popleft().result()
            while waiting:
                yield from waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()
