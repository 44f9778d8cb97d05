import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terragate.benchmarks.geo.task import Slots
from terragate.benchmarks.geo.wording import realise
from terragate.benchmarks.geo.wording.compose import draft, skeleton
from terragate.benchmarks.geo.wording.grammar import MARKS
from terragate.benchmarks.geo.wording.punctuation import fill
from terragate.tests.support.random_slots import (
    FAMILIES,
    PARTS,
    PLACES,
    make,
    share_saying,
)
from terragate.tools.geo.areas.box import bbox_spans


@pytest.mark.parametrize("family", FAMILIES)
def test_the_part_is_spelled(family: str) -> None:
    rng = random.Random(5)
    said = silent = 0
    for _ in range(300):
        place = {"place": rng.choice(PLACES), "place_kind": "name", "part": rng.choice(PARTS)}
        slots = make(family, rng).model_copy(update=place)
        said += str(slots.part) in skeleton(slots, rng).lower()
        whole = skeleton(slots.model_copy(update={"part": None}), rng).lower()
        silent += re.search(r"\b(north|south|east|west)(ern)? (half|part|side)", whole) is None
    assert said > 0.95 * 300  # a slip of the finger may hide the word
    assert silent == 300


@given(seed=st.integers(0, 2**32))
def test_a_silent_slot_is_not_mentioned(seed: int) -> None:
    text = realise(
        Slots(family="count", category="ships", collection="xview1"), random.Random(seed)
    )
    assert not re.search(
        r"\d|sentinel|xview|geojson|gpkg|tiff|\b(january|june|summer|ndvi|within|radius)\b",
        text.replace("ships", ""),
        re.IGNORECASE,
    ), text


@given(seed=st.integers(0, 2**32))
def test_nothing_is_asked_to_be_shown_where_a_number_is_wanted(seed: int) -> None:
    slots = Slots(family="count", place="Rotterdam", category="ships", collection="xview1")
    text = realise(slots, random.Random(seed))
    assert not re.search(r"(plot|draw|show|put) them|plus a map|geopackage", text), text


@pytest.mark.parametrize(
    ("statistic", "words"),
    [
        ("mean", r"mean|average|avg|averag|typical|usual|av\."),
        ("min", r"min|low|least|small|floor|trough|bottom|weak|poor|lush|green|brown|bare"),
    ],
)
def test_the_statistic_is_said_in_words(statistic: str, words: str) -> None:
    slots = Slots.model_validate({"family": "zonal", "place": "P", "index": "NDVI"})
    slots = slots.model_copy(update={"statistic": statistic})
    assert share_saying(words, slots) > 0.9  # a slip of the finger may hide the word


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (
            {"family": "changed_area", "direction": "loss"},
            r"los[ts]|drop|declin|decreas|fall|fell|reduc|dip|sank|sink|down|dimin|shrank",
        ),
        (
            {"family": "changed_area", "direction": "gain"},
            r"gain|rise|rising|rose|increas|grow|grew|improv|jump|climb|up\b|recover",
        ),
        ({"family": "trend"}, r"trend|slope|rate|year|annu|annum|fast|quick|steep|pace|speed"),
        (
            {"family": "change"},
            r"chang|differ|shift|ris[ei]|rose|drop|improv|fall|gone|went|increas|decreas|vary|varied|mov|delta"
            r"|drift|develop|evol|gain|go up|minus|green|lush|vegetat|up or|befo|higher|lower",
        ),
    ],
)
def test_the_sense_of_a_change_is_said_in_words(parts: dict[str, str], words: str) -> None:
    slots = Slots.model_validate(parts | {"place": "P", "index": "NDVI", "threshold": None})
    if slots.family == "changed_area":
        slots = slots.model_copy(update={"threshold": "0.3"})
    assert share_saying(words, slots) > 0.93


@pytest.mark.parametrize("second", ["place2", "dates2", "category2"])
@pytest.mark.parametrize(
    ("measure", "words"),
    [
        (
            "ratio",
            r"ratio|times|factor|multipl|divid|quotient|proportion|fraction|doubl|per |over|/",
        ),
        (
            "difference",
            r"diff|more|fewer|less|minus|subtract|how many|how much|chang|gr[oe]w|ris|rose|delta"
            r"|excess|exceed|surplus|gap|margin|lead|outn|add|extra|further|new|gain|increas|apart"
            r"|net|compar|shift|beat|advantage|edge|vs|versus|-|up",
        ),
    ],
)
def test_the_measure_of_a_comparison_is_said_in_words(
    second: str, measure: str, words: str
) -> None:
    slots = Slots.model_validate(
        {"family": "compare", "place": "P", "dates": "2019", "category": "ships"}
        | {"measure": measure, second: {"place2": "Q", "dates2": "2021"}.get(second, "cranes")}
    )
    assert share_saying(words, slots) > 0.93


@pytest.mark.parametrize(("dates", "dates2"), [("2019", "2021"), ("2021", "2019")])
def test_the_later_period_is_compared_with_the_earlier(dates: str, dates2: str) -> None:
    slots = Slots(family="compare", place="P", category="ships", measure="difference")
    slots = slots.model_copy(update={"dates": dates, "dates2": dates2})
    rng = random.Random(4)
    texts = [realise(slots, rng).lower() for _ in range(600)]
    year = "20(?:19|21)"
    more = [re.search(rf"many more .*({year}).* than .*{year}", text) for text in texts]
    fewer = [re.search(rf"many (?:fewer|less) .*({year}).* than .*{year}", text) for text in texts]
    assert {hit[1] for hit in more if hit} == {"2021"}
    assert {hit[1] for hit in fewer if hit} <= {"2019"}


@given(seed=st.integers(0, 2**32), second=st.sampled_from(("place", "category")))
def test_the_first_of_two_places_or_classes_comes_first(seed: int, second: str) -> None:
    rng = random.Random(seed)
    parts: dict[str, object] = {"family": "compare", "place": "P", "category": "ships"}
    parts |= {f"{second}2": "Q", "measure": rng.choice(("difference", "ratio"))}
    text = skeleton(Slots.model_validate(parts), rng)
    assert text.index(MARKS[second]) < text.index(MARKS[f"{second}2"]), text


def drafts(slots: Slots, count: int = 600) -> list[str]:
    rng = random.Random(2)
    return [fill(draft(slots, rng).text, slots).lower() for _ in range(count)]


PICTURE = r"picture|image|png|quick.?look|thumbnail|snapshot|preview|render|photo|jpeg|screenshot"


NUMBER = (
    r"how many|how much|how few|number|count|total|tally|sum|quantity|amount|figure|volume|numer"
    r"|any|nr\b|no\.|#|qty|enumerat|census|frequen|abundan|cardinal|population|quantif|cnt|statist"
    r"|value|add up|stock|n of|how busy|how long|num |how often|talli|adding up|tot up"
)


@pytest.mark.parametrize(
    ("output", "words"),
    [
        (
            "map",
            r"map|plot|show|draw|display|visuali|render|depict|present|place|mark|view|put|lay",
        ),
        ("geojson", r"json|geometry"),
        ("gpkg", r"gpkg|geo ?package"),
    ],
)
def test_two_wishes_are_both_said(output: str, words: str) -> None:
    slots = Slots(family="count", place="P", category="ships", collection="xview1")
    slots = slots.model_copy(update={"output": output})
    texts = drafts(slots)
    assert not [text for text in texts if not re.search(words, text)]
    assert not [text for text in texts if not re.search(NUMBER, text)]


@pytest.mark.parametrize(("family", "statistic"), [("zonal", "max"), ("area", None)])
def test_the_value_is_asked_for_beside_a_picture(family: str, statistic: str | None) -> None:
    parts = {"family": family, "place": "P", "index": "NDVI", "output": "picture"}
    parts |= {"statistic": statistic} if statistic else {"comparison": "above", "threshold": "0.4"}
    slots = Slots.model_validate(parts)
    words = {
        "zonal": r"max|high|peak|top|up to|exceeded|ceiling|upper|largest|great|biggest|strong"
        r"|record|most|est (spot|pixel|place|point|patch|corner)",
        "area": r"hectare|\bha\b|area|extent|acreage|hectarage|surface|land|how large|how big|size"
        r"|region|zone|territory|expanse|of p|pixels|part|how much|footprint|spread|how far|widely",
    }[family]
    texts = drafts(slots)
    assert not [text for text in texts if not re.search(words, text)]
    assert not [text for text in texts if not re.search(PICTURE, text)]


@pytest.mark.parametrize(("dates", "dates2"), [("2019", "2021"), ("2021", "2019")])
def test_a_ratio_of_two_periods_has_the_later_one_on_top(dates: str, dates2: str) -> None:
    slots = Slots(family="compare", place="P", category="ships", measure="ratio")
    texts = drafts(slots.model_copy(update={"dates": dates, "dates2": dates2}), 1500)
    top = [
        hit[1]
        for text in texts
        for form in (
            r"ratio of [^.?]*(20\d\d)[^.?]* to [^.?]*20\d\d",
            r"(20\d\d)[^.?]*divided by[^.?]*20\d\d",
            r"(20\d\d)[^.?]*as a multiple of[^.?]*20\d\d",
            r"times as many [^.?]*(20\d\d)[^.?]* as [^.?]*20\d\d",
        )
        if (hit := re.search(form, text))
    ]
    assert len(top) > 200
    assert set(top) == {"2021"}


@pytest.mark.parametrize("second", ["place", "category"])
def test_the_first_of_two_is_the_one_that_has_more_of(second: str) -> None:
    slots = Slots(family="compare", place="Aa", category="ships", measure="difference")
    other = {"place2": "Bb"} if second == "place" else {"category2": "cranes"}
    first, last = ("aa", "bb") if second == "place" else ("ships", "cranes")
    texts = drafts(slots.model_copy(update=other), 1500)
    ahead = [
        t for t in texts if re.search(rf"ahead|lead|beat|exceed|surplus|excess|{first}.*than", t)
    ]
    assert len(ahead) > 150
    assert all(text.index(first) < text.rindex(last) for text in ahead)


def test_a_question_that_names_no_output_asks_for_none() -> None:
    slots = Slots.model_validate({"family": "area", "place": "P", "index": "NDVI"})
    slots = slots.model_copy(update={"comparison": "above", "threshold": "0.4"})
    shown = re.compile(r"(draw|plot|show|display) (it|the layer|the index)|as a (cog|geotiff|png)")
    texts = (text.replace("draw it on a map later", "") for text in drafts(slots, 800))
    assert not [text for text in texts if shown.search(text)]


@given(seed=st.integers(0, 2**32))
def test_a_box_stands_after_a_word_or_a_bracket_that_says_so(seed: int) -> None:
    box = "4.3, 51.8, 4.7, 52.0"
    slots = Slots(family="count", place=box, place_kind="bbox", dates="2020", category="ships")
    text = realise(slots.model_copy(update={"collection": "xview1"}), random.Random(seed))
    assert any(box in span for span in bbox_spans(text)), text
