from pathlib import Path

import numpy as np
import pytest
import rasterio
from affine import Affine
from terragate.tests.support.tiny_geo import (
    LEFT,
    PIXEL,
    TOP,
    aoi_payload,
    context,
    record,
    scene,
    scenes_payload,
    utm_box,
    write_tif,
)
from terragate.tools.errors import RetryableToolError, ToolError
from terragate.tools.geo.analysis import mosaic as mosaic_module
from terragate.tools.geo.analysis.mosaic import MOSAIC_SCENES
from terragate.tools.geo.analysis.mosaic_scenes import best_day, by_day
from terragate.tools.geo.catalog import Scene
from terragate.tools.records import ArtifactRef, ToolResult

AREA = utm_box((0, 40), (0, 40))


def add(
    folder: Path,
    name: str,
    day: str,
    ndvi: float,
    *,
    cloud: float = 0.0,
    columns: tuple[int, int] = (0, 40),
    clouded: tuple[slice, slice] | None = None,
) -> Scene:
    """Write a scene of one NDVI over some columns of the tiny grid; red is 0.1."""
    wide = columns[1] - columns[0]
    bands = np.zeros((7, 40, wide), "uint16")
    bands[2] = 1000
    bands[3] = round(1000 * (1 + ndvi) / (1 - ndvi))
    if clouded:
        bands[6][clouded] = 1
    corner = Affine(PIXEL, 0, LEFT + PIXEL * columns[0], 0, -PIXEL, TOP)
    write_tif(folder / f"{name}.tif", bands, transform=corner)
    return scene(name, f"{name}.tif", day, cloud, bbox=utm_box(columns, (0, 40)).bounds)


def mosaic(folder: Path, order: str, scenes: list[Scene], index: str = "NDVI") -> ToolResult:
    records = [record("s", scenes=scenes_payload(scenes)), record("a", aoi=aoi_payload(AREA))]
    args = {"index": index, "order": order, "scenes": "s", "aoi": "a"}
    return MOSAIC_SCENES(context(folder, records), args)


def pixels(folder: Path, result: ToolResult) -> np.ndarray:
    ref = ArtifactRef.model_validate(result.outputs["raster"]["artifact"])
    with rasterio.open(folder / "run" / ref.path) as source:
        return source.read(1)


def test_scenes_of_one_day_side_by_side(tmp_path: Path) -> None:
    scenes = [
        add(tmp_path, "west", "2024-06-01", 0.2, columns=(0, 24)),
        add(tmp_path, "east", "2024-06-01", 0.6, cloud=10, columns=(16, 40)),
        add(tmp_path, "whole", "2024-05-01", -0.2, cloud=50),
    ]
    result = mosaic(tmp_path, "one_day", scenes)
    truth = np.full((40, 40), 0.6)
    truth[:, :24] = 0.2  # the clearer one is on top where both show a place
    np.testing.assert_allclose(pixels(tmp_path, result), truth, atol=2e-4)
    payload = result.outputs["raster"]
    assert (payload["date"], payload["scene"]) == ("2024-06-01", "mosaic of 2 scenes")
    assert result.notes[0] == "2 scenes of 2024-06-01"


def test_the_newest_clear_pixel_is_on_top(tmp_path: Path) -> None:
    scenes = [
        add(tmp_path, "new", "2024-06-03", 0.6, clouded=np.s_[:, :10]),
        add(tmp_path, "mid", "2024-06-02", 0.4, clouded=np.s_[:20, :10]),
        add(tmp_path, "old", "2024-06-01", 0.2),
        add(tmp_path, "oldest", "2024-05-01", 0.0),
    ]
    result = mosaic(tmp_path, "newest", scenes)
    truth = np.full((40, 40), 0.6)
    truth[:20, :10], truth[20:, :10] = 0.2, 0.4
    np.testing.assert_allclose(pixels(tmp_path, result), truth, atol=2e-4)
    assert result.outputs["raster"]["date"] == "2024-06-01/2024-06-03"
    assert result.notes[0] == "3 scenes of 2024-06-01, 2024-06-02, 2024-06-03"


def test_the_clearest_scene_is_on_top(tmp_path: Path) -> None:
    scenes = [
        add(tmp_path, "new", "2024-06-03", 0.6, cloud=30),
        add(tmp_path, "clear", "2024-06-02", 0.4, cloud=5, clouded=np.s_[:4, :]),
        add(tmp_path, "hazy", "2024-06-01", 0.2, cloud=70),
    ]
    result = mosaic(tmp_path, "clearest", scenes)
    truth = np.full((40, 40), 0.4)
    truth[:4] = 0.6
    np.testing.assert_allclose(pixels(tmp_path, result), truth, atol=2e-4)


def test_scenes_below_a_covered_area_are_not_read(tmp_path: Path) -> None:
    top = add(tmp_path, "top", "2024-06-03", 0.6)
    below = add(tmp_path, "below", "2024-06-01", 0.2, cloud=90)
    with rasterio.open(tmp_path / "below.tif") as source:
        size = (tmp_path / "below.tif").stat().st_size
        assert source.count == 7
    # The header stays readable, the pixels do not.
    with (tmp_path / "below.tif").open("r+b") as stream:
        stream.truncate(size // 2)
    assert np.isfinite(pixels(tmp_path, mosaic(tmp_path, "newest", [top, below]))).all()
    with pytest.raises(ToolError, match="cannot be read"):
        mosaic(tmp_path, "newest", [below])


def test_a_band_can_be_asked_for(tmp_path: Path) -> None:
    result = mosaic(tmp_path, "newest", [add(tmp_path, "a", "2024-06-01", 0.5)], "red band")
    np.testing.assert_allclose(pixels(tmp_path, result), 0.1, rtol=1e-6)
    assert result.outputs["raster"]["index"] == "red"


def test_what_is_not_covered_is_told(tmp_path: Path) -> None:
    one = add(tmp_path, "a", "2024-06-01", 0.5, columns=(0, 30))
    result = mosaic(tmp_path, "newest", [one])
    assert "only 75.0% of the area has valid pixels; the rest is cloud or no data" in result.notes
    assert result.outputs["raster"]["scene"] == "a"


def test_many_scenes_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(mosaic_module, "MAX_SCENES", 2)
    scenes = [add(tmp_path, f"s{day}", f"2024-06-0{day}", day / 10) for day in range(1, 6)]
    result = mosaic(tmp_path, "newest", scenes)
    assert "only the first 2 of 5 scenes were considered" in result.notes
    np.testing.assert_allclose(pixels(tmp_path, result), 0.5, atol=2e-4)


def test_the_best_day_shows_most_and_is_clear(tmp_path: Path) -> None:
    half = scene("half", "x.tif", "2024-06-05", 0, bbox=utm_box((0, 20), (0, 40)).bounds)
    cloudy = scene("cloudy", "x.tif", "2024-06-04", 80)
    clear = scene("clear", "x.tif", "2024-06-02", 10)
    same = scene("same", "x.tif", "2024-06-01", 10)
    assert best_day([same, clear, cloudy, half], AREA) == (clear,)
    assert list(by_day([half, same])) == [same.day, half.day]


def test_an_unknown_order_or_empty_search_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="order"):
        mosaic(tmp_path, "oldest", [add(tmp_path, "a", "2024-06-01", 0.5)])
    with pytest.raises(RetryableToolError, match="no scene was found"):
        mosaic(tmp_path, "newest", [])
