"""Loss and gain as crossing a value: by hand, against numpy, in the Landsat series, far north."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from terragate.tests.support.tiny_geo import (
    SHARED,
    aoi_payload,
    context,
    record,
    scene,
    scenes_payload,
    utm_box,
)
from terragate.tests.tools.geo.analysis.change_runs import (
    GEOD,
    beyond,
    hectares,
    numbers,
    prepared,
    raster,
    run,
    two_dates,
)
from terragate.tools.errors import RetryableToolError
from terragate.tools.geo.analysis.change_cover import COVER_CHANGE, LOSS_AREA
from terragate.tools.geo.analysis.index_by_name import INDEX_OF
from terragate.tools.records import ToolResult


@pytest.mark.parametrize(("comparison", "names"), [("loss", {"loss_ha"}), ("gain", {"gain_ha"})])
def test_only_what_is_asked_is_given(tmp_path: Path, comparison: str, names: set[str]) -> None:
    rasters = two_dates(tmp_path)
    cover = run(tmp_path, LOSS_AREA, rasters, comparison=comparison, threshold="0.3")
    assert set(numbers(cover)) == names | {"start_ha"}


def test_loss_is_falling_below_a_value(tmp_path: Path) -> None:
    first, last = np.full((40, 40), 0.3), np.full((40, 40), 0.3)
    first[0:10], last[0:10] = 0.9, 0.4  # fell by half and is still above
    first[10:20], last[10:20] = 0.31, 0.29  # fell a little, and below
    first[20:30], last[20:30] = 0.1, 0.3  # rose to the value itself
    rasters = [raster(tmp_path, "r0", "1990-07-01", first)]
    rasters.append(raster(tmp_path, "r1", "2020-07-01", last))
    found = numbers(run(tmp_path, LOSS_AREA, rasters, comparison="both", threshold="0.3"))
    tenth = hectares((0, 40), (10, 20))
    assert found["loss_ha"] == pytest.approx(tenth, rel=1e-5)
    assert found["gain_ha"] == pytest.approx(tenth, rel=1e-5)
    assert found["start_ha"] == pytest.approx(3 * tenth, rel=1e-4)


def test_the_published_threshold_is_told(tmp_path: Path) -> None:
    rasters = two_dates(tmp_path)
    result = run(tmp_path, COVER_CHANGE, rasters, comparison="loss")
    assert numbers(result)["loss_ha"] == pytest.approx(hectares((10, 30), (5, 15)), rel=1e-6)
    assert result.notes[0] == (
        "assumed threshold: NDVI of at least 0.2 is vegetation; bare soil is below, "
        "Sobrino et al. 2004"
    )
    burnt = [
        raster(tmp_path, f"b{n}", f"20{n}0-01-01", np.ones((40, 40)), index="NBR") for n in (1, 2)
    ]
    with pytest.raises(RetryableToolError, match="no published threshold") as caught:
        run(tmp_path, COVER_CHANGE, burnt, comparison="loss")
    assert "NDVI" in caught.value.candidates


def test_the_share_that_both_dates_show_is_told(tmp_path: Path) -> None:
    first, last = np.full((40, 40), 0.6), np.full((40, 40), 0.1)
    first[:10] = np.nan
    last[:, :20] = np.nan
    rasters = [raster(tmp_path, "r0", "1990-07-01", first)]
    rasters.append(raster(tmp_path, "r1", "2020-07-01", last, collection="landsat"))
    result = run(tmp_path, LOSS_AREA, rasters, comparison="loss", threshold="0.3")
    assert numbers(result)["loss_ha"] == pytest.approx(hectares((20, 40), (10, 40)), rel=1e-5)
    assert result.notes == (
        "valid pixels cover 75.0% of the area on 1990-07-01, 50.0% on 2020-07-01 and 37.5% on "
        "both, which are compared",
        "the dates are of different collections: sentinel-2, landsat",
    )


@settings(max_examples=15)
@given(st.floats(0, 1, width=16), st.integers(0, 2**31))
def test_the_two_definitions_against_numpy(
    tmp_path_factory: pytest.TempPathFactory, threshold: float, seed: int
) -> None:
    folder = tmp_path_factory.mktemp("c")
    random = np.random.default_rng(seed)
    first, last = random.uniform(-1, 1, (2, 20, 20)).astype("float32")
    first[random.random((20, 20)) < 0.2] = np.nan
    area = utm_box((0, 20), (0, 20))
    rasters = [raster(folder, "r0", "1990-07-01", first), raster(folder, "r1", "2020-07-01", last)]
    told = prepared(folder, rasters, area)
    args = {"raster": "r1", "before": "r0", "aoi": "a", "comparison": "both"}
    pixel = hectares((0, 20), (0, 20)) / 400
    change = last - first
    lost_ha, gained_ha, _ = beyond(folder, rasters, f"{threshold:.12f}", area)
    limit = np.float32(f"{threshold:.12f}")
    assert lost_ha == pytest.approx((change < -limit).sum() * pixel, rel=1e-4)
    assert gained_ha == pytest.approx((change > limit).sum() * pixel, rel=1e-4)
    crossed = numbers(LOSS_AREA(told, args | {"threshold": f"{threshold:.12f}"}))
    lost = (first >= limit) & (last < limit)
    assert crossed["loss_ha"] == pytest.approx(lost.sum() * pixel, rel=1e-4)
    gained = (first < limit) & (last >= limit)
    assert crossed["gain_ha"] == pytest.approx(gained.sum() * pixel, rel=1e-4)


def landsat(folder: Path, year: int) -> tuple[ToolResult, np.ndarray, Affine]:
    source = SHARED / "opengeos" / "landsat" / f"{year}.tif"
    shutil.copy(source, folder / source.name)
    with rasterio.open(source) as file:
        bounds, grid = tuple(file.bounds), file.transform
        _, nir, red, _ = file.read().astype(float)
    assets = {name: (source.name, at) for at, name in enumerate(("swir1", "nir", "red"), 1)}
    one = scene(f"l{year}", source.name, f"{year}-07-01", bbox=bounds, assets=assets)
    records = [
        record("s", scenes=scenes_payload([one])),
        record("a", aoi=aoi_payload(shapely.box(*bounds))),
    ]
    args = {"index": "NDVI", "scenes": "s", "aoi": "a"}
    with np.errstate(invalid="ignore"):
        ndvi = np.where((nir > 0) & (red > 0), (nir - red) / (nir + red), np.nan)
    return INDEX_OF(context(folder, records), args), ndvi.astype("float32"), grid


def test_vegetation_loss_in_the_landsat_series(tmp_path: Path) -> None:
    if not (SHARED / "opengeos" / "landsat" / "2020.tif").exists():
        pytest.skip("shared data folder opengeos/landsat is absent")
    made = {year: landsat(tmp_path, year) for year in (1990, 2020)}
    records = [record(f"r{year}", **result.outputs) for year, (result, _, _) in made.items()]
    first, last, grid = made[1990][1], made[2020][1], made[2020][2]
    # The area of a pixel row on the WGS 84 ellipsoid, from the geodesic polygon of one pixel.
    rows = [
        abs(
            GEOD.geometry_area_perimeter(
                shapely.segmentize(
                    shapely.box(
                        grid.c, grid.f + grid.e * (row + 1), grid.c + grid.a, grid.f + grid.e * row
                    ),
                    1e-4,
                )
            )[0]
        )
        / 1e4
        for row in range(first.shape[0])
    ]
    area = np.repeat(np.array(rows)[:, None], first.shape[1], axis=1)
    outline = shapely.box(*_bounds(grid, first.shape))
    told = prepared(tmp_path, records, outline)
    args = {"raster": "r2020", "before": "r1990", "aoi": "a", "comparison": "both"}
    lost = (first >= np.float32(0.5)) & (last < np.float32(0.5))
    found = numbers(LOSS_AREA(told, args | {"threshold": "0.5"}))
    assert found["loss_ha"] == pytest.approx(area[lost].sum(), rel=1e-5)
    fell = (last - first) < np.float32(-0.2)
    loss, _, mean = beyond(tmp_path, records, "0.2", outline)
    assert loss == pytest.approx(area[fell].sum(), rel=1e-5)
    assert mean == pytest.approx(np.nanmean(last.astype(float) - first), rel=1e-5)
    assert found["loss_ha"] > 1000


def _bounds(grid: Affine, shape: tuple[int, int]) -> tuple[float, float, float, float]:
    return grid.c, grid.f + grid.e * shape[0], grid.c + grid.a * shape[1], grid.f


def test_degrees_far_north(tmp_path: Path) -> None:
    grid = Affine(0.1, 0, 18, 0, -0.05, 70.5)
    both = {"crs": "EPSG:4326", "transform": grid}
    rasters = [
        raster(tmp_path, "r0", "1990-07-01", np.full((30, 20), 0.8), **both),
        raster(tmp_path, "r1", "2020-07-01", np.full((30, 20), 0.1), **both),
    ]
    outline = shapely.box(18, 69, 20, 70.5)
    told = prepared(tmp_path, rasters, outline)
    args = {"raster": "r1", "before": "r0", "aoi": "a", "comparison": "loss", "threshold": "0.5"}
    truth = abs(GEOD.geometry_area_perimeter(shapely.segmentize(outline, 0.01))[0]) / 1e4
    assert numbers(LOSS_AREA(told, args))["loss_ha"] == pytest.approx(truth, rel=1e-4)
