"""Synthetic land-cover patches: points with the CORINE classes of the 1.2 km around them."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np
from pyproj import Transformer
from shapely.geometry import Point

from .scenes import FIRST_YEAR, LAST_YEAR, PixelGrid
from .terrain import Cover, Terrain

_PATCHES = 60
_HALF_PATCH_M = 600.0
_MIN_SHARE = 0.08

COVER_CLASSES: dict[Cover, tuple[str, ...]] = {
    Cover.SEA: ("Sea and ocean",),
    Cover.RIVER: ("Water courses", "Water courses", "Estuaries", "Water bodies"),
    Cover.BASIN: ("Port areas", "Coastal lagoons"),
    Cover.QUAY: ("Port areas",),
    Cover.INDUSTRY: (
        "Industrial or commercial units",
        "Road and rail networks and associated land",
        "Construction sites",
        "Mineral extraction sites",
        "Dump sites",
    ),
    Cover.TOWN: ("Discontinuous urban fabric", "Continuous urban fabric"),
    Cover.PARK: ("Green urban areas", "Sport and leisure facilities"),
    Cover.AIRFIELD: ("Airports",),
    Cover.RUNWAY: ("Airports",),
    Cover.FIELD: (
        "Non-irrigated arable land",
        "Complex cultivation patterns",
        "Permanently irrigated land",
        "Rice fields",
        "Vineyards",
        "Olive groves",
        "Fruit trees and berry plantations",
        "Annual crops associated with permanent crops",
        "Agro-forestry areas",
        "Land principally occupied by agriculture, with significant areas of natural vegetation",
    ),
    Cover.GRASSLAND: (
        "Pastures",
        "Natural grassland",
        "Moors and heathland",
        "Sclerophyllous vegetation",
        "Sparsely vegetated areas",
        "Bare rock",
    ),
    Cover.FOREST: (
        "Broad-leaved forest",
        "Coniferous forest",
        "Mixed forest",
        "Transitional woodland/shrub",
    ),
    Cover.BURNT: ("Burnt areas",),
    Cover.WETLAND: ("Inland marshes", "Salt marshes", "Peatbogs", "Salines", "Intertidal flats"),
    Cover.BEACH: ("Beaches, dunes, sands",),
}


def classify(
    rng: np.random.Generator, land: tuple[Terrain, PixelGrid], code: str
) -> list[dict[str, Any]]:
    """Return one row per patch and class; `code` tells the patches of places apart."""
    terrain, grid = land
    to_degrees = Transformer.from_crs(grid.epsg, 4326, always_xy=True)
    local = {kind: _local_classes(rng, names) for kind, names in COVER_CLASSES.items()}
    years = rng.permutation(np.arange(FIRST_YEAR, LAST_YEAR + 1))[: 9 - int(rng.integers(1, 3))]
    reach = max(1, round(_HALF_PATCH_M / grid.pixel_m))
    rows: list[dict[str, Any]] = []
    for number in range(_PATCHES):
        day = date(int(rng.choice(years)), 1, 1) + timedelta(days=int(rng.integers(365)))
        row, column = (int(v) for v in rng.integers(reach, grid.size - reach, size=2))
        cover = terrain.cover(day)[row - reach : row + reach, column - reach : column + reach]
        kinds, counts = np.unique(cover, return_counts=True)
        present = [local[Cover(k)] for k in kinds[counts >= _MIN_SHARE * cover.size]]
        names = sorted({options[int(rng.integers(len(options)))] for options in present})
        where = Point(*to_degrees.transform(*grid.at(float(column), float(row))))
        patch = f"S2A_MSIL2A_{day:%Y%m%d}T103021_{code}_{number}"
        rows += [
            {"image_id": patch, "filename": patch, "cat_name": n, "date": day, "geometry": where}
            for n in names
        ]
    return rows


def _local_classes(rng: np.random.Generator, names: tuple[str, ...]) -> tuple[str, ...]:
    """Return the few classes of a kind that a region really has."""
    few = rng.permutation(len(names))[: min(3, len(names))]
    return tuple(names[int(i)] for i in few)
