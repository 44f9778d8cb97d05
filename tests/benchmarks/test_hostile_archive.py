"""The hostile twin of an archive: orders in all free text, and not a number that differs."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from hypothesis import given
from hypothesis import strategies as st
from terragate.benchmarks.archive import ArchiveSize, locate, write_archive
from terragate.benchmarks.archive.hostile import write_hostile_twin
from terragate.benchmarks.archive.hostile_files import file_name
from terragate.benchmarks.archive.injections import CANARY, DECOY_ID, INJECTIONS, signs_in
from terragate.tools.errors import UsageError
from terragate.tools.geo.classes import match_classes
from terragate.tools.geo.static_catalog import open_catalog

# The first is rasterio's use of affine; the second is about the planted second layer.
pytestmark = [
    pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning"),
    pytest.mark.filterwarnings("ignore:More than one layer found:UserWarning"),
]
TEXTS = [one.text for one in INJECTIONS]
TABLES = ("xview1/xview1_labels.gpkg", "fair1m/fair1m_labels.gpkg", "bigearthnet/ben_lcc.gpkg")
HIDDEN = st.sampled_from(["\u200b", "\u200c", "\u2066", "\ufeff", "\u202e", "\x1b"])


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("hostile") / "clean"
    size = ArchiveSize(pixels=32, scenes=4, images=8)
    write_archive(root, locate([("Porto", "PT"), ("Bergen", "NO")]), seed=5, size=size)
    return root


@pytest.fixture(scope="module")
def twin(clean: Path) -> Path:
    write_hostile_twin(clean, clean.with_name("twin"))
    return clean.with_name("twin")


def strings(node: object) -> Iterator[str]:
    """Yield every text of a JSON value."""
    if isinstance(node, str):
        yield node
    elif isinstance(node, dict):
        for key, value in node.items():
            yield key
            yield from strings(value)
    elif isinstance(node, list):
        for value in node:
            yield from strings(value)


def contents(root: Path) -> dict[str, bytes]:
    return {str(p.relative_to(root)): p.read_bytes() for p in root.rglob("*") if p.is_file()}


def test_the_injections_are_many_distinct_and_found_again() -> None:
    assert len({one.trick for one in INJECTIONS}) == len(set(TEXTS)) == len(INJECTIONS) >= 30
    assert [one.trick for one in INJECTIONS if not signs_in(one.text)] == []
    assert max(map(len, TEXTS)) >= 2000
    assert signs_in("Number of features: 23 (Tugboat of xview1), in Gdańsk, Poland.") == ()


@given(where=st.lists(st.integers(0, len(CANARY)), max_size=6), sign=HIDDEN)
def test_hidden_characters_hide_no_canary(where: list[int], sign: str) -> None:
    text = CANARY.lower()
    for at in sorted(where, reverse=True):
        text = text[:at] + sign + text[at:]
    assert signs_in(f"x {text} y") == (CANARY.casefold(),)


@given(st.text(max_size=300))
def test_a_file_name_is_one_part_of_a_path(text: str) -> None:
    name = file_name(text.replace("\ud800", ""))
    assert "/" not in name
    assert "\x00" not in name
    assert len(name.encode()) <= 120


def test_every_injection_is_planted_in_metadata_in_rows_and_in_tags(twin: Path) -> None:
    said = {text for path in twin.rglob("*.json") for text in strings(json.loads(path.read_text()))}
    assert set(TEXTS) <= said
    rows = gpd.read_file(twin / TABLES[0], layer="xview1_labels")
    assert set(TEXTS) <= set(rows["notes"]) & set(rows["cat_name"]) & set(rows["filename"])
    assert any(signs_in(name) for name in rows.columns)
    tags: set[str] = set()
    for path in twin.rglob("*.tif"):
        with rasterio.open(path) as source:
            tags |= set(source.tags().values())
            tags |= {v for band in source.indexes for v in source.tags(band).values()}
            hostile = [bool(signs_in(label)) for label in source.descriptions]
            assert all(hostile) if path.stem == "cloud" else not any(hostile)
    assert sum(bool(signs_in(tag)) for tag in tags) >= 30
    assert any(signs_in(path.name) for path in twin.rglob("*.json"))
    with closing(sqlite3.connect(twin / TABLES[1])) as database:
        names = database.execute("SELECT table_name, identifier, description FROM gpkg_contents")
        assert all(any(map(signs_in, map(str, row))) for row in names)


def test_nothing_that_an_answer_rests_on_differs(clean: Path, twin: Path) -> None:
    for name in TABLES:
        before, after = gpd.read_file(clean / name), gpd.read_file(twin / name)
        kept = after.iloc[: len(before)]
        for column in ("cat_name", "date", "uoi", "image_id"):
            assert kept[column].tolist() == before[column].tolist()
        assert kept.geometry.to_wkb().tolist() == before.geometry.to_wkb().tolist()
        extra = after.iloc[len(before) :]
        assert not set(extra["cat_name"]) & set(before["cat_name"])
        assert len(extra) == len(INJECTIONS)
    before, after = (gpd.read_file(root / "sentinel-2/index.gpkg") for root in (clean, twin))
    for column in ("id", "date", "cloud_cover"):
        assert after[column].tolist() == before[column].tolist()
    pictures = sorted(clean.rglob("*.tif"))
    assert len(pictures) == 16
    for path in pictures:
        with rasterio.open(path) as one, rasterio.open(twin / path.relative_to(clean)) as two:
            assert np.array_equal(one.read(), two.read())
            assert (one.crs, one.transform, one.nodata) == (two.crs, two.transform, two.nodata)
            assert (one.scales, one.dtypes) == (two.scales, two.dtypes)
            assert path.stem == "cloud" or one.descriptions == two.descriptions


def test_the_twin_opens_and_holds_one_collection_more(clean: Path, twin: Path) -> None:
    before = {info.id: info for info in open_catalog(clean).collections()}
    after = {info.id: info for info in open_catalog(twin).collections()}
    assert set(after) - set(before) == {DECOY_ID}
    for name, info in before.items():
        assert (after[name].bbox, after[name].start) == (info.bbox, info.start)
        assert set(info.classes) <= set(after[name].classes)
        assert all(map(signs_in, (after[name].title, *after[name].aliases[-3:])))


def test_equal_archives_have_equal_twins_and_stay_as_they_are(clean: Path, tmp_path: Path) -> None:
    before = contents(clean)
    for name in ("one", "two"):
        write_hostile_twin(clean, tmp_path / name)
    assert contents(tmp_path / "one") == contents(tmp_path / "two")
    assert contents(clean) == before


def test_a_twin_needs_an_archive_and_a_free_folder(clean: Path, tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="no written archive"):
        write_hostile_twin(tmp_path, tmp_path / "twin")
    with pytest.raises(UsageError, match="exists"):
        write_hostile_twin(clean, tmp_path)


def test_a_class_without_a_word_in_its_name_is_no_trouble() -> None:
    found = match_classes("tugboats", ("---", "\u200b", "Tugboat", "<|>"))
    assert found.classes == ("Tugboat",)
