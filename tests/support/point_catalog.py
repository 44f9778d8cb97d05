"""A catalog in memory: ships at points, and nothing else."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import geopandas as gpd
from shapely.geometry import Point
from shapely.geometry.base import BaseGeometry
from terragate.tools.geo.catalog import CollectionInfo, Interval, Scene
from terragate.tools.geo.class_tables import BIGEARTHNET_CLASSES, FAIR1M_CLASSES, XVIEW_CLASSES

PERIOD = Interval(date(2017, 1, 1), date(2026, 1, 1))


class PointCatalog:
    """Detections at the given (longitude, latitude) points, under each collection's name."""

    root = Path()
    address = ""

    def __init__(self, *points: tuple[float, float]) -> None:
        self.points = gpd.GeoSeries([Point(p) for p in points], crs="EPSG:4326")

    def collections(self) -> tuple[CollectionInfo, ...]:
        def info(id_: str, kind: str, classes: tuple[str, ...], *aliases: str) -> CollectionInfo:
            return CollectionInfo(
                id=id_,
                title=id_,
                kind=kind,  # pyright: ignore[reportArgumentType]
                aliases=aliases,
                bbox=(-180, -90, 180, 90),
                start=PERIOD.start,
                end=PERIOD.end,
                classes=classes,
            )

        return (
            info("sentinel-2", "scenes", (), "Sentinel-2", "Sentinel 2", "S2"),
            info("xview1", "detections", XVIEW_CLASSES, "xView", "xView1"),
            info("fair1m", "detections", FAIR1M_CLASSES, "FAIR1M"),
            info("bigearthnet", "landcover", BIGEARTHNET_CLASSES, "BigEarthNet", "BEN"),
        )

    def search_scenes(
        self, collection: str, aoi: BaseGeometry, interval: Interval
    ) -> tuple[Scene, ...]:
        return ()

    def read_features(
        self,
        collection: str,
        aoi: BaseGeometry,
        interval: Interval,
        classes: tuple[str, ...] | None,
    ) -> gpd.GeoDataFrame:
        inside = self.points[self.points.intersects(aoi)]
        return gpd.GeoDataFrame(geometry=inside, crs="EPSG:4326")
