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
from terragate.tools.errors import RetryableToolError, ToolError
from terragate.tools.geo.vectors import limits
from terragate.tools.geo.vectors.overlay import (
    OVERLAY_FEATURES,
    Operation,
    ground_m2,
    overlay,
    without_slivers,
)
from terragate.tools.spec import ToolContext

OPERATIONS: tuple[Operation, ...] = (
    "intersection",
    "union",
    "difference",
    "symmetric_difference",
)
# The scale of UTM at its central meridian.
SCALE = 0.9996**2
SQUARES = [shapely.box(0, 0, 1000, 1000), shapely.box(3000, 0, 4000, 1000)]
OTHERS = [shapely.box(500, 0, 1500, 1000), shapely.box(3000, 500, 3200, 800)]


def both(folder: Path) -> ToolContext:
    return run_of(
        folder,
        other=metres_frame(OTHERS, name=["p", "q"], depth=[1.5, 2.5]),
        f=metres_frame(SQUARES, name=["a", "b"]),
    )


def run(context: ToolContext, operation: str):
    return OVERLAY_FEATURES(context, {"operation": operation, "features": "f", "other": "other"})


@pytest.mark.parametrize(
    ("operation", "hectares", "pieces"),
    [
        ("intersection", 50 + 6, 2),
        ("union", 100 + 100 + 50, 5),
        ("difference", 50 + 94, 2),
        ("symmetric_difference", 50 + 94 + 50, 3),
    ],
)
def test_areas_of_known_squares(tmp_path: Path, operation, hectares, pieces) -> None:
    context = both(tmp_path)
    result = run(context, operation)
    assert number(result, "overlay_area_ha") == pytest.approx(hectares / SCALE, rel=1e-4)
    assert number(result, "piece_count") == pieces
    found = left(context, result)
    assert found.to_crs(UTM).area.sum() / 1e4 == pytest.approx(hectares, rel=1e-4)
    assert {"name", "name_2", "depth"} <= set(found.columns)
    assert any("slivers" in note for note in result.notes)
    assert "WGS 84 ellipsoid" in result.values[0].about


def test_columns_of_both_layers_go_with_their_pieces(tmp_path: Path) -> None:
    context = both(tmp_path)
    found = left(context, run(context, "union"))
    rows = found[["name", "name_2", "depth"]].astype(object)
    said = sorted(tuple("" if v != v or v is None else v for v in row) for row in rows.to_numpy())
    truth = [("", "p", 1.5), ("a", "", ""), ("a", "p", 1.5), ("b", "", ""), ("b", "q", 2.5)]
    assert said == sorted(truth)


rectangles = st.lists(
    st.tuples(st.integers(0, 20), st.integers(0, 20), st.integers(1, 12), st.integers(1, 12)),
    min_size=1,
    max_size=6,
).map(lambda given: [shapely.box(x, y, x + w, y + h) for x, y, w, h in given])


@settings(max_examples=40, deadline=None)
@given(rectangles, rectangles)
def test_the_parts_of_an_overlay_add_up_and_agree_with_geopandas(one, two) -> None:
    a, b = as_array(one), as_array(two)
    for operation in OPERATIONS:
        found = overlay(a, b, operation)
        truth = gpd.overlay(
            frame(one, UTM, left=range(len(one))), frame(two, UTM, right=range(len(two))),
            how=operation, keep_geom_type=True,
        )  # fmt: skip
        assert shapely.area(found.shapes).sum() == pytest.approx(truth.area.sum())
        assert shapely.union_all(found.shapes).area == pytest.approx(truth.union_all().area)
    areas = {name: shapely.union_all(overlay(a, b, name).shapes).area for name in OPERATIONS}
    behind = shapely.union_all(overlay(b, a, "difference").shapes).area
    assert areas["union"] == pytest.approx(areas["intersection"] + areas["difference"] + behind)
    assert areas["symmetric_difference"] == pytest.approx(areas["difference"] + behind)


def test_ground_that_polygons_share_counts_once() -> None:
    square = shapely.box(4, 51, 4.1, 51.1)
    once, twice = ground_m2(as_array([square])), ground_m2(as_array([square, square]))
    assert once == pytest.approx(twice)
    assert ground_m2(as_array([])) == 0


def test_slivers_are_dropped_and_told(tmp_path: Path) -> None:
    base = shapely.box(0, 0, 1000, 1000)
    moved = shapely.box(999.7, 0, 2000, 1000)
    context = run_of(tmp_path, other=metres_frame([moved]), f=metres_frame([base]))
    result = run(context, "intersection")
    assert result.empty
    (note,) = [note for note in result.notes if "slivers" in note]
    assert "1 of together 300" in note
    assert "1 m on average" in note


def test_a_sliver_is_cut_off_a_piece_and_small_compact_pieces_stay() -> None:
    def near(shape: shapely.Geometry) -> shapely.Geometry:
        return shapely.transform(shape, lambda p: p / 111_320)

    sliver = near(shapely.box(100, 0, 100.3, 500))
    kept = near(shapely.box(0, 0, 50, 50))
    tiny = near(shapely.box(0, 0, 0.4, 0.4))
    shapes = as_array([shapely.union(kept, sliver), tiny, sliver])
    from terragate.tools.geo.vectors.overlay import Pieces

    rows = np.arange(3)
    pieces, dropped = without_slivers(Pieces(shapes, rows, rows))
    assert list(pieces.left) == [0, 1]
    assert pieces.shapes[0].equals(kept)
    assert len(dropped) == 2


def test_nothing_shared_is_empty_not_wrong(tmp_path: Path) -> None:
    context = run_of(
        tmp_path, other=frame([shapely.box(8, 8, 9, 9)]), f=frame([shapely.box(0, 0, 1, 1)])
    )
    result = run(context, "intersection")
    assert result.empty
    assert result.outputs == {}
    assert number(result, "overlay_area_ha") == 0
    assert number(result, "feature_count") == 0


def test_touching_borders_share_no_ground(tmp_path: Path) -> None:
    context = run_of(
        tmp_path, other=frame([shapely.box(1, 0, 2, 1)]), f=frame([shapely.box(0, 0, 1, 1)])
    )
    assert run(context, "intersection").empty


def test_points_cannot_be_overlaid(tmp_path: Path) -> None:
    context = run_of(
        tmp_path, other=frame([shapely.Point(1, 1)]), f=frame([shapely.box(0, 0, 1, 1)])
    )
    with pytest.raises(RetryableToolError, match="needs polygons"):
        run(context, "union")


def _comb(teeth: int) -> shapely.Polygon:
    up = [(x, 0.1 if x % 2 else 10) for x in range(2 * teeth + 1)]
    return shapely.Polygon([(0, 0), *((x / (2 * teeth) * 10, y) for x, y in up), (10, 0)])


def test_outlines_that_cross_a_million_times_are_refused() -> None:
    comb = _comb(2000)
    across = shapely.transform(comb, lambda points: points[:, ::-1])
    with pytest.raises(ToolError, match="crossings of edges") as caught:
        overlay(as_array([comb]), as_array([across]), "intersection")
    assert caught.value.kind == "too_large"


def test_a_tangle_of_what_is_taken_off_is_refused() -> None:
    bars = [shapely.box(0, y, 2500, y + 0.5) for y in range(2500)]
    posts = [shapely.box(x, 0, x + 0.5, 2500) for x in range(2500)]
    ground = as_array([shapely.box(0, 0, 2500, 2500)])
    with pytest.raises(ToolError, match="crossings of edges"):
        overlay(ground, as_array([*bars, *posts]), "difference")


def test_too_much_work_is_refused(monkeypatch) -> None:
    monkeypatch.setattr(limits, "MAX_WORK", 1000)
    discs = as_array([shapely.Point(x, 0).buffer(3) for x in range(10)])
    with pytest.raises(ToolError, match="vertex comparisons"):
        overlay(discs, discs, "union")


def test_countries_cut_by_a_box_against_geopandas(tmp_path: Path) -> None:
    path = SHARED / "naturalearth" / "naturalearth_lowres.shp"
    if not path.exists():
        pytest.skip("shared data folder naturalearth is absent")
    countries = gpd.read_file(path)[["name", "geometry"]]
    window = frame([shapely.box(3, 45, 20, 55)], label=["window"])
    context = run_of(tmp_path, other=window, f=countries)
    result = run(context, "intersection")
    area = "+proj=laea +lat_0=50 +lon_0=11.5 +ellps=WGS84"
    clipped = gpd.overlay(countries, window, keep_geom_type=True)
    dense = clipped.geometry.segmentize(0.01).to_crs(area)
    assert number(result, "overlay_area_ha") == pytest.approx(dense.area.sum() / 1e4, rel=1e-5)
    assert sorted(left(context, result)["name"]) == sorted(clipped["name"])
