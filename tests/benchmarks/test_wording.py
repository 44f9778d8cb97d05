import itertools
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
    COORDINATES,
    FAMILIES,
    SURFACES,
    bare,
    make,
)


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


def test_the_vocabulary_is_wide() -> None:
    rng = random.Random(29)
    texts = (skeleton(make(family, rng), rng) for family in FAMILIES for _ in range(1500))
    words = set(
        itertools.chain.from_iterable(re.findall(r"[a-z]+", text.lower()) for text in texts)
    )
    assert len(words) > 3000


def test_contradictory_slots_are_refused() -> None:
    with pytest.raises(ValueError, match="no wording says"):
        realise(Slots(family="zoom", place="Rotterdam", category="ships"), random.Random(0))
