from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from affine import Affine
from hypothesis import given, settings
from hypothesis import strategies as st
from terragate.tests.support.tiny_geo import write_tif
from terragate.tools.artifacts import ArtifactStore
from terragate.tools.errors import ToolError
from terragate.tools.geo.analysis import blocks
from terragate.tools.geo.analysis.blocks import (
    CACHE_BYTES,
    Unit,
    open_readers,
    output_units,
    read_padded,
    read_unit,
    unit_shape,
    units,
    write_raster,
)


def read_all(path: Path) -> np.ndarray:
    with open_readers(path) as (dataset,):
        bands = tuple(dataset.indexes)
        return read_unit(dataset, bands, Unit(0, 0, dataset.height, dataset.width))


@given(
    st.tuples(st.integers(1, 90), st.integers(1, 90)),
    st.tuples(st.integers(1, 40), st.integers(1, 40)),
)
@settings(max_examples=30, deadline=None)
def test_units_cover_every_pixel_once(shape: tuple[int, int], size: tuple[int, int]) -> None:
    seen = np.zeros(shape, int)
    for unit in units(shape, size):
        assert unit.height <= size[0]
        assert unit.width <= size[1]
        seen[unit.window.toslices()] += 1
    assert (seen == 1).all()


@pytest.mark.parametrize(
    ("layout", "bands"),
    [
        ({"tiled": True, "blockxsize": 64, "blockysize": 32}, 1),
        ({"tiled": True, "blockxsize": 64, "blockysize": 32}, 6),
        ({"blockysize": 7}, 1),
        ({"blockysize": 299}, 2),
    ],
)
def test_units_are_whole_blocks_of_a_bounded_size(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, layout: dict[str, Any], bands: int
) -> None:
    monkeypatch.setattr(blocks, "UNIT_PIXELS", 6000)
    monkeypatch.setattr(blocks, "LARGE_BLOCK", 50_000)
    path = write_tif(tmp_path / "a.tif", np.zeros((bands, 300, 200), "uint8"), **layout)
    with open_readers(path) as (dataset,):
        height, width = unit_shape(dataset, bands)
        rows, columns = dataset.block_shapes[0]
    assert height * width * bands <= max(6000, rows * columns * bands)
    assert height * width * bands <= 50_000
    if rows * columns * bands <= 50_000:
        assert height % rows == 0
        assert width % columns == 0


@pytest.mark.parametrize(
    ("stored", "profile", "expected"),
    [
        (np.array([[1, 2], [3, 9]], "uint8"), {"nodata": 9}, [[1, 2], [3, np.nan]]),
        (np.array([[5, 2500], [0, 1]], "uint16"), {"nodata": 0}, [[5e-4, 0.25], [np.nan, 1e-4]]),
        (
            np.array([[1.5, -9999], [np.inf, 0]], "float32"),
            {"nodata": -9999},
            [[1.5, np.nan], [np.inf, 0]],
        ),
        (np.array([[70_000, -7], [1, 2]], "int32"), {}, [[70_000, -7], [1, 2]]),
    ],
)
def test_values_are_physical_and_nodata_is_nan(
    tmp_path: Path, stored: np.ndarray, profile: dict[str, Any], expected: Any
) -> None:
    found = read_all(write_tif(tmp_path / "a.tif", stored[None], **profile))[0]
    np.testing.assert_allclose(found, np.array(expected), rtol=1e-6)
    assert found.dtype == (np.float64 if stored.dtype == np.int32 else np.float32)


def test_scales_and_mask_bands_are_applied(tmp_path: Path) -> None:
    path = write_tif(tmp_path / "a.tif", np.array([[[10, 20], [30, 40]]] * 2, "int16"))
    with rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True), rasterio.open(path, "r+") as target:
        target.scales, target.offsets = (0.5, 1.0), (1.0, 0.0)
        target.write_mask(np.array([[True, False], [True, True]]))
    found = read_all(path)
    np.testing.assert_allclose(found[0], [[6, np.nan], [16, 21]])
    np.testing.assert_allclose(found[1], [[10, np.nan], [30, 40]])


@pytest.mark.parametrize("kind", ["float32", "float64", "int16"])
def test_nodata_is_a_stored_value_and_not_a_scaled_one(tmp_path: Path, kind: str) -> None:
    path = write_tif(tmp_path / "a.tif", np.array([[[-4, -2], [1, 0]]], kind), nodata=-4)
    with rasterio.open(path, "r+") as target:
        target.scales, target.offsets = (2.0,), (0.0,)
    np.testing.assert_array_equal(read_all(path)[0], [[np.nan, -4], [2, 0]])


def test_pixels_lie_in_the_room_that_is_given(tmp_path: Path) -> None:
    path = write_tif(tmp_path / "a.tif", np.arange(12, dtype="float32").reshape(1, 3, 4), nodata=5)
    asked: list[tuple[int, str]] = []
    array = np.full(20, 99, "float32")

    def room(count: int, kind: str) -> np.ndarray:
        asked.append((count, kind))
        return array[:count]

    with open_readers(path) as (dataset,):
        found = read_unit(dataset, (1,), Unit(1, 1, 2, 3), room)
    np.testing.assert_array_equal(found[0], [[np.nan, 6, 7], [9, 10, 11]])
    assert asked == [(6, "float32")]
    assert np.shares_memory(found, array)
    assert (array[6:] == 99).all()


def test_the_halo_is_nan_outside_and_neighbours_inside(tmp_path: Path) -> None:
    pixels = np.arange(30.0, dtype="float32").reshape(5, 6)
    path = write_tif(tmp_path / "a.tif", pixels[None])
    padded = np.pad(pixels, 1, constant_values=np.nan)
    with open_readers(path) as (dataset,):
        for unit in units((5, 6), (2, 4)):
            row, column = unit.row, unit.column
            expected = padded[row : row + unit.height + 2, column : column + unit.width + 2]
            np.testing.assert_array_equal(read_padded(dataset, unit), expected)


def test_the_block_cache_is_bounded_while_a_raster_streams(tmp_path: Path) -> None:
    from rasterio.env import getenv

    path = write_tif(tmp_path / "a.tif", np.zeros((1, 4, 4), "uint8"))
    with open_readers(path, 2) as readers:
        assert getenv()["GDAL_CACHEMAX"] == CACHE_BYTES
        assert len(readers) == 2
    assert readers[0].closed


def test_a_written_raster_is_a_cog_on_the_same_grid(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pixels = rng.normal(size=(700, 2100)).astype("float32")
    grid = Affine(20, 0, 1e5, 0, -30, 5e6)
    path = write_tif(tmp_path / "a.tif", pixels[None], transform=grid)
    store = ArtifactStore(tmp_path / "run")
    with open_readers(path) as (dataset,):
        parts = ((unit, read_unit(dataset, (1,), unit)[0] * 2) for unit in output_units(dataset))
        ref = write_raster(store, "double.tif", dataset, parts, {"DATE": "2024-06-01"})
    with rasterio.open(store.path(ref)) as made:
        np.testing.assert_array_equal(made.read(1), pixels * 2)
        assert made.transform == grid
        assert made.crs == "EPSG:32631"
        assert np.isnan(made.nodata)
        assert made.tags()["DATE"] == "2024-06-01"
        assert made.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
    assert not list((tmp_path / "run").glob(".part-*"))


def test_a_raster_of_nothing_is_not_written(tmp_path: Path) -> None:
    path = write_tif(tmp_path / "a.tif", np.zeros((1, 4, 4), "float32"))
    store = ArtifactStore(tmp_path / "run")
    empty = [(Unit(0, 0, 4, 4), np.full((4, 4), np.nan))]
    with (
        open_readers(path) as (dataset,),
        pytest.raises(ToolError, match="only nodata") as caught,
    ):
        write_raster(store, "none.tif", dataset, empty, {})
    assert caught.value.kind == "bad_data"
    assert not [p for p in (tmp_path / "run").rglob("*") if p.is_file()]


def test_a_result_too_large_to_write_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(blocks, "MAX_WRITTEN", 15)
    path = write_tif(tmp_path / "a.tif", np.zeros((1, 4, 4), "float32"))
    store = ArtifactStore(tmp_path / "run")
    with open_readers(path) as (dataset,), pytest.raises(ToolError, match="4 x 4") as caught:
        write_raster(store, "big.tif", dataset, [], {})
    assert caught.value.kind == "too_large"
    assert not store.root.exists()


@pytest.mark.parametrize("content", [b"", b"no raster at all", None])
def test_unreadable_files_are_typed_errors(tmp_path: Path, content: bytes | None) -> None:
    path = tmp_path / "bad.tif"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(ToolError, match=r"bad\.tif") as caught, open_readers(path):
        pass
    assert caught.value.kind == "bad_data"


def test_a_damaged_block_is_a_typed_error(tmp_path: Path) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, (1, 64, 64)).astype("uint8")
    path = write_tif(tmp_path / "a.tif", pixels, compress="deflate")
    data = bytearray(path.read_bytes())
    data[-3000:-1000] = bytes(2000)
    path.write_bytes(bytes(data))
    with pytest.raises(ToolError, match="cannot be read") as caught:
        read_all(path)
    assert caught.value.kind == "bad_data"
