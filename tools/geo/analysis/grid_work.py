"""Work on the blocks of a grid in a few threads, with as few blocks in memory as threads.

Reading and decoding release the interpreter's lock, so threads are enough; results come back in the
order of the blocks, so that sums do not depend on which thread was faster.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final, TypeVar

import numpy as np
import rasterio
from numpy.typing import NDArray

from ..raster import Grid, Pixels
from .blocks import CACHE_BYTES, Unit
from .quantiles import key_values, order_keys

Result = TypeVar("Result")

THREADS: Final = min(4, os.cpu_count() or 1)
VALUES_KEPT: Final = 1 << 23
_HALF: Final = np.uint32(16)
_LOW: Final = np.uint32(0xFFFF)


@contextmanager
def bounded_cache() -> Generator[None, None, None]:
    """Hold GDAL's block cache to a fixed size, whatever the machine's memory."""
    with rasterio.Env(GDAL_CACHEMAX=CACHE_BYTES):
        yield


def map_blocks(
    work: Callable[[Grid], Result], blocks: Iterable[Grid], threads: int = THREADS
) -> Generator[tuple[Grid, Result], None, None]:
    """Return every block with what `work` makes of it, in order."""
    with ThreadPoolExecutor(threads) as pool:
        waiting: deque[tuple[Grid, Future[Result]]] = deque()
        try:
            for block in blocks:
                waiting.append((block, pool.submit(work, block)))
                if len(waiting) > threads:
                    first, future = waiting.popleft()
                    yield first, future.result()
            while waiting:
                first, future = waiting.popleft()
                yield first, future.result()
        finally:
            for _, future in waiting:
                future.cancel()


def unit_of(block: Grid) -> Unit:
    """Return the rectangle of a block on its grid, to write it there."""
    height, width = block.inside.shape
    return Unit(block.row, block.column, height, width)


@dataclass
class Tally:
    """Count, mean and median of pixels that come block by block, compared as float32.

    The median is exact: few values are kept; of many, the upper halves of their order-preserving
    keys are counted, and a second reading (`again`) counts the lower halves of the middle ones.
    """

    count: int = 0
    total: float = 0.0
    _kept: list[NDArray[np.float32]] = field(default_factory=list[NDArray[np.float32]])
    _upper: NDArray[np.int64] | None = None

    def add(self, pixels: Pixels) -> None:
        """Take in the finite pixels of a block."""
        values = pixels[np.isfinite(pixels)].astype(np.float32)
        self.count += len(values)
        self.total += float(values.sum(dtype=np.float64))
        if self._upper is None and self.count <= VALUES_KEPT:
            self._kept.append(values)
            return
        if self._upper is None:
            self._upper = np.zeros(1 << 16, dtype=np.int64)
            for earlier in self._kept:
                self._upper += _halves(order_keys(earlier) >> _HALF)
            self._kept = []
        self._upper += _halves(order_keys(values) >> _HALF)

    @property
    def mean(self) -> float:
        """Return the mean; NaN of nothing."""
        return self.total / self.count if self.count else float("nan")

    def median(self, again: Callable[[], Iterable[Pixels]]) -> float:
        """Return the median; `again` gives the same pixels once more, when they are many."""
        if not self.count:
            return float("nan")
        if self._upper is None:
            return float(np.median(np.concatenate(self._kept).astype(np.float64)))
        ranks = sorted({(self.count - 1) // 2, self.count // 2})
        upto = np.cumsum(self._upper)
        buckets = [int(np.searchsorted(upto, rank, side="right")) for rank in ranks]
        lower = {bucket: np.zeros(1 << 16, dtype=np.int64) for bucket in buckets}
        for pixels in again():
            values = pixels[np.isfinite(pixels)].astype(np.float32)
            keys = order_keys(values)
            for bucket in lower:
                lower[bucket] += _halves(keys[keys >> _HALF == bucket] & _LOW)
        found: list[float] = []
        for rank, bucket in zip(ranks, buckets, strict=True):
            before = int(upto[bucket] - self._upper[bucket])
            low = int(np.searchsorted(np.cumsum(lower[bucket]), rank - before, side="right"))
            key = np.array([(bucket << 16) | low], dtype=np.uint32)
            found.append(float(key_values(key)[0]))
        return sum(found) / len(found)


def _halves(keys: NDArray[np.uint32]) -> NDArray[np.int64]:
    return np.bincount(keys.astype(np.int64), minlength=1 << 16)
