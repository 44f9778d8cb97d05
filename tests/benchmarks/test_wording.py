import itertools
import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terragate.benchmarks.geo.task import Slots
from terragate.benchmarks.geo.wording import realise
from terragate.benchmarks.geo.wording.compose import skeleton
from terragate.benchmarks.geo.wording.grammar import expand, names_in, read_grammar, sections
from terragate.benchmarks.geo.wording.surfaces import date_kind

PLACES = ("Rotterdam", "Los Angeles", "Cordoba, Spain", "Tromsø", "qvxz")
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
FAMILIES = ("count", "fetch", "index", "zonal", "area", "plot", "zoom", "refuse")
SURFACES = ("place", "distance", "dates", "category", "dataset", "threshold")


def parts_of(family: str, rng: random.Random) -> dict[str, object]:
    if family in ("index", "zonal", "area"):
        index = rng.choice(("NDVI", "NDWI", "MNDWI", "NDBI", "NBR", "NDMI", "SAVI", "EVI"))
        found: dict[str, object] = {"collection": "sentinel-2", "index": index}
        if family == "zonal":
            found["statistic"] = rng.choice(("mean", "median", "min", "max", "std"))
        if family == "area":
            found |= {"comparison": rng.choice(("above", "below")), "threshold": "-0.35"}
        return found
    if family == "count" or (family == "plot" and rng.random() < 0.6):
        category, collection = rng.choice(CLASSES)
        return {"category": category, "collection": collection}
    return {"collection": "sentinel-2"} if family in ("fetch", "plot") else {}


def make(family: str, rng: random.Random) -> Slots:
    parts = parts_of(family, rng) | {"family": family}
    if family == "zoom" or rng.random() < 0.9:
        parts["place"] = rng.choice(PLACES)
        parts["distance"] = rng.choice(("7 km", None, None, None))
    if family != "zoom" and rng.random() < 0.8:
        parts["dates"] = rng.choice(DATES)
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
    assert len(text.split()) < 60


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
    bare = {re.sub(r"[\W_]+", " ", re.sub(r"[\ue000-\uf8ff]", "X", text.lower())) for text in drawn}
    assert len(bare) > (0.8 if family == "zoom" else 0.95) * len(drawn)


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
    rng = random.Random(2)
    said = [bool(re.search(words, realise(slots, rng).lower())) for _ in range(400)]
    assert sum(said) > 0.9 * len(said)  # a slip of the finger may hide the word


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
    for name, section in sections().items():
        for production in section.productions:
            missing = names_in(production.body) - sections().keys() - opened.keys()
            assert not missing, (name, missing)
        assert expand(name, random.Random(1), opened) is not None
