"""How numbers become colours and labels: limits, palettes and units of a raster's legend."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Final, NamedTuple

import numpy as np
from bokeh.palettes import PuOr11, Viridis256, interp_palette

from ..raster import Pixels

_CHANGE: Final = ("change", "difference", "trend", "slope per year")
SIGNED_INDICES: Final = frozenset({"NDWI", "MNDWI", "NDBI"})
"""Indices whose sign says whether their subject is there: above zero lies open water (McFeeters
1996, Xu 2006) or built-up land (Zha et al. 2003)."""

Colours = np.ndarray[tuple[int, ...], np.dtype[np.uint8]]


class RasterScale(NamedTuple):
    """Colours from `low` to `high` for a raster, and the legend's label with its unit."""

    low: float
    high: float
    palette: tuple[str, ...]
    label: str

    def colours(self, pixels: Pixels) -> Colours:
        """Return (row, column, 4) colours; pixels without data are transparent."""
        table = colour_table(self.palette)
        valid = np.isfinite(pixels)
        share = (np.where(valid, pixels, self.low) - self.low) / (self.high - self.low)
        level = np.clip(share * len(table), 0, len(table) - 1).astype(np.intp)
        return np.dstack([table[level], np.where(valid, 255, 0).astype(np.uint8)])


def raster_scale(index: str, unit: str, rasters: Sequence[Pixels]) -> RasterScale:
    """Return one scale for rasters of one quantity, between round numbers.

    The limits take in the 2nd to the 98th percentile of all valid pixels. Where the sign matters (a
    change, an index of `SIGNED_INDICES`) the scale is symmetric about zero, from purple to orange;
    anything else is viridis. Both can be told apart with colour blindness and in grey.
    """
    valid = np.concatenate([pixels[np.isfinite(pixels)] for pixels in rasters])
    low, high = (float(v) for v in np.percentile(valid, [2, 98]))
    label = quantity(index, unit)
    if index in SIGNED_INDICES or any(word in index.casefold() for word in _CHANGE):
        limit = _outward(max(abs(low), abs(high), 1e-9))
        return RasterScale(-limit, limit, tuple(interp_palette(PuOr11, 256)), label)
    step = _outward(max(high - low, abs(high) * 1e-6, 1e-9)) / 10
    low, high = math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step
    return RasterScale(low, high, tuple(Viridis256), label)


def quantity(name: str, unit: str) -> str:
    """Return a quantity with its unit, as axes and legends show it."""
    return f"{name} ({unit or 'no unit'})"


def shown(number: float) -> str:
    """Return a number as a legend shows it: four digits, no exponent for ordinary sizes."""
    if number == 0 or 1e-3 <= abs(number) < 1e6:
        text = f"{number:,.{max(0, 3 - _exponent(number))}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    return f"{number:.3g}"


def colour_table(palette: Sequence[str]) -> Colours:
    """Return "#rrggbb" colours as rows of red, green and blue."""
    return np.frombuffer(bytes.fromhex("".join(c[1:] for c in palette)), np.uint8).reshape(-1, 3)


def _outward(number: float) -> float:
    """Return the next round number of one or two digits that is not smaller."""
    unit = 10.0 ** _exponent(number)
    for step in (1.0, 1.5, 2.0, 2.5, 3.0, 4.0, 5.0, 6.0, 8.0, 10.0):
        # A hair of tolerance, so that 0.3 stays 0.3.
        if number <= step * unit * (1 + 1e-9):
            return step * unit
    return 10.0 * unit


def _exponent(number: float) -> int:
    return math.floor(math.log10(abs(number))) if number else 0
