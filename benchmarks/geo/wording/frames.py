"""The moods a question can be in, and the frames of a family that can say what is left to say."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from .grammar import Production, sections

if TYPE_CHECKING:
    import random

Mood = Literal["q", "i", "s", "w", "g", "d", "key"]
MOODS: tuple[Mood, ...] = ("q", "i", "s", "w", "g", "d", "key")
MOOD_WEIGHTS: dict[str, tuple[float, ...]] = {
    "count": (32, 22, 15, 13, 4, 6, 14),
    "fetch": (26, 34, 13, 8, 4, 6, 14),
    "index": (7, 50, 16, 3, 4, 7, 17),
    "zonal": (33, 22, 18, 9, 4, 6, 14),
    "area": (32, 22, 17, 11, 4, 6, 14),
    "plot": (15, 46, 12, 8, 4, 6, 14),
    "zoom": (11, 62, 6, 3, 6, 6, 12),
    "refuse": (44, 30, 9, 11, 4, 6, 4),
}
# Naming one of these in a sentence says the part, so it needs no adverbial of its own.
_SAYS = {
    "spot": "place", "where": "place", "place": "place", "when": "dates", "span": "dates",
    "dates": "dates", "src": "dataset", "archive": "dataset", "dataset": "dataset",
    "outas": "output", "outdo": "output", "outnp": "output", "file.word": "output",
}  # fmt: skip


class Frame(NamedTuple):
    """A family's own part of a sentence; `says` are the parts that it names itself."""

    production: Production
    says: frozenset[str]
    near: bool


@cache
def _frames(name: str, says_output: bool) -> tuple[Frame, ...]:
    """Return the frames of a section; `near` is true where no distance fits in."""
    if name not in sections():
        return ()
    found: list[Frame] = []
    for production in sections()[name].productions:
        says = {_SAYS[need] for need in production.needs if need in _SAYS}
        says |= {"output"} if says_output else set()
        found.append(Frame(production, frozenset(says), "place" in production.needs))
    return tuple(found)


@cache
def _usable(names: tuple[tuple[str, bool], ...], left: frozenset[str], far: bool) -> list[Frame]:
    """Return the frames that name nothing but what is left to say."""
    return [
        frame
        for name, says_output in names
        for frame in _frames(name, says_output)
        if frame.says <= left and not (far and frame.near)
    ]


@cache
def _weights(names: tuple[tuple[str, bool], ...], left: frozenset[str], far: bool) -> list[float]:
    """Return the weights of the usable frames."""
    return [frame.production.weight for frame in _usable(names, left, far)]


def draw_frame(
    names: tuple[tuple[str, bool], ...], left: frozenset[str], far: bool, rng: random.Random
) -> Frame | None:
    """Draw a frame of these sections that says nothing but what is left; None if there is none."""
    usable = _usable(names, left, far)
    return rng.choices(usable, _weights(names, left, far))[0] if usable else None
