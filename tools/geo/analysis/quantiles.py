"""Exact quantiles of zones of any size, in a bounded memory.

Zones that fit into `VALUES_IN_MEMORY` are collected and partitioned. A larger zone is read several
times: its values are mapped to unsigned integers in the same order, and each reading counts 16 more
bits of those that can still hold the wanted rank (a radix selection), so that no value is guessed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from threading import Lock
from typing import Any, Final, NamedTuple

import numpy as np
from numpy.typing import NDArray

from .blocks import Pixels
from .scanline import Floats, Integers, counted
from .zone_engine import Gathered, ZonedRaster, reduce_zones

VALUES_IN_MEMORY: Final = 1 << 23
BITS: Final = 16
ZONES_AT_ONCE: Final = 32


class Quantiles(NamedTuple):
    """Quantiles as (zone, share), and of how many valid pixels; NaN in zones without any."""

    figures: Floats
    counts: Integers


def zone_quantiles(raster: ZonedRaster, shares: Sequence[float]) -> Quantiles:
    """Return the quantiles of the first band, linear between ranks; shares are in [0, 1]."""
    pixels = raster.pixel_counts()
    figures = np.full((raster.edges.zones, len(shares)), np.nan)
    counts = np.zeros(raster.edges.zones, dtype=np.int64)
    for zones in _groups(pixels):
        part = raster.only(zones)
        if pixels[zones].sum() <= VALUES_IN_MEMORY:
            figures[zones], counts[zones] = _collected(part, zones, pixels, shares)
        else:
            figures[zones], counts[zones] = _selected(part, zones, shares)
    return Quantiles(figures, counts)


def _groups(pixels: Integers) -> Iterator[Integers]:
    """Yield zone numbers in groups that fit into the memory; those too large go in small groups."""
    large = np.flatnonzero(pixels > VALUES_IN_MEMORY)
    for first in range(0, len(large), ZONES_AT_ONCE):
        yield large[first : first + ZONES_AT_ONCE]
    small = np.flatnonzero((pixels <= VALUES_IN_MEMORY) & (pixels > 0))
    total = 0
    group: list[int] = []
    for zone in small:
        if group and total + pixels[zone] > VALUES_IN_MEMORY:
            yield np.array(group)
            total, group = 0, []
        total += int(pixels[zone])
        group.append(int(zone))
    if group:
        yield np.array(group)


def _collected(
    raster: ZonedRaster, zones: Integers, pixels: Integers, shares: Sequence[float]
) -> Quantiles:
    room = pixels[zones]
    begins = np.zeros(len(pixels), dtype=np.int64)
    begins[zones] = np.cumsum(room) - room
    ends = begins.copy()
    kind = np.float64 if _key_bits(raster) == 64 else np.float32
    values = np.empty(int(room.sum()), dtype=kind)
    for part in reduce_zones(raster, _kept):
        counts = part.counts
        values[np.repeat(ends[part.zones], counts) + counted(counts)] = part.values
        ends[part.zones] += counts
    result = np.full((len(zones), len(shares)), np.nan)
    for place, zone in enumerate(zones):
        own = values[begins[zone] : ends[zone]].astype(np.float64)
        if len(own):
            result[place] = np.quantile(own, shares)
    return Quantiles(result, (ends - begins)[zones])


def _kept(part: Gathered) -> Gathered:
    return part._replace(values=part.values.copy())


def _key_bits(raster: ZonedRaster) -> int:
    kind = np.dtype(raster.readers[0].dtypes[raster.bands[0] - 1])
    return 32 if kind.itemsize <= 2 or kind == np.float32 else 64


def order_keys(values: Pixels) -> NDArray[Any]:
    """Return unsigned integers in the order of the values (IEEE 754: sign, exponent, fraction)."""
    bits, unsigned = (32, np.uint32) if values.dtype == np.float32 else (64, np.uint64)
    # Adding zero turns -0.0 into 0.0, which must have the same key.
    raw = (values + values.dtype.type(0)).view(unsigned)
    top = unsigned(1 << (bits - 1))
    return np.where(raw & top, ~raw, raw | top)


def key_values(keys: NDArray[Any]) -> Floats:
    """Return the values that the keys stand for."""
    bits, real = (32, np.float32) if keys.dtype == np.uint32 else (64, np.float64)
    top = keys.dtype.type(1 << (bits - 1))
    return np.where(keys & top, keys ^ top, ~keys).view(real).astype(np.float64)


@dataclass
class _Targets:
    """Ranks that are sought: of which zone, what of the key is known, what rank remains in it."""

    zone: Integers
    prefix: NDArray[Any]
    rank: Integers


def _selected(raster: ZonedRaster, zones: Integers, shares: Sequence[float]) -> Quantiles:
    bits = _key_bits(raster)
    unsigned = np.uint32 if bits == 32 else np.uint64
    every = _Targets(zones, np.zeros(len(zones), unsigned), np.zeros(len(zones), np.int64))
    first = _count(raster, every, bits - BITS)
    count = first.sum(axis=1)
    position = np.outer(np.maximum(count - 1, 0), shares)
    ranks = np.stack([np.floor(position), np.ceil(position)], axis=2).astype(np.int64)
    owner = np.broadcast_to(np.arange(len(zones))[:, None, None], ranks.shape).ravel()
    targets = _Targets(zones[owner], np.zeros(len(owner), unsigned), ranks.ravel())
    _refine(targets, first[owner])
    for shift in range(bits - 2 * BITS, -1, -BITS):
        _refine(targets, _count(raster, targets, shift))
    low, high = np.moveaxis(key_values(targets.prefix).reshape(ranks.shape), 2, 0)
    found = low + (high - low) * (position - ranks[:, :, 0])
    found[count == 0] = np.nan
    return Quantiles(found, count)


def _refine(targets: _Targets, counts: Integers) -> None:
    """Add the next 16 bits to every prefix, from how many values have which."""
    upto = np.cumsum(counts, axis=1)
    digit = (upto <= targets.rank[:, None]).sum(axis=1)
    digit = np.minimum(digit, counts.shape[1] - 1)
    at = np.arange(len(digit))
    targets.rank = targets.rank - (upto[at, digit] - counts[at, digit])
    kind = targets.prefix.dtype.type
    targets.prefix = (targets.prefix << kind(BITS)) | digit.astype(targets.prefix.dtype)


def _count(raster: ZonedRaster, targets: _Targets, shift: int) -> Integers:
    """Return for each target how many of its values have which 16 bits above `shift`."""
    counts = np.zeros((len(targets.zone), 1 << BITS), dtype=np.int64)
    lock = Lock()

    def add(part: Gathered) -> None:
        keys = order_keys(part.values) >> part_type(shift)
        ends = np.append(part.offsets, len(keys))
        for place, zone in enumerate(part.zones):
            own = keys[ends[place] : ends[place + 1]]
            for target in np.flatnonzero(targets.zone == zone):
                fits = own[own >> part_type(BITS) == targets.prefix[target]]
                found = np.bincount(
                    (fits & part_type(0xFFFF)).astype(np.int64), minlength=1 << BITS
                )
                with lock:
                    counts[target] += found

    part_type = targets.prefix.dtype.type
    for _ in reduce_zones(raster, add):
        pass
    return counts
