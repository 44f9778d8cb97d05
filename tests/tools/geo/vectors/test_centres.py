from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from terragate.tests.tools.geo.vectors.made_layers import (
    GEOD,
    UTM,
    as_array,
    frame,
    left,
    metres_frame,
    number,
    run_of,
)
from terragate.tools.errors import ToolError
from terragate.tools.geo.vectors.centres import CENTROID_FEATURES, CONVEX_HULL, centroids


def test_centroids_are_those_of_the_ground(tmp_path: Path) -> None:
    shapes = [shapely.box(0, 0, 1000, 400), shapely.Polygon([(5000, 0), (8000, 0), (5000, 3000)])]
    run = run_of(tmp_path, f=metres_frame(shapes, name=["a", "b"]))
    found = left(run, CENTROID_FEATURES(run, {"features": "f"}))
    assert list(found["name"]) == ["a", "b"]
    points = shapely.get_coordinates(found.to_crs(UTM).geometry) - (500_000, 5_700_000)
    assert points == pytest.approx(np.array([[500, 200], [6000, 1000]]), abs=0.05)


def test_one_centroid_is_a_value_and_outside_is_said(tmp_path: Path) -> None:
    ring = shapely.Point(0, 0).buffer(1000).difference(shapely.Point(0, 0).buffer(500))
    run = run_of(tmp_path, f=metres_frame([ring]))
    result = CENTROID_FEATURES(run, {"features": "f"})
    (point,) = left(run, result).geometry
    assert number(result, "centroid_longitude") == point.x
    assert number(result, "centroid_latitude") == point.y
    assert "1 centroids lie outside their feature" in result.notes


@settings(max_examples=30, deadline=None)
@given(st.floats(-180, 180), st.floats(-88, 88), st.floats(1e3, 2e5))
def test_the_centroid_of_a_disc_is_its_middle_anywhere(lon, lat, radius) -> None:
    from terragate.tools.geo.vectors.projection import LocalPlane

    plane = LocalPlane(lon, lat, "laea")
    disc = plane.to_degrees(as_array([shapely.Point(0, 0).buffer(radius, 32)]))
    (point,) = centroids(disc)
    assert GEOD.inv(lon, lat, point.x, point.y)[2] < radius * 0.01


def test_a_far_northern_centroid_is_not_the_mean_of_degrees() -> None:
    """Between 60 and 80 north most ground lies in the south."""
    (point,) = centroids(as_array([shapely.box(10, 60, 12, 80)]))
    lat = np.radians(np.linspace(60, 80, 20_001))
    mean = np.degrees((lat * np.cos(lat)).sum() / np.cos(lat).sum())
    assert point.x == pytest.approx(11, abs=5e-3)
    assert point.y == pytest.approx(mean, abs=0.05)
    assert mean < 69


def test_the_hull_holds_everything(tmp_path: Path) -> None:
    dots = [shapely.Point(x, y) for x, y in [(0, 0), (9000, 0), (9000, 4000), (0, 4000), (50, 60)]]
    run = run_of(tmp_path, f=metres_frame(dots))
    result = CONVEX_HULL(run, {"features": "f"})
    assert number(result, "hull_area_ha") == pytest.approx(3600 / 0.9996**2, rel=1e-4)
    (hull,) = left(run, result).to_crs(UTM).geometry
    moved = [shapely.transform(d, lambda p: p + (500_000, 5_700_000)) for d in dots]
    assert max(hull.distance(dot) for dot in moved) < 0.1


def test_a_hull_over_180_degrees_is_cut(tmp_path: Path) -> None:
    dots = [shapely.Point(*p) for p in [(179, -18), (-179, -18), (-179, -16), (179, -16)]]
    run = run_of(tmp_path, f=frame(dots))
    result = CONVEX_HULL(run, {"features": "f"})
    (hull,) = left(run, result).geometry
    assert hull.bounds[0] == -180
    assert hull.bounds[2] == 180
    assert hull.area == pytest.approx(4, rel=0.01)
    truth = gpd.GeoSeries([shapely.box(-1, -18, 1, -16)], crs=4326).segmentize(0.01)
    assert number(result, "hull_area_ha") == pytest.approx(
        truth.to_crs("EPSG:6933").area[0] / 1e4, rel=0.01
    )


def test_a_hull_around_the_pole_holds_it(tmp_path: Path) -> None:
    dots = [shapely.Point(lon, 85) for lon in range(-180, 180, 30)]
    run = run_of(tmp_path, f=frame(dots))
    (hull,) = left(run, CONVEX_HULL(run, {"features": "f"})).geometry
    assert hull.contains(shapely.Point(40, 89))
    assert hull.bounds[3] == 90


@pytest.mark.parametrize(
    ("dots", "kind"),
    [
        ([(0, 0), (180, 10), (-90, 0), (90, 0)], "too_large"),
        ([(4, 51)], "precondition"),
        ([(4, 51), (4, 52)], "precondition"),
    ],
)
def test_a_hull_that_means_nothing_is_refused(tmp_path: Path, dots, kind) -> None:
    run = run_of(tmp_path, f=frame([shapely.Point(p) for p in dots]))
    with pytest.raises(ToolError) as caught:
        CONVEX_HULL(run, {"features": "f"})
    assert caught.value.kind == kind


def test_the_hull_of_nothing_is_empty(tmp_path: Path) -> None:
    run = run_of(tmp_path, f=frame([None]))
    assert CONVEX_HULL(run, {"features": "f"}).empty
