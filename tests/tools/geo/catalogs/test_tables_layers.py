"""Vector files that are no tables: GeoJSON, Shapefile, and the names their columns get."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import geopandas as gpd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from terragate.tools.errors import ToolError
from terragate.tools.geo.catalogs import geojson_layer
from terragate.tools.geo.catalogs.feature_layer import FeatureLayer, plain_names
from terragate.tools.geo.catalogs.vector_layer import layer_names, open_layer

WORLD = shapely.box(-180, -90, 180, 90)


def collection(path: Path, *features: dict[str, Any], **members: Any) -> Path:
    content = {"type": "FeatureCollection", "features": list(features), **members}
    path.write_text(json.dumps(content), encoding="utf-8")
    return path


def feature(x: float, y: float, **properties: Any) -> dict[str, Any]:
    point = {"type": "Point", "coordinates": [x, y]}
    return {"type": "Feature", "properties": properties, "geometry": point}


def test_geojson_is_read_with_its_columns(tmp_path: Path) -> None:
    path = collection(
        tmp_path / "a.geojson",
        feature(4, 52, name="a", height=3, tags=["x"], flag=True),
        feature(5, 52, name="b", height=None),
        {"type": "Feature", "properties": {"name": "nowhere"}, "geometry": None},
    )
    layer = FeatureLayer(open_layer(path))
    kinds = (("name", "text"), ("height", "number"), ("tags", "text"), ("flag", "text"))
    assert layer.columns == kinds
    assert layer.bbox == (4, 52, 5, 52)
    found = layer.read(shapely.box(3.5, 51, 4.5, 53)).frame
    assert found["name"].tolist() == ["a"]
    assert json.loads(found["tags"].iloc[0]) == ["x"]
    assert len(layer.read(WORLD).frame) == 2


@pytest.mark.parametrize(
    ("name", "x", "y"),
    [
        ("urn:ogc:def:crs:EPSG::3857", 445277.963, 6800125.454),
        ("EPSG:3857", 445277.963, 6800125.454),
        ("urn:ogc:def:crs:OGC:1.3:CRS84", 4.0, 52.0),
    ],
)
def test_the_old_crs_member_is_understood(tmp_path: Path, name: str, x: float, y: float) -> None:
    crs = {"type": "name", "properties": {"name": name}}
    layer = FeatureLayer(open_layer(collection(tmp_path / "a.geojson", feature(x, y), crs=crs)))
    point = layer.read(WORLD).frame.geometry.iloc[0]
    assert (point.x, point.y) == pytest.approx((4, 52), abs=1e-6)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        '{"type": "Topology", "objects": {}}',
        '{"features": 3}',
        '{"features": [3]}',
        '{"features": [{"geometry": {"type": "Point", "coordinates": ["a", "b"]}}]}',
        '{"features": [{"geometry": {"type": "Point", "coordinates": [NaN, 1]}}]}',
        '{"features": [{"geometry": {"type": "Ball", "coordinates": [1, 1]}}]}',
        '{"features": [], "crs": {"properties": {"name": "+init=/etc/passwd"}}}',
        '{"features": [], "crs": {"properties": {"name": "EPSG:999999"}}}',
        '{"features": ' + "[" * 100_000 + "]" * 100_000 + "}",
    ],
    ids=range(11),
)
def test_bad_geojson_is_a_typed_error(tmp_path: Path, text: str) -> None:
    path = tmp_path / "a.geojson"
    path.write_text(text)
    with pytest.raises(ToolError, match=r"a\.geojson") as raised:
        open_layer(path)
    assert raised.value.kind == "bad_data"
    assert len(str(raised.value)) < 700


def test_geojson_has_a_size_limit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = collection(tmp_path / "a.geojson", feature(1, 1))
    monkeypatch.setattr(geojson_layer, "MAX_BYTES", 10)
    with pytest.raises(ToolError, match="larger than 10 bytes"):
        open_layer(path)


def test_an_empty_collection_has_no_extent(tmp_path: Path) -> None:
    layer = FeatureLayer(open_layer(collection(tmp_path / "a.geojson")))
    with pytest.raises(ToolError, match="no rows"):
        _ = layer.bbox


def shapefile(path: Path) -> Path:
    frame = gpd.GeoDataFrame(
        {"naïf": ["a", "é"], "pop": [1, 2]},
        geometry=[shapely.box(0, 0, 1, 1), shapely.box(10, 0, 11, 1)],
        crs="EPSG:4326",
    )
    frame.to_file(path, encoding="utf-8")
    return path


def test_a_shapefile_is_read_by_its_own_driver(tmp_path: Path) -> None:
    path = shapefile(tmp_path / "a.shp")
    layer = FeatureLayer(open_layer(path))
    assert layer.columns == (("naif", "text"), ("pop", "number"))
    assert layer.read(shapely.box(9, 0, 12, 1)).frame["naif"].tolist() == ["é"]
    assert layer_names(path) == ("a",)


def test_a_shapefile_without_its_parts_is_named(tmp_path: Path) -> None:
    path = shapefile(tmp_path / "a.shp")
    path.with_suffix(".prj").unlink()
    with pytest.raises(ToolError, match="coordinate reference system"):
        open_layer(path)
    path.with_suffix(".shx").unlink()
    with pytest.raises(ToolError, match=r"a\.shp"):
        open_layer(path)


def test_a_geometry_that_crosses_itself_is_repaired(tmp_path: Path) -> None:
    bow = {"type": "Polygon", "coordinates": [[[0, 0], [2, 2], [2, 0], [0, 2], [0, 0]]]}
    path = collection(tmp_path / "a.geojson", {"properties": {}, "geometry": bow})
    found = FeatureLayer(open_layer(path)).read(WORLD).frame
    assert found.geometry.is_valid.all()
    assert shapely.area(found.geometry.iloc[0]) == pytest.approx(2)


@given(st.lists(st.text(max_size=80), unique=True, max_size=12), st.booleans())
def test_column_names_are_plain_and_unique(names: list[str], classed: bool) -> None:
    chosen = names[0] if names and classed else None
    plain = plain_names(names, chosen)
    assert list(plain) == names
    given = [name.lower() for name in plain.values()]
    assert len(set(given)) == len(names)
    assert all(re.fullmatch(r"[A-Za-z0-9_]{1,60}", name) for name in plain.values())
    assert not {"fid", "geom", "geometry"} & set(given)
    if chosen is not None:
        assert plain[chosen] == "cat_name"


def test_a_plain_name_stays_as_it_is() -> None:
    assert plain_names(["HEIGHT", "pop_est", "fid"]) == {
        "HEIGHT": "HEIGHT",
        "pop_est": "pop_est",
        "fid": "fid_2",
    }
