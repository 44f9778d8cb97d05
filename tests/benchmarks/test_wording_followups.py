import random
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from terragate.benchmarks.geo.task import Slots
from terragate.benchmarks.geo.wording import realise_followup
from terragate.benchmarks.geo.wording.compose import followup_skeleton
from terragate.benchmarks.geo.wording.grammar import MARKS
from terragate.benchmarks.geo.wording.punctuation import fill
from terragate.tests.support.random_slots import (
    FOLLOWS,
    bare,
    follow,
)


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
