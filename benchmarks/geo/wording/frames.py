"""The moods a question can be in, and the frames of a family that can say what is left to say."""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Literal, NamedTuple

from .grammar import Production, Ref, renamed, sections

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
    "compare": (36, 18, 16, 13, 4, 8, 11),
    "change": (34, 20, 17, 10, 4, 6, 13),
    "changed_area": (30, 22, 18, 10, 4, 7, 13),
    "trend": (34, 20, 17, 10, 4, 6, 13),
    "nearest": (36, 18, 16, 12, 4, 7, 11),
}
# What a place is: a bare name, one with a distance or a part, or coordinates.
Shape = Literal["name", "bent", "coordinates"]
# Naming one of these in a sentence says the part, so it needs no adverbial of its own.
_SAYS = {
    "spot": "place", "where": "place", "place": "place", "when": "dates", "span": "dates",
    "dates": "dates", "src": "dataset", "archive": "dataset", "dataset": "dataset",
    "outas": "output", "outdo": "output", "outnp": "output", "file.word": "output",
    "w1": "dates", "p1": "dates", "w2": "dates2", "p2": "dates2", "dates2": "dates2",
    "wa": "place", "pa": "place", "wb": "place2", "pb": "place2", "place2": "place2",
    "from.to": "dates dates2", "both.dates": "dates dates2", "both.places": "place place2",
    "objs.w1": "dates",
}  # fmt: skip

# Frames that fit any two of a kind call them h and l, the one that the other is taken from first,
# or x and y, in their natural order: w in a place or time ("in 2019"), p as a noun, k as a key.
_PAIRS = {
    "place": {f"{one}{form}": f"{'p' if form == 'k' else form}{ab}" for one, ab in
              (("h", "a"), ("l", "b"), ("x", "a"), ("y", "b")) for form in "wpk"},
    "dates": {f"{one}{form}": f"{'p' if form == 'k' else form}{ab}" for one, ab in
              (("h", "2"), ("l", "1"), ("x", "1"), ("y", "2")) for form in "wpk"},
    "category": {"hp": "objs", "lp": "objs2", "xp": "objs", "yp": "objs2",
                 "hk": "cat.word", "lk": "cat2", "xk": "cat.word", "yk": "cat2"},
}  # fmt: skip


class Frame(NamedTuple):
    """A family's own part of a sentence; `says` are the parts that it names itself."""

    production: Production
    says: frozenset[str]
    shapes: frozenset[Shape]


def _shapes(production: Production) -> frozenset[Shape]:
    """Return which shapes of place fit in: a raw `$place` takes a name, `{spot}'s` no numbers."""
    if "place" in production.needs:
        return frozenset[Shape](("name",))
    pairs = zip(production.body, production.body[1:], strict=False)
    owner = any(
        isinstance(node, Ref) and node.name == "spot" and str(after).startswith("'s")
        for node, after in pairs
    )
    return frozenset[Shape](("name", "bent") if owner else ("name", "bent", "coordinates"))


@cache
def _frames(name: str, says_output: bool) -> tuple[Frame, ...]:
    """Return the frames of a section; `name@second` has its pair of names made those of a pair."""
    section, _, second = name.partition("@")
    if section not in sections():
        return ()
    found: list[Frame] = []
    for plain in sections()[section].productions:
        production = renamed(plain, _PAIRS[second]) if second else plain
        says = {part for need in production.needs if need in _SAYS for part in _SAYS[need].split()}
        says |= {"output"} if says_output else set()
        found.append(Frame(production, frozenset(says), _shapes(production)))
    return tuple(found)


@cache
def _usable(names: tuple[tuple[str, bool], ...], left: frozenset[str], shape: Shape) -> list[Frame]:
    """Return the frames that name nothing but what is left to say."""
    return [
        frame
        for name, says_output in names
        for frame in _frames(name, says_output)
        if frame.says <= left and shape in frame.shapes
    ]


@cache
def _weights(
    names: tuple[tuple[str, bool], ...], left: frozenset[str], shape: Shape
) -> list[float]:
    """Return the weights of the usable frames."""
    return [frame.production.weight for frame in _usable(names, left, shape)]


def draw_frame(
    names: tuple[tuple[str, bool], ...], left: frozenset[str], shape: Shape, rng: random.Random
) -> Frame | None:
    """Draw a frame of these sections that says nothing but what is left; None if there is none."""
    usable = _usable(names, left, shape)
    return rng.choices(usable, _weights(names, left, shape))[0] if usable else None
