"""Zonal statistics that weigh every pixel by the exact share of it that a polygon covers.

The geometry is exactextract's (Baston 2018); the pixels are read by us, so that nodata, masks and
scales mean the same as everywhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NoReturn

import geopandas as gpd
import numpy as np
import shapely
from numpy.typing import NDArray

from ...errors import ToolUnavailable
from .blocks import Pixels, Unit, read_unit
from .scanline import Floats
from .zone_engine import ZonedRaster

CELLS_IN_MEMORY: Final = 4_000_000
_OPERATIONS: Final[Mapping[str, str]] = {"std": "stdev", "majority": "mode"}


def exact_statistic(
    raster: ZonedRaster, shapes: NDArray[np.object_], statistic: str
) -> tuple[Floats, Floats]:
    """Return a statistic of each polygon (in the raster's CRS) and how many pixels it covers."""
    try:
        from exactextract import exact_extract
    except ImportError:
        _missing()

    operation = _OPERATIONS.get(statistic, statistic)
    some = np.flatnonzero(np.isfinite(shapely.bounds(shapes)).all(axis=1))
    figures, covered = np.full(len(shapes), np.nan), np.zeros(len(shapes))
    if len(some):
        table: Any = exact_extract(
            _streamed(raster),
            gpd.GeoDataFrame(geometry=list(shapes[some]), crs=raster.readers[0].crs),
            list(dict.fromkeys([operation, "count"])),
            output="pandas",
            max_cells_in_memory=CELLS_IN_MEMORY,
        )
        figures[some] = table[operation].to_numpy(np.float64)
        covered[some] = table["count"].to_numpy(np.float64)
    return np.where(covered > 0, figures, np.nan), covered


def _streamed(raster: ZonedRaster) -> Any:
    """Return the first band as exactextract asks for it; the import is of an optional extra."""
    from exactextract.raster import RasterSource

    dataset = raster.readers[0]

    class Streamed(RasterSource):
        def res(self) -> tuple[float, float]:
            return dataset.transform.a, -dataset.transform.e

        def extent(self) -> tuple[float, float, float, float]:
            return tuple(dataset.bounds)

        def nodata_value(self) -> None:
            return None

        def srs_wkt(self) -> None:
            return None

        def read_window(self, x0: int, y0: int, nx: int, ny: int) -> Pixels:
            pixels = read_unit(dataset, raster.bands[:1], Unit(y0, x0, ny, nx))[0]
            pixels[~np.isfinite(pixels)] = np.nan
            return pixels

    return Streamed()


def _missing() -> NoReturn:
    raise ToolUnavailable(
        "exact coverage needs exactextract; install it with `pip install terragate[exact]` "
        "or use zonal_by_feature"
    )
