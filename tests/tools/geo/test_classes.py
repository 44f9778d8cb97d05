import pytest
from terragate.tools.errors import RetryableToolError
from terragate.tools.geo import class_tables as tables
from terragate.tools.geo.class_words import WORDS
from terragate.tools.geo.classes import match_classes

XVIEW, FAIR1M, LAND = tables.XVIEW_CLASSES, tables.FAIR1M_CLASSES, tables.BIGEARTHNET_CLASSES


def test_the_tables_hold_the_published_number_of_classes():
    assert [len(set(t)) for t in (XVIEW, FAIR1M, LAND)] == [60, 37, 43]


@pytest.mark.parametrize("classes", [XVIEW, FAIR1M, LAND], ids=["xview", "fair1m", "bigearthnet"])
def test_a_class_name_is_that_class_in_any_case_and_number(classes: tuple[str, ...]):
    for name in classes:
        plural = name if name.endswith("s") else f"{name}s"
        assert {match_classes(p, classes).classes for p in (name, name.upper(), plural)} == {
            (name,)
        }


@pytest.mark.parametrize(
    ("phrase", "classes", "expected"),
    [
        ("ships", XVIEW, tables.XVIEW_SHIPS),
        ("vessels", FAIR1M, tables.FAIR1M_SHIPS),
        ("the planes", FAIR1M, tables.FAIR1M_AIRCRAFT),
        ("container ships", XVIEW, ("Container Ship",)),
        ("Boeing 737", FAIR1M, ("Boeing737",)),
        ("hangars", XVIEW, ("Aircraft Hangar",)),
        ("bulldozers", XVIEW, ("Front Loader/Bulldozer",)),
        ("trucks", XVIEW, ("Truck",)),
        ("forest", LAND, tables.BIGEARTHNET_FOREST),
        ("wetlands", LAND, tables.BIGEARTHNET_WETLAND),
        ("rivers", LAND, ("Water courses",)),
        ("everything", LAND, LAND),
        ("all objects", XVIEW, XVIEW),
        ("helicoptr", XVIEW, ("Helicopter",)),
    ],
)
def test_a_phrase_stands_for_classes(
    phrase: str, classes: tuple[str, ...], expected: tuple[str, ...]
):
    assert match_classes(phrase, classes).classes == expected


def test_a_group_a_typo_and_a_narrow_reading_are_said():
    assert "10 classes" in match_classes("ships", XVIEW).notes[0]
    assert "read 'helicoptr'" in match_classes("helicoptr", XVIEW).notes[0]
    assert "alone, without Pickup Truck" in match_classes("trucks", XVIEW).notes[0]
    assert match_classes("Container Ship", XVIEW).notes == ()


@pytest.mark.parametrize("phrase", ["elephants", "container ships", "", "x"])
def test_what_the_data_set_lacks_is_refused_with_candidates(phrase: str):
    with pytest.raises(RetryableToolError) as caught:
        match_classes(phrase, FAIR1M)
    assert caught.value.kind == "not_found"
    for candidate in caught.value.candidates:
        assert match_classes(candidate, FAIR1M).classes


def test_any_list_of_classes_works_without_a_table():
    assert match_classes("solar panels", ("Solar Panel", "Wind Turbine")).classes == (
        "Solar Panel",
    )


def test_every_word_stands_for_published_classes():
    published = {*XVIEW, *FAIR1M, *LAND}
    assert all(published.issuperset(group) for group in WORDS.values())
