"""Random slots of every family of questions, for tests of their wording."""

from __future__ import annotations

import random
import re

from terragate.benchmarks.geo.task import Slots
from terragate.benchmarks.geo.wording import realise
from terragate.benchmarks.geo.wording.grammar import MARKS

PLACES = ("Rotterdam", "Los Angeles", "Cordoba, Spain", "Tromsø", "qvxz")
COORDINATES = {
    "bbox": ("4.3, 51.8, 4.7, 52.0", "bbox 4.3 51.8 4.7 52.0", "[4.3, 51.8, 4.7, 52.0]"),
    "point": ("51.92 N, 4.48 E", "51.92, 4.48", "point 4.48 51.92"),
}
PARTS = ("north", "south", "east", "west")
PERIODS = (("2019", "2021"), ("H1 2018", "H1 2020"), ("since 2020", "summer 2022"))
YEARS = ("2018-2024", "from 2019 to 2023", "since 2018", None)
DATES = (
    "June 2021",
    "between March and May 2022",
    "since 2021",
    "2nd half of 2020",
    "12 March 2020",
    "2019-06-01 to 2019-07-01",
)
CLASSES = (
    ("ships", "xview1"),
    ("Maritime Vessel", "xview1"),
    ("cargo ships", "fair1m"),
    ("Coniferous forest", "bigearthnet"),
)
DATASETS = {
    "sentinel-2": "Sentinel-2",
    "xview1": "the xView1 labels",
    "fair1m": "FAIR1M",
    "bigearthnet": "BigEarthNet",
}
INDEX_FAMILIES = ("index", "zonal", "area", "change", "changed_area", "trend")
FAMILIES = ("count", "fetch", "plot", "zoom", "refuse", "compare", "nearest", *INDEX_FAMILIES)
SURFACES = tuple(MARKS)
FOLLOWS = ("place", "dates", "category", "part")


def parts_of(family: str, rng: random.Random) -> dict[str, object]:
    if family in INDEX_FAMILIES:
        index = rng.choice(("NDVI", "NDWI", "MNDWI", "NDBI", "NBR", "NDMI", "SAVI", "EVI"))
        found: dict[str, object] = {"collection": "sentinel-2", "index": index}
        if family == "zonal":
            found["statistic"] = rng.choice(("mean", "median", "min", "max", "std"))
        if family == "area":
            found |= {"comparison": rng.choice(("above", "below")), "threshold": "-0.35"}
        if family == "changed_area":
            found |= {"direction": rng.choice(("loss", "gain")), "threshold": "0.25"}
        return found
    if family in ("count", "compare", "nearest") or (family == "plot" and rng.random() < 0.6):
        category, collection = rng.choice(CLASSES)
        return {"category": category, "collection": collection}
    return {"collection": "sentinel-2"} if family in ("fetch", "plot") else {}


def place_of(rng: random.Random) -> dict[str, object]:
    kind = rng.choice(("name", "name", "name", "bbox", "point"))
    return {
        "place_kind": kind,
        "place": rng.choice(COORDINATES.get(kind, PLACES)),
        "distance": rng.choice(("7 km", None, None, None)),
        "part": rng.choice((*PARTS, *[None] * 8)),
    }


def second_of(family: str, rng: random.Random) -> dict[str, object]:
    if family == "nearest":
        return {"category2": rng.choice(("buildings", "Storage Tank", "Arable land"))}
    if family != "compare":
        return {}
    measure = {"measure": rng.choice(("difference", "ratio"))}
    dates, dates2 = rng.choice(PERIODS)
    return measure | rng.choice(
        (
            {"dates": dates, "dates2": dates2},
            {"place": "Rotterdam", "place2": "Lyon, France", "place_kind": "name"},
            {"category2": rng.choice(("buildings", "Storage Tank"))},
        )
    )


def make(family: str, rng: random.Random) -> Slots:
    parts = parts_of(family, rng) | {"family": family}
    if family == "zoom" or rng.random() < 0.9:
        parts |= place_of(rng)
    if family in ("change", "changed_area", "trend"):
        parts["dates"] = rng.choice(YEARS)
    elif family != "zoom" and rng.random() < 0.8:
        parts["dates"] = rng.choice(DATES)
    parts |= second_of(family, rng)
    if "collection" in parts and rng.random() < 0.5:
        parts["dataset"] = DATASETS[str(parts["collection"])]
    if family == "plot":
        parts["output"] = "map"
    elif family not in ("zoom", "refuse"):
        parts["output"] = rng.choice(("none", "map", "geojson", "gpkg", "cog", "picture"))
    return Slots.model_validate(parts)


def bare(text: str) -> str:
    return re.sub(r"[\W_]+", " ", re.sub(r"[\ue000-\uf8ff]", "X", text.lower()))


def share_saying(words: str, slots: Slots) -> float:
    rng = random.Random(2)
    return sum(bool(re.search(words, realise(slots, rng).lower())) for _ in range(400)) / 400


def follow(said: str, rng: random.Random) -> Slots:
    family = rng.choice(FAMILIES)
    part: dict[str, object] = {
        "place": place_of(rng),
        "dates": {"dates": rng.choice(DATES)},
        "category": {"category": rng.choice(CLASSES)[0]},
        "part": {"part": rng.choice(PARTS)},
    }[said]
    return make(family, rng).model_copy(update=part | {"follows": said})
