import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terragate.benchmarks.geo.task import Slots
from terragate.benchmarks.geo.wording import realise
from terragate.benchmarks.geo.wording.compose import skeleton
from terragate.benchmarks.geo.wording.grammar import MARKS
from terragate.tests.support.random_slots import (
    FAMILIES,
    PARTS,
    PLACES,
    make,
    share_saying,
)


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
