from itertools import pairwise
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from terragate.tests.support.raster_runs import (
    ALL,
    UTM_GRID,
    by_hand,
    centres,
    holed,
    stars,
)
from terragate.tests.support.tiny_geo import SHARED, write_tif
from terragate.tools.errors import ToolError
from terragate.tools.geo.analysis import blocks, quantiles, zone_engine, zone_figures, zone_gather
from terragate.tools.geo.analysis.zones import (
    zone_statistics,
)


@pytest.mark.parametrize("small", [False, True], ids=["one unit", "many units and passes"])
@pytest.mark.parametrize("tiles", [{}, {"tiled": True, "blockxsize": 16, "blockysize": 16}])
def test_statistics_equal_those_of_the_contained_centres(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, small: bool, tiles: dict[str, Any]
) -> None:
    if small:
        monkeypatch.setattr(blocks, "UNIT_PIXELS", 300)
        monkeypatch.setattr(zone_gather, "GATHERED_PIXELS", 200)
        monkeypatch.setattr(quantiles, "VALUES_IN_MEMORY", 500)
    rng = np.random.default_rng(4)
    pixels = holed(rng, (70, 90))
    path = write_tif(tmp_path / "a.tif", pixels[None], nodata=np.nan, **tiles)
    shapes = stars(rng, 60, pixels.shape, UTM_GRID)
    found = zone_statistics(path, shapes, ALL)
    for name in ALL:
        expected = by_hand(pixels, UTM_GRID, shapes, name)
        np.testing.assert_allclose(found[name], expected, rtol=1e-9, atol=1e-9, err_msg=name)


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32 - 1), dtype=st.sampled_from(["uint8", "int16", "float64"]))
def test_statistics_of_any_polygons_on_any_type(tmp_path: Path, seed: int, dtype: str) -> None:
    rng = np.random.default_rng(seed)
    pixels = rng.integers(0, 200, (23, 31)).astype(dtype)
    pixels[rng.random(pixels.shape) < 0.2] = 7
    path = write_tif(tmp_path / "b.tif", pixels[None], nodata=7)
    shapes = stars(rng, 12, pixels.shape, UTM_GRID)
    found = zone_statistics(path, shapes, ALL)
    valid = np.where(pixels == 7, np.nan, pixels.astype(float))
    for name in ALL:
        expected = by_hand(valid, UTM_GRID, shapes, name)
        np.testing.assert_allclose(found[name], expected, rtol=1e-9, atol=1e-9, err_msg=name)


def test_equal_to_rasterstats(tmp_path: Path) -> None:
    rasterstats = pytest.importorskip("rasterstats")
    rng = np.random.default_rng(11)
    pixels = holed(rng, (120, 100)).astype("float64")
    path = write_tif(tmp_path / "a.tif", pixels[None], nodata=-9999.0)
    shapes = stars(rng, 80, pixels.shape, UTM_GRID)
    # From memory: it reads files beyond their edge through the VRT driver, which is off here.
    with rasterio.open(path) as source:
        stored = source.read(1)
    theirs = rasterstats.zonal_stats(
        list(shapes), stored, affine=UTM_GRID, nodata=-9999.0, stats=list(ALL)
    )
    ours = zone_statistics(path, shapes, ALL)
    for name in ALL:
        expected = [np.nan if row[name] is None else row[name] for row in theirs]
        np.testing.assert_allclose(ours[name], expected, rtol=1e-9, atol=1e-9, err_msg=name)


def test_neighbours_share_no_pixel_and_lose_none(tmp_path: Path) -> None:
    path = write_tif(tmp_path / "a.tif", np.ones((1, 20, 20), "float32"))
    # Edges run exactly through pixel centres: each centre must belong to one side.
    edges = UTM_GRID.c + 10 * np.array([0, 4.5, 11.5, 20])
    strips = [shapely.box(a, UTM_GRID.f - 200, b, UTM_GRID.f) for a, b in pairwise(edges)]
    count = zone_statistics(path, np.array(strips, dtype=object), ("count",))["count"]
    assert count.sum() == 400


def test_holes_and_parts_of_collections(tmp_path: Path) -> None:
    path = write_tif(tmp_path / "a.tif", np.ones((1, 20, 20), "float32"))
    x, y = UTM_GRID.c, UTM_GRID.f
    ring = shapely.box(x, y - 100, x + 100, y) - shapely.box(x + 30, y - 70, x + 70, y - 30)
    parts = shapely.MultiPolygon(
        [shapely.box(x, y - 20, x + 20, y), shapely.box(x + 50, y - 70, x + 60, y - 50)]
    )
    mixed = shapely.GeometryCollection([parts, shapely.LineString([(x, y), (x + 99, y - 99)])])
    shapes = np.array(
        [ring, parts, mixed, shapely.Point(x + 5, y - 5), shapely.Polygon()], dtype=object
    )
    count = zone_statistics(path, shapes, ("count",))["count"]
    assert count.tolist() == [100 - 16, 4 + 2, 6, 0, 0]


def test_majority_takes_the_smallest_of_the_most_frequent(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "UNIT_PIXELS", 64)
    rng = np.random.default_rng(2)
    pixels = rng.integers(1, 6, (40, 40)).astype("uint8")
    path = write_tif(tmp_path / "a.tif", pixels[None], tiled=True, blockxsize=16, blockysize=16)
    shapes = stars(rng, 30, pixels.shape, UTM_GRID)
    found = zone_statistics(path, shapes, ("majority",))["majority"]
    points = centres(pixels.shape, UTM_GRID)
    for shape, ours in zip(shapes, found, strict=True):
        own = pixels[shapely.contains(shape, points)]
        if len(own):
            values, counts = np.unique(own, return_counts=True)
            assert ours == values[np.argmax(counts)]
        else:
            assert np.isnan(ours)


def test_majority_of_continuous_values_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zone_figures, "MAX_DISTINCT", 100)
    pixels = np.random.default_rng(2).normal(size=(1, 40, 40))
    path = write_tif(tmp_path / "a.tif", pixels)
    everything = np.array([shapely.box(*rasterio.open(path).bounds)], dtype=object)
    with pytest.raises(ToolError, match="majority is for classes") as caught:
        zone_statistics(path, everything, ("majority",))
    assert caught.value.kind == "too_large"


def test_each_block_is_read_once_and_only_where_polygons_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "UNIT_PIXELS", 256)
    pixels = np.ones((1, 160, 160), "float32")
    path = write_tif(tmp_path / "a.tif", pixels, tiled=True, blockxsize=16, blockysize=16)
    read: list[blocks.Unit] = []
    real = blocks.read_unit

    def spy(dataset: Any, bands: tuple[int, ...], unit: blocks.Unit, room: Any) -> Any:
        read.append(unit)
        return real(dataset, bands, unit, room)

    monkeypatch.setattr(zone_gather, "read_unit", spy)
    shapes = [
        shapely.box(
            UTM_GRID.c + 10 * a, UTM_GRID.f - 400, UTM_GRID.c + 10 * a + 200, UTM_GRID.f - 100
        )
        for a in (3, 5, 8)
    ]
    zone_statistics(path, np.array(shapes, dtype=object), ("mean", "std"))
    assert len(set(read)) == len(read)
    assert {(u.row // 16, u.column // 16) for u in read} == {
        (r, c) for r in range(3) for c in range(2)
    }


def test_a_scene_of_digital_numbers_is_reflectance(tmp_path: Path) -> None:
    pixels = np.full((1, 10, 10), 2500, "uint16")
    path = write_tif(tmp_path / "a.tif", pixels)
    shape = shapely.box(UTM_GRID.c, UTM_GRID.f - 50, UTM_GRID.c + 50, UTM_GRID.f)
    found = zone_statistics(path, np.array([shape], dtype=object), ("mean", "count"))
    assert found["mean"][0] == pytest.approx(0.25, rel=1e-6)
    assert found["count"][0] == 25


def test_a_raster_without_such_a_band_is_a_typed_error(tmp_path: Path) -> None:
    path = write_tif(tmp_path / "a.tif", np.ones((1, 4, 4), "float32"))
    nothing = np.array([], dtype=object)
    with (
        pytest.raises(ToolError, match="no band 3"),
        zone_engine.zoned_raster(path, lambda _: nothing, (3,)),
    ):
        pass


def test_shared_polygons_on_the_shared_slope(tmp_path: Path) -> None:
    folder = SHARED / "rasterstats"
    if not folder.exists():
        pytest.skip("shared data folder rasterstats is absent")
    with rasterio.open(folder / "slope.tif") as source:
        pixels, grid, crs, nodata = source.read(1), source.transform, source.crs, source.nodata
    shapes = gpd.read_file(folder / "polygons.shp").to_crs(crs).geometry.to_numpy()
    path = write_tif(tmp_path / "s.tif", pixels[None], crs=crs, transform=grid, nodata=nodata)
    found = zone_statistics(path, shapes, ALL)
    valid = np.where(pixels == nodata, np.nan, pixels.astype(float))
    for name in ALL:
        np.testing.assert_allclose(found[name], by_hand(valid, grid, shapes, name), rtol=1e-9)


def test_a_raster_larger_than_can_be_read_in_time_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(zone_engine, "MAX_STREAMED", 300)
    path = write_tif(tmp_path / "a.tif", np.ones((1, 20, 20), "float32"))
    x, y = UTM_GRID.c, UTM_GRID.f
    small, wide = shapely.box(x, y - 150, x + 150, y), shapely.box(x - 9e9, y - 9e9, x + 9e9, y)
    count = zone_statistics(path, np.array([small], dtype=object), ("count",))["count"]
    assert count.tolist() == [225]
    with pytest.raises(ToolError, match="covers 400 pixels") as caught:
        zone_statistics(path, np.array([small, wide], dtype=object), ("count",))
    assert caught.value.kind == "too_large"


def test_blocks_too_large_to_hold_are_read_in_rows(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "UNIT_PIXELS", 100)
    monkeypatch.setattr(blocks, "LARGE_BLOCK", 1000)
    rng = np.random.default_rng(12)
    pixels = holed(rng, (60, 70))
    path = write_tif(tmp_path / "a.tif", pixels[None], nodata=np.nan, blockysize=59)
    shapes = stars(rng, 10, pixels.shape, UTM_GRID)
    found = zone_statistics(path, shapes, ("sum",))["sum"]
    np.testing.assert_allclose(found, by_hand(pixels, UTM_GRID, shapes, "sum"), atol=1e-6)
