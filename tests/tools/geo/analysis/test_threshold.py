from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio
from pyproj import Geod
from terragate.tests.support.raster_runs import aoi_record, raster_record, run_of
from terragate.tests.support.tiny_geo import utm_box
from terragate.tools.errors import RetryableToolError, ToolError
from terragate.tools.geo.analysis import blocks
from terragate.tools.geo.analysis.threshold import MASK_BETWEEN, MASK_WHERE
from terragate.tools.geo.zonal import AREA_WHERE
from terragate.tools.records import ArtifactRef, ToolResult
from terragate.tools.spec import ToolContext

IDS = {"raster": "r", "aoi": "a"}


def prepared(folder: Path, pixels: np.ndarray, area: Any = None) -> ToolContext:
    whole = utm_box((-0.2, pixels.shape[1] + 0.2), (-0.2, pixels.shape[0] + 0.2))
    return run_of(folder, raster_record(folder, "r", pixels), aoi_record("a", area or whole))


def mask_of(result: ToolResult, run: ToolContext) -> np.ndarray:
    ref = ArtifactRef.model_validate(result.outputs["raster"]["artifact"])
    with rasterio.open(run.store.path(ref)) as source:
        return source.read(1)


@pytest.mark.parametrize("comparison", ["above", "below"])
def test_mask_and_hectares(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, comparison: str
) -> None:
    monkeypatch.setattr(blocks, "OUTPUT_UNIT", (16, 16))
    pixels = np.random.default_rng(2).uniform(-1, 1, (40, 40)).astype("float32")
    pixels[0, 0] = 0.3
    pixels[5, :7] = np.nan
    run = prepared(tmp_path, pixels)
    result = MASK_WHERE(run, {"comparison": comparison, "threshold": "0.3", **IDS})
    limit = np.float32(0.3)
    expected = np.where(pixels > limit if comparison == "above" else pixels < limit, 1.0, 0.0)
    expected[np.isnan(pixels)] = np.nan
    np.testing.assert_array_equal(mask_of(result, run), expected)
    value = result.values[0]
    other = AREA_WHERE(run, {"comparison": comparison, "threshold": "0.3", **IDS}).values[0]
    assert value.value == pytest.approx(other.value, rel=1e-6)
    assert value.value == pytest.approx(np.nansum(expected) * 0.01, rel=2e-3)
    assert value.unit == "ha"
    assert "EPSG:6933" in value.about
    assert result.outputs["raster"]["index"] == f"NDVI {comparison} 0.3"
    assert result.outputs["raster"]["classes"] == [[0, "no"], [1, "yes"]]


def test_hectares_are_geodesic(tmp_path: Path) -> None:
    pixels = np.zeros((40, 40))
    pixels[5:25, 10:30] = 1
    result = MASK_WHERE(
        prepared(tmp_path, pixels), {"comparison": "above", "threshold": "0.5", **IDS}
    )
    truth = abs(Geod(ellps="WGS84").geometry_area_perimeter(utm_box((10, 30), (5, 25)))[0]) / 1e4
    assert result.values[0].value == pytest.approx(truth, rel=1e-6)


def test_only_the_area_is_marked(tmp_path: Path) -> None:
    run = prepared(tmp_path, np.ones((40, 40)), utm_box((10, 20), (5, 9)))
    mask = mask_of(MASK_WHERE(run, {"comparison": "above", "threshold": "0", **IDS}), run)
    expected = np.full((40, 40), np.nan)
    expected[5:9, 10:20] = 1
    np.testing.assert_array_equal(mask, expected)


def test_between_includes_both_limits(tmp_path: Path) -> None:
    pixels = np.array([[0.1, 0.2, 0.3], [0.4, 0.5, np.nan]])
    run = prepared(tmp_path, pixels)
    result = MASK_BETWEEN(run, {"lower": "0.2", "upper": "0,4", **IDS})
    np.testing.assert_array_equal(mask_of(result, run), [[0, 1, 1], [1, 0, np.nan]])
    assert result.outputs["raster"]["index"] == "NDVI between 0.2 and 0.4"


def test_nothing_above_is_zero_hectares(tmp_path: Path) -> None:
    run = prepared(tmp_path, np.zeros((5, 5)))
    result = MASK_WHERE(run, {"comparison": "above", "threshold": "0.5", **IDS})
    assert result.values[0].value == 0
    assert (mask_of(result, run) == 0).all()


@pytest.mark.parametrize("limits", [("0.4", "0.2"), ("0.3", "0.3")])
def test_limits_must_be_in_order(tmp_path: Path, limits: tuple[str, str]) -> None:
    run = prepared(tmp_path, np.ones((3, 3)))
    with pytest.raises(RetryableToolError, match="not below the upper limit") as caught:
        MASK_BETWEEN(run, {"lower": limits[0], "upper": limits[1], **IDS})
    assert caught.value.kind == "bad_argument"


@pytest.mark.parametrize("text", ["dense", "inf", ""])
def test_a_threshold_must_be_a_number(tmp_path: Path, text: str) -> None:
    run = prepared(tmp_path, np.ones((3, 3)))
    with pytest.raises(RetryableToolError, match="not a number"):
        MASK_WHERE(run, {"comparison": "above", "threshold": text, **IDS})


def test_an_area_without_data_is_a_typed_error(tmp_path: Path) -> None:
    run = prepared(tmp_path, np.full((3, 3), np.nan))
    with pytest.raises(ToolError, match="only nodata") as caught:
        MASK_WHERE(run, {"comparison": "above", "threshold": "0", **IDS})
    assert caught.value.kind == "bad_data"
