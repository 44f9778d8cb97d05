from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from pyproj import Geod
from terragate.tests.support.tiny_geo import context, record, scene, scenes_payload
from terragate.tools.errors import RetryableToolError, ToolError
from terragate.tools.geo.vector import (
    BUFFER_FEATURES,
    COUNT_FEATURES,
    COUNT_SCENES,
    FILTER_FEATURES,
    JOIN_FEATURES,
    buffer_m,
    read_features,
    write_features,
)
from terragate.tools.records import Record, ToolResult
from terragate.tools.spec import ToolContext

GEOD = Geod(ellps="WGS84")
SHIPS, TUGS = "Maritime Vessel", "Tugboat"


def frame(classes: list[str], shapes: list[shapely.Geometry]) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(
        {"cat_name": classes, "date": pd.Timestamp("2024-06-01", tz="UTC")},
        geometry=shapes,
        crs="EPSG:4326",
    )


def boxes(*corners: tuple[float, float], side: float = 0.01) -> list[shapely.Geometry]:
    return [shapely.box(x, y, x + side, y + side) for x, y in corners]


def features(run: ToolContext, name: str, content: gpd.GeoDataFrame, **changes: Any) -> Record:
    base = {"collection": "xview1", "classes": sorted(set(content["cat_name"])), "synthetic": True}
    return record(name, features=write_features(run, content, base | changes, name))


@pytest.fixture
def run(tmp_path: Path) -> ToolContext:
    """Four features: two ships and two tugs; record `f`, and `g` that touches the first ship."""
    empty = context(tmp_path)
    content = frame(
        [SHIPS, SHIPS, TUGS, TUGS], boxes((4.1, 51.9), (4.3, 51.9), (4.5, 51.9), (103.8, 1.2))
    )
    other = frame([TUGS, TUGS], boxes((4.105, 51.905), (4.106, 51.906)))
    made = [features(empty, "g", other), features(empty, "f", content)]
    return context(tmp_path, made)


def rows(run: ToolContext, result: ToolResult) -> gpd.GeoDataFrame:
    found = read_features(run, result.outputs["features"])
    assert len(found) == result.outputs["features"]["count"]
    return found


def test_counts(run: ToolContext) -> None:
    value = COUNT_FEATURES(run, {"features": "f"}).values[0]
    assert (value.name, value.value, value.unit) == ("feature_count", 4, "")
    scenes = [scene(str(day), "s.tif", f"2024-06-0{day}") for day in (1, 2, 3)]
    known = context(run.catalog.root, [record("s", scenes=scenes_payload(scenes))])
    value = COUNT_SCENES(known, {"scenes": "s"}).values[0]
    assert (value.name, value.value) == ("scene_count", 3)


def test_filter_keeps_one_class_named_as_people_name_it(run: ToolContext) -> None:
    result = FILTER_FEATURES(run, {"features": "f", "category": "tugboats"})
    assert list(rows(run, result)["cat_name"]) == [TUGS, TUGS]
    assert result.outputs["features"]["classes"] == [TUGS]


def test_filter_that_leaves_nothing_is_empty_not_wrong(run: ToolContext) -> None:
    result = FILTER_FEATURES(run, {"features": "g", "category": SHIPS})
    assert result.empty
    assert result.outputs == {}
    assert [(v.name, v.value) for v in result.values] == [("feature_count", 0)]


def test_filter_of_an_unknown_class_offers_others(run: ToolContext) -> None:
    with pytest.raises(RetryableToolError, match="submarine") as caught:
        FILTER_FEATURES(run, {"features": "f", "category": "submarine"})
    assert caught.value.candidates


def test_buffer_is_in_metres_everywhere(run: ToolContext) -> None:
    result = BUFFER_FEATURES(run, {"features": "f", "distance": "2 km"})
    before = read_features(run, run.records["f"].outputs["features"])
    for old, new in zip(before.geometry, rows(run, result).geometry, strict=True):
        _, south, east, north = old.bounds
        middle = (south + north) / 2
        _, _, reach = GEOD.inv(east, middle, new.bounds[2], middle)
        assert reach == pytest.approx(2000, rel=2e-3)


@settings(max_examples=20)
@given(st.floats(-170, 170), st.floats(-75, 75), st.floats(10, 20_000))
def test_buffer_of_a_point_is_a_geodesic_circle(lon: float, lat: float, radius: float) -> None:
    point = gpd.GeoDataFrame(geometry=[shapely.Point(lon, lat)], crs="EPSG:4326")
    ring = shapely.get_coordinates(buffer_m(point, radius).geometry[0].exterior)
    _, _, distances = GEOD.inv([lon] * len(ring), [lat] * len(ring), ring[:, 0], ring[:, 1])
    assert distances == pytest.approx(radius, rel=2e-3)


@pytest.mark.parametrize(
    ("lon", "lat", "radius"),
    [(179.9, 10, 50_000), (-179.99, -60, 2e5), (20, 89.5, 1e5), (0, -90, 3e5), (180, 0, 1e6)],
)
def test_buffer_over_the_edge_of_the_map_is_cut_there(lon, lat, radius) -> None:
    point = gpd.GeoDataFrame(geometry=[shapely.Point(lon, lat)], crs="EPSG:4326")
    (disc,) = buffer_m(point, radius).geometry
    assert disc.is_valid
    assert disc.bounds[0] == -180
    assert disc.bounds[2] == 180
    angles = range(0, 360, 15)
    for share, inside in ((0.97, True), (1.03, False)):
        ring = [GEOD.fwd(lon, lat, angle, radius * share)[:2] for angle in angles]
        assert [disc.intersects(shapely.Point(p)) for p in ring] == [inside] * len(angles)


def test_buffer_leaves_features_without_geometry_alone() -> None:
    shapes = [None, shapely.Point(4, 51), shapely.Point()]
    widened = buffer_m(gpd.GeoDataFrame(geometry=shapes, crs="EPSG:4326"), 100)
    assert widened.geometry[0] is None
    assert widened.geometry[1].area > 0
    assert widened.geometry[2].is_empty


def test_filter_without_classes_is_a_typed_error(run: ToolContext, tmp_path: Path) -> None:
    plain = gpd.GeoDataFrame({"name": ["a"]}, geometry=boxes((4.1, 51.9)), crs="EPSG:4326")
    base = {"collection": "xview1", "classes": [], "synthetic": False}
    known = context(tmp_path, [record("p", features=write_features(run, plain, base, "p"))])
    with pytest.raises(ToolError, match="no classes to filter by") as caught:
        FILTER_FEATURES(known, {"features": "p", "category": "tugboats"})
    assert caught.value.kind == "precondition"


@pytest.mark.parametrize("collection", ["a/b", "../up", ".hidden", "back\\slash"])
def test_a_collections_name_is_never_a_path(run: ToolContext, collection: str) -> None:
    payload = run.records["f"].outputs["features"] | {"collection": collection}
    made = write_features(run, read_features(run, payload), payload, "x")
    assert (run.store.root / made["artifact"]["path"]).is_file()
    assert len(Path(made["artifact"]["path"]).parts) == 3


def test_a_tangled_outline_is_refused(run: ToolContext) -> None:
    turn = np.linspace(0, 2 * np.pi * 499, 1002)[:-1]
    tangle = shapely.Polygon(np.column_stack([4 + np.cos(turn), 51 + np.sin(turn)]))
    made = features(run, "t", frame([SHIPS], [tangle]))
    with pytest.raises(ToolError, match="cross themselves") as caught:
        read_features(run, made.outputs["features"])
    assert caught.value.kind == "too_large"


def test_join_keeps_each_feature_that_touches_once(run: ToolContext) -> None:
    result = JOIN_FEATURES(run, {"features": "f", "other": "g"})
    assert [(v.name, v.value) for v in result.values] == [("joined_count", 1)]
    assert list(rows(run, result)["cat_name"]) == [SHIPS]


def test_join_without_contact_is_empty(run: ToolContext, tmp_path: Path) -> None:
    far = features(run, "far", frame([TUGS], boxes((-60.0, 10.0))))
    known = context(tmp_path, {**run.records, "far": far})
    result = JOIN_FEATURES(known, {"features": "f", "other": "far"})
    assert result.empty
    assert [(v.name, v.value) for v in result.values] == [("joined_count", 0)]


def test_join_with_itself_offers_the_other(run: ToolContext) -> None:
    with pytest.raises(RetryableToolError) as caught:
        JOIN_FEATURES(run, {"features": "f", "other": "f"})
    assert caught.value.candidates == ("g",)


def test_same_features_give_the_same_bytes(run: ToolContext) -> None:
    digests = {
        BUFFER_FEATURES(run, {"features": "f", "distance": "1 km"}).artifacts[0].sha256
        for _ in range(2)
    }
    assert len(digests) == 1


@pytest.mark.parametrize("content", [b"", b"not a geopackage"])
def test_unreadable_features_are_a_typed_error(run: ToolContext, content: bytes) -> None:
    ref = run.store.put_bytes(content, "bad.gpkg", "x")
    payload = run.records["f"].outputs["features"] | {"artifact": ref.model_dump()}
    with pytest.raises(ToolError, match=r"bad\.gpkg") as caught:
        read_features(run, payload)
    assert caught.value.kind == "bad_data"


def test_a_missing_record_offers_those_that_exist(run: ToolContext) -> None:
    with pytest.raises(RetryableToolError) as caught:
        COUNT_FEATURES(run, {"features": "r9"})
    assert caught.value.candidates == ("g", "f")
