"""The words of a question that may name a place."""

from __future__ import annotations

import re
from typing import Final

from .gazetteer import country_index, is_name, normalise, similar_names, state_index, town_index
from .span_tokens import Run, Token, unbroken
from .span_words import COMMON, NEVER_PLACES, PREPOSITIONS

_LONGEST: Final = 5
_INNER: Final = frozenset(("de", "da", "do", "del", "la", "le", "el", "al", "es", "of", "di", "am"))
_WELL_KNOWN: Final = 100_000

Tokens = tuple[Token, ...]
Taken = frozenset[int]


def _has_case(tokens: Tokens) -> bool:
    """Say whether capitals tell names apart: some words have one and most do not."""
    letters = [t for t in tokens if t.text[0].isalpha()]
    capitals = sum(t.capital for t in letters)
    return 0 < capitals <= max(2, 0.6 * len(letters))


def _text(tokens: Tokens, run: Run) -> str:
    return " ".join(t.text for t in tokens[run.start : run.stop])


def _could_begin(token: Token, cased: bool) -> bool:
    if token.word in NEVER_PLACES or not token.text[0].isalpha():
        return False
    if cased and token.capital:
        return not (token.first and token.word in COMMON)
    return token.word not in COMMON and len(token.text) >= 3


def _exact(tokens: Tokens, taken: Taken, cased: bool) -> list[Run]:
    """Return the longest runs that are names of the gazetteer, left to right."""
    found: list[Run] = []
    at = 0
    while at < len(tokens):
        run = _longest_name(tokens, at, taken, cased)
        if run is not None:
            found.append(run)
        at = run.stop if run else at + 1
    return found


def _longest_name(tokens: Tokens, at: int, taken: Taken, cased: bool) -> Run | None:
    if not _could_begin(tokens[at], cased) and tokens[at].word != "new":
        return None
    for stop in range(min(len(tokens), at + _LONGEST), at, -1):
        run = Run(at, stop)
        last = tokens[stop - 1]
        if not unbroken(tokens, run, comma=False) or (cased and last.capital != tokens[at].capital):
            continue
        if taken.issuperset(range(at, stop)) or last.word in NEVER_PLACES:
            continue
        if stop - at == 1 and (at in taken or not _could_begin(tokens[at], cased)):
            continue
        if is_name(_text(tokens, run)):
            return run
    return None


def _capitalised(tokens: Tokens, taken: Taken, known: list[Run]) -> list[Run]:
    """Return the capitalised runs that no table knows: unknown and misspelt places."""
    found: list[Run] = []
    at = 0
    while at < len(tokens):
        stop = at
        while stop < len(tokens) and _unknown_name(tokens, stop, taken, known):
            stop += 1
            if tokens[stop - 1].after:
                break
            if stop + 1 < len(tokens) and tokens[stop].word in _INNER and tokens[stop + 1].capital:
                stop += 1
        if stop > at:
            found.append(Run(at, stop))
        at = max(stop, at + 1)
    return found


def _unknown_name(tokens: Tokens, at: int, taken: Taken, known: list[Run]) -> bool:
    token = tokens[at]
    if not token.capital or at in taken or token.word in NEVER_PLACES or len(token.text) < 3:
        return False
    if any(run.start <= at < run.stop for run in known) or re.search(r"\d", token.text):
        return False
    acronym = token.text.isupper() and len(token.text) <= 4
    return not acronym and not token.first and token.word not in COMMON


def _region_at(tokens: Tokens, at: int) -> int:
    """Return where a country or US state that begins at a token ends; the token itself if none."""
    for stop in range(min(len(tokens), at + _LONGEST), at, -1):
        run = Run(at, stop)
        key = normalise(_text(tokens, run))
        if unbroken(tokens, run, comma=False) and (key in country_index() or key in state_index()):
            return stop
    return at


def _with_qualifier(tokens: Tokens, run: Run, cased: bool) -> Run:
    """Return a run with the country or state that follows it: ", X", "(X)", "in X" or " X"."""
    at = run.stop
    if at >= len(tokens) or any(c in tokens[at - 1].after for c in ".;:?!)"):
        return run
    linked = tokens[at - 1].after == "," or "(" in tokens[at].before
    begin = at
    if not linked and tokens[at].word == "in":
        begin = at + 1
        linked = True
    if begin < len(tokens) and tokens[begin].word == "the" and begin + 1 < len(tokens):
        begin += 1
    if begin >= len(tokens) or not (linked or (begin == at and tokens[at].capital)):
        return run
    stop = _region_at(tokens, begin)
    if stop > begin:
        return _with_qualifier(tokens, Run(run.start, stop), cased)
    unknown = cased and tokens[begin].capital and ("(" in tokens[at].before or begin == at)
    apart = linked and tokens[begin].word not in COMMON | NEVER_PLACES
    if unknown and apart and normalise(tokens[begin].text) not in town_index():
        return Run(run.start, begin + 1)
    return run


def _misspelt(tokens: Tokens, taken: Taken) -> list[Run]:
    """Return single words after a preposition that are nearly the name of a well-known place."""
    found: list[Run] = []
    for at, token in enumerate(tokens):
        before = tokens[at - 1].word if at else ""
        if before == "the" and at > 1:
            before = tokens[at - 2].word
        placed = token.first or before in PREPOSITIONS
        if not placed or at in taken or len(token.text) < 5 or not token.text.isalpha():
            continue
        if token.word not in COMMON | NEVER_PLACES and _nearly_known(token.text):
            found.append(Run(at, at + 1))
    return found


def _nearly_known(word: str) -> bool:
    for name, _ in similar_names(word):
        towns = town_index().get(name, ())
        if name in country_index() or (towns and towns[0].population >= _WELL_KNOWN):
            return True
    return False


def place_runs(tokens: Tokens, taken: Taken) -> list[Run]:
    """Return the runs that may name a place; `taken` tokens are dates, data sets or classes."""
    if not tokens:
        return []
    cased = _has_case(tokens)
    exact = _exact(tokens, taken, cased)
    if cased:
        capitals = [r for r in exact if tokens[r.start].capital]
        capitals += _capitalised(tokens, taken, capitals)
        exact = capitals or exact
    found = sorted(exact) or _misspelt(tokens, taken)
    wide = [_with_qualifier(tokens, run, cased) for run in found]
    return [
        run
        for at, run in enumerate(wide)
        if not any(o != run and o.start <= run.start and run.stop <= o.stop for o in wide)
        and run not in wide[:at]
    ]
