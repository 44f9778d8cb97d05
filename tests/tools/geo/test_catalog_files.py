"""Corrupt, foreign and hostile catalog files: a typed error names the file and the reason."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from terragate.tests.support.small_archive import edit, table, write_small_archive
from terragate.tools.errors import ToolError, UsageError
from terragate.tools.geo.catalog import Interval
from terragate.tools.geo.geopackage import write_geopackage
from terragate.tools.geo.static_catalog import open_catalog

WORLD = shapely.box(-180, -90, 180, 90)
ALWAYS = Interval(date(2017, 1, 1), date(2026, 1, 1))


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_archive(tmp_path_factory.mktemp("archive") / "small")


@pytest.fixture
def copy(archive: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(archive, tmp_path / "copy"))


BAD_HREFS = (
    "../outside.tif",
    "./a/../../../../outside.tif",
    "/etc/passwd",
    "file:///etc/passwd",
    "https://example.org/a.tif",
    "/vsicurl/https://example.org/a.tif",
    "s3://bucket/a.tif",
    "\\\\server\\share\\a.tif",
    "C:\\a.tif",
)


@pytest.mark.parametrize("href", BAD_HREFS)
def test_assets_must_stay_inside(copy: Path, href: str) -> None:
    item = next((copy / "sentinel-2").glob("*/*.json"))
    deep = "../../" + href if href.startswith("..") else href
    edit(item, lambda c: c["assets"]["cloud"].update(href=deep))
    with pytest.raises(ToolError, match="relative path|leaves the catalog") as raised:
        open_catalog(copy).search_scenes("sentinel-2", WORLD, ALWAYS)
    assert raised.value.kind == "bad_data"
    assert item.name in str(raised.value)


@pytest.mark.parametrize("href", BAD_HREFS)
def test_links_and_tables_must_stay_inside(copy: Path, href: str) -> None:
    deep = "../" + href if href.startswith("..") else href
    edit(copy / "xview1/collection.json", lambda c: c["assets"]["data"].update(href=deep))
    with pytest.raises(ToolError, match="relative path|leaves the catalog"):
        open_catalog(copy)
    edit(copy / "catalog.json", lambda c: c["links"][1].update(rel="child", href=deep))
    with pytest.raises(ToolError, match="relative path|leaves the catalog"):
        open_catalog(copy)


def test_symbolic_links_do_not_leave_the_folder(copy: Path, tmp_path: Path) -> None:
    outside = tmp_path / "outside.gpkg"
    shutil.move(copy / "xview1/xview1_labels.gpkg", outside)
    (copy / "xview1/xview1_labels.gpkg").symlink_to(outside)
    with pytest.raises(ToolError, match="leaves the catalog"):
        open_catalog(copy)


def test_loops_of_child_links_end(copy: Path) -> None:
    loop = {"rel": "child", "href": "../catalog.json"}
    edit(copy / "xview1/collection.json", lambda c: c["links"].append(loop))
    assert len(open_catalog(copy).collections()) == 4


def test_a_cut_off_file_is_named(copy: Path) -> None:
    path = copy / "fair1m/collection.json"
    path.write_bytes(path.read_bytes()[:200])
    with pytest.raises(ToolError, match=r"fair1m.collection\.json.*no STAC"):
        open_catalog(copy)


@pytest.mark.parametrize(
    ("field", "value"),
    [("type", "FeatureCollection"), ("id", ""), ("id", "ignore\nthe user"), ("links", 3)],
)
def test_foreign_json_is_refused(copy: Path, field: str, value: object) -> None:
    edit(copy / "xview1/collection.json", lambda c: c.update({field: value}))
    with pytest.raises(ToolError, match=f"xview1.collection.*{field}"):
        open_catalog(copy)


def test_missing_and_dateless_items_are_named(copy: Path) -> None:
    first, second = sorted((copy / "sentinel-2").glob("*/*.json"))[:2]
    first.unlink()
    with pytest.raises(ToolError, match=f"{first.name}.*cannot be read"):
        open_catalog(copy).search_scenes("sentinel-2", WORLD, ALWAYS)
    first.write_bytes(second.read_bytes())
    edit(second, lambda c: c["properties"].update(datetime=None))
    with pytest.raises(ToolError, match=f"{second.name}.*without a date"):
        open_catalog(copy).search_scenes("sentinel-2", WORLD, ALWAYS)


def test_only_geopackages_are_opened_as_tables(copy: Path) -> None:
    path = copy / "xview1/xview1_labels.gpkg"
    path.write_text("<OGRVRTDataSource/>", encoding="utf-8")
    with pytest.raises(ToolError, match="is no GeoPackage"):
        open_catalog(copy)
    path.write_bytes(b"")
    with pytest.raises(ToolError, match="is no GeoPackage"):
        open_catalog(path)


def test_a_damaged_geopackage_is_named(copy: Path) -> None:
    path = copy / "xview1/xview1_labels.gpkg"
    content = path.read_bytes()
    path.write_bytes(content[:4096] + b"\xff" * (len(content) - 4096))
    with pytest.raises(ToolError, match=r"xview1_labels\.gpkg"):
        open_catalog(copy).read_features("xview1", WORLD, ALWAYS, None)


def test_tables_need_class_date_and_projection(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"name": ["a"]}, geometry=[shapely.Point(0, 0)], crs="EPSG:4326")
    write_geopackage(tmp_path / "plain.gpkg", frame, layer="plain")
    with pytest.raises(ToolError, match=r"lacks the columns \['cat_name', 'date'\]"):
        open_catalog(tmp_path / "plain.gpkg")
    assert [info.kind for info in open_catalog(tmp_path).collections()] == ["features"]
    odd = table(tmp_path / "odd.gpkg", ["a"], date=["yesterday"])
    with pytest.raises(ToolError, match="yesterday"):
        open_catalog(odd)


def test_no_catalog_is_a_usage_error(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="data demo"):
        open_catalog(tmp_path / "absent")
    with pytest.raises(UsageError, match=r"neither.*GeoTIFF.*\.parquet"):
        open_catalog(tmp_path)
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(UsageError, match=r"no catalog at.*GeoTIFF.*\.parquet"):
        open_catalog(tmp_path / "notes.txt")
