"""The words that fill the held-out sentences, with what a person means by them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Literal, NamedTuple

from ....tools.geo.catalog import Interval
from ..task import Index, Statistic

if TYPE_CHECKING:
    from random import Random

Table = Literal["xview1", "fair1m", "bigearthnet"]

DATASETS: dict[Table, tuple[str, ...]] = {
    "xview1": ("xView", "xView1"),
    "fair1m": ("FAIR1M", "fair1m"),
    "bigearthnet": ("BigEarthNet", "land cover"),
}
SCENE_DATASETS = ("Sentinel-2", "sentinel-2")
OBJECTS: dict[Table, dict[str, tuple[str, ...]]] = {
    "xview1": {
        "container ships": ("Container Ship",),
        "oil tankers": ("Oil Tanker",),
        "fishing vessels": ("Fishing Vessel",),
        "tugboats": ("Tugboat",),
        "barges": ("Barge",),
        "ferries": ("Ferry",),
        "sailboats": ("Sailboat",),
        "yachts": ("Yacht",),
        "motorboats": ("Motorboat",),
        "sheds": ("Shed",),
        "damaged buildings": ("Damaged Building",),
        "storage tanks": ("Storage Tank",),
        "shipping containers": ("Shipping Container",),
        "construction sites": ("Construction Site",),
        "excavators": ("Excavator",),
        "dump trucks": ("Dump Truck",),
        "cargo trucks": ("Cargo Truck",),
        "container cranes": ("Container Crane",),
        "tower cranes": ("Tower Crane",),
        "small cars": ("Small Car",),
        "buses": ("Bus",),
        "helicopters": ("Helicopter",),
        "small aircraft": ("Small Aircraft",),
    },
    "fair1m": {
        "tennis courts": ("Tennis Court",),
        "basketball courts": ("Basketball Court",),
        "baseball fields": ("Baseball Field",),
        "football fields": ("Football Field",),
        "roundabouts": ("Roundabout",),
        "intersections": ("Intersection",),
        "bridges": ("Bridge",),
        "warships": ("Warship",),
        "dry cargo ships": ("Dry Cargo Ship",),
        "liquid cargo ships": ("Liquid Cargo Ship",),
        "passenger ships": ("Passenger Ship",),
        "fishing boats": ("Fishing Boat",),
        "vans": ("Van",),
        "tractors": ("Tractor",),
    },
    "bigearthnet": {
        "mixed forest": ("Mixed forest",),
        "pastures": ("Pastures",),
        "olive groves": ("Olive groves",),
        "rice fields": ("Rice fields",),
        "vineyards": ("Vineyards",),
        "sea and ocean": ("Sea and ocean",),
        "port areas": ("Port areas",),
        "airports": ("Airports",),
        "salt marshes": ("Salt marshes",),
        "water bodies": ("Water bodies",),
        "green urban areas": ("Green urban areas",),
        "discontinuous urban fabric": ("Discontinuous urban fabric",),
    },
}
INDICES: dict[Index, tuple[str, ...]] = {
    "NDVI": ("NDVI", "ndvi", "vegetation index"),
    "NDWI": ("NDWI", "water index NDWI"),
    "MNDWI": ("MNDWI", "modified NDWI"),
    "NDBI": ("NDBI", "built-up index"),
    "NBR": ("NBR", "burn ratio"),
    "NDMI": ("NDMI", "moisture index"),
    "SAVI": ("SAVI", "soil-adjusted vegetation index"),
    "EVI": ("EVI", "enhanced vegetation index"),
}
STATISTICS: dict[Statistic, tuple[str, ...]] = {
    "mean": ("mean", "average"),
    "median": ("median",),
    "min": ("minimum", "lowest value"),
    "max": ("maximum", "peak value"),
    "std": ("standard deviation",),
}
COMPARISONS: dict[Literal["above", "below"], tuple[str, ...]] = {
    "above": ("above", "over", "greater than", "higher than"),
    "below": ("below", "under", "less than", "lower than"),
}
THRESHOLDS = ("0", "0.05", "0.1", "0.15", "0.2", "0.25", "0.3", "0.35")
DISTANCES = ("2 km", "3 km", "4 kilometres", "5 km", "1500 m", "6 kilometers")
MISSPELT: dict[str, str] = {
    "Dakkarr": "Dakar",
    "Aukcland": "Auckland",
    "Seattel": "Seattle",
    "Chennnai": "Chennai",
    "Honollulu": "Honolulu",
    "Valpariaso": "Valparaíso",
    "Rekjavik": "Reykjavík",
    "Casablnca": "Casablanca",
    "Haiphnog": "Haiphong",
    "Montevidio": "Montevideo",
    "Guayaquill": "Guayaquil",
    "Housten": "Houston",
    "Marsaille": "Marseille",
    "Dar es Salam": "Dar es Salaam",
}

_MONTHS = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_ORDINALS = ("first", "second", "third", "fourth")


class Dates(NamedTuple):
    """A date phrase and the preposition it takes; some bring their own."""

    phrase: str
    interval: Interval
    preposition: str = "in"

    @property
    def is_noun(self) -> bool:
        """Whether the phrase can follow any preposition."""
        return bool(self.preposition)

    @property
    def adverbial(self) -> str:
        """The phrase as it follows a verb."""
        return f"{self.preposition} {self.phrase}".strip()


def _first_of(year: int, month: int) -> date:
    return date(year + (month - 1) // 12, (month - 1) % 12 + 1, 1)


def _months(year: int, first: int, count: int) -> Interval:
    return Interval(_first_of(year, first), _first_of(year, first + count))


def _month(rng: Random, year: int) -> Dates:
    return _named_month(rng, year, rng.randint(1, 12))


def _named_month(rng: Random, year: int, month: int) -> Dates:
    name = _MONTHS[month - 1]
    phrase = rng.choice(
        (f"{name} {year}", f"{name} {year}", f"{name[:3]} {year}", f"{year}-{month:02d}")
    )
    return Dates(phrase, _months(year, month, 1))


def _quarter(rng: Random, year: int) -> Dates:
    number = rng.randint(1, 4)
    phrase = rng.choice((f"Q{number} {year}", f"the {_ORDINALS[number - 1]} quarter of {year}"))
    return Dates(phrase, _months(year, 3 * number - 2, 3))


def _half(rng: Random, year: int) -> Dates:
    number = rng.randint(1, 2)
    phrase = rng.choice((f"the {_ORDINALS[number - 1]} half of {year}", f"H{number} {year}"))
    return Dates(phrase, _months(year, 6 * number - 5, 6))


def _season(rng: Random, year: int) -> Dates:
    name, first = rng.choice((("spring", 3), ("summer", 6), ("autumn", 9)))
    return Dates(f"{name} {year}", _months(year, first, 3))


def _year(rng: Random, year: int) -> Dates:
    return Dates(rng.choice((f"{year}", f"the year {year}")), _months(year, 1, 12))


def _years(rng: Random, year: int) -> Dates:
    first = min(year, 2024)
    phrase = rng.choice((f"from {first} to {first + 1}", f"from {first} through {first + 1}"))
    return Dates(phrase, Interval(date(first, 1, 1), date(first + 2, 1, 1)), preposition="")


def _month_range(rng: Random, year: int) -> Dates:
    first, count = rng.randint(1, 8), rng.randint(3, 5)
    a, b = _MONTHS[first - 1], _MONTHS[first + count - 2]
    phrase = rng.choice(
        (f"from {a} to {b} {year}", f"between {a} and {b} {year}", f"from {a} through {b} {year}")
    )
    return Dates(phrase, _months(year, first, count), preposition="")


def _day_range(rng: Random, year: int) -> Dates:
    start = date(year, rng.randint(1, 7), rng.randint(1, 28))
    end = start + timedelta(days=rng.randint(60, 140))
    phrase = rng.choice((f"between {start} and {end}", f"from {start} to {end}"))
    return Dates(phrase, Interval(start, end + timedelta(days=1)), preposition="")


def random_dates(rng: Random, years: tuple[int, int], *, northern: bool) -> Dates:
    """Return a random phrase within the given first and last year, and what it means.

    Seasons are only used north of the equator, where the phrase has one reading.
    """
    kinds = [_month, _quarter, _half, _year, _year, _years, _month_range, _day_range]
    kinds += [_season] if northern else []
    return rng.choice(kinds)(rng, rng.randint(*years))


def around(rng: Random, day: date) -> Dates:
    """Return a phrase for a given day, or for its month."""
    if rng.random() < 0.5:
        return _named_month(rng, day.year, day.month)
    name = _MONTHS[day.month - 1]
    phrase = rng.choice((f"{day.day} {name} {day.year}", f"{name} {day.day}, {day.year}", f"{day}"))
    return Dates(phrase, Interval(day, day + timedelta(days=1)), "on")


def since(rng: Random, years: tuple[int, int], end: date) -> Dates:
    """Return "since <month> <year>" or "since <year>", open until `end`."""
    year, month = rng.randint(*years), rng.randint(1, 12)
    if rng.random() < 0.5:
        return Dates(f"since {year}", Interval(date(year, 1, 1), end), preposition="")
    return Dates(
        f"since {_MONTHS[month - 1]} {year}", Interval(date(year, month, 1), end), preposition=""
    )
