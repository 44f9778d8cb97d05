"""The difference of two rasters: its sign, areas, grids and extent, and what is refused."""

from pathlib import Path

import numpy as np
import pytest
from affine import Affine
from terragate.tests.support.tiny_geo import LEFT, TOP, record, utm_box
from terragate.tests.tools.geo.analysis.change_runs import (
    beyond,
    hectares,
    numbers,
    pixels,
    raster,
    run,
    two_dates,
)
from terragate.tools.errors import RetryableToolError, ToolError
from terragate.tools.geo.analysis.change import CHANGE_BETWEEN
from terragate.tools.geo.analysis.change_cover import LOSS_AREA


def test_the_difference_is_later_minus_earlier_in_any_order(tmp_path: Path) -> None:
    rasters = two_dates(tmp_path)
    truth = np.zeros((40, 40))
    truth[5:15, 10:30], truth[20:30, 0:10] = -0.5, 0.2
    for pair in (rasters, rasters[::-1]):
        result = run(tmp_path, CHANGE_BETWEEN, pair)
        np.testing.assert_allclose(pixels(tmp_path, result), truth, atol=1e-6)
        assert numbers(result) == {"mean_change": pytest.approx(truth.mean(), abs=1e-7)}
        payload = result.outputs["raster"]
        assert (payload["index"], payload["date"]) == ("NDVI change", "1990-07-01/2020-07-01")
        assert (payload["scene"], payload["scenes"]) == ("r1", ["r0", "r1"])
        assert result.outputs["change"] == payload
        assert len(result.summary) <= 80


def test_areas_of_change_are_geodesic(tmp_path: Path) -> None:
    rasters = two_dates(tmp_path)
    loss, gain, _ = beyond(tmp_path, rasters, "0.15")
    assert loss == pytest.approx(hectares((10, 30), (5, 15)), rel=1e-6)
    assert gain == pytest.approx(hectares((0, 10), (20, 30)), rel=1e-6)
    assert beyond(tmp_path, rasters, "-0,3")[:2] == (loss, 0)


def test_rasters_on_other_grids_are_aligned_to_the_coarser(tmp_path: Path) -> None:
    fine = np.full((40, 40), 0.2)
    coarse = np.full((14, 14), 0.5)
    rasters = [
        raster(tmp_path, "r0", "2000-07-01", fine),
        raster(
            tmp_path, "r1", "2020-07-01", coarse, transform=Affine(30, 0, LEFT - 7, 0, -30, TOP + 4)
        ),
    ]
    result = run(tmp_path, CHANGE_BETWEEN, rasters)
    found = pixels(tmp_path, result)
    assert found.shape == (14, 14)
    np.testing.assert_allclose(found[np.isfinite(found)], 0.3, atol=1e-6)
    assert np.isfinite(found).sum() >= 13 * 13


def test_the_area_bounds_what_is_compared(tmp_path: Path) -> None:
    rasters = two_dates(tmp_path)
    loss, gain, mean = beyond(tmp_path, rasters, "0.15", utm_box((10, 20), (0, 40)))
    assert loss == pytest.approx(hectares((10, 20), (5, 15)), rel=1e-6)
    assert gain == 0
    assert mean == pytest.approx(-0.5 / 4, rel=1e-6)


def test_what_cannot_be_compared_is_refused(tmp_path: Path) -> None:
    rasters = two_dates(tmp_path)
    other = raster(tmp_path, "w", "2010-07-01", np.ones((40, 40)), index="NDWI")
    with pytest.raises(RetryableToolError, match="cannot be compared") as caught:
        run(tmp_path, CHANGE_BETWEEN, [rasters[0], other])
    assert caught.value.kind == "precondition"
    same = raster(tmp_path, "s", "1990-07-01", np.ones((40, 40)))
    with pytest.raises(RetryableToolError, match="both rasters are of 1990-07-01"):
        run(tmp_path, CHANGE_BETWEEN, [rasters[0], same])
    undated = raster(tmp_path, "u", "", np.ones((40, 40)))
    with pytest.raises(RetryableToolError, match="no day or pair of days"):
        run(tmp_path, CHANGE_BETWEEN, [rasters[0], undated])
    hole = raster(tmp_path, "h", "2010-07-01", np.full((40, 40), np.nan))
    with pytest.raises(ToolError, match="shows no place that the other date shows") as bad:
        run(tmp_path, CHANGE_BETWEEN, [rasters[0], hole])
    assert bad.value.kind == "bad_data"
    with pytest.raises(RetryableToolError, match="holds no raster"):
        run(tmp_path, CHANGE_BETWEEN, [rasters[0], record("x", aoi={})])


@pytest.mark.parametrize("text", ["much", "nan", "inf", ""])
def test_a_threshold_must_be_a_number(tmp_path: Path, text: str) -> None:
    with pytest.raises(RetryableToolError, match="not a number"):
        run(tmp_path, LOSS_AREA, two_dates(tmp_path), comparison="loss", threshold=text)
    with pytest.raises(RetryableToolError, match="not a number"):
        beyond(tmp_path, two_dates(tmp_path), text)
