"""Tasks sampled from an archive: their traps and truths, pairs, and the words to copy."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest
from terragate.benchmarks.archive import ArchiveSize, locate, write_archive
from terragate.benchmarks.geo.holdings import read_holdings
from terragate.benchmarks.geo.meaning import fold
from terragate.benchmarks.geo.place_phrases import distance
from terragate.benchmarks.geo.places import DEMO, HELD_OUT
from terragate.benchmarks.geo.sample import SampledTask, sample_slots
from terragate.benchmarks.geo.sample_dates import TODAY
from terragate.benchmarks.geo.sample_pairs import sample_followups, sample_pairs
from terragate.benchmarks.geo.sample_places import anywhere
from terragate.benchmarks.geo.task import Slots
from terragate.benchmarks.geo.truth import find_truth
from terragate.benchmarks.geo.wording import realise, realise_followup
from terragate.benchmarks.geo.wording.readable import one_period
from terragate.benchmarks.geo.world import read_world
from terragate.tools.geo.catalog import Catalog
from terragate.tools.geo.dates import read_dates
from terragate.tools.geo.place_choice import resolve_place
from terragate.tools.geo.static_catalog import open_catalog
from terragate.workflows.live import thread_spans

pytestmark = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")

PLACES = [("Split", "HR"), ("Da Nang", "VN"), ("Athens", "GR"), ("Athens", "US"), ("Lomé", "TG")]
PLACES += [("Palembang", "ID")]


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


def test_no_task_names_a_place_of_another_split(tasks: list[SampledTask]) -> None:
    taken = {fold(name) for name, _ in (*DEMO, *HELD_OUT)}
    assert not {fold(t.meaning.place) for t in tasks if t.meaning.place} & taken


@pytest.fixture(scope="module")
def pairs(archive: Path) -> list[SampledTask]:
    return sample_pairs(random.Random(4), read_world(archive), 250)


def test_pairs_have_what_their_truth_needs(archive: Path, pairs: list[SampledTask]) -> None:
    holdings = read_holdings(archive)
    checked = 0
    for slots, meaning, _ in pairs:
        plain = slots.trap in ("none", "typo") and slots.place_kind == "name"
        if plain and slots.part is None and slots.distance is None and slots.family != "trend":
            checked += 1
            assert not find_truth(slots, meaning, holdings).empty, slots
    assert checked > 120


def test_pairs_come_with_traps_parts_distances_and_outputs(pairs: list[SampledTask]) -> None:
    slots = [task.slots for task in pairs]
    assert {"none", "ambiguous", "unknown_place"} <= {one.trap for one in slots}
    assert any(one.part for one in slots)
    assert any(one.distance for one in slots)
    shown = {one.output for one in slots if one.family in ("change", "changed_area")}
    assert shown == {"none", "map", "picture", "cog"}
    assert {one.output for one in slots if one.family in ("compare", "trend")} == {"none"}
    assert all(one_period(one.dates) for one in slots if one.place2 and one.dates)


def test_places_of_pairs_are_misspelt_at_times(archive: Path) -> None:
    rng, world = random.Random(5), read_world(archive)
    drawn = [anywhere(rng, world, "compare") for _ in range(800)]
    said = [(slots["place"], meaning) for _, slots, meaning in filter(None, drawn) if slots]
    wrong = {words for words, meaning in said if meaning.get("place") == "Palembang"}
    wrong = {words for words in wrong if not fold(words).startswith("palembang")}
    assert wrong
    assert all(distance(fold(words), "palembang") == 1 for words in wrong)


def copied_from(slots: Slots, texts: list[str], catalog: Catalog) -> bool:
    """Say whether every argument that is copied is on offer among the question's words."""
    spans = thread_spans(texts, catalog, TODAY)
    place = "span.place" if slots.place_kind == "name" else f"span.{slots.place_kind}"
    kinds = {"place": place, "place2": "span.place", "category": "span.class"}
    kinds |= {"category2": "span.class", "distance": "span.distance"}
    kinds |= {"threshold": "span.number"}
    for name, kind in kinds.items():
        said = getattr(slots, name)
        if said and not any(fold(said) in fold(span) for span in spans[kind]):
            return False
    periods = [read_dates(span, TODAY)[:2] for span in spans["span.dates"]]
    said = [read_dates(text, TODAY)[:2] for text in (slots.dates, slots.dates2) if text]
    return all(period in periods for period in said)


def test_what_is_to_be_copied_is_on_offer(
    archive: Path, tasks: list[SampledTask], pairs: list[SampledTask]
) -> None:
    rng, catalog = random.Random(12), open_catalog(archive)
    followups = sample_followups(rng, read_world(archive), 80)
    missing: list[str] = []
    # "Split" is a word of questions as well.
    asked = [t for t in (*tasks, *pairs, *followups) if "split" not in str(t.slots).lower()]
    for slots, _, first in asked:
        texts = [realise(slots, rng)] if first is None else [realise(first, rng)]
        texts += [realise_followup(slots, rng)] if first is not None else []
        if not copied_from(slots, texts, catalog):
            missing.append(" / ".join(texts))
    # About one in a hundred is lost: names in capitals or typos, numbers below zero.
    assert len(missing) <= 0.02 * len(asked), "\n".join(missing)
