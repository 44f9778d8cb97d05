"""Smooth random fields, the same at every resolution for the same generator state."""

from __future__ import annotations

from typing import TypeAlias

import numpy as np
from numpy.typing import NDArray

Grid: TypeAlias = NDArray[np.float32]


def fractal_noise(rng: np.random.Generator, size: int, cells: int, octaves: int = 4) -> Grid:
    """Return a size x size field in [0, 1] whose largest features span 1/`cells` of the side."""
    at = (np.arange(size, dtype=np.float32) + 0.5) / size
    total = np.zeros((size, size), np.float32)
    for octave in range(octaves):
        count = cells * 2**octave
        lattice = rng.random((count + 1, count + 1), dtype=np.float32)
        left = np.minimum((at * count).astype(np.int64), count - 1)
        t = at * count - left
        t = (t * t * (3 - 2 * t)).astype(np.float32)
        rows = lattice[left] + (lattice[left + 1] - lattice[left]) * t[:, None]
        field = rows[:, left] + (rows[:, left + 1] - rows[:, left]) * t
        total += field * np.float32(0.5**octave)
    low, high = float(total.min()), float(total.max())
    return (total - low) / max(high - low, 1e-6)


def cell_hash(first: NDArray[np.int64], second: NDArray[np.int64], salt: int) -> Grid:
    """Return a repeatable pseudo-random number in [0, 1) for each pair of cell numbers."""
    mixed = (
        first * np.int64(374761393) + second * np.int64(668265263) + np.int64(salt * 2654435 + 1)
    )
    mixed = (mixed ^ (mixed >> np.int64(13))) * np.int64(1274126177)
    mixed ^= mixed >> np.int64(16)
    return ((mixed & np.int64(0xFFFFFF)).astype(np.float32)) / np.float32(0x1000000)
