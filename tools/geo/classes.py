"""Class phrases as the class names of one data set."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Final, NamedTuple

from rapidfuzz import fuzz, process

from ..errors import RetryableToolError
from .class_words import EVERYTHING, WORDS

_WEAK: Final = frozenset(
    ("area", "land", "unit", "site", "fabric", "other", "associated", "network", "natural", "lot")
    + (
        "with",
        "and",
        "or",
        "of",
        "w",
        "permanently",
        "small",
        "flat",
        "body",
        "course",
        "vegetation",
    )
)
_ARTICLES: Final = frozenset(("the", "a", "an", "any", "some", "each", "every", "all", "of"))
_KEEPS_S: Final = ("ss", "us", "is")
_TYPO_SCORE: Final = 84
_NEAR_SCORE: Final = 55
_MOST_CANDIDATES: Final = 6
_MOST_WORDS: Final = 8
_NAME: Final = re.compile(r"[\w\s/,&()'’.+-]{1,100}")

Key = tuple[str, ...]


class ClassMatch(NamedTuple):
    """The class names a phrase stands for; `notes` say how it was read."""

    classes: tuple[str, ...]
    notes: tuple[str, ...]


def _singular(word: str) -> str:
    if len(word) < 4 or word.endswith(_KEEPS_S) or not word.endswith("s"):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    if word.endswith(("shes", "ches", "xes", "sses", "buses")):
        return word[:-2]
    return word[:-1]


def class_key(text: str) -> Key:
    """Return the singular words of a phrase, for comparison; "Boeing 737" equals "Boeing737"."""
    plain = re.sub(r"([a-z])(\d)", r"\1 \2", text.casefold())
    return tuple(_singular(w) for w in re.findall(r"[^\W_]+", plain))


def _is_a_name(text: str) -> bool:
    """Say whether a class is called by a name: of a sentence, no part stands for the class."""
    return len(class_key(text)) <= _MOST_WORDS and _NAME.fullmatch(text) is not None


def _names_of(name: str) -> set[Key]:
    """Return the keys that stand for one class: its name, its alternatives, its head noun."""
    whole = class_key(name)
    keys = {whole}
    if "/" in name and "w/" not in name and _is_a_name(name):
        parts = [class_key(part) for part in name.split("/")]
        keys.update(p for p in parts if p)
        if len(parts[0]) == 1 and len(parts[1]) > 1:
            keys.add((*parts[0], *parts[1][1:]))
    # A name may hold no word at all ("-"): nothing stands for it, "everything" includes it.
    return {k for k in keys if k and (k[-1] not in _WEAK or k == whole)}


@cache
def _groups() -> dict[Key, tuple[str, ...]]:
    return {class_key(phrase): group for phrase, group in WORDS.items()}


@lru_cache(maxsize=64)
def _vocabulary(classes: tuple[str, ...]) -> dict[Key, tuple[str, ...]]:
    """Return what can be said of a data set: every key and the classes it stands for."""
    known = set(classes)
    said: dict[Key, list[str]] = {}
    for name in classes:
        for key in _names_of(name):
            said.setdefault(key, []).append(name)
        head = class_key(name)[-1:] if _is_a_name(name) else ()
        if head and head[0] not in _WEAK and not head[0].isdigit():
            said.setdefault(head, [])
    for (head, *more), names in said.items():
        if not more and not names:
            names.extend(c for c in classes if class_key(c)[-1:] == (head,) and _is_a_name(c))
    words = {k: tuple(v) for k, v in said.items()}
    exact = {class_key(name) for name in classes}
    for key, group in _groups().items():
        present = tuple(c for c in classes if c in known.intersection(group))
        if present and key not in exact:
            words[key] = present
    return words | {class_key(e): classes for e in EVERYTHING}


@lru_cache(maxsize=64)
def class_keys(classes: tuple[str, ...]) -> frozenset[Key]:
    """Return the keys of every phrase that stands for classes of this data set."""
    return frozenset(_vocabulary(classes))


def match_classes(phrase: str, classes: tuple[str, ...]) -> ClassMatch:
    """Return the class names of a data set that a phrase stands for.

    A class name is that class alone; any other general word ("ships") is a group of classes.
    """
    words = _vocabulary(classes)
    key = class_key(phrase)
    while key and key not in words and key[0] in _ARTICLES:
        key = key[1:]
    if key in words:
        return ClassMatch(words[key], _group_note(phrase, key, words[key], classes))
    said = {" ".join(k): k for k in words}
    text = " ".join(key)
    ranked = process.extract(
        text, list(said), scorer=fuzz.ratio, score_cutoff=_NEAR_SCORE, limit=20
    )
    if ranked and ranked[0][1] >= _TYPO_SCORE and len(text) > 3:
        best = words[said[ranked[0][0]]]
        return ClassMatch(best, (f"read {phrase!r} as {', '.join(best)}",))
    raise _unknown(phrase, classes, tuple(words[said[near]] for near, _, _ in ranked))


def _group_note(
    phrase: str, key: Key, found: tuple[str, ...], classes: tuple[str, ...]
) -> tuple[str, ...]:
    if len(found) == len(classes):
        return ()
    if len(found) > 1:
        return (f"{phrase!r} stands for {len(found)} classes of this data set: {', '.join(found)}",)
    other = [c for c in classes if c in _groups().get(key, ()) and c not in found]
    alone = f"{phrase!r} is the class {' '.join(found)!r} alone, without {', '.join(other)}"
    return (alone,) if other else ()


def _unknown(
    phrase: str, classes: tuple[str, ...], near: tuple[tuple[str, ...], ...]
) -> RetryableToolError:
    ranked = tuple(dict.fromkeys(group[0] for group in near if len(group) == 1))
    # Class names are free text: people are offered them, but the model reads this message.
    return RetryableToolError(
        f"{phrase!r} is none of the {len(classes)} classes of this data set; choose another word "
        "of the question or 'everything'",
        kind="not_found",
        candidates=(*ranked[:_MOST_CANDIDATES], "everything"),
    )
