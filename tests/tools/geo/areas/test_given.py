"""Areas that people type: four edges, GeoJSON and WKT become one checked GeoJSON, or an error."""

from __future__ import annotations

import json
from typing import Any

import pytest
import shapely
from hypothesis import assume, given
from hypothesis import strategies as st
from terragate.tools.errors import UsageError
from terragate.tools.geo.areas.box import Box
from terragate.tools.geo.areas.drawn import outline_of_geojson
from terragate.tools.geo.areas.given import MAX_CHARS, edges_geojson, read_edges, read_given
from terragate.tools.geo.areas.view import names_view

SQUARE = shapely.box(4.0, 51.8, 4.6, 52.1)
HOLED = shapely.difference(SQUARE, shapely.box(4.1, 51.9, 4.2, 52.0))
PARTS = shapely.union_all([SQUARE, shapely.box(5, 52, 5.5, 52.5)])


def area(document: dict[str, Any]) -> shapely.Geometry:
    return outline_of_geojson(json.dumps(document)).shape


def feature(shape: shapely.Geometry) -> dict[str, Any]:
    return {"type": "Feature", "properties": None, "geometry": shapely.geometry.mapping(shape)}


@pytest.mark.parametrize(
    "text", ["4.0,51.8,4.6,52.1", " 4, 51.8 ,4.6,\t52.1 ", "4e0,51.8,+4.6,52.1"]
)
def test_four_edges_are_a_box(text: str) -> None:
    assert area(read_given(text)).equals(SQUARE)


@pytest.mark.parametrize("shape", [SQUARE, HOLED, PARTS])
def test_geojson_and_wkt_are_the_same_area(shape: shapely.Geometry) -> None:
    texts = (
        shapely.to_geojson(shape),
        json.dumps(feature(shape)),
        json.dumps({"type": "FeatureCollection", "features": [feature(shape)]}),
        shapely.to_wkt(shape, rounding_precision=-1),
        f"  srid=4326; {shapely.to_wkt(shape).lower()} ",
        shapely.to_wkt(shapely.force_3d(shape, 7.0)),
    )
    for text in texts:
        assert area(read_given(text)).equals(shape), text


@given(st.floats(-180, 180), st.floats(-89, 89), st.floats(0.001, 200), st.floats(0.001, 1))
def test_any_box_is_the_box_that_was_meant(
    west: float, south: float, width: float, height: float
) -> None:
    """Wide boxes and those over the 180th meridian keep their area in square degrees."""
    east, north = west + width, south + height
    assume(east <= 360)
    made = area(edges_geojson(Box(west, south, east, north)))
    assert made.area == pytest.approx(width * height, rel=1e-3, abs=1e-5)
    middle = (west + width / 2 + 180) % 360 - 180
    assert made.distance(shapely.Point(middle, south + height / 2)) < 1e-6
    assert made.bounds[0] >= -180
    assert made.bounds[2] <= 180


def test_a_box_over_the_meridian_has_west_above_east() -> None:
    both = shapely.union_all([shapely.box(179, -17, 180, -16), shapely.box(-180, -17, -178, -16)])
    assert area(read_given("179,-17,-178,-16")).equals(both)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("nan,51,5,52", "no finite numbers"),
        ("4,51,inf,52", "no finite numbers"),
        ("51.8,104.0,52.1,104.6", "is latitude before longitude"),
        ("104,-95,105,91", "latitudes beyond 90 degrees:"),
        ("4,52,5,51", r"south \(52\) not below its north \(51\)"),
        ("4,51,5,51", "not below its north"),
        ("5,51,4,52", r"west \(5\) east of its east \(4\)"),
        ("4,51,4,52", "longitudes within 360 degrees that differ"),
        ("400,51,401,52", "longitudes within 360 degrees"),
        ("-350,51,350,52", "wider than 360"),
        ("-180,-90,180,90", "more than half of Earth"),
        ("4,51,5", "is not four numbers"),
        ("4,51,5,52,6", "is not four numbers"),
        ("4,51,,52", "is not four numbers"),
        ("{", "no valid JSON"),
        ('{"type": "Point", "coordinates": [4, 52]}', "holds no polygon"),
        ('{"type": "Polygon", "coordinates": [[[4, NaN], [5, 5], [6, 6]]]}', "no valid JSON"),
        ('{"type": "Polygon", "coordinates": [[[4, 5], [5, 5]]]}', "fewer than three"),
        ('{"type": "Circle"}', "no GeoJSON type"),
        ("POINT (4 52)", "is a POINT: give POLYGON or MULTIPOLYGON"),
        ("GEOMETRYCOLLECTION (" * 50_000, "is a GEOMETRYCOLLECTION"),
        ("POLYGON ((4 52, 5 52", "no readable WKT"),
        ("POLYGON ((4 52, 5 52, 5 53, 4 nan))", "WKT|finite"),
        ("POLYGON ((4 52, 5 52, 5 53, 4 inf, 4 52))", "WKT|finite"),
        ("POLYGON ((4 152, 5 152, 5 153, 104 153, 4 152))", "no degrees"),
        ("POLYGON ((4 52, 5 52, 4 52))", "WKT|no area|fewer"),
        ("SRID=28992;POLYGON ((0 0, 1 0, 1 1, 0 0))", "in SRID 28992"),
        ("areas.geojson", "is no file that exists, no box"),
        ("my, own.gpkg", "is no file that exists"),
        ("", "is no file that exists"),
        ("9" * (MAX_CHARS + 1), "give it as a file"),
    ],
)  # fmt: skip
def test_what_is_no_area_is_told(text: str, said: str) -> None:
    with pytest.raises(UsageError, match=said) as caught:
        read_given(text)
    assert len(str(caught.value)) < 400


def test_too_many_vertices_are_refused() -> None:
    ring = ", ".join(f"{i % 7 / 1e6 + i / 1e6:g} {i % 2}" for i in range(60_000))
    with pytest.raises(UsageError, match="more than|vertices|cross"):
        read_given(f"POLYGON (({ring}, 0 0))")


@given(st.text(max_size=60) | st.text('0123456789.,-+e{}[]()POLYGNM infa"', max_size=60))
def test_any_text_is_an_area_or_a_usage_error(text: str) -> None:
    try:
        document = read_given(text)
    except UsageError:
        return
    assert area(document).area > 0


@given(st.text(max_size=40) | st.lists(st.floats(), min_size=4, max_size=4).map(str))
def test_any_edges_are_in_range_or_a_usage_error(text: str) -> None:
    try:
        west, south, east, north = read_edges(text.strip("[]"))
    except UsageError:
        return
    assert -90 <= south < north <= 90
    assert max(abs(west), abs(east)) <= 360


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("How many ships are here?", True),
        ("What do I see?", True),
        ("Forest in this area in 2020", True),
        ("NDVI of the current map view", True),
        ("Count the boats in view", True),
        ("mean NDVI where I'm looking", True),
        ("Trees in this view", True),
        ("Zoom to the visible region", True),
        ("Show them on a map", False),
        ("What is the area of forest in Rotterdam?", False),
        ("Is there anything there, or where are the ships?", False),
        ("the view of Delft", True),
        ("a review of the viewing angle", False),
    ],
)
def test_words_that_mean_the_map_view(text: str, meant: bool) -> None:
    assert names_view((text,)) is meant
    assert names_view((text, "And in 2020?")) is meant
