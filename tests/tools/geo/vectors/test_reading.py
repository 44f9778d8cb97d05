import sqlite3
import struct
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from pyproj import Transformer
from terragate.tests.support.tiny_geo import context
from terragate.tests.tools.geo.vectors.made_layers import frame, kept, run_of, stored
from terragate.tools.errors import RetryableToolError, ToolError
from terragate.tools.geo.vectors import limits, reading
from terragate.tools.geo.vectors.reading import (
    LINE,
    POINT,
    POLYGON,
    FeatureSet,
    only,
    read_feature_set,
)

BOX = shapely.box(4, 51, 4.5, 52)
BOW_TIE = shapely.Polygon([(0, 0), (2, 2), (2, 0), (0, 2)])


def read(folder: Path, content: gpd.GeoDataFrame, **options: bool) -> FeatureSet:
    return read_feature_set(run_of(folder, f=content), "f", **options)


def refused(folder: Path, content: gpd.GeoDataFrame, **changes) -> ToolError:
    """Return the error of reading; the collection `xview1` of the test catalog lies in 4-5 E."""
    empty = context(folder)
    run = context(folder, [stored(empty, "f", content, **changes)])
    with pytest.raises(ToolError) as caught:
        read_feature_set(run, "f")
    return caught.value


def test_sound_features_come_as_they_are(tmp_path: Path) -> None:
    found = read(tmp_path, frame([BOX, shapely.Point(4.1, 51.2)], name=["a", "b"], n=[1, 2]))
    assert found.notes == ()
    assert list(found.frame["name"]) == ["a", "b"]
    assert shapely.equals(found.shapes, [BOX, shapely.Point(4.1, 51.2)]).all()


def test_without_a_crs_it_is_refused_with_what_to_do(tmp_path: Path) -> None:
    error = refused(tmp_path, frame([BOX], crs=None))
    assert error.kind == "bad_data"
    assert "no coordinate reference system" in str(error)
    assert "EPSG:4326" in str(error)


@pytest.mark.parametrize("crs", ["EPSG:3035", "EPSG:2180", "EPSG:4326", "EPSG:4258", "EPSG:32631"])
def test_the_authoritys_axis_order_is_not_followed(tmp_path: Path, crs: str) -> None:
    """EPSG:3035, 2180 and 4326 name northing or latitude first; files hold x first all the same."""
    shape = shapely.box(15, 51, 15.5, 51.5)
    forward = Transformer.from_crs("OGC:CRS84", crs, always_xy=True)
    content = frame([shapely.transform(shape, forward.transform, interleaved=False)], crs=crs)
    found = read(tmp_path, content)
    assert found.shapes[0].bounds == pytest.approx(shape.bounds, abs=2e-3)
    assert found.frame.crs == "EPSG:4326"


def test_latitude_first_is_swapped_only_where_nothing_else_is_possible(tmp_path: Path) -> None:
    beijing = [shapely.Point(39.9, 116.4), shapely.Point(31.2, 121.5)]
    found = read(tmp_path, frame(beijing))
    assert shapely.get_coordinates(found.shapes).tolist() == [[116.4, 39.9], [121.5, 31.2]]
    assert found.notes == ("latitude came before longitude in the features; the two were swapped",)


def test_latitude_first_in_range_is_refused_rather_than_guessed(tmp_path: Path) -> None:
    error = refused(tmp_path, frame([shapely.Point(51.9, 4.2)]), collection="xview1")
    assert error.kind == "bad_data"
    assert "order of the axes" in str(error)
    assert "4.0 to 5.0" in str(error)


def test_swapping_into_another_place_than_the_collection_is_refused(tmp_path: Path) -> None:
    error = refused(tmp_path, frame([shapely.Point(39.9, 116.4)]), collection="xview1")
    assert "latitudes up to 116.4" in str(error)


def test_features_elsewhere_are_not_taken_for_swapped(tmp_path: Path) -> None:
    empty = context(tmp_path)
    run = context(tmp_path, [stored(empty, "f", frame([shapely.Point(103.8, 1.3)]),
                                    collection="xview1")])  # fmt: skip
    assert read_feature_set(run, "f").notes == ()


def test_metres_labelled_as_degrees_are_refused(tmp_path: Path) -> None:
    error = refused(tmp_path, frame([shapely.box(590_000, 5_700_000, 591_000, 5_701_000)]))
    assert error.kind == "bad_data"
    assert "look like metres" in str(error)


@pytest.mark.parametrize("bad", [(200, 120), (120, 200)])
def test_impossible_degrees_are_refused(tmp_path: Path, bad) -> None:
    assert refused(tmp_path, frame([shapely.Point(bad)])).kind == "bad_data"


def test_a_swapped_axis_beyond_both_is_not_guessed(tmp_path: Path) -> None:
    error = refused(tmp_path, frame([shapely.Point(100, 120)]))
    assert "latitudes up to 120" in str(error)


def test_infinite_coordinates_are_refused(tmp_path: Path) -> None:
    error = refused(tmp_path, frame([shapely.LineString([(0, 0), (np.inf, 1)])]))
    assert error.kind == "bad_data"


def test_a_projected_crs_that_does_not_hold_the_points_is_refused(tmp_path: Path) -> None:
    error = refused(tmp_path, frame([shapely.Point(1e9, 1e9)], crs="EPSG:3035"))
    assert error.kind == "bad_data"
    assert "coordinate reference system" in str(error)


def test_longitudes_to_360_become_west_and_are_cut_at_180(tmp_path: Path) -> None:
    found = read(tmp_path, frame([shapely.box(190, 0, 200, 5), shapely.box(175, 0, 185, 5)]))
    assert found.shapes[0].bounds == (-170, 0, -160, 5)
    assert found.shapes[1].equals(
        shapely.union(shapely.box(175, 0, 180, 5), shapely.box(-180, 0, -175, 5))
    )
    assert any("180 to 360" in note for note in found.notes)


def test_an_edge_over_180_is_a_crossing(tmp_path: Path) -> None:
    fiji = shapely.Polygon([(178, -18), (-178, -18), (-178, -16), (178, -16)])
    line = shapely.LineString([(170, 0), (-170, 10)])
    found = read(tmp_path, frame([fiji, line]))
    assert found.shapes[0].equals(
        shapely.union(shapely.box(178, -18, 180, -16), shapely.box(-180, -18, -178, -16))
    )
    assert found.shapes[1].geom_type == "MultiLineString"
    assert found.shapes[1].bounds == (-180, 0, 180, 10)
    assert shapely.get_parts(found.shapes[1])[0].bounds == (170, 0, 180, 5)
    assert any("180th meridian" in note for note in found.notes)


def test_the_edge_of_the_whole_map_is_no_crossing(tmp_path: Path) -> None:
    antarctica = shapely.box(-180, -90, 180, -65)
    found = read(tmp_path, frame([antarctica]))
    assert found.shapes[0].equals(antarctica)
    assert found.notes == ()


@pytest.mark.parametrize(("lat", "pole"), [(80, 90), (-80, -90)])
@pytest.mark.parametrize("step", [1, -1])
def test_a_ring_around_a_pole_holds_the_pole(tmp_path: Path, lat, pole, step) -> None:
    turns = np.arange(-175, 180, 10)[::step]
    ring = shapely.Polygon([(lon, lat) for lon in turns])
    (found,) = read(tmp_path, frame([ring])).shapes
    assert found.is_valid
    assert found.area == pytest.approx(360 * 10, rel=1e-6)
    assert pole in found.bounds


def test_missing_and_empty_geometry_is_left_out(tmp_path: Path) -> None:
    found = read(tmp_path, frame([None, BOX, shapely.Polygon()], n=[1, 2, 3]))
    assert list(found.frame["n"]) == [2]
    assert found.notes == ("2 of 3 features have no geometry: left out",)


def test_nothing_but_missing_geometry_leaves_nothing(tmp_path: Path) -> None:
    assert read(tmp_path, frame([None, None])).frame.empty


def test_heights_are_dropped_and_said(tmp_path: Path) -> None:
    found = read(tmp_path, frame([shapely.Point(4, 51, 300)]))
    assert not shapely.has_z(found.shapes).any()
    assert "heights" in found.notes[0]


def test_a_bow_tie_is_repaired_and_said(tmp_path: Path) -> None:
    found = read(tmp_path, frame([BOW_TIE, BOX]))
    assert shapely.is_valid(found.shapes).all()
    assert found.shapes[0].area == pytest.approx(2)
    assert found.notes == ("1 features crossed or touched themselves and were repaired",)


def test_what_has_no_area_is_left_out(tmp_path: Path) -> None:
    flat = shapely.Polygon([(0, 0), (1, 1), (2, 2)])
    found = read(tmp_path, frame([flat, BOX]))
    assert len(found.frame) == 1
    assert found.notes == ("1 features without extent (zero area or length): left out",)


def test_repair_can_be_left_to_the_caller(tmp_path: Path) -> None:
    assert not shapely.is_valid(read(tmp_path, frame([BOW_TIE]), repair=False).shapes).any()


def test_curves_become_chords_and_it_is_said(tmp_path: Path) -> None:
    run = run_of(tmp_path, f=frame([shapely.box(0, 0, 1, 1)]))
    path = run.store.root / run.records["f"].outputs["features"]["artifact"]["path"]
    database = sqlite3.connect(path)
    for (trigger,) in database.execute("SELECT name FROM sqlite_master WHERE type='trigger'"):
        database.execute(f'DROP TRIGGER "{trigger}"')
    (stored_shape,) = database.execute("SELECT geom FROM features").fetchone()
    arc = [(0, 0), (1, 1), (2, 0), (1, -1), (0, 0)]
    circle = struct.pack("<BIIBII", 1, 10, 1, 1, 8, 5)
    circle += b"".join(struct.pack("<dd", *point) for point in arc)
    header = stored_shape[:3] + bytes([stored_shape[3] & ~0x0E]) + stored_shape[4:8]
    database.execute("UPDATE features SET geom = ?", (header + circle,))
    database.execute("UPDATE gpkg_geometry_columns SET geometry_type_name = 'CURVEPOLYGON'")
    database.commit()
    database.close()
    found = read_feature_set(run, "f")
    assert found.shapes[0].area == pytest.approx(np.pi, rel=2e-3)
    assert "chords" in found.notes[0]


@pytest.mark.parametrize("content", [b"", b"not a geopackage", b'{"type": "FeatureCollection"}'])
def test_other_files_are_refused(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "x.gpkg"
    path.write_bytes(content)
    empty = context(tmp_path)
    run = context(tmp_path, [kept(empty, "f", path)])
    with pytest.raises(ToolError) as caught:
        read_feature_set(run, "f")
    assert caught.value.kind == "bad_data"


def test_too_many_features_or_vertices_are_refused(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(limits, "MAX_FEATURES", 3)
    assert refused(tmp_path, frame([shapely.Point(4, 51)] * 4)).kind == "too_large"
    monkeypatch.setattr(limits, "MAX_FEATURES", 100)
    monkeypatch.setattr(limits, "MAX_VERTICES", 100)
    assert refused(tmp_path, frame([shapely.Point(4, 51).buffer(1, 50)])).kind == "too_large"


def test_a_file_that_is_too_large_is_not_read(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(reading, "MAX_BYTES", 1000)
    assert refused(tmp_path, frame([BOX])).kind == "too_large"


def test_a_million_vertices_are_read_and_a_tangle_of_them_is_refused(tmp_path: Path) -> None:
    turn = np.linspace(0, 2 * np.pi, 1_000_001)[:-1]
    round_ = shapely.Polygon(np.column_stack([4 + np.cos(turn), 51 + np.sin(turn)]))
    found = read(tmp_path, frame([round_]))
    assert shapely.get_num_coordinates(found.shapes[0]) == 1_000_001
    star = np.linspace(0, 2 * np.pi * 499, 1002)[:-1]
    tangle = shapely.Polygon(np.column_stack([4 + np.cos(star), 51 + np.sin(star)]))
    error = refused(tmp_path / "other", frame([tangle]))
    assert error.kind == "too_large"


def test_only_the_wanted_dimension_is_kept(tmp_path: Path) -> None:
    line = shapely.LineString([(0, 0), (1, 1)])
    mixed = shapely.GeometryCollection([line, BOX, shapely.Point(0, 0)])
    found = read(tmp_path, frame([line, mixed, shapely.Point(3, 3)], n=[1, 2, 3]))
    flat = only(found, POLYGON)
    assert list(flat.frame["n"]) == [2]
    assert flat.shapes[0].equals(BOX)
    assert flat.notes == ("2 of 3 features are no polygons: left out",)
    both = only(found, POLYGON, LINE)
    assert list(both.frame["n"]) == [1, 2]
    assert list(both.frame.geom_type) == ["LineString", "Polygon"]
    assert list(only(found, POINT).frame["n"]) == [2, 3]


def test_none_of_the_wanted_dimension_says_what_to_do(tmp_path: Path) -> None:
    found = read(tmp_path, frame([shapely.Point(3, 3)]))
    with pytest.raises(RetryableToolError, match="needs polygons") as caught:
        only(found, POLYGON)
    assert caught.value.kind == "precondition"
    assert "buffer_features" in str(caught.value)


def test_a_record_without_features_offers_those_with(tmp_path: Path) -> None:
    run = run_of(tmp_path, f=frame([BOX]))
    with pytest.raises(RetryableToolError) as caught:
        read_feature_set(run, "g")
    assert caught.value.candidates == ("f",)
