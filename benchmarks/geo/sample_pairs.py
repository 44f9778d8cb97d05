"""Random tasks with two of a kind, over several years, or that follow up on another question."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import Any, get_args

from .class_phrases import ClassPhrase, default_collection, draw
from .date_phrases import DatePhrase, around
from .holdings import SCENES
from .meaning import Meaning
from .place_phrases import bare_name, qualified_name
from .sample import (
    DATASET_WORDS,
    SampledTask,
    pick,
    sample_tasks,
)
from .task import Family, Index, Part, Said, Slots
from .world import Spot, World
from .year_spans import two_periods, years

FOLLOWED: Mapping[Family, float] = {"count": 5, "fetch": 2, "zonal": 3, "area": 2, "index": 2}
# Objects that are found often enough for two draws of them to meet at one place.
COMMON_TABLES = ("xview1", "xview1", "fair1m", "bigearthnet")
_INDEX_WEIGHTS = (6, 3, 2, 3, 3, 2, 2, 2)
_TRIES = 400


def sample_pairs(rng: random.Random, world: World, n: int) -> list[SampledTask]:
    """Return `n` random tasks of the families with two of a kind or several years."""
    return [_first_that_fits(rng, world, pick(rng, _DRAWS)) for _ in range(n)]


def sample_followups(rng: random.Random, world: World, n: int) -> list[SampledTask]:
    """Return `n` random follow-ups, each with the slots of the question before it."""
    return [_first_that_fits(rng, world, _followup) for _ in range(n)]


Drawn = tuple[dict[str, Any], dict[str, Any]]
Second = Callable[[random.Random, World, Spot, ClassPhrase], Drawn | None]
Draw = Callable[[random.Random, World], SampledTask | None]


def _first_that_fits(rng: random.Random, world: World, attempt: Draw) -> SampledTask:
    for _ in range(_TRIES):
        task = attempt(rng, world)
        if task is not None:
            return task
    raise ValueError("no task fits the archive; give it more places or dates")


def _town(rng: random.Random, world: World) -> tuple[str, Spot]:
    spot = rng.choice(world.spots)
    name, country = spot.place or "", spot.country or ""
    if len(world.alike(name)) > 1 or rng.random() < 0.2:
        return qualified_name(rng, name, country), spot
    return bare_name(rng, name), spot


def _has(spot: Spot, phrase: ClassPhrase, period: DatePhrase | None) -> bool:
    days = spot.stock.days(phrase.collection, phrase.classes)
    if period is None:
        return bool(len(days))
    return bool(((days >= period.start.toordinal()) & (days < period.end.toordinal())).any())


def _objects(rng: random.Random, collection: str) -> tuple[ClassPhrase, str | None]:
    phrase = draw(rng, collection)
    named = default_collection(phrase.text) != collection or rng.random() < 0.2
    return phrase, rng.choice(DATASET_WORDS[collection]) if named else None


def _period(rng: random.Random, spot: Spot, phrase: ClassPhrase) -> DatePhrase | None:
    days = spot.stock.days(phrase.collection, phrase.classes)
    if not len(days) or rng.random() < 0.3:
        return None
    return around(rng, date.fromordinal(int(rng.choice(days))))


def _compare(second: Second, rng: random.Random, world: World) -> SampledTask | None:
    words, spot = _town(rng, world)
    collection = rng.choice(COMMON_TABLES)
    phrase, dataset = _objects(rng, collection)
    slots: dict[str, Any] = {
        "family": "compare",
        "place": words,
        "category": phrase.text,
        "collection": collection,
        "dataset": dataset,
        "measure": rng.choice(("difference", "difference", "ratio")),
    }
    facts: dict[str, Any] = {
        "place": spot.place,
        "country": spot.country,
        "collection": collection,
        "classes": phrase.classes,
    }
    other = second(rng, world, spot, phrase)
    if other is None:
        return None
    return SampledTask(Slots(**slots, **other[0]), Meaning(**(facts | other[1])))


def _second_dates(
    rng: random.Random, world: World, spot: Spot, phrase: ClassPhrase
) -> Drawn | None:
    del world
    first, second = two_periods(rng)
    if not (_has(spot, phrase, first) and _has(spot, phrase, second)):
        return None
    one, two = (first, second) if rng.random() < 0.7 else (second, first)
    facts = {"start": one.start, "end": one.end, "start2": two.start, "end2": two.end}
    return {"dates": one.text, "dates2": two.text}, facts


def _dated(period: DatePhrase | None) -> Drawn:
    if period is None:
        return {}, {}
    return {"dates": period.text}, {"start": period.start, "end": period.end}


def _second_place(
    rng: random.Random, world: World, spot: Spot, phrase: ClassPhrase
) -> Drawn | None:
    words, other = _town(rng, world)
    period = _period(rng, spot, phrase)
    held = _has(spot, phrase, period) and _has(other, phrase, period)
    if other.place == spot.place or not held:
        return None
    said, facts = _dated(period)
    return said | {"place2": words}, facts | {"place2": other.place, "country2": other.country}


def _second_class(
    rng: random.Random, world: World, spot: Spot, phrase: ClassPhrase
) -> Drawn | None:
    del world
    other = draw(rng, phrase.collection)
    period = _period(rng, spot, phrase)
    if set(other.classes) & set(phrase.classes) or other.text in phrase.text:
        return None
    if phrase.text in other.text or not (_has(spot, phrase, period) and _has(spot, other, period)):
        return None
    said, facts = _dated(period)
    return said | {"category2": other.text}, facts | {"classes2": other.classes}


def _nearest(rng: random.Random, world: World) -> SampledTask | None:
    words, spot = _town(rng, world)
    collection = rng.choice(("xview1", "xview1", "fair1m"))
    phrase, dataset = _objects(rng, collection)
    other = _second_class(rng, world, spot, phrase)
    if other is None:
        return None
    slots: dict[str, Any] = {
        "family": "nearest",
        "place": words,
        "category": phrase.text,
        "dataset": dataset,
    }
    facts: dict[str, Any] = {
        "place": spot.place,
        "country": spot.country,
        "classes": phrase.classes,
    }
    both: dict[str, Any] = {"collection": collection}
    return SampledTask(Slots(**slots, **both, **other[0]), Meaning(**(facts | both | other[1])))


def _over_years(family: Family) -> Draw:
    least = 4 if family == "trend" else 2

    def attempt(rng: random.Random, world: World) -> SampledTask | None:
        words, spot = _town(rng, world)
        period = years(rng, least=least) if rng.random() < 0.85 else None
        days = spot.stock.scenes
        if period is not None:
            inside = (days >= period.start.toordinal()) & (days < period.end.toordinal())
            days = days[inside]
        if len(set(days.tolist())) < least:
            return None
        index: Index = rng.choices(get_args(Index), _INDEX_WEIGHTS)[0]
        slots: dict[str, Any] = {"family": family, "place": words, "index": index}
        slots["dataset"] = rng.choice(DATASET_WORDS[SCENES]) if rng.random() < 0.2 else None
        if family == "changed_area":
            slots["direction"] = rng.choice(("loss", "gain"))
            slots["threshold"] = rng.choice(("0.05", "0.1", "0.1", "0.15", "0.2", "0.3"))
        said, facts = _dated(period)
        facts |= {"place": spot.place, "country": spot.country, "collection": SCENES}
        return SampledTask(Slots(**slots, collection=SCENES, **said), Meaning(**facts))

    return attempt


_DRAWS: Mapping[Draw, float] = {
    partial(_compare, _second_dates): 24,
    partial(_compare, _second_place): 10,
    partial(_compare, _second_class): 10,
    _nearest: 12,
    _over_years("change"): 14,
    _over_years("changed_area"): 16,
    _over_years("trend"): 14,
}


def _followup(rng: random.Random, world: World) -> SampledTask | None:
    first = sample_tasks(rng, world, 1, families=FOLLOWED, traps={"none": 1})[0]
    part: Said = rng.choice(("dates", "dates", "place", "category", "part"))
    slots, facts = first.slots, first.meaning
    if slots.place is None or slots.place_kind != "name" or facts.place is None:
        return None
    changed = _anew(rng, world, part, first)
    if changed is None:
        return None
    said, known = changed
    new = slots.model_copy(update=said | {"follows": part})
    meaning = facts.model_copy(update=known)
    return SampledTask(new, meaning, first=slots)


def _anew(
    rng: random.Random, world: World, part: Said, first: SampledTask
) -> tuple[dict[str, Any], dict[str, Any]] | None:
    slots, facts = first.slots, first.meaning
    spot = next(s for s in world.alike(facts.place or "") if s.country == facts.country)
    subject = ClassPhrase("", facts.collection or SCENES, facts.classes)
    days = spot.stock.days(subject.collection, subject.classes)
    if part == "part":
        return (
            None if slots.part or slots.distance else _with("part", rng.choice(get_args(Part)), {})
        )
    if part == "dates" and len(days):
        period = around(rng, date.fromordinal(int(rng.choice(days))))
        if period.text == slots.dates:
            return None
        return _with("dates", period.text, {"start": period.start, "end": period.end})
    if part == "place" and not slots.distance:
        words, other = _town(rng, world)
        if other.place == facts.place or not len(other.stock.days(*subject[1:3])):
            return None
        return _with("place", words, {"place": other.place, "country": other.country})
    if part == "category" and slots.category:
        phrase = draw(rng, subject.collection)
        if phrase.text == slots.category or not _has(spot, phrase, None):
            return None
        return _with("category", phrase.text, {"classes": phrase.classes})
    return None


def _with(part: str, words: str, facts: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    return {part: words}, ({"part": words} if part == "part" else facts)
