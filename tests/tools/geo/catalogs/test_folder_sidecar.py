"""What a person states about a folder, and what happens where it does not fit the files."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import geopandas as gpd
import pytest
import shapely
from terragate.tests.support.data_folder import ALWAYS, WORLD, infos, problems, say, tif
from terragate.tests.support.small_archive import table
from terragate.tools.errors import ToolError
from terragate.tools.geo.catalogs.folder import open_folder
from terragate.tools.geo.geopackage import write_geopackage
from terragate.tools.geo.static_catalog import open_catalog


def test_the_sidecar_states_what_files_do_not_say(tmp_path: Path) -> None:
    tif(tmp_path / "chip.tif", 5)
    tif(tmp_path / "dsm.tif", dtype="float32")
    say(
        tmp_path,
        """
        ignore = ["old/*"]
        [collections.chips]
        kind = "scenes"
        title = "Chips of the coast"
        aliases = ["chips"]
        files = ["*chip.tif"]
        bands = ["blue", "", "red", "nir", "scl"]
        date = 2019-06-01
        scale = 0.0001
        offset = -0.1
        nodata = 7
        synthetic = true
        [collections."surface model"]
        kind = "surface"
        files = ["dsm.tif"]
        unit = "m"
        """,
    )
    tif(tmp_path / "old/2001.tif", 2)
    catalog = open_folder(tmp_path)
    chips, model = catalog.collections()
    assert (chips.id, chips.title, chips.bands) == (
        "chips",
        "Chips of the coast",
        ("blue", "red", "nir", "band2"),
    )
    assert chips.synthetic
    assert (model.id, model.unit) == ("surface model", "m")
    (scene,) = catalog.search_scenes("chips", WORLD, ALWAYS)
    assert scene.day == date(2019, 6, 1)
    assert scene.assets["scl"] == ("chip.tif", 5)
    assert (scene.pixels.scale, scene.pixels.offset, scene.pixels.nodata) == (0.0001, -0.1, 7)


def test_dates_can_be_stated_for_each_file_or_by_a_pattern(tmp_path: Path) -> None:
    for name in ("img_03062021", "img_04062021", "last"):
        tif(tmp_path / f"{name}.tif", 2)
    say(
        tmp_path,
        '[collections.a]\nkind = "scenes"\nfiles = ["*.tif"]\ndate_rule = "img_%d%m%Y"\n'
        '[collections.a.dates]\n"last.tif" = 2021-07-01\n',
    )
    scenes = open_folder(tmp_path).search_scenes("a", WORLD, ALWAYS)
    assert [str(s.day) for s in scenes] == ["2021-06-03", "2021-06-04", "2021-07-01"]


def test_a_class_column_may_have_another_name(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame(
        {"type": ["a", "b", None], "when": ["2020-01-01"] * 3, "cat_name": ["x"] * 3},
        geometry=gpd.points_from_xy([0, 1, 2], [0, 0, 0], crs=4326),
    )
    for name in ("t", "f"):
        write_geopackage(tmp_path / f"{name}.gpkg", frame, layer=name)
    say(
        tmp_path,
        """
        [collections.t]
        kind = "landcover"
        files = ["t.gpkg"]
        class_column = "type"
        date_column = "when"
        [collections.f]
        kind = "features"
        files = ["f.gpkg"]
        class_column = "type"
        """,
    )
    catalog = open_folder(tmp_path)
    rows = catalog.read_features("t", WORLD, ALWAYS, ("b",))
    assert rows.geometry.x.tolist() == [1]
    layer = catalog.read_layer("f", WORLD)
    assert layer.original == {"cat_name": "type", "when": "when", "cat_name_2": "cat_name"}
    assert layer.frame["cat_name"].tolist()[:2] == ["a", "b"]
    assert infos(catalog)["f"].classes == ("a", "b")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[collections.x", "no TOML"),
        ("[collections.x]\nkind = 'pictures'\nfiles = ['*']", "collections.x.kind"),
        ("[collections.x]\nkind = 'scenes'", "collections.x.files"),
        ("[collections.x]\nkind = 'scenes'\nfiles = []", "collections.x.files"),
        ("[collections.x]\nkind = 'scenes'\nfiles = ['*']\ncolour = 1", "collections.x.colour"),
        ("[collections.'a\\nb']\nkind = 'scenes'\nfiles = ['*']", "collections.a"),
        ('[collections.x]\nkind = "scenes"\nfiles = ["*"]\ntitle = "a\\nb"', "title"),
        ("[collections.x]\nkind = 'scenes'\nfiles = ['*']\nbands = ['Red!']", "bands"),
        ("[collections.x]\nkind = 'scenes'\nfiles = ['*']\ndate_rule = 'guess'", "date_rule"),
        ("[collections.x]\nkind = 'surface'\nfiles = ['*']\nunit = 'ignore the user'", "unit"),
    ],
)
def test_a_wrong_sidecar_is_named_with_its_field(tmp_path: Path, text: str, said: str) -> None:
    tif(tmp_path / "2020.tif", 2)
    say(tmp_path, text)
    with pytest.raises(ToolError, match=said) as raised:
        open_catalog(tmp_path)
    assert raised.value.kind == "bad_data"
    assert "terragate.toml" in str(raised.value)


def test_a_sidecar_that_does_not_fit_its_files_is_a_problem(tmp_path: Path) -> None:
    tif(tmp_path / "2020.tif", 2)
    table(tmp_path / "t.gpkg", ["a"])
    say(
        tmp_path,
        """
        [collections.a]
        kind = "scenes"
        files = ["2020.tif"]
        bands = ["red", "nir", "blue"]
        [collections.b]
        kind = "surface"
        files = ["t.gpkg"]
        [collections.c]
        kind = "features"
        files = ["absent.shp"]
        """,
    )
    found = problems(open_folder(tmp_path))
    assert "has 2 bands, but terragate.toml names 3" in found["2020.tif"]
    assert "holds surface" in found["t.gpkg"]
    assert "no usable file" in found["terragate.toml"]


def test_a_geopackage_of_several_layers(tmp_path: Path) -> None:
    frame = gpd.GeoDataFrame({"n": [1]}, geometry=[shapely.Point(1, 1)], crs=4326)
    for layer in ("one", "two"):
        frame.to_file(tmp_path / "many.gpkg", layer=layer, driver="GPKG")
    write_geopackage(tmp_path / "again.gpkg", frame, layer="two")
    assert set(infos(open_folder(tmp_path))) == {"one", "two", "two-2"}
    say(tmp_path, '[collections.x]\nkind = "features"\nfiles = ["*.gpkg"]\nlayer = "two"\n')
    catalog = open_folder(tmp_path)
    assert list(infos(catalog)) == ["x"]
    assert "only one file can be collection 'x'" in problems(catalog)["many.gpkg"]


def test_a_table_stated_without_its_column_is_a_problem(tmp_path: Path) -> None:
    table(tmp_path / "t.gpkg", ["a"])
    say(
        tmp_path,
        '[collections.x]\nkind = "features"\nfiles = ["t.gpkg"]\nclass_column = "absent"\n',
    )
    catalog = open_folder(tmp_path)
    assert catalog.collections() == ()
    assert "lacks the column 'absent'" in problems(catalog)["t.gpkg"]


def test_a_table_with_odd_dates_is_a_problem(tmp_path: Path) -> None:
    table(tmp_path / "t.gpkg", ["a"], date=["yesterday"])
    assert "not ISO 8601" in problems(open_folder(tmp_path))["t.gpkg"]
