"""The files of a synthetic archive, read directly: ground truth must not rest on the tools."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import NamedTuple

import geopandas as gpd
import numpy as np
from numpy.typing import NDArray
from shapely.geometry.base import BaseGeometry

SCENES = "sentinel-2"
TABLES = {
    "xview1": "xview1/xview1_labels.gpkg",
    "fair1m": "fair1m/fair1m_labels.gpkg",
    "bigearthnet": "bigearthnet/ben_lcc.gpkg",
}
_EPOCH = date(1970, 1, 1).toordinal()

Days = NDArray[np.int64]


class Holdings(NamedTuple):
    """All rows of an archive in memory; every frame has a column `day` (proleptic ordinal).

    Tables hold points inside the outlines; the column `outline` has the outlines themselves.
    """

    root: Path
    scenes: gpd.GeoDataFrame
    tables: dict[str, gpd.GeoDataFrame]

    def scenes_in(self, area: BaseGeometry | None, start: date, end: date) -> gpd.GeoDataFrame:
        """Return the scenes whose box meets an area (None: anywhere) on a day of [start, end)."""
        return _of_days(_meeting(self.scenes, area), start, end)

    def rows_in(
        self, collection: str, area: BaseGeometry | None, start: date, end: date
    ) -> gpd.GeoDataFrame:
        """Return the rows that stand in an area (None: anywhere) on a day of [start, end)."""
        table = self.tables[collection]
        return _of_days(_meeting(table, area), start, end)


def read_holdings(root: Path) -> Holdings:
    """Read the scene index and the tables of an archive."""
    scenes = gpd.read_file(root / SCENES / "index.gpkg")
    scenes["day"] = _EPOCH + scenes["date"].to_numpy("datetime64[D]").astype(np.int64)
    tables: dict[str, gpd.GeoDataFrame] = {}
    for name, path in TABLES.items():
        table = gpd.read_file(root / path)
        days = table["date"].dt.tz_localize(None).to_numpy("datetime64[D]")
        points = table.geometry.representative_point()
        tables[name] = gpd.GeoDataFrame(
            {
                "cat_name": table["cat_name"],
                "day": _EPOCH + days.astype(np.int64),
                "outline": table.geometry,
            },
            geometry=points,
            crs=table.crs,
        )
    return Holdings(root, scenes, tables)


def _meeting(frame: gpd.GeoDataFrame, area: BaseGeometry | None) -> gpd.GeoDataFrame:
    if area is None:
        return frame
    return frame.iloc[np.sort(frame.sindex.query(area, predicate="intersects"))]


def _of_days(frame: gpd.GeoDataFrame, start: date, end: date) -> gpd.GeoDataFrame:
    days = frame["day"].to_numpy()
    return frame.iloc[np.flatnonzero((days >= start.toordinal()) & (days < end.toordinal()))]
