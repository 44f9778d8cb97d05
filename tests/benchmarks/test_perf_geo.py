import json
import sys
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from terragate.benchmarks.perf import geo, memory, timing, zones
from terragate.benchmarks.perf.data import (
    LEFT,
    TOP,
    cached,
    footprints,
    index_raster,
    polygons,
    scene,
)
from terragate.tools.errors import InfrastructureError, UsageError


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("perf")


@pytest.fixture(scope="module")
def report(folder: Path) -> dict[str, Any]:
    pytest.importorskip("rasterstats")
    out = folder / "report.json"
    code = geo.main(["--quick", "--rounds", "2", "--data", str(folder / "data"), "--out", str(out)])
    assert code == 0
    return json.loads(out.read_text())


def test_every_comparison_gives_equal_results(report: dict[str, Any]) -> None:
    assert [result["equal"] for result in report["results"]] == [True] * 5


def test_shape_of_the_report(report: dict[str, Any]) -> None:
    assert report["schema"] == 1
    assert report["quick"] is True
    assert report["size"] == {"rows": 3000, "side": 700, "polygons": 40}
    assert set(report["machine"]) == {"system", "processor", "cpus", "memory_gib", "load_at_start"}
    assert {"python", "gdal", "rasterstats", "geopandas"} <= set(report["versions"])
    assert report["git"] is None or len(report["git"].removesuffix("+")) == 40
    for result in report["results"]:
        assert len(result["ours_s"]) == len(result["theirs_s"]) == 2
        assert result["ratio_least"] <= result["ratio_most"]
        assert result["ratio"] > 0
    assert [result["goal"] for result in report["results"]] == [50, None, 3, 3, None]
    read = report["results"][4]["bytes_read"]
    assert set(read) == {"ours", "theirs", "ratio"}


def test_lines_for_people(
    report: dict[str, Any], capsys: pytest.CaptureFixture[str], folder: Path
) -> None:
    assert geo.main(["--quick", "--rounds", "1", "--data", str(folder / "data")]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert len(lines) == 5
    assert all("equal results" in line for line in lines)
    assert "goal 50" in lines[0]


def test_a_difference_is_said_and_fails(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("rasterstats")
    real = zones.zone_statistics

    def wrong(*args: Any) -> Any:
        return {name: figures + 1 for name, figures in real(*args).items()}

    monkeypatch.setattr(zones, "zone_statistics", wrong)
    assert geo.main(["--quick", "--rounds", "1", "--data", str(folder / "data")]) == 1
    assert capsys.readouterr().out.count("RESULTS DIFFER") == 2


def test_rasterstats_runs_at_its_defaults_where_nothing_is_switched_off(tmp_path: Path) -> None:
    pytest.importorskip("rasterstats")
    shapes = polygons(3, 300)
    # Beyond the raster's edge the default needs the driver that our own process does not have.
    beyond = shapely.box(LEFT - 150, TOP - 2000, LEFT + 300, TOP - 1500)
    every = np.array([*shapes, beyond], dtype=object)
    with zones.rasterstats(index_raster(tmp_path, 300), every) as rival:
        default = rival.figures("rasterstats")
        assert [set(row) for row in default] == [{"count", "min", "max", "mean"}] * 4
        assert default[3]["count"] == 30 * 50
        assert 0 < rival.round("rasterstats") < 60
        with pytest.raises(InfrastructureError, match="outside dataset extent"):
            rival.figures("rasterstats with boundless=False")
        assert rival.process.returncode != 0


def test_a_rival_that_cannot_start_is_an_error(tmp_path: Path) -> None:
    command = (sys.executable, "-c", "raise SystemExit('no such library')")
    with (
        pytest.raises(InfrastructureError, match="no such library"),
        zones.rasterstats(tmp_path / "a.tif", polygons(3000, 300), command) as rival,
    ):
        rival.round("rasterstats")


def test_rasterstats_must_be_there(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(geo.importlib.util, "find_spec", lambda _: None)
    with pytest.raises(UsageError, match=r"terragate\[dev\]"):
        geo.run(folder, geo.QUICK, 1)


def test_calls_alternate_and_the_first_round_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    clock = iter(range(100))
    monkeypatch.setattr(timing.time, "perf_counter", lambda: float(next(clock)))
    seconds = timing.interleave(2, {name: lambda name=name: order.append(name) for name in "ab"})
    assert order == list("ababab")
    assert seconds == {"a": [1, 1], "b": [1, 1]}


def test_a_call_may_measure_itself() -> None:
    seconds = timing.interleave(2, {"child": lambda: timing.Elapsed(7.5), "own": lambda: 7.5})
    assert seconds["child"] == [7.5, 7.5]
    assert max(seconds["own"]) < 7


def test_a_comparison_is_the_ratio_of_medians_with_its_spread() -> None:
    found = timing.compare("x", [1, 2, 4], [10, 10, 10], equal=True, goal=6)
    assert (found.ratio, found.ratio_least, found.ratio_most) == (5, 2.5, 10)
    assert found.reached is False
    assert timing.compare("x", [1], [10], equal=True).reached is None


def test_data_is_written_once_and_always_the_same(tmp_path: Path) -> None:
    written: list[Path] = []

    def write(path: Path) -> None:
        written.append(path)
        path.write_text("x")

    first = cached(tmp_path, "a.txt", {"size": 1}, write)
    assert cached(tmp_path, "a.txt", {"size": 1}, write) == first
    assert cached(tmp_path, "a.txt", {"size": 2}, write) != first
    assert len(written) == 2
    assert sorted(tmp_path.glob("part-*")) == []
    again = tmp_path / "again"
    for make in (
        lambda d: footprints(d, 50),
        lambda d: index_raster(d, 60),
        lambda d: scene(d, 60, 2),
    ):
        one, other = make(tmp_path), make(again)
        assert one.name == other.name
        assert one.read_bytes() == other.read_bytes()


def test_data_is_what_it_claims(tmp_path: Path) -> None:
    frame = gpd.read_file(footprints(tmp_path, 300))
    assert len(frame) == 300
    assert frame.crs == "EPSG:4326"
    assert str(frame["date"].dtype) == "datetime64[ms, UTC]"
    with rasterio.open(index_raster(tmp_path, 600)) as source:
        pixels = source.read(1)
        assert (source.shape, source.dtypes[0], source.block_shapes[0]) == (
            (600, 600),
            "float32",
            (512, 512),
        )
    assert np.isnan(pixels).any()
    assert np.nanmin(pixels) >= -0.2
    assert np.nanmax(pixels) <= 1
    shapes = polygons(50, 600)
    assert len(shapes) == 50
    assert all(shape.is_valid for shape in shapes)


def test_peak_memory_of_a_summary_in_its_own_process(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert memory.main(["--quick", "--json", "--data", str(tmp_path)]) == 0
    report = json.loads(capsys.readouterr().out)
    assert report["within"] is True
    assert 50 < report["start_bytes"] / 2**20 <= report["peak_mib"] <= report["limit_mib"] == 1536
    assert [found["band"] for found in report["summaries"]] == [1, 2, 3, 4, 5, 6]
    with rasterio.open(next(tmp_path.glob("scene-*.tif"))) as source:
        for found, band in zip(report["summaries"], source.read(), strict=True):
            assert found["count"] == memory.QUICK_SIDE**2
            assert found["mean"] == pytest.approx(band.mean() / 1e4, rel=1e-6)


def test_a_child_that_fails_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InfrastructureError, match=r"missing\.tif"):
        memory.measure(tmp_path / "missing.tif")
