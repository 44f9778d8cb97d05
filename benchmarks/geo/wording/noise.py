"""How people really type: no capitals, slips of the finger, missing or doubled marks."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import random
    from collections.abc import Callable

_WORD = re.compile(r"(?<![\w'\ue000-\uf8ff.])[A-Za-z]{4,}(?![\w'\ue000-\uf8ff])")
_CODES = frozenset(
    (
        "ndvi",
        "ndwi",
        "mndwi",
        "ndbi",
        "ndmi",
        "savi",
        "bbox",
        "extent",
        "gpkg",
        "geojson",
        "geotiff",
        "geopackage",
    )
)
_SHORT = {
    "you": "u",
    "are": "r",
    "please": "pls",
    "thanks": "thx",
    "and": "&",
    "because": "cuz",
    "want to": "wanna",
    "going to": "gonna",
    "with": "w/",
    "give me": "gimme",
    "number of": "# of",
    "number": "nr",
}
# Slips of a second language; none of them turns a sense round or says a number anew.
_TURNS = (
    (r"\b[Hh]ow many (?=more\b)", "How much "),
    (r"\bare there\b", "there are"),
    (r"\bwere there\b", "there were"),
    (r"\bthere are\b", "there is"),
    (r"\b([Tt])ell me\b", r"\1ell to me"),
    (r"\b([Gg])ive me\b", r"\1ive to me"),
    (r"\bI would like to\b", "I like to"),
    (r"\b([Ww])e would like to\b", r"\1e like to"),
    (r"\b([Cc])an you\b", r"\1an you please to"),
    (r"\bdid ([a-z]+)\b(?= have)", r"\1 did"),
    (r"\bthe difference between\b", "difference of"),
    (r"\bcompared with\b", "in compare with"),
    (r"\bon a map\b", "in a map"),
    (r"\binterested in\b", "interesting in"),
    (r"\bwhat is the\b", "what is"),
    (r"\b([Ii])s it possible to\b", r"\1t is possible to"),
)
_NEAR = {
    "a": "sq", "b": "vn", "c": "xv", "d": "sf", "e": "wr", "f": "dg", "g": "fh", "h": "gj",
    "i": "uo", "j": "hk", "k": "jl", "l": "k", "m": "n", "n": "bm", "o": "ip", "p": "o",
    "q": "w", "r": "et", "s": "ad", "t": "ry", "u": "yi", "v": "cb", "w": "qe", "x": "zc",
    "y": "tu", "z": "x",
}  # fmt: skip


def _slip(word: str, rng: random.Random) -> str:
    """Return the word with one slip of the finger that leaves its first letter alone."""
    at = rng.randrange(1, len(word) - 1)
    kind = rng.random()
    if kind < 0.35:
        return word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    if kind < 0.65:
        return word[:at] + word[at + 1 :]
    if kind < 0.8:
        return word[:at] + word[at] + word[at:]
    near = _NEAR.get(word[at].lower(), word[at])
    return word[:at] + rng.choice(near) + word[at + 1 :]


def _typos(text: str, rng: random.Random) -> str:
    """Return the text with one to three misspelt ordinary words."""
    words = [hit for hit in _WORD.finditer(text) if hit[0].lower() not in _CODES]
    count = min(len(words), rng.choice((1, 1, 1, 2, 2, 3)))
    for hit in sorted(rng.sample(words, count), key=lambda hit: -hit.start()):
        text = text[: hit.start()] + _slip(hit[0], rng) + text[hit.end() :]
    return text


def _shorten(text: str, rng: random.Random) -> str:
    """Return the text with one or two words as in a chat message."""
    present = [word for word in _SHORT if re.search(rf"\b{word}\b", text)]
    for word in rng.sample(present, min(len(present), rng.choice((1, 2)))):
        text = re.sub(rf"\b{word}\b", _SHORT[word], text, count=1)
    return text


def _shout(text: str, rng: random.Random) -> str:
    """Return the text with one word in capitals."""
    words = [hit for hit in _WORD.finditer(text) if hit[0].lower() not in _CODES]
    if not words:
        return text
    hit = rng.choice(words)
    return text[: hit.start()] + hit[0].upper() + text[hit.end() :]


def _drop_articles(text: str, rng: random.Random) -> str:
    """Return the text without most of its articles, but "north of" is not "the north of"."""
    return re.sub(
        r"\b(the|an?) (?!(?:north|south|east|west) )",
        lambda hit: "" if rng.random() < 0.85 else hit[0],
        text,
    )


def _foreign(text: str, rng: random.Random) -> str:
    """Return the text with one or two turns of people whose first language is another one."""
    present = [turn for turn in _TURNS if re.search(turn[0], text)]
    for pattern, words in rng.sample(present, min(len(present), rng.choice((1, 1, 2)))):
        text = re.sub(pattern, words, text, count=1)
    return text


def _double_space(text: str, rng: random.Random) -> str:
    """Return the text with one space doubled."""
    spaces = [at for at, char in enumerate(text) if char == " "]
    if not spaces:
        return text
    at = rng.choice(spaces)
    return text[:at] + " " + text[at:]


def _no_apostrophes(text: str, rng: random.Random) -> str:
    """Return the text without apostrophes."""
    del rng
    return text.replace("'", "")


def _no_commas(text: str, rng: random.Random) -> str:
    """Return the text without commas."""
    del rng
    return text.replace(",", "")


def _no_end(text: str, rng: random.Random) -> str:
    """Return the text without its closing mark."""
    del rng
    return text.rstrip(".?! ")


_HABITS: tuple[tuple[float, Callable[[str, random.Random], str]], ...] = (
    (0.05, _shorten),
    (0.04, _drop_articles),
    (0.06, _foreign),
    (0.14, _typos),
    (0.08, _no_apostrophes),
    (0.07, _no_commas),
    (0.1, _no_end),
    (0.025, _shout),
    (0.03, _double_space),
)


def add_noise(text: str, rng: random.Random) -> str:
    """Return the text as a hurried person might type it; what stands in slots is not touched."""
    if rng.random() < 0.2:
        text = text.lower()
    elif rng.random() < 0.01:
        text = text.upper()
    for probability, habit in _HABITS:
        if rng.random() < probability:
            text = habit(text, rng)
    return text
