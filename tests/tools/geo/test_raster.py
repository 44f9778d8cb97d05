import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from affine import Affine
from terragate.tests.support.tiny_geo import LEFT, PIXEL, SHARED, TOP, lonlat, utm_box, write_tif
from terragate.tools.errors import RetryableToolError, ToolError
from terragate.tools.geo import raster
from terragate.tools.geo.raster import (
    asset_path,
    clip_grid,
    open_geotiff,
    read_band,
    read_clip,
    valid_share,
)


@pytest.fixture
def ramp(tmp_path: Path) -> Path:
    """A 40 x 40 float raster whose pixel is 100 * row + column."""
    rows, columns = np.mgrid[0:40, 0:40]
    return write_tif(tmp_path / "ramp.tif", (100 * rows + columns)[None].astype("float32"))


def test_reads_exactly_the_pixels_whose_centres_lie_in_the_area(ramp: Path) -> None:
    pixels, grid = read_clip(ramp, utm_box((10, 20), (5, 8)))
    found = pixels[np.isfinite(pixels)]
    assert sorted(found) == [100 * row + col for row in (5, 6, 7) for col in range(10, 20)]
    assert grid.expected == pytest.approx(30, rel=1e-6)
    assert valid_share(pixels, grid) == pytest.approx(1, abs=1e-6)


def test_area_beyond_the_raster_lowers_the_valid_share(ramp: Path) -> None:
    pixels, grid = read_clip(ramp, utm_box((20, 60), (0, 40)))
    assert valid_share(pixels, grid) == pytest.approx(0.5, rel=1e-3)


def test_uint16_is_reflectance_and_nodata_is_nan(tmp_path: Path) -> None:
    path = write_tif(tmp_path / "r.tif", np.array([[[0, 2500]]], dtype="uint16"), nodata=0)
    grid = clip_grid(path, utm_box((0, 2), (0, 1)))
    np.testing.assert_equal(read_band(path, 1, grid), [[np.nan, 0.25]])


def test_a_band_on_a_coarser_grid_is_resampled(tmp_path: Path, ramp: Path) -> None:
    coarse = np.full((1, 20, 20), 7, dtype="float32")
    path = write_tif(tmp_path / "c.tif", coarse, transform=Affine(20, 0, LEFT, 0, -20, TOP))
    grid = clip_grid(ramp, utm_box((4, 12), (4, 12)))
    assert set(read_band(path, 1, grid)[grid.inside]) == {7.0}


def failure(path: Path, area: shapely.Geometry | None = None) -> ToolError:
    with pytest.raises(ToolError) as caught:
        read_clip(path, utm_box((0, 40), (0, 40)) if area is None else area)
    assert path.name in str(caught.value)
    return caught.value


def test_area_without_overlap_can_be_mended(ramp: Path) -> None:
    error = failure(ramp, shapely.box(10, 10, 11, 11))
    assert isinstance(error, RetryableToolError)
    assert error.kind == "precondition"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"crs": None}, "coordinate reference system"),
        ({"transform": Affine(8, 6, LEFT, 6, -8, TOP)}, "rotated"),
        ({"transform": Affine(PIXEL, 0, LEFT, 0, PIXEL, TOP)}, "north-up"),
        ({"nodata": 1}, "only nodata"),
        ({"dtype": "complex64"}, "complex"),
    ],
)
def test_unusable_rasters_say_why(tmp_path: Path, change: dict[str, object], reason: str) -> None:
    path = write_tif(tmp_path / "bad.tif", np.ones((1, 40, 40), dtype="float32"), **change)
    error = failure(path)
    assert error.kind == "bad_data"
    assert reason in str(error)


@pytest.mark.parametrize("action", ["ignore", "error"])
@pytest.mark.parametrize("crs", [None, "EPSG:32631"])
def test_raster_without_geotransform_is_refused(
    tmp_path: Path, action: Any, crs: str | None
) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        path = write_tif(tmp_path / "n.tif", np.ones((1, 4, 4), "uint8"), transform=None, crs=crs)
        warnings.simplefilter(action)
        error = failure(path)
    assert error.kind == "bad_data"
    assert "no geotransform" in str(error)


def test_opening_in_many_threads_leaves_the_warning_filters_alone(tmp_path: Path) -> None:
    path = write_tif(tmp_path / "a.tif", np.ones((1, 4, 4), "uint8"))
    filters, copy = warnings.filters, list(warnings.filters)
    seen: list[bool] = []

    def look(_: int) -> None:
        with open_geotiff(path):
            seen.append(warnings.filters is filters)

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(look, range(40)))
    assert seen == [True] * 40
    assert warnings.filters is filters
    assert filters == copy


@pytest.mark.parametrize("content", [b"", b"II*\0 and then nonsense", b"<VRTDataset/>"])
def test_files_that_are_not_geotiffs_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "junk.tif"
    path.write_bytes(content)
    assert failure(path).kind == "bad_data"


def test_missing_file_is_refused(tmp_path: Path) -> None:
    assert "does not exist" in str(failure(tmp_path / "gone.tif"))


def test_a_header_that_claims_a_huge_raster_is_read_by_windows(tmp_path: Path) -> None:
    path = tmp_path / "huge.tif"
    side = 1_000_000
    shape = {
        "height": side,
        "width": side,
        "tiled": True,
        "sparse_ok": True,
        "blockxsize": 4096,
        "blockysize": 4096,
    }
    tiny = Affine(0.1, 0, LEFT, 0, -0.1, TOP)
    write_sparse(path, shape | {"transform": tiny})
    error = failure(path, utm_box((0, 10_000), (0, 10_000)))
    assert error.kind == "too_large"
    pixels, _ = read_clip(path, utm_box((0, 2), (0, 2)))
    assert pixels.size <= 203**2


def write_sparse(path: Path, profile: dict[str, object]) -> None:
    import rasterio

    settings = {"driver": "GTiff", "count": 1, "dtype": "uint8", "crs": "EPSG:32631"}
    with rasterio.open(path, "w", **(settings | profile)):
        pass


def test_a_block_of_absurd_size_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_tif(tmp_path / "strip.tif", np.ones((1, 40, 40), "uint8"), blockysize=40)
    monkeypatch.setattr(raster, "MAX_BLOCK_PIXELS", 1000)
    assert failure(path).kind == "too_large"


@pytest.mark.parametrize("href", ["../secret.tif", "/etc/passwd"])
def test_asset_outside_the_catalog_is_refused(tmp_path: Path, href: str) -> None:
    with pytest.raises(ToolError, match="outside the catalog"):
        asset_path(tmp_path, href)


@pytest.mark.parametrize(
    ("name", "area", "reason"),
    [
        (
            "corrupt.tif",
            lonlat(shapely.box(14321900, 4532500, 14322300, 4533000), "EPSG:3857"),
            "read",
        ),
        ("rotated.tif", shapely.box(0, 0, 1, 1), "reference system"),
        ("float_nan.tif", shapely.box(0, 0, 1, 1), "reference system"),
        (
            "all-nodata.tif",
            lonlat(shapely.box(341970, 1603000, 342100, 1603800), "EPSG:32628"),
            "only nodata",
        ),
    ],
)
def test_known_bad_files_of_rasterio(name: str, area: shapely.Geometry, reason: str) -> None:
    path = SHARED / "rasterio" / name
    if not path.exists():
        pytest.skip(f"shared data file {name} is absent")
    error = failure(path, area)
    assert error.kind == "bad_data"
    assert reason in str(error)
