"""Closed choices as a question says them: formats, statistics, measures, sides of a threshold."""

from __future__ import annotations

from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terragate.tools.compare import CompareValuesArgs
from terragate.tools.geo.export import Format
from terragate.tools.geo.named_choices import (
    FORMATS,
    MEASURES,
    SIDES,
    STATISTICS,
    Names,
    named,
    sides,
)
from terragate.tools.geo.zonal import AreaWhereArgs, Statistic


@pytest.mark.parametrize(
    ("names", "text", "expected"),
    [
        (FORMATS, "ships of Bergen as GeoJSON", ("geojson",)),
        (FORMATS, "Give me a GeoPackage or gpkg of the ships", ("gpkg",)),
        (FORMATS, "NDVI of Bergen as a geo tiff", ("cog",)),
        (FORMATS, "geo-json and gpkg of ships", ("geojson", "gpkg")),
        (FORMATS, "Export the ships of Bergen", tuple(FORMATS)),
        (FORMATS, "the cogwheels of a json maker", tuple(FORMATS)),
        (STATISTICS, "Average NDVI of Bergen", ("mean",)),
        (STATISTICS, "What is the HIGHEST it gets, and the lowest?", ("min", "max")),
        (STATISTICS, "dispersion of NDVI, its standard deviation", ("std",)),
        (STATISTICS, "I mean, how green is it", tuple(STATISTICS)),
        (STATISTICS, "the scene with the lowest cloud cover by all means", tuple(STATISTICS)),
        (MEASURES, "ships of 2020 divided by those of 2018", ("ratio",)),
        (MEASURES, "By what factor did they grow, and by how many?", ("difference", "ratio")),
        (MEASURES, "How many more ferries than buses", ("difference",)),
        (MEASURES, "how many times as many ships", ("ratio",)),
        (MEASURES, "Porto against Bergen", tuple(MEASURES)),
    ],
)
def test_what_is_named_is_offered(names: Names, text: str, expected: tuple[str, ...]) -> None:
    assert named(text, names) == expected


def test_there_are_names_for_all_that_the_tools_take() -> None:
    assert set(FORMATS) == set(get_args(Format))
    assert set(STATISTICS) == set(get_args(Statistic))
    measures = CompareValuesArgs.model_json_schema()["properties"]["measure"]
    assert set(MEASURES) == set(measures["enum"])
    side = AreaWhereArgs.model_json_schema()["properties"]["comparison"]
    assert list(SIDES) == side["enum"]


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
