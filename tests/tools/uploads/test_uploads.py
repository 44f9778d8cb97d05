"""What people send is read: every form, coordinate system and shape that is accepted."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from terragate.tests.tools.uploads.upload_files import (
    SQUARE,
    frame,
    geojson,
    geopackage,
    kml,
    placemark,
    save,
    shapefile,
    zipped,
)
from terragate.tools.errors import ToolError
from terragate.tools.uploads import Upload, read_upload, shapes
from terragate.tools.uploads import geojson as geojson_module
from terragate.tools.uploads import geopackage as geopackage_module
from terragate.tools.uploads import shapefile as shapefile_module
from terragate.tools.uploads.shapes import PolygonBuilder
from terragate.tools.uploads.wkb import add_wkb

HOLED = shapely.Polygon(SQUARE.exterior, [shapely.box(4.2, 51.9, 4.3, 52.0).exterior])
TWO = shapely.MultiPolygon([HOLED, shapely.box(5, 51, 5.1, 51.2)])


def only(upload: Upload) -> shapely.Geometry:
    assert len(upload.layers) == 1
    return shapely.union_all(upload.layers[0].polygons)


@pytest.mark.parametrize("name", ["area.geojson", "photo.jpg", "area.gpkg", "noname"])
def test_the_name_of_a_file_decides_nothing(tmp_path: Path, name: str) -> None:
    upload = read_upload(save(tmp_path, geojson(), name))
    assert (upload.form, only(upload)) == ("GeoJSON", SQUARE)


@pytest.mark.parametrize("shape", [SQUARE, HOLED, TWO], ids=["plain", "hole", "multi"])
@pytest.mark.parametrize("form", ["GeoJSON", "GeoPackage", "shapefile", "KML", "KMZ"])
def test_every_form_holds_the_same_area(tmp_path: Path, form: str, shape: shapely.Geometry) -> None:
    polygons = shapely.get_parts(shape)
    document = kml("".join(map(placemark, polygons)))
    path = {
        "GeoJSON": lambda: save(tmp_path, geojson([shape])),
        "GeoPackage": lambda: geopackage(tmp_path, frame([shape])),
        "shapefile": lambda: save(
            tmp_path,
            zipped({f"in/area{k}": v for k, v in shapefile(tmp_path, frame([shape])).items()}),
        ),
        "KML": lambda: save(tmp_path, document),
        "KMZ": lambda: save(tmp_path, zipped({"doc.kml": document.encode()})),
    }[form]()
    upload = read_upload(path)
    assert upload.form == {"KMZ": "KML"}.get(form, form)
    assert only(upload).equals(shape)
    assert upload.layers[0].crs.to_epsg() == 4326


@pytest.mark.parametrize("crs", ["EPSG:28992", "EPSG:3857", "EPSG:32631"])
def test_coordinates_keep_their_system(tmp_path: Path, crs: str) -> None:
    local = frame().to_crs(crs)
    name = f"urn:ogc:def:crs:{crs.replace(':', '::')}"
    old = geojson(local.geometry, crs={"type": "name", "properties": {"name": name}})
    files = shapefile(tmp_path, local)
    for path in (
        save(tmp_path, old, "a"),
        geopackage(tmp_path, local),
        save(tmp_path, zipped({f"area{k}": v for k, v in files.items()}), "b"),
    ):
        layer = read_upload(path).layers[0]
        back = gpd.GeoSeries(layer.polygons, crs=layer.crs).to_crs("EPSG:4326")
        assert back.iloc[0].hausdorff_distance(SQUARE) < 1e-7


def test_points_and_lines_are_counted_and_left_out(tmp_path: Path) -> None:
    shapes = [SQUARE, shapely.Point(4, 52), shapely.LineString([(4, 52), (5, 52)])]
    for path in (save(tmp_path, geojson(shapes)), geopackage(tmp_path, frame(shapes))):
        layer = read_upload(path).layers[0]
        assert (len(layer.polygons), layer.features, layer.skipped) == (1, 3, 2)


def test_a_shapefile_without_prj_is_degrees_when_it_can_be(tmp_path: Path) -> None:
    files = shapefile(tmp_path)
    del files[".prj"]
    upload = read_upload(save(tmp_path, zipped({f"a{k}": v for k, v in files.items()})))
    assert upload.layers[0].crs.to_epsg() == 4326
    assert "no .prj" in upload.notes[0]


def test_layers_of_a_geopackage_are_all_read(tmp_path: Path) -> None:
    other = frame([shapely.box(5, 51, 6, 52)]).to_crs("EPSG:28992")
    upload = read_upload(geopackage(tmp_path, first=frame(), second=other))
    assert [layer.crs.to_epsg() for layer in upload.layers] == [4326, 28992]


def test_a_geopackage_with_a_write_ahead_log_header_is_read(tmp_path: Path) -> None:
    raw = bytearray(geopackage(tmp_path).read_bytes())
    raw[18:20] = b"\x02\x02"
    assert only(read_upload(save(tmp_path, bytes(raw), "wal"))) == SQUARE


def test_bytes_before_and_around_the_text_do_not_matter(tmp_path: Path) -> None:
    assert only(read_upload(save(tmp_path, "\ufeff\n  " + geojson()))) == SQUARE
    macos = {
        "__MACOSX/._area.shp": b"\x00",
        **{f"area{k}": v for k, v in shapefile(tmp_path).items()},
    }
    stored = save(tmp_path, zipped(macos, zipfile.ZIP_STORED))
    assert only(read_upload(stored)).equals(SQUARE)


numbers = st.floats(-1e6, 1e6)


@settings(max_examples=60)
@given(
    st.lists(st.tuples(numbers, numbers), min_size=3, max_size=12, unique=True),
    st.sampled_from(["<", ">"]),
    st.booleans(),
    st.booleans(),
)
def test_well_known_binary_is_read_as_shapely_writes_it(
    ring: list[tuple[float, float]], order: str, high: bool, many: bool
) -> None:
    polygon = shapely.Polygon([(x, y, 7.0) for x, y in ring] if high else ring)
    shape = shapely.MultiPolygon([polygon, polygon]) if many else polygon
    for flavour in ("iso", "extended"):
        data = shapely.to_wkb(shape, byte_order=order == "<", flavor=flavour)
        builder = PolygonBuilder()
        add_wkb(builder, data)
        flat = shapely.force_2d(shapely.get_parts(shape)).tolist()
        assert builder.polygons == flat


def test_one_feature_a_null_and_a_collection_are_read(tmp_path: Path) -> None:
    geometry = json.loads(geojson([HOLED]))["features"][0]["geometry"]
    collection = {"type": "GeometryCollection", "geometries": [geometry, None]}
    for document, skipped in (
        ({"type": "Feature", "properties": {}, "geometry": geometry}, 0),
        ({"type": "Feature", "properties": {}, "geometry": None}, 1),
        (collection, 1),
    ):
        layer = read_upload(save(tmp_path, json.dumps(document))).layers[0]
        assert layer.skipped == skipped
        assert layer.polygons == ([] if document.get("geometry", 1) is None else [HOLED])


def test_missing_geometries_of_tables_are_counted(tmp_path: Path) -> None:
    holes = gpd.GeoDataFrame(
        {"note": ["a", "b", "c"]}, geometry=[SQUARE, None, shapely.Polygon()], crs="EPSG:4326"
    )
    files = {f"a{k}": v for k, v in shapefile(tmp_path, holes).items()}
    for path in (geopackage(tmp_path, holes), save(tmp_path, zipped(files))):
        layer = read_upload(path).layers[0]
        assert (len(layer.polygons), layer.features, layer.skipped) == (1, 3, 2)


def test_a_layer_of_a_system_without_code_is_read_by_its_definition(tmp_path: Path) -> None:
    local = "+proj=laea +lat_0=52 +lon_0=4 +datum=WGS84 +units=m"
    layer = read_upload(geopackage(tmp_path, frame().to_crs(local))).layers[0]
    back = gpd.GeoSeries(layer.polygons, crs=layer.crs).to_crs("EPSG:4326")
    assert back.iloc[0].hausdorff_distance(SQUARE) < 1e-7


@pytest.mark.parametrize("form", ["json", "gpkg", "shp", "kml"])
def test_features_are_bounded(tmp_path: Path, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (shapes, geojson_module, geopackage_module, shapefile_module):
        monkeypatch.setattr(module, "MAX_POLYGONS", 3)
    four = [SQUARE] * 4
    path = {
        "json": lambda: save(tmp_path, geojson(four)),
        "gpkg": lambda: geopackage(tmp_path, frame(four)),
        "shp": lambda: save(
            tmp_path, zipped({f"a{k}": v for k, v in shapefile(tmp_path, frame(four)).items()})
        ),
        "kml": lambda: save(tmp_path, kml(placemark() * 4)),
    }[form]()
    with pytest.raises(ToolError, match="more than 3 ") as caught:
        read_upload(path)
    assert caught.value.kind == "too_large"
