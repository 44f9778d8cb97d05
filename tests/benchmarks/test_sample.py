from __future__ import annotations

import random
from collections import Counter
from datetime import date
from pathlib import Path

import pytest
from terragate.agents.choice import Choice
from terragate.benchmarks.archive import ArchiveSize, locate, write_archive
from terragate.benchmarks.geo.class_phrases import TABLES, default_collection, phrases
from terragate.benchmarks.geo.date_phrases import around, closed
from terragate.benchmarks.geo.holdings import read_holdings
from terragate.benchmarks.geo.meaning import fold
from terragate.benchmarks.geo.oracle_plan import plan
from terragate.benchmarks.geo.place_phrases import invented, misspelt
from terragate.benchmarks.geo.places import DEMO, HELD_OUT
from terragate.benchmarks.geo.reading import read_span
from terragate.benchmarks.geo.sample import SampledTask, sample_slots
from terragate.benchmarks.geo.task import Slots
from terragate.benchmarks.geo.truth import find_truth
from terragate.benchmarks.geo.whereabouts import train_places
from terragate.tools.geo.class_tables import BIGEARTHNET_CLASSES, FAIR1M_CLASSES, XVIEW_CLASSES
from terragate.tools.geo.classes import match_classes
from terragate.tools.geo.dates import read_dates
from terragate.tools.geo.place_choice import resolve_place
from terragate.tools.geo.static_catalog import open_catalog

pytestmark = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")

PLACES = [("Split", "HR"), ("Da Nang", "VN"), ("Athens", "GR"), ("Athens", "US"), ("Lomé", "TG")]
CLASSES = {"xview1": XVIEW_CLASSES, "fair1m": FAIR1M_CLASSES, "bigearthnet": BIGEARTHNET_CLASSES}


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("sample") / "archive"
    write_archive(root, locate(PLACES), seed=3, size=ArchiveSize(pixels=48, scenes=5, images=8))
    return root


@pytest.fixture(scope="module")
def tasks(archive: Path) -> list[SampledTask]:
    return sample_slots(archive, 400, seed=1)


def test_equal_seeds_give_equal_tasks(archive: Path, tasks: list[SampledTask]) -> None:
    again = sample_slots(archive, 50, seed=1)
    assert again == tasks[:50]
    assert sample_slots(archive, 50, seed=2) != again


def test_tasks_are_what_their_trap_says(archive: Path, tasks: list[SampledTask]) -> None:
    holdings = read_holdings(archive)
    for slots, meaning, _ in tasks:
        # What is somewhere in a place need not be in its half, or within a distance of a point.
        if slots.part is not None or slots.place_kind != "name":
            continue
        if slots.trap in ("ambiguous", "unknown_place") or slots.family in ("refuse", "index"):
            continue
        truth = find_truth(slots, meaning, holdings)
        assert truth.empty == (slots.trap == "empty"), slots


def test_every_family_and_trap_occurs(tasks: list[SampledTask]) -> None:
    families = Counter(task.slots.family for task in tasks)
    assert set(families) == {
        *("count", "fetch", "index", "zonal", "area", "plot", "zoom", "refuse"),
    }
    traps = Counter(task.slots.trap for task in tasks)
    assert set(traps) == {"none", "empty", "typo", "ambiguous", "unknown_place"}
    assert traps["none"] > len(tasks) / 2


def test_the_platform_reads_places_as_they_are_meant(
    archive: Path, tasks: list[SampledTask]
) -> None:
    catalog = open_catalog(archive)
    seen = set()
    for slots, meaning, _ in tasks:
        if slots.place is None or meaning.place is None or slots.place in seen:
            continue
        seen.add(slots.place)
        found, _ = resolve_place(slots.place, catalog)
        assert fold(found.name) == fold(meaning.place), slots.place


def test_date_phrases_have_one_reading() -> None:
    rng = random.Random(5)
    for _ in range(300):
        anchor = date(rng.randint(2017, 2025), rng.randint(1, 12), rng.randint(1, 28))
        phrase = rng.choice((around, closed))(rng, anchor)
        assert phrase.start <= anchor < phrase.end, phrase
        assert read_span(phrase.text) == (phrase.start, phrase.end), phrase
        read = read_dates(phrase.text, date(2026, 1, 1))
        assert (read.start or phrase.start, read.end or phrase.end) == phrase[1:], phrase


@pytest.mark.parametrize("collection", TABLES)
def test_class_phrases_mean_what_the_matcher_finds(collection: str) -> None:
    for phrase in phrases(collection):
        found = match_classes(phrase.text, CLASSES[collection])
        assert set(found.classes) == set(phrase.classes), phrase


def test_a_data_set_is_left_out_only_where_the_default_is_meant() -> None:
    assert default_collection("Tugboats") == "xview1"
    assert default_collection("tennis courts") is None
    assert default_collection("vineyards") == "bigearthnet"
    assert default_collection("construction sites") is None


def test_misspelt_and_invented_names_are_near_one_and_none() -> None:
    rng = random.Random(2)
    for _ in range(20):
        assert misspelt(rng, "Thessaloniki") != "Thessaloniki"
    assert invented(random.Random(4)) != invented(random.Random(5))


def test_training_places_are_in_no_other_split() -> None:
    taken = {name for name, _ in (*DEMO, *HELD_OUT)}
    chosen = train_places(random.Random(1), 120, taken=taken)
    assert len(set(chosen)) == 120
    assert not {fold(name) for name, _ in chosen} & {fold(name) for name in taken}


def test_no_task_names_a_place_of_another_split(tasks: list[SampledTask]) -> None:
    taken = {fold(name) for name, _ in (*DEMO, *HELD_OUT)}
    assert not {fold(t.meaning.place) for t in tasks if t.meaning.place} & taken


def test_the_plan_of_a_full_question() -> None:
    slots = Slots(
        family="area",
        place="Split",
        distance="5 km",
        dates="2020",
        collection="sentinel-2",
        index="NDVI",
        comparison="above",
        threshold="0.3",
        output="cog",
    )
    assert plan(slots) == (
        Choice(tool="find_place", args={"place": "Split"}),
        Choice(tool="buffer_aoi", args={"distance": "5 km"}),
        Choice(tool="find_dates", args={"dates": "2020"}),
        Choice(tool="search_scenes", args={"collection": "sentinel-2"}),
        Choice(tool="spectral_index", args={"index": "NDVI"}),
        Choice(tool="area_where", args={"comparison": "above", "threshold": "0.3"}),
        Choice(tool="export_layer", args={"layer": "raster", "format": "cog"}),
        Choice(tool="report_value", args={"value": "area_ha"}),
    )


def test_plans_stop_where_a_run_must() -> None:
    shared = Slots(family="count", trap="ambiguous", place="Athens", category="ships")
    assert [c.tool for c in plan(shared)] == ["find_place"]
    refused = Slots(family="refuse", place="Split")
    assert [c.tool for c in plan(refused)] == ["find_place", "all_dates", "refuse"]
    zoom = Slots(family="zoom", place="Split")
    assert [c.tool for c in plan(zoom)] == ["find_place", "all_dates", "zoom_map"]
