"""How often which values occur in the area of interest, in round bins."""

from __future__ import annotations

import math
from typing import Annotated, Final

import numpy as np

from ...records import ArtifactRef, ToolResult, Value
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from .aoi_raster import aoi_raster
from .csv_table import write_table
from .scanline import Floats, Integers
from .zone_engine import Gathered, ZonedRaster, reduce_zones
from .zone_figures import moments

MOST_BINS: Final = 20
NEARLY_EQUAL: Final = 1e-6
SMALLEST: Final = 1e-30
_STEPS: Final = (1, 2, 5)


class HistogramOfArgs(ToolArgs):
    """The newest raster, in the newest area."""

    raster: Annotated[str, Live("handle.raster", hidden=True)]
    aoi: Annotated[str, Live("handle.aoi", hidden=True)]


def round_edges(least: float, most: float) -> Floats:
    """Return bin edges: multiples of the smallest width that needs no more than 20 bins.

    Widths are 1, 2 or 5 times a power of ten; the edges enclose [least, most].
    """
    scale = max(abs(least), abs(most))
    spread = most - least
    if spread <= scale * NEARLY_EQUAL or scale < SMALLEST:
        # Practically one value: some room around it.
        spread = scale / 10 if scale >= SMALLEST else 1.0
    exponent = math.floor(math.log10(spread / MOST_BINS)) - 1
    while True:
        for step in _STEPS:
            # Division by a power of ten keeps 0.3 what a person writes; 3 * 0.1 is not.
            unit, over = (step, 10**-exponent) if exponent < 0 else (step * 10**exponent, 1)
            first = math.floor(least * over / unit)
            last = max(math.ceil(most * over / unit), first + 1)
            # A division may round a least value to zero, and so past it.
            first -= int(first * unit / over > least)
            last += int(last * unit / over < most)
            if last - first <= MOST_BINS:
                return np.array([number * unit / over for number in range(first, last + 1)])
        exponent += 1


def count_bins(raster: ZonedRaster, edges: Floats) -> Integers:
    """Return how many pixels lie in each bin: [low, high), the last with its upper edge."""

    def count(part: Gathered) -> Integers:
        # Edges of the raster's own type, so that a pixel of 0.3 is not below 0.3.
        place = np.searchsorted(edges.astype(part.values.dtype), part.values, side="right") - 1
        return np.bincount(np.clip(place, 0, len(edges) - 2), minlength=len(edges) - 1)

    return sum(reduce_zones(raster, count), np.zeros(len(edges) - 1, dtype=np.int64))


def histogram_of(context: ToolContext, args: HistogramOfArgs) -> ToolResult:
    """Count the AOI's valid pixels in at most 20 round bins between minimum and maximum."""
    with aoi_raster(context, args.raster, args.aoi) as area:
        figures = moments(area.raster, spread=False)
        valid = int(figures.count[0, 0])
        area.require_data(valid)
        edges = round_edges(float(figures.least[0, 0]), float(figures.most[0, 0]))
        counts = count_bins(area.raster, edges)
    bins = list(zip(edges[:-1].tolist(), edges[1:].tolist(), counts.tolist(), strict=True))
    title = f"Histogram of {area.title}"
    table = write_table(
        context.store,
        "histogram.csv",
        title,
        ("from", "to", "pixels", "share"),
        [(*row, row[2] / valid) for row in bins],
    )
    low, high, most = bins[int(np.argmax(counts))]
    figure = Value(name="pixel_count", value=valid, unit="", about=area.said("number of"))
    return ToolResult(
        summary=f"table histogram of {valid} pixels in {len(bins)} bins"[:80],
        outputs={"table": table, "histogram": {"title": title, "unit": area.unit, "bins": bins}},
        values=(
            figure,
            Value(
                name="mode_from", value=low, unit=area.unit, about="lower edge of the fullest bin"
            ),
            Value(
                name="mode_to", value=high, unit=area.unit, about="upper edge of the fullest bin"
            ),
            Value(name="mode_pixels", value=most, unit="", about="pixels in the fullest bin"),
        ),
        artifacts=(ArtifactRef.model_validate(table["artifact"]),),
        notes=area.notes(valid),
    )


HISTOGRAM_OF = ToolSpec(
    name="histogram_of",
    summary="count the raster's pixels in bins of value",
    args=HistogramOfArgs,
    run=histogram_of,
    produces=frozenset({"value", "table", "histogram"}),
    consumes=frozenset({"raster", "aoi"}),
    effect="writes",
    cost="seconds",
)
