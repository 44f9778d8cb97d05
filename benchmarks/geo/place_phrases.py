"""Surface forms of places: spellings, qualifiers, typing errors and names that do not exist."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

from rapidfuzz import process
from rapidfuzz.distance import DamerauLevenshtein

from .meaning import City, cities, cities_by_name, countries, fold

if TYPE_CHECKING:
    import random

_STARTS = tuple("bdfghjklmnrst") + ("br", "ch", "dr", "qu")
_MIDDLES = ("a", "e", "i", "o", "u", "al", "ar", "el", "en", "in", "ir", "or", "ul", "un")
_ENDINGS = ("burg", "ford", "grad", "haven", "holm", "polis", "ton", "ville", "vik", "mouth")


def country_name(code: str) -> str:
    """Return the English name of a country without its article."""
    return countries()[code].name.removeprefix("The ")


def bare_name(rng: random.Random, name: str) -> str:
    """Return a name as people type it: most often as it is, at times in lower case or in ASCII."""
    draw = rng.random()
    if draw < 0.12:
        return name.lower()
    if draw < 0.17:
        return fold(name).title() if fold(name) != name.casefold() else name
    if draw < 0.19:
        return name.upper()
    return name


def qualified_name(rng: random.Random, name: str, country: str) -> str:
    """Return a name with its country."""
    form = rng.choice(("{}, {}", "{}, {}", "{} in {}", "{} ({})"))
    text = form.format(name, country_name(country))
    return text.lower() if rng.random() < 0.1 else text


@cache
def _folded_names() -> tuple[str, ...]:
    return tuple(sorted(cities_by_name()))


def _edit(rng: random.Random, word: str) -> str:
    at = rng.randrange(1, len(word) - 1)
    kind = rng.choice(("swap", "drop", "double", "replace"))
    if kind == "swap":
        return word[: at - 1] + word[at] + word[at - 1] + word[at + 1 :]
    if kind == "drop":
        return word[:at] + word[at + 1 :]
    if kind == "double":
        return word[:at] + word[at] + word[at:]
    return word[:at] + rng.choice("aeiourstln") + word[at + 1 :]


def distance(left: str, right: str) -> int:
    """Return the number of edits between two names; a swap of neighbours is one."""
    return DamerauLevenshtein.distance(left, right)


@cache
def near_names(name: str, within: int) -> tuple[str, ...]:
    """Return the folded gazetteer names at most `within` edits from a name."""
    found = process.extract(
        fold(name),
        _folded_names(),
        scorer=DamerauLevenshtein.distance,
        score_cutoff=within,
        limit=None,
    )
    return tuple(text for text, _, _ in found)


def misspelt(rng: random.Random, name: str) -> str | None:
    """Return a name one edit off that no other place is as near to; None for want of one."""
    if len(name) < 6:
        return None
    rivals = [other for other in near_names(name, 3) if other != fold(name)]
    for _ in range(8):
        text = _edit(rng, name)
        lonely = all(distance(fold(text), other) > 2 for other in rivals)
        if lonely and distance(fold(text), fold(name)) == 1:
            return text
    return None


def invented(rng: random.Random) -> str:
    """Return a name that no place has and none is near to."""
    while True:
        stem = "".join(rng.choice(_STARTS) + rng.choice(_MIDDLES) for _ in range(rng.randint(2, 3)))
        name = (stem + rng.choice(_ENDINGS)).capitalize()
        if not near_names.__wrapped__(name, 3):
            return name


@cache
def lone_cities(population: int) -> tuple[City, ...]:
    """Return the places of at least that many people whose name no other place has."""
    return tuple(
        c
        for c in cities()
        if c.population >= population and len(cities_by_name()[fold(c.name)]) == 1
    )
