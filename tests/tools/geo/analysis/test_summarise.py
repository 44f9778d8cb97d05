from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from terragate.tests.support.raster_runs import aoi_record, raster_record, run_of
from terragate.tests.support.tiny_geo import utm_box, write_tif
from terragate.tools.errors import ToolError
from terragate.tools.geo.analysis import blocks
from terragate.tools.geo.analysis.summarise import PERCENTILES, SUMMARISE_RASTER, summarise_scene
from terragate.tools.geo.raster import MAX_PIXELS
from terragate.tools.records import ArtifactRef


@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    seed=st.integers(0, 2**32 - 1),
    scale=st.sampled_from([1e-6, 1.0, 1e5]),
    shift=st.sampled_from([0.0, 3.0, -1e7]),
    unit=st.sampled_from([50, 1 << 20]),
)
def test_figures_are_exact_and_percentiles_close(
    tmp_path: Path, seed: int, scale: float, shift: float, unit: int
) -> None:
    rng = np.random.default_rng(seed)
    pixels = (rng.normal(size=(2, 40, 30)) * scale + shift).astype("float32")
    pixels[1, rng.random((40, 30)) < 0.3] = np.nan
    path = write_tif(tmp_path / "a.tif", pixels, nodata=np.nan)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "UNIT_PIXELS", unit)
        summaries = summarise_scene(path)
    assert [summary.band for summary in summaries] == [1, 2]
    for band, summary in zip(pixels.astype(float), summaries, strict=True):
        own = band[np.isfinite(band)]
        assert (summary.pixels, summary.count) == (1200, own.size)
        assert (summary.least, summary.most) == (own.min(), own.max())
        assert summary.mean == pytest.approx(own.mean(), rel=1e-12, abs=1e-12 * scale)
        assert summary.std == pytest.approx(own.std(), rel=1e-9)
        for percent in PERCENTILES:
            low, high = (
                np.percentile(own, [percent], method="lower"),
                np.percentile(own, [percent], method="higher"),
            )
            room = 5e-4 * max(abs(low[0]), abs(high[0]))
            assert low[0] - room <= summary.percentiles[percent] <= high[0] + room


def test_six_bands_of_a_scene_in_one_pass(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "UNIT_PIXELS", 4000)
    rng = np.random.default_rng(0)
    stored = rng.integers(0, 9000, (6, 90, 110)).astype("uint16")
    path = write_tif(tmp_path / "a.tif", stored, nodata=0, tiled=True, blockxsize=32, blockysize=32)
    found = summarise_scene(path)
    for band, summary in zip(stored, found, strict=True):
        own = band[band > 0] / 1e4
        assert summary.count == own.size
        assert summary.mean == pytest.approx(own.mean(), rel=1e-6)
        assert summary.std == pytest.approx(own.std(), rel=1e-6)
        assert summary.percentiles[50] == pytest.approx(np.median(own), rel=1e-3)
    some = summarise_scene(path, (4, 2))
    assert [(s.band, s.mean) for s in some] == [(4, found[3].mean), (2, found[1].mean)]


def test_more_pixels_than_a_clip_may_have(tmp_path: Path) -> None:
    side = 4096
    assert side * side > MAX_PIXELS
    path = write_tif(
        tmp_path / "a.tif", np.full((1, side, side), 7, "uint8"), tiled=True, compress="deflate"
    )
    (summary,) = summarise_scene(path)
    assert (summary.count, summary.mean, summary.std) == (side * side, 7, 0)
    assert set(summary.percentiles.values()) == {7}


def test_a_band_without_data_has_no_figures(tmp_path: Path) -> None:
    path = write_tif(tmp_path / "a.tif", np.full((1, 5, 5), np.nan, "float32"), nodata=np.nan)
    (summary,) = summarise_scene(path)
    assert summary.count == 0
    assert np.isnan([summary.mean, summary.std, summary.least, *summary.percentiles.values()]).all()


def test_the_tool_reports_the_area(tmp_path: Path) -> None:
    pixels = np.random.default_rng(3).normal(0.4, 0.1, (40, 40)).astype("float32")
    pixels[10:15, 10:20] = np.nan
    run = run_of(
        tmp_path,
        raster_record(tmp_path, "r", pixels, {"unit": "1"}),
        aoi_record("a", utm_box((10, 30), (10, 20))),
    )
    result = SUMMARISE_RASTER(run, {"raster": "r", "aoi": "a"})
    own = pixels[10:20, 10:30].astype(float)
    own = own[np.isfinite(own)]
    values = {value.name: value for value in result.values}
    assert values["pixel_count"].value == own.size == 150
    assert values["valid_share"].value == pytest.approx(0.75, rel=1e-3)
    assert values["raster_mean"].value == pytest.approx(own.mean(), rel=1e-9)
    assert values["raster_std"].value == pytest.approx(own.std(), rel=1e-9)
    assert values["raster_p95"].value == pytest.approx(np.percentile(own, 95), rel=5e-2)
    assert values["raster_mean"].unit == "1"
    assert values["pixel_count"].unit == ""
    assert result.notes[0].startswith("only 75.0% of the area has valid pixels")
    table = pd.read_csv(
        run.store.path(ArtifactRef.model_validate(result.outputs["table"]["artifact"]))
    )
    assert table["statistic"].tolist() == [value.name for value in result.values]


def test_an_area_larger_than_the_raster_counts_what_is_missing(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        raster_record(tmp_path, "r", np.ones((20, 20))),
        aoi_record("a", utm_box((0, 40), (0, 20))),
    )
    result = SUMMARISE_RASTER(run, {"raster": "r", "aoi": "a"})
    share = next(value.value for value in result.values if value.name == "valid_share")
    assert share == pytest.approx(0.5, rel=1e-3)


def test_nothing_valid_is_a_typed_error(tmp_path: Path) -> None:
    run = run_of(
        tmp_path,
        raster_record(tmp_path, "r", np.full((20, 20), np.nan)),
        aoi_record("a", utm_box((0, 20), (0, 20))),
    )
    with pytest.raises(ToolError, match="only nodata or cloud") as caught:
        SUMMARISE_RASTER(run, {"raster": "r", "aoi": "a"})
    assert caught.value.kind == "bad_data"
