"""The pixels of many polygons in one unit of a raster, each polygon's together."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rasterio.io import DatasetReader

from .blocks import Pixels, Unit, read_unit
from .scanline import Integers, Runs, first_of_each, flat_index

GATHERED_PIXELS: Final = 1 << 18


class Gathered(NamedTuple):
    """Valid pixels of a band in one unit, those of each zone together.

    `values[offsets[i] : offsets[i + 1]]` belong to `zones[i]`; every zone has at least one. The
    values are overwritten by the next part: copy what is kept.
    """

    band: int
    zones: Integers
    offsets: Integers
    values: Pixels

    @property
    def counts(self) -> Integers:
        """Return the number of pixels of each zone."""
        return np.diff(self.offsets, append=len(self.values))


class Desk:
    """An open reader, and the arrays that one thread at a time fills again and again.

    A fresh array of megabytes costs more than to fill it, as the system hands out every page anew.
    """

    def __init__(self, reader: DatasetReader) -> None:
        self.reader = reader
        self._arrays: dict[str, NDArray[Any]] = {}

    def room(self, use: str, count: int, kind: str) -> NDArray[Any]:
        """Return an array of `count` values, whatever they are, that has one use at a time."""
        array = self._arrays.get(use)
        if array is None or len(array) < count or array.dtype != kind:
            self._arrays.pop(use, None)
            array = self._arrays[use] = np.empty(count, dtype=kind)
        return array[:count]


def gather(desk: Desk, bands: tuple[int, ...], unit: Unit, runs: Runs) -> Iterator[Gathered]:
    """Yield the valid pixels of runs in a unit, band by band, many zones at once."""
    pixels = read_unit(desk.reader, bands, unit, lambda count, kind: desk.room("unit", count, kind))
    flat = pixels.reshape(len(bands), -1)
    for some in _bounded(runs):
        lengths = some.lengths
        ends = np.cumsum(lengths)
        first = first_of_each(some.zone)
        offsets = ends[first] - lengths[first]
        index = flat_index(some, unit, desk.room("index", int(ends[-1]), "int64"))
        for place, band in enumerate(bands):
            values = desk.room("values", len(index), flat.dtype.str)
            # Every index is valid; with any mode but "raise" numpy needs no copy of `out`.
            flat[place].take(index, out=values, mode="clip")
            part = _valid(desk, band, some.zone[first], offsets, values)
            if len(part.zones):
                yield part


def _bounded(runs: Runs) -> Iterator[Runs]:
    """Cut runs between zones, so that zones that overlap do not add up to a large array."""
    lengths = runs.lengths
    before = np.cumsum(lengths) - lengths
    if before[-1] < GATHERED_PIXELS:
        yield runs
        return
    first = first_of_each(runs.zone)
    cuts = first[first_of_each(before[first] // GATHERED_PIXELS)]
    for start, stop in pairwise([*cuts.tolist(), len(runs.zone)]):
        yield Runs(*(column[start:stop] for column in runs))


def _valid(desk: Desk, band: int, zones: Integers, offsets: Integers, values: Pixels) -> Gathered:
    valid = np.isfinite(values, out=desk.room("valid", len(values), "bool"))
    if valid.all():
        return Gathered(band, zones, offsets, values)
    counts = np.add.reduceat(valid, offsets, dtype=np.int64)
    kept = counts > 0
    counts = counts[kept]
    return Gathered(band, zones[kept], np.cumsum(counts) - counts, values[valid])
