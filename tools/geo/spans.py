"""Spans of a question that its resolvers find plausible: what a model may copy.

A span is a run of the question's own words, of the longest that can be read as one thing.
"""

from __future__ import annotations

import re
from datetime import date
from functools import lru_cache
from typing import Final

from ..errors import RetryableToolError
from .catalog import Catalog, CollectionInfo
from .class_words import EVERYTHING as WORDS_FOR_ALL
from .classes import class_key, class_keys
from .dates import read_dates
from .distance import DISTANCE
from .span_compare import COMPARES, two_periods
from .span_places import place_runs
from .span_tokens import Run, Token, surface, tokenise, unbroken
from .span_words import (
    COMMON,
    DATE_EDGES,
    DATE_NEVER_FIRST,
    DATE_WORDS,
    INDEX_WORDS,
    MONTHS,
    NOT_A_YEAR_AFTER,
    PREPOSITIONS,
)

KINDS: Final = ("span.place", "span.dates", "span.class", "span.distance", "span.number")
EVERYTHING: Final = "everything"

_MOST: Final = 8
_LONGEST_DATE: Final = 11
_DATE_TOKEN: Final = re.compile(
    r"['’]?\d{1,4}(?:st|nd|rd|th|s)?|\d{4}-\d\d(?:-\d\d)?(?:(?:/|\.\.)\d{4}-\d\d(?:-\d\d)?)?|"
    r"\d{1,4}[/.-]\d{1,2}(?:[/.-]\d{2,4})?|\d{1,2}/\d{4}|\d{4}[-–/]\d{2,4}|\d{8}|[qh][1-4]|"
    r"\d{1,2}[-–]\d{1,2}|[-–—]|mid-\w+|[a-z]+[-–][a-z]+",
    re.IGNORECASE,
)
_YEAR: Final = re.compile(r"(?<!\d)(?:19|20)\d\d(?!\d{1,3}(?!\d))|\d\d/\d\d/\d\d|['’]\d\d\b", re.I)
_RELATIVE: Final = re.compile(r"\b(?:last|past|previous|this|current|today|yesterday|ago)\b", re.I)
_ALWAYS_MONTHS: Final = MONTHS - {"may", "march", "mar", "jan", "dec", "sep", "august"}
_NUMBER: Final = re.compile(
    r"(?<![\w.,/-])[-−]?\d*\.?\d+"
    r"(?:(?:st|nd|rd|th)(?=\s+percentile)|(?:\s?%)?(?![\w/]|[.,-]\d|-\w))"
)

_ANY_CLASS: Final = frozenset(map(class_key, WORDS_FOR_ALL))

Tokens = tuple[Token, ...]


def _is_date_word(token: Token) -> bool:
    return token.word in DATE_WORDS or _DATE_TOKEN.fullmatch(token.text) is not None


def _says_when(text: str, tokens: Tokens, run: Run) -> bool:
    """Say whether a run is about time at all: a year, a month or a relative period in it."""
    words = surface(text, tokens, run)
    inside = tokens[run.start : run.stop]
    if _YEAR.search(words):
        before = tokens[run.start - 1].word if run.start else ""
        return len(inside) > 1 or before not in NOT_A_YEAR_AFTER
    if _RELATIVE.search(words) or any(t.word in _ALWAYS_MONTHS for t in inside):
        return True
    months = [t for t in inside if t.word in MONTHS]
    before = tokens[run.start - 1].word if run.start else ""
    in_time = before in PREPOSITIONS or before == "since" or len(inside) > 1
    return any((t.capital and not t.first and len(t.text) > 3) or in_time for t in months)


def _reads_as_date(words: str, today: date) -> bool:
    try:
        read_dates(words, today)
    except RetryableToolError:
        return False
    return True


def _date_runs(text: str, tokens: Tokens, today: date) -> list[Run]:
    found: list[Run] = []
    at = 0
    while at < len(tokens):
        run = _longest_date(text, tokens, at, today)
        if run is not None:
            found.append(run)
        at = run.stop if run else at + 1
    return found


def _longest_date(text: str, tokens: Tokens, at: int, today: date) -> Run | None:
    the = tokens[at].word == "the" and at + 1 < len(tokens)
    word = tokens[at + the].word
    if not _is_date_word(tokens[at]) or word in DATE_NEVER_FIRST or (the and word.isdigit()):
        return None
    stop = at
    while stop < min(len(tokens), at + _LONGEST_DATE) and _is_date_word(tokens[stop]):
        stop += 1
    for end in range(stop, at, -1):
        run = Run(at, end)
        lone = end - at == 1
        edge = tokens[end - 1].word in DATE_EDGES or tokens[end - 1].text in "-–—"
        if edge and (lone or not _RELATIVE.search(surface(text, tokens, run))):
            continue
        if not unbroken(tokens, run) or not _says_when(text, tokens, run):
            continue
        if _reads_as_date(surface(text, tokens, run), today) and not _counted(tokens, run):
            return run
    return None


def _counted(tokens: Tokens, run: Run) -> bool:
    """Say whether a lone number is a quantity: "2000 hectares"."""
    if run.stop - run.start > 1 or run.stop >= len(tokens) or tokens[run.stop - 1].after:
        return False
    return tokens[run.stop].word in {"hectares", "ha", "pixels", "m", "metres", "meters", "ships"}


@lru_cache(maxsize=8)
def _data_set_names(collections: tuple[CollectionInfo, ...]) -> re.Pattern[str]:
    names = {n for c in collections for n in (c.id, c.title, *c.aliases) if len(n) > 1}
    loose = (
        r"[\s_-]*".join(map(re.escape, re.findall(r"[^\W\d_]+|\d+", name)))
        for name in sorted(names, key=len, reverse=True)
    )
    return re.compile(rf"(?<![\w-])(?:{'|'.join(filter(None, loose)) or '(?!)'})(?![\w])", re.I)


@lru_cache(maxsize=8)
def _class_words(classes: tuple[tuple[str, ...], ...]) -> dict[str, dict[tuple[str, ...], int]]:
    """Return the keys of every class phrase by their first word, with their length."""
    index: dict[str, dict[tuple[str, ...], int]] = {}
    for names in classes:
        for key in class_keys(names):
            index.setdefault(key[0], {})[key] = len(key)
    return index


def _class_runs(tokens: Tokens, classes: tuple[tuple[str, ...], ...]) -> list[Run]:
    index = _class_words(classes)
    keys = [class_key(t.text) for t in tokens]
    found: list[Run] = []
    at = 0
    while at < len(tokens):
        stop = _longest_class(keys, at, index)
        index_name = stop < len(tokens) and tokens[stop].word in INDEX_WORDS
        if stop > at and not index_name and sum(keys[at:stop], ()) not in _ANY_CLASS:
            found.append(Run(at, stop))
        at = max(stop, at + 1)
    return found


def _longest_class(
    keys: list[tuple[str, ...]], at: int, index: dict[str, dict[tuple[str, ...], int]]
) -> int:
    known = index.get(keys[at][0], {}) if keys[at] else {}
    longest = max(known.values(), default=0)
    best, said = at, ()
    for stop in range(at, min(len(keys), at + longest)):
        said += keys[stop]
        if keys[stop] and said in known:
            best = stop + 1
    return best


def _may_be_a_class(word: str) -> bool:
    return word.isalpha() and word not in COMMON


def _asked_for(tokens: Tokens, taken: frozenset[int]) -> list[Run]:
    """Return what is counted in a question that names no known class: "how many submarines"."""
    words = [t.word for t in tokens]
    for at in range(2, len(tokens)):
        asked = words[at - 2 : at] in (["how", "many"], ["number", "of"], ["count", "the"])
        if (asked or words[at - 1] == "count") and at not in taken and _may_be_a_class(words[at]):
            return [Run(at, at + 1)]
    return []


def _covered(tokens: Tokens, spans: list[tuple[int, int]]) -> frozenset[int]:
    return frozenset(
        i for i, t in enumerate(tokens) if any(a < t.end and t.start < b for a, b in spans)
    )


def _inside(runs: list[Run]) -> frozenset[int]:
    return frozenset(i for run in runs for i in range(run.start, run.stop))


def _kept(words: list[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))[:_MOST]


def _numbers(text: str, tokens: Tokens, taken: frozenset[int]) -> list[str]:
    return [
        m.group()
        for m in _NUMBER.finditer(text)
        if not taken.intersection(_covered(tokens, [m.span()]))
    ]


def question_spans(
    text: str, catalog: Catalog, today: date, classes_of: tuple[tuple[str, ...], ...] = ()
) -> dict[str, tuple[str, ...]]:
    """Return, for each kind of span, the question's words that may be meant, in order.

    `span.class` always ends with "everything", the only span that is not in the question.
    `classes_of` are the classes of each detector, known besides those of the catalog.
    """
    tokens = tokenise(text)
    collections = catalog.collections()
    data_sets = _covered(tokens, [m.span() for m in _data_set_names(collections).finditer(text)])
    distances = list(DISTANCE.finditer(text))
    measured = _covered(tokens, [m.span() for m in distances])
    free = [r for r in _date_runs(text, tokens, today) if not _inside([r]) & (data_sets | measured)]
    dated = _inside(free)
    vocabularies = (*(c.classes for c in collections if c.classes), *classes_of)
    classes = _class_runs(tokens, vocabularies)
    classes = [r for r in classes if not _inside([r]) & (data_sets | dated)]
    places = place_runs(tokens, data_sets | dated | measured | _inside(classes))
    classes = [r for r in classes if not any(r.overlaps(p) for p in places)]
    taken = data_sets | dated | measured | _inside(classes) | _inside(places)
    named = classes or _asked_for(tokens, taken)
    said = [surface(text, tokens, r) for r in named]
    periods = [surface(text, tokens, r) for r in free]
    if classes and COMPARES.search(text):
        periods = [end for words in periods for end in two_periods(words, today)]
    return {
        "span.place": _kept([surface(text, tokens, r) for r in places]),
        "span.dates": _kept(periods),
        "span.class": (*_kept([w for w in said if w != EVERYTHING])[: _MOST - 1], EVERYTHING),
        "span.distance": _kept([m.group() for m in distances]),
        "span.number": _kept(_numbers(text, tokens, taken)),
    }
