"""Rasters as pictures: bounded reads and a PNG quick look."""

from __future__ import annotations

import io
import math
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np
import rasterio
from affine import Affine
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.patches import Patch
from rasterio.warp import Resampling, reproject, transform_bounds

from .charts.class_scale import ClassScale
from .charts.scale import RasterScale
from .raster import Pixels, open_geotiff, require_data

LONGEST_SIDE: Final = 512
NO_DATA: Final = "#eceff1"
_EDGE: Final = "#90a4ae"


class Picture(NamedTuple):
    """A raster small enough to draw; `bounds` is (left, bottom, right, top) in `crs`."""

    pixels: Pixels
    bounds: tuple[float, float, float, float]
    crs: str

    @property
    def has_holes(self) -> bool:
        """Say whether a pixel has no data."""
        return not bool(np.isfinite(self.pixels).all())


def read_picture(path: Path, crs: str | None = None, *, classes: bool = False) -> Picture:
    """Return the first band with at most 512 pixels a side, in its own or another CRS.

    Of pixels that become one the mean is taken, or with `classes` the most frequent.
    """
    with open_geotiff(path) as source:
        target = crs or source.crs
        left, bottom, right, top = transform_bounds(source.crs, target, *source.bounds)
        longest = min(max(source.width, source.height), LONGEST_SIDE)
        step = max(right - left, top - bottom) / longest
        width, height = math.ceil((right - left) / step), math.ceil((top - bottom) / step)
        pixels = np.full((height, width), np.nan)
        coarser = Resampling.mode if classes else Resampling.average
        reproject(
            rasterio.band(source, 1),
            pixels,
            dst_transform=Affine(step, 0, left, 0, -step, top),
            dst_crs=target,
            dst_nodata=np.nan,
            resampling=coarser
            if longest < max(source.width, source.height)
            else Resampling.nearest,
        )
    require_data(path, pixels)
    bounds = (left, top - step * height, left + step * width, top)
    return Picture(pixels, bounds, str(target))


def quick_look_png(
    picture: Picture, scale: RasterScale | ClassScale, title: str, subtitle: str
) -> bytes:
    """Return a PNG with title, legend and coordinates; equal input gives equal bytes."""
    png = io.BytesIO()
    quick_look(picture, scale, title, subtitle).savefig(
        png, format="png", metadata={"Software": None}
    )
    return png.getvalue()


def quick_look(
    picture: Picture, scale: RasterScale | ClassScale, title: str, subtitle: str
) -> Figure:
    """Return the figure of a raster with title, legend with its unit, and coordinates."""
    figure = Figure(figsize=(7.2, 6.4), dpi=120, layout="constrained", facecolor="white")
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    axes.set_facecolor(NO_DATA)
    _draw(figure, axes, picture, scale)
    figure.suptitle(title, fontsize=14, fontweight="bold", parse_math=False)
    axes.set_title(subtitle, fontsize=9, color="#455a64", parse_math=False)
    axes.ticklabel_format(style="plain", useOffset=False)
    axes.tick_params(labelsize=7, colors="#607d8b")
    axes.locator_params(nbins=5)
    return figure


def _draw(figure: Figure, axes: Axes, picture: Picture, scale: RasterScale | ClassScale) -> None:
    left, bottom, right, top = picture.bounds
    place: dict[str, Any] = {"extent": (left, right, bottom, top), "interpolation": "nearest"}
    holes = (("no data", NO_DATA),) if picture.has_holes else ()
    if isinstance(scale, ClassScale):
        axes.imshow(scale.colours(picture.pixels), **place)
        _legend(axes, (*scale.legend(), *holes), scale.label)
        return
    colours = ListedColormap(scale.palette)
    image = axes.imshow(picture.pixels, cmap=colours, vmin=scale.low, vmax=scale.high, **place)
    figure.colorbar(image, ax=axes, shrink=0.85).set_label(scale.label, parse_math=False)
    if holes:
        _legend(axes, holes, "")


def _legend(axes: Axes, entries: tuple[tuple[str, str], ...], title: str) -> None:
    """Add a legend beside the map, or below it when it is one line."""
    handles = [Patch(facecolor=colour, edgecolor=_EDGE, label=name) for name, colour in entries]
    where: dict[str, Any] = {"loc": "center left", "bbox_to_anchor": (1.01, 0.5)}
    if len(entries) == 1:
        where = {"loc": "upper right", "bbox_to_anchor": (1.0, -0.05)}
    legend = axes.legend(
        handles=handles, title=title or None, frameon=False, fontsize=8, title_fontsize=9, **where
    )
    for text in (legend.get_title(), *legend.get_texts()):
        text.set_parse_math(False)
