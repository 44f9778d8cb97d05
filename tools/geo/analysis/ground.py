"""How large a pixel is on the ground, and how heights compare with it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import numpy as np
from pyproj import CRS, Geod, Proj, Transformer
from pyproj.exceptions import ProjError
from rasterio.io import DatasetReader

from ...errors import RetryableToolError, ToolError
from .blocks import Unit
from .scanline import Floats

TRUE_SCALE: Final = 0.01
POLAR_LATITUDE: Final = 89.0
METRES: Final[Mapping[str, float]] = {
    "": 1.0, "m": 1.0, "ft": 0.3048, "[ft_i]": 0.3048, "[ft_us]": 1200 / 3937, "cm": 0.01,
}  # fmt: skip
_GEOD: Final = Geod(ellps="WGS84")


class CellSize(NamedTuple):
    """Width and height in metres of the pixels of each row, as columns of numbers."""

    width: Floats
    height: Floats


def metres_per_unit(payload: Mapping[str, Any]) -> float:
    """Return how many metres one unit of a height raster is; no unit means metres."""
    unit = str(payload.get("unit", ""))
    if unit not in METRES:
        raise RetryableToolError(
            f"the raster {str(payload['index'])!r} is in {unit!r}, which is no height; "
            "load an elevation raster first",
            kind="precondition",
        )
    return METRES[unit]


def unit_notes(payload: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the caveat for heights without a unit."""
    said = f"{payload['index']} has no unit; its values are taken as metres"
    return () if payload.get("unit") else (said,)


def cell_size(dataset: DatasetReader, unit: Unit) -> CellSize:
    """Return the ground size of the pixels of a unit's rows.

    Geographic: metres per degree on the WGS 84 ellipsoid at each row's latitude. Projected: the
    CRS's own unit, divided by the scale of the projection where that is not within 1 % of true.
    """
    crs = CRS.from_wkt(dataset.crs.to_wkt())
    grid = dataset.transform
    rows = grid.f + grid.e * (np.arange(unit.row, unit.row + unit.height) + 0.5)
    if crs.is_geographic:
        return _geographic(dataset, np.radians(rows))
    if not crs.is_projected:
        raise _unmeasurable(dataset, "is neither geographic nor projected")
    factor = float(crs.axis_info[0].unit_conversion_factor)
    flat = np.ones(unit.height)
    east, north = _scales(dataset, crs, rows)
    return CellSize(
        (grid.a * factor / east * flat)[:, None], (-grid.e * factor / north * flat)[:, None]
    )


def _geographic(dataset: DatasetReader, latitude: Floats) -> CellSize:
    if np.abs(latitude).max() > np.radians(POLAR_LATITUDE):
        raise _unmeasurable(dataset, "reaches a pole")
    squared = 1 - _GEOD.es * np.sin(latitude) ** 2
    prime = _GEOD.a / np.sqrt(squared)
    meridian = _GEOD.a * (1 - _GEOD.es) / squared**1.5
    width = np.radians(dataset.transform.a) * prime * np.cos(latitude)
    height = np.radians(-dataset.transform.e) * meridian
    return CellSize(width[:, None], height[:, None])


def _scales(
    dataset: DatasetReader, crs: CRS, rows: Floats
) -> tuple[Floats | float, Floats | float]:
    """Return the projection's scale along and across each row; 1 where it is nearly true."""
    grid = dataset.transform
    columns = grid.c + grid.a * dataset.width * np.array([0.0, 0.5, 1.0])
    x, y = np.meshgrid(columns, rows)
    try:
        to_degrees = Transformer.from_crs(crs, crs.geodetic_crs, always_xy=True)
        factors = Proj(crs).get_factors(*to_degrees.transform(x, y))
    except ProjError as error:
        raise _unmeasurable(dataset, f"cannot be measured ({error})") from error
    east, north = np.asarray(factors.parallel_scale), np.asarray(factors.meridional_scale)
    if not (np.isfinite(east).all() and np.isfinite(north).all()):
        raise _unmeasurable(dataset, "cannot be measured everywhere")
    both = np.stack([east, north])
    if np.abs(both - 1).max() <= TRUE_SCALE:
        return 1.0, 1.0
    if np.ptp(both, axis=2).max() > TRUE_SCALE:
        raise _unmeasurable(dataset, "is stretched differently along its rows")
    return east[:, 1], north[:, 1]


def _unmeasurable(dataset: DatasetReader, why: str) -> ToolError:
    return ToolError(
        f"the raster's CRS {dataset.crs.to_string()!r} {why}; "
        "reproject it to the UTM zone of the area",
        kind="precondition",
    )
