"""From slots to a question that says each of them once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from .followup import Followup
from .grammar import MARKS, SLOTS
from .noise import add_noise
from .punctuation import fill, tidy
from .readable import reads_as_meant
from .writer import Writer

if TYPE_CHECKING:
    import random

    from ..task import Slots

_MAX_WORDS = {"compare": 52, "nearest": 52, "changed_area": 46}
_ATTEMPTS = 200
_REWORDINGS = 30
# "In the satellite images of Hamburg" is a way to say a place, but says of what data it is as well.
# A stop or one more number after the last coordinate would read as a part of it.
_RUN_ON = re.compile(rf"{MARKS['place']}\s?(\.|[,;]\s?[{MARKS['dates']}{MARKS['threshold']}])")
_DATA = re.compile(r"image|scene", re.IGNORECASE)


def _complete(text: str, slots: Slots) -> bool:
    """Say whether every slot stands in the text exactly once, and the text is not too long."""
    marks = all(text.count(MARKS[slot]) == (getattr(slots, slot) is not None) for slot in SLOTS)
    if slots.place_kind != "name" and _RUN_ON.search(text):
        return False
    return marks and len(text.split()) <= _MAX_WORDS.get(slots.family, 40)


class Draft(NamedTuple):
    """A question as typed with care, private-use marks (`grammar.MARKS`) for its slots.

    `construction` is the same for two texts that were built the same way, whatever their words.
    """

    text: str
    construction: str


def draft(slots: Slots, rng: random.Random) -> Draft:
    """Return a question with marks for its slots."""
    for _ in range(_ATTEMPTS):
        writer = Writer(slots, rng)
        text = tidy(writer.question() or "")
        if "part" not in writer.left and _complete(text, slots):
            return Draft(text, repr((writer.mood, writer.built)))
    raise ValueError(f"no wording says {slots!r}; check that its slots fit its family")


def followup_draft(slots: Slots, rng: random.Random) -> Draft:
    """Return a follow-up with a mark for the one slot that it says anew."""
    followup = Followup(slots, rng)
    for _ in range(_ATTEMPTS):
        text = tidy(followup.question())
        if _complete(text, followup.slots) and not _DATA.search(text):
            return Draft(text, repr(followup.built))
    raise ValueError(f"no follow-up says {slots.follows!r} of {slots!r}; give that slot")


def skeleton(slots: Slots, rng: random.Random) -> str:
    """Return a question as people really type it, with a mark where each slot belongs."""
    return add_noise(draft(slots, rng).text, rng)


def followup_skeleton(slots: Slots, rng: random.Random) -> str:
    """Return a follow-up as people really type it, with a mark where its slot belongs."""
    return add_noise(followup_draft(slots, rng).text, rng)


def realise(slots: Slots, rng: random.Random) -> str:
    """Return a question that says these slots, each of their strings verbatim."""
    text = fill(skeleton(slots, rng), slots)
    for _ in range(_REWORDINGS):
        if reads_as_meant(text, slots):
            break
        text = fill(skeleton(slots, rng), slots)
    return text


def realise_followup(slots: Slots, rng: random.Random) -> str:
    """Return a follow-up ("and in 2020?") that says only the slot named by `slots.follows`."""
    return fill(followup_skeleton(slots, rng), slots)
