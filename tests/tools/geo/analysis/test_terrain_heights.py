from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import Transformer
from terragate.tests.support.raster_runs import UTM_GRID, raster_record, run_of
from terragate.tests.support.tiny_geo import SHARED
from terragate.tools.errors import RetryableToolError, ToolError
from terragate.tools.geo.analysis import blocks
from terragate.tools.geo.analysis.terrain import (
    ASPECT_OF,
    HEIGHT_DIFFERENCE,
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


def difference(folder: Path, top: Any, base: Any, run: ToolContext | None = None) -> Any:
    run = run or run_of(folder, base, top)
    result = HEIGHT_DIFFERENCE(run, {"raster": top.id, "before": base.id})
    return result, pixels_of(result, run)


def test_surface_minus_terrain_on_one_grid(tmp_path: Path) -> None:
    ground = plane(0.05, 0.1, size=30)
    surface = ground.copy()
    surface[5:10, 5:15] += 12.5
    ground[0, 0] = np.nan
    base = raster_record(tmp_path, "base", ground, {"index": "terrain", "unit": "m"})
    top = raster_record(tmp_path, "top", surface, {"index": "surface", "unit": "m"})
    result, heights = difference(tmp_path, top, base)
    expected = np.zeros((30, 30))
    expected[5:10, 5:15] = 12.5
    expected[0, 0] = np.nan
    np.testing.assert_allclose(heights, expected, atol=1e-4)
    assert result.notes == ("heights are surface minus terrain",)
    assert result.outputs["raster"]["unit"] == "m"
    swapped, again = difference(tmp_path, base, top)
    np.testing.assert_allclose(again, expected, atol=1e-4)
    assert swapped.notes == result.notes


def test_a_coarser_terrain_model_in_feet_is_aligned(tmp_path: Path) -> None:
    size = 40
    surface = plane(0.05, -0.1, size=size) + 7
    coarse = Affine(40, 0, UTM_GRID.c - 80, 0, -40, UTM_GRID.f + 80)
    rows, columns = np.mgrid[0:16, 0:16]
    # The same plane at the centres of pixels of 40 m, in feet.
    x, y = -80 + 40 * (columns + 0.5) - 5, -80 + 40 * (rows + 0.5) - 5
    ground = (100 + x * 0.05 - y * 0.1) / 0.3048
    base = raster_record(tmp_path, "base", ground, {"index": "DTM", "unit": "ft"}, transform=coarse)
    top = raster_record(tmp_path, "top", surface, {"index": "DSM", "unit": "m"})
    result, heights = difference(tmp_path, top, base)
    np.testing.assert_allclose(heights, 7, atol=2e-3)
    assert result.notes[1] == "DTM was resampled bilinearly to the grid of DSM"


def test_a_terrain_model_in_degrees_is_aligned_without_seams(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "OUTPUT_UNIT", (16, 16))
    to_degrees = Transformer.from_crs("EPSG:32631", "EPSG:4326", always_xy=True)
    west, north = to_degrees.transform(UTM_GRID.c - 200, UTM_GRID.f + 200)
    step = 2e-4
    grid = Affine(step, 0, west, 0, -step, north)
    rows, columns = np.mgrid[0:60, 0:90]
    lon, lat = west + step * (columns + 0.5), north - step * (rows + 0.5)
    # A function that is linear in degrees: bilinear resampling keeps it wherever pixels lie.
    slope = (4000.0, -9000.0)
    ground = (lon - west) * slope[0] + (lat - north) * slope[1]
    base = raster_record(
        tmp_path, "b", ground, {"index": "DTM", "unit": "m"}, crs="EPSG:4326", transform=grid
    )
    top = raster_record(tmp_path, "t", np.zeros((50, 50)), {"index": "DSM", "unit": "m"})
    _, heights = difference(tmp_path, top, base)
    rows, columns = np.mgrid[0:50, 0:50]
    x, y = to_degrees.transform(UTM_GRID.c + 10 * (columns + 0.5), UTM_GRID.f - 10 * (rows + 0.5))
    expected = -((x - west) * slope[0] + (y - north) * slope[1])
    # GDAL may approximate the projection within an eighth of a pixel, here by 0.1 to 0.2 m.
    np.testing.assert_allclose(heights, expected, atol=0.2)


def test_models_on_one_lattice_are_subtracted_as_they_are(tmp_path: Path) -> None:
    rng = np.random.default_rng(3)
    surface, ground = rng.normal(size=(20, 30)), rng.normal(size=(40, 40))
    shifted = UTM_GRID * Affine.translation(-7, -5)
    base = raster_record(tmp_path, "b", ground, {"index": "DTM", "unit": "m"}, transform=shifted)
    top = raster_record(tmp_path, "t", surface, {"index": "DSM", "unit": "m"})
    result, heights = difference(tmp_path, top, base)
    np.testing.assert_allclose(heights, surface - ground[5:25, 7:37], atol=1e-6)
    assert result.notes == ("heights are DSM minus DTM",)


def test_a_raster_minus_itself_is_refused(tmp_path: Path) -> None:
    top = raster_record(tmp_path, "top", plane(0, 0), METRES)
    with pytest.raises(RetryableToolError, match="subtracted from itself"):
        difference(tmp_path, top, top)


def test_models_that_do_not_overlap_are_a_typed_error(tmp_path: Path) -> None:
    top = raster_record(tmp_path, "top", plane(0, 0), METRES)
    far = Affine(10, 0, 700_000, 0, -10, 5_000_000)
    base = raster_record(tmp_path, "base", plane(0, 0), METRES, transform=far)
    with pytest.raises(ToolError, match="only nodata"):
        difference(tmp_path, top, base)


def test_building_heights_of_the_shared_models(tmp_path: Path) -> None:
    folder = SHARED / "opengeos"
    if not (folder / "dsm.tif").exists():
        pytest.skip("shared data folder opengeos is absent")
    records = []
    for name in ("dtm", "dsm"):
        with rasterio.open(folder / f"{name}.tif") as source:
            profile = {"crs": source.crs, "transform": source.transform}
            pixels = source.read(1, masked=True).astype(float).filled(np.nan)
        records.append(
            (raster_record(tmp_path, name, pixels, {"index": name, "unit": "m"}, **profile), pixels)
        )
    (base, ground), (top, surface) = records
    _, heights = difference(tmp_path, top, base)
    np.testing.assert_allclose(heights, surface - ground, atol=1e-3)
