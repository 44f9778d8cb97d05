from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from terragate.tests.support.tiny_geo import SHARED
from terragate.tests.tools.geo.vectors.made_layers import (
    as_array,
    frame,
    left,
    number,
    run_of,
    table,
)
from terragate.tools.errors import RetryableToolError
from terragate.tools.geo.vectors.joins import (
    COUNT_IN_POLYGONS,
    JOIN_ATTRIBUTES,
    JOIN_STATISTICS,
    members,
)
from terragate.tools.spec import ToolContext

ZONES = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1), shapely.box(5, 5, 6, 6)]
THINGS = [shapely.Point(x, 0.5) for x in (0.2, 0.4, 0.6, 1.5, 1.7, 9.0)]
CARGO = [1.0, 2.0, 4.0, 8.0, None, 32.0]
BOTH = {"features": "f", "other": "other"}


@pytest.fixture
def run(tmp_path: Path) -> ToolContext:
    return run_of(
        tmp_path,
        other=frame(ZONES, name=["A", "B", "C"]),
        f=frame(THINGS, cargo=CARGO, name=list("uvwxyz")),
    )


@pytest.mark.parametrize(
    ("statistic", "truth"),
    [
        ("count", [3, 1, 0]),
        ("sum", [7, 8, np.nan]),
        ("mean", [7 / 3, 8, np.nan]),
        ("min", [1, 8, np.nan]),
        ("max", [4, 8, np.nan]),
    ],
)
def test_statistics_of_known_things(run: ToolContext, statistic: str, truth: list) -> None:
    result = JOIN_STATISTICS(run, BOTH | {"statistic": statistic, "column": "cargo"})
    found = left(run, result)
    assert list(found["name"]) == ["A", "B", "C"]
    assert found[f"{statistic}_cargo"].to_numpy() == pytest.approx(truth, nan_ok=True)
    assert list(table(run, result)["polygon"]) == ["A", "B", "C"]
    assert number(result, "join_max") == pytest.approx(np.nanmax(truth))
    assert number(result, "join_min") == pytest.approx(np.nanmin(truth))
    assert any("1 features have no number" in note for note in result.notes)


def test_things_are_counted_in_polygons(run: ToolContext) -> None:
    result = COUNT_IN_POLYGONS(run, BOTH)
    assert list(left(run, result)["features_inside"]) == [3, 2, 0]
    assert number(result, "join_total") == 5
    assert number(result, "join_highest") == "A"
    assert any("1 features lie in no polygon" in note for note in result.notes)


def test_things_get_the_columns_of_their_polygon(run: ToolContext) -> None:
    result = JOIN_ATTRIBUTES(run, BOTH)
    found = left(run, result)
    assert found["name_2"].fillna("-").tolist() == ["A", "A", "A", "B", "B", "-"]
    assert found["name"].tolist() == list("uvwxyz")
    assert number(result, "joined_count") == 5


def test_a_thing_in_two_polygons_takes_the_first_and_it_is_said(tmp_path: Path) -> None:
    over = [ZONES[0], shapely.box(0, 0, 3, 1)]
    run = run_of(tmp_path, other=frame(over, zone=["A", "B"]), f=frame(THINGS[:2]))
    result = JOIN_ATTRIBUTES(run, BOTH)
    assert left(run, result)["zone"].tolist() == ["A", "A"]
    assert any("2 further polygons" in note for note in result.notes)
    assert list(left(run, COUNT_IN_POLYGONS(run, BOTH))["features_inside"]) == [2, 2]


def test_polygons_must_be_there(tmp_path: Path) -> None:
    run = run_of(tmp_path, other=frame(THINGS), f=frame(THINGS, cargo=CARGO))
    for tool in (COUNT_IN_POLYGONS, JOIN_ATTRIBUTES):
        with pytest.raises(RetryableToolError, match="needs polygons"):
            tool(run, BOTH)


def test_only_a_column_of_numbers_has_statistics(run: ToolContext) -> None:
    with pytest.raises(RetryableToolError) as caught:
        JOIN_STATISTICS(run, BOTH | {"statistic": "sum", "column": "name"})
    assert caught.value.candidates == ("cargo",)


@settings(max_examples=40, deadline=None)
@given(
    st.lists(st.tuples(st.floats(0, 10), st.floats(0, 10)), min_size=1, max_size=30),
    st.lists(st.tuples(*[st.floats(0, 10)] * 2, *[st.floats(0.1, 5)] * 2), min_size=1, max_size=6),
)
def test_members_agree_with_comparing_all(dots, rectangles) -> None:
    zones = [shapely.box(x, y, x + w, y + h) for x, y, w, h in rectangles]
    found = members(as_array(map(shapely.Point, dots)), as_array(zones))
    truth = {
        (i, j)
        for i, (px, py) in enumerate(dots)
        for j, zone in enumerate(zones)
        if zone.bounds[0] <= px <= zone.bounds[2] and zone.bounds[1] <= py <= zone.bounds[3]
    }
    assert set(zip(found.left.tolist(), found.right.tolist(), strict=True)) == truth


def test_cities_per_country_against_geopandas(tmp_path: Path) -> None:
    folder = SHARED / "naturalearth"
    if not folder.exists():
        pytest.skip("shared data folder naturalearth is absent")
    cities = gpd.read_file(folder / "naturalearth_cities.shp")
    countries = gpd.read_file(folder / "naturalearth_lowres.shp")
    run = run_of(tmp_path, other=countries, f=cities)
    found = left(run, COUNT_IN_POLYGONS(run, BOTH))
    joined = gpd.sjoin(cities, countries, predicate="intersects")
    truth = joined["index_right"].value_counts().reindex(range(len(countries)), fill_value=0)
    assert list(found["features_inside"]) == list(truth)
