"""The words of a question that may name a place."""

from __future__ import annotations

from typing import Final

from .gazetteer import country_index, is_name, normalise, similar_names, state_index, town_index
from .span_tokens import Run, Token, unbroken
from .span_words import COMMON, DETERMINERS, NAME_STARTS, NEVER_PLACES, PREPOSITIONS

_LONGEST: Final = 5
_INNER: Final = frozenset(("de", "da", "do", "del", "la", "le", "el", "al", "es", "of", "di", "am"))
_WELL_KNOWN: Final = 100_000

Tokens = tuple[Token, ...]
Taken = frozenset[int]


def _has_case(tokens: Tokens, taken: Taken) -> bool:
    """Say whether capitals tell names apart: some words have one and most do not."""
    letters = [
        t
        for at, t in enumerate(tokens)
        if t.text[0].isalpha() and not t.first and at not in taken and t.word not in NEVER_PLACES
    ]
    capitals = sum(t.capital for t in letters)
    return capitals <= max(3, 0.75 * len(letters)) and any(t.capital for t in tokens)


def _text(tokens: Tokens, run: Run) -> str:
    return " ".join(t.text for t in tokens[run.start : run.stop])


def _could_begin(token: Token, cased: bool) -> bool:
    if token.word in NEVER_PLACES or not token.text[0].isalpha():
        return False
    if cased and token.capital:
        return not ((token.first or token.shouted) and token.word in COMMON)
    return token.word not in COMMON and len(token.text) >= 3


def _as_capital(first: Token, last: Token) -> bool:
    """Say whether a name that begins with a capital also ends with one, or with a number."""
    return last.text.isdigit() or any(c.isupper() for c in last.text) == first.capital


def _determined(tokens: Tokens, at: int) -> bool:
    """Say whether a lower-case word is a noun after "our", "a" …, as no place is."""
    return not tokens[at].capital and at > 0 and tokens[at - 1].word in DETERMINERS


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
    if not _could_begin(tokens[at], cased) and tokens[at].word not in NAME_STARTS:
        return None
    for stop in range(min(len(tokens), at + _LONGEST), at, -1):
        run = Run(at, stop)
        last = tokens[stop - 1]
        if not unbroken(tokens, run, comma=False) or (cased and not _as_capital(tokens[at], last)):
            continue
        if taken.issuperset(range(at, stop)) or last.word in NEVER_PLACES:
            continue
        if stop - at == 1 and (at in taken or not _could_begin(tokens[at], cased)):
            continue
        if is_name(_text(tokens, run)) and not (stop - at == 1 and _determined(tokens, at)):
            return run
    return None


def _capitalised(tokens: Tokens, taken: Taken, known: list[Run]) -> list[Run]:
    """Return the capitalised runs that no table knows: unknown and misspelt places."""
    named = _inside(known)
    found: list[Run] = []
    at = 0
    while at < len(tokens):
        stop = at
        while stop < len(tokens) and _unknown_name(tokens, stop, taken | named, inner=stop > at):
            stop += 1
            if tokens[stop - 1].after:
                break
            if stop + 1 < len(tokens) and tokens[stop].word in _INNER and tokens[stop + 1].capital:
                stop += 1
        begin = at + (stop - at > 1 and tokens[at].first and tokens[at].word.endswith("ing"))
        if any(not tokens[i].first and tokens[i].word not in COMMON for i in range(begin, stop)):
            found.append(Run(begin, stop))
        at = max(stop, at + 1)
    return found


def _unknown_name(tokens: Tokens, at: int, taken: Taken, *, inner: bool) -> bool:
    token = tokens[at]
    if not token.capital or at in taken or token.word in NEVER_PLACES:
        return False
    if inner:
        return True
    follows = at + 1 < len(tokens) and tokens[at + 1].capital and not token.after
    if token.shouted or len(token.text) < (2 if follows else 3):
        return False
    starts = follows and token.word in NAME_STARTS and tokens[at + 1].word not in COMMON
    letters = not any(c.isdigit() for c in token.text)
    return letters and (token.word not in COMMON or (starts and not token.first))


def _joined(tokens: Tokens, known: list[Run], unknown: list[Run]) -> list[Run]:
    """Return the runs that an unknown name and a known one next to it make together."""
    return [
        Run(min(u.start, k.start), max(u.stop, k.stop))
        for u in unknown
        for k in known
        if (u.stop == k.start and not tokens[u.stop - 1].after and not tokens[u.start].first)
        or (k.stop == u.start and not tokens[k.stop - 1].after)
    ]


def _inside(runs: list[Run]) -> Taken:
    return frozenset(i for run in runs for i in range(run.start, run.stop))


def _region_at(tokens: Tokens, at: int) -> int:
    """Return where a country or US state that begins at a token ends; the token itself if none."""
    for stop in range(min(len(tokens), at + _LONGEST), at, -1):
        run = Run(at, stop)
        key = normalise(_text(tokens, run))
        if unbroken(tokens, run, comma=False) and (key in country_index() or key in state_index()):
            return stop
    return at


def _with_qualifier(tokens: Tokens, run: Run, taken: Taken, cased: bool) -> Run:
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
        return _with_qualifier(tokens, Run(run.start, stop), taken, cased)
    unknown = (
        begin not in taken
        and cased
        and tokens[begin].capital
        and ("(" in tokens[at].before or begin == at)
    )
    apart = linked and tokens[begin].word not in COMMON | NEVER_PLACES
    if unknown and apart and normalise(tokens[begin].text) not in town_index():
        return Run(run.start, begin + 1)
    return run


def _misspelt(tokens: Tokens, taken: Taken) -> list[Run]:
    """Return single words that begin a sentence or follow a preposition and may be a name."""
    found: list[Run] = []
    for at, token in enumerate(tokens):
        before = tokens[at - 1].word if at else ""
        if before == "the" and at > 1:
            before = tokens[at - 2].word
        if at in taken or len(token.text) < 6 or not token.text.isalpha():
            continue
        if token.word in COMMON | NEVER_PLACES:
            continue
        within = 3 if before in PREPOSITIONS or token.after else 1
        if (token.first or before in PREPOSITIONS) and _nearly_known(token.text, within):
            found.append(Run(at, at + 1))
    alone = [
        Run(i, i + 1) for i, t in enumerate(tokens) if t.capital and _stands_alone(t, i in taken)
    ]
    return found or alone


def _stands_alone(token: Token, taken: bool) -> bool:
    """Say whether a capitalised word is set off by what follows it: "Atlantis, June 2021"."""
    return (
        token.after[:1] in (",", ":", ")")
        and not taken
        and not token.shouted
        and token.text.isalpha()
        and len(token.text) > 3
        and token.word not in COMMON | NEVER_PLACES
    )


def _nearly_known(word: str, within: int) -> bool:
    for name in (name for name, edits in similar_names(word) if edits <= within):
        towns = town_index().get(name, ())
        if name in country_index() or (towns and towns[0].population >= _WELL_KNOWN):
            return True
    return False


def place_runs(tokens: Tokens, taken: Taken) -> list[Run]:
    """Return the runs that may name a place; `taken` tokens are dates, data sets or classes."""
    if not tokens:
        return []
    cased = _has_case(tokens, taken)
    exact = _exact(tokens, taken, cased)
    if cased:
        capitals = [r for r in exact if tokens[r.start].capital]
        unknown = _capitalised(tokens, taken, capitals)
        exact = [*capitals, *unknown, *_joined(tokens, capitals, unknown)] or exact
    found = sorted(exact) or _misspelt(tokens, taken)
    wide = [_with_qualifier(tokens, run, taken, cased) for run in found]
    return [
        run
        for at, run in enumerate(wide)
        if run not in wide[:at]
        and not any(o != run and o.start <= run.start and run.stop <= o.stop for o in wide)
    ]
