from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from pyproj import Geod
from terragate.tests.support.tiny_geo import (
    SHARED,
    aoi_payload,
    context,
    lonlat,
    record,
    utm_box,
    write_tif,
)
from terragate.tools.errors import RetryableToolError, ToolError
from terragate.tools.geo.zonal import AREA_WHERE, STATISTICS, ZONAL_STATS
from terragate.tools.records import Value
from terragate.tools.spec import ToolContext

AREA = utm_box((0, 40), (0, 40))


def prepared(
    folder: Path, pixels: np.ndarray, area: shapely.Geometry = AREA, **profile: Any
) -> ToolContext:
    """Return a context with raster record `r` and AOI record `a`."""
    run = context(folder)
    path = write_tif(folder / "in.tif", pixels[None].astype("float32"), **profile)
    payload = {
        "index": "NDVI",
        "scene": "s",
        "date": "2024-06-01",
        "collection": "sentinel-2",
        "crs": "EPSG:32631",
        "artifact": run.store.put_file(path, "in.tif", "image/tiff").model_dump(),
        "synthetic": True,
    }
    return context(folder, [record("r", raster=payload), record("a", aoi=aoi_payload(area))])


def statistic(run: ToolContext, name: str) -> Value:
    return ZONAL_STATS(run, {"statistic": name, "raster": "r", "aoi": "a"}).values[0]


def area(run: ToolContext, comparison: str, threshold: str) -> Value:
    args = {"comparison": comparison, "threshold": threshold, "raster": "r", "aoi": "a"}
    return AREA_WHERE(run, args).values[0]


def test_a_figure_has_the_rasters_unit_and_says_no_day_when_there_is_none(tmp_path: Path) -> None:
    run = prepared(tmp_path, np.full((40, 40), 7.0))
    payload = run.records["r"].outputs["raster"] | {"index": "height", "unit": "m", "date": ""}
    run = context(tmp_path, [record("r", raster=payload), run.records["a"]])
    value = statistic(run, "mean")
    assert (value.unit, value.about) == ("m", "mean height of valid pixels")
    assert area(run, "above", "3").about.startswith("area with height above 3, measured on")


@pytest.mark.parametrize(
    ("name", "truth"),
    [
        ("mean", 14.5),
        ("median", 14.5),
        ("min", 10.0),
        ("max", 19.0),
        ("std", np.sqrt((10**2 - 1) / 12)),
    ],
)
def test_statistics_of_a_ramp_are_analytic(tmp_path: Path, name: str, truth: float) -> None:
    ramp = np.tile(np.arange(40.0), (40, 1))
    run = prepared(tmp_path, ramp, utm_box((10, 20), (3, 9)))
    assert statistic(run, name).value == pytest.approx(truth, rel=1e-12)


@settings(max_examples=20)
@given(hnp.arrays("float32", (6, 7), elements=st.floats(-1, 1, width=32)), st.integers(0, 41))
def test_statistics_ignore_nodata(
    tmp_path_factory: pytest.TempPathFactory, pixels: np.ndarray, hole: int
) -> None:
    pixels.flat[hole] = np.nan
    run = prepared(tmp_path_factory.mktemp("z"), pixels, nodata=np.nan)
    for name in STATISTICS:
        truth = getattr(np, f"nan{name}")(pixels.astype(float))
        assert statistic(run, name).value == pytest.approx(truth, abs=1e-12)


def test_area_of_a_known_outline_is_the_geodesic_area(tmp_path: Path) -> None:
    pixels = np.zeros((40, 40))
    pixels[5:25, 10:30] = 0.6
    value = area(prepared(tmp_path, pixels), "above", "0.3")
    truth = abs(Geod(ellps="WGS84").geometry_area_perimeter(utm_box((10, 30), (5, 25)))[0]) / 1e4
    assert value.value == pytest.approx(truth, rel=1e-6)
    assert value.unit == "ha"
    assert "EPSG:6933" in value.about


def test_area_on_a_geographic_grid_far_north(tmp_path: Path) -> None:
    pixels = np.ones((30, 20))
    outline = shapely.box(18, 69, 20, 70.5)
    grid = Affine(0.1, 0, 18, 0, -0.05, 70.5)
    run = prepared(tmp_path, pixels, outline, crs="EPSG:4326", transform=grid)
    dense = shapely.segmentize(outline, 0.01)
    truth = abs(Geod(ellps="WGS84").geometry_area_perimeter(dense)[0]) / 1e4
    assert area(run, "above", "0").value == pytest.approx(truth, rel=1e-4)


@given(st.floats(-0.9, 0.9).map(lambda number: f"{number:.3f}"))
@settings(max_examples=15)
def test_above_and_below_share_out_the_area(
    tmp_path_factory: pytest.TempPathFactory, threshold: str
) -> None:
    pixels = np.random.default_rng(3).uniform(-1, 1, (12, 12))
    run = prepared(tmp_path_factory.mktemp("z"), pixels)
    parts = [area(run, comparison, threshold).value for comparison in ("above", "below")]
    assert sum(parts) == pytest.approx(area(run, "above", "-2").value, rel=1e-9)


def test_a_pixel_equal_to_the_threshold_is_neither_above_nor_below(tmp_path: Path) -> None:
    run = prepared(tmp_path, np.full((4, 4), 0.3))
    assert area(run, "above", "0.3").value == 0
    assert area(run, "below", "0.3").value == 0


def test_missing_pixels_are_told(tmp_path: Path) -> None:
    pixels = np.ones((40, 40))
    pixels[:10] = np.nan
    run = prepared(tmp_path, pixels, nodata=np.nan)
    notes = ZONAL_STATS(run, {"statistic": "mean", "raster": "r", "aoi": "a"}).notes
    assert notes == ("only 75.0% of the area has valid pixels; the rest is cloud or no data",)


def test_raster_without_data_is_a_typed_error(tmp_path: Path) -> None:
    run = prepared(tmp_path, np.full((40, 40), np.nan), nodata=np.nan)
    with pytest.raises(ToolError, match="only nodata") as caught:
        statistic(run, "mean")
    assert caught.value.kind == "bad_data"


@pytest.mark.parametrize("text", ["much", "nan", "inf", ""])
def test_threshold_must_be_a_number(tmp_path: Path, text: str) -> None:
    with pytest.raises(RetryableToolError, match="not a number"):
        area(prepared(tmp_path, np.ones((4, 4))), "above", text)


def test_rasterstats_slope_within_its_polygons(tmp_path: Path) -> None:
    folder = SHARED / "rasterstats"
    if not folder.exists():
        pytest.skip("shared data folder rasterstats is absent")
    import rasterio

    with rasterio.open(folder / "slope.tif") as source:
        pixels, grid, crs = source.read(1), source.transform, source.crs
    polygons = gpd.read_file(folder / "polygons.shp").to_crs(crs)
    rows, columns = np.mgrid[0 : pixels.shape[0], 0 : pixels.shape[1]]
    centres = shapely.points(grid.c + grid.a * (columns + 0.5), grid.f + grid.e * (rows + 0.5))
    for polygon in polygons.geometry:
        chosen = pixels[shapely.contains(polygon, centres)].astype(float)
        run = prepared(
            tmp_path, pixels, lonlat(polygon, crs), crs=crs, transform=grid, nodata=-9999
        )
        for name in STATISTICS:
            assert statistic(run, name).value == pytest.approx(getattr(np, name)(chosen), abs=1e-3)
