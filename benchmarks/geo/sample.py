"""Random tasks over an archive: slots, and what they mean.

Most have a truth worth asking for; the rest are traps: nothing there, a misspelt, shared or unknown
name, or a request that no tool here can serve.
"""

from __future__ import annotations

import random
from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple, get_args

from ...tools.errors import UsageError
from .class_phrases import TABLES, ClassPhrase, default_collection, draw
from .date_phrases import DatePhrase, around, closed
from .holdings import SCENES
from .meaning import Meaning
from .place_phrases import bare_name
from .sample_dates import dates_around
from .task import Family, Index, Part, Slots, Statistic, Trap
from .whereabouts import Where, draw_place
from .world import Stock, World, read_world

if TYPE_CHECKING:
    from ...tools.geo.catalog import Catalog

FAMILIES: Mapping[Family, float] = {
    "count": 20,
    "fetch": 12,
    "index": 14,
    "zonal": 14,
    "area": 12,
    "plot": 14,
    "zoom": 8,
    "refuse": 6,
}
TRAPS: Mapping[Trap, float] = {
    "none": 72,
    "empty": 11,
    "typo": 8,
    "ambiguous": 5,
    "unknown_place": 4,
}
_OUTPUTS: Mapping[Family, Mapping[str, float]] = {
    "count": {"none": 66, "map": 16, "geojson": 9, "gpkg": 9},
    "fetch": {"none": 72, "map": 28},
    "index": {"none": 28, "map": 28, "picture": 22, "cog": 22},
    "zonal": {"none": 64, "map": 14, "picture": 11, "cog": 11},
    "area": {"none": 64, "map": 14, "picture": 11, "cog": 11},
    "plot": {"map": 80, "geojson": 10, "gpkg": 10},
    "zoom": {"none": 1},
    "refuse": {"none": 1},
}
DATASET_WORDS: Mapping[str, tuple[str, ...]] = {
    "sentinel-2": ("Sentinel-2", "Sentinel-2", "Sentinel 2", "sentinel-2", "S2"),
    "xview1": ("xView1", "xView1", "xView", "xview", "xview1"),
    "fair1m": ("FAIR1M", "FAIR1M", "fair1m"),
    "bigearthnet": ("BigEarthNet", "BigEarthNet", "bigearthnet", "BEN"),
}
_THRESHOLDS: Mapping[str, tuple[float, float]] = {
    "NDVI": (0.1, 0.7),
    "SAVI": (0.1, 0.6),
    "EVI": (0.1, 0.6),
    "NDWI": (-0.3, 0.4),
    "MNDWI": (-0.3, 0.4),
    "NDBI": (-0.3, 0.2),
    "NBR": (-0.1, 0.5),
    "NDMI": (-0.2, 0.4),
}
_MAX_TRIES = 200
_SHORT = 4
PART_SHARE = 0.08


class SampledTask(NamedTuple):
    """The words of a task and what they mean; `first` are those of the question it follows."""

    slots: Slots
    meaning: Meaning
    first: Slots | None = None


def sample_slots(
    archive: Catalog | Path,
    n: int,
    *,
    seed: int,
    families: Mapping[Family, float] = FAMILIES,
    traps: Mapping[Trap, float] = TRAPS,
) -> list[SampledTask]:
    """Return `n` random tasks over a synthetic archive; equal seeds give equal tasks."""
    root = archive if isinstance(archive, Path) else archive.root
    world = read_world(root)
    return sample_tasks(random.Random(seed), world, n, families=families, traps=traps)


def sample_tasks(
    rng: random.Random,
    world: World,
    n: int,
    *,
    families: Mapping[Family, float] = FAMILIES,
    traps: Mapping[Trap, float] = TRAPS,
) -> list[SampledTask]:
    """Return `n` random tasks; families and traps are drawn by weight."""
    tasks: list[SampledTask] = []
    for _ in range(n):
        for _ in range(_MAX_TRIES):
            task = _attempt(rng, world, pick(rng, families), pick(rng, traps))
            if task is not None:
                tasks.append(task)
                break
        else:
            raise UsageError(
                f"no task of {dict(families)!r} and {dict(traps)!r} fits the archive; "
                "give it more places or dates"
            )
    return tasks


def pick(rng: random.Random, weights: Mapping[Any, float]) -> Any:
    """Return a random key, by weight."""
    return rng.choices(list(weights), list(weights.values()))[0]


def _attempt(rng: random.Random, world: World, family: Family, trap: Trap) -> SampledTask | None:
    if family == "refuse":
        return _refusal(rng, world) if trap == "none" else None
    if family == "zoom" and trap == "empty":
        return None
    where = draw_place(trap, rng, world, family)
    if where is None or (where.kind == "name" and not can_be_found(trap, where.words)):
        return None
    what = _what(rng, family, where, empty=trap == "empty")
    if what is None:
        return None
    slots, meaning = what
    output = pick(rng, _OUTPUTS[family])
    fixed = {"family": family, "trap": trap, "place": where.words, "distance": where.distance}
    fixed |= {"place_kind": where.kind}
    if trap == "none" and where.meaning.get("place") and not where.distance:
        fixed["part"] = part = rng.choice(get_args(Part)) if rng.random() < PART_SHARE else None
        meaning["part"] = part
    return SampledTask(
        Slots(**fixed, output=output, **slots),
        Meaning(**where.meaning, **meaning),
    )


def can_be_found(trap: Trap, words: str | None) -> bool:
    """Say whether a name stands out in a text, so that it can be copied from it.

    Of a misspelt name of two words only the right one does; in lower case "al", "la" and "as" are
    words like others; "St. Louis" is Saint-Louis as well.
    """
    if words is None:
        return True
    if "." in words:
        return False
    if trap == "typo" and (" " in words or words.islower()):
        return False
    return not (words.islower() and " " in words and len(words.split()[0]) < _SHORT)


def _what(
    rng: random.Random, family: Family, where: Where, *, empty: bool
) -> tuple[dict[str, Any], dict[str, Any]] | None:
    if family == "zoom":
        return {}, {}
    slots, subject = _subject(rng, family, where.stock, empty=empty)
    if subject is None:
        return None
    days = where.stock.days(subject.collection, subject.classes)
    if not len(days) and not empty:
        return None
    dates = _dates(rng, days, empty=empty)
    if empty and dates is None and len(days):
        return None
    meaning: dict[str, Any] = {"collection": subject.collection, "classes": subject.classes}
    if dates is not None:
        slots["dates"] = dates.text
        meaning |= {"start": dates.start, "end": dates.end}
    return slots, meaning


def _subject(
    rng: random.Random, family: Family, stock: Stock, *, empty: bool
) -> tuple[dict[str, Any], ClassPhrase | None]:
    if family not in ("count", "plot") or (family == "plot" and rng.random() < 0.2):
        named = rng.choice(DATASET_WORDS[SCENES]) if rng.random() < 0.35 else None
        slots = {"collection": SCENES, "dataset": named} | _analysis(rng, family)
        return slots, ClassPhrase("", SCENES, ())
    collection = rng.choices(TABLES, (5, 3, 3))[0]
    phrase = draw(rng, collection)
    if not empty and not len(stock.days(collection, phrase.classes)):
        return {}, None
    named = None
    if default_collection(phrase.text) != collection or rng.random() < 0.3:
        named = rng.choice(DATASET_WORDS[collection])
    return {"collection": collection, "dataset": named, "category": phrase.text}, phrase


def _analysis(rng: random.Random, family: Family) -> dict[str, Any]:
    if family not in ("index", "zonal", "area"):
        return {}
    index = rng.choices(get_args(Index), (6, 3, 2, 3, 3, 2, 2, 2))[0]
    if family == "index":
        return {"index": index}
    if family == "zonal":
        return {"index": index, "statistic": rng.choices(get_args(Statistic), (5, 2, 2, 3, 1))[0]}
    low, high = _THRESHOLDS[index]
    threshold = f"{rng.uniform(low, high):.{rng.choice((1, 1, 2))}f}"
    if float(threshold) == 0:
        threshold = "0"
    comparison = rng.choice(("above", "above", "below"))
    return {"index": index, "comparison": comparison, "threshold": threshold}


def _dates(rng: random.Random, days: Any, *, empty: bool) -> DatePhrase | None:
    if not empty:
        if rng.random() < 0.22:
            return None
        return dates_around(rng, date.fromordinal(int(rng.choice(days))))
    if not len(days) and rng.random() < 0.5:
        return None
    for _ in range(6):
        year = rng.randint(2008, 2016) if rng.random() < 0.3 else rng.randint(2017, 2025)
        phrase = closed(rng, date(year, rng.randint(1, 12), rng.randint(1, 28)))
        held = (days >= phrase.start.toordinal()) & (days < phrase.end.toordinal())
        if not held.any():
            return phrase
    return None


def _refusal(rng: random.Random, world: World) -> SampledTask:
    spot = rng.choice(world.spots)
    named = rng.random() < 0.6 and len(world.alike(spot.place or "")) == 1
    words = bare_name(rng, spot.place or "") if named else None
    dates = around(rng, date(rng.randint(2018, 2024), 6, 15)) if rng.random() < 0.25 else None
    slots = Slots(family="refuse", place=words, dates=dates.text if dates else None)
    meaning = Meaning(place=spot.place, country=spot.country) if named else Meaning()
    if dates is not None:
        meaning = meaning.model_copy(update={"start": dates.start, "end": dates.end})
    return SampledTask(slots, meaning)
