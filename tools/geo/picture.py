"""Rasters as pictures: bounded reads, colour scales and a PNG quick look."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import NamedTuple

import numpy as np
import rasterio
from affine import Affine
from bokeh.palettes import BrBG11, PuOr11, RdBu11, RdYlGn11, interp_palette
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from numpy.typing import NDArray
from rasterio.warp import Resampling, reproject, transform_bounds

from .raster import Pixels, open_geotiff, require_data

LONGEST_SIDE = 512
_WATER = RdBu11[::-1]
_PALETTES = {"NDWI": _WATER, "MNDWI": _WATER, "NDMI": BrBG11[::-1], "NDBI": PuOr11}
_VEGETATION = RdYlGn11[::-1]


class Picture(NamedTuple):
    """A raster small enough to draw; `bounds` is (left, bottom, right, top) in `crs`.

    The colour scale of the index runs from -limit to limit, so that zero is its middle colour.
    """

    index_name: str
    pixels: Pixels
    bounds: tuple[float, float, float, float]
    crs: str
    limit: float

    @property
    def palette(self) -> tuple[str, ...]:
        """Return 256 colours from low to high."""
        return tuple(interp_palette(_PALETTES.get(self.index_name, _VEGETATION), 256))

    def rgba(self) -> NDArray[np.uint8]:
        """Return (row, column, 4) colours; pixels without data are transparent."""
        hexes = "".join(colour[1:] for colour in self.palette)
        table = np.frombuffer(bytes.fromhex(hexes), np.uint8).reshape(-1, 3)
        valid = np.isfinite(self.pixels)
        share = np.where(valid, self.pixels, 0.0) / self.limit / 2 + 0.5
        level = np.clip(share * len(table), 0, len(table) - 1).astype(np.intp)
        return np.dstack([table[level], np.where(valid, 255, 0).astype(np.uint8)])


def read_picture(path: Path, index: str, crs: str | None = None) -> Picture:
    """Return the first band with at most 512 pixels a side, in its own or another CRS."""
    with open_geotiff(path) as source:
        target = crs or source.crs
        left, bottom, right, top = transform_bounds(source.crs, target, *source.bounds)
        longest = min(max(source.width, source.height), LONGEST_SIDE)
        step = max(right - left, top - bottom) / longest
        width, height = math.ceil((right - left) / step), math.ceil((top - bottom) / step)
        pixels = np.full((height, width), np.nan)
        reproject(
            rasterio.band(source, 1),
            pixels,
            dst_transform=Affine(step, 0, left, 0, -step, top),
            dst_crs=target,
            dst_nodata=np.nan,
            resampling=Resampling.average
            if longest < max(source.width, source.height)
            else Resampling.nearest,
        )
    require_data(path, pixels)
    bounds = (left, top - step * height, left + step * width, top)
    return Picture(index, pixels, bounds, str(target), _limit(pixels))


def _limit(pixels: Pixels) -> float:
    low, high = np.nanpercentile(pixels, [2, 98])
    return max(math.ceil(10 * max(abs(low), abs(high))) / 10, 0.1)


def quick_look_png(picture: Picture, title: str, subtitle: str) -> bytes:
    """Return a PNG with title, colour bar and coordinates; equal input gives equal bytes."""
    left, bottom, right, top = picture.bounds
    figure = Figure(figsize=(7.2, 6.4), dpi=120, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_facecolor("#eceff1")
    image = axes.imshow(
        picture.pixels,
        cmap=ListedColormap(picture.palette),
        vmin=-picture.limit,
        vmax=picture.limit,
        extent=(left, right, bottom, top),
        interpolation="nearest",
    )
    figure.suptitle(title, fontsize=14, fontweight="bold", parse_math=False)
    axes.set_title(subtitle, fontsize=9, color="#455a64", parse_math=False)
    axes.ticklabel_format(style="plain", useOffset=False)
    axes.tick_params(labelsize=7, colors="#607d8b")
    axes.locator_params(nbins=5)
    figure.colorbar(image, ax=axes, shrink=0.85, label=f"{picture.index_name} (no unit)")
    png = io.BytesIO()
    figure.savefig(png, format="png", metadata={"Software": None})
    return png.getvalue()
