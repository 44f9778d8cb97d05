"""Closed choices as a question says them: formats, statistics, measures, sides of a threshold."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terragate.tools.geo.named_choices import (
    FORMATS,
    MEASURES,
    SIDES,
    STATISTICS,
    named,
    sides,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ships of Bergen as GeoJSON", ("geojson",)),
        ("Give me a GeoPackage or gpkg of the ships", ("gpkg",)),
        ("NDVI of Bergen as a geo tiff", ("cog",)),
        ("geo-json and gpkg of ships", ("geojson", "gpkg")),
        ("Export the ships of Bergen", tuple(FORMATS)),
        ("the cogwheels of a json maker", tuple(FORMATS)),
    ],
)
def test_formats(text: str, expected: tuple[str, ...]) -> None:
    assert named(text, FORMATS) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Average NDVI of Bergen", ("mean",)),
        ("What is the HIGHEST it gets, and the lowest?", ("min", "max")),
        ("dispersion of NDVI, its standard deviation", ("std",)),
        ("I mean, how green is it", tuple(STATISTICS)),
        ("the scene with the lowest cloud cover by all means", tuple(STATISTICS)),
    ],
)
def test_statistics(text: str, expected: tuple[str, ...]) -> None:
    assert named(text, STATISTICS) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ships of 2020 divided by those of 2018", ("ratio",)),
        ("By what factor did they grow, and by how many?", ("difference", "ratio")),
        ("How many more ferries than buses", ("difference",)),
        ("how many times as many ships", ("ratio",)),
        ("Porto against Bergen", tuple(MEASURES)),
    ],
)
def test_measures(text: str, expected: tuple[str, ...]) -> None:
    assert named(text, MEASURES) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("hectares with NDVI above 0.3", "above"),
        ("where NDMI is no greater than -0.2", "below"),
        ("lie no less than the value of .3", "above"),
        ("NDVI that does not exceed 0.5 there", "below"),
        ("it doesn't go above 0.4", "below"),
        ("has evi <= 0.5 throughout summer", "below"),
        ("EVI>=0.5", "above"),
        ("NDBI is short of 0?", "below"),
        ("in excess of 0.33 in 2020-2023", "above"),
        ("at most 0.5.", "below"),
    ],
)
def test_the_side_of_a_threshold(text: str, expected: str) -> None:
    assert sides(text) == (expected,)


@pytest.mark.parametrize(
    "text",
    [
        "above 0.2 and below 0.4", "more than 20 ships", "over 1 km from here", "over 2020",
        "abve 0.3", "NDVI 0.3", "less than 5 % cloud", "ships above the bridge", "up to 0.5 km",
    ],
)  # fmt: skip
def test_both_sides_where_it_is_not_said_of_one_index(text: str) -> None:
    assert sides(text) == SIDES


@given(st.text(max_size=80))
def test_any_text_leaves_something_to_choose(text: str) -> None:
    for names in (FORMATS, STATISTICS, MEASURES):
        assert named(text, names)
    assert sides(text)
