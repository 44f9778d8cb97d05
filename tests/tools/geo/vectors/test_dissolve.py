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
)
from terragate.tools.errors import RetryableToolError, ToolError
from terragate.tools.geo.vectors.dissolve import (
    DISSOLVE_FEATURES,
    MERGE_FEATURES,
    union_by_group,
)

BOXES = [shapely.box(x, 0, x + 1, 1) for x in range(4)]


def test_neighbours_of_a_name_become_one(tmp_path: Path) -> None:
    run = run_of(tmp_path, f=frame(BOXES, kind=["a", "a", "b", "a"]))
    result = DISSOLVE_FEATURES(run, {"by": "kind", "features": "f"})
    found = left(run, result).set_index("kind")
    assert found.loc["a", "geometry"].equals(shapely.union(shapely.box(0, 0, 2, 1), BOXES[3]))
    assert found.loc["a", "features_joined"] == 3
    assert found.loc["b", "geometry"].equals(BOXES[2])
    assert number(result, "dissolved_count") == 2


def test_features_without_an_entry_are_one_group_and_said(tmp_path: Path) -> None:
    run = run_of(tmp_path, f=frame(BOXES, kind=["a", None, None, "a"]))
    result = DISSOLVE_FEATURES(run, {"by": "kind", "features": "f"})
    assert number(result, "dissolved_count") == 2
    assert "2 features without an entry were joined as one" in result.notes


def test_merge_leaves_one(tmp_path: Path) -> None:
    run = run_of(tmp_path, f=frame([*BOXES, BOXES[0]]))
    result = MERGE_FEATURES(run, {"features": "f"})
    (shape,) = left(run, result).geometry
    assert shape.equals(shapely.box(0, 0, 4, 1))
    assert number(result, "dissolved_count") == 1


def test_lines_are_left_out_where_there_are_polygons(tmp_path: Path) -> None:
    line = shapely.LineString([(0, 5), (1, 5)])
    run = run_of(tmp_path, f=frame([*BOXES[:2], line]))
    result = MERGE_FEATURES(run, {"features": "f"})
    assert left(run, result).geometry[0].equals(shapely.box(0, 0, 2, 1))
    assert "1 of 3 features are no polygons: left out" in result.notes
    alone = run_of(tmp_path / "lines", f=frame([line]))
    assert left(alone, MERGE_FEATURES(alone, {"features": "f"})).geometry[0].equals(line)


def test_an_unknown_column_offers_the_known(tmp_path: Path) -> None:
    run = run_of(tmp_path, f=frame(BOXES, kind=list("abab")))
    with pytest.raises(RetryableToolError) as caught:
        DISSOLVE_FEATURES(run, {"by": "sort", "features": "f"})
    assert caught.value.candidates == ("kind",)


def test_a_tangle_is_refused(tmp_path: Path) -> None:
    bars = [shapely.box(0, y, 2500, y + 0.5) for y in range(2500)]
    posts = [shapely.box(x, 0, x + 0.5, 2500) for x in range(2500)]
    scaled = shapely.transform([*bars, *posts], lambda points: points / 100)
    run = run_of(tmp_path, f=frame(list(scaled)))
    with pytest.raises(ToolError, match="crossings of edges") as caught:
        MERGE_FEATURES(run, {"features": "f"})
    assert caught.value.kind == "too_large"


tiles = st.lists(st.integers(0, 3), min_size=1, max_size=30)


@settings(max_examples=40, deadline=None)
@given(tiles)
def test_dissolving_tiles_keeps_their_area(groups: list[int]) -> None:
    shapes = as_array(
        [shapely.box(i % 6, i // 6, i % 6 + 1, i // 6 + 1) for i in range(len(groups))]
    )
    _, codes = np.unique(groups, return_inverse=True)
    joined = union_by_group(shapes, codes)
    assert shapely.area(joined) == pytest.approx(np.bincount(codes))


def test_continents_of_natural_earth_against_geopandas(tmp_path: Path) -> None:
    path = SHARED / "naturalearth" / "naturalearth_lowres.shp"
    if not path.exists():
        pytest.skip("shared data folder naturalearth is absent")
    countries = gpd.read_file(path)
    run = run_of(tmp_path, f=countries)
    result = DISSOLVE_FEATURES(run, {"by": "continent", "features": "f"})
    found = left(run, result).set_index("continent").sort_index()
    truth = countries.dissolve("continent")
    assert list(found.index) == list(truth.index)
    areas = "EPSG:6933"
    assert found.to_crs(areas).area.to_numpy() == pytest.approx(
        truth.to_crs(areas).area.to_numpy(), rel=1e-9
    )
    assert found["features_joined"].sum() == len(countries)
