"""Spaces, marks, articles and capitals of a text that was put together from pieces."""

from __future__ import annotations

import re

_AN = re.compile(
    r"\b([Aa]) (?=[aeioAEIO]|u(?!ni|se|til)|hour|N[BD]|MNDWI|n(?:dvi|dwi|dbi|dmi|br)\b|mndwi)"
)
_START = re.compile(r"(^|[.!?] +)([a-z])")


def tidy(text: str) -> str:
    """Return the text with single spaces, joined punctuation and capitals at sentence starts."""
    text = " ".join(text.split())
    text = re.sub(r" ([,;:.?!)](?![\w.]))", r"\1", text)
    text = re.sub(r"\( ", "(", text)
    text = re.sub(r"\b(I|we|you|it) '(d|m|ll|ve|re|s)\b", r"\1'\2", text)
    text = re.sub(r"\bwhat '(s|re)\b", r"what'\1", text)
    text = re.sub(r"[,;:]+ ?([,;:.?!])", r"\1", text)
    text = re.sub(r"([?!])\.", r"\1", text).lstrip(",;:. ")
    text = _AN.sub(r"\1n ", text)
    return _START.sub(lambda hit: hit[1] + hit[2].upper(), text).strip()
