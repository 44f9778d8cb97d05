from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from terragate.tests.support.tiny_geo import SHARED
from terragate.tests.tools.geo.vectors.made_layers import (
    UTM,
    as_array,
    frame,
    left,
    metres_frame,
    number,
    run_of,
)
from terragate.tools.errors import RetryableToolError
from terragate.tools.geo.vectors.thinning import SIMPLIFY_FEATURES, simplified


def simplify(folder: Path, content: gpd.GeoDataFrame, tolerance: str):
    run = run_of(folder, f=content)
    result = SIMPLIFY_FEATURES(run, {"tolerance": tolerance, "features": "f"})
    return left(run, result), result


def moved_m(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame, crs: str = UTM) -> np.ndarray:
    one, two = (side.to_crs(crs).geometry for side in (before, after))
    return np.array([shapely.hausdorff_distance(a, b, 0.05) for a, b in zip(one, two, strict=True)])


def test_outlines_move_by_no_more_than_twice_the_tolerance_in_metres(tmp_path: Path) -> None:
    turn = np.linspace(0, 2 * np.pi, 2000)[:-1]
    wavy = 5000 + 20 * np.sin(40 * turn)
    disc = shapely.Polygon(np.column_stack([wavy * np.cos(turn), wavy * np.sin(turn)]))
    before = metres_frame([disc])
    after, result = simplify(tmp_path, before, "50 m")
    assert 1 < moved_m(before, after)[0] <= 100.1
    assert number(result, "vertices_before") == shapely.get_num_coordinates(before.geometry[0])
    assert number(result, "vertices_after") == shapely.get_num_coordinates(after.geometry[0]) < 60
    assert any("to 50 m" in note for note in result.notes)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(-200, 200), min_size=3, max_size=60), st.integers(10, 150))
def test_lines_move_by_no_more_than_the_tolerance_in_metres(heights, tolerance) -> None:
    line = shapely.LineString([(50.0 * i, y) for i, y in enumerate(heights)])
    drawn = shapely.transform(line, lambda points: points + (500_000, 5_700_000))
    before = frame([drawn], UTM).to_crs("EPSG:4326")
    found, _ = simplified(as_array(before.geometry), tolerance)
    assert moved_m(before, frame(list(found)))[0] <= tolerance * 1.001 + 0.01


def test_neighbours_stay_neighbours(tmp_path: Path) -> None:
    border = [(1000 + 40 * np.sin(y / 200), float(y)) for y in range(0, 2001, 20)]
    west = shapely.Polygon([(0, 0), *border, (0, 2000)])
    east = shapely.Polygon([(2000, 0), *border, (2000, 2000)])
    before = metres_frame([west, east])
    after, result = simplify(tmp_path, before, "100 m")
    one, two = after.to_crs(UTM).geometry
    assert one.intersection(two).area == pytest.approx(0, abs=0.5)
    assert shapely.union(one, two).area == pytest.approx(4e6, rel=1e-3)
    assert number(result, "vertices_after") < number(result, "vertices_before") / 2
    assert any("share their borders and still do" in note for note in result.notes)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(50, 150), min_size=20, max_size=80), st.floats(1, 60))
def test_every_outline_stays_valid(radii, tolerance) -> None:
    turn = np.linspace(0, 2 * np.pi, len(radii) + 1)[:-1]
    star = np.column_stack([np.cos(turn), np.sin(turn)]) * np.array(radii)[:, None]
    shapes = as_array(metres_frame([shapely.Polygon(star)]).geometry)
    found, _ = simplified(shapes, tolerance)
    assert found[0].is_valid
    assert found[0].area > 0
    assert shapely.get_num_coordinates(found[0]) <= shapely.get_num_coordinates(shapes[0])


def test_a_million_vertices_are_simplified_and_close(tmp_path: Path) -> None:
    turn = np.linspace(0, 2 * np.pi, 1_000_001)[:-1]
    ring = np.column_stack([4 + 0.1 * np.cos(turn), 51 + 0.1 * np.sin(turn)])
    before = frame([shapely.Polygon(ring)])
    after, _ = simplify(tmp_path, before, "10 m")
    assert shapely.get_num_coordinates(after.geometry[0]) < 500
    assert after.geometry[0].is_valid
    a, b = (side.to_crs(UTM).geometry[0] for side in (before, after))
    assert shapely.symmetric_difference(a, b).area < 10 * a.length


def test_what_cannot_get_simple_enough_is_refused() -> None:
    turn = np.linspace(0, 2 * np.pi, 40_001)[:-1]
    radius = 0.1 + 0.01 * (np.arange(40_000) % 2)
    ring = np.column_stack([4 + radius * np.cos(turn), 51 + radius * np.sin(turn)])
    with pytest.raises(RetryableToolError, match="larger tolerance") as caught:
        simplified(as_array([shapely.Polygon(ring)]), 1.0)
    assert caught.value.kind == "too_large"


def test_a_zigzag_that_would_exhaust_the_stack_is_handled() -> None:
    n = 60_000
    sign = np.where(np.arange(n) % 2 == 0, 1, -1)
    y = np.cumsum(sign * (1.0 - np.arange(n) / n * 0.9999)) * 1e-3
    line = shapely.LineString(np.column_stack([4 + np.arange(n) * 1e-7, 51 + y]))
    with pytest.raises(RetryableToolError):
        simplified(as_array([line]), 0.01)


def test_the_edge_of_the_map_is_left_alone(tmp_path: Path) -> None:
    shapes = [shapely.box(-180, -90, 180, -70), shapely.box(170, 0, 180, 5)]
    before = frame([shapely.segmentize(s, 0.5) for s in shapes])
    after, result = simplify(tmp_path, before, "1 km")
    assert shapely.equals(after.geometry, before.geometry).all()
    assert any("2 features" in note and "kept as they are" in note for note in result.notes)


def test_what_is_smaller_than_the_tolerance_is_not_lost(tmp_path: Path) -> None:
    before = metres_frame([shapely.Point(0, 0).buffer(5, 16)])
    after, _ = simplify(tmp_path, before, "500 m")
    assert after.geometry[0].area > 0
    assert after.geometry[0].is_valid


def test_points_cannot_be_simplified(tmp_path: Path) -> None:
    with pytest.raises(RetryableToolError, match="needs polygons or lines"):
        simplify(tmp_path, frame([shapely.Point(0, 0)]), "10 m")


def test_countries_of_natural_earth_stay_a_map(tmp_path: Path) -> None:
    path = SHARED / "naturalearth" / "naturalearth_lowres.shp"
    if not path.exists():
        pytest.skip("shared data folder naturalearth is absent")
    countries = gpd.read_file(path)[["name", "geometry"]]
    after, result = simplify(tmp_path, countries, "30 km")
    assert list(after["name"]) == list(countries["name"])
    assert after.geometry.is_valid.all()
    assert number(result, "vertices_after") < 0.75 * number(result, "vertices_before")
    inland = after["name"].isin(["Switzerland", "Chad", "Bolivia", "Mongolia"]).to_numpy()
    for name, one, two in zip(
        after["name"][inland], countries.geometry[inland], after.geometry[inland], strict=True
    ):
        centre = one.centroid
        crs = f"+proj=aeqd +lat_0={centre.y} +lon_0={centre.x} +ellps=WGS84"
        a, b = (gpd.GeoSeries([s], crs=4326).segmentize(0.02).to_crs(crs)[0] for s in (one, two))
        assert shapely.hausdorff_distance(a, b) < 61_000, name
