"""What a raster holds, in one streaming pass: count, valid share, mean, spread and percentiles.

Mean and standard deviation are exact (merged by Chan, Golub and LeVeque, 1983). Percentiles come
from a log-linear histogram: the upper 20 bits of every value's order-preserving key are counted, so
that a bin is at most 0.05 % of its value wide, whatever the range; the result is interpolated in
the bin and does not depend on the order of reading. Memory is eight megabytes a band.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Annotated, Final

import numpy as np
import shapely

from ...records import ArtifactRef, ToolResult, Value
from ...spec import Live, ToolArgs, ToolContext, ToolSpec
from .aoi_raster import aoi_raster
from .blocks import open_readers
from .csv_table import write_table
from .quantiles import key_values, order_keys
from .scanline import Integers
from .zone_engine import Gathered, ZonedRaster, zoned_raster
from .zone_figures import moments

PERCENTILES: Final = (5, 25, 50, 75, 95)
BIN_BITS: Final = 20
_SHIFT: Final = 32 - BIN_BITS


@dataclass(frozen=True)
class Summary:
    """A band in figures; percentiles are approximate within 0.05 % of their value.

    `std` is of the population; everything but `count` is NaN when no pixel is valid.
    """

    band: int
    pixels: int
    count: int
    least: float
    most: float
    mean: float
    std: float
    percentiles: dict[int, float]


@dataclass
class BinCounts:
    """How many values fell into each bin, of one band."""

    counts: Integers
    lock: Lock

    @classmethod
    def empty(cls) -> BinCounts:
        """Return counts of nothing."""
        return cls(np.zeros(1 << BIN_BITS, dtype=np.int64), Lock())

    def add(self, part: Gathered) -> None:
        """Count the values of a part."""
        keys = order_keys(part.values.astype(np.float32, copy=False)) >> np.uint32(_SHIFT)
        bins = keys.astype(np.int64)
        first = int(bins.min())
        found = np.bincount(bins - first)
        with self.lock:
            self.counts[first : first + len(found)] += found

    def percentile(self, percent: float) -> float:
        """Return a percentile, interpolated within its bin; NaN without values."""
        upto = np.cumsum(self.counts)
        if not upto[-1]:
            return float("nan")
        rank = percent / 100 * (upto[-1] - 1)
        place = int(np.searchsorted(upto, rank, side="right"))
        first = place << _SHIFT
        low, high = key_values(np.array([first, first + (1 << _SHIFT) - 1], dtype=np.uint32))
        before = upto[place] - self.counts[place]
        return float(low + (high - low) * (rank - before + 0.5) / self.counts[place])


class SummariseRasterArgs(ToolArgs):
    """The newest raster, in the newest area."""

    raster: Annotated[str, Live("handle.raster", hidden=True)]
    aoi: Annotated[str, Live("handle.aoi", hidden=True)]


def summarise_scene(path: Path, bands: Sequence[int] | None = None) -> tuple[Summary, ...]:
    """Return the summary of every band of a whole GeoTIFF, all read in one pass."""
    with open_readers(path) as (dataset,):
        chosen = tuple(bands) if bands is not None else tuple(dataset.indexes)
        outline = shapely.box(*dataset.bounds)
    with zoned_raster(path, lambda _: np.array([outline], dtype=object), chosen) as whole:
        return summarise(whole)


def summarise(raster: ZonedRaster) -> tuple[Summary, ...]:
    """Return the summary of every band within the raster's one zone."""
    bins = {band: BinCounts.empty() for band in raster.bands}
    figures = moments(raster, also=lambda part: bins[part.band].add(part))
    pixels = int(raster.pixel_counts()[0])
    found: list[Summary] = []
    for row, band in enumerate(raster.bands):
        least, most = float(figures.least[row, 0]), float(figures.most[row, 0])
        percentiles = {p: min(max(bins[band].percentile(p), least), most) for p in PERCENTILES}
        mean, std = float(figures.mean[row, 0]), float(figures.std[row, 0])
        count = int(figures.count[row, 0])
        found.append(Summary(band, pixels, count, least, most, mean, std, percentiles))
    return tuple(found)


def summarise_raster(context: ToolContext, args: SummariseRasterArgs) -> ToolResult:
    """Return count, valid share, extremes, mean, spread and percentiles of the AOI's pixels."""
    with aoi_raster(context, args.raster, args.aoi) as area:
        summary = summarise(area.raster)[0]
        area.require_data(summary.count)
    figures: list[tuple[str, float | int, str, str]] = [
        ("pixel_count", summary.count, "", "valid pixels of"),
        ("valid_share", area.share(summary.count), "", "share of the area with valid pixels of"),
        ("raster_min", summary.least, area.unit, "min"),
        ("raster_max", summary.most, area.unit, "max"),
        ("raster_mean", summary.mean, area.unit, "mean"),
        ("raster_std", summary.std, area.unit, "std (population)"),
    ]
    figures += [
        (f"raster_p{percent}", value, area.unit, f"{percent}th percentile (within 0.05 %) of")
        for percent, value in summary.percentiles.items()
    ]
    title = f"Summary of {area.title}"
    rows = [(name, value, unit) for name, value, unit, _ in figures]
    table = write_table(context.store, "summary.csv", title, ("statistic", "value", "unit"), rows)
    return ToolResult(
        summary=f"table summary of {summary.count} pixels, mean {summary.mean:.4g}"[:80],
        outputs={"table": table},
        values=tuple(
            Value(name=name, value=value, unit=unit, about=area.said(what))
            for name, value, unit, what in figures
        ),
        artifacts=(ArtifactRef.model_validate(table["artifact"]),),
        notes=area.notes(summary.count),
    )


SUMMARISE_RASTER = ToolSpec(
    name="summarise_raster",
    summary="summarise the raster: mean, spread, percentiles",
    args=SummariseRasterArgs,
    run=summarise_raster,
    produces=frozenset({"value", "table"}),
    consumes=frozenset({"raster", "aoi"}),
    effect="writes",
    cost="seconds",
)
