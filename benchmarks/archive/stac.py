"""The static STAC catalog over the archive's scenes and tables, and its search index."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, time
from pathlib import Path
from typing import Any

import geopandas as gpd
import pystac
import shapely

from ...tools.geo.geopackage import GPKG_MEDIA, write_geopackage
from .reflectance import BANDS, SCALE
from .scenes import SYNTHETIC, SceneFiles
from .tables import WrittenTable

SCENES_ID = "sentinel-2"
_COG = "image/tiff; application=geotiff; profile=cloud-optimized"
_EO = "https://stac-extensions.github.io/eo/v1.1.0/schema.json"
_PROJECTION = "https://stac-extensions.github.io/projection/v1.1.0/schema.json"
_TABLE = "https://stac-extensions.github.io/table/v1.2.0/schema.json"
_COMMON_NAMES = {"swir1": "swir16", "swir2": "swir22"}


def write_catalog(root: Path, scenes: Sequence[SceneFiles], tables: Sequence[WrittenTable]) -> None:
    """Write catalog.json, one collection per data set, one item per scene, and the index."""
    catalog = pystac.Catalog(
        id="terragate-synthetic-archive",
        title="Terragate synthetic archive",
        description=f"{SYNTHETIC}. Made to try the platform without downloading anything.",
        extra_fields={"terragate:synthetic": True},
    )
    catalog.add_child(_scene_collection(scenes))
    for table in tables:
        catalog.add_child(_table_collection(table))
    catalog.normalize_hrefs(str(root))
    catalog.save(catalog_type=pystac.CatalogType.SELF_CONTAINED)
    _write_index(root, scenes)


def _scene_collection(scenes: Sequence[SceneFiles]) -> pystac.Collection:
    boxes = [scene.bbox for scene in scenes]
    days = [scene.day for scene in scenes]
    collection = pystac.Collection(
        id=SCENES_ID,
        title="Synthetic scenes in the manner of Sentinel-2",
        description=f"{SYNTHETIC}. Surface reflectance in six bands, with a cloud mask.",
        extent=_extent(_hull(boxes), min(days), max(days)),
        keywords=["synthetic"],
        assets={"index": pystac.Asset("./index.gpkg", media_type=GPKG_MEDIA, roles=["index"])},
        extra_fields={
            "terragate:synthetic": True,
            "terragate:kind": "scenes",
            "terragate:aliases": ["Sentinel-2", "Sentinel 2", "satellite imagery", "S2"],
        },
    )
    collection.add_items(_item(scene) for scene in scenes)
    return collection


def _item(scene: SceneFiles) -> pystac.Item:
    bands = [{"name": b, "common_name": _COMMON_NAMES.get(b, b)} for b in BANDS]
    raster = {"nodata": 0, "scale": 1 / SCALE, "data_type": "uint16"}
    properties: dict[str, Any] = {
        "title": f"Synthetic scene of {scene.place}, {scene.day.isoformat()}",
        "terragate:synthetic": True,
        "eo:cloud_cover": scene.cloud_cover,
        "terragate:nodata_percent": scene.nodata_percent,
        "proj:epsg": scene.epsg,
        "proj:shape": list(scene.shape),
        "proj:transform": list(scene.transform),
    }
    item = pystac.Item(
        id=scene.id,
        geometry=shapely.geometry.mapping(shapely.box(*scene.bbox)),
        bbox=list(scene.bbox),
        datetime=datetime.combine(scene.day, time(10, 30), tzinfo=UTC),
        properties=properties,
        stac_extensions=[_EO, _PROJECTION],
    )
    fields = {"eo:bands": bands, "raster:bands": [raster] * len(bands)}
    item.add_asset(
        "reflectance",
        pystac.Asset("./reflectance.tif", media_type=_COG, roles=["data"], extra_fields=fields),
    )
    item.add_asset("cloud", pystac.Asset("./cloud.tif", media_type=_COG, roles=["cloud"]))
    return item


def _table_collection(table: WrittenTable) -> pystac.Collection:
    kind = table.kind
    assets = {"data": pystac.Asset(f"./{kind.layer}.gpkg", media_type=GPKG_MEDIA, roles=["data"])}
    if kind.image_layer is not None:
        assets["images"] = pystac.Asset(f"./{kind.image_layer}.gpkg", media_type=GPKG_MEDIA)
    return pystac.Collection(
        id=kind.id,
        title=kind.title,
        description=f"{SYNTHETIC}. {kind.title}.",
        stac_extensions=[_TABLE],
        extent=_extent(table.bbox, date.fromisoformat(table.start), date.fromisoformat(table.end)),
        keywords=["synthetic"],
        assets=assets,
        extra_fields={
            "terragate:synthetic": True,
            "terragate:kind": kind.kind,
            "terragate:aliases": list(kind.aliases),
            "terragate:classes": list(kind.classes),
            "table:row_count": table.rows,
            "table:columns": [{"name": name} for name in kind.columns],
        },
    )


def _write_index(root: Path, scenes: Sequence[SceneFiles]) -> None:
    rows = {
        "id": [scene.id for scene in scenes],
        "href": [f"./{scene.id}/{scene.id}.json" for scene in scenes],
        "date": [scene.day.isoformat() for scene in scenes],
        "cloud_cover": [scene.cloud_cover for scene in scenes],
    }
    boxes = [shapely.box(*scene.bbox) for scene in scenes]
    frame = gpd.GeoDataFrame(rows, geometry=boxes, crs="EPSG:4326")
    target = root / SCENES_ID / "index.gpkg"
    write_geopackage(target, frame, layer="items", description=SYNTHETIC)


def _extent(bbox: tuple[float, float, float, float], first: date, last: date) -> pystac.Extent:
    ends: list[datetime | None] = [
        datetime.combine(first, time(0), tzinfo=UTC),
        datetime.combine(last, time(23, 59, 59), tzinfo=UTC),
    ]
    return pystac.Extent(pystac.SpatialExtent([list(bbox)]), pystac.TemporalExtent([ends]))


def _hull(
    boxes: Sequence[tuple[float, float, float, float]],
) -> tuple[float, float, float, float]:
    west, south, east, north = zip(*boxes, strict=True)
    return min(west), min(south), max(east), max(north)
