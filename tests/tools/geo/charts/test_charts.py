import csv
import io
import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from terragate.tests.support.tiny_geo import context, record
from terragate.tests.tools.geo.charts.chart_runs import features, parcels, picture, table, text
from terragate.tools.errors import RetryableToolError, ToolError
from terragate.tools.geo.analysis.csv_table import csv_bytes, plain_cell
from terragate.tools.geo.charts.histogram import CHART_HISTOGRAM
from terragate.tools.geo.charts.page import html_table, offline_page
from terragate.tools.geo.charts.series import CHART_SERIES
from terragate.tools.geo.charts.table import TABLE_CSV
from terragate.tools.records import Record, ToolResult, Value
from terragate.tools.spec import ToolContext

HOSTILE = ["</script><script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "$\\frac{1}{0}$"]
BLUE, VERMILLION = (0x00, 0x72, 0xB2), (0xD5, 0x5E, 0x00)
BINS = "bin_left,bin_right,count\n0,0.1,5\n0.1,0.2,15\n0.2,0.3,10\n"


def series(folder: Path, points: list[Any], *extra: Record, **changes: Any) -> ToolContext:
    payload = {"title": "mean NDVI", "unit": "", "points": points, **changes}
    return context(folder, [record("s", series=payload), *extra])


def monthly(count: int = 12) -> list[Any]:
    return [
        [f"{2019 + i // 12}-{i % 12 + 1:02d}-15", 0.3 + i / 100, f"scene{i}"] for i in range(count)
    ]


def pixels_of(image: np.ndarray, colour: tuple[int, ...]) -> np.ndarray:
    return (np.abs(image[..., :3] * 255 - colour) < 8).all(axis=-1)


def chart(run: ToolContext) -> ToolResult:
    return CHART_SERIES(run, {"series": "s"})


def test_a_series_rises_where_its_values_rise(tmp_path: Path) -> None:
    run = series(tmp_path, monthly(), collection="sentinel-2", synthetic=True)
    result = chart(run)
    rows, columns = np.nonzero(pixels_of(picture(run, result), BLUE))
    # Rows count downwards: the line goes up to the right.
    assert np.corrcoef(columns, rows)[0, 1] < -0.95
    page = text(run, result)
    assert "<h1>mean NDVI</h1>" in page
    assert "2019-01-15 to 2019-12-15, 12 dates" in page
    assert "<td>2019-03-15</td><td>0.32</td>" in page
    assert "mean NDVI (no unit)" in page
    assert "synthetic data" in page
    assert result.outputs["chart"]["title"] == "mean NDVI"
    assert result.outputs["chart"]["artifact"]["media_type"] == "image/png"


def test_the_trend_is_drawn_when_it_was_computed_for_this_series(tmp_path: Path) -> None:
    slope = (Value(name="slope_per_year", value=0.12, unit="/a"),)
    trend = record("t").model_copy(update={"args": {"series": "s"}, "values": slope})
    other = record("t").model_copy(update={"args": {"series": "x"}, "values": slope})
    for extra, drawn in ((trend, True), (other, False)):
        run = series(tmp_path / str(drawn), monthly(), extra)
        assert pixels_of(picture(run, chart(run)), VERMILLION).any() == drawn


def test_missing_values_are_left_out_and_order_does_not_matter(tmp_path: Path) -> None:
    points = [["2020-05-01", 0.5, "b"], ["2019-01-01", 0.1, "a"], ["2021-01-01", float("nan"), "c"]]
    page = text(run := series(tmp_path, points), chart(run))
    assert "2019-01-01 to 2020-05-01, 2 dates" in page
    assert page.index("<td>2019-01-01") < page.index("<td>2020-05-01")
    single = series(tmp_path / "one", points[:1])
    assert pixels_of(picture(single, chart(single)), BLUE).any()


def test_an_empty_series_is_a_typed_error(tmp_path: Path) -> None:
    for points in ([], [["2020-01-01", float("nan"), "a"]]):
        with pytest.raises(RetryableToolError, match="no value to draw") as caught:
            chart(series(tmp_path, points))
        assert caught.value.kind == "precondition"


@pytest.mark.parametrize("hostile", HOSTILE)
def test_titles_and_units_cannot_become_script_or_mathematics(tmp_path: Path, hostile: str) -> None:
    run = series(tmp_path, monthly(3), title=hostile, unit=hostile, collection=hostile)
    page = text(run, chart(run))
    assert "<script" not in page
    assert "<img src=x" not in page
    assert "script-src 'none'" in page
    assert not re.search(r"<[a-zA-Z]+[^>]*\son\w+=", page)


def test_equal_series_give_equal_bytes(tmp_path: Path) -> None:
    run = series(tmp_path, monthly())
    first, second = ([a.sha256 for a in chart(run).artifacts] for _ in range(2))
    assert first == second


def test_histogram_bars_are_as_high_as_their_counts(tmp_path: Path) -> None:
    run = table(tmp_path, BINS)
    result = CHART_HISTOGRAM(run, {"table": "t"})
    blue = pixels_of(picture(run, result), BLUE)
    columns = np.flatnonzero(blue.any(axis=0))
    thirds = np.array_split(np.arange(columns[0], columns[-1] + 1), 3)
    heights = [blue[:, part[len(part) // 2]].sum() for part in thirds]
    assert heights[1] / heights[0] == pytest.approx(3, rel=0.02)
    assert heights[2] / heights[0] == pytest.approx(2, rel=0.02)
    page = text(run, result)
    assert "30 values in 3 bins" in page
    assert "<td>0.1 to 0.2</td><td>15</td>" in page


def test_a_histogram_of_pixels_has_its_unit(tmp_path: Path) -> None:
    run = table(tmp_path, "from,to,pixels,share\n0,10,5,0.5\n10,20,5,0.5\n", unit="m")
    page = text(run, CHART_HISTOGRAM(run, {"table": "t"}))
    assert "bin (m)" in page


@pytest.mark.parametrize(
    "content",
    [
        "name,value\na,1\n",
        "bin_left,bin_right,count\n",
        "bin_left,bin_right,count\n0,1,many\n",
        "bin_left,bin_right,count\n1,0,5\n",
        "bin_left,bin_right,count\n0,1,-5\n",
        "bin_left,bin_right,count\n0,nan,5\n",
        "bin_left,bin_right,count\n" + "0,1,1\n" * 1001,
    ],
)
def test_other_tables_are_no_histogram(tmp_path: Path, content: str) -> None:
    with pytest.raises(RetryableToolError, match="no histogram"):
        CHART_HISTOGRAM(table(tmp_path, content), {"table": "t"})


@pytest.mark.parametrize(
    "content", [b"\xff\xfe\x00", "a,b\n1\n", "a,b\n1,2,3\n", 'a\n"' + "x" * 1_100_000]
)
def test_damaged_tables_are_typed_errors(tmp_path: Path, content: str | bytes) -> None:
    with pytest.raises(ToolError) as caught:
        TABLE_CSV(table(tmp_path, content), {"layer": "table"})
    assert caught.value.kind == "bad_data"


def rows(run: ToolContext, result: ToolResult) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text(run, result, ".csv"), newline="")))


FORMULAS = ["=1+1", "+1+1", "-1+1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1", "=cmd|' /C calc'!A0"]


def test_features_become_rows_without_formulas(tmp_path: Path) -> None:
    frame = parcels(
        [-1.5, 2.0, np.nan, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0],
        name=FORMULAS,
        date=pd.to_datetime(["2020-01-02T03:04:05Z"] * 9),
        **{"=HYPERLINK(1)": ["a,b", 'q"q', "c\nd", "e", "f", "g", "h", "ü", ""]},
    )
    run = features(tmp_path, frame)
    result = TABLE_CSV(run, {"layer": "features"})
    header, *body = rows(run, result)
    assert header == ["area_ha", "name", "date", "'=HYPERLINK(1)", "lon", "lat"]
    assert [row[1] for row in body] == [f"'{formula}" for formula in FORMULAS]
    assert [row[0] for row in body[:3]] == ["-1.5", "2.0", ""]
    assert [row[3] for row in body[:3]] == ["a,b", 'q"q', "c\nd"]
    assert body[0][2] == "2020-01-02T03:04:05Z"
    for row, shape in zip(body, frame.geometry, strict=True):
        assert shape.contains(shapely.Point(float(row[4]), float(row[5])))
    assert result.outputs["table"]["rows"] == 9
    assert result.summary == "file csv with 9 rows of 6 columns"


def test_a_table_is_written_without_formulas(tmp_path: Path) -> None:
    run = table(tmp_path, "zone,mean\n=1+1,-0.25\nplain,+3\n'x,-\n")
    result = TABLE_CSV(run, {"layer": "table"})
    assert rows(run, result) == [
        ["zone", "mean"],
        ["'=1+1", "-0.25"],
        ["plain", "+3"],
        ["'x", "'-"],
    ]


def test_own_columns_named_lon_are_kept(tmp_path: Path) -> None:
    run = features(tmp_path, parcels([1.0], column="lon"))
    header, row = rows(run, TABLE_CSV(run, {"layer": "features"}))
    assert header == ["lon", "point_lon", "lat"]
    assert row[0] == "1.0"


def test_what_is_absent_cannot_be_written(tmp_path: Path) -> None:
    with pytest.raises(RetryableToolError, match="no 'features'") as caught:
        TABLE_CSV(table(tmp_path, BINS), {"layer": "features"})
    assert caught.value.candidates == ("table",)


@given(st.lists(st.lists(st.text(max_size=12), min_size=2, max_size=2), max_size=6))
def test_no_cell_of_any_text_is_a_formula(cells: list[list[str]]) -> None:
    data, count = csv_bytes(["a", "b"], cells)
    read = list(csv.reader(io.StringIO(data.decode(), newline="")))[1:]
    assert count == len(cells)
    for row, given_row in zip(read, cells, strict=True):
        for cell, original in zip(row, given_row, strict=True):
            assert cell in (original.replace("\0", ""), "'" + original.replace("\0", ""))
            number = re.fullmatch(r"[-+][\d.]+([eE][-+]?\d+)?", cell)
            assert number or not cell.startswith(("=", "+", "-", "@", "\t", "\r", "\n"))


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        (pd.NA, ""),
        (pd.NaT, ""),
        (float("nan"), ""),
        (-3, -3),
        (True, True),
        ("-3", "-3"),
    ],
)
def test_cells_that_are_no_text(value: Any, cell: Any) -> None:
    assert plain_cell(value) == cell


def test_a_page_escapes_whatever_it_is_given() -> None:
    bad = "<b onclick=x>&\"'"
    page = offline_page(bad, bad, html_table((bad,), [(bad,)], bad), (bad,)).decode()
    assert "<b" not in page.replace("<body", "")
    assert page.count("&lt;b onclick=x&gt;&amp;") == 7


def test_features_frames_keep_their_geometry_name(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.Point(4, 52)], crs="EPSG:4326")
    run = features(tmp_path, frame)
    assert rows(run, TABLE_CSV(run, {"layer": "features"}))[1] == ["1", "4.0", "52.0"]
