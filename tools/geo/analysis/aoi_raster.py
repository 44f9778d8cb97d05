"""The newest raster seen through the newest area of interest, ready to stream."""

from __future__ import annotations

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from rasterio.io import DatasetReader

from ...errors import RetryableToolError
from ...spec import ToolContext
from ..covered import covered_notes
from ..raster import aoi_shape, bad_data, on_day
from .blocks import raster_path
from .zone_engine import ZonedRaster, bent_to_crs, cut_to_raster, zoned_raster


class AoiRaster(NamedTuple):
    """A raster whose only zone is the AOI; `expected` pixels lie in the AOI, covered or not."""

    payload: Mapping[str, Any]
    raster: ZonedRaster
    expected: float

    @property
    def title(self) -> str:
        """Return what the pixels are."""
        return str(self.payload["index"])

    @property
    def unit(self) -> str:
        """Return the unit of the pixels."""
        return str(self.payload.get("unit", ""))

    def said(self, what: str) -> str:
        """Return the words that say what a figure is, of which raster and day."""
        return f"{what} {self.title} of valid pixels{on_day(self.payload)}"

    def share(self, valid: int) -> float:
        """Return the share of the AOI that `valid` pixels cover, in [0, 1]."""
        return min(valid / max(self.expected, 1.0), 1.0)

    def notes(self, valid: int) -> tuple[str, ...]:
        """Return the caveat for an AOI that valid pixels do not cover entirely."""
        return covered_notes(self.share(valid))

    def require_data(self, valid: int) -> None:
        """Raise a typed error when no pixel is valid."""
        if not valid:
            raise bad_data(self.raster.path, "has only nodata or cloud in the area")


@contextmanager
def aoi_raster(context: ToolContext, raster: str, aoi: str) -> Generator[AoiRaster, None, None]:
    """Open the raster of a record with the AOI of a record as its one zone."""
    payload = context.output(raster, "raster")
    path = raster_path(context, payload)
    degrees = aoi_shape(context.output(aoi, "aoi"))
    expected: list[float] = []

    def shapes(dataset: DatasetReader) -> NDArray[np.object_]:
        part = cut_to_raster(path, np.array([degrees], dtype=object), dataset)
        projected = bent_to_crs(path, part, dataset)
        share = part[0].area / degrees.area
        pixel = abs(dataset.transform.a * dataset.transform.e)
        expected.append(projected[0].area / pixel / share if share else 0.0)
        return projected

    with zoned_raster(path, shapes) as zoned:
        if not zoned.pixel_counts().any():
            raise RetryableToolError(
                f"no pixel centre of raster {path.name!r} lies in the area; "
                "choose another area or scene",
                kind="precondition",
            )
        yield AoiRaster(payload, zoned, expected[0])
