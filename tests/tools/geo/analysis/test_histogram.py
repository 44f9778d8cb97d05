from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from terragate.tests.support.raster_runs import aoi_record, raster_record, run_of
from terragate.tests.support.tiny_geo import utm_box
from terragate.tools.errors import RetryableToolError, ToolError
from terragate.tools.geo.analysis import blocks
from terragate.tools.geo.analysis.histogram import HISTOGRAM_OF, round_edges
from terragate.tools.records import ArtifactRef, ToolResult
from terragate.tools.spec import ToolContext


def histogram(folder: Path, pixels: np.ndarray) -> tuple[ToolResult, ToolContext]:
    rows, columns = pixels.shape
    area = utm_box((-0.2, columns + 0.2), (-0.2, rows + 0.2))
    run = run_of(folder, raster_record(folder, "r", pixels), aoi_record("a", area))
    return HISTOGRAM_OF(run, {"raster": "r", "aoi": "a"}), run


@given(st.floats(-1e6, 1e6), st.floats(0, 1e6))
@settings(max_examples=200)
def test_edges_are_few_round_and_enclose(least: float, spread: float) -> None:
    most = least + spread
    edges = round_edges(least, most)
    assert 2 <= len(edges) <= 21
    assert edges[0] <= least
    assert edges[-1] >= most
    widths = np.diff(edges)
    np.testing.assert_allclose(widths, widths[0], rtol=1e-6)
    if spread > 1e-3 * max(abs(least), abs(most)) and spread > 1e-20:
        # Half the width would need more than twenty bins, or nearly so.
        assert spread / widths[0] >= 20 / 2.5 - 2
        mantissa = widths[0] / 10 ** np.floor(np.log10(widths[0]) + 1e-9)
        assert min(abs(mantissa - step) for step in (1, 2, 5)) < 1e-3


def test_edges_are_the_numbers_a_person_writes() -> None:
    assert round_edges(-0.2, 0.74).tolist() == [
        -0.2, -0.15, -0.1, -0.05, 0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.55,
        0.6, 0.65, 0.7, 0.75,
    ]  # fmt: skip


def test_counts_equal_numpy_and_add_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "UNIT_PIXELS", 100)
    pixels = np.random.default_rng(1).normal(0.3, 0.2, (40, 50)).astype("float32")
    pixels[:4] = np.nan
    result, run = histogram(tmp_path, pixels)
    bins = result.outputs["histogram"]["bins"]
    edges = np.array([bins[0][0], *(row[1] for row in bins)], dtype="float32")
    expected, _ = np.histogram(pixels[np.isfinite(pixels)], edges)
    assert [row[2] for row in bins] == expected.tolist()
    values = {value.name: value.value for value in result.values}
    assert values["pixel_count"] == expected.sum() == 36 * 50
    assert values["mode_pixels"] == expected.max()
    assert values["mode_from"] == pytest.approx(edges[expected.argmax()])
    assert result.notes[0].startswith("only 8")
    table = pd.read_csv(
        run.store.path(ArtifactRef.model_validate(result.outputs["table"]["artifact"]))
    )
    assert table["pixels"].tolist() == expected.tolist()
    assert table["share"].sum() == pytest.approx(1)


def test_a_pixel_on_an_edge_is_in_the_bin_above_and_the_last_edge_in_the_last(
    tmp_path: Path,
) -> None:
    result, _ = histogram(tmp_path, np.array([[0.1, 0.7, 0.7], [0.9, 1.0, 1.0]]))
    counted = {round(row[0], 6): row[2] for row in result.outputs["histogram"]["bins"] if row[2]}
    assert counted == {0.1: 1, 0.7: 2, 0.9: 1, 0.95: 2}


def test_one_value_has_one_bin(tmp_path: Path) -> None:
    result, _ = histogram(tmp_path, np.full((3, 3), 0.25))
    assert sum(row[2] for row in result.outputs["histogram"]["bins"]) == 9


def test_nothing_valid_is_a_typed_error(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="only nodata or cloud"):
        histogram(tmp_path, np.full((3, 3), np.nan))


def test_an_area_beside_the_raster_is_a_typed_error(tmp_path: Path) -> None:
    far = aoi_record("a", utm_box((500, 520), (0, 10)))
    run = run_of(tmp_path, raster_record(tmp_path, "r", np.ones((5, 5))), far)
    with pytest.raises(RetryableToolError, match="no pixel centre"):
        HISTOGRAM_OF(run, {"raster": "r", "aoi": "a"})
