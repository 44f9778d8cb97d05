"""Tiny real rasters, a catalog over them, and the context a geospatial tool runs in."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import rasterio
import shapely
from affine import Affine
from pyproj import Transformer
from shapely.geometry.base import BaseGeometry
from terragate.tools.artifacts import ArtifactStore
from terragate.tools.geo.catalog import CollectionInfo, Interval, Scene
from terragate.tools.records import Record
from terragate.tools.spec import ToolContext

UTM = "EPSG:32631"
LEFT, TOP, PIXEL = 590_000.0, 5_760_000.0, 10.0
BANDS = ("blue", "green", "red", "nir", "swir1", "swir2")
SHARED = Path(__file__).parents[2] / ".." / "shared" / "data" / "geo"


@dataclass(frozen=True)
class TinyCatalog:
    """A catalog of one synthetic scene collection and one detection collection."""

    root: Path

    def collections(self) -> tuple[CollectionInfo, ...]:
        common = {
            "bbox": (4.0, 51.0, 5.0, 52.5),
            "start": date(2017, 1, 1),
            "end": date(2025, 1, 1),
            "synthetic": True,
        }
        return (
            CollectionInfo(id="sentinel-2", title="Scenes", kind="scenes", bands=BANDS, **common),
            CollectionInfo(
                id="xview1",
                title="Detections",
                kind="detections",
                classes=("Maritime Vessel", "Tugboat"),
                **common,
            ),
        )

    def search_scenes(
        self, collection: str, aoi: BaseGeometry, interval: Interval
    ) -> tuple[Scene, ...]:
        raise NotImplementedError

    def read_features(
        self,
        collection: str,
        aoi: BaseGeometry,
        interval: Interval,
        classes: tuple[str, ...] | None,
    ) -> gpd.GeoDataFrame:
        raise NotImplementedError


def write_tif(path: Path, bands: np.ndarray, **profile: Any) -> Path:
    """Write a (band, row, column) array on the tiny UTM grid; `profile` overrides anything."""
    settings: dict[str, Any] = {
        "driver": "GTiff",
        "count": bands.shape[0],
        "height": bands.shape[1],
        "width": bands.shape[2],
        "dtype": bands.dtype,
        "crs": UTM,
        "transform": Affine(PIXEL, 0, LEFT, 0, -PIXEL, TOP),
    }
    with rasterio.open(path, "w", **(settings | profile)) as target:
        target.write(bands)
    return path


def lonlat(shape: BaseGeometry, crs: str = UTM) -> BaseGeometry:
    """Return a projected shape in degrees."""
    transformer = Transformer.from_crs(crs, "EPSG:4326", always_xy=True)
    dense = shapely.segmentize(shape, max(shape.length / 400, 1e-9))
    return shapely.transform(dense, transformer.transform, interleaved=False)


def utm_box(columns: tuple[float, float], rows: tuple[float, float]) -> BaseGeometry:
    """Return the outline of a pixel range of the tiny grid, in degrees."""
    return lonlat(
        shapely.box(
            LEFT + PIXEL * columns[0],
            TOP - PIXEL * rows[1],
            LEFT + PIXEL * columns[1],
            TOP - PIXEL * rows[0],
        )
    )


def aoi_payload(shape: BaseGeometry, name: str = "Testville") -> dict[str, Any]:
    return {
        "name": name,
        "country": "Testland",
        "bbox": list(shape.bounds),
        "geometry": shapely.geometry.mapping(shape),
        "source": "test",
    }


def scene(name: str, href: str, day: str, cloud: float = 0.0, **changes: Any) -> Scene:
    """Return a scene over the tiny grid whose seven bands (six and cloud) are in one file."""
    bbox = utm_box((0, 40), (0, 40)).bounds
    assets = {band: (href, number) for number, band in enumerate((*BANDS, "cloud"), start=1)}
    values = {"bbox": bbox, "assets": assets} | changes
    return Scene(
        id=name,
        collection="sentinel-2",
        day=date.fromisoformat(day),
        cloud_cover=cloud,
        **values,
    )


def scenes_payload(scenes: Sequence[Scene]) -> dict[str, Any]:
    return {
        "collection": "sentinel-2",
        "items": [item.model_dump(mode="json") for item in scenes],
        "synthetic": True,
    }


def record(name: str, **outputs: Any) -> Record:
    return Record(
        id=name, stage="test", tool="test", args={}, status="ok", summary="", outputs=outputs
    )


def context(folder: Path, records: Mapping[str, Record] | Sequence[Record] = ()) -> ToolContext:
    """Return a context whose catalog root is `folder` and whose run lives in `folder/run`."""
    known = records if isinstance(records, Mapping) else {item.id: item for item in records}
    return ToolContext(
        store=ArtifactStore(folder / "run"),
        catalog=TinyCatalog(folder),
        records=known,
        today=date(2025, 6, 1),
    )
