import itertools
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from terragate.tests.support.tiny_geo import (
    aoi_payload,
    context,
    record,
    scene,
    scenes_payload,
    utm_box,
    write_tif,
)
from terragate.tools.errors import RetryableToolError, ToolError
from terragate.tools.geo.analysis import grid_work
from terragate.tools.geo.analysis import trend as trend_module
from terragate.tools.geo.analysis.trend import INDEX_SERIES, TREND_OF, theil_sen
from terragate.tools.geo.catalog import Scene
from terragate.tools.records import ToolResult

AREA = utm_box((0, 40), (0, 40))


def add(folder: Path, name: str, day: str, cloud_share: float = 0.0) -> tuple[Scene, np.ndarray]:
    random = np.random.default_rng(len(name) + int(day.replace("-", "")))
    bands = random.integers(200, 7000, (7, 40, 40)).astype("uint16")
    bands[6] = random.random((40, 40)) < cloud_share
    write_tif(folder / f"{name}.tif", bands)
    red, nir = bands[2].astype(float), bands[3].astype(float)
    truth = np.where(bands[6] == 1, np.nan, (nir - red) / (nir + red))
    return scene(name, f"{name}.tif", day, 100 * cloud_share), truth


def series(folder: Path, scenes: list[Scene], statistic: str = "mean") -> ToolResult:
    records = [record("s", scenes=scenes_payload(scenes)), record("a", aoi=aoi_payload(AREA))]
    args = {"index": "NDVI", "statistic": statistic, "scenes": "s", "aoi": "a"}
    return INDEX_SERIES(context(folder, records), args)


def points(folder: Path, values: list[tuple[str, float]]) -> ToolResult:
    payload: dict[str, Any] = {
        "title": "mean NDVI",
        "unit": "",
        "points": [[day, value, f"s{n}"] for n, (day, value) in enumerate(values)],
    }
    return TREND_OF(context(folder, [record("t", series=payload)]), {"series": "t"})


def numbers(result: ToolResult) -> dict[str, float]:
    return {value.name: float(value.value) for value in result.values}


@pytest.mark.parametrize("statistic", ["mean", "median"])
@pytest.mark.parametrize("kept", [1 << 23, 100])
def test_a_value_for_every_date(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, statistic: str, kept: int
) -> None:
    monkeypatch.setattr(grid_work, "VALUES_KEPT", kept)
    made = [add(tmp_path, f"s{y}", f"{y}-07-01", 0.2) for y in (2021, 2019, 2020)]
    result = series(tmp_path, [one for one, _ in made], statistic)
    payload = result.outputs["series"]
    assert (payload["title"], payload["unit"]) == (f"{statistic} NDVI", "")
    truth = {one.day.isoformat(): getattr(np, f"nan{statistic}")(ndvi) for one, ndvi in made}
    assert [point[0] for point in payload["points"]] == sorted(truth)
    for day, value, name in payload["points"]:
        assert value == pytest.approx(truth[day], abs=1e-6)
        assert name == f"s{day[:4]}"
    assert numbers(result) == {f"{statistic}_{p[0]}": p[1] for p in payload["points"]}
    assert len(result.summary) <= 80


def test_scenes_of_one_day_are_one_date(tmp_path: Path) -> None:
    (clear, top), (cloudy, below) = (
        add(tmp_path, "clear", "2020-07-01", 0.1),
        add(tmp_path, "cloudy", "2020-07-01", 0.4),
    )
    found = series(tmp_path, [cloudy, clear]).outputs["series"]["points"]
    truth = np.nanmean(np.where(np.isfinite(top), top, below))
    assert found == [["2020-07-01", pytest.approx(truth, abs=1e-6), "clear"]]


def test_dates_that_show_too_little_are_left_out(tmp_path: Path) -> None:
    good, _ = add(tmp_path, "good", "2020-07-01", 0.3)
    bad, _ = add(tmp_path, "bad", "2020-08-01", 0.7)
    result = series(tmp_path, [good, bad])
    assert [point[2] for point in result.outputs["series"]["points"]] == ["good"]
    assert "1 of 2 dates left out: they show too little of the area" in result.notes
    with pytest.raises(RetryableToolError, match="none of 1 dates shows 50% of the area"):
        series(tmp_path, [bad])


def test_many_dates_are_summed_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trend_module, "VALUES_SAID", 4)
    made = [add(tmp_path, f"s{n}", f"2020-0{n}-01") for n in range(1, 8)]
    result = series(tmp_path, [one for one, _ in made])
    kept = result.outputs["series"]["points"]
    assert len(kept) == 7
    values = [point[1] for point in kept]
    ends = {
        kept[0][0],
        kept[-1][0],
        kept[int(np.argmin(values))][0],
        kept[int(np.argmax(values))][0],
    }
    assert set(numbers(result)) == {f"mean_{day}" for day in ends}
    monkeypatch.setattr(trend_module, "MAX_DATES", 3)
    with pytest.raises(ToolError, match="name a shorter period") as caught:
        series(tmp_path, [one for one, _ in made])
    assert caught.value.kind == "too_large"


def test_a_straight_line_of_uneven_dates_is_found(tmp_path: Path) -> None:
    start = date(1990, 3, 1)
    days = [start + timedelta(days=d) for d in (0, 400, 777, 2222, 3000, 9000)]
    line = [(day.isoformat(), 0.5 - 0.01 * (day - start).days / 365.2425) for day in days]
    result = points(tmp_path, line[::-1])
    found = numbers(result)
    assert found["slope_per_year"] == pytest.approx(-0.01, rel=1e-9)
    assert found["dates"] == 6
    assert found["p_value"] == pytest.approx(2 / 720)
    assert result.values[0].unit == "/a"
    assert "falls (Mann-Kendall" in result.values[0].about
    assert "n = 6" in result.values[1].about


@settings(max_examples=25)
@given(st.lists(st.floats(-1, 1), min_size=4, max_size=6, unique=True), st.randoms())
def test_slope_and_p_against_every_permutation(values: list[float], random: Any) -> None:
    offsets = sorted(random.sample(range(1, 9000), len(values)))
    days = [date(2000, 1, 1) + timedelta(days=offset) for offset in offsets]
    found = theil_sen(days, values)
    pairs = list(itertools.combinations(range(len(values)), 2))
    slopes = [(values[b] - values[a]) / ((offsets[b] - offsets[a]) / 365.2425) for a, b in pairs]
    assert found.slope == pytest.approx(np.median(slopes), rel=1e-9, abs=1e-12)

    def s(order: Any) -> int:
        return sum(int(np.sign(order[b] - order[a])) for a, b in pairs)

    every = [abs(s(order)) for order in itertools.permutations(range(len(values)))]
    truth = np.mean([one >= abs(s(values)) for one in every])
    assert found.p == pytest.approx(truth)
    assert found.low <= found.slope <= found.high


def test_few_dates_cannot_be_significant(tmp_path: Path) -> None:
    result = points(tmp_path, [(f"200{n}-07-01", n / 10) for n in range(4)])
    assert numbers(result)["p_value"] == pytest.approx(2 / 24)
    assert "no significant trend" in result.values[0].about
    assert "4 dates cannot give p below 0.083, so none is significant" in result.notes


def test_a_constant_has_no_trend(tmp_path: Path) -> None:
    found = numbers(points(tmp_path, [(f"20{n}-07-01", 0.25) for n in range(10, 20)]))
    assert (found["slope_per_year"], found["p_value"]) == (0, 1)


def test_a_season_is_warned_of(tmp_path: Path) -> None:
    result = points(tmp_path, [(f"2020-{n:02d}-01", n / 10) for n in range(1, 7)])
    assert any("may be seasonal" in note for note in result.notes)
    steady = points(tmp_path, [(f"20{n}-07-01", n / 10) for n in range(10, 20)])
    assert not any("may be seasonal" in note for note in steady.notes)
    assert "rises" in steady.values[0].about


@pytest.mark.parametrize("count", [0, 1, 3])
def test_fewer_than_four_dates_are_refused(tmp_path: Path, count: int) -> None:
    with pytest.raises(RetryableToolError, match="at least 4 dates") as caught:
        points(tmp_path, [(f"200{n}-07-01", float(n)) for n in range(count)])
    assert caught.value.kind == "precondition"
    with pytest.raises(RetryableToolError, match="at least 4 dates"):
        points(tmp_path, [("2020-07-01", float(n)) for n in range(9)])


def test_the_series_feeds_the_trend(tmp_path: Path) -> None:
    made = [add(tmp_path, f"s{y}", f"{y}-07-01") for y in range(2016, 2022)]
    result = series(tmp_path, [one for one, _ in made])
    told = context(tmp_path, [record("t", **result.outputs)])
    means = [float(np.mean(ndvi)) for _, ndvi in made]
    truth = np.median([
        (means[b] - means[a]) / ((made[b][0].day - made[a][0].day).days / 365.2425)
        for a, b in itertools.combinations(range(6), 2)
    ])  # fmt: skip
    assert numbers(TREND_OF(told, {"series": "t"}))["slope_per_year"] == pytest.approx(
        truth, abs=1e-6
    )
