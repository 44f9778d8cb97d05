from __future__ import annotations

import math
from datetime import date

import pytest
from terragate.benchmarks.geo.holdings import Holdings, read_holdings
from terragate.benchmarks.geo.meaning import Meaning
from terragate.benchmarks.geo.reading import read_meaning, read_span
from terragate.benchmarks.geo.task import Slots
from terragate.benchmarks.geo.truth import find_truth
from terragate.tests.support.known_archive import write_known_archive
from terragate.tools.errors import UsageError

# Rasterio multiplies affine transforms in a way that the newest affine means to deprecate.
pytestmark = pytest.mark.filterwarnings("ignore:Use `@` matmul:PendingDeprecationWarning")

ROTTERDAM = {"place": "Rotterdam", "country": "NL"}
JUNE = {"start": date(2020, 6, 1), "end": date(2020, 7, 1)}
SHIPS = {"collection": "xview1", "classes": ("Maritime Vessel",)}
SCENES = {"collection": "sentinel-2"}


@pytest.fixture(scope="module")
def holdings(tmp_path_factory: pytest.TempPathFactory) -> Holdings:
    return read_holdings(write_known_archive(tmp_path_factory.mktemp("known")))


def ask(holdings: Holdings, slots: dict, meaning: dict):
    collection = meaning.get("collection")
    return find_truth(
        Slots.model_validate({"collection": collection} | slots),
        Meaning.model_validate(meaning),
        holdings,
    )


def test_count_keeps_to_class_town_and_half_open_days(holdings: Holdings) -> None:
    truth = ask(holdings, {"family": "count"}, ROTTERDAM | JUNE | SHIPS)
    assert truth.value
    assert truth.value.value == 1
    everywhen = ask(holdings, {"family": "count"}, ROTTERDAM | SHIPS)
    assert everywhen.value
    assert everywhen.value.value == 2


def test_distance_widens_the_town(holdings: Holdings) -> None:
    meaning = ROTTERDAM | JUNE | SHIPS
    wider = ask(holdings, {"family": "count"}, meaning | {"distance_m": 5000.0})
    narrow = ask(holdings, {"family": "count"}, meaning | {"distance_m": 1000.0})
    assert wider.value
    assert narrow.value
    assert (wider.value.value, narrow.value.value) == (2, 1)


def test_the_whole_archive_when_no_place_is_named(holdings: Holdings) -> None:
    truth = ask(holdings, {"family": "count"}, SHIPS)
    assert truth.value
    assert truth.value.value == 4


def test_nothing_there_is_zero_for_counts_and_no_number_for_the_rest(holdings: Holdings) -> None:
    never = {"start": date(2012, 1, 1), "end": date(2013, 1, 1)}
    count = ask(holdings, {"family": "count"}, ROTTERDAM | never | SHIPS)
    assert count.empty
    assert count.value
    assert count.value.value == 0
    mean = {"family": "zonal", "index": "NDVI", "statistic": "mean"}
    zonal = ask(holdings, mean, ROTTERDAM | never | SCENES)
    assert zonal.empty
    assert zonal.value is None


@pytest.mark.parametrize(
    ("statistic", "expected"), [("mean", 0.3), ("min", 0.1), ("max", 0.5), ("std", 0.2)]
)
def test_statistics_of_the_clear_scene(holdings: Holdings, statistic: str, expected: float) -> None:
    slots = {"family": "zonal", "index": "NDVI", "statistic": statistic}
    truth = ask(holdings, slots, ROTTERDAM | JUNE | SCENES)
    assert truth.value
    assert math.isclose(truth.value.value, expected, abs_tol=0.005)
    assert truth.subject
    assert truth.subject.scene == "clear-20200610"


def test_clouded_pixels_do_not_count(holdings: Holdings) -> None:
    after_the_clear_one = {"start": date(2020, 6, 12), "end": date(2020, 7, 1)}
    slots = {"family": "zonal", "index": "NDVI", "statistic": "max"}
    truth = ask(holdings, slots, ROTTERDAM | after_the_clear_one | SCENES)
    assert truth.value
    assert math.isclose(truth.value.value, 0.1, abs_tol=1e-6)


def test_area_is_that_of_half_the_square(holdings: Holdings) -> None:
    slots = {"family": "area", "index": "NDVI", "comparison": "above", "threshold": "0.3"}
    truth = ask(holdings, slots, ROTTERDAM | JUNE | SCENES)
    assert truth.value
    assert truth.value.unit == "ha"
    assert math.isclose(truth.value.value, 20_000, rel_tol=0.03)


def test_indices_by_hand(holdings: Holdings) -> None:
    red, nir, blue, green, swir1, swir2 = 0.1, 0.3, 0.03, 0.05, 0.2, 0.1
    western = {
        "NDWI": (green - nir) / (green + nir),
        "MNDWI": (green - swir1) / (green + swir1),
        "NBR": (nir - swir2) / (nir + swir2),
        "NDMI": (nir - swir1) / (nir + swir1),
        "SAVI": 1.5 * (nir - red) / (nir + red + 0.5),
        "EVI": 2.5 * (nir - red) / (nir + 6 * red - 7.5 * blue + 1),
    }
    for index, expected in western.items():
        extreme = "min" if index in ("NDWI",) else "max"
        slots = {"family": "zonal", "index": index, "statistic": extreme}
        truth = ask(holdings, slots, ROTTERDAM | JUNE | SCENES)
        assert truth.value
        assert math.isclose(truth.value.value, expected, abs_tol=1e-6), index


def test_ends_without_an_answer(holdings: Holdings) -> None:
    assert ask(holdings, {"family": "refuse"}, {}).status == "refused"
    offer = ("Tripoli, Libya", "Tripoli, Lebanon")
    shared = ask(holdings, {"family": "count", "trap": "ambiguous"}, {"offer": offer})
    assert (shared.status, shared.offer) == ("clarify", offer)


@pytest.mark.parametrize(
    ("words", "start", "end"),
    [
        ("Since 2024", "2024-01-01", "2026-01-01"),
        ("the last quarter of 2020", "2020-10-01", "2021-01-01"),
        ("2nd half of 2019", "2019-07-01", "2020-01-01"),
        ("2019-03 to 2019-09", "2019-03-01", "2019-10-01"),
        ("2018-2019", "2018-01-01", "2020-01-01"),
        ("between 1 May 2020 and 31 July 2020", "2020-05-01", "2020-08-01"),
        ("June to August 2023", "2023-06-01", "2023-09-01"),
        ("19.07.2017", "2017-07-19", "2017-07-20"),
        ("summer 2020", "2020-06-01", "2020-09-01"),
        ("before 2019", "2017-01-01", "2019-01-01"),
        ("after 2019", "2020-01-01", "2026-01-01"),
    ],
)
def test_date_phrases(words: str, start: str, end: str) -> None:
    assert read_span(words) == (date.fromisoformat(start), date.fromisoformat(end))


def test_readings_of_places() -> None:
    shared = Slots(family="zoom", trap="ambiguous", place="Tripoli")
    assert set(read_meaning(shared).offer) == {"Tripoli, Libya", "Tripoli, Lebanon"}
    qualified = read_meaning(Slots(family="zoom", place="Hamilton in New Zealand"))
    assert (qualified.place, qualified.country) == ("Hamilton", "NZ")
    misspelt = read_meaning(Slots(family="zoom", trap="typo", place="Thesalonikki"))
    assert (misspelt.place, misspelt.country) == ("Thessaloniki", "GR")
    with pytest.raises(UsageError, match="qualify"):
        read_meaning(Slots(family="zoom", place="Tripoli"))
