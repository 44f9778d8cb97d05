"""From slots to a question that says each of them once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .followup import Followup
from .grammar import MARKS, SLOTS
from .noise import add_noise
from .punctuation import fill, tidy
from .writer import Writer

if TYPE_CHECKING:
    import random

    from ..task import Slots

_MAX_WORDS = {"compare": 52, "nearest": 52, "changed_area": 46}
_ATTEMPTS = 200
# "In the satellite images of Hamburg" is a way to say a place, but says of what data it is as well.
_DATA = re.compile(r"image|scene", re.IGNORECASE)


def _complete(text: str, slots: Slots) -> bool:
    """Say whether every slot stands in the text exactly once, and the text is not too long."""
    marks = all(text.count(MARKS[slot]) == (getattr(slots, slot) is not None) for slot in SLOTS)
    return marks and len(text.split()) <= _MAX_WORDS.get(slots.family, 40)


def skeleton(slots: Slots, rng: random.Random) -> str:
    """Return a question with a private-use mark (`grammar.MARKS`) where each slot belongs."""
    for _ in range(_ATTEMPTS):
        writer = Writer(slots, rng)
        text = writer.question()
        if text is not None and "part" not in writer.left and _complete(text, slots):
            return add_noise(tidy(text), rng)
    raise ValueError(f"no wording says {slots!r}; check that its slots fit its family")


def followup_skeleton(slots: Slots, rng: random.Random) -> str:
    """Return a follow-up with a mark where the one slot that it says anew belongs."""
    followup = Followup(slots, rng)
    for _ in range(_ATTEMPTS):
        text = followup.question()
        if _complete(text, followup.slots) and not _DATA.search(text):
            return add_noise(tidy(text), rng)
    raise ValueError(f"no follow-up says {slots.follows!r} of {slots!r}; give that slot")


def realise(slots: Slots, rng: random.Random) -> str:
    """Return a question that says these slots, each of their strings verbatim."""
    return fill(skeleton(slots, rng), slots)


def realise_followup(slots: Slots, rng: random.Random) -> str:
    """Return a follow-up ("and in 2020?") that says only the slot named by `slots.follows`."""
    return fill(followup_skeleton(slots, rng), slots)
