from datetime import date
from pathlib import Path

import pytest
from pyproj import Geod
from shapely.geometry import Point, Polygon, box, shape
from terragate.tests.support.point_catalog import PERIOD, PointCatalog
from terragate.tools.artifacts import ArtifactStore
from terragate.tools.errors import RetryableToolError
from terragate.tools.geo.aoi import buffered, country_area, main_bounds, square_around
from terragate.tools.geo.catalog import UNDATED, CollectionInfo
from terragate.tools.geo.dates import ALL_DATES, FIND_DATES
from terragate.tools.geo.gazetteer import country_index, normalise
from terragate.tools.geo.place import BUFFER_AOI, FIND_PLACE, WHOLE_ARCHIVE
from terragate.tools.geo.place_choice import resolve_place
from terragate.tools.records import Record
from terragate.tools.spec import ToolContext

ROTTERDAM, SINGAPORE, VALENCIA = (4.48, 51.92), (103.85, 1.29), (-0.38, 39.47)
TRIPOLI_LY, TRIPOLI_LB = (13.19, 32.89), (35.84, 34.43)
NOTHING = PointCatalog()
GEOD = Geod(ellps="WGS84")


@pytest.mark.parametrize(
    ("phrase", "label"),
    [
        ("Tromso", "Tromsø, Norway"),
        ("GDANSK", "Gdańsk, Poland"),
        ("Bombay", "Mumbai, India"),
        ("the port of Rotterdam", "Rotterdam, The Netherlands"),
        ("Rotterdam harbour", "Rotterdam, The Netherlands"),
        ("Port Said", "Port Said, Egypt"),
        ("Mexico City", "Mexico City, Mexico"),
        ("Tripoli, Lebanon", "Tripoli, Lebanon"),
        ("tripoli in lebanon", "Tripoli, Lebanon"),
        ("Cordoba (Spain)", "Córdoba, Spain"),
        ("Valencia Spain", "Valencia, Spain"),
        ("Venice, Florida, United States", "Venice, Florida, United States"),
        ("the Netherlands", "The Netherlands"),
        ("USA", "United States"),
        ("Singapore", "Singapore"),
        ("California", "California, United States"),
    ],
)
def test_a_phrase_names_a_place_whatever_the_archive_holds(phrase: str, label: str):
    assert resolve_place(phrase, NOTHING)[0].label() == label


def test_the_place_with_data_is_taken_and_said():
    place, notes = resolve_place("Valencia", PointCatalog(VALENCIA))
    assert place.label() == "Valencia, Spain"
    assert "the only one of" in notes[0]


def test_a_layer_of_the_whole_world_tells_no_two_places_apart():
    class World(PointCatalog):
        def collections(self):
            layer = {"id": "countries", "title": "countries", "kind": "features"}
            whole = {"bbox": (-180, -90, 180, 90), "start": UNDATED[0], "end": UNDATED[1]}
            return (*super().collections(), CollectionInfo(**layer, **whole))

    assert resolve_place("Valencia", World(VALENCIA))[0].label() == "Valencia, Spain"
    for catalog in (World(), World(TRIPOLI_LB, TRIPOLI_LY)):
        with pytest.raises(RetryableToolError, match="Tripoli, Libya or Tripoli, Lebanon"):
            resolve_place("Tripoli", catalog)


def test_places_of_one_name_with_data_are_ambiguous():
    with pytest.raises(RetryableToolError) as caught:
        resolve_place("Tripoli", PointCatalog(TRIPOLI_LB, TRIPOLI_LY))
    assert caught.value.kind == "ambiguous"
    assert caught.value.candidates == ("Tripoli, Libya", "Tripoli, Lebanon")
    for candidate in caught.value.candidates:
        assert resolve_place(candidate, NOTHING)[0].label() == candidate


def test_without_data_only_a_far_larger_place_is_taken():
    assert resolve_place("Paris", NOTHING)[0].label() == "Paris, France"
    with pytest.raises(RetryableToolError) as caught:
        resolve_place("Hamilton", NOTHING)
    assert caught.value.kind == "ambiguous"


@pytest.mark.parametrize("typo", ["Signapore", "Singapor", "Sinngapore"])
def test_a_typo_of_a_place_with_data_is_read_and_said(typo: str):
    place, notes = resolve_place(typo, PointCatalog(SINGAPORE))
    assert place.label() == "Singapore"
    assert notes == (f"read {typo!r} as Singapore",)


@pytest.mark.parametrize(
    "phrase", ["Wakanda", "Brulbonhaven", "North Sea", "Valencia, Italy", "", "?"]
)
def test_an_unknown_place_is_refused_with_places_that_are_known(phrase: str):
    with pytest.raises(RetryableToolError) as caught:
        resolve_place(phrase, PointCatalog(ROTTERDAM))
    assert caught.value.kind == "not_found"
    assert repr(phrase) in str(caught.value)
    for candidate in caught.value.candidates:
        resolve_place(candidate, NOTHING)


def test_a_town_is_a_square_of_20_km():
    west, south, east, north = square_around(*ROTTERDAM).bounds
    assert GEOD.inv(west, ROTTERDAM[1], east, ROTTERDAM[1])[2] == pytest.approx(20_000, rel=0.01)
    assert GEOD.inv(ROTTERDAM[0], south, ROTTERDAM[0], north)[2] == pytest.approx(20_000, rel=0.01)


def test_a_buffer_is_in_metres_on_every_side():
    west, south, _, _ = buffered(Point(*ROTTERDAM), 5000).bounds
    assert GEOD.inv(west, ROTTERDAM[1], *ROTTERDAM)[2] == pytest.approx(5000, rel=0.01)
    assert GEOD.inv(ROTTERDAM[0], south, *ROTTERDAM)[2] == pytest.approx(5000, rel=0.01)


@pytest.mark.parametrize("metres", [200, 5_000, 300_000])
@pytest.mark.parametrize("lat", [0.0, -51.92, 78.2])
def test_a_buffer_around_a_point_has_the_area_of_a_disc(lat: float, metres: float):
    area = buffered(Point(20.0, lat), metres)
    ring = [GEOD.fwd(20.0, lat, azimuth / 4, metres)[:2] for azimuth in range(1440)]
    truth = abs(GEOD.geometry_area_perimeter(Polygon(ring))[0])
    measured = abs(GEOD.geometry_area_perimeter(area)[0])
    assert 0 < 1 - measured / truth < 0.002
    assert len(area.exterior.coords) - 1 >= 64


@pytest.mark.parametrize("lon", [179.95, -179.95])
def test_an_area_that_crosses_180_degrees_stays_on_the_map(lon: float):
    area = square_around(lon, -17.0)
    assert box(-180, -90, 180, 90).covers(area)
    assert area.area == pytest.approx(square_around(0, -17.0).area, rel=0.01)
    assert area.covers(Point(-179.97, -17.0))
    assert area.covers(Point(179.97, -17.0))


@pytest.mark.parametrize(
    ("name", "inside", "outside"),
    [
        ("fiji", (177.8, -17.9), (0, -17)),
        ("russia", (37.6, 55.7), (0, 66)),
        ("united states", (-95, 40), (-79.4, 43.7)),
        ("netherlands", ROTTERDAM, (4.4, 51.2)),
    ],
)
def test_a_country_is_its_outline(
    name: str, inside: tuple[float, float], outside: tuple[float, float]
):
    area = country_area(country_index()[name])
    west, _, east, _ = main_bounds(area)
    assert area.covers(Point(inside))
    assert not area.covers(Point(outside))
    assert east - west < 165


def test_names_are_compared_without_accents_case_and_article():
    assert normalise("The  São-Tomé’s") == normalise("sao tome s")
    assert normalise("Łódź") == "lodz"


@pytest.fixture
def context(tmp_path: Path) -> ToolContext:
    return ToolContext(ArtifactStore(tmp_path), PointCatalog(VALENCIA), {}, date(2025, 3, 10))


def test_the_tools_give_areas_and_intervals(context: ToolContext):
    found = FIND_PLACE(context, {"place": "Valencia"})
    assert found.summary == "aoi Valencia, Spain"
    aoi = found.outputs["aoi"]
    assert (aoi["name"], aoi["country"]) == ("Valencia", "Spain")
    assert shape(aoi["geometry"]).bounds == pytest.approx(aoi["bbox"], abs=1e-5)
    record = Record(
        id="r1",
        stage="place",
        tool="find_place",
        args={},
        status="ok",
        summary="",
        outputs=found.outputs,
    )
    later = ToolContext(context.store, context.catalog, {"r1": record}, context.today)
    wider = BUFFER_AOI(later, {"distance": "5 km", "aoi": "r1"})
    assert shape(wider.outputs["aoi"]["geometry"]).contains(shape(aoi["geometry"]))
    assert "5,000 m" in wider.notes[0]
    whole = WHOLE_ARCHIVE(context, {}).outputs["aoi"]
    assert (whole["name"], whole["bbox"]) == ("whole archive", [-180, -90, 180, 90])
    dates = FIND_DATES(context, {"dates": "June 2024"})
    assert dates.summary == "dates 2024-06-01/2024-07-01"
    every = ALL_DATES(context, {}).outputs["interval"]
    assert (every["start"], every["end"]) == tuple(d.isoformat() for d in PERIOD)
