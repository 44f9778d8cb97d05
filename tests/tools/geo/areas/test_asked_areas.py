"""Boxes, coordinates and halves that a question gives in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pyproj import Geod
from terragate.tests.support.tiny_geo import aoi_payload, context, record
from terragate.tools.errors import RetryableToolError
from terragate.tools.geo.areas import (
    BBOX_AOI,
    BUFFER_POINT,
    PART_OF_AOI,
    POINT_AOI,
    bbox_spans,
    point_spans,
)
from terragate.tools.geo.areas.box import read_box
from terragate.tools.geo.areas.point import read_point
from terragate.tools.records import ToolResult

GEOD = Geod(ellps="WGS84")
BOX = (3.0, 51.0, 5.0, 52.0)


def area(result: ToolResult) -> shapely.Geometry:
    return shapely.geometry.shape(result.outputs["aoi"]["geometry"])


@pytest.mark.parametrize(
    ("text", "span", "box"),
    [
        ("in bbox 4.0 51.8 4.6 52.1 in 2020", "bbox 4.0 51.8 4.6 52.1", (4.0, 51.8, 4.6, 52.1)),
        ("in [4.0, 51.8, 4.6, 52.1], please", "[4.0, 51.8, 4.6, 52.1]", (4.0, 51.8, 4.6, 52.1)),
        ("bounding box (-5.5, 50, -4, 51)?", "bounding box (-5.5, 50, -4, 51)", (-5.5, 50, -4, 51)),
        ("trucks inside 3.0, 51.0, 5.0, 52.0 for 2021", "3.0, 51.0, 5.0, 52.0", BOX),
        ("NDVI within 3,51,5,52?", "3,51,5,52", BOX),
        ("NDVI for the box 3 51 5 52, 2020", "box 3 51 5 52", BOX),
        ("trucks in 3.0, 51.0, 5.0, 52.0, 2021", "3.0, 51.0, 5.0, 52.0", BOX),
        ("between 51 and 52 N and 3 and 5 E since", "between 51 and 52 N and 3 and 5 E", BOX),
        ("How many in 51-52°N, 3-5°E?", "51-52°N, 3-5°E", BOX),
        ("from 51°N to 52°N and 3°E to 5°E", "from 51°N to 52°N and 3°E to 5°E", BOX),
        ("latitude 51 to 52, longitude 3 to 5", "latitude 51 to 52, longitude 3 to 5", BOX),
        ("lon 3..5 lat 51..52", "lon 3..5 lat 51..52", BOX),
        ("between 9 S and 5 N and 3 and 4 E", "between 9 S and 5 N and 3 and 4 E", (3, -9, 4, 5)),
        ("10°W to 5°E and 40 to 45 north", "10°W to 5°E and 40 to 45 north", (-10, 40, 5, 45)),
        ("51°30'-52°N, 3-5°E", "51°30'-52°N, 3-5°E", (3, 51.5, 5, 52)),
    ],
)  # fmt: skip
def test_boxes_in_a_question_are_found_and_read(
    text: str, span: str, box: tuple[float, ...]
) -> None:
    assert bbox_spans(text) == (span,)
    assert tuple(read_box(span)[0]) == pytest.approx(box)
    assert point_spans(text) == ()


@pytest.mark.parametrize(
    ("text", "span", "lat", "lon"),
    [
        ("ships within 5 km of 51.9225, 4.4792?", "51.9225, 4.4792", 51.9225, 4.4792),
        ("within 5 km of 51.92, 4.48 in 2020", "51.92, 4.48", 51.92, 4.48),
        ("at the point (51.9, 4.5)", "51.9, 4.5", 51.9, 4.5),
        ("near 33.8688° S, 151.2093° E", "33.8688° S, 151.2093° E", -33.8688, 151.2093),
        ("at 51°55'20\"N 4°28'45\"E", "51°55'20\"N 4°28'45\"E", 51.92222222, 4.479166666),
        ("at 51°55′20″N, 4°28′45″W", "51°55′20″N, 4°28′45″W", 51.92222222, -4.479166666),
        ("N 51 55.3 E 4 28.8", "N 51 55.3 E 4 28.8", 51 + 55.3 / 60, 4.48),
        ("E 4.47, N 51.92", "E 4.47, N 51.92", 51.92, 4.47),
        ("lat 51.92, lon -4.47", "lat 51.92, lon -4.47", 51.92, -4.47),
        ("latitude: 51.92 longitude: 4.47", "latitude: 51.92 longitude: 4.47", 51.92, 4.47),
        ("1.9 degrees north, 4.4 degrees west", "1.9 degrees north, 4.4 degrees west", 1.9, -4.4),
        ("51:55:20N 4:28:45E", "51:55:20N 4:28:45E", 51.92222222, 4.479166666),
        ("at 139.6917, 35.6895", "139.6917, 35.6895", 35.6895, 139.6917),
    ],
)  # fmt: skip
def test_coordinates_in_a_question_are_found_and_read(
    text: str, span: str, lat: float, lon: float
) -> None:
    assert point_spans(text) == (span,)
    assert tuple(read_point(span)[0]) == pytest.approx((lon, lat), abs=1e-8)
    assert bbox_spans(text) == ()


@pytest.mark.parametrize(
    "text",
    [
        "NDVI above 0.3 and below 0.4 in 2019",
        "from 2019 to 2020 N of Rotterdam",
        "compare 12/05/2019 - 13/05/2019 with 3.5, 4.5 percent",
        "the 5 largest of 51 ships, 4 tugs and 3 barges",
        "between 2019 and 2020 and 3 and 5 E",
        "Sentinel-2 bands 4 8 11 12",
        "ships within 5, 10, 15, 20 km of the port",
        "in 2019, 2020, 2021, 2022",
        "in 3, 4, 5, 6, 7 or 8 of the scenes",
    ],
)
def test_other_numbers_are_no_places(text: str) -> None:
    assert (bbox_spans(text), point_spans(text)) == ((), ())


@given(st.text(alphabet="0123456789.,-°'\" NSEWbetweandlox()[]", max_size=400))
def test_spans_of_any_text_are_its_own_words(text: str) -> None:
    for span in (*bbox_spans(text), *point_spans(text)):
        assert span in text


@given(
    st.floats(-180, 179), st.floats(-89, 88), st.floats(0.01, 1), st.floats(0.01, 1), st.booleans()
)
def test_a_written_box_is_read_back(
    west: float, south: float, width: float, height: float, comma: bool
) -> None:
    box = [round(v, 4) for v in (west, south, west + width, south + height)]
    text = "bbox " + (", " if comma else " ").join(f"{v:.4f}" for v in box)
    assert bbox_spans(f"NDVI in {text} now") == (text,)
    assert list(read_box(text)[0]) == box


@given(st.floats(-89.9, 89.9), st.floats(-179.9, 179.9))
def test_a_written_point_is_read_back(lat: float, lon: float) -> None:
    def dms(value: float, sides: str) -> str:
        seconds = round(abs(value) * 3600)
        return f"{seconds // 3600}°{seconds // 60 % 60:02d}'{seconds % 60:02d}\"{sides[value < 0]}"

    for text, accuracy in (
        (f"{lat:.5f}, {lon:.5f}", 1e-5),
        (f"{dms(lat, 'NS')} {dms(lon, 'EW')}", 0.6 / 3600),
    ):
        assert point_spans(f"ships near {text}") == (text,)
        if abs(lat) < 89:
            assert tuple(read_point(text)[0]) == pytest.approx((lon, lat), abs=accuracy)


def test_the_order_of_a_box_is_checked_and_said(tmp_path: Path) -> None:
    run = context(tmp_path)
    for words, box, note in (
        ("bbox 4 51 5 52", (4, 51, 5, 52), "west, south, east, north"),
        ("bbox 35 139 36 140", (139, 35, 140, 36), "latitude came before longitude"),
        ("bbox 4 52 5 51", (4, 51, 5, 52), "south and north were the wrong way round"),
        ("bbox 5 51 4 52", (4, 51, 5, 52), "west and east were the wrong way round"),
    ):
        result = BBOX_AOI(run, {"box": words})
        assert area(result).equals(shapely.box(*box)), words
        assert any(note in n for n in result.notes)
        assert result.summary == "aoi bounding box {} {} {} {}".format(*box)


def test_a_box_over_the_meridian_has_two_parts(tmp_path: Path) -> None:
    result = BBOX_AOI(context(tmp_path), {"box": "bbox 170 -20 -170 -10"})
    truth = [shapely.box(170, -20, 180, -10), shapely.box(-180, -20, -170, -10)]
    assert area(result).equals(shapely.union_all(truth))
    assert any("180th" in note for note in result.notes)


def test_a_box_that_only_holds_data_swapped_is_said(tmp_path: Path) -> None:
    result = BBOX_AOI(context(tmp_path), {"box": "bbox 51 4 52 5"})
    assert any("swapped: check" in note for note in result.notes)


@pytest.mark.parametrize(
    "words", ["somewhere", "bbox 1 2 3", "bbox 400 1 500 2", "bbox 100 95 110 99"]
)
def test_what_is_no_box_is_a_typed_error(tmp_path: Path, words: str) -> None:
    with pytest.raises(RetryableToolError) as caught:
        BBOX_AOI(context(tmp_path), {"box": words})
    assert caught.value.kind == "bad_argument"


def test_a_box_without_width_or_of_the_whole_world_is_refused(tmp_path: Path) -> None:
    from terragate.tools.errors import ToolError

    for words, kind in (("bbox 4 51 4 52", "bad_data"), ("bbox -180 -90 180 90", "too_large")):
        with pytest.raises(ToolError) as caught:
            BBOX_AOI(context(tmp_path), {"box": words})
        assert caught.value.kind == kind


@pytest.mark.parametrize(("lat", "lon"), [(51.92, 4.48), (-16.8, 179.99), (69.6, 18.9)])
@pytest.mark.parametrize("km", [1, 25])
def test_a_distance_around_a_point_is_geodesic(
    tmp_path: Path, lat: float, lon: float, km: int
) -> None:
    words = f"lat {lat}, lon {lon}"
    result = BUFFER_POINT(context(tmp_path), {"point": words, "distance": f"{km} km"})
    edge = shapely.get_coordinates(area(result))
    edge = edge[np.abs(edge[:, 0]) < 179.9999]
    start = np.full(len(edge), lon), np.full(len(edge), lat)
    metres = GEOD.inv(*start, edge[:, 0], edge[:, 1])[2]
    # The disc has 64 sides, so that its corners lie on the circle; cut ends lie inside it.
    assert metres.max() == pytest.approx(km * 1000, rel=1e-3)
    truth = np.pi * km**2
    measured = abs(GEOD.geometry_area_perimeter(area(result))[0]) / 1e6
    assert measured == pytest.approx(truth, rel=0.002)


def test_a_point_alone_is_taken_as_a_town_is(tmp_path: Path) -> None:
    result = POINT_AOI(context(tmp_path), {"point": "51.9225, 4.4792"})
    west, south, east, north = area(result).bounds
    assert GEOD.inv(west, 51.9225, east, 51.9225)[2] == pytest.approx(20_000, rel=0.01)
    assert GEOD.inv(4.4792, south, 4.4792, north)[2] == pytest.approx(20_000, rel=0.01)
    assert result.summary == "aoi around 51.922°N 4.4792°E"
    assert any("latitude, longitude" in note for note in result.notes)
    assert any("10 km on every side" in note for note in result.notes)


@pytest.mark.parametrize(
    "words", ["here", "95.5000, 95.5000", "51°70'N 4°E", "91 N, 4 E", "51.9 N"]
)
def test_what_is_no_point_is_a_typed_error(tmp_path: Path, words: str) -> None:
    with pytest.raises(RetryableToolError) as caught:
        POINT_AOI(context(tmp_path), {"point": words})
    assert caught.value.kind == "bad_argument"


def part(folder: Path, shape: shapely.Geometry, which: str) -> ToolResult:
    run = context(folder, [record("a", aoi=aoi_payload(shape))])
    return PART_OF_AOI(run, {"part": which, "aoi": "a"})


def test_halves_share_out_the_area(tmp_path: Path) -> None:
    shape = shapely.Point(4, 52).buffer(1).union(shapely.box(5, 52, 6, 52.2))
    for pair in (("north", "south"), ("east", "west")):
        first, second = (area(part(tmp_path, shape, half)) for half in pair)
        assert first.intersection(second).area < 1e-9
        assert first.union(second).symmetric_difference(shape).area < 1e-5
    north = part(tmp_path, shape, "north")
    assert north.outputs["aoi"]["name"] == "north half of Testville"
    assert north.outputs["aoi"]["country"] == "Testland"
    assert north.notes == (
        "the north half is what lies north of latitude 52.0000, the middle of the area",
    )
    assert area(north).bounds[1] == pytest.approx(52)
    assert "Testville" not in north.summary


def test_the_centre_is_the_middle_half_each_way(tmp_path: Path) -> None:
    assert area(part(tmp_path, shapely.box(0, 0, 8, 4), "centre")).equals(shapely.box(2, 1, 6, 3))


def test_halves_of_an_area_over_the_meridian(tmp_path: Path) -> None:
    fiji = shapely.MultiPolygon(
        [shapely.box(176, -20, 180, -16), shapely.box(-180, -20, -178, -16)]
    )
    assert area(part(tmp_path, fiji, "west")).equals(shapely.box(176, -20, 179, -16))
    east = shapely.union_all([shapely.box(179, -20, 180, -16), shapely.box(-180, -20, -178, -16)])
    assert area(part(tmp_path, fiji, "east")).equals(east)


def test_a_part_without_area_is_a_typed_error(tmp_path: Path) -> None:
    ring = shapely.box(0, 0, 8, 8).difference(shapely.box(1, 1, 7, 7))
    with pytest.raises(RetryableToolError, match="nothing of the area") as caught:
        part(tmp_path, ring, "centre")
    assert "north" in caught.value.candidates
