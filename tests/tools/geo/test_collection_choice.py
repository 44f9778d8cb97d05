"""Which collections are on offer: those the question names, else those that reach the area."""

from __future__ import annotations

from typing import Any

import pytest
import shapely
from terragate.tests.support.tiny_geo import aoi_payload
from terragate.tools.geo.catalog import UNDATED, CollectionInfo
from terragate.tools.geo.collection_choice import knowing, offered

CHIP, SERIES, WORLD = (-1.3, 50.7, -1.1, 50.8), (-74.8, -8.6, -74.1, -8.2), (-180, -90, 180, 90)
HERE = aoi_payload(shapely.box(-74.6, -8.5, -74.5, -8.4))
NOWHERE = aoi_payload(shapely.box(10, 10, 11, 11))


def info(name: str, bbox: tuple[float, ...], **more: Any) -> CollectionInfo:
    return CollectionInfo(
        id=name, bbox=bbox, start=UNDATED[0], end=UNDATED[1],
        **{"title": f"{name} data", "kind": "scenes"} | more,
    )  # fmt: skip


SCENES = (info("sentinel-2", CHIP, aliases=("S2",)), info("landsat", SERIES))


@pytest.mark.parametrize(
    ("text", "aoi", "expected"),
    [
        ("NDVI in Pucallpa", HERE, ("landsat",)),
        ("NDVI in Pucallpa", None, ("sentinel-2", "landsat")),
        ("NDVI in nowhere", NOWHERE, ("sentinel-2", "landsat")),
        # What is named is meant, even where it has nothing: that is then the answer.
        ("Sentinel 2 scenes of Pucallpa", HERE, ("sentinel-2",)),
        ("s2 scenes of Pucallpa", HERE, ("sentinel-2",)),
        ("Sentinel-2 or Landsat in Pucallpa", HERE, ("sentinel-2", "landsat")),
        ("Landsats' NDVI, class2, sentinel-21", HERE, ("landsat",)),
        ("", HERE, ("landsat",)),
    ],
)
def test_a_named_collection_goes_before_one_that_reaches(
    text: str, aoi: dict[str, Any] | None, expected: tuple[str, ...]
) -> None:
    assert offered(SCENES, text, aoi, named=True) == expected


def test_words_for_what_a_surface_holds_do_not_choose_it() -> None:
    surfaces = (info("slope", WORLD), info("dtm", SERIES), info("dsm", CHIP))
    text = "What is the slope of the ground?"
    assert offered(surfaces, text, HERE, named=False) == ("slope", "dtm")


def test_the_only_collection_is_always_on_offer() -> None:
    assert offered(SCENES[:1], "Landsat NDVI", HERE, named=True) == ("sentinel-2",)
    assert offered((), "", HERE, named=True) == ()


TABLES = (
    info("xview1", WORLD, classes=("Ferry", "Bus"), aliases=("xView",)),
    info("fair1m", WORLD, classes=("Warship", "Bus")),
    info("mine", WORLD),
)


@pytest.mark.parametrize(
    ("text", "phrases", "expected"),
    [
        ("ferries", ("ferries",), ("xview1", "mine")),
        ("ferries and warships", ("ferries", "warships"), ("xview1", "fair1m", "mine")),
        ("buses", ("buses",), ("xview1", "fair1m", "mine")),
        ("submarines", ("submarines",), ("xview1", "fair1m", "mine")),
        ("objects", (), ("xview1", "fair1m", "mine")),
        # What is named is asked, so that it can say that it knows no such class.
        ("ferries in FAIR1M", ("ferries",), ("xview1", "fair1m", "mine")),
    ],
)
def test_a_table_that_does_not_know_the_class_is_not_offered(
    text: str, phrases: tuple[str, ...], expected: tuple[str, ...]
) -> None:
    assert tuple(table.id for table in knowing(TABLES, text, phrases)) == expected
