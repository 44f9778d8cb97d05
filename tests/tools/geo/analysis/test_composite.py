from pathlib import Path

import numpy as np
import pytest
import rasterio
from terragate.tests.support.tiny_geo import (
    aoi_payload,
    context,
    record,
    scene,
    scenes_payload,
    utm_box,
    write_tif,
)
from terragate.tools.errors import ToolError
from terragate.tools.geo.analysis import composite as composite_module
from terragate.tools.geo.analysis.composite import MEDIAN_COMPOSITE
from terragate.tools.geo.catalog import Scene
from terragate.tools.records import ArtifactRef, ToolResult


def written(folder: Path, days: int, clouds: float) -> tuple[list[Scene], np.ndarray]:
    random = np.random.default_rng(5)
    scenes: list[Scene] = []
    ndvi: list[np.ndarray] = []
    for day in range(1, days + 1):
        bands = random.integers(200, 7000, (7, 40, 40)).astype("uint16")
        bands[6] = random.random((40, 40)) < clouds
        write_tif(folder / f"d{day}.tif", bands)
        scenes.append(scene(f"d{day}", f"d{day}.tif", f"2024-06-{day:02d}"))
        red, nir = bands[2].astype(float), bands[3].astype(float)
        ndvi.append(np.where(bands[6] == 1, np.nan, (nir - red) / (nir + red)))
    return scenes, np.stack(ndvi)


def composite(folder: Path, scenes: list[Scene], index: str = "NDVI") -> ToolResult:
    area = aoi_payload(utm_box((0, 40), (0, 40)))
    records = [record("s", scenes=scenes_payload(scenes)), record("a", aoi=area)]
    return MEDIAN_COMPOSITE(context(folder, records), {"index": index, "scenes": "s", "aoi": "a"})


@pytest.mark.parametrize("days", [1, 4, 5])
def test_the_median_is_that_of_numpy(tmp_path: Path, days: int) -> None:
    scenes, ndvi = written(tmp_path, days, 0.4)
    result = composite(tmp_path, scenes)
    payload = result.outputs["raster"]
    with rasterio.open(
        tmp_path / "run" / ArtifactRef.model_validate(payload["artifact"]).path
    ) as source:
        found = source.read(1)
    seen = np.isfinite(ndvi).any(axis=0)
    truth = np.full((40, 40), np.nan)
    truth[seen] = np.nanmedian(ndvi[:, seen], axis=0)
    np.testing.assert_allclose(found, truth, rtol=1e-5, atol=1e-6)
    span = "2024-06-01" if days == 1 else f"2024-06-01/2024-06-{days:02d}"
    assert (payload["index"], payload["date"]) == ("NDVI", span)
    assert payload["scene"] == f"median of {days} day{'s' * (days > 1)}"
    assert len(result.summary) <= 80
    share = seen.mean()
    assert any(f"only {share:.1%} of the area" in note for note in result.notes) == (share < 0.995)


def test_nothing_but_cloud_is_a_typed_error(tmp_path: Path) -> None:
    scenes, _ = written(tmp_path, 2, 1.1)
    with pytest.raises(ToolError, match="only nodata or cloud") as caught:
        composite(tmp_path, scenes)
    assert caught.value.kind == "bad_data"


def test_too_many_scenes_are_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(composite_module, "MAX_COMPOSITE_SCENES", 2)
    scenes, _ = written(tmp_path, 3, 0.0)
    with pytest.raises(ToolError, match="name a shorter period") as caught:
        composite(tmp_path, scenes)
    assert caught.value.kind == "too_large"
