"""Spaces, marks, articles and capitals of a text that was put together from pieces."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .grammar import MARKS

if TYPE_CHECKING:
    from ..task import Slots

_AN = re.compile(
    r"\b([Aa]) (?=[aeioAEIO]|u(?!ni|se|til)|hour|N[BD]|MNDWI|n(?:dvi|dwi|dbi|dmi|br)\b|mndwi)"
)
_VOWEL = re.compile(r"[aeioAEIO]|[uU](?!ni|se|ti)|8\d*\b|1[18]\b")
_START = re.compile(r"(^|[.!?] +)([a-z])")


def tidy(text: str) -> str:
    """Return the text with single spaces, joined punctuation and capitals at sentence starts."""
    text = " ".join(text.split())
    text = re.sub(r" ([,;:.?!)](?![\w.]))", r"\1", text)
    text = re.sub(r"\( ", "(", text)
    text = re.sub(r"\b(I|we|you|it) '(d|m|ll|ve|re|s)\b", r"\1'\2", text)
    text = re.sub(r"\bwhat '(s|re)\b", r"what'\1", text)
    # A file ending keeps its comma: "…, .tif" is no end of a sentence.
    text = re.sub(r"[,;:]+ ?([,;:.?!])(?!\w)", r"\1", text)
    text = re.sub(r"([?!])\.", r"\1", text).lstrip(",;:. ")
    text = _AN.sub(r"\1n ", text)
    return _START.sub(lambda hit: hit[1] + hit[2].upper(), text).strip()


def fill(text: str, slots: Slots) -> str:
    """Return the text with the surface of each slot in place of its mark."""
    for slot, mark in MARKS.items():
        surface: str = getattr(slots, slot) or ""
        if _VOWEL.match(surface):
            text = re.sub(rf"\b([Aa]) (?={mark})", r"\1n ", text)
        if surface.casefold().startswith("the "):
            text = re.sub(rf"\b[Tt]he (?={mark})", "", text)
        text = text.replace(mark, surface)
    return text
