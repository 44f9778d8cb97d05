"""What is seen where: the objects of each kind of site, their classes, sizes and habitats."""

from __future__ import annotations

from typing import NamedTuple

from ...tools.geo import class_tables as names
from .terrain import Cover

WATER = (Cover.SEA, Cover.BASIN, Cover.RIVER)
PORT = (Cover.QUAY,)
WORKS = (Cover.INDUSTRY, Cover.QUAY)
STREETS = (Cover.TOWN, Cover.INDUSTRY)
AIRPORT = (Cover.AIRFIELD, Cover.RUNWAY)
COUNTRY = (Cover.FIELD, Cover.GRASSLAND, Cover.PARK)


class Group(NamedTuple):
    """Classes that appear together: on which cover, how often, and how long and wide in metres."""

    classes: tuple[str, ...]
    cover: tuple[Cover, ...]
    weight: float
    length_m: tuple[float, float]
    width_m: tuple[float, float]


class Site(NamedTuple):
    """A kind of place that an image is centred on."""

    centre: tuple[Cover, ...]
    share: float
    groups: tuple[Group, ...]


_CONTAINERS = ("Shipping Container", "Shipping Container Lot")
_PORT_CRANES = ("Container Crane", "Straddle Carrier", "Reach Stacker", "Mobile Crane")
_TANKS = ("Storage Tank", "Truck Tractor w/ Liquid Tank", "Facility", "Tower", "Pylon")
_EARTHWORKS = tuple(n for n in names.XVIEW_ENGINEERING if n not in _PORT_CRANES)
_HOUSES = ("Building", "Building", "Building", "Shed", "Facility", "Damaged Building", "Hut/Tent")

_X_SHIPS = Group(names.XVIEW_SHIPS, WATER, 5, (8, 190), (4, 30))
_X_PORT = Group(_CONTAINERS + _PORT_CRANES, PORT, 3, (6, 40), (3, 15))
_X_TRUCKS = Group(names.XVIEW_TRUCKS, STREETS + PORT, 2, (6, 17), (2.4, 3))
_X_CARS = Group((*names.XVIEW_CARS, "Small Car", "Small Car"), STREETS, 4, (4, 12), (1.8, 2.6))
_X_HOUSES = Group((*_HOUSES, "Vehicle Lot", "Helipad"), STREETS, 5, (9, 60), (8, 40))
_X_WORKS = Group((*_EARTHWORKS, "Construction Site"), STREETS, 1.2, (6, 50), (3, 30))
_X_TANKS = Group(_TANKS, WORKS, 3, (8, 45), (8, 45))
_X_RAIL = Group(names.XVIEW_RAIL, WORKS + STREETS, 5, (12, 26), (3, 3.4))
_X_PLANES = Group(
    (*names.XVIEW_AIRCRAFT, "Aircraft Hangar", "Helipad"), AIRPORT, 5, (8, 65), (8, 60)
)
_X_FARM = Group(("Shed", "Building", "Pylon", "Hut/Tent", "Truck"), COUNTRY, 2, (5, 30), (4, 20))

XVIEW_SITES = (
    Site((Cover.BASIN,), 0.36, (_X_SHIPS, _X_PORT, _X_TRUCKS, _X_TANKS)),
    Site((Cover.TOWN,), 0.26, (_X_CARS, _X_HOUSES, _X_WORKS, _X_TRUCKS, _X_SHIPS)),
    Site((Cover.INDUSTRY,), 0.16, (_X_TANKS, _X_RAIL, _X_TRUCKS, _X_HOUSES, _X_CARS)),
    Site(AIRPORT, 0.12, (_X_PLANES,)),
    Site(COUNTRY, 0.1, (_X_FARM,)),
)

_F_SHIPS = Group(names.FAIR1M_SHIPS, WATER, 5, (9, 230), (4, 34))
_F_CARS = Group(names.FAIR1M_VEHICLES, STREETS + PORT, 4, (4, 17), (1.8, 3))
_F_PLANES = Group(names.FAIR1M_AIRCRAFT, AIRPORT, 6, (30, 70), (28, 65))
_F_COURTS = Group(names.FAIR1M_COURTS, STREETS + (Cover.PARK,), 1, (24, 110), (13, 70))
_F_ROADS = Group(("Roundabout", "Intersection", "Intersection"), STREETS, 1.2, (20, 45), (20, 45))
_F_BRIDGES = Group(("Bridge",), (Cover.RIVER,), 0.3, (80, 400), (8, 25))

FAIR1M_SITES = (
    Site((Cover.BASIN,), 0.38, (_F_SHIPS, _F_CARS)),
    Site((Cover.TOWN,), 0.3, (_F_CARS, _F_COURTS, _F_ROADS, _F_BRIDGES, _F_SHIPS)),
    Site(AIRPORT, 0.32, (_F_PLANES,)),
)
