import itertools
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terragate.benchmarks.geo.task import Slots
from terragate.benchmarks.geo.wording import realise, realise_followup
from terragate.benchmarks.geo.wording.compose import followup_skeleton, skeleton
from terragate.benchmarks.geo.wording.grammar import (
    MARKS,
    expand,
    names_in,
    read_grammar,
    sections,
)
from terragate.benchmarks.geo.wording.punctuation import fill
from terragate.benchmarks.geo.wording.surfaces import date_kind

PLACES = ("Rotterdam", "Los Angeles", "Cordoba, Spain", "Tromsø", "qvxz")
COORDINATES = {
    "bbox": ("4.3, 51.8, 4.7, 52.0", "bbox 4.3 51.8 4.7 52.0", "[4.3, 51.8, 4.7, 52.0]"),
    "point": ("51.92 N, 4.48 E", "51.92, 4.48", "point 4.48 51.92"),
}
PARTS = ("north", "south", "east", "west")
PERIODS = (("2019", "2021"), ("H1 2018", "H1 2020"), ("since 2020", "summer 2022"))
YEARS = ("2018-2024", "from 2019 to 2023", "since 2018", None)
DATES = (
    "June 2021",
    "between March and May 2022",
    "since 2021",
    "2nd half of 2020",
    "12 March 2020",
    "2019-06-01 to 2019-07-01",
)
CLASSES = (
    ("ships", "xview1"),
    ("Maritime Vessel", "xview1"),
    ("cargo ships", "fair1m"),
    ("Coniferous forest", "bigearthnet"),
)
DATASETS = {
    "sentinel-2": "Sentinel-2",
    "xview1": "the xView1 labels",
    "fair1m": "FAIR1M",
    "bigearthnet": "BigEarthNet",
}
INDEX_FAMILIES = ("index", "zonal", "area", "change", "changed_area", "trend")
FAMILIES = ("count", "fetch", "plot", "zoom", "refuse", "compare", "nearest", *INDEX_FAMILIES)
SURFACES = tuple(MARKS)


def parts_of(family: str, rng: random.Random) -> dict[str, object]:
    if family in INDEX_FAMILIES:
        index = rng.choice(("NDVI", "NDWI", "MNDWI", "NDBI", "NBR", "NDMI", "SAVI", "EVI"))
        found: dict[str, object] = {"collection": "sentinel-2", "index": index}
        if family == "zonal":
            found["statistic"] = rng.choice(("mean", "median", "min", "max", "std"))
        if family == "area":
            found |= {"comparison": rng.choice(("above", "below")), "threshold": "-0.35"}
        if family == "changed_area":
            found |= {"direction": rng.choice(("loss", "gain")), "threshold": "0.25"}
        return found
    if family in ("count", "compare", "nearest") or (family == "plot" and rng.random() < 0.6):
        category, collection = rng.choice(CLASSES)
        return {"category": category, "collection": collection}
    return {"collection": "sentinel-2"} if family in ("fetch", "plot") else {}


def place_of(rng: random.Random) -> dict[str, object]:
    kind = rng.choice(("name", "name", "name", "bbox", "point"))
    return {
        "place_kind": kind,
        "place": rng.choice(COORDINATES.get(kind, PLACES)),
        "distance": rng.choice(("7 km", None, None, None)),
        "part": rng.choice((*PARTS, *[None] * 8)),
    }


def second_of(family: str, rng: random.Random) -> dict[str, object]:
    if family == "nearest":
        return {"category2": rng.choice(("buildings", "Storage Tank", "Arable land"))}
    if family != "compare":
        return {}
    measure = {"measure": rng.choice(("difference", "ratio"))}
    dates, dates2 = rng.choice(PERIODS)
    return measure | rng.choice(
        (
            {"dates": dates, "dates2": dates2},
            {"place": "Rotterdam", "place2": "Lyon, France", "place_kind": "name"},
            {"category2": rng.choice(("buildings", "Storage Tank"))},
        )
    )


def make(family: str, rng: random.Random) -> Slots:
    parts = parts_of(family, rng) | {"family": family}
    if family == "zoom" or rng.random() < 0.9:
        parts |= place_of(rng)
    if family in ("change", "changed_area", "trend"):
        parts["dates"] = rng.choice(YEARS)
    elif family != "zoom" and rng.random() < 0.8:
        parts["dates"] = rng.choice(DATES)
    parts |= second_of(family, rng)
    if "collection" in parts and rng.random() < 0.5:
        parts["dataset"] = DATASETS[str(parts["collection"])]
    if family == "plot":
        parts["output"] = "map"
    elif family not in ("zoom", "refuse"):
        parts["output"] = rng.choice(("none", "map", "geojson", "gpkg", "cog", "picture"))
    return Slots.model_validate(parts)


@given(family=st.sampled_from(FAMILIES), seed=st.integers(0, 2**32))
def test_every_surface_stands_in_the_question_verbatim(family: str, seed: int) -> None:
    rng = random.Random(seed)
    slots = make(family, rng)
    text = realise(slots, rng)
    for name in SURFACES:
        surface = getattr(slots, name)
        assert surface is None or surface in text, (name, text)
    assert not re.search(r"[\ue000-\uf8ff{}$\\]", text)
    assert len(text.split()) < 75


@given(family=st.sampled_from(FAMILIES), seed=st.integers(0, 2**32))
def test_every_slot_is_said_once(family: str, seed: int) -> None:
    rng = random.Random(seed)
    slots = make(family, rng)
    text = skeleton(slots, rng)
    said = {name: text.count(mark) for name, mark in MARKS.items()}
    assert said == {name: int(getattr(slots, name) is not None) for name in MARKS}


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


@given(family=st.sampled_from(FAMILIES), seed=st.integers(0, 2**32))
def test_a_box_or_a_point_is_no_town(family: str, seed: int) -> None:
    rng = random.Random(seed)
    kind = rng.choice(("bbox", "point"))
    slots = make(family, rng)
    if slots.place2 is not None:
        return
    slots = slots.model_copy(update={"place_kind": kind, "place": COORDINATES[kind][0]})
    text = skeleton(slots, rng).lower()
    place = MARKS["place"]
    assert not re.search(rf"(town|city|port|coast|bay|harbour) of {place}|{place}'s", text), text


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


def test_the_same_seed_gives_the_same_question() -> None:
    rng = random.Random(3)
    slots = [make(family, rng) for family in FAMILIES for _ in range(20)]
    first, second = random.Random(11), random.Random(11)
    assert [realise(s, first) for s in slots] == [realise(s, second) for s in slots]


@pytest.mark.parametrize("family", FAMILIES)
def test_hardly_any_structure_comes_twice(family: str) -> None:
    rng = random.Random(17)
    drawn = [skeleton(make(family, rng), rng) for _ in range(1500)]
    assert len({bare(text) for text in drawn}) > (0.8 if family == "zoom" else 0.95) * len(drawn)


def bare(text: str) -> str:
    return re.sub(r"[\W_]+", " ", re.sub(r"[\ue000-\uf8ff]", "X", text.lower()))


def test_the_vocabulary_is_wide() -> None:
    rng = random.Random(29)
    texts = (skeleton(make(family, rng), rng) for family in FAMILIES for _ in range(1500))
    words = set(
        itertools.chain.from_iterable(re.findall(r"[a-z]+", text.lower()) for text in texts)
    )
    assert len(words) > 3000


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


def share_saying(words: str, slots: Slots) -> float:
    rng = random.Random(2)
    return sum(bool(re.search(words, realise(slots, rng).lower())) for _ in range(400)) / 400


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
            r"chang|differ|shift|ris[ei]|fall|gone|went|increas|decreas|vary|varied|mov|delta"
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


@given(seed=st.integers(0, 2**32), second=st.sampled_from(("place", "category")))
def test_the_first_of_two_places_or_classes_comes_first(seed: int, second: str) -> None:
    rng = random.Random(seed)
    parts: dict[str, object] = {"family": "compare", "place": "P", "category": "ships"}
    parts |= {f"{second}2": "Q", "measure": rng.choice(("difference", "ratio"))}
    text = skeleton(Slots.model_validate(parts), rng)
    assert text.index(MARKS[second]) < text.index(MARKS[f"{second}2"]), text


FOLLOWS = ("place", "dates", "category", "part")


def follow(said: str, rng: random.Random) -> Slots:
    family = rng.choice(FAMILIES)
    part: dict[str, object] = {
        "place": place_of(rng),
        "dates": {"dates": rng.choice(DATES)},
        "category": {"category": rng.choice(CLASSES)[0]},
        "part": {"part": rng.choice(PARTS)},
    }[said]
    return make(family, rng).model_copy(update=part | {"follows": said})


@given(said=st.sampled_from(FOLLOWS), seed=st.integers(0, 2**32))
def test_a_follow_up_says_only_its_part(said: str, seed: int) -> None:
    rng = random.Random(seed)
    slots = follow(said, rng)
    text = followup_skeleton(slots, rng)
    assert {name for name, mark in MARKS.items() if mark in text} == {said} - {"part"}
    words = {"north", "south", "east", "west"} & set(
        re.findall(r"north|south|east|west", text.lower())
    )
    assert words <= ({slots.part} if said == "part" else set()), text
    assert not re.search(r"[{}$\\]", text)
    assert not re.search(r"ship|vessel|scene|image|ndvi|vegetation", text.lower()), text
    assert len(text.split()) < 30
    if said != "part":
        assert str(getattr(slots, said)) in fill(text, slots)


@pytest.mark.parametrize("said", FOLLOWS)
def test_follow_ups_are_put_in_very_many_ways(said: str) -> None:
    rng = random.Random(17)
    drawn = [followup_skeleton(follow(said, rng), rng) for _ in range(1500)]
    assert len({bare(text) for text in drawn}) > 0.8 * len(drawn)


def test_a_follow_up_needs_the_slot_that_it_says() -> None:
    slots = Slots(family="count", place="P", category="ships", follows="dates")
    for follows in ("dates", None):
        with pytest.raises(ValueError, match="is no follow-up"):
            realise_followup(slots.model_copy(update={"follows": follows}), random.Random(0))


@pytest.mark.parametrize(
    ("text", "surface", "filled"),
    [
        ("A # there", "oil tanker", "An oil tanker there"),
        ("a # there", "unicorn", "a unicorn there"),
        ("the # count", "the ships", "the ships count"),
    ],
)
def test_articles_fit_what_is_filled_in(text: str, surface: str, filled: str) -> None:
    slots = Slots(family="count", category=surface)
    assert fill(text.replace("#", MARKS["category"]), slots) == filled


def test_contradictory_slots_are_refused() -> None:
    with pytest.raises(ValueError, match="no wording says"):
        realise(Slots(family="zoom", place="Rotterdam", category="ships"), random.Random(0))


@pytest.mark.parametrize(
    ("phrase", "kind"),
    [
        ("since 2021", "bare"),
        ("between March and May 2022", "bare"),
        ("12 March 2020", "day"),
        ("March 12, 2020", "day"),
        ("2021-06-12", "day"),
        ("May to July 2020", "range"),
        ("2nd half of 2020", "part"),
        ("the summer of 2018", "the"),
        ("March 2020", "plain"),
        ("2020", "plain"),
    ],
)
def test_date_phrases_take_the_prepositions_of_their_kind(phrase: str, kind: str) -> None:
    assert date_kind(phrase) == kind


def test_the_grammar_notation() -> None:
    found = read_grammar(":: a\n# note\n*3 (x|y) $place \\(z\\)\n% p, q\n", "g.txt")
    first, *rest = found["a"].productions
    assert (first.weight, first.needs, len(rest)) == (3, {"place"}, 2)
    with pytest.raises(ValueError, match=r"g.txt:2: unbalanced"):
        read_grammar(":: a\n(x|y\n", "g.txt")


def test_every_section_expands_to_text() -> None:
    opened = {"M": "=", "E": "=", "core": "=", "them": "=them", "archive": "archive.label"}
    opened |= {
        "spot": "spot.plain",
        "where": "where.obj",
        "when": "when.plain",
        "span": "span.plain",
    }
    opened |= {"src": "src.label", "mark": "mark.scenes", "objs": "objs.plural", "ix": "ix.NDVI"}
    opened |= {"bare": "bare.NDVI", "how": "how.NDVI", "top": "top.NDVI", "low": "low.NDVI"}
    opened |= {"st": "st.mean", "stn": "stn.mean", "st.key": "stk.mean", "cmp": "cmp.above"}
    opened |= {"verb.cmp": "verb.above", "aside.cmp": "aside.above", "file.word": "cog.word"}
    opened |= {"outdo": "map.them", "outnp": "map.np", "outas": "map.as", "where.they": "they"}
    opened |= {"what.key": "what.key.objs", "what.sure": "what", "theme": "theme.NDVI"}
    opened |= {"cmpix": "cmpix.above", "vbix": "vbix.above"}
    opened |= {"dir": "dir.east", "ern": "ern.east", "full": "full.east", "pl": "pl.name"}
    opened |= {"whole": "whole.name", "where.whole": "where.obj", "prep": "prep.obj"}
    opened |= {"key.place.whole": "key.place.plain", "half.other": "half.other.east"}
    opened |= {"prep.point": "prep.point.obj", "np": "=the sum", "objs2": "=cranes"}
    opened |= {"cat2": "=cranes", "n1": "n1.many", "n2": "n2.single", "grown": "grown.NDVI"}
    opened |= dict.fromkeys(("w1", "w2", "p1", "p2", "wa", "wb", "pa", "pb"), "=P")
    opened |= {"gone": "gone.NDVI", "lost": "lost.loss", "that.lost": "that.lost.loss"}
    opened |= {"turn": "turn.loss", "turned": "turned.loss", "of.turn": "of.turn.loss"}
    opened |= {"turn.word": "turn.word.loss", "fu.slot": "fu.slot.dates"}
    opened |= {"fu.adverb": "fu.adverb.dates", "fu.noun": "fu.noun.dates"}
    opened |= {"fu.it": "fu.it.number", "fu.bare": "fu.bare.dates"}
    for name, section in sections().items():
        for production in section.productions:
            missing = names_in(production.body) - sections().keys() - opened.keys()
            assert not missing, (name, missing)
        assert expand(name, random.Random(1), opened) is not None
