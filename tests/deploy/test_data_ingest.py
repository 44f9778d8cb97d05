"""`terragate data ingest`: what a call leaves and says, and what it does when cut off or empty."""

from __future__ import annotations

from datetime import date

import pytest
import shapely
from terragate.deploy.ingest import chunks, datasets, ingest
from terragate.tests.support.command_line import command
from terragate.tests.support.tiny_downloads import patch, taken_in, xview, xview_label
from terragate.tools.errors import ToolError
from terragate.tools.geo.catalog import Interval
from terragate.tools.geo.static_catalog import open_catalog

WORLD = shapely.box(-180, -90, 180, 90)


def test_what_was_taken_in_is_a_catalog_that_says_its_dates_are_assumed(tmp_path):
    root = xview(tmp_path / "xview", xview_label(12, 50))
    taken_in("xview1", root / "xView_train.geojson", tmp_path / "out")
    catalog = open_catalog(tmp_path / "out")
    info = next(i for i in catalog.collections() if i.id == "xview1")
    assert (info.kind, info.classes) == ("detections", ("Tugboat",))
    assert not info.synthetic
    assert info.notes == ("the dates of xview1 are assumed: the data set publishes none",)
    when = Interval(date(2017, 7, 24), date(2017, 7, 25))
    assert len(catalog.read_features("xview1", WORLD, when, ("Tugboat",))) == 1


def test_an_interrupted_call_goes_on_and_leaves_no_half_table(tmp_path, monkeypatch):
    root, out = tmp_path / "v1", tmp_path / "out"
    for number in range(5):
        patch(root, f"S2A_MSIL2A_20170613T101031_0_{number}", ["Pastures"])
    monkeypatch.setattr(chunks, "CHUNK", 2)

    def full(*_, **__):
        raise OSError("no space left on device")

    monkeypatch.setattr(datasets, "write_geopackage", full)
    stopped = command("data", "ingest", "bigearthnet", root, "--out", out)
    assert stopped.code == 3
    assert not list(out.glob("*.gpkg"))
    monkeypatch.undo()
    monkeypatch.setattr(chunks, "CHUNK", 2)
    changed = next(root.glob("*_4/*.json"))
    changed.write_text(changed.read_text().replace("Pastures", "Airports"))
    report = ingest("bigearthnet", root, out)
    assert report.resumed_chunks == 2
    assert report.classes == {"Airports": 1, "Pastures": 4}
    assert [path.name for path in out.iterdir()] == ["ben_lcc.gpkg"]
    first = (out / "ben_lcc.gpkg").read_bytes()
    assert ingest("bigearthnet", root, out).resumed_chunks == 0
    assert (out / "ben_lcc.gpkg").read_bytes() == first


def test_a_cut_off_download_is_no_table(tmp_path):
    root = xview(tmp_path / "xview", *[xview_label(12, 50)] * 50)
    path = root / "xView_train.geojson"
    path.write_bytes(path.read_bytes()[:-200])
    done = command("data", "ingest", "xview1", root, "--out", tmp_path / "out")
    assert (done.code, done.out) == (1, "")
    assert "no complete GeoJSON" in done.err
    (tmp_path / "metadata.parquet").write_bytes(b"PAR1")
    with pytest.raises(ToolError, match="no readable metadata table"):
        ingest("bigearthnet", tmp_path, tmp_path / "out")


@pytest.mark.parametrize("name", ["xview1", "fair1m", "bigearthnet"])
def test_nothing_to_take_in_is_a_usage_error(tmp_path, name):
    (tmp_path / "empty").mkdir()
    for path in ("empty", "absent"):
        done = command("data", "ingest", name, tmp_path / path, "--out", tmp_path / "out", "--json")
        assert (done.code, done.out) == (2, ""), path
        assert "name the folder of" in done.err


def test_a_download_without_a_usable_record_is_an_error(tmp_path):
    root = xview(tmp_path / "xview", xview_label(12, 50, type_id=82))
    done = command("data", "ingest", "xview1", root, "--out", tmp_path / "out", "--json")
    assert (done.code, done.out) == (1, "")
    assert "type_id 82" in done.err
    assert command("data", "ingest", "coco", root, "--out", tmp_path / "out").code == 2


def test_a_person_sees_counts_and_what_was_skipped(tmp_path):
    root = xview(tmp_path / "xview", xview_label(12, 50), xview_label(12, 50, type_id=82))
    done = command("data", "ingest", "xview1", root, "--out", tmp_path / "out")
    assert done.code == 0
    for text in ("1  Tugboat", "1 rows of 1 images, 1 skipped", "type_id 82", "Assumed dates"):
        assert text in done.out
