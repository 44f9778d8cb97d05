"""Where a random task is: the words for a place, what the archive holds there, what is meant."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Literal, NamedTuple

from .meaning import City, cities_by_name, city, city_square, countries, fold, us_states
from .place_phrases import (
    bare_name,
    country_name,
    invented,
    lone_cities,
    misspelt,
    qualified_name,
)
from .places import DEMO, HELD_OUT
from .task import Family, Trap
from .world import Spot, Stock, World

_DISTANCES = (0.5, 1, 1.5, 2, 2.5, 3, 4, 5, 6, 7.5, 8, 10, 12, 15, 20, 25, 30)
_LONE_POPULATION = 200_000
_FAR_DEG = 1.0
_COORDINATES_SHARE = 0.06


class Where(NamedTuple):
    """Words for a place and a distance, what is held there, and the fields of the meaning."""

    words: str | None
    distance: str | None
    stock: Stock
    meaning: dict[str, Any]
    kind: Literal["name", "bbox", "point"] = "name"


def draw_place(trap: Trap, rng: random.Random, world: World, family: Family) -> Where | None:
    """Return a random place for a task with this trap; None when the draw does not fit."""
    return _DRAWS[trap](rng, world, family)


def _known(rng: random.Random, world: World, family: Family) -> Where | None:
    """Draw a place with data, or the whole archive, or (to zoom to) any place on Earth."""
    chance = rng.random()
    if chance < 0.07 and family in ("count", "plot"):
        return Where(None, None, world.whole.stock, {})
    if chance < 0.12 and family in ("count", "plot", "zoom") and world.countries:
        land = rng.choice(world.countries)
        meaning = {"country": land.country}
        return Where(bare_name(rng, country_name(land.country or "")), None, land.stock, meaning)
    if chance < 0.5 and family == "zoom":
        return _far(rng, world, family)
    spot = rng.choice(world.spots)
    if rng.random() < _COORDINATES_SHARE:
        return _in_degrees(rng, spot)
    name, country = spot.place or "", spot.country or ""
    if len(world.alike(name)) > 1 or rng.random() < 0.25:
        words = qualified_name(rng, name, country)
    else:
        words = bare_name(rng, name)
    return _reach(rng, words, spot)


def _in_degrees(rng: random.Random, spot: Spot) -> Where:
    """Return a place as a bounding box, or as a point and a distance, in degrees."""
    town = city(spot.place or "", spot.country or "")
    west, south, east, north = city_square(town.lon, town.lat).bounds
    if rng.random() < 0.6:
        box = tuple(round(v, 2) for v in (west, south, east, north))
        form = rng.choice(("{}, {}, {}, {}", "{},{},{},{}", "{} {} {} {}", "bbox {} {} {} {}"))
        return Where(form.format(*box), None, spot.stock, {"box": box}, "bbox")
    lat, lon = round(town.lat, 2), round(town.lon, 2)
    hemispheres = ("N" if lat >= 0 else "S", "E" if lon >= 0 else "W")
    marked = f"{abs(lat)} {hemispheres[0]}, {abs(lon)} {hemispheres[1]}"
    close = f"{abs(lat)}°{hemispheres[0]} {abs(lon)}°{hemispheres[1]}"
    kilometres = rng.choice((2, 3, 5, 8, 10))
    meaning = {"point": (lon, lat), "distance_m": kilometres * 1000.0}
    return Where(rng.choice((marked, close)), f"{kilometres} km", spot.stock, meaning, "point")


def _reach(rng: random.Random, words: str, spot: Spot) -> Where:
    meaning: dict[str, Any] = {"place": spot.place, "country": spot.country}
    if rng.random() >= 0.12:
        return Where(words, None, spot.stock, meaning)
    number = rng.choice(_DISTANCES)
    unit = rng.choices(("km", "kilometres", "kilometers", "miles"), (6, 2, 1, 1))[0]
    text = f"{number:g} {unit}" if unit != "km" else rng.choice((f"{number:g} km", f"{number:g}km"))
    metres = number * (1609.344 if unit == "miles" else 1000.0)
    if number <= 2 and rng.random() < 0.5:
        text, metres = f"{number * 1000:g} m", number * 1000.0
    return Where(words, text, spot.stock, meaning | {"distance_m": metres})


@cache
def _unheld_cities() -> tuple[City, ...]:
    """Return large places of the gazetteer that no other split has."""
    taken = {fold(name) for name, _ in (*DEMO, *HELD_OUT)}
    return tuple(c for c in lone_cities(_LONE_POPULATION) if fold(c.name) not in taken)


def _far(rng: random.Random, world: World, family: Family) -> Where | None:
    """Draw a place of the gazetteer that the archive holds nothing of."""
    del family
    town = rng.choice(_unheld_cities())
    if any(abs(t.lon - town.lon) + abs(t.lat - town.lat) < _FAR_DEG for t in world.towns):
        return None
    words = bare_name(rng, town.name)
    if rng.random() < 0.2:
        words = qualified_name(rng, town.name, town.country)
    nothing = Stock(world.whole.stock.scenes[:0], {})
    return Where(words, None, nothing, {"place": town.name, "country": town.country})


def _empty(rng: random.Random, world: World, family: Family) -> Where | None:
    if rng.random() < 0.35:
        return _far(rng, world, family)
    spot = rng.choice([s for s in world.spots if len(world.alike(s.place or "")) == 1])
    words = bare_name(rng, spot.place or "")
    return Where(words, None, spot.stock, {"place": spot.place, "country": spot.country})


def _typo(rng: random.Random, world: World, family: Family) -> Where | None:
    del family
    spot = rng.choice(world.spots)
    words = misspelt(rng, spot.place or "")
    if words is None or len(world.alike(spot.place or "")) > 1:
        return None
    words = words.lower() if rng.random() < 0.15 else words
    return Where(words, None, spot.stock, {"place": spot.place, "country": spot.country})


def _ambiguous(rng: random.Random, world: World, family: Family) -> Where | None:
    del family
    shared = [s for s in world.spots if len(world.alike(s.place or "")) > 1]
    if not shared:
        return None
    spot = rng.choice(shared)
    alike = world.alike(spot.place or "")
    offer = tuple(f"{s.place}, {country_name(s.country or '')}" for s in alike)
    return Where(bare_name(rng, spot.place or ""), None, spot.stock, {"offer": offer})


def _unknown(rng: random.Random, world: World, family: Family) -> Where | None:
    del family
    return Where(invented(rng), None, rng.choice(world.spots).stock, {})


_DRAWS: Mapping[Trap, Callable[[random.Random, World, Family], Where | None]] = {
    "none": _known,
    "empty": _empty,
    "typo": _typo,
    "ambiguous": _ambiguous,
    "unknown_place": _unknown,
}


def train_places(
    rng: random.Random, n: int, *, taken: set[str], pairs: int = 12
) -> list[tuple[str, str]]:
    """Return `n` places of the gazetteer for an archive, `pairs` of them shared names.

    `taken` are names of other splits; their places are left out, whatever their country.
    """
    avoid = {fold(name) for name in taken} | us_states()
    avoid |= {fold(country_name(code)) for code in countries()}
    lone = [c for c in lone_cities(60_000) if fold(c.name) not in avoid]
    shared = [
        (group[0], other)
        for name, group in cities_by_name().items()
        if name not in avoid
        for other in group[1:2]
        if other.country != group[0].country and other.population > 100_000
    ]
    chosen = [c for pair in rng.sample(shared, min(pairs, len(shared))) for c in pair]
    chosen += rng.sample(lone, n - len(chosen))
    return [(c.name, c.country) for c in chosen]
