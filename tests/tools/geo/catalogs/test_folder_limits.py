"""Unreadable files, links, the bounds of a scan, and the cache of what was read."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest
from terragate.tests.support.data_folder import ALWAYS, WORLD, infos, problems, say, tif
from terragate.tests.support.tiny_geo import write_tif
from terragate.tools.errors import ToolError, UsageError
from terragate.tools.geo.catalogs import folder_scan
from terragate.tools.geo.catalogs.folder import open_folder
from terragate.tools.geo.static_catalog import open_catalog


def test_unreadable_files_are_problems_and_the_rest_is_read(tmp_path: Path) -> None:
    tif(tmp_path / "2020.tif", 2)
    (tmp_path / "empty.tif").touch()
    (tmp_path / "vrt.tif").write_text("<VRTDataset/>")
    tif(tmp_path / "nowhere.tif", crs=None)
    write_tif(tmp_path / "void_2021.tif", np.zeros((2, 3, 3), "uint8"), nodata=0)
    tif(tmp_path / "undated.tif", 3)
    (tmp_path / "cut.gpkg").write_bytes(b"SQLite format 3\x00" + b"\0" * 52 + b"GPKG")
    (tmp_path / "text.shp").write_text("hello")
    (tmp_path / "list.geojson").write_text("[1, 2]")
    (tmp_path / "pipe.geojson").write_text('{"type": "gdal_streamed_alg", "command_line": "x"}')
    (tmp_path / "plain.parquet").write_bytes(b"PAR1")
    catalog = open_folder(tmp_path)
    assert list(infos(catalog)) == ["2020"]
    assert set(problems(catalog)) == {
        "empty.tif",
        "vrt.tif",
        "nowhere.tif",
        "void_2021.tif",
        "undated.tif",
        "cut.gpkg",
        "text.shp",
        "list.geojson",
        "pipe.geojson",
        "plain.parquet",
    }
    said = problems(catalog)
    assert "is no TIFF" in said["vrt.tif"]
    assert "0 bytes" in said["empty.tif"]
    assert "coordinate reference system" in said["nowhere.tif"]
    assert "only nodata" in said["void_2021.tif"]
    assert said["undated.tif"].startswith("precondition")
    assert "is no Shapefile" in said["text.shp"]


def test_a_folder_without_a_usable_file_says_why(tmp_path: Path) -> None:
    (tmp_path / "a.tif").touch()
    with pytest.raises(UsageError, match=r"GeoTIFF.*a\.tif.*0 bytes"):
        open_catalog(tmp_path)


def test_links_out_and_hidden_files_are_left_out(tmp_path: Path) -> None:
    outside = tif(tmp_path / "outside/2019.tif", 2)
    root = tmp_path / "root"
    tif(root / "2020.tif", 2)
    tif(root / ".hidden/2018.tif", 2)
    (root / "out.tif").symlink_to(outside)
    (root / "folder").symlink_to(outside.parent)
    (root / "within_2021.tif").symlink_to(root / "2020.tif")
    catalog = open_folder(root)
    days = [
        s.day.year
        for i in catalog.collections()
        for s in catalog.search_scenes(i.id, WORLD, ALWAYS)
    ]
    assert sorted(days) == [2020, 2021]
    assert problems(catalog) == {"out.tif": "bad_data: is a link that leaves the folder"}


def test_a_scan_is_bounded_and_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for year in range(2000, 2006):
        tif(tmp_path / f"{year}.tif", 2)
    deep = tmp_path.joinpath(*"abcdefghij")
    tif(deep / "2010.tif", 2)
    catalog = open_folder(tmp_path)
    assert ["levels deep" in text for text in problems(catalog).values()] == [True]
    monkeypatch.setattr(folder_scan, "MAX_FILES", 4)
    catalog = open_folder(tmp_path)
    (info,) = catalog.collections()
    assert len(catalog.search_scenes(info.id, WORLD, ALWAYS)) == 4
    assert "more than 4 data files" in str(catalog.problems)
    monkeypatch.setattr(folder_scan, "MAX_ENTRIES", 3)
    assert "more than 3 entries" in str(folder_scan.scan(tmp_path).problems)


def test_an_unchanged_file_is_not_read_again(tmp_path: Path) -> None:
    root, cache = tmp_path / "root", tmp_path / "cache"
    path = tif(root / "2020.tif", 2)
    before = path.stat()
    first = open_folder(root, cache)
    path.write_bytes(b"x" * before.st_size)
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert open_folder(root).collections() == first.collections()
    folder_scan._MEMORY.clear()
    assert open_folder(root, cache).collections() == first.collections()
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns + 10**9))
    assert open_folder(root, cache).collections() == ()


def test_a_broken_cache_is_read_anew(tmp_path: Path) -> None:
    root, cache = tmp_path / "root", tmp_path / "cache"
    tif(root / "2020.tif", 2)
    first = open_folder(root, cache).collections()
    (kept,) = cache.iterdir()
    for text in ("{", '{"version": 99, "rasters": {}}'):
        kept.write_text(text)
        folder_scan._MEMORY.clear()
        assert open_folder(root, cache).collections() == first


def test_of_a_large_raster_only_the_middle_is_probed(tmp_path: Path) -> None:
    path = tmp_path / "large.tif"
    pixels = np.zeros((1, 1600, 1600), "uint8")
    write_tif(path, pixels, nodata=0, compress="deflate", tiled=True)
    assert list(infos(open_folder(tmp_path))) == ["large"]
    content = bytearray(path.read_bytes())
    content[len(content) // 4 :] = b"\xff" * (len(content) - len(content) // 4)
    path.write_bytes(content)
    assert "large.tif" in problems(open_folder(tmp_path))


def test_a_sidecar_has_a_size_limit(tmp_path: Path) -> None:
    tif(tmp_path / "2020.tif", 2)
    say(tmp_path, "#" * (1024 * 1024 + 1))
    with pytest.raises(ToolError, match="larger than"):
        open_folder(tmp_path)
