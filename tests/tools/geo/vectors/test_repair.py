from pathlib import Path

import shapely
from terragate.tests.tools.geo.vectors.made_layers import (
    frame,
    left,
    number,
    run_of,
    table,
)
from terragate.tools.geo.vectors.repair import REPAIR_GEOMETRIES

SQUARE = shapely.box(0, 0, 1, 1)
BOW_TIE = shapely.Polygon([(4, 0), (6, 2), (6, 0), (4, 2)])
FLAT = shapely.Polygon([(0, 0), (1, 1), (2, 2)])


def test_every_change_is_counted(tmp_path: Path) -> None:
    turned = shapely.Polygon([(1, 0), (1, 1), (0, 1), (0, 0)])
    shapes = [SQUARE, turned, SQUARE, BOW_TIE, FLAT, None, shapely.Polygon()]
    run = run_of(tmp_path, f=frame(shapes, n=[1, 1, 2, 3, 4, 5, 6]))
    result = REPAIR_GEOMETRIES(run, {"features": "f"})
    found = left(run, result)
    assert list(found["n"]) == [1, 2, 3]
    assert found.geometry.is_valid.all()
    assert found.geometry[2].area == 2
    counts = {v.name.removesuffix("_count"): v.value for v in result.values}
    assert counts == {
        "repaired": 1,
        "duplicates": 1,
        "no_extent": 1,
        "no_geometry": 2,
        "same_place": 1,
    }
    changes = table(run, result).set_index("change")["features"]
    assert changes["invalid: Self-intersection"] >= 1
    assert "1 exact duplicates dropped" in result.notes


def test_sound_features_stay_as_they_are(tmp_path: Path) -> None:
    run = run_of(tmp_path, f=frame([SQUARE, shapely.Point(3, 3)], n=[1, 2]))
    result = REPAIR_GEOMETRIES(run, {"features": "f"})
    assert all(value.value == 0 for value in result.values)
    assert left(run, result).geometry[0].equals(SQUARE)
    assert result.notes == ()


def test_repairing_twice_changes_nothing_more(tmp_path: Path) -> None:
    run = run_of(tmp_path, f=frame([SQUARE, SQUARE, BOW_TIE]))
    first = REPAIR_GEOMETRIES(run, {"features": "f"})
    again = run_of(tmp_path / "again", f=left(run, first))
    second = REPAIR_GEOMETRIES(again, {"features": "f"})
    assert all(value.value == 0 for value in second.values)
    assert second.outputs["features"]["count"] == 2


def test_outer_rings_go_the_same_way_round(tmp_path: Path) -> None:
    hole = SQUARE.difference(shapely.box(0.2, 0.2, 0.4, 0.4)).reverse()
    run = run_of(tmp_path, f=frame([hole]))
    found = left(run, REPAIR_GEOMETRIES(run, {"features": "f"})).geometry[0]
    assert found.exterior.is_ccw
    assert not found.interiors[0].is_ccw


def test_nothing_left_is_empty(tmp_path: Path) -> None:
    run = run_of(tmp_path, f=frame([FLAT]))
    result = REPAIR_GEOMETRIES(run, {"features": "f"})
    assert result.empty
    assert number(result, "no_extent_count") == 1
