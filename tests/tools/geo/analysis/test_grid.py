from pathlib import Path

import numpy as np
import pytest
import rasterio
import shapely
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Transformer
from rasterio.crs import CRS
from terragate.tests.support.tiny_geo import LEFT, PIXEL, TOP, UTM, lonlat, utm_box, write_tif
from terragate.tools.errors import RetryableToolError, ToolError
from terragate.tools.geo.analysis import grid as grid_module
from terragate.tools.geo.analysis import grid_work
from terragate.tools.geo.analysis.grid import CommonGrid, Source, common_grid, open_source
from terragate.tools.geo.analysis.grid_read import read_codes, read_flags, read_values
from terragate.tools.geo.analysis.grid_work import Tally, map_blocks
from terragate.tools.geo.catalog import PixelRule
from terragate.tools.geo.raster import Grid

RAMP = np.arange(40 * 40, dtype="float32").reshape(40, 40)


def source(folder: Path, pixels: np.ndarray, name: str = "a.tif", **profile: object) -> Source:
    return open_source(write_tif(folder / name, pixels[None], **profile), 1)


def whole(grid: CommonGrid) -> Grid:
    return grid.block(0, 0, grid.height, grid.width)


def centres(grid: CommonGrid) -> tuple[np.ndarray, np.ndarray]:
    step = grid.transform
    x = step.c + step.a * (np.arange(grid.width) + 0.5)
    y = step.f + step.e * (np.arange(grid.height) + 0.5)
    return np.meshgrid(x, y)


def plane(transform: Affine, shape: tuple[int, int]) -> np.ndarray:
    """Return values that are linear in easting and northing, and so exact under bilinear reads."""
    rows, columns = np.mgrid[0 : shape[0], 0 : shape[1]] + 0.5
    return linear(transform.c + transform.a * columns, transform.f + transform.e * rows)


def linear(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    return ((x - LEFT) * 3 + (TOP - y) * 2).astype("float32")


def test_one_source_keeps_its_own_pixels(tmp_path: Path) -> None:
    one = source(tmp_path, RAMP)
    grid = common_grid(utm_box((5, 9), (10, 13)), [one])
    assert grid.crs == CRS.from_string(UTM)
    values = read_values(one, whole(grid))
    inside = whole(grid).inside
    # The outline's edges lie on pixel edges, where rounding may add a row or column outside it.
    rows, columns = np.nonzero(inside)
    found = values[rows.min() : rows.max() + 1, columns.min() : columns.max() + 1]
    np.testing.assert_array_equal(found, RAMP[10:13, 5:9])
    assert inside.sum() == 12
    assert grid.expected == pytest.approx(12, rel=1e-6)


def test_the_grid_stops_where_the_source_does(tmp_path: Path) -> None:
    one = source(tmp_path, RAMP)
    grid = common_grid(utm_box((-20, 60), (-10, 50)), [one])
    assert (grid.width, grid.height) == (40, 40)
    np.testing.assert_array_equal(read_values(one, whole(grid)), RAMP)
    assert grid.expected == pytest.approx(80 * 60, rel=0.01)


@settings(max_examples=25)
@given(
    st.integers(0, 30), st.integers(0, 30), st.integers(2, 30), st.integers(2, 30),
    st.integers(3, 17),
)  # fmt: skip
def test_blocks_tile_the_grid_and_mark_the_pixel_centres_inside(
    tmp_path_factory: pytest.TempPathFactory, left: int, top: int, wide: int, high: int, side: int
) -> None:
    one = source(tmp_path_factory.mktemp("g"), RAMP)
    x, y = LEFT + PIXEL * left, TOP - PIXEL * top
    triangle = shapely.Polygon(
        [(x + 1.3, y - 2.1), (x + PIXEL * wide, y - 3.7), (x + 4.9, y - PIXEL * high - 8.8)]
    )
    grid = common_grid(lonlat(triangle), [one])
    inside = np.zeros((grid.height, grid.width), dtype=bool)
    for block in grid.blocks(side):
        assert max(block.inside.shape) <= side
        height, width = block.inside.shape
        place = np.s_[block.row : block.row + height, block.column : block.column + width]
        assert not inside[place].any()
        inside[place] = block.inside
    truth = shapely.contains_xy(triangle, *centres(grid))
    # Only pixels whose centre lies on the outline, to within a millimetre, may differ.
    on_edge = shapely.distance(triangle.exterior, shapely.points(*centres(grid))) < 1e-3
    np.testing.assert_array_equal(inside[~on_edge], truth[~on_edge])


def test_scenes_side_by_side_make_one_grid(tmp_path: Path) -> None:
    first = source(tmp_path, RAMP)
    moved = Affine(PIXEL, 0, LEFT + 400, 0, -PIXEL, TOP - 100)
    second = source(tmp_path, RAMP + 5000, "b.tif", transform=moved)
    grid = common_grid(utm_box((0, 80), (0, 50)), [first, second])
    assert (grid.width, grid.height) == (80, 50)
    truth = np.full((50, 80), np.nan)
    truth[:40, :40] = RAMP
    np.testing.assert_array_equal(read_values(first, whole(grid)), truth)
    truth[:] = np.nan
    truth[10:50, 40:80] = RAMP + 5000
    np.testing.assert_array_equal(read_values(second, whole(grid)), truth)
    parts = [read_values(second, block) for block in grid.blocks(16)]
    assert sum(int(np.isfinite(part).sum()) for part in parts) == 1600


def test_finest_and_coarsest_pixels(tmp_path: Path) -> None:
    fine = source(tmp_path, RAMP)
    coarse_grid = Affine(20, 0, LEFT, 0, -20, TOP)
    coarse = source(
        tmp_path, plane(coarse_grid, (20, 20)), "b.tif", transform=coarse_grid
    )  # fmt: skip
    area = utm_box((4, 36), (4, 36))
    assert common_grid(area, [coarse, fine]).transform.a == 10
    assert common_grid(area, [coarse, fine], coarsest=True).transform.a == 20
    grid = common_grid(area, [coarse, fine])
    np.testing.assert_allclose(
        read_values(coarse, whole(grid)), linear(*centres(grid)), rtol=1e-5, atol=0.05
    )


def test_another_crs_is_reprojected(tmp_path: Path) -> None:
    shape = (60, 60)
    one = source(tmp_path, plane(Affine(PIXEL, 0, LEFT, 0, -PIXEL, TOP), shape))
    grid = common_grid(
        utm_box((10, 50), (10, 50)), [one], crs=CRS.from_epsg(4326), resolution=0.0001
    )
    assert grid.transform.c == pytest.approx(round(grid.transform.c, 4), abs=1e-12)
    truth = linear(*Transformer.from_crs(4326, UTM, always_xy=True).transform(*centres(grid)))
    for block in grid.blocks(32):
        found = read_values(one, block)
        height, width = found.shape
        part = truth[block.row : block.row + height, block.column : block.column + width]
        # GDAL's transformer is allowed an eighth of a pixel, and the plane falls 36 a pixel.
        np.testing.assert_allclose(found[block.inside], part[block.inside], atol=5)


def test_most_sources_decide_on_the_crs(tmp_path: Path) -> None:
    degrees = Affine(1e-4, 0, 4.30, 0, -1e-4, 52.0)
    odd = source(tmp_path, RAMP, "odd.tif", crs="EPSG:4326", transform=degrees)
    one, two = source(tmp_path, RAMP), source(tmp_path, RAMP, "b.tif")
    assert common_grid(utm_box((1, 9), (1, 9)), [odd, one, two]).crs == one.crs


def test_only_the_blocks_that_are_needed_are_read(tmp_path: Path) -> None:
    pixels = np.random.default_rng(1).integers(1, 200, (512, 512)).astype("uint8")
    tiled = {"tiled": True, "blockxsize": 128, "blockysize": 128, "compress": "deflate"}
    one = source(tmp_path, pixels, **tiled)
    with rasterio.open(one.path) as written:
        start = int(written.get_tag_item("BLOCK_OFFSET_3_3", "TIFF", bidx=1))
    data = bytearray(one.path.read_bytes())
    data[start : start + 4000] = b"\xff" * 4000
    one.path.write_bytes(bytes(data))
    grid = common_grid(utm_box((10, 100), (10, 100)), [one])
    np.testing.assert_array_equal(
        read_values(one, whole(grid))[whole(grid).inside], pixels[10:100, 10:100].ravel()
    )
    last = common_grid(utm_box((400, 510), (400, 510)), [one])
    with pytest.raises(ToolError, match="cannot be read"):
        read_values(one, whole(last))


def test_a_grid_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(grid_module, "MAX_GRID_PIXELS", 1000)
    with pytest.raises(ToolError, match="more than 1000") as caught:
        common_grid(utm_box((0, 40), (0, 40)), [source(tmp_path, RAMP)])
    assert caught.value.kind == "too_large"


def test_an_area_elsewhere_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RetryableToolError, match="none of the 1 rasters covers"):
        common_grid(shapely.box(10, 10, 11, 11), [source(tmp_path, RAMP)])


def test_wrong_arguments_are_refused(tmp_path: Path) -> None:
    one = source(tmp_path, RAMP)
    with pytest.raises(ToolError, match="no raster to make a grid of"):
        common_grid(utm_box((0, 4), (0, 4)), [])
    with pytest.raises(ToolError, match="must be a positive number"):
        common_grid(utm_box((0, 4), (0, 4)), [one], resolution=-1.0)
    with pytest.raises(ToolError, match="give the resolution too"):
        common_grid(utm_box((0, 4), (0, 4)), [one], crs=CRS.from_epsg(3857))
    with pytest.raises(ToolError, match="has no band 2"):
        open_source(one.path, 2)


def test_codes_are_never_mixed(tmp_path: Path) -> None:
    codes = np.random.default_rng(2).choice([1, 4, 8, 11], (20, 20)).astype("uint8")
    coarse = source(tmp_path, codes, transform=Affine(20, 0, LEFT, 0, -20, TOP))
    fine = source(tmp_path, RAMP, "f.tif")
    grid = common_grid(utm_box((0, 40), (0, 40)), [fine])
    truth = codes.repeat(2, axis=0).repeat(2, axis=1)
    np.testing.assert_array_equal(read_codes(coarse, whole(grid), 0), truth)


def test_coarser_pixels_take_the_most_frequent_code(tmp_path: Path) -> None:
    codes = np.full((40, 40), 4, dtype="uint8")
    codes[::2, ::2] = 9
    fine = source(tmp_path, codes)
    grid = common_grid(utm_box((0, 40), (0, 40)), [fine], crs=CRS.from_string(UTM), resolution=40.0)
    assert (read_codes(fine, whole(grid), 0)[1:-1, 1:-1] == 4).all()


def test_codes_beyond_the_file_are_the_fill(tmp_path: Path) -> None:
    codes = source(tmp_path, np.full((40, 20), 7, dtype="uint8"))
    grid = common_grid(utm_box((0, 40), (0, 40)), [source(tmp_path, RAMP, "f.tif")])
    found = read_codes(codes, whole(grid), 1)
    assert (found[:, :20] == 7).all()
    assert (found[:, 20:] == 1).all()
    flags = read_flags(codes, whole(grid))
    assert flags[:, :20].all()
    assert not flags[:, 20:].any()


def test_numbers_with_a_fraction_are_no_codes(tmp_path: Path) -> None:
    one = source(tmp_path, RAMP)
    grid = common_grid(utm_box((0, 4), (0, 4)), [one])
    with pytest.raises(ToolError, match="not integer codes"):
        read_codes(one, whole(grid), 0)


@pytest.mark.parametrize("shift", [0.0, 3.0])
def test_a_stated_rule_goes_before_the_file(tmp_path: Path, shift: float) -> None:
    stored = np.full((40, 40), 12_000, dtype="uint16")
    stored[0, 0] = 77
    path = write_tif(tmp_path / "l2.tif", stored[None])
    rule = PixelRule(scale=2.75e-5, offset=-0.2, nodata=77)
    one = open_source(path, 1, rule)
    like = source(tmp_path, RAMP, "f.tif", transform=Affine(10, 0, LEFT + shift, 0, -10, TOP))
    grid = common_grid(utm_box((0, 40), (0, 40)), [like])
    found = read_values(one, whole(grid))
    assert np.isnan(found[0, 0])
    assert found[5, 5] == pytest.approx(12_000 * 2.75e-5 - 0.2, rel=1e-12)
    assert read_values(open_source(path, 1), whole(grid))[5, 5] == pytest.approx(1.2)


def test_blocks_come_back_in_order(tmp_path: Path) -> None:
    grid = common_grid(utm_box((0, 40), (0, 40)), [source(tmp_path, RAMP)])
    made = list(map_blocks(lambda block: (block.row, block.column), grid.blocks(8), threads=3))
    assert [result for _, result in made] == sorted(result for _, result in made)
    assert len(made) == 25


def test_an_error_in_a_block_is_raised(tmp_path: Path) -> None:
    grid = common_grid(utm_box((0, 40), (0, 40)), [source(tmp_path, RAMP)])

    def fail(block: Grid) -> None:
        raise ToolError(f"block {block.row}", kind="bad_data")

    with pytest.raises(ToolError, match="block 0"):
        list(map_blocks(fail, grid.blocks(8)))


@settings(max_examples=40)
@given(
    st.lists(
        st.lists(st.floats(-1048576.0, 1048576.0, width=32) | st.just(float("nan")), max_size=9),
        max_size=6,
    ),
    st.integers(0, 30),
)
def test_mean_and_median_of_blocks_are_those_of_the_whole(
    parts: list[list[float]], kept: int
) -> None:
    arrays = [np.array(part, dtype=np.float64) for part in parts]
    every = np.concatenate([*arrays, np.empty(0)])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grid_work, "VALUES_KEPT", kept)
        tally = Tally()
        for array in arrays:
            tally.add(array)
        median = tally.median(lambda: arrays)
    assert tally.count == np.isfinite(every).sum()
    if tally.count:
        assert median == np.nanmedian(every)
        assert tally.mean == pytest.approx(np.nanmean(every), rel=1e-6, abs=1e-5)
    else:
        assert np.isnan(median)
        assert np.isnan(tally.mean)


def test_a_bounded_cache_is_given_back() -> None:
    import rasterio._env as env

    before = env.get_gdal_config("GDAL_CACHEMAX")
    with grid_work.bounded_cache():
        assert env.get_gdal_config("GDAL_CACHEMAX") == grid_work.CACHE_BYTES
    assert env.get_gdal_config("GDAL_CACHEMAX") == before
