"""Random tasks with two of a kind, over several years, or that follow up on another question."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from datetime import date
from functools import partial
from typing import Any, get_args

from .class_phrases import ClassPhrase, default_collection, draw
from .date_phrases import DatePhrase
from .holdings import SCENES
from .meaning import Meaning
from .sample import DATASET_WORDS, SampledTask, pick, sample_tasks
from .sample_dates import alike, dates_around
from .sample_places import anywhere, ended_early, some_town
from .task import Family, Index, Output, Part, Said, Slots
from .wording.readable import one_period
from .world import Stock, World
from .year_spans import two_periods, years

FOLLOWED: Mapping[Family, float] = {"count": 5, "fetch": 2, "zonal": 3, "area": 2, "index": 2}
# Objects that are found often enough for two draws of them to meet at one place.
COMMON_TABLES = ("xview1", "xview1", "fair1m", "bigearthnet")
# A change is a raster of its own that can be drawn and saved as well as measured.
_OUTPUTS: Mapping[Output, float] = {"none": 55, "map": 19, "picture": 13, "cog": 13}
_ALIKE_SHARE = 0.3
_CLEAR_ENOUGH, _CLOUDY_SHARE = 7, 0.97
_INDEX_WEIGHTS = (6, 3, 2, 3, 3, 2, 2, 2)
_TRIES = 400


def sample_pairs(rng: random.Random, world: World, n: int) -> list[SampledTask]:
    """Return `n` random tasks of the families with two of a kind or several years."""
    found = (_first_that_fits(rng, world, pick(rng, _DRAWS)) for _ in range(n))
    return [ended_early(rng, world, task) for task in found]


def sample_followups(rng: random.Random, world: World, n: int) -> list[SampledTask]:
    """Return `n` random follow-ups, each with the slots of the question before it."""
    return [_first_that_fits(rng, world, _followup) for _ in range(n)]


Drawn = tuple[dict[str, Any], dict[str, Any]]
Second = Callable[[random.Random, World, Stock, ClassPhrase, str], Drawn | None]
Draw = Callable[[random.Random, World], SampledTask | None]


def _first_that_fits(rng: random.Random, world: World, attempt: Draw) -> SampledTask:
    for _ in range(_TRIES):
        task = attempt(rng, world)
        if task is not None:
            return task
    raise ValueError("no task fits the archive; give it more places or dates")


def _has(stock: Stock, phrase: ClassPhrase, period: DatePhrase | None) -> bool:
    days = stock.days(phrase.collection, phrase.classes)
    if period is None:
        return bool(len(days))
    return bool(((days >= period.start.toordinal()) & (days < period.end.toordinal())).any())


def _objects(rng: random.Random, collection: str) -> tuple[ClassPhrase, str | None]:
    phrase = draw(rng, collection)
    named = default_collection(phrase.text) != collection or rng.random() < 0.2
    return phrase, rng.choice(DATASET_WORDS[collection]) if named else None


def _period(rng: random.Random, stock: Stock, phrase: ClassPhrase) -> DatePhrase | None:
    days = stock.days(phrase.collection, phrase.classes)
    if not len(days) or rng.random() < 0.3:
        return None
    # In a comparison "between May and July" reads as two periods.
    drawn = (dates_around(rng, date.fromordinal(int(rng.choice(days)))) for _ in range(6))
    return next((period for period in drawn if one_period(period.text)), None)


def _compare(second: Second, rng: random.Random, world: World) -> SampledTask | None:
    if second is _second_place:
        words, spot = some_town(rng, world)
        facts: dict[str, Any] = {"place": spot.place, "country": spot.country}
        stock, said = spot.stock, {"place": words}
    else:
        drawn = anywhere(rng, world, "compare")
        if drawn is None:
            return None
        where, said, facts = drawn
        stock = where.stock
    collection = rng.choice(COMMON_TABLES)
    phrase, dataset = _objects(rng, collection)
    slots: dict[str, Any] = said | {
        "family": "compare",
        "category": phrase.text,
        "collection": collection,
        "dataset": dataset,
        "measure": rng.choice(("difference", "difference", "ratio")),
    }
    facts |= {"collection": collection, "classes": phrase.classes}
    other = second(rng, world, stock, phrase, str(slots.get("place") or ""))
    if other is None:
        return None
    return SampledTask(Slots(**slots, **other[0]), Meaning(**(facts | other[1])))


def _second_dates(
    rng: random.Random, world: World, stock: Stock, phrase: ClassPhrase, town: str = ""
) -> Drawn | None:
    del world, town
    first, second = alike(rng) if rng.random() < _ALIKE_SHARE else two_periods(rng)
    if not (_has(stock, phrase, first) and _has(stock, phrase, second)):
        return None
    one, two = (first, second) if rng.random() < 0.7 else (second, first)
    facts = {"start": one.start, "end": one.end, "start2": two.start, "end2": two.end}
    return {"dates": one.text, "dates2": two.text}, facts


def _dated(period: DatePhrase | None) -> Drawn:
    if period is None:
        return {}, {}
    return {"dates": period.text}, {"start": period.start, "end": period.end}


def _second_place(
    rng: random.Random, world: World, stock: Stock, phrase: ClassPhrase, town: str
) -> Drawn | None:
    words, other = some_town(rng, world)
    # A name in lower case is told from other words only where no name beside it has a capital.
    words = words.lower() if town.islower() else words
    if words.islower() != town.islower():
        return None
    period = _period(rng, stock, phrase)
    held = _has(stock, phrase, period) and _has(other.stock, phrase, period)
    if other.stock is stock or not held:
        return None
    said, facts = _dated(period)
    return said | {"place2": words}, facts | {"place2": other.place, "country2": other.country}


def _second_class(
    rng: random.Random, world: World, stock: Stock, phrase: ClassPhrase, town: str = ""
) -> Drawn | None:
    del world, town
    other = draw(rng, phrase.collection)
    period = _period(rng, stock, phrase)
    if set(other.classes) & set(phrase.classes) or other.text in phrase.text:
        return None
    held = _has(stock, phrase, period) and _has(stock, other, period)
    if phrase.text in other.text or not held:
        return None
    said, facts = _dated(period)
    return said | {"category2": other.text}, facts | {"classes2": other.classes}


def _nearest(rng: random.Random, world: World) -> SampledTask | None:
    drawn = anywhere(rng, world, "nearest")
    if drawn is None:
        return None
    where, said, facts = drawn
    collection = rng.choice(("xview1", "xview1", "fair1m"))
    phrase, dataset = _objects(rng, collection)
    other = _second_class(rng, world, where.stock, phrase)
    if other is None:
        return None
    slots = said | {"family": "nearest", "category": phrase.text, "dataset": dataset}
    facts |= {"classes": phrase.classes}
    both: dict[str, Any] = {"collection": collection}
    return SampledTask(Slots(**slots, **both, **other[0]), Meaning(**(facts | both | other[1])))


def _too_cloudy(rng: random.Random, dates: int) -> bool:
    """Say whether clouds are likely to leave too few dates for a trend; such tasks stay rare."""
    return dates < _CLEAR_ENOUGH and rng.random() < _CLOUDY_SHARE


def _over_years(family: Family) -> Draw:
    least = 4 if family == "trend" else 2

    def attempt(rng: random.Random, world: World) -> SampledTask | None:
        drawn = anywhere(rng, world, family)
        if drawn is None:
            return None
        where, slots, facts = drawn
        period = years(rng, least=least) if rng.random() < 0.85 else None
        days = where.stock.scenes
        if period is not None:
            inside = (days >= period.start.toordinal()) & (days < period.end.toordinal())
            days = days[inside]
        dates = len(set(days.tolist()))
        if dates < least or (family == "trend" and _too_cloudy(rng, dates)):
            return None
        index: Index = rng.choices(get_args(Index), _INDEX_WEIGHTS)[0]
        slots |= {"family": family, "index": index}
        if family != "trend":
            slots["output"] = pick(rng, _OUTPUTS)
        slots["dataset"] = rng.choice(DATASET_WORDS[SCENES]) if rng.random() < 0.2 else None
        if family == "changed_area":
            slots["direction"] = rng.choice(("loss", "gain"))
            slots["threshold"] = rng.choice(("0.05", "0.1", "0.1", "0.15", "0.2", "0.3"))
        said, dated = _dated(period)
        facts |= dated | {"collection": SCENES}
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
        period = dates_around(rng, date.fromordinal(int(rng.choice(days))))
        if period.text == slots.dates:
            return None
        return _with("dates", period.text, {"start": period.start, "end": period.end})
    if part == "place" and not slots.distance:
        words, other = some_town(rng, world)
        if other.place == facts.place or not len(other.stock.days(*subject[1:3])):
            return None
        return _with("place", words, {"place": other.place, "country": other.country})
    if part == "category" and slots.category:
        phrase = draw(rng, subject.collection)
        if phrase.text == slots.category or not _has(spot.stock, phrase, None):
            return None
        return _with("category", phrase.text, {"classes": phrase.classes})
    return None


def _with(part: str, words: str, facts: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    return {part: words}, ({"part": words} if part == "part" else facts)
