"""Hostile uploads: each is refused with its typed error, quickly, and touches nothing else."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest
import shapely
from hypothesis import given, settings
from hypothesis import strategies as st
from terragate.tests.tools.uploads.archive_attacks import ARCHIVES
from terragate.tests.tools.uploads.document_attacks import DOCUMENTS, GEOPACKAGES, OTHERS
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
from terragate.tools.uploads import read_upload, shapes

SECRET = "TOPSECRET-CANARY"
ATTACKS = ARCHIVES | DOCUMENTS | GEOPACKAGES | OTHERS


@pytest.mark.parametrize("attack", ATTACKS)
def test_attack_is_refused_with_its_typed_error(
    tmp_path: Path, attack: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "s").write_text(SECRET)
    write, kind = ATTACKS[attack]
    made = tmp_path / "made"
    made.mkdir()
    path = save(tmp_path, write(made), "upload")
    here = tmp_path / "here"
    here.mkdir()
    monkeypatch.chdir(here)
    before = sorted(p for p in tmp_path.rglob("*"))
    started = time.monotonic()
    with pytest.raises(ToolError) as caught:
        read_upload(path)
    assert caught.value.kind == kind
    assert len(str(caught.value)) < 300
    assert SECRET not in str(caught.value)
    assert str(caught.value).isprintable()
    assert sorted(p for p in tmp_path.rglob("*")) == before
    # Generous: a bomb that goes off takes minutes.
    assert time.monotonic() - started < 20


def test_there_are_many_attacks() -> None:
    assert len(ATTACKS) >= 60


def test_links_pipes_and_folders_are_not_opened(tmp_path: Path) -> None:
    target = save(tmp_path, geojson())
    (tmp_path / "link").symlink_to(target)
    os.mkfifo(tmp_path / "pipe")
    for name, kind in (("link", "not_found"), ("pipe", "bad_data"), (".", "bad_data")):
        with pytest.raises(ToolError) as caught:
            read_upload((tmp_path / name) if name != "." else tmp_path)
        assert caught.value.kind == kind
    with pytest.raises(ToolError, match="cannot be opened"):
        read_upload(tmp_path / "absent")
    with pytest.raises(ToolError, match="absolute"):
        read_upload(Path("file.bin"))


@pytest.mark.parametrize("make", ["json", "gpkg"])
def test_vertices_are_bounded(tmp_path: Path, make: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shapes, "MAX_VERTICES", 100)
    circle = shapely.Point(4, 52).buffer(1, quad_segs=30)
    path = (
        save(tmp_path, geojson([circle]))
        if make == "json"
        else geopackage(tmp_path, frame([circle]))
    )
    with pytest.raises(ToolError, match="more than") as caught:
        read_upload(path)
    assert caught.value.kind == "too_large"


def test_endless_work_in_a_database_is_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from terragate.tools.uploads import geopackage as module

    monkeypatch.setattr(module, "_STEPS", 10)
    monkeypatch.setattr(module, "_MOST_STEPS", 2)
    with pytest.raises(ToolError, match="damaged or hostile"):
        read_upload(geopackage(tmp_path, frame([SQUARE] * 500)))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_flipped_bytes_never_end_in_another_error(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.getbasetemp() / "flip"
    if not folder.exists():
        folder.mkdir()
        save(folder, geopackage(folder).read_bytes(), "gpkg")
        save(folder, zipped({f"area{k}": v for k, v in shapefile(folder).items()}, 0), "zip")
        save(folder, geojson(), "json")
        save(folder, kml(placemark()), "kml")
    raw = bytearray(
        (folder / data.draw(st.sampled_from(["gpkg", "zip", "json", "kml"]))).read_bytes()
    )
    for _ in range(data.draw(st.integers(1, 4))):
        raw[data.draw(st.integers(0, len(raw) - 1))] = data.draw(st.integers(0, 255))
    try:
        upload = read_upload(save(folder, bytes(raw), "flipped"))
    except ToolError:
        return
    assert upload.layers
