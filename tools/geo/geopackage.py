"""GeoPackage files whose bytes depend on their content alone, not on when they were written."""

from __future__ import annotations

from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path

import geopandas as gpd
import pyogrio

GPKG_MEDIA = "application/geopackage+sqlite3"
_CLOCK = "OGR_CURRENT_DATE"
_FIXED_TIME = "2000-01-01T00:00:00.000Z"


def write_geopackage(
    path: Path, frame: gpd.GeoDataFrame, *, layer: str, description: str = ""
) -> None:
    """Write a layer with a spatial index; the same rows always give the same bytes."""
    with _fixed_clock():
        pyogrio.write_dataframe(
            frame,
            path,
            layer=layer,
            driver="GPKG",
            layer_options={"SPATIAL_INDEX": "YES", "IDENTIFIER": layer, "DESCRIPTION": description},
        )


@contextmanager
def _fixed_clock() -> Generator[None, None, None]:
    before = pyogrio.get_gdal_config_option(_CLOCK)
    pyogrio.set_gdal_config_options({_CLOCK: _FIXED_TIME})
    try:
        yield
    finally:
        pyogrio.set_gdal_config_options({_CLOCK: before})
