from pathlib import Path
from typing import Any

import geopandas as gpd
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
