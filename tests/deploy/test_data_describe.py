"""`terragate data describe`: what is shown, drafted, kept and refused."""

from __future__ import annotations

import json
import tomllib

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from terragate.tests.support.command_line import command
from terragate.tests.support.small_archive import table
from terragate.tests.support.tiny_geo import write_tif
from terragate.tools.geo.catalogs.folder import open_folder
from terragate.tools.geo.catalogs.sidecar import Sidecar, toml_text
from terragate.tools.geo.geopackage import write_geopackage


@pytest.fixture(autouse=True)
def wide(monkeypatch):
    monkeypatch.setenv("COLUMNS", "200")


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "data"
    (root / "series").mkdir(parents=True)
    for year in (1990, 2000):
        write_tif(root / f"series/{year}.tif", np.ones((4, 3, 3), "uint16"))
    write_tif(root / "dem.tif", np.ones((1, 3, 3), "float32"))
    write_tif(root / "chip [1].tif", np.ones((2, 3, 3), "uint8"))
    (root / "cut.tif").write_bytes(b"II*\x00")
    table(root / "ships.gpkg", ["Ferry"])
    frame = gpd.GeoDataFrame({'a "b"\nc = 1': [1]}, geometry=[shapely.Point(0, 0)], crs=4326)
    write_geopackage(root / "odd.gpkg", frame, layer='odd "name"')
    return root


def described(folder, *options):
    done = command("data", "describe", folder, "--json", *options)
    assert done.code == 0, done.err
    assert done.out.count("\n") == 1
    return json.loads(done.out)


def test_json_holds_collections_problems_and_the_draft(folder):
    said = described(folder)
    kinds = {one["id"]: one["kind"] for one in said["collections"]}
    assert kinds == {
        "series": "scenes",
        "dem": "surface",
        "ships": "detections",
        "odd-name": "features",
    }
    assert {one["file"]: one["kind"] for one in said["problems"]} == {
        "cut.tif": "bad_data",
        "chip [1].tif": "precondition",
    }
    assert not said["written"]
    assert not (folder / "terragate.toml").exists()
    assert Sidecar.model_validate(tomllib.loads(said["draft"])).collections


def test_a_person_reads_the_same(folder):
    done = command("data", "describe", folder)
    assert done.code == 0
    for text in ("series", "1990-01-01 to 2000-01-02", "cut.tif", "[collections.dem]", "# date ="):
        assert text in done.out


def test_the_written_draft_gives_the_same_catalog_and_is_stable(folder):
    before = open_folder(folder).collections()
    first = described(folder, "--write")
    assert first["written"]
    text = (folder / "terragate.toml").read_text("utf-8")
    assert text == first["draft"]
    assert {i.id: i for i in open_folder(folder).collections()} == {i.id: i for i in before}
    again = described(folder, "--write")
    assert not again["written"]
    assert (folder / "terragate.toml").read_text("utf-8") == text


def test_what_a_person_completed_is_kept(folder):
    described(folder, "--write")
    path = folder / "terragate.toml"
    text = path.read_text("utf-8")
    completed = text.replace('title = "series"', 'title = "Forest, 1990 to 2000"  # mine')
    completed = completed.replace(
        '# bands = ["", "", "", ""]', 'bands = ["blue","green","red","nir"]'
    )
    completed = completed.replace("# date = 2000-01-01", "date = 2012-05-06")
    path.write_text(completed, "utf-8")
    (folder / "more").mkdir()
    write_tif(folder / "more/slope.tif", np.ones((1, 3, 3), "float32"))
    said = described(folder, "--write")
    after = path.read_text("utf-8")
    assert after.startswith(completed.rstrip("\n"))
    assert "[collections.slope]" in after.removeprefix(completed.rstrip("\n"))
    found = {one["id"]: one for one in said["collections"]}
    assert found["series"]["title"] == "Forest, 1990 to 2000"
    assert found["series"]["bands"] == ["blue", "green", "red", "nir"]
    assert found["chip-1"]["start"] == "2012-05-06"
    assert "slope" in found


def test_many_files_are_one_pattern_only_when_nothing_else_matches(folder):
    for year in range(1970, 1990):
        write_tif(folder / f"series/{year}.tif", np.ones((4, 3, 3), "uint16"))
    alone = tomllib.loads(described(folder)["draft"])["collections"]["series"]["files"]
    assert alone == ["series/*.tif"]
    write_tif(folder / "series/dem_50m.tif", np.ones((1, 3, 3), "float32"))
    shared = tomllib.loads(described(folder)["draft"])["collections"]["series"]["files"]
    assert len(shared) == 22


def test_wrong_folders_are_usage_errors(tmp_path, folder):
    for path in (tmp_path / "absent", folder / "dem.tif"):
        done = command("data", "describe", path)
        assert (done.code, done.out) == (2, "")
        assert "no folder at" in done.err
    (tmp_path / "empty").mkdir()
    assert command("data", "describe", tmp_path / "empty", "--json").code == 2
    (folder / "terragate.toml").write_text("[", "utf-8")
    done = command("data", "describe", folder, "--json")
    assert (done.code, done.out) == (1, "")
    assert "no TOML" in done.err


@given(st.text())
def test_any_text_is_one_toml_string(text):
    # A lone surrogate cannot be in a UTF-8 file; the scan leaves such names out.
    text = text.encode("utf-8", "ignore").decode()
    assert tomllib.loads(f"a = {toml_text(text)}")["a"] == text


def test_many_undated_and_columns_are_cut(tmp_path):
    root = tmp_path / "wide"
    root.mkdir()
    columns = {f"c{n}": [n] for n in range(20)}
    frame = gpd.GeoDataFrame(columns, geometry=[shapely.Point(0, 0)], crs=4326)
    write_geopackage(root / "wide.gpkg", frame, layer="wide")
    for band in ("B02", "B03"):
        for day in range(1, 15):
            write_tif(
                root / f"T31UET_202106{day:02}T101010_{band}.tif", np.ones((1, 3, 3), "uint16")
            )
    draft = described(root)["draft"]
    assert "and 8 more" in draft
    assert "# and 16 more files" in draft
    assert "bands are in files of their own: blue, green" in draft
