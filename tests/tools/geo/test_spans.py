from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terragate.tests.support.point_catalog import PointCatalog
from terragate.tools.geo.spans import KINDS, question_spans

CATALOG = PointCatalog()
TODAY = date(2025, 3, 10)
WORDS = st.sampled_from(["Paris", "in", "2019", "of", "June,", "5", "km", "ships", "("])


def spans(text: str) -> dict[str, tuple[str, ...]]:
    found = question_spans(text, CATALOG, TODAY)
    assert found["span.class"][-1] == "everything"
    short = {kind.removeprefix("span."): words for kind, words in found.items()}
    return {k: v for k, v in (short | {"class": short["class"][:-1]}).items() if v}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "How many ships are in Rotterdam in June 2024?",
            {"place": ("Rotterdam",), "dates": ("June 2024",), "class": ("ships",)},
        ),
        (
            "ships near rotterdam in june 2021",
            {"place": ("rotterdam",), "dates": ("june 2021",), "class": ("ships",)},
        ),
        (
            "COUNT SHIPS NEAR ROTTERDAM IN JUNE 2021",
            {"place": ("ROTTERDAM",), "dates": ("JUNE 2021",), "class": ("SHIPS",)},
        ),
        (
            "Show storage tanks within 5 km of the port of Los Angeles in summer 2017.",
            {
                "place": ("Los Angeles",),
                "dates": ("summer 2017",),
                "class": ("storage tanks",),
                "distance": ("5 km",),
            },
        ),
        (
            "Mean NDVI in Tromsø between 3 May 2021 and 10 June 2021?",
            {"place": ("Tromsø",), "dates": ("between 3 May 2021 and 10 June 2021",)},
        ),
        (
            "Area of NDWI above 0.4 at Tripoli, Lebanon since March",
            {"place": ("Tripoli, Lebanon",), "dates": ("since March",), "number": ("0.4",)},
        ),
        (
            "Where is NBR below -0.1 in Cordoba (Spain), 2nd half of 2012",
            {"place": ("Cordoba (Spain)",), "dates": ("2nd half of 2012",), "number": ("-0.1",)},
        ),
        (
            "Plot Boeing 737 from FAIR1M in Atlantis during Q3 2021",
            {"place": ("Atlantis",), "dates": ("Q3 2021",), "class": ("Boeing 737",)},
        ),
        (
            "Sentinel-2 scenes over Valencia in Spain in the first half of 2020",
            {"place": ("Valencia in Spain",), "dates": ("the first half of 2020",)},
        ),
        ("Zoom to Brulbonhaven", {"place": ("Brulbonhaven",)}),
        ("90th percentile of NDVI in Porto", {"place": ("Porto",), "number": ("90th",)}),
        ("The 3rd ship of the 2nd fleet in Porto", {"place": ("Porto",), "class": ("ship",)}),
        ("how many ships near roterdam", {"place": ("roterdam",), "class": ("ships",)}),
        (
            "number of submarines off Mombasa's coast in may 2020",
            {"place": ("Mombasa",), "dates": ("may 2020",), "class": ("submarines",)},
        ),
        ("Where may I find ships in Nice?", {"place": ("Nice",), "class": ("ships",)}),
        (
            "Are there more than 2000 planes in Dar es Salaam?",
            {"place": ("Dar es Salaam",), "class": ("planes",), "number": ("2000",)},
        ),
        (
            "forest around Salt Lake City or New York",
            {"place": ("Salt Lake City", "New York"), "class": ("forest",)},
        ),
        ("Give me all xView detections and the water index.", {}),
        ("", {}),
        ("??? - !", {}),
    ],
)
def test_a_question_is_read_in_its_own_words(text: str, expected: dict[str, tuple[str, ...]]):
    assert spans(text) == expected


def test_a_class_name_of_many_words_is_one_span():
    name = "Land principally occupied by agriculture, with significant areas of natural vegetation"
    assert spans(f"How much {name.lower()} in Porto?")["class"] == (name.lower(),)


def test_at_most_eight_spans_of_a_kind_are_kept():
    text = "NDVI above " + " or ".join(f"0.{digit}" for digit in range(1, 10))
    assert len(spans(text)["number"]) == 8


@given(st.text(max_size=60) | st.lists(WORDS).map(" ".join))
def test_every_span_stands_in_the_question(text: str):
    found = question_spans(text, CATALOG, TODAY)
    assert tuple(found) == KINDS
    for kind, words in found.items():
        said = words[:-1] if kind == "span.class" else words
        assert all(word and word in text for word in said)
