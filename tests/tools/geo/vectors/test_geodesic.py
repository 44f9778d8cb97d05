import numpy as np
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from terragate.tests.tools.geo.vectors.made_layers import GEOD, as_array
from terragate.tools.geo.vectors.geodesic import areas_m2, lengths_m

A, F = 6378137.0, 1 / 298.257223563
E2 = F * (2 - F)
EARTH = 510_065_621_724_088.0
NODES, WEIGHTS = np.polynomial.legendre.leggauss(40)


def zone(lat: np.ndarray) -> np.ndarray:
    """Area per radian of longitude between the equator and a latitude (Snyder 1987, 3-12)."""
    s, e = np.sin(np.radians(lat)), np.sqrt(E2)
    return A**2 * (1 - E2) / 2 * (s / (1 - E2 * s**2) + np.arctanh(e * s) / e)


def exact_m2(ring: np.ndarray) -> float:
    """Area of a ring with straight edges in degrees, by quadrature along every edge."""
    total = 0.0
    for (x0, y0), (x1, y1) in zip(ring[:-1], ring[1:], strict=True):
        lat = (y0 + y1) / 2 + NODES * (y1 - y0) / 2
        total += np.radians(x1 - x0) * float(zone(lat) @ WEIGHTS) / 2
    return abs(total)


coordinate = st.tuples(st.floats(-170, 170), st.floats(-89, 89))


@settings(max_examples=40, deadline=None)
@given(coordinate, st.floats(0.001, 40), st.floats(-3, 3), st.floats(0.2, 2.5))
def test_area_of_triangles_is_the_exact_integral(corner, size, turn, opening) -> None:
    angles = np.array([turn, turn + opening])
    ring = (
        np.array(corner)
        + np.r_[[[0, 0]], size * np.column_stack([np.cos(angles), np.sin(angles)]), [[0, 0]]]
    )
    ring = np.clip(ring, [-180, -90], [180, 90])
    shape = shapely.Polygon(ring)
    if not shape.is_valid:
        return
    truth = exact_m2(ring)
    assert areas_m2(as_array([shape]))[0] == pytest.approx(truth, rel=2e-4, abs=1.0)


@pytest.mark.parametrize(
    "bounds",
    [(-180, -90, 180, 90), (-180, -90, 180, 60), (-180, 0, 100, 90), (-180, -90, 180, -60)],
)
def test_more_than_half_of_earth_is_not_the_other_half(bounds) -> None:
    west, south, east, north = bounds
    truth = np.radians(east - west) * (zone(np.array(north)) - zone(np.array(south)))
    found = areas_m2(as_array([shapely.box(*bounds)]))[0]
    assert found == pytest.approx(float(truth), rel=1e-6)
    if bounds == (-180, -90, 180, 90):
        assert found == pytest.approx(EARTH, rel=1e-6)


def test_holes_parts_and_collections_count_and_lines_do_not() -> None:
    hole = shapely.box(0.2, 0.2, 0.4, 0.4)
    ring = shapely.box(0, 0, 1, 1).difference(hole)
    far = shapely.box(10, 10, 11, 11)
    line = shapely.LineString([(0, 0), (1, 1)])
    shapes = [
        ring,
        shapely.GeometryCollection([line, far]),
        shapely.MultiPolygon([ring, far]),
        line,
    ]
    square, small, other = (
        exact_m2(shapely.get_coordinates(s)) for s in (shapely.box(0, 0, 1, 1), hole, far)
    )
    truth = [square - small, other, square - small + other, 0]
    assert areas_m2(as_array(shapes)) == pytest.approx(truth, rel=1e-6)


def test_winding_does_not_matter() -> None:
    ring = shapely.box(5, 50, 6, 51)
    both = areas_m2(as_array([ring, ring.reverse()]))
    assert both[0] == pytest.approx(both[1], rel=1e-12)


def test_length_of_a_parallel_is_that_of_its_circle() -> None:
    line = shapely.LineString([(-120, 49), (-100, 49)])
    lat = np.radians(49)
    truth = np.radians(20) * A * np.cos(lat) / np.sqrt(1 - E2 * np.sin(lat) ** 2)
    assert lengths_m(as_array([line]))[0] == pytest.approx(truth, rel=1e-8)


def test_perimeter_counts_holes_and_not_where_a_map_is_cut() -> None:
    whole = shapely.box(170, 0, 180, 10)
    hole = shapely.box(172, 2, 174, 4)
    truth = sum(
        abs(GEOD.line_length(*np.array(part).T))
        for part in ([(180, 0), (175, 0), (170, 0)], [(170, 0), (170, 10)])
    )
    top = shapely.segmentize(shapely.LineString([(170, 10), (180, 10)]), 0.01)
    inner = shapely.segmentize(hole.exterior, 0.01)
    truth += GEOD.geometry_length(top) + GEOD.geometry_length(inner)
    found = lengths_m(as_array([whole.difference(hole), shapely.Point(1, 1)]))
    assert found[0] == pytest.approx(truth, rel=1e-6)
    assert found[1] == 0


def test_nothing_has_no_area_and_no_length() -> None:
    assert areas_m2(as_array([])).shape == (0,)
    assert lengths_m(as_array([])).shape == (0,)
