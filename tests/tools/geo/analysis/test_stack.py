from pathlib import Path

import numpy as np
import pytest
from terragate.tests.support.tiny_geo import scene, utm_box, write_tif
from terragate.tools.errors import RetryableToolError, ToolError
from terragate.tools.geo.analysis.formulas import catalogue
from terragate.tools.geo.analysis.formulas_scene import scene_bands
from terragate.tools.geo.analysis.grid import CommonGrid, common_grid
from terragate.tools.geo.analysis.stack import Stack, band_layers, computed_blocks, lazy_stack
from terragate.tools.geo.catalog import Scene

AREA = utm_box((0, 40), (0, 40))
DAYS = ("2024-06-03", "2024-06-01", "2024-06-02", "2024-06-02")
NDVI = catalogue().formulas["NDVI"]


def scenes(folder: Path) -> tuple[list[Scene], np.ndarray]:
    """Write four scenes on three days and return the (time, band, y, x) truth of red and nir."""
    random = np.random.default_rng(11)
    made: list[Scene] = []
    truth: list[np.ndarray] = []
    for number, day in enumerate(DAYS):
        bands = random.integers(200, 7000, (7, 40, 40)).astype("uint16")
        bands[6] = random.random((40, 40)) < 0.3
        write_tif(folder / f"s{number}.tif", bands)
        made.append(scene(f"s{number}", f"s{number}.tif", day, cloud=10.0 * number))
        truth.append(np.where(bands[6] == 1, np.nan, bands[2:4] / 10_000))
    # Of the two scenes of the second day the clearer, s2, is on top.
    second = np.where(np.isfinite(truth[2]), truth[2], truth[3])
    return made, np.stack([truth[1], second, truth[0]])


def stacked(folder: Path, chunk_bytes: int = 20_000) -> tuple[Stack, np.ndarray]:
    made, truth = scenes(folder)
    layers = band_layers(folder, made, ("red", "nir"))
    return lazy_stack(layers, grid_of(layers), chunk_bytes=chunk_bytes), truth


def grid_of(layers: list) -> CommonGrid:
    return common_grid(AREA, [source for one in layers for source in one.sources])


def whole(image: object, stack: Stack, **options: object) -> np.ndarray:
    found = np.full((stack.grid.height, stack.grid.width), np.nan)
    for block, pixels in computed_blocks(image, stack, **options):
        height, width = pixels.shape
        found[block.row : block.row + height, block.column : block.column + width] = pixels
    return found


def test_the_stack_holds_what_the_files_do(tmp_path: Path) -> None:
    stack, truth = stacked(tmp_path)
    assert stack.data.dims == ("time", "band", "y", "x")
    assert [str(day)[:10] for day in stack.data.time.to_numpy()] == sorted(set(DAYS))
    assert list(stack.data.band.to_numpy()) == ["red", "nir"]
    assert stack.data.attrs["crs"] == "EPSG:32631"
    assert stack.data.dtype == np.float32
    np.testing.assert_allclose(stack.data.compute(scheduler="threads"), truth, rtol=1e-6)
    assert float(stack.data.x[1] - stack.data.x[0]) == 10
    assert float(stack.data.y[0]) == 5_760_000 - 5


def test_nothing_is_read_before_it_is_computed(tmp_path: Path) -> None:
    stack, _ = stacked(tmp_path)
    for file in tmp_path.glob("*.tif"):
        file.unlink()
    assert stack.data.shape == (3, 2, 40, 40)
    with pytest.raises(ToolError, match="does not exist"):
        stack.data[0, 0, :4, :4].compute(scheduler="synchronous")


@pytest.mark.parametrize("chunk_bytes", [1, 20_000, 16_000_000])
def test_chunks_stay_within_their_bytes(tmp_path: Path, chunk_bytes: int) -> None:
    stack, truth = stacked(tmp_path, chunk_bytes)
    _, _, rows, columns = stack.data.chunks
    smallest = 3 * 2 * 4 * 16 * 16
    assert max(rows) * max(columns) * 3 * 2 * 4 <= max(chunk_bytes, smallest)
    np.testing.assert_allclose(stack.data.compute(scheduler="threads"), truth, rtol=1e-6)


def index_layers(folder: Path) -> tuple[Stack, np.ndarray]:
    made, truth = scenes(folder)
    layers = scene_bands(folder, made, NDVI)
    stack = lazy_stack(layers, grid_of(list(layers)), chunk_bytes=20_000)
    red, nir = truth[:, 0], truth[:, 1]
    return stack, (nir - red) / (nir + red)


@pytest.mark.parametrize("scheduler", ["threads", "synchronous"])
def test_median_and_count_over_time(tmp_path: Path, scheduler: str) -> None:
    stack, index = index_layers(tmp_path)
    seen = np.isfinite(index).sum(axis=0)
    truth = np.full((40, 40), np.nan)
    truth[seen > 0] = np.nanmedian(index[:, seen > 0], axis=0)
    median = whole(stack.median(NDVI), stack, scheduler=scheduler)
    np.testing.assert_allclose(median, truth, rtol=1e-5, atol=1e-6)
    np.testing.assert_array_equal(whole(stack.days_seen(NDVI), stack), seen)
    assert 0 < (seen == 0).sum() < 200
    assert set(np.unique(seen)) == {0, 1, 2, 3}


def test_the_same_call_on_a_cluster(tmp_path: Path) -> None:
    distributed = pytest.importorskip("distributed")
    stack, index = index_layers(tmp_path)
    seen = np.isfinite(index).sum(axis=0)
    with (
        distributed.LocalCluster(
            n_workers=1, threads_per_worker=2, processes=False, dashboard_address=None
        ) as cluster,
        distributed.Client(cluster) as client,
    ):
        on_cluster = whole(stack.median(NDVI), stack, scheduler=client)
    np.testing.assert_array_equal(on_cluster, whole(stack.median(NDVI), stack))
    assert np.isfinite(on_cluster).sum() == (seen > 0).sum()


def test_a_stack_can_be_sent_to_another_process(tmp_path: Path) -> None:
    cloudpickle = pytest.importorskip("cloudpickle")
    stack, index = index_layers(tmp_path)
    copy = cloudpickle.loads(cloudpickle.dumps(stack))
    np.testing.assert_array_equal(whole(copy.median(NDVI), copy), whole(stack.median(NDVI), stack))
    assert index.shape == (3, 40, 40)


def test_wrong_bands_and_no_scenes_are_refused(tmp_path: Path) -> None:
    made, _ = scenes(tmp_path)
    with pytest.raises(RetryableToolError, match="has no band 'thermal'") as caught:
        band_layers(tmp_path, made, ("red", "thermal"))
    assert "nir" in caught.value.candidates
    layers = band_layers(tmp_path, made, ("red",))
    with pytest.raises(ToolError, match="no scene to stack"):
        lazy_stack([], grid_of(layers))
