from datetime import date
from typing import NamedTuple

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terragate.tools.records import Record, Value
from terragate.verifiers.geo import check_grounding
from terragate.verifiers.geo.figures import figures, named_days


class Quote(NamedTuple):
    record: str
    name: str
    value: float | int | str


QUESTION = "How many hectares had NDVI above 0.3 within 5 km of Rotterdam in June 2024?"


def made(name: str, **fields: object) -> Record:
    plain = {"stage": "s", "tool": "t", "args": {}, "status": "ok", "summary": ""}
    return Record(id=name, **{**plain, **fields})


def area(value: float) -> Value:
    return Value(
        name="area_ha", value=value, unit="ha", about="area with NDVI above 0.3 on 2024-06-12"
    )


def records(value: float = 10722.876) -> list[Record]:
    return [
        made("r1", outputs={"aoi": {"name": "Rotterdam", "country": "Netherlands"}}),
        made("r2", outputs={"interval": {"start": "2024-06-01", "end": "2024-07-01"}}),
        made(
            "r3",
            outputs={"scenes": {"collection": "sentinel-2", "items": [{"id": "S2-b7"}] * 3}},
            summary="scenes 3 sentinel-2",
        ),
        made("r4", outputs={"raster": {"index": "NDVI", "date": "2024-06-12"}}),
        made("r5", values=(area(value),), notes=("only 66.8% of the area has valid pixels",)),
    ]


def unbound(answer: str, question: str = QUESTION, **given: object) -> list[str]:
    verdict = check_grounding(answer, (), records(), question, **given)
    assert (verdict.outcome == "fail") == bool(verdict.details["unbound"])
    return verdict.details["unbound"]


@pytest.mark.parametrize(
    "answer",
    [
        "Area: 10722.9 ha in Rotterdam, Netherlands.",
        "About 10,723 ha within 5 km of Rotterdam.",
        "From 2024-06-01 up to (not including) 2024-07-01, in sentinel-2.",
        "Between 1 June 2024 and June 30, 2024 there were 3 scenes; three in all.",
        "The NDVI of 12 June 2024 (scene S2-b7) was above 0.3 on 10722.876 ha.",
        "Only 66.8% of the area has valid pixels in 2024.",
        "",
    ],
)
def test_what_records_hold_may_be_said(answer: str) -> None:
    assert unbound(answer) == []


@pytest.mark.parametrize(
    ("answer", "invented"),
    [
        ("The area is 10724 ha.", ["10724"]),
        ("The area is 10722.8 ha.", ["10722.8"]),
        ("The area is -10722.9 ha.", ["-10722.9"]),
        ("There are 2 scenes of sentinel-2.", ["2"]),
        ("There are seven scenes.", ["seven"]),
        ("It was seen on 2024-06-13.", ["2024-06-13"]),
        ("It was seen on 31 June 2024.", ["31 June 2024"]),
        ("It was like that in 2023.", ["2023"]),
        ("The map shows EVI.", ["EVI"]),
        ("The map shows Fishing Vessel.", ["Fishing Vessel"]),
        ("That is 10722.9 ha in Utrecht, Netherlands.", ["Utrecht"]),
        ("That is 10722.9 ha near Den Haag.", ["Den Haag"]),
    ],
)
def test_what_no_record_holds_fails(answer: str, invented: list[str]) -> None:
    assert unbound(answer) == invented


def test_collections_of_the_vocabulary_must_be_in_a_record() -> None:
    answer = "Found in sentinel-2 and xview1."
    assert unbound(answer, vocabulary=("sentinel-2", "xview1")) == ["xview1"]


def test_failed_records_bind_nothing() -> None:
    failed = [r.model_copy(update={"status": "error"}) for r in records()]
    verdict = check_grounding("Area: 10722.9 ha.", (), failed, QUESTION)
    assert verdict.outcome == "fail"


def test_coordinates_and_hashes_bind_nothing() -> None:
    bulk = {"aoi": {"name": "X", "geometry": {"coordinates": [17.0]}, "bbox": [17, 17, 18, 18]}}
    verdict = check_grounding("There are 17.", (), [made("r1", outputs=bulk)], "How many?")
    assert verdict.outcome == "fail"


@pytest.mark.parametrize("quote", [Quote("r5", "area_ha", 1.0), Quote("r4", "area_ha", 10722.876)])
def test_a_quoted_value_must_equal_that_of_its_record(quote: Quote) -> None:
    assert check_grounding("", [quote], records(), QUESTION).outcome == "fail"
    true = Quote("r5", "area_ha", 10722.876)
    assert check_grounding("", [true], records(), QUESTION).outcome == "pass"


@given(st.floats(-1e9, 1e9), st.integers(0, 6))
def test_every_rounding_of_a_value_is_bound(value: float, digits: int) -> None:
    answer = f"Area: {value:,.{digits}f} ha."
    assert check_grounding(answer, (), records(value), "How large?").outcome == "pass"


@given(st.floats(0, 1e6), st.integers(0, 4), st.integers(1, 1000))
def test_a_number_off_by_more_than_its_rounding_is_not(value: float, digits: int, off: int) -> None:
    shown = f"{value + off * 1.01 * 10**-digits + 2e6:.{digits}f}"
    known = [made("r1", values=(area(value + 2e6),))]
    assert check_grounding(f"{shown} ha", (), known, "How large?").outcome == "fail"


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)))
def test_dates_are_read_in_every_style(day: date) -> None:
    for style in ("%Y-%m-%d", "%d %B %Y", "%B %d, %Y", "%d %b %Y"):
        days, rest = named_days(f"on {day.strftime(style)}.")
        assert [found.day for found in days] == [day]
        assert figures(rest) == []


@given(st.text())
def test_any_text_can_be_read(text: str) -> None:
    assert check_grounding(text, (), records(), text).outcome in ("pass", "fail")


@pytest.mark.parametrize("phrase", ["from 2023", "since 2023", "2023-01"])
def test_a_phrase_of_the_question_tears_no_date_apart(phrase: str) -> None:
    spoken = {"start": "2023-01-01", "end": "2025-01-01", "phrase": phrase}
    held = [*records(), made("r6", outputs={"interval": spoken})]
    answer = "3 scenes of sentinel-2 from 2023-01-01 to 2024-12-31, or since 2023-01-01."
    assert check_grounding(answer, (), held, f"scenes {phrase}").outcome == "pass"


def test_digits_of_names_are_not_numbers() -> None:
    assert figures("xview1 Boeing737 S2A_20240601") == []
    assert [f.value for f in figures("5km, 1,234.5 and −2e3 in r4.")] == [5, 1234.5, -2000]
