"""Alternatives in sentences: `[a|b]` is one of a and b; the last of several may be held out."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from random import Random
from typing import Final

from .case import Split

# Verilog has ranges in brackets, but no bar directly within one.
CHOICE: Final = re.compile(r"\[([^\[\]|]*(?:\|[^\[\]|]*)+)\]")
ENOUGH: Final = 3


def pick(alternatives: Sequence[str], rng: Random, split: Split) -> str:
    """Return one alternative with its inner choices made.

    Of three or more the last is said in the test split only, there half of the time.
    """
    last = len(alternatives) - 1
    if last + 1 < ENOUGH:
        return settle(rng.choice(list(alternatives)), rng)
    if split == "test" and rng.random() < 0.5:
        return settle(alternatives[last], rng)
    return settle(alternatives[rng.randrange(last)], rng)


def settle(text: str, rng: Random) -> str:
    """Return a sentence in which every `[a|b]` is one of its parts, the inner ones first."""
    while found := CHOICE.search(text):
        chosen = rng.choice(found.group(1).split("|"))
        text = text[: found.start()] + chosen + text[found.end() :]
    return re.sub(r" {2,}", " ", text).strip()


def sentence(text: str, names: Collection[str] = ()) -> str:
    """Return a text with a capital first letter and a full stop; a port's name is left as it is."""
    text = text.strip()
    first = text.split(" ", 1)[0].rstrip(",.:;")
    if first.isalpha() and first not in names:
        text = text[0].upper() + text[1:]
    return text if text.endswith((".", ":", "!", "?")) else f"{text}."


def bits(width: int) -> str:
    """Return a width in words."""
    return "1 bit" if width == 1 else f"{width} bits"


def told(names: Collection[str], *points: Sequence[str]) -> tuple[str, ...]:
    """Return whole statements made of the first, the second ... alternatives of all points.

    A point with fewer alternatives than the longest starts over. Names are not capitalised.
    """
    count = max(len(point) for point in points)
    return tuple(
        " ".join(_begun(point[number % len(point)], names) for point in points)
        for number in range(count)
    )


def _begun(text: str, names: Collection[str]) -> str:
    if not text.startswith("["):
        return sentence(text, names)
    choices, rest = text[1:].split("]", 1)
    begun = [
        c if c.split(" ", 1)[0] in names else c[:1].upper() + c[1:] for c in choices.split("|")
    ]
    return sentence(f"[{'|'.join(begun)}]{rest}", names)
