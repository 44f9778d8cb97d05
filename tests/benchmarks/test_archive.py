"""The synthetic archive is deterministic, plainly named, and behaves like the Earth."""

from __future__ import annotations

import hashlib
import json
from datetime import date
from pathlib import Path
from zlib import crc32

import geopandas as gpd
import numpy as np
import pyogrio
import pystac
import pytest
import rasterio
from pyproj import Transformer
from terragate.benchmarks.archive import ArchiveSize, PlacePoint, demo_places, locate, write_archive
from terragate.benchmarks.archive.chips import FAIR1M_SITES, XVIEW_SITES
from terragate.benchmarks.archive.landcover import COVER_CLASSES
from terragate.benchmarks.archive.reflectance import BANDS, take_picture
from terragate.benchmarks.archive.scenes import plan_days, utm_grid
from terragate.benchmarks.archive.terrain import Cover, Terrain, make_terrain
from terragate.benchmarks.geo.places import DEMO, HELD_OUT
from terragate.tests.support.small_archive import NORTH, SIZE, write_small_archive
from terragate.tools.errors import UsageError
from terragate.tools.geo.class_tables import (
    BIGEARTHNET_CLASSES,
    FAIR1M_CLASSES,
    XVIEW_CLASSES,
    XVIEW_SHIPS,
)

BEFORE, AFTER = date(2017, 2, 1), date(2025, 11, 1)


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_archive(tmp_path_factory.mktemp("archive") / "small")


@pytest.fixture(scope="module")
def terrain() -> Terrain:
    return make_terrain(np.random.default_rng(3), 144, 11.52)


def content(root: Path) -> dict[str, str]:
    files = (path for path in root.rglob("*") if path.is_file())
    return {str(f.relative_to(root)): hashlib.sha256(f.read_bytes()).hexdigest() for f in files}


def test_same_arguments_give_the_same_bytes(archive: Path, tmp_path: Path) -> None:
    again = content(write_small_archive(tmp_path / "again.v2"))
    assert again == content(archive)
    assert [path.name for path in tmp_path.iterdir()] == ["again.v2"]


def test_every_part_says_that_it_is_synthetic(archive: Path) -> None:
    assert "Synthetic" in (archive / "README.txt").read_text(encoding="utf-8")
    for path in archive.rglob("*.tif"):
        with rasterio.open(path) as raster:
            assert raster.tags()["synthetic"] == "true"
    for path in archive.rglob("*.gpkg"):
        assert pyogrio.read_info(path)["layer_metadata"]["DESCRIPTION"].startswith("Synthetic")
    for path in archive.rglob("*.json"):
        found = json.loads(path.read_text(encoding="utf-8"))
        assert found.get("terragate:synthetic") or found["properties"]["terragate:synthetic"]


def test_another_reader_finds_every_scene_and_its_files(archive: Path) -> None:
    catalog = pystac.Catalog.from_file(str(archive / "catalog.json"))
    items = list(catalog.get_items(recursive=True))
    assert len(items) == 2 * SIZE.scenes
    for item in items:
        hrefs = [asset.get_absolute_href() for asset in item.assets.values()]
        assert len(hrefs) == 2
        assert all(href and Path(href).is_file() for href in hrefs)


def test_scenes_are_tiled_geotiffs_in_utm_with_named_bands(archive: Path) -> None:
    paths = sorted(archive.rglob("reflectance.tif"))
    with rasterio.open(paths[0]) as raster:
        assert raster.tags(ns="IMAGE_STRUCTURE")["LAYOUT"] == "COG"
        assert raster.descriptions == BANDS
        assert (raster.nodata, raster.dtypes[0]) == (0, "uint16")
    zones = {rasterio.open(path).crs.to_epsg() for path in paths}
    assert zones == {32631, 32723}


def test_nodata_is_the_same_in_scene_and_mask(archive: Path) -> None:
    shares = []
    for path in archive.rglob("reflectance.tif"):
        with rasterio.open(path) as raster, rasterio.open(path.with_name("cloud.tif")) as cloud:
            missing = cloud.read(1) == 255
            assert ((raster.read() == 0).all(axis=0) == missing).all()
            shares.append(missing.mean())
    assert min(shares) == 0 < max(shares) < 0.5


def index(bands: np.ndarray, first: str, second: str) -> np.ndarray:
    one, two = (bands[BANDS.index(name)].astype(float) for name in (first, second))
    return np.divide(one - two, one + two, out=np.zeros_like(one), where=one + two > 0)


def clear_picture(terrain: Terrain, day: date, lat: float) -> np.ndarray:
    for seed in range(99):
        picture = take_picture(terrain, day, lat, np.random.default_rng(seed))
        if picture.cloud_percent == picture.nodata_percent == 0:
            return picture.bands
    raise AssertionError("never a clear sky")


@pytest.mark.parametrize("day", [date(2019, 1, 20), date(2019, 5, 20), date(2024, 8, 20)])
def test_indices_tell_water_leaf_town_and_scar_apart(terrain: Terrain, day: date) -> None:
    bands, cover = clear_picture(terrain, day, 52.0), terrain.cover(day)
    ndvi, ndbi = index(bands, "nir", "red"), index(bands, "swir1", "nir")
    ndwi = index(bands, "green", "nir")
    forest, town = cover == Cover.FOREST, cover == Cover.TOWN
    assert (ndwi[cover == Cover.SEA] > 0).all()
    assert (ndwi[np.isin(cover, (Cover.FOREST, Cover.TOWN, Cover.FIELD))] < 0).all()
    assert 0.6 < np.median(ndvi[forest]) < 0.9
    assert np.median(ndvi[town]) < 0.3
    assert np.median(ndbi[town]) > 0
    assert np.median(ndbi[forest]) < -0.1


def test_crops_follow_the_season_of_their_hemisphere(terrain: Terrain) -> None:
    fields = terrain.base == Cover.FIELD

    def ndvi(day: date, lat: float) -> float:
        return float(index(clear_picture(terrain, day, lat), "nir", "red")[fields].mean())

    january, july = date(2018, 1, 10), date(2018, 7, 1)
    assert ndvi(july, 50) > ndvi(january, 50) + 0.2
    assert ndvi(january, -40) > ndvi(july, -40) + 0.2


def test_town_grows_wetland_shrinks_and_a_forest_burns(terrain: Terrain) -> None:
    before, after = terrain.cover(BEFORE), terrain.cover(AFTER)
    assert (after == Cover.TOWN).sum() > 1.3 * (before == Cover.TOWN).sum() > 0
    assert 0 < (after == Cover.WETLAND).sum() < 0.8 * (before == Cover.WETLAND).sum()
    assert (before == Cover.BURNT).sum() == 0
    burnt = terrain.cover(terrain.burn_day) == Cover.BURNT
    assert burnt.sum() > 20
    nbr = index(clear_picture(terrain, terrain.burn_day, 45.0), "nir", "swir2")
    assert np.median(nbr[burnt]) < 0


def test_clouds_lie_where_the_mask_says(terrain: Terrain) -> None:
    for seed in range(40):
        picture = take_picture(terrain, BEFORE, 52.0, np.random.default_rng(seed))
        if picture.cloud_percent > 20:
            break
    cloud = picture.cloud == 1
    bright = picture.bands[0] > 5500
    assert (bright & ~cloud & (picture.cloud == 0)).sum() == 0
    assert abs(picture.cloud_percent - 100 * cloud.sum() / (picture.cloud != 255).sum()) < 0.01


def test_terrain_is_the_same_place_at_another_resolution() -> None:
    coarse = make_terrain(np.random.default_rng(3), 48, 11.52).cover(BEFORE)
    fine = make_terrain(np.random.default_rng(3), 144, 11.52).cover(BEFORE)[1::3, 1::3]
    assert (coarse == fine).mean() > 0.9


@pytest.mark.parametrize(
    ("stem", "columns"),
    [
        (
            "xview1/xview1_labels",
            "image_id filename cat_id cat_name date xmin ymin xmax ymax uoi geometry",
        ),
        ("xview1/xview1_images", "filename image_id date uoi geometry"),
        (
            "fair1m/fair1m_labels",
            "image_id filename cat_id cat_name date xmin ymin xmax ymax uoi geometry",
        ),
        ("bigearthnet/ben_lcc", "image_id filename cat_name date uoi geometry"),
    ],
)
def test_tables_have_the_published_columns(archive: Path, stem: str, columns: str) -> None:
    frame = gpd.read_file(archive / f"{stem}.gpkg")
    assert list(frame.columns) == columns.split()
    assert frame.crs.to_epsg() == 4326
    assert frame["uoi"].is_unique
    assert frame["date"].between("2017-01-01", "2026-01-01").all()


def test_labels_lie_in_their_image_on_its_day(archive: Path) -> None:
    labels = gpd.read_file(archive / "xview1/xview1_labels.gpkg")
    images = gpd.read_file(archive / "xview1/xview1_images.gpkg").set_index("image_id")
    image = images.loc[labels["image_id"]]
    assert (labels["date"].to_numpy() == image["date"].to_numpy()).all()
    metres = labels.to_crs(3857).distance(image.to_crs(3857).reset_index(), align=False)
    assert metres.max() < 2500
    assert (labels["xmax"] > labels["xmin"]).all()


def test_ships_lie_on_water_and_cars_on_land(archive: Path) -> None:
    labels = gpd.read_file(archive / "xview1/xview1_labels.gpkg")
    labels = labels[labels.geometry.representative_point().y > 0]
    grid = utm_grid(NORTH, 144, 160)
    key = [7, crc32(NORTH.slug.encode())]
    terrain = make_terrain(np.random.default_rng(key), 144, 11.52)
    to_utm = Transformer.from_crs(4326, grid.epsg, always_xy=True)

    def covers(names: tuple[str, ...]) -> set[int]:
        found: set[int] = set()
        for row in labels[labels["cat_name"].isin(names)].itertuples():
            x, y = to_utm.transform(row.geometry.centroid.x, row.geometry.centroid.y)
            column, line = int((x - grid.transform.c) // 160), int((grid.transform.f - y) // 160)
            found.add(int(terrain.cover(row.date.date())[line, column]))
        return found

    assert covers(XVIEW_SHIPS)
    assert covers(XVIEW_SHIPS) <= {Cover.SEA, Cover.RIVER, Cover.BASIN}
    assert covers(("Small Car", "Bus")) <= {Cover.TOWN, Cover.INDUSTRY}


def test_some_years_of_a_place_have_no_detections(archive: Path) -> None:
    labels = gpd.read_file(archive / "xview1/xview1_labels.gpkg")
    years = labels[labels.geometry.representative_point().y > 0]["date"].dt.year
    assert 1 < years.nunique() < 9


def test_some_place_has_no_fair1m_at_all(tmp_path: Path) -> None:
    places = [PlacePoint(f"Place {c}", "NL", 50.0, 10.0 * i) for i, c in enumerate("abcdef")]
    write_archive(tmp_path / "a", places, seed=1, size=ArchiveSize(32, 1, 6))
    labels = gpd.read_file(tmp_path / "a/fair1m/fair1m_labels.gpkg")
    assert set((labels.geometry.representative_point().x / 10).round()) == {0, 1, 2, 3, 4}


def test_every_published_class_can_occur_and_no_other() -> None:
    def classes(sites: tuple) -> set[str]:
        return {name for site in sites for group in site.groups for name in group.classes}

    assert classes(XVIEW_SITES) == set(XVIEW_CLASSES)
    assert classes(FAIR1M_SITES) == set(FAIR1M_CLASSES)
    assert {n for names in COVER_CLASSES.values() for n in names} == set(BIGEARTHNET_CLASSES)


def test_days_are_distinct_and_cover_every_year() -> None:
    days = plan_days(np.random.default_rng(1), 12)
    assert len(set(days)) == 12
    assert {day.year for day in days} == set(range(2017, 2026))
    assert list(days) == sorted(days)


def test_every_place_of_every_split_is_found() -> None:
    found = locate((*DEMO, *HELD_OUT))
    assert [(p.name, p.country) for p in found] == [*DEMO, *HELD_OUT]
    assert len({(p.lat, p.lon) for p in found}) == len(found)
    assert len(demo_places()) == 12
    with pytest.raises(UsageError, match="Atlantis"):
        locate([("Atlantis", "GR")])


def test_refuses_what_it_would_overwrite_or_confuse(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep", encoding="utf-8")
    with pytest.raises(UsageError, match="not an empty folder"):
        write_archive(tmp_path, [NORTH], seed=1)
    with pytest.raises(UsageError, match="twice"):
        write_archive(tmp_path / "new", [NORTH, NORTH], seed=1)
    with pytest.raises(UsageError, match="no places"):
        write_archive(tmp_path / "new", [], seed=1)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_progress_counts_places(tmp_path: Path) -> None:
    seen: list[tuple[int, int]] = []
    size = ArchiveSize(32, 1, 4)
    write_archive(tmp_path / "a", [NORTH], seed=1, size=size, progress=lambda *at: seen.append(at))
    assert seen == [(1, 1)]
