from pathlib import Path
from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from terragate.tests.support.raster_runs import aoi_record, raster_record, run_of
from terragate.tests.support.tiny_geo import utm_box, write_tif
from terragate.tools.errors import RetryableToolError, ToolError
from terragate.tools.geo.analysis import quantiles
from terragate.tools.geo.analysis.percentiles import PERCENTILE_OF
from terragate.tools.geo.analysis.quantiles import key_values, order_keys, zone_quantiles
from terragate.tools.geo.analysis.zone_engine import zoned_raster
from terragate.tools.records import Value

FIXTURE = [HealthCheck.function_scoped_fixture]


@pytest.mark.parametrize("kind", ["float32", "float64"])
@settings(max_examples=30, deadline=None)
@given(data=st.data())
def test_keys_keep_the_order_and_the_value(data: st.DataObject, kind: str) -> None:
    width = 32 if kind == "float32" else 64
    elements = st.floats(allow_nan=False, width=width)
    values = data.draw(hnp.arrays(kind, st.integers(1, 30), elements=elements))
    keys = order_keys(values)
    np.testing.assert_array_equal(key_values(keys), values)
    ordered = np.argsort(keys, kind="stable")
    np.testing.assert_array_equal(values[ordered], np.sort(values))
    assert len(np.unique(keys)) == len(np.unique(values))


@settings(max_examples=12, deadline=None, suppress_health_check=FIXTURE)
@given(
    seed=st.integers(0, 2**32 - 1),
    kind=st.sampled_from(["float32", "float64", "uint8", "int16"]),
    shares=st.lists(st.floats(0, 1), min_size=1, max_size=3),
    memory=st.sampled_from([1 << 20, 90, 10]),
)
def test_quantiles_are_exact_however_little_memory(
    tmp_path: Path, seed: int, kind: str, shares: list[float], memory: int
) -> None:
    rng = np.random.default_rng(seed)
    pixels = (
        rng.normal(0, 60, (12, 15)) if "float" in kind else rng.integers(0, 99, (12, 15))
    ).astype(kind)
    pixels[rng.random((12, 15)) < 0.1] = 5
    path = write_tif(tmp_path / "a.tif", pixels[None], nodata=5)
    top = [(0, 0, 15, 12), (2, 1, 9, 8), (0, 0, 15, 3), (40, 40, 50, 50), (3, 3, 4, 4)]
    shapes = np.array(
        [
            shapely.box(590_000 + 10 * a, 5_760_000 - 10 * d, 590_000 + 10 * c, 5_760_000 - 10 * b)
            for a, b, c, d in top
        ],
        dtype=object,
    )
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(quantiles, "VALUES_IN_MEMORY", memory)
        with zoned_raster(path, lambda _: shapes) as raster:
            found = zone_quantiles(raster, shares)
    for place, (a, b, c, d) in enumerate(top):
        own = pixels[b:d, a:c].astype(float)
        own = own[own != 5]
        assert found.counts[place] == own.size
        expected = np.quantile(own, shares) if own.size else np.full(len(shares), np.nan)
        np.testing.assert_allclose(found.figures[place], expected, rtol=1e-9, atol=1e-9)


def percentile(folder: Path, pixels: np.ndarray, text: str, **payload: Any) -> Value:
    area = utm_box((-0.2, pixels.shape[1] + 0.2), (-0.2, pixels.shape[0] + 0.2))
    run = run_of(folder, raster_record(folder, "r", pixels, payload), aoi_record("a", area))
    return PERCENTILE_OF(run, {"percentile": text, "raster": "r", "aoi": "a"}).values[0]


@pytest.mark.parametrize(
    ("text", "percent"), [("90", 90), ("2.5", 2.5), ("99,9", 99.9), ("25 %", 25), ("90th", 90)]
)
def test_the_percentile_people_ask_for(tmp_path: Path, text: str, percent: float) -> None:
    pixels = np.random.default_rng(7).normal(size=(30, 20)).astype("float32")
    pixels[3] = np.nan
    value = percentile(tmp_path, pixels, text, unit="m", index="height")
    assert value.value == pytest.approx(np.nanpercentile(pixels.astype(float), percent), rel=1e-9)
    assert value.unit == "m"
    assert f"{percent:g}th percentile of height" in value.about


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("many", "is not a number"),
        ("101", "outside 0 to 100"),
        ("-1", "outside 0 to 100"),
        ("nan", "is not a number"),
    ],
)
def test_percentiles_that_are_none(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(RetryableToolError, match=said) as caught:
        percentile(tmp_path, np.ones((3, 3)), text)
    assert caught.value.kind == "bad_argument"


def test_nothing_valid_is_a_typed_error(tmp_path: Path) -> None:
    with pytest.raises(ToolError, match="only nodata or cloud"):
        percentile(tmp_path, np.full((3, 3), np.nan), "50")
