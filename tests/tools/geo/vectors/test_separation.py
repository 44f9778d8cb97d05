import numpy as np
import pytest
import shapely
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from terragate.tests.tools.geo.vectors.made_layers import GEOD, as_array
from terragate.tools.errors import RetryableToolError
from terragate.tools.geo.vectors import limits
from terragate.tools.geo.vectors.separation import nearest

anywhere = st.tuples(st.floats(-180, 180), st.floats(-90, 90))
points = st.lists(anywhere, min_size=1, max_size=12)


def matrix(one, two) -> np.ndarray:
    a, b = np.asarray(one), np.asarray(two)
    grid = np.indices((len(a), len(b))).reshape(2, -1)
    left, right = a[grid[0]], b[grid[1]]
    _, _, metres = GEOD.inv(left[:, 0], left[:, 1], right[:, 0], right[:, 1])
    return np.asarray(metres).reshape(len(a), len(b))


def dense(shape: shapely.Geometry) -> np.ndarray:
    edges = shape.boundary if shape.geom_type == "Polygon" else shape
    return shapely.get_coordinates(shapely.segmentize(edges, 0.002))


@settings(max_examples=60, deadline=None)
@given(points, points)
def test_nearest_of_points_is_that_of_all_pairs(one, two) -> None:
    found = nearest(as_array(map(shapely.Point, one)), as_array(map(shapely.Point, two)))
    truth = matrix(one, two)
    assert found.metres == pytest.approx(truth.min(axis=1), abs=1e-6)
    chosen = truth[np.arange(len(one)), found.other]
    assert chosen == pytest.approx(truth.min(axis=1), abs=1e-6)


@settings(max_examples=40, deadline=None)
@given(points, points, st.floats(1, 3e6))
def test_being_within_a_reach_is_symmetric(one, two, reach) -> None:
    truth = matrix(one, two)
    assume((np.abs(truth - reach) > 1).all())
    a, b = as_array(map(shapely.Point, one)), as_array(map(shapely.Point, two))
    there, back = nearest(a, b, reach), nearest(b, a, reach)
    assert ((there.other >= 0) == (truth <= reach).any(axis=1)).all()
    assert ((back.other >= 0) == (truth <= reach).any(axis=0)).all()
    assert np.isinf(there.metres[there.other < 0]).all()


boxes = st.lists(
    st.tuples(st.floats(-179, 178), st.floats(-85, 84), st.floats(0.01, 1), st.floats(0.01, 1)),
    min_size=1,
    max_size=4,
)


@settings(max_examples=15, deadline=None)
@given(boxes, boxes)
def test_nearest_of_outlines_is_that_of_all_their_points(one, two) -> None:
    a, b = ([shapely.box(x, y, x + w, y + h) for x, y, w, h in side] for side in (one, two))
    found = nearest(as_array(a), as_array(b))
    for row, shape in enumerate(a):
        if any(shape.intersects(other) for other in b):
            assert found.metres[row] == 0
            continue
        # Only the few nearest of the dense points are compared in full.
        truth = min(_apart(dense(shape), dense(other)) for other in b)
        assert found.metres[row] == pytest.approx(truth, rel=2e-3, abs=60)


def _apart(one: np.ndarray, two: np.ndarray) -> float:
    """Return the smallest chord between points on the sphere of the mean radius, then geodesic."""
    a, b = (_unit(side) for side in (one, two))
    best = None
    for start in range(0, len(a), 500):
        dots = a[start : start + 500] @ b.T
        at = np.unravel_index(np.argmax(dots), dots.shape)
        if best is None or dots[at] > best[0]:
            best = dots[at], start + at[0], at[1]
    assert best is not None
    p, q = one[best[1]], two[best[2]]
    return GEOD.inv(*p, *q)[2]


def _unit(points: np.ndarray) -> np.ndarray:
    lon, lat = np.radians(points).T
    return np.column_stack([np.cos(lat) * np.cos(lon), np.cos(lat) * np.sin(lon), np.sin(lat)])


@pytest.mark.parametrize(
    ("start", "stop"),
    [((179.99, 10), (-179.99, 10)), ((10, 89.9), (-170, 89.9)), ((0, -89), (90, -89.5))],
)
def test_the_edge_of_the_map_is_no_border(start, stop) -> None:
    decoy = shapely.Point(start[0] * 0.9, start[1] * 0.9)
    others = as_array([decoy, shapely.box(*stop, *(np.add(stop, 0.001)))])
    found = nearest(as_array([shapely.Point(start)]), others)
    assert found.other[0] == 1
    corners = shapely.get_coordinates(others[1])
    assert found.metres[0] == pytest.approx(matrix([start], corners).min(), rel=1e-3)


def test_the_far_side_of_earth_is_far() -> None:
    spain = shapely.box(-9, 36, 3, 43)
    found = nearest(as_array([shapely.Point(175, -40)]), as_array([spain]))
    truth = matrix([(175, -40)], dense(spain)).min()
    assert found.metres[0] == pytest.approx(truth, rel=1e-4)
    assert truth > 1.9e7


def test_what_touches_is_at_zero_and_of_equals_the_first_is_taken() -> None:
    square = shapely.box(0, 0, 1, 1)
    inside, outside = shapely.Point(0.5, 0.5), shapely.Point(2, 0.5)
    found = nearest(as_array([inside, outside]), as_array([square, square]))
    assert list(found.other) == [0, 0]
    assert found.metres[0] == 0
    assert found.metres[1] == pytest.approx(GEOD.inv(1, 0.5, 2, 0.5)[2], rel=1e-5)


def test_a_hole_is_not_inside() -> None:
    ring = shapely.box(0, 0, 3, 3).difference(shapely.box(1, 1, 2, 2))
    found = nearest(as_array([shapely.Point(1.1, 1.5)]), as_array([ring]))
    assert found.metres[0] == pytest.approx(GEOD.inv(1, 1.5, 1.1, 1.5)[2], rel=1e-4)


def test_nothing_to_be_near_to() -> None:
    found = nearest(as_array([shapely.Point(0, 0)]), as_array([]))
    assert (found.other[0], found.metres[0]) == (-1, np.inf)


def test_too_many_comparisons_are_refused_before_they_are_made(monkeypatch) -> None:
    monkeypatch.setattr(limits, "MAX_PAIRS", 50)
    many = as_array([shapely.Point(x / 100, 0) for x in range(20)])
    far = as_array([shapely.Point(90 + x / 100, 0) for x in range(20)])
    with pytest.raises(RetryableToolError, match="more than 50 comparisons") as caught:
        nearest(many, far)
    assert caught.value.kind == "too_large"
