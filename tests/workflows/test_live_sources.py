"""What a run is offered to load: collections that the question names, or that reach its area."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
import shapely
from terragate.tests.support.point_catalog import PointCatalog
from terragate.tests.support.tiny_geo import aoi_payload, record
from terragate.tools.geo.catalog import UNDATED, CollectionInfo, CollectionKind
from terragate.workflows.live import geo_live_state
from terragate.workflows.request import Request

NORTH, SOUTH = (4.0, 51.0, 5.0, 52.0), (-75.0, -9.0, -74.0, -8.0)


def info(name: str, kind: CollectionKind, bbox: tuple[float, float, float, float]):
    return CollectionInfo(
        id=name, title=name, kind=kind, bbox=bbox, start=UNDATED[0], end=UNDATED[1]
    )


class TwoPlaces:
    """A catalog with one collection of each kind in the north and one in the south."""

    root = Path()

    def collections(self) -> tuple[CollectionInfo, ...]:
        kinds: tuple[CollectionKind, ...] = ("scenes", "surface", "features", "detections")
        return tuple(
            info(f"{where}-{kind}", kind, bbox)
            for where, bbox in (("north", NORTH), ("south", SOUTH))
            for kind in kinds
        )


def test_only_what_reaches_the_newest_area_is_offered() -> None:
    request = Request(text="NDVI of here", today=date(2025, 1, 1))
    before = geo_live_state(request, (), TwoPlaces(), {})
    areas = [
        record(name, aoi=aoi_payload(shapely.box(*bbox)))
        for name, bbox in (("a", NORTH), ("b", SOUTH))
    ]
    after = geo_live_state(request, areas, TwoPlaces(), {})
    for source, kind in (("scenes", "scenes"), ("surfaces", "surface"), ("features", "features")):
        assert before[f"catalog.{source}"] == (f"north-{kind}", f"south-{kind}")
        assert after[f"catalog.{source}"] == (f"south-{kind}",)
    # Of tables the model chooses by name; an empty one is an answer.
    assert after["catalog.tables"] == ("north-detections", "south-detections")


def test_scenes_that_are_named_are_meant_wherever_they_are() -> None:
    request = Request(text="NDVI of the North Scenes", today=date(2025, 1, 1))
    here = [record("b", aoi=aoi_payload(shapely.box(*SOUTH)))]
    live = geo_live_state(request, here, TwoPlaces(), {})
    assert live["catalog.scenes"] == ("north-scenes",)
    assert live["catalog.surfaces"] == ("south-surface",)


def live_of(*texts: str):
    *earlier, text = texts
    request = Request(text=text, earlier=tuple(earlier), today=date(2025, 1, 1))
    return geo_live_state(request, (), PointCatalog(), {})


@pytest.mark.parametrize(
    ("texts", "source", "expected"),
    [
        (("ships of Bergen in 2019?", "and in 2022?"), "span.dates", ("2022",)),
        (("ships of Bergen in 2019?", "and in 2022?"), "span.place", ("Bergen",)),
        (("ships of Bergen in 2019?", "what about Osaka"), "span.place", ("Osaka",)),
        (("ships of Bergen in 2019?", "and at 51.9 N, 4.5 E?"), "span.place", ()),
        (("ships of Bergen in 2019?", "and tugs?"), "span.class", ("tugs", "everything")),
        (("ships of Bergen in 2019?", "what about Osaka", "in 2020"), "span.place", ("Osaka",)),
        # What may be no place at all replaces none.
        (("ships of Bergen?", "Graet, and in 2022?"), "span.place", ("Graet", "Bergen")),
        # What shrinks is compared with itself at another time.
        (
            ("ships of Bergen in 2019?", "did the forest shrink?"),
            "span.class",
            ("forest", "everything"),
        ),
        (
            ("ships in 2019?", "did ferries grow from 2020 to 2022?"),
            "span.dates",
            ("2020", "2022"),
        ),
        (("ships in 2019?", "did they grow by 2022?"), "span.dates", ("2022", "2019")),
        # A comparison means both.
        (("ships of Bergen?", "how many more than in Osaka"), "span.place", ("Osaka", "Bergen")),
    ],
)
def test_a_follow_up_replaces_what_it_names(texts, source, expected) -> None:
    assert live_of(*texts)[source] == expected


@pytest.mark.parametrize(
    ("text", "left"),
    [
        ("More ships in Bergen or in Osaka in 2019?", {"Bergen", "Osaka", "2019", "ships"}),
        ("Ships in Bergen and Osaka in 2019?", set[str]()),
        ("How many more trucks than ferries?", {"trucks", "ferries"}),
    ],
)
def test_a_comparison_is_open_until_all_it_names_is_used(text: str, left: set[str]) -> None:
    assert set(live_of(text)["compare.open"]) == left


def test_a_choice_that_is_named_is_meant() -> None:
    live = live_of("Mean NDVI of Bergen?", "Its hectares above 0.3 as GeoTIFF, by what factor?")
    assert live["said.format"] == ("cog",)
    assert live["said.statistic"] == ("mean",)
    assert live["said.measure"] == ("ratio",)
    assert live["said.side"] == ("above",)


def test_a_column_can_be_compared_with_a_number_a_length_or_a_name() -> None:
    text = "Which are above 12, higher than 8 m, or called Rotterdam?"
    live = geo_live_state(Request(text=text, today=date(2025, 1, 1)), (), TwoPlaces(), {})
    assert live["span.value"] == ("12", "8 m", "Rotterdam")
