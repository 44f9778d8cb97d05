import json
import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import example, given, settings
from hypothesis import strategies as st
from terragate.tests.support.tiny_geo import aoi_payload, context, record
from terragate.tests.tools.geo.charts.chart_runs import features, parcels, text
from terragate.tools.errors import RetryableToolError, ToolError, ToolUnavailable
from terragate.tools.geo.charts.choropleth import CHOROPLETH_MAP
from terragate.tools.geo.charts.classes import classify
from terragate.tools.records import ToolResult
from terragate.tools.spec import ToolContext

HOSTILE = "</script><img src=x onerror=alert(1)>"
METHODS = ("quantiles", "equal interval", "natural breaks")


def draw(run: ToolContext, column: str = "area_ha", method: str = "quantiles") -> ToolResult:
    return CHOROPLETH_MAP(run, {"column": column, "method": method, "features": "f"})


def renderers(page: str) -> dict[str, tuple[str, list[str]]]:
    """Return the fill colour and the hover values of every legend entry of a page."""
    item = json.loads(re.search(r"embed_item\((.*)\);</script>", page)[1])
    found: dict[str, tuple[str, list[str]]] = {}
    glyphs: dict[str, Any] = {}

    def walk(node: Any) -> None:
        if isinstance(node, dict):
            if "id" in node and "attributes" in node:
                glyphs[node["id"]] = node
            for part in node.values():
                walk(part)
        elif isinstance(node, list):
            for part in node:
                walk(part)

    walk(item)

    def node(ref: dict[str, Any]) -> dict[str, Any]:
        return glyphs[ref["id"]]["attributes"]

    for entry in (g for g in glyphs.values() if g["name"] == "LegendItem"):
        for ref in entry["attributes"]["renderers"]:
            drawn = node(ref)
            data = dict(node(drawn["data_source"])["data"]["entries"])
            colour = node(drawn["glyph"])["fill_color"]["value"]
            label = entry["attributes"]["label"]["value"]
            found[label] = (colour, list(data.get("value", [])))
    return found


def test_classes_are_drawn_in_their_colours_with_a_legend_and_its_unit(tmp_path: Path) -> None:
    values = [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0, np.nan]
    run = features(tmp_path, parcels(values))
    result = draw(run, method="equal interval")
    page = text(run, result)
    drawn = {label: v for label, v in renderers(page).items() if v[1]}
    # By hand: nine values from 1 to 9 in five classes of 1.6 each.
    assert {label: len(v[1]) for label, v in drawn.items()} == {
        "no value": 1,
        "1 to 2.6 (2)": 2,
        "2.6 to 4.2 (2)": 2,
        "4.2 to 5.8 (1)": 1,
        "5.8 to 7.4 (2)": 2,
        "7.4 to 9 (2)": 2,
    }
    assert len({colour for colour, _ in drawn.values()}) == 6
    assert drawn["5.8 to 7.4 (2)"][1] == ["6", "7"]
    assert '"area (ha)"' in page
    assert "<h1>Area of 10 features</h1>" in page
    assert "5 classes by equal interval" in page
    assert "synthetic data" in page
    assert result.notes == ("1 of 10 features have no value and are grey",)
    layer = result.outputs["map"]["layers"][0]
    assert layer["edges"] == pytest.approx([1, 2.6, 4.2, 5.8, 7.4, 9])
    assert (layer["record"], layer["index"]) == ("f", "area_ha")


def test_the_area_of_interest_bounds_the_map(tmp_path: Path) -> None:
    run = features(tmp_path, parcels([1.0, 2.0]))
    box = shapely.box(3, 51, 6, 53)
    run = context(tmp_path, {**run.records, "a": record("a", aoi=aoi_payload(box))})
    assert draw(run).outputs["map"]["bounds"] == [3, 51, 6, 53]
    assert "Area: Testville" in text(run, draw(run))


def test_points_and_lines_are_drawn_too(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"n": [1, 2, 3]},
        geometry=[
            shapely.Point(4, 52),
            shapely.LineString([(4, 52), (5, 52)]),
            shapely.box(4, 51, 5, 52),
        ],
        crs="EPSG:4326",
    )
    run = features(tmp_path, frame)
    drawn = renderers(text(run, draw(run, "n")))
    assert sorted(v for _, values in drawn.values() for v in values) == ["1", "2", "3"]
    assert '"n (no unit)"' in text(run, draw(run, "n"))


def test_many_vertices_are_drawn_in_less_detail(tmp_path: Path) -> None:
    circles = [shapely.Point(4 + i / 10, 52).buffer(0.04, quad_segs=2000) for i in range(10)]
    frame = gpd.GeoDataFrame({"n": range(10)}, geometry=circles, crs="EPSG:4326")
    run = features(tmp_path, frame)
    result = draw(run, "n")
    assert "the map shows outlines in less detail than the data" in result.notes
    assert len(text(run, result)) < 3_000_000


def test_many_features_are_thinned_and_it_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from terragate.tools.geo.charts import choropleth

    monkeypatch.setattr(choropleth, "MOST_FEATURES", 4)
    result = draw(features(tmp_path, parcels(list(np.arange(10.0)))))
    assert "the map shows every 3th of 10 features" in result.notes
    drawn = renderers(text(features(tmp_path, parcels([1.0])), result))
    assert sorted(v for _, values in drawn.values() for v in values) == ["0", "3", "6", "9"]


def test_text_of_the_data_cannot_become_script(tmp_path: Path) -> None:
    frame = parcels([1.0, 2.0], column=HOSTILE, name=[HOSTILE, HOSTILE])
    run = features(tmp_path, frame, collection="c<svg/onload=alert(1)>")
    page = text(run, draw(run, HOSTILE))
    assert "onerror=alert" not in page
    assert "<svg/onload" not in page
    assert page.count("</script>") == 2
    assert not re.search(r"<[a-z]+[^>]*\son\w+=", page.split("<script>")[0])
    assert HOSTILE not in draw(run, HOSTILE).summary


def test_equal_input_gives_equal_bytes(tmp_path: Path) -> None:
    run = features(tmp_path, parcels(list(np.arange(20.0))))
    assert len({draw(run, method=m).artifacts[0].sha256 for m in ("quantiles",) * 2}) == 1


def test_a_column_must_be_a_number_of_the_features(tmp_path: Path) -> None:
    run = features(tmp_path, parcels([1.0, 2.0], name=["a", "b"], yes=[True, False]))
    for column in ("name", "geometry", "absent", "yes"):
        with pytest.raises(RetryableToolError, match="no numeric column") as caught:
            draw(run, column)
        assert caught.value.candidates == ("area_ha",)
    empty = features(tmp_path / "e", parcels([np.nan, np.inf]))
    with pytest.raises(ToolError, match="no value to colour") as error:
        draw(empty)
    assert error.value.kind == "bad_data"


@settings(max_examples=40, deadline=None)
@example([0.0, 1.0, -410812.651, -410812.651, -410812.651], "quantiles")
@given(
    st.lists(st.floats(-1e6, 1e6).map(lambda v: round(v, 3)), min_size=1, max_size=60),
    st.sampled_from(METHODS),
)
def test_every_value_falls_into_a_class_that_holds_it(numbers: list[float], method: Any) -> None:
    values = np.array(numbers)
    edges, _ = classes = classify(values, method)
    places = classes.places(values)
    assert (edges[0], edges[-1]) == (values.min(), values.max())
    assert (edges[places] <= values + 1e-9).all()
    assert (values <= edges[places + 1] + 1e-9).all()
    assert len(edges) - 1 <= max(min(5, len(set(numbers))), 1)


def test_quantiles_share_out_the_features_and_breaks_find_the_gaps() -> None:
    values = np.arange(100.0)
    assert np.bincount(classify(values, "quantiles").places(values)).tolist() == [20] * 5
    lumps = np.concatenate([np.linspace(c, c + 1, 30) for c in (0, 10, 20, 50, 90)])
    found = classify(lumps, "natural breaks")
    assert np.bincount(found.places(lumps)).tolist() == [30] * 5
    many = np.concatenate([np.linspace(c, c + 1, 300) for c in (0, 10, 20, 50, 90)])
    sampled = classify(many, "natural breaks")
    # The sample holds every fourth value or so, so that an edge may lie a few values off.
    assert np.abs(np.bincount(sampled.places(many)) - 300).max() <= 4
    assert sampled.notes == ("natural breaks were found among 400 of 1500 values",)


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "mapclassify", None)
    with pytest.raises(ToolUnavailable, match="pip install mapclassify"):
        classify(np.arange(9.0), "quantiles")
