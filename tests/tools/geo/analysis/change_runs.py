"""Two rasters of two dates, runs that compare them, and what they must come to."""

from pathlib import Path
from typing import Any

import numpy as np
import rasterio
from pyproj import Geod
from terragate.tests.support.tiny_geo import UTM, aoi_payload, context, record, utm_box, write_tif
from terragate.tools.geo.analysis.change import CHANGE_BETWEEN, CHANGED_AREA
from terragate.tools.records import ArtifactRef, Record, ToolResult
from terragate.tools.spec import ToolContext, ToolSpec

AREA = utm_box((0, 40), (0, 40))
GEOD = Geod(ellps="WGS84")


def raster(folder: Path, name: str, day: str, pixels: np.ndarray, **changes: Any) -> Record:
    """Return a record of a float32 raster artifact; `changes` overrides payload or profile."""
    profile = {key: changes.pop(key) for key in ("crs", "transform") if key in changes}
    path = write_tif(
        folder / f"{name}.tif", pixels[None].astype("float32"), nodata=np.nan, **profile
    )
    ref = context(folder).store.put_file(path, f"{name}.tif", "image/tiff")
    payload = {
        "index": "NDVI",
        "unit": "",
        "scene": name,
        "date": day,
        "collection": "sentinel-2",
        "crs": UTM,
        "artifact": ref.model_dump(),
        "synthetic": False,
    }
    return record(name, raster=payload | changes)


def run(folder: Path, tool: ToolSpec, rasters: list[Record], **args: str) -> ToolResult:
    return tool(
        prepared(folder, rasters),
        {"raster": rasters[1].id, "before": rasters[0].id, "aoi": "a", **args},
    )


def prepared(folder: Path, rasters: list[Record], area: object = AREA) -> ToolContext:
    return context(folder, [*rasters, record("a", aoi=aoi_payload(area))])


def beyond(folder: Path, rasters: list[Record], threshold: str, area: object = AREA) -> tuple:
    """Return the hectares lost and gained by more than a number, and the mean change."""
    told = prepared(folder, rasters, area)
    made = CHANGE_BETWEEN(told, {"raster": rasters[1].id, "before": rasters[0].id, "aoi": "a"})
    told = context(folder, [*told.records.values(), record("c", **made.outputs)])
    args = {"threshold": threshold, "raster": "c", "aoi": "a"}
    found = [CHANGED_AREA(told, args | {"direction": way}).values[0] for way in ("loss", "gain")]
    assert all("EPSG:6933" in value.about for value in found)
    return (*(float(value.value) for value in found), numbers(made)["mean_change"])


def numbers(result: ToolResult) -> dict[str, float]:
    return {value.name: float(value.value) for value in result.values}


def pixels(folder: Path, result: ToolResult) -> np.ndarray:
    ref = ArtifactRef.model_validate(result.outputs["raster"]["artifact"])
    with rasterio.open(folder / "run" / ref.path) as source:
        return source.read(1)


def hectares(columns: tuple[float, float], rows: tuple[float, float]) -> float:
    """Return the geodesic area of a pixel range of the tiny grid."""
    return abs(GEOD.geometry_area_perimeter(utm_box(columns, rows))[0]) / 1e4


def two_dates(folder: Path) -> list[Record]:
    first = np.full((40, 40), 0.6)
    last = first.copy()
    last[5:15, 10:30] = 0.1
    last[20:30, 0:10] = 0.8
    return [raster(folder, "r0", "1990-07-01", first), raster(folder, "r1", "2020-07-01", last)]
