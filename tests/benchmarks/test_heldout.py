from __future__ import annotations

import re
from collections import Counter
from datetime import date
from pathlib import Path
from random import Random

import pytest
from rapidfuzz.distance import OSA
from shapely.geometry import box
from terragate.benchmarks.archive import locate, write_archive
from terragate.benchmarks.geo.heldout import archive as heldout_archive
from terragate.benchmarks.geo.heldout.phrases import MISSPELT, OBJECTS, random_dates, since
from terragate.benchmarks.geo.heldout.sentences import SENTENCES
from terragate.benchmarks.geo.heldout.templates import heldout_template_questions
from terragate.benchmarks.geo.places import DEMO, HELD_OUT
from terragate.benchmarks.geo.task import Question, Slots
from terragate.tools.geo.catalog import Catalog, Interval
from terragate.tools.geo.class_tables import BIGEARTHNET_CLASSES, FAIR1M_CLASSES, XVIEW_CLASSES
from terragate.tools.geo.classes import match_classes
from terragate.tools.geo.dates import resolve_dates
from terragate.tools.geo.distance import parse_distance_m
from terragate.tools.geo.gazetteer import normalise
from terragate.tools.geo.static_catalog import open_catalog

HANDWRITTEN = Path(heldout_archive.__file__).with_name("handwritten.jsonl")
CLASSES = {"xview1": XVIEW_CLASSES, "fair1m": FAIR1M_CLASSES, "bigearthnet": BIGEARTHNET_CLASSES}
COVERED = Interval(date(2017, 1, 1), date(2026, 1, 1))
TODAY = date(2026, 7, 1)
# The first places of the split, written as the whole archive writes them.
FEW = HELD_OUT[:6]
NAMES = {normalise(name): (name, code) for name, code in HELD_OUT}
SHARED = {n for n, c in Counter(normalise(name) for name, _ in HELD_OUT).items() if c > 1}


def handwritten() -> list[Question]:
    lines = HANDWRITTEN.read_text(encoding="utf-8").splitlines()
    return [Question.model_validate_json(line) for line in lines]


def group(slots: Slots) -> str:
    return slots.family if slots.trap == "none" else slots.trap


def bare(place: str) -> str:
    return normalise(re.split(r",| in ", place)[0])


def surfaces(slots: Slots) -> list[str]:
    words = (slots.place, slots.distance, slots.dates, slots.category, slots.dataset)
    return [word for word in (*words, slots.threshold) if word is not None]


@pytest.fixture(scope="module")
def catalog(tmp_path_factory: pytest.TempPathFactory) -> Catalog:
    root = tmp_path_factory.mktemp("heldout") / "archive"
    size = heldout_archive.SIZE._replace(pixels=16)
    write_archive(root, locate(FEW), seed=heldout_archive.SEED, size=size)
    return open_catalog(root)


def test_handwritten_questions_cover_every_family_and_trap() -> None:
    groups = Counter(group(q.slots) for q in handwritten())
    wanted = {"count": 16, "fetch": 8, "index": 8, "zonal": 10, "area": 8, "plot": 8, "zoom": 6}
    traps = {"empty": 6, "typo": 6, "ambiguous": 6, "refuse": 4}
    assert all(groups[name] >= least for name, least in (wanted | traps).items())
    assert len({q.id for q in handwritten()}) == len({q.text for q in handwritten()})
    assert sum(groups.values()) >= 80


@pytest.mark.parametrize("question", handwritten(), ids=lambda q: q.id)
def test_annotation_is_verbatim_and_complete(question: Question) -> None:
    slots = question.slots
    assert [word for word in surfaces(slots) if word not in question.text] == []
    assert question.source == "heldout-hand"
    assert (slots.index is not None) == (slots.family in ("index", "zonal", "area"))
    assert (slots.statistic is not None) == (slots.family == "zonal")
    assert (slots.comparison is not None) == (slots.threshold is not None)
    assert (slots.threshold is not None) == (slots.family == "area")
    assert (slots.collection is None) == (slots.family in ("zoom", "refuse"))
    assert (slots.category is not None) == (slots.collection in CLASSES)
    if slots.threshold is not None:
        float(slots.threshold)


@pytest.mark.parametrize("question", handwritten(), ids=lambda q: q.id)
def test_phrases_mean_something(question: Question) -> None:
    slots = question.slots
    if slots.category is not None:
        assert match_classes(slots.category, CLASSES[slots.collection]).classes
    if slots.distance is not None:
        assert parse_distance_m(slots.distance) > 0
    if slots.dates is not None:
        interval, _ = resolve_dates(slots.dates, TODAY, COVERED)
        assert (interval.end <= COVERED.start) == (slots.trap == "empty")


def test_places_are_held_out() -> None:
    demo = {normalise(name) for name, _ in DEMO}
    places = [(bare(q.slots.place), q.slots) for q in handwritten() if q.slots.place]
    assert not demo & {name for name, _ in places}
    for name, slots in places:
        if slots.trap == "typo":
            assert name not in NAMES
            assert min(OSA.distance(name, known) for known in NAMES) <= 2
        else:
            assert name in NAMES
            qualified = name != normalise(slots.place or "")
            assert (name in SHARED) == (qualified or slots.trap == "ambiguous")
    assert len({name for name, _ in places} & set(NAMES)) >= 30


def test_object_words_mean_the_class_they_were_chosen_for() -> None:
    wrong = [
        (table, words)
        for table, objects in OBJECTS.items()
        for words, classes in objects.items()
        if match_classes(words, CLASSES[table]).classes != classes
    ]
    assert wrong == []


def test_misspellings_are_of_held_out_places() -> None:
    assert set(MISSPELT.values()) <= {name for name, _ in HELD_OUT}
    assert not {normalise(m) for m in MISSPELT} & set(NAMES)


def test_date_phrases_are_read_as_they_were_meant() -> None:
    rng = Random(3)
    for _ in range(300):
        meant = rng.choice(
            (
                random_dates(rng, (2017, 2025), northern=True),
                since(rng, (2017, 2025), COVERED.end),
            )
        )
        assert resolve_dates(meant.phrase, TODAY, COVERED)[0] == meant.interval, meant.phrase


def test_sentences_are_many_and_none_is_a_handwritten_one() -> None:
    assert len({s.text for s in SENTENCES}) == len(SENTENCES) >= 60
    families = Counter(s.family for s in SENTENCES)
    assert all(families[f] >= 6 for f in ("count", "fetch", "index", "zonal", "area", "plot"))


def test_template_questions_are_verbatim_distinct_and_repeatable(catalog: Catalog) -> None:
    questions = heldout_template_questions(catalog, seed=5, n=22)
    assert len({q.text for q in questions}) == len({q.id for q in questions}) == 22
    assert [s for q in questions for s in surfaces(q.slots) if s not in q.text] == []
    assert questions == heldout_template_questions(catalog, seed=5, n=22)
    assert questions != heldout_template_questions(catalog, seed=6, n=22)
    groups = Counter(group(q.slots) for q in questions)
    assert set(groups) == {group(q.slots) for q in handwritten()}
    assert min(groups.values()) >= 2


def has_answer(catalog: Catalog, slots: Slots, where: tuple[float, float]) -> bool:
    lat, lon = where
    aoi = box(lon - 0.1, lat - 0.09, lon + 0.1, lat + 0.09)
    interval = resolve_dates(slots.dates, TODAY, COVERED)[0] if slots.dates else COVERED
    if slots.collection == "sentinel-2":
        return bool(catalog.search_scenes("sentinel-2", aoi, interval))
    assert slots.collection is not None
    assert slots.category is not None
    classes = match_classes(slots.category, CLASSES[slots.collection]).classes
    return not catalog.read_features(slots.collection, aoi, interval, classes).empty


def test_only_the_empty_traps_are_empty(catalog: Catalog) -> None:
    points = {normalise(p.name): (p.lat, p.lon) for p in locate(FEW)}
    asked = [
        q
        for q in handwritten()
        if q.slots.collection and q.slots.place and bare(q.slots.place) in points
    ]
    assert len(asked) >= 10
    for question in asked:
        found = has_answer(catalog, question.slots, points[bare(question.slots.place or "")])
        assert found == (question.slots.trap != "empty"), question.id
