"""What an archive holds at each place, kept in memory so that thousands of tasks can be drawn."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import NamedTuple

import numpy as np
from shapely.geometry.base import BaseGeometry

from .holdings import SCENES, TABLES, Days, Holdings, read_holdings
from .meaning import City, cities, city, city_square, country_area, fold
from .place_phrases import country_name


class Stock(NamedTuple):
    """Days (proleptic ordinals) of the scenes and, by collection and class, of the table rows."""

    scenes: Days
    rows: dict[str, dict[str, Days]]

    def days(self, collection: str, classes: Sequence[str]) -> Days:
        """Return the days of the scenes, or of the rows of some classes."""
        if collection == SCENES:
            return self.scenes
        held = self.rows.get(collection, {})
        parts = [held[name] for name in classes if name in held]
        return np.concatenate(parts) if parts else np.empty(0, np.int64)


class Spot(NamedTuple):
    """A place of the archive: `place` None is the country itself, both None the whole archive."""

    place: str | None
    country: str | None
    stock: Stock


class World(NamedTuple):
    """The archive as the sampler sees it."""

    spots: tuple[Spot, ...]
    countries: tuple[Spot, ...]
    whole: Spot
    towns: tuple[City, ...]

    def alike(self, place: str) -> tuple[Spot, ...]:
        """Return the places of the archive that share a name."""
        return tuple(s for s in self.spots if s.place and fold(s.place) == fold(place))


def read_world(archive: Path) -> World:
    """Read what an archive holds at each of its places."""
    holdings = read_holdings(archive)
    places = places_of(holdings)
    towns = tuple(city(name, country) for name, country in places)
    spots = tuple(
        Spot(name, country, _stock(holdings, city_square(town.lon, town.lat)))
        for (name, country), town in zip(places, towns, strict=True)
    )
    taken = {fold(name) for name, _ in places}
    codes = sorted({country for _, country in places})
    lands = tuple(
        Spot(None, code, _stock(holdings, country_area(code)))
        for code in codes
        if fold(country_name(code)) not in taken
    )
    return World(spots, lands, Spot(None, None, _stock(holdings, None)), towns)


def _stock(holdings: Holdings, area: BaseGeometry | None) -> Stock:
    rows: dict[str, dict[str, Days]] = {}
    for collection in TABLES:
        table = holdings.rows_in(collection, area, date.min, date.max)
        days, kinds = table["day"].to_numpy(), table["cat_name"].to_numpy()
        rows[collection] = {str(kind): days[kinds == kind] for kind in dict.fromkeys(kinds)}
    return Stock(holdings.scenes_in(area, date.min, date.max)["day"].to_numpy(), rows)


def places_of(holdings: Holdings) -> list[tuple[str, str]]:
    """Return the (name, ISO 3166 alpha-2 country) pairs that the scenes are named after."""
    known = {(_words(town.name), town.country): town.name for town in reversed(cities())}
    slugs = {str(scene).split("-", 1)[1].rpartition("-")[0] for scene in holdings.scenes["id"]}
    keys = (slug.rpartition("-")[::2] for slug in sorted(slugs))
    return [(known[_words(name), code.upper()], code.upper()) for name, code in keys]


def _words(name: str) -> str:
    return fold(name).replace("-", " ")
