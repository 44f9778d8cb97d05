"""The synthetic coast around a place: sea, river, harbour, town, fields, wetland, forest, airport.

Coordinates are kilometres east (x) and north (y) of the place. The town grows, the wetland shrinks
and one forest burns; everything else stands still.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

from .noise import Grid, cell_hash, fractal_noise

CoverMap: TypeAlias = NDArray[np.uint8]
_FIRST_DAY, _LAST_DAY = date(2017, 1, 1), date(2026, 1, 1)


class Cover(IntEnum):
    """What covers a pixel."""

    SEA = 0
    RIVER = 1
    BASIN = 2
    QUAY = 3
    INDUSTRY = 4
    TOWN = 5
    PARK = 6
    AIRFIELD = 7
    RUNWAY = 8
    FIELD = 9
    GRASSLAND = 10
    FOREST = 11
    BURNT = 12
    WETLAND = 13
    BEACH = 14


@dataclass(frozen=True)
class Terrain:
    """The unchanging part of a place, and the fields that its changes are thresholds of."""

    base: CoverMap
    town: Grid
    wetland: Grid
    burn: Grid
    burn_day: date
    field_row: NDArray[np.int64]
    field_column: NDArray[np.int64]
    block: Grid
    texture: Grid

    def cover(self, day: date) -> CoverMap:
        """Return the cover map of a day."""
        years = (day - _FIRST_DAY).days / (_LAST_DAY - _FIRST_DAY).days
        out = self.base.copy()
        soft = (out == Cover.FIELD) | (out == Cover.GRASSLAND) | (out == Cover.FOREST)
        if day >= self.burn_day:
            out[(out == Cover.FOREST) & (self.burn < 1)] = Cover.BURNT
        marsh = soft & (self.wetland < 1 - 0.5 * years)
        out[marsh] = Cover.WETLAND
        grown = soft & ~marsh & (self.town > 0.62 - 0.2 * years)
        out[grown] = np.where(self.block[grown] < 0.08, Cover.PARK, Cover.TOWN)
        return out


@dataclass(frozen=True)
class _Frame:
    """Coordinates of every pixel: `inland` is negative at sea, `along` runs along the coast."""

    x: Grid
    y: Grid
    inland: Grid
    along: Grid


def make_terrain(rng: np.random.Generator, size: int, half_km: float) -> Terrain:
    """Return the terrain of a square of 2 x `half_km`, its town in the middle."""
    frame = _coast(rng, size, half_km)
    wood, open_land = fractal_noise(rng, size, 4), fractal_noise(rng, size, 5)
    base = np.full((size, size), Cover.FIELD, np.uint8)
    base[open_land > 0.62] = Cover.GRASSLAND
    base[wood > 0.6] = Cover.FOREST
    _airport(rng, frame, base)
    mouth = float(rng.uniform(-2.5, 2.5))
    side = float(rng.choice([-1.0, 1.0]))
    _waterside(rng, frame, base, (mouth, side))
    radius = np.hypot(frame.x, frame.y)
    town = np.exp(-((radius / 5.2) ** 2)) * (0.55 + 0.9 * fractal_noise(rng, size, 7))
    marsh = np.hypot(frame.inland - 1.6, frame.along - mouth + side * 3.2) / rng.uniform(2.4, 3.2)
    heart = np.where((base == Cover.FOREST) & (radius > 5), wood, 0)
    row, column = np.unravel_index(int(np.argmax(heart)), heart.shape)
    burn = np.hypot(frame.x - frame.x[row, column], frame.y - frame.y[row, column])
    angle, offset = rng.uniform(0, np.pi), int(rng.integers(1 << 20))
    rows, columns = _patchwork(frame, float(angle), offset)
    return Terrain(
        base=base,
        town=town.astype(np.float32),
        wetland=(marsh + 0.9 * (fractal_noise(rng, size, 8) - 0.5)).astype(np.float32),
        burn=(burn / rng.uniform(1.8, 3.0) + 0.5 * (wood - 0.8)).astype(np.float32),
        burn_day=date(int(rng.integers(2018, 2025)), int(rng.integers(1, 13)), 15),
        field_row=rows,
        field_column=columns,
        block=cell_hash(
            np.floor(frame.along / 0.36).astype(np.int64),
            np.floor(frame.inland / 0.36).astype(np.int64),
            offset,
        ),
        texture=rng.standard_normal((size, size), dtype=np.float32),
    )


def _coast(rng: np.random.Generator, size: int, half_km: float) -> _Frame:
    at = ((np.arange(size, dtype=np.float32) + 0.5) / size * 2 - 1) * half_km
    x, y = (axis.astype(np.float32) for axis in np.meshgrid(at, -at))
    bearing = rng.uniform(0, 2 * np.pi)
    seaward = x * np.cos(bearing) + y * np.sin(bearing)
    along = -x * np.sin(bearing) + y * np.cos(bearing)
    inland = float(rng.uniform(2.5, 5.0)) - seaward
    return _Frame(x, y, inland.astype(np.float32), along.astype(np.float32))


def _airport(rng: np.random.Generator, frame: _Frame, base: CoverMap) -> None:
    u = frame.inland - rng.uniform(8.0, 10.0)
    v = frame.along - rng.uniform(-5, 5)
    base[(np.abs(u) < 0.7) & (np.abs(v) < 2.0)] = Cover.AIRFIELD
    base[(np.abs(u) < 0.1) & (np.abs(v) < 1.8)] = Cover.RUNWAY
    base[(np.abs(u - 0.45) < 0.15) & (np.abs(v) < 0.5)] = Cover.RUNWAY


def _waterside(
    rng: np.random.Generator, frame: _Frame, base: CoverMap, mouth_and_side: tuple[float, float]
) -> None:
    mouth, side = mouth_and_side
    from_mouth = (frame.along - mouth) * side
    port = (from_mouth > 0.7) & (from_mouth < 5.2)
    wiggle = (fractal_noise(rng, base.shape[0], 5) - 0.5) * 4.5
    calm = np.clip(np.abs(from_mouth - 3) / 3 - 0.8, 0, 1)
    shore = frame.inland + wiggle * calm
    base[port & (shore < 3.6)] = Cover.INDUSTRY
    base[port & (shore < 2.3)] = Cover.QUAY
    base[port & (shore < 1.8) & (np.mod(from_mouth - 0.9, 1.0) < 0.5)] = Cover.BASIN
    base[(shore < 0.16) & ~port] = Cover.BEACH
    phase = rng.uniform(0, 2 * np.pi)
    bend = 1.3 * np.sin(frame.inland / 2.6 + phase) + 0.5 * np.sin(frame.inland / 0.9 + 2 * phase)
    bend = mouth + bend * np.clip(frame.inland / 4, 0, 1)
    width = 0.22 + 0.35 * np.exp(-np.maximum(frame.inland, 0) / 2)
    base[np.abs(frame.along - bend) < width] = Cover.RIVER
    base[shore < 0] = Cover.SEA
    pier = (np.abs(frame.inland + 0.9) < 0.1) & (from_mouth > 0.2) & (from_mouth < 3.4)
    pier |= (np.abs(from_mouth - 5.1) < 0.1) & (np.abs(frame.inland + 0.35) < 0.6)
    base[pier] = Cover.QUAY


def _patchwork(
    frame: _Frame, angle: float, offset: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    p = frame.x * np.cos(angle) + frame.y * np.sin(angle)
    q = -frame.x * np.sin(angle) + frame.y * np.cos(angle)
    rows = np.floor(q / 0.55).astype(np.int64)
    shift = cell_hash(rows, np.zeros_like(rows), offset)
    return rows, np.floor(p / 0.85 + shift).astype(np.int64)
