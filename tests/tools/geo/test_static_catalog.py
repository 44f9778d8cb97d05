"""The catalog on disk: pushed-down filters equal a full read, and bad files give typed errors."""

from __future__ import annotations

import shutil
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from terragate.tests.support.small_archive import NORTH, SIZE, edit, table, write_small_archive
from terragate.tools.errors import RetryableToolError
from terragate.tools.geo.catalog import Interval
from terragate.tools.geo.catalogs.sources import SourceCatalog
from terragate.tools.geo.geopackage import write_geopackage
from terragate.tools.geo.static_catalog import open_catalog

WORLD = shapely.box(-180, -90, 180, 90)
ALWAYS = Interval(date(2017, 1, 1), date(2026, 1, 1))
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_archive(tmp_path_factory.mktemp("archive") / "small")


@pytest.fixture(scope="module")
def catalog(archive: Path) -> SourceCatalog:
    return open_catalog(archive)


@pytest.fixture
def copy(archive: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(archive, tmp_path / "copy"))


def without_index(root: Path) -> SourceCatalog:
    edit(root / "sentinel-2/collection.json", lambda c: c["assets"].pop("index"))
    return open_catalog(root)


def test_collections_are_described_defaults_first(catalog: SourceCatalog) -> None:
    infos = {info.id: info for info in catalog.collections()}
    assert list(infos) == ["sentinel-2", "xview1", "fair1m", "bigearthnet"]
    assert [info.kind for info in infos.values()] == [
        "scenes",
        "detections",
        "detections",
        "landcover",
    ]
    assert infos["sentinel-2"].bands == ("blue", "green", "red", "nir", "swir1", "swir2")
    assert "S2" in infos["sentinel-2"].aliases
    assert len(infos["xview1"].classes) == 60
    assert all(info.synthetic for info in infos.values())


def test_the_coverage_end_is_not_included(catalog: SourceCatalog) -> None:
    info = next(i for i in catalog.collections() if i.id == "xview1")
    days = catalog.read_features("xview1", WORLD, ALWAYS, None)["date"].dt.date
    assert (info.start, info.end) == (days.min(), days.max() + DAY)
    scenes = catalog.search_scenes("sentinel-2", WORLD, ALWAYS)
    assert catalog.collections()[0].end == max(s.day for s in scenes) + DAY


def test_scenes_come_oldest_first_with_readable_assets(catalog: SourceCatalog) -> None:
    around = shapely.Point(NORTH.lon, NORTH.lat).buffer(0.1)
    scenes = catalog.search_scenes("sentinel-2", around, ALWAYS)
    assert len(scenes) == SIZE.scenes
    assert [s.day for s in scenes] == sorted(s.day for s in scenes)
    for scene in scenes:
        assert [number for _, number in scene.assets.values()] == [1, 2, 3, 4, 5, 6, 1]
        assert all((catalog.root / href).is_file() for href, _ in scene.assets.values())


def test_scene_dates_are_half_open(catalog: SourceCatalog) -> None:
    day = catalog.search_scenes("sentinel-2", WORLD, ALWAYS)[3].day

    def found(start: date, end: date) -> set[date]:
        return {s.day for s in catalog.search_scenes("sentinel-2", WORLD, Interval(start, end))}

    assert found(day, day + DAY) == {day}
    assert day not in found(ALWAYS.start, day)
    assert found(day, day) == set()


def test_search_is_the_same_without_an_index(catalog: SourceCatalog, copy: Path) -> None:
    plain = without_index(copy)
    assert plain.collections() == catalog.collections()
    for half in (ALWAYS, Interval(date(2018, 1, 1), date(2021, 7, 1))):
        for area in (WORLD, shapely.box(0, 0, 90, 90), shapely.box(50, 50, 60, 60)):
            wanted = catalog.search_scenes("sentinel-2", area, half)
            assert plain.search_scenes("sentinel-2", area, half) == wanted


def test_open_ended_collections_get_the_days_of_their_items(copy: Path) -> None:
    path = copy / "sentinel-2/collection.json"
    edit(path, lambda c: c["extent"]["temporal"].update(interval=[[None, None]]))
    info = open_catalog(copy).collections()[0]
    assert info == without_index(copy).collections()[0]
    assert info.end.year <= 2026


def test_bands_may_be_assets_of_their_own(copy: Path) -> None:
    item = next((copy / "sentinel-2").glob("*/*.json"))

    def split(content: dict[str, Any]) -> None:
        content["assets"] = {
            "B04": {"href": "./red.tif"},
            "swir16": {"href": "./reflectance.tif", "bands": [{"eo:common_name": "swir16"}]},
            "thumbnail": {"href": "./x.png"},
        }

    edit(item, split)
    scenes = open_catalog(copy).search_scenes("sentinel-2", WORLD, ALWAYS)
    assets = next(scene.assets for scene in scenes if scene.id == item.stem)
    folder = f"sentinel-2/{item.stem}"
    assert assets == {"red": (f"{folder}/red.tif", 1), "swir1": (f"{folder}/reflectance.tif", 1)}


@settings(max_examples=25, deadline=None)
@given(
    west=st.floats(-0.1, 0.1),
    south=st.floats(-0.1, 0.1),
    side=st.floats(0.001, 0.2),
    start=st.dates(date(2017, 1, 1), date(2025, 12, 1)),
    days=st.integers(1, 3000),
    classes=st.none() | st.sets(st.sampled_from(("Ferry", "Small Car", "Building", "Tugboat"))),
)
def test_pushdown_equals_a_full_read(
    archive: Path,
    catalog: SourceCatalog,
    west: float,
    south: float,
    side: float,
    start: date,
    days: int,
    classes: set[str] | None,
) -> None:
    corner = NORTH.lon + west, NORTH.lat + south
    area = shapely.box(*corner, corner[0] + side, corner[1] + side)
    interval = Interval(start, start + timedelta(days=days))
    chosen = None if classes is None else tuple(sorted(classes))
    found = catalog.read_features("xview1", area, interval, chosen)
    full = gpd.read_file(archive / "xview1/xview1_labels.gpkg")
    day = full["date"].dt.date
    keep = (day >= interval.start) & (day < interval.end)
    keep &= full.geometry.representative_point().intersects(area)
    if chosen is not None:
        keep &= full["cat_name"].isin(chosen)
    assert list(found["uoi"]) == list(full[keep]["uoi"])
    assert str(found["date"].dtype) == "datetime64[ms, UTC]"


def test_a_row_belongs_where_its_representative_point_lies(tmp_path: Path) -> None:
    catalog = open_catalog(table(tmp_path / "ships.gpkg", ["Ferry"]))
    touching = catalog.read_features("ships", shapely.box(-1, -1, 0.1, 1), ALWAYS, None)
    inside = catalog.read_features("ships", shapely.box(0.2, 0.2, 0.3, 0.3), ALWAYS, None)
    assert (len(touching), len(inside)) == (0, 1)


def test_one_geopackage_is_a_catalog(tmp_path: Path) -> None:
    info = open_catalog(table(tmp_path / "ships.gpkg", ["Ferry", "Tug", "Ferry"])).collections()[0]
    assert (info.id, info.kind, info.classes) == ("ships", "detections", ("Ferry", "Tug"))
    assert (info.start, info.end) == (date(2020, 5, 1), date(2020, 5, 2))
    assert info.bbox == pytest.approx((0, 0, 2.5, 0.5))
    assert not info.synthetic


def test_known_layers_keep_their_ids_and_say_synthetic(archive: Path, tmp_path: Path) -> None:
    for stem in ("xview1/xview1_labels", "xview1/xview1_images", "bigearthnet/ben_lcc"):
        shutil.copy(archive / f"{stem}.gpkg", tmp_path)
    infos = open_catalog(tmp_path).collections()
    assert [(i.id, i.kind, i.synthetic) for i in infos] == [
        ("xview1", "detections", True),
        ("bigearthnet", "landcover", True),
        ("xview1_images", "features", True),
    ]


def test_other_coordinate_systems_are_read_in_degrees(tmp_path: Path) -> None:
    points = gpd.points_from_xy([4.48, 4.9], [51.92, 52.4], crs="EPSG:4326")
    day = pd.to_datetime(["2020-05-01"] * 2, utc=True)
    frame = gpd.GeoDataFrame({"cat_name": ["a", "b"], "date": day}, geometry=points)
    write_geopackage(tmp_path / "utm.gpkg", frame.to_crs(32631), layer="utm")
    catalog = open_catalog(tmp_path / "utm.gpkg")
    found = catalog.read_features("utm", shapely.box(4.4, 51.8, 4.5, 52), ALWAYS, None)
    assert list(found["cat_name"]) == ["a"]
    assert found.geometry.iloc[0].x == pytest.approx(4.48)
    assert catalog.collections()[0].bbox == pytest.approx((4.48, 51.92, 4.9, 52.4), abs=0.01)
    assert catalog.collections()[0].kind == "landcover"


def test_text_dates_are_filtered_too(tmp_path: Path) -> None:
    path = table(tmp_path / "t.gpkg", ["a", "b"], date=["2017-06-29", "2019-01-01T10:00:00Z"])
    catalog = open_catalog(path)
    found = catalog.read_features("t", WORLD, Interval(date(2018, 1, 1), date(2020, 1, 1)), None)
    assert list(found["cat_name"]) == ["b"]
    assert catalog.collections()[0].end == date(2019, 1, 2)


def test_class_names_are_data_not_queries(tmp_path: Path) -> None:
    names = ["O'Brien's \"hut\"", "x') OR 1=1 --", "Ferry"]
    catalog = open_catalog(table(tmp_path / "odd.gpkg", names))
    assert set(catalog.collections()[0].classes) == set(names)
    for name in names:
        assert list(catalog.read_features("odd", WORLD, ALWAYS, (name,))["cat_name"]) == [name]
    assert catalog.read_features("odd", WORLD, ALWAYS, ("Nothing') OR ('1'='1",)).empty
    assert catalog.read_features("odd", WORLD, ALWAYS, ()).empty


def test_unknown_and_unfitting_collections_get_candidates(catalog: SourceCatalog) -> None:
    with pytest.raises(RetryableToolError, match="landsat") as unknown:
        catalog.search_scenes("landsat", WORLD, ALWAYS)
    assert "sentinel-2" in unknown.value.candidates
    with pytest.raises(RetryableToolError, match="holds no scenes") as unfitting:
        catalog.search_scenes("xview1", WORLD, ALWAYS)
    assert unfitting.value.candidates == ("sentinel-2",)
    with pytest.raises(RetryableToolError, match="holds no features"):
        catalog.read_features("sentinel-2", WORLD, ALWAYS, None)


def test_geopackages_are_the_same_bytes_every_time(tmp_path: Path) -> None:
    one = table(tmp_path / "one.gpkg", ["Ferry"]).read_bytes()
    (tmp_path / "again").mkdir()
    assert table(tmp_path / "again/one.gpkg", ["Ferry"]).read_bytes() == one
