"""Index names in a question, and the index that a name means.

A name is what the catalogue calls an index (NDVI), its long name, a band ("red band"), or an
ordinary word for what an index shows ("burn"). A word stands for the index that is most used for
it; the answer says which one was taken.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Final, NamedTuple

from rapidfuzz import fuzz, process

from ...errors import RetryableToolError
from .formulas import Formula, band_formula, catalogue
from .formulas_scene import COMMON_INDICES

WORDS: Final[Mapping[str, str]] = {
    "vegetation": "NDVI",
    "vegetation index": "NDVI",
    "vegetation cover": "NDVI",
    "vegetated": "NDVI",
    "greenness": "NDVI",
    "green cover": "NDVI",
    "plant health": "NDVI",
    "crop health": "NDVI",
    "vigour": "NDVI",
    "vigor": "NDVI",
    "water": "NDWI",
    "water index": "NDWI",
    "open water": "NDWI",
    "surface water": "NDWI",
    "flood": "NDWI",
    "flooded": "NDWI",
    "flooding": "NDWI",
    "burn": "NBR",
    "burn index": "NBR",
    "burn ratio": "NBR",
    "burn scar": "NBR",
    "burn severity": "NBR",
    "burned area": "NBR",
    "burned": "NBR",
    "burnt": "NBR",
    "wildfire": "NBR",
    "built up": "NDBI",
    "built up index": "NDBI",
    "urban": "NDBI",
    "impervious": "NDBI",
    "moisture": "NDMI",
    "moisture index": "NDMI",
    "water stress": "NDMI",
    "drought": "NDMI",
    "snow": "NDSI",
    "snow cover": "NDSI",
    "snow index": "NDSI",
    "bare soil": "BI",
}
"""Ordinary words and the index that is meant when a question names none."""

_MOST: Final = 8
_LONGEST: Final = 14
_TOKEN: Final = re.compile(r"[^\W_]+")
_CUTOFF: Final = 90.0
_SPELLING: Final[Mapping[str, str]] = {
    "normalised": "normalized",
    "optimised": "optimized",
    "renormalised": "renormalized",
    "generalised": "generalized",
    "indices": "index",
    "builtup": "built up",
}


class _Found(NamedTuple):
    rank: int
    start: int
    stop: int
    text: str


class _Names(NamedTuple):
    short: Mapping[str, tuple[str, ...]]
    long: Mapping[str, tuple[str, ...]]


def index_spans(question: str) -> tuple[str, ...]:
    """Return the question's own words that name an index: short names, long names, then words."""
    found = sorted(_every_span(question))
    kept: list[_Found] = []
    for one in found:
        if not any(one.start < other.stop and other.start < one.stop for other in kept):
            kept.append(one)
    return tuple(dict.fromkeys(one.text for one in kept))[:_MOST]


def find_formula(text: str) -> tuple[Formula, tuple[str, ...]]:
    """Return the formula that a name or word means, and what the person should be told."""
    formulas, names = catalogue().formulas, _names()
    said = text.strip()
    if said in formulas:
        return formulas[said], ()
    folded, key = said.casefold(), _key(said)
    short = names.short.get(folded, ())
    if short:
        return formulas[_only(said, short)], ()
    band = band_formula(folded.removesuffix(" band").removesuffix(" reflectance"))
    if band is not None:
        return band, ()
    word = WORDS.get(key)
    if word is not None and word in formulas:
        return formulas[word], (f"{said!r} is measured by {word}, {formulas[word].long_name}",)
    long = names.long.get(key) or names.long.get(f"{key} index", ())
    if long:
        return formulas[_only(said, long)], ()
    return _nearest(said, key)


def _only(said: str, names: tuple[str, ...]) -> str:
    if len(names) == 1:
        return names[0]
    raise RetryableToolError(
        f"index {said!r} can be one of {list(names)}; choose one",
        kind="ambiguous",
        candidates=names,
    )


def _nearest(said: str, key: str) -> tuple[Formula, tuple[str, ...]]:
    formulas, names = catalogue().formulas, _names()
    scored = _close(key, names.long)
    if scored and scored[0][1] >= _CUTOFF and (len(scored) == 1 or scored[1][1] < scored[0][1]):
        name = _only(said, names.long[scored[0][0]])
        return formulas[name], (f"{said!r} was read as {formulas[name].long_name} ({name})",)
    near = process.extract(
        said.casefold(), list(names.short), scorer=fuzz.ratio, limit=5, score_cutoff=60
    )
    ranked = sorted([*near, *scored], key=lambda hit: -hit[1])
    known = {**names.long, **names.short}
    likely = tuple(dict.fromkeys(name for hit in ranked for name in known[hit[0]]))[:_MOST]
    raise RetryableToolError(
        f"no spectral index is called {said!r}; nearest: {list(likely)}",
        kind="not_found",
        candidates=likely,
    )


def _close(text: str, names: Mapping[str, tuple[str, ...]]) -> list[tuple[str, float]]:
    hits = process.extract(text, list(names), scorer=fuzz.ratio, limit=5, score_cutoff=60)
    return [(str(name), float(score)) for name, score, _ in hits]


@cache
def _names() -> _Names:
    short: dict[str, tuple[str, ...]] = {}
    long: dict[str, tuple[str, ...]] = {}
    for name, formula in catalogue().formulas.items():
        short[name.casefold()] = (*short.get(name.casefold(), ()), name)
        key = _key(formula.long_name)
        long[key] = (*long.get(key, ()), name)
    return _Names(short, long)


def _key(text: str) -> str:
    words = (str(word).casefold() for word in _TOKEN.findall(text))
    return " ".join(_SPELLING.get(word, word) for word in words)


def _every_span(question: str) -> list[_Found]:
    tokens = list(_TOKEN.finditer(question))
    found: list[_Found] = []
    for at, token in enumerate(tokens):
        beside = tokens[at + 1].group().casefold() if at + 1 < len(tokens) else ""
        if _is_short_name(token.group(), beside):
            found.append(_Found(0, token.start(), token.end(), token.group()))
        for stop in range(min(len(tokens), at + _LONGEST), at, -1):
            begin, end = token.start(), tokens[stop - 1].end()
            rank = _rank(question[begin:end])
            if rank is not None:
                found.append(_Found(rank, begin, end, question[begin:end]))
                break
    return found


def _is_short_name(word: str, beside: str) -> bool:
    """Say whether a word is an index's short name and hardly anything else.

    Two letters may be a state or a unit, so they need "index" beside them; three letters in lower
    case may be any word, unless the index is a common one.
    """
    names = _names().short.get(word.casefold(), ())
    if not names:
        return False
    if len(word) == 2:
        return word in names and beside in ("index", "indices")
    if len(word) == 3 and word not in names and not word.isupper():
        return names[0] in COMMON_INDICES
    return True


def _rank(words: str) -> int | None:
    key = _key(words)
    if key in _names().long or (" " in key and f"{key} index" in _names().long):
        return 1
    if key.endswith(" band") and band_formula(key.removesuffix(" band")) is not None:
        return 1
    return 2 if key in WORDS else None
