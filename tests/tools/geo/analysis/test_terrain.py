import ctypes
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyproj import Geod
from terragate.tests.support.raster_runs import raster_record, run_of
from terragate.tests.support.tiny_geo import write_tif
from terragate.tools.errors import RetryableToolError, ToolError
from terragate.tools.geo.analysis import blocks
from terragate.tools.geo.analysis.terrain import (
    ASPECT_OF,
    HILLSHADE_OF,
    SLOPE_OF,
)
from terragate.tools.records import ArtifactRef, ToolResult
from terragate.tools.spec import ToolContext, ToolSpec

SPECS = {"slope": SLOPE_OF, "aspect": ASPECT_OF, "hillshade": HILLSHADE_OF}
METRES = {"index": "elevation", "unit": "m"}


def pixels_of(result: ToolResult, run: ToolContext) -> np.ndarray:
    ref = ArtifactRef.model_validate(result.outputs["raster"]["artifact"])
    with rasterio.open(run.store.path(ref)) as source:
        return source.read(1)


def apply(
    folder: Path,
    spec: ToolSpec,
    heights: np.ndarray,
    payload: dict[str, Any] = METRES,
    **profile: Any,
) -> np.ndarray:
    run = run_of(folder, raster_record(folder, "r", heights, payload, **profile))
    return pixels_of(spec(run, {"raster": "r"}), run)


def plane(east: float, south: float, size: int = 12, pixel: tuple[float, float] = (10, 10)) -> Any:
    rows, columns = np.mgrid[0:size, 0:size]
    return 100 + columns * pixel[0] * east + rows * pixel[1] * south


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(angle=st.floats(0, 359.9), steepness=st.floats(0.5, 80))
def test_slope_and_aspect_of_a_plane_are_analytic(
    tmp_path: Path, angle: float, steepness: float
) -> None:
    rise = np.tan(np.radians(steepness))
    # It goes down towards `angle`, so it rises the other way.
    east, north = -rise * np.sin(np.radians(angle)), -rise * np.cos(np.radians(angle))
    heights = plane(east, -north)
    assert apply(tmp_path, SLOPE_OF, heights)[5, 5] == pytest.approx(steepness, abs=0.02)
    facing = apply(tmp_path, ASPECT_OF, heights)[5, 5]
    assert (facing - angle + 180) % 360 - 180 == pytest.approx(0, abs=0.2)


def test_pixels_that_are_not_square(tmp_path: Path) -> None:
    heights = plane(1.0, 1.0, pixel=(10, 25))
    grid = Affine(10, 0, 590_000, 0, -25, 5_760_000)
    assert apply(tmp_path, SLOPE_OF, heights, transform=grid)[5, 5] == pytest.approx(
        np.degrees(np.arctan(np.sqrt(2))), abs=1e-3
    )
    assert apply(tmp_path, ASPECT_OF, heights, transform=grid)[5, 5] == pytest.approx(315, abs=1e-3)


def test_a_cone_faces_away_from_its_top(tmp_path: Path) -> None:
    rows, columns = np.mgrid[-20:21, -20:21] * 10.0
    cone = 1000 - 0.5 * np.hypot(rows, columns)
    slope, aspect = (apply(tmp_path, spec, cone) for spec in (SLOPE_OF, ASPECT_OF))
    away = np.degrees(np.arctan2(columns, -rows)) % 360
    far = (np.hypot(rows, columns) > 100) & np.isfinite(slope)
    np.testing.assert_allclose(slope[far], np.degrees(np.arctan(0.5)), atol=0.2)
    assert np.abs((aspect - away + 180) % 360 - 180)[far].max() < 0.5


def test_flat_ground_has_no_aspect_and_even_light(tmp_path: Path) -> None:
    flat = np.full((6, 6), 12.0)
    inner = (slice(1, -1), slice(1, -1))
    assert (apply(tmp_path, SLOPE_OF, flat)[inner] == 0).all()
    with pytest.raises(ToolError, match="only nodata"):
        apply(tmp_path, ASPECT_OF, flat)
    light = apply(tmp_path, HILLSHADE_OF, flat)[inner]
    np.testing.assert_allclose(light, 1 + 254 * np.sin(np.radians(45)), rtol=1e-6)


def test_missing_neighbours_leave_no_value(tmp_path: Path) -> None:
    heights = plane(0.1, 0.2, size=9)
    heights[4, 4] = np.nan
    valid = np.zeros((9, 9), bool)
    valid[1:-1, 1:-1] = True
    valid[3:6, 3:6] = False
    for spec in SPECS.values():
        np.testing.assert_array_equal(np.isfinite(apply(tmp_path, spec, heights)), valid)


def test_units_of_a_large_raster_meet_without_a_seam(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    heights = np.random.default_rng(3).normal(0, 5, (70, 90)).cumsum(axis=0)
    whole = apply(tmp_path, SLOPE_OF, heights)
    monkeypatch.setattr(blocks, "OUTPUT_UNIT", (16, 32))
    (tmp_path / "b").mkdir()
    np.testing.assert_array_equal(apply(tmp_path / "b", SLOPE_OF, heights), whole)


@pytest.mark.parametrize("latitude", [0.0, 52.0, -70.0])
def test_a_geographic_raster_is_measured_on_the_ellipsoid(tmp_path: Path, latitude: float) -> None:
    step = 0.001
    geod = Geod(ellps="WGS84")
    wide = geod.inv(10, latitude, 10 + step, latitude)[2]
    high = geod.inv(10, latitude - step / 2, 10, latitude + step / 2)[2]
    grid = Affine(step, 0, 10, 0, -step, latitude + 5.5 * step)
    for east, south in ((1.0, 0.0), (0.0, 1.0)):
        heights = plane(east, south, size=11, pixel=(wide, high))
        slope = apply(tmp_path, SLOPE_OF, heights, crs="EPSG:4326", transform=grid)
        assert slope[5, 5] == pytest.approx(45, abs=0.01)


def test_web_mercator_is_corrected_for_its_scale(tmp_path: Path) -> None:
    # At 60 N Web Mercator doubles lengths: 20 projected metres are about 10 on the ground.
    grid = Affine(20, 0, 1_000_000, 0, -20, 8_399_850)
    heights = plane(1.0, 0.0)
    slope = apply(tmp_path, SLOPE_OF, heights, crs="EPSG:3857", transform=grid)
    assert slope[5, 5] == pytest.approx(45, abs=0.3)


def test_feet_of_height_and_of_the_grid(tmp_path: Path) -> None:
    heights = plane(1.0, 0.0)
    slope = apply(tmp_path, SLOPE_OF, heights, {"index": "elevation", "unit": "ft"})
    assert slope[5, 5] == pytest.approx(np.degrees(np.arctan(0.3048)), abs=1e-3)
    # EPSG:2263 is in US survey feet, so feet over feet is one in one.
    grid = Affine(10, 0, 985_000, 0, -10, 200_000)
    feet = {"index": "elevation", "unit": "[ft_us]"}
    slope = apply(tmp_path, SLOPE_OF, heights, feet, crs="EPSG:2263", transform=grid)
    assert slope[5, 5] == pytest.approx(45, abs=1e-3)


@pytest.mark.parametrize(
    ("crs", "grid", "said"),
    [
        ("EPSG:4326", Affine(0.01, 0, 10, 0, -0.01, 89.9), "pole"),
        ("ESRI:54009", Affine(50_000, 0, -9_000_000, 0, -50_000, 5_000_000), "differently"),
        ("EPSG:4978", Affine(10, 0, 0, 0, -10, 0), "neither"),
    ],
)
def test_grids_that_cannot_be_measured_say_what_to_do(
    tmp_path: Path, crs: str, grid: Affine, said: str
) -> None:
    with pytest.raises(ToolError, match=f"{said}.*reproject") as caught:
        apply(
            tmp_path, SLOPE_OF, np.random.default_rng(0).random((12, 300)), crs=crs, transform=grid
        )
    assert caught.value.kind == "precondition"


def test_the_slope_of_an_index_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RetryableToolError, match="'degC', which is no height"):
        apply(tmp_path, SLOPE_OF, plane(1, 1), {"index": "temperature", "unit": "degC"})


def test_heights_without_a_unit_are_said_to_be_metres(tmp_path: Path) -> None:
    run = run_of(tmp_path, raster_record(tmp_path, "r", plane(1, 0), {"index": "dem"}))
    result = SLOPE_OF(run, {"raster": "r"})
    assert result.notes == ("dem has no unit; its values are taken as metres",)
    made = result.outputs["raster"]
    assert (made["index"], made["unit"], made["date"]) == ("slope", "deg", "2024-06-01")


@pytest.fixture(scope="module")
def gdal() -> ctypes.CDLL:
    """The GDAL library that rasterio's wheel brings, called without its Python package."""
    folder = Path(rasterio.__file__).parents[1] / "rasterio.libs"
    found = sorted(folder.glob("libgdal*"))
    if not found:
        pytest.skip("rasterio has no GDAL library of its own here")
    library = ctypes.CDLL(str(found[0]))
    for name, result in (
        ("GDALOpen", ctypes.c_void_p),
        ("GDALDEMProcessingOptionsNew", ctypes.c_void_p),
        ("GDALDEMProcessing", ctypes.c_void_p),
    ):
        getattr(library, name).restype = result
    library.GDALAllRegister()
    return library


def gdaldem(gdal: ctypes.CDLL, mode: str, source: Path, target: Path) -> np.ndarray:
    words = ["-of", "GTiff", "-alg", "Horn"]
    options = (ctypes.c_char_p * (len(words) + 1))(*(word.encode() for word in words), None)
    parsed = gdal.GDALDEMProcessingOptionsNew(options, None)
    opened = gdal.GDALOpen(str(source).encode(), 0)
    assert opened
    made = gdal.GDALDEMProcessing(
        str(target).encode(),
        ctypes.c_void_p(opened),
        mode.encode(),
        None,
        ctypes.c_void_p(parsed),
        None,
    )
    assert made
    gdal.GDALDEMProcessingOptionsFree(ctypes.c_void_p(parsed))
    gdal.GDALClose(ctypes.c_void_p(made))
    gdal.GDALClose(ctypes.c_void_p(opened))
    with rasterio.open(target) as dataset:
        return dataset.read(1, masked=True).astype(float).filled(np.nan)


@pytest.mark.parametrize("mode", list(SPECS))
def test_equal_to_gdaldem(gdal: ctypes.CDLL, tmp_path: Path, mode: str) -> None:
    rng = np.random.default_rng(8)
    heights = (300 + rng.normal(0, 4, (60, 80)).cumsum(axis=0).cumsum(axis=1) / 9).astype("float32")
    heights[20:23, 30:35] = np.nan
    source = write_tif(tmp_path / "dem.tif", heights[None], nodata=np.nan)
    theirs = gdaldem(gdal, mode, source, tmp_path / "theirs.tif")
    ours = apply(tmp_path, SPECS[mode], heights)
    np.testing.assert_array_equal(np.isfinite(ours), np.isfinite(theirs))
    off = (ours - theirs + 180) % 360 - 180 if mode == "aspect" else ours - theirs
    # GDAL computes in float32, and rounds the hillshade to whole numbers.
    assert np.nanmax(np.abs(off)) < {"hillshade": 0.501, "slope": 0.01, "aspect": 0.05}[mode]
