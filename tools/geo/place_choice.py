"""Which place a phrase means: names, qualifiers, typos, and what the catalog has data for."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple, NoReturn

from shapely.geometry import box
from shapely.geometry.base import BaseGeometry

from ..errors import RetryableToolError
from .aoi import country_area, region_area, town_area
from .basemap import ATTRIBUTION
from .catalog import Catalog, CollectionInfo, Interval
from .gazetteer import (
    SOURCE,
    Country,
    State,
    Town,
    country_index,
    country_of,
    normalise,
    region_names,
    similar_names,
    state_index,
    towns_named,
)

GENERIC: Final = (
    "harbour|harbor|port|docks|city|town|municipality|area|region|surroundings|vicinity|centre|"
    "center|coast|coastline|waterfront|outskirts|bay area|country|state"
)
_LEADING: Final = re.compile(
    rf"^(?:(?:in|at|near|around|about|of|off|over|by|from|close to|next to|outside|within|inside|"
    rf"greater|the|downtown|(?:{GENERIC})(?: area)? (?:of|around|near|at))\s+)+",
    re.IGNORECASE,
)
_TRAILING: Final = re.compile(rf"(?:'s)?(?:\s+(?:{GENERIC}))+$", re.IGNORECASE)
_QUALIFIED: Final = re.compile(
    r"^(.+?)(?:\s*,\s*|\s*\(\s*|\s+in\s+)(?:the\s+)?(.+?)\)?$", re.IGNORECASE
)

_CITY_STATE_KM2: Final = 1500
_TOWN_BEFORE_STATE: Final = 500_000
_DOMINATES: Final = 5
_TYPO_POPULATION: Final = 1_000_000
_MOST_CANDIDATES: Final = 6
_MOST_COMPARED: Final = 12


class Place(NamedTuple):
    """A town, US state or country of the gazetteer."""

    name: str
    country: str
    population: int
    source: str
    of: Town | State | Country

    def area(self) -> BaseGeometry:
        """Return the area of interest in degrees."""
        if isinstance(self.of, Town):
            return town_area(self.of)
        return (
            country_area(self.of)
            if isinstance(self.of, Country)
            else region_area("US", self.of.code)
        )

    def label(self) -> str:
        """Return a phrase that names this place and, where it can, no other."""
        if isinstance(self.of, Town) and self.of.region in region_names():
            return f"{self.name}, {region_names()[self.of.region]}, {self.country}"
        return self.name if self.name == self.country else f"{self.name}, {self.country}"


Chosen = tuple[Place, tuple[str, ...]]


def _town_place(town: Town) -> Place:
    return Place(town.name, country_of(town.country).name, town.population, SOURCE, town)


def _country_place(country: Country) -> Place:
    return Place(country.name, country.name, 0, ATTRIBUTION, country)


def _state_place(state: State) -> Place:
    return Place(state.name, country_of("US").name, 0, SOURCE, state)


def _named(name: str) -> tuple[Place, ...]:
    """Return the places of that name, by population."""
    key = normalise(name)
    towns = towns_named(name)[:_MOST_COMPARED]
    country = country_index().get(key)
    if country:
        capital = [t for t in towns if t.country == country.code]
        if country.area_km2 >= _CITY_STATE_KM2 or not capital:
            return (_country_place(country),)
        return (_town_place(capital[0]),)
    state = state_index().get(key)
    if state and all(t.population < _TOWN_BEFORE_STATE for t in towns):
        return (_state_place(state),)
    return tuple(map(_town_place, towns))


def _region(qualifier: str) -> Country | State | None:
    """Return the country or US state that a qualifier names, misspelt or not."""
    for text in reversed(qualifier.split(",")):
        key = normalise(_LEADING.sub("", text.strip()))
        for name in (key, *(match for match, _ in similar_names(key))):
            if found := country_index().get(name) or state_index().get(name):
                return found
    return None


def _within(place: Place, region: Country | State) -> bool:
    town = place.of
    if not isinstance(town, Town):
        return False
    if isinstance(region, State):
        return town.region == region.code
    return town.country == region.code


def _qualified(phrase: str, name: str, qualifier: str, catalog: Catalog) -> Chosen | None:
    """Return the town of that name in the country or US state that the qualifier names."""
    found = [_town_place(t) for t in towns_named(name)]
    if not found:
        return None
    regions = [r for r in map(_region, qualifier.split(",")) if r]
    wanted = [p for p in found if any(_within(p, r) for r in regions[:1])]
    if wanted:
        return next((p for p in wanted[1:] if _only_data(p, wanted, catalog)), wanted[0]), ()
    if not re.search(r"[,(]", phrase):
        return None
    if regions:
        raise _unknown(phrase, found)
    if len(found) > 1:
        _ambiguous(phrase, found)
    return found[0], (f"{qualifier!r} is not a country or US state, so it was not checked",)


def held_in(catalog: Catalog, area: BaseGeometry) -> frozenset[str]:
    """Return the collections that hold anything in an area, at any date."""
    return frozenset(info.id for info in catalog.collections() if _holds(catalog, info, area))


def _holds(catalog: Catalog, info: CollectionInfo, area: BaseGeometry) -> bool:
    if not box(*info.bbox).intersects(area):
        return False
    period = Interval(info.start, info.end)
    if info.kind == "scenes":
        return bool(catalog.search_scenes(info.id, area, period))
    if info.kind in ("detections", "landcover"):
        return bool(len(catalog.read_features(info.id, area, period, None)))
    # Surfaces and layers are one file each: where their box is, they are.
    return True


def _with_data(places: Sequence[Place], catalog: Catalog) -> list[Place]:
    """Return the places where the catalog holds anything that it does not hold at all of them.

    A layer of the whole world tells no two places of one name apart.
    """
    held = [held_in(catalog, place.area()) for place in places]
    alike = frozenset[str].intersection(*held) if len(held) > 1 else frozenset[str]()
    found = [place for place, ids in zip(places, held, strict=True) if ids - alike]
    return found or [place for place, ids in zip(places, held, strict=True) if ids]


def _ambiguous(phrase: str, places: list[Place]) -> NoReturn:
    labels = tuple(dict.fromkeys(p.label() for p in places))[:_MOST_CANDIDATES]
    raise RetryableToolError(
        f"{phrase!r} may be {' or '.join(labels)}; say which",
        kind="ambiguous",
        candidates=labels,
    )


def _only_data(place: Place, places: list[Place], catalog: Catalog) -> bool:
    """Say whether a place is the first of several with data."""
    return next(iter(_with_data(places, catalog)), None) == place


def _choose(phrase: str, places: tuple[Place, ...], catalog: Catalog) -> Chosen:
    """Choose among places of one name: data decides, then a population that dominates."""
    if len(places) == 1:
        return places[0], ()
    with_data = _with_data(places, catalog)
    first, many = places[0], len(places)
    if len({p.label() for p in with_data}) == 1:
        chosen = with_data[0]
        note = f"took {chosen.label()}: the only one of {many} places of that name with data"
        return chosen, (note,)
    if not with_data and first.population >= _DOMINATES * places[1].population:
        note = f"took {first.label()}: by far the largest of {many} places of that name"
        return first, (note,)
    _ambiguous(phrase, with_data or list(places))


def _readings(phrase: str) -> list[tuple[str, str]]:
    """Return the (name, qualifier) pairs a phrase can be split into, the most literal first."""
    whole = " ".join(phrase.strip(" .,;:?!\"'").split())
    bare = _LEADING.sub("", whole)
    short = _TRAILING.sub("", bare)
    found: list[tuple[str, str]] = []
    for text in dict.fromkeys((whole, bare, short)):
        found.append((text, ""))
        if match := _QUALIFIED.match(text):
            name = _LEADING.sub("", match[1])
            found.extend(dict.fromkeys(((name, match[2]), (_TRAILING.sub("", name), match[2]))))
        words = text.split()
        found.extend((" ".join(words[:-n]), " ".join(words[-n:])) for n in (1, 2) if len(words) > n)
    return [(name, qualifier) for name, qualifier in found if normalise(name)]


def _reading_notes(name: str, phrase: str, place: Place) -> tuple[str, ...]:
    if isinstance(place.of, State):
        return (f"{place.name} is taken as the box around its towns",)
    if isinstance(place.of, Town) and normalise(name) != normalise(place.name):
        return (f"read {name!r} as {place.label()}", *_generic_note(phrase, place))
    return _generic_note(phrase, place)


def _generic_note(phrase: str, place: Place) -> tuple[str, ...]:
    said = normalise(phrase)
    words = [w for w in GENERIC.split("|") if f" {w} " in f" {said} "]
    if not words or not isinstance(place.of, Town) or f" {words[0]}" in f" {normalise(place.name)}":
        return ()
    return (f"{phrase!r} is taken as the 20 km square around the centre of {place.name}",)


def _exact(phrase: str, catalog: Catalog) -> Chosen | None:
    for name, qualifier in _readings(phrase):
        places = () if qualifier else _named(name)
        chosen = _qualified(phrase, name, qualifier, catalog) if qualifier else None
        if places or chosen:
            place, notes = chosen or _choose(phrase, places, catalog)
            return place, (*notes, *_reading_notes(name, phrase, place))
    return None


def _usable(near: list[tuple[int, Place]], data: list[Place]) -> list[Place]:
    """Return the best readings of a misspelt name: in the archive, or else well known."""
    nearest = min(d for d, _ in near)
    if data:
        least = min(d for d, p in near if p in data)
        return [p for d, p in near if p in data and d == least]
    tied = [p for d, p in near if d == nearest]
    known = [p for p in tied if p.population >= _TYPO_POPULATION or not isinstance(p.of, Town)]
    return sorted(known, key=lambda p: -p.population)


def _closest(phrase: str, catalog: Catalog) -> Chosen:
    """Choose the place whose name is nearest to a misspelt one, if it is clearly ahead."""
    readings = _readings(phrase)
    name, qualifier = next((r for r in readings if r[1] and "," in phrase), readings[0])
    if not qualifier:
        name = min((n for n, q in readings if not q), key=len)
    found = [(d, place) for match, d in similar_names(name) for place in _named(match)]
    if region := _region(qualifier) if qualifier else None:
        found = [(d, p) for d, p in found if _within(p, region)]
    found.sort(key=lambda f: (f[0], -f[1].population))
    near = [(d, p) for d, p in found if d <= found[0][0] + 1][:_MOST_COMPARED]
    data = _with_data([p for _, p in near], catalog)
    usable = _usable(near, data) if near else []
    one = len({p.label() for p in usable}) == 1
    if one or (usable and not data and _dominates(usable)):
        return usable[0], (f"read {phrase!r} as {usable[0].label()}",)
    if data:
        _ambiguous(phrase, usable)
    ranked = sorted(near, key=lambda f: (f[1] not in data, f[0], -f[1].population))
    raise _unknown(phrase, [p for _, p in ranked])


def _dominates(places: list[Place]) -> bool:
    return places[0].population >= _DOMINATES * places[1].population if places[1:] else True


def _unknown(phrase: str, near: list[Place]) -> RetryableToolError:
    labels = tuple(dict.fromkeys(p.label() for p in near))[:_MOST_CANDIDATES]
    hint = f"; the nearest are {', '.join(labels)}" if labels else ""
    return RetryableToolError(
        f"no place called {phrase!r} is known{hint}; give a town of more than 15,000 people, "
        "a country or a US state",
        kind="not_found",
        candidates=labels,
    )


def resolve_place(phrase: str, catalog: Catalog) -> Chosen:
    """Return the place a phrase means and the assumptions made, or raise with candidates."""
    if not _readings(phrase):
        raise _unknown(phrase, [])
    return _exact(phrase, catalog) or _closest(phrase, catalog)
