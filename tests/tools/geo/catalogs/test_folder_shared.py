"""Third-party rasters and layers as a folder catalog, described by a sidecar of the test."""

from __future__ import annotations

import shutil
from datetime import date
from pathlib import Path

import numpy as np
import pyogrio
import pytest
import rasterio
import shapely
from pyproj import Geod
from terragate.tests.support.tiny_geo import SHARED
from terragate.tools.geo.catalog import Interval
from terragate.tools.geo.catalogs.draft import draft_sidecar
from terragate.tools.geo.catalogs.folder import FolderCatalog, folder_catalog, open_folder
from terragate.tools.geo.catalogs.folder_read import read_folder

pytestmark = pytest.mark.skipif(not SHARED.is_dir(), reason="../shared/data/geo is absent")

WORLD = shapely.box(-180, -90, 180, 90)
ALWAYS = Interval(date(1900, 1, 1), date(2050, 1, 1))
SIDECAR = """
[collections.landsat]
kind = "scenes"
files = ["opengeos/landsat/*.tif"]
title = "Landsat composites"
bands = ["swir1", "nir", "red", "green"]

[collections.chip]
kind = "scenes"
files = ["geopandas/s2a_l2a_fishbourne.tif"]
aliases = ["Sentinel-2"]
bands = ["blue", "green", "red", "nir"]
date = 2020-01-01
scale = 0.0001

[collections.dsm]
kind = "surface"
files = ["opengeos/dsm.tif"]
title = "Surface height"
unit = "m"

[collections.dtm]
kind = "surface"
files = ["opengeos/dtm.tif"]
title = "Ground height"
unit = "m"
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("shared") / "geo"
    shutil.copytree(SHARED, root, copy_function=shutil.copyfile)
    for path in (root, *root.rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    (root / "terragate.toml").write_text(SIDECAR, encoding="utf-8")
    return root


@pytest.fixture(scope="module")
def catalog(folder: Path) -> FolderCatalog:
    return open_folder(folder)


def test_every_file_is_a_collection_or_a_stated_problem(
    folder: Path, catalog: FolderCatalog
) -> None:
    kinds = {info.id: info.kind for info in catalog.collections()}
    assert kinds == {
        "landsat": "scenes",
        "chip": "scenes",
        "dsm": "surface",
        "dtm": "surface",
        "shade": "surface",
        "slope": "surface",
        "buildings": "features",
        "naturalearth_cities": "features",
        "naturalearth_lowres": "features",
        "polygons": "features",
    }
    said = {problem.file: (problem.kind, problem.reason) for problem in catalog.problems}
    expected = {
        "rasterio/all-nodata.tif": ("bad_data", "only nodata"),
        "rasterio/corrupt.tif": ("bad_data", "cannot be read"),
        "rasterio/float_nan.tif": ("bad_data", "no coordinate reference system"),
        "rasterio/rotated.tif": ("bad_data", "no coordinate reference system"),
        "rasterio/RGB.byte.tif": ("precondition", "no date"),
    }
    assert set(said) == set(expected)
    for file, (kind, reason) in expected.items():
        assert said[file][0] == kind
        assert reason in said[file][1]


def test_the_landsat_series_is_in_order_with_its_bands(catalog: FolderCatalog) -> None:
    info = next(i for i in catalog.collections() if i.id == "landsat")
    assert info.bands == ("green", "red", "nir", "swir1")
    assert info.notes == (
        "dates of landsat are known to the year only; its first day stands for it",
    )
    scenes = catalog.search_scenes("landsat", WORLD, ALWAYS)
    assert [s.day.year for s in scenes] == [1990, 2000, 2010, 2020]
    one = catalog.search_scenes("landsat", WORLD, Interval(date(2000, 1, 1), date(2001, 1, 1)))
    assert [s.id for s in one] == ["2000"]


def test_the_chips_bands_are_those_of_vegetated_land(catalog: FolderCatalog) -> None:
    """Green land reflects near infrared most, then green, red, blue: the order tells the bands."""
    (scene,) = catalog.search_scenes("chip", WORLD, ALWAYS)
    href, _ = scene.assets["nir"]
    with rasterio.open(catalog.root / href) as dataset:
        pixels = dataset.read().astype(float)
    nir, red = pixels[3], pixels[2]
    ndvi = np.divide(nir - red, nir + red, out=np.zeros_like(nir), where=nir + red > 0)
    means = {
        band: pixels[number - 1][ndvi > 0.6].mean() for band, (_, number) in scene.assets.items()
    }
    assert sorted(means, key=lambda band: -means[band]) == ["nir", "green", "red", "blue"]
    assert (scene.pixels.scale, scene.day) == (0.0001, date(2020, 1, 1))


def test_the_surfaces_cover_the_buildings(catalog: FolderCatalog) -> None:
    rows = catalog.read_layer("buildings", WORLD)
    assert rows.columns == (("HEIGHT", "number"), ("SQMETERS", "number"))
    truth = pyogrio.read_dataframe(SHARED / "opengeos/buildings.geojson")
    assert len(rows.frame) == len(truth)
    assert rows.frame["HEIGHT"].sum() == pytest.approx(truth["HEIGHT"].sum())
    geod = Geod(ellps="WGS84")
    areas, true_areas = (
        [abs(geod.geometry_area_perimeter(shape)[0]) for shape in frame.geometry]
        for frame in (rows.frame, truth)
    )
    np.testing.assert_allclose(areas, true_areas, rtol=1e-9)
    west, south, east, north = truth.total_bounds
    found = catalog.find_surfaces("dsm", shapely.box(west, south, east, north))
    assert [surface.href for surface in found] == ["opengeos/dsm.tif"]


def test_countries_are_read_by_place(catalog: FolderCatalog) -> None:
    rows = catalog.read_layer("naturalearth_lowres", shapely.Point(2.35, 48.85).buffer(0.1))
    assert rows.frame["name"].tolist() == ["France"]
    truth = pyogrio.read_dataframe(SHARED / "naturalearth/naturalearth_cities.shp")
    cities = catalog.read_layer("naturalearth_cities", shapely.box(0, 40, 20, 60))
    assert len(cities.frame) == int(truth.intersects(shapely.box(0, 40, 20, 60)).sum())


def test_polygons_in_an_unnamed_projection_land_where_the_slope_is(catalog: FolderCatalog) -> None:
    boxes = {info.id: shapely.box(*info.bbox) for info in catalog.collections()}
    assert boxes["slope"].contains(boxes["polygons"])


def test_the_drafted_sidecar_gives_the_same_catalog(folder: Path, tmp_path: Path) -> None:
    bare = tmp_path / "geo"
    shutil.copytree(folder, bare)
    (bare / "terragate.toml").unlink()
    found = folder_catalog(read_folder(bare))
    draft = draft_sidecar(read_folder(bare))
    (bare / "terragate.toml").write_text(draft, encoding="utf-8")
    stated = folder_catalog(read_folder(bare))
    assert {i.id: i for i in stated.collections()} == {i.id: i for i in found.collections()}
    assert draft_sidecar(read_folder(bare), draft) == draft
