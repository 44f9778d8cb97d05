"""The words people use for the classes of a table, each with the classes that it means."""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from ...tools.geo import class_tables as tables
from ...tools.geo.class_words import WORDS

if TYPE_CHECKING:
    import random

TABLES = ("xview1", "fair1m", "bigearthnet")
_CLASSES = {
    "xview1": tables.XVIEW_CLASSES,
    "fair1m": tables.FAIR1M_CLASSES,
    "bigearthnet": tables.BIGEARTHNET_CLASSES,
}
# Only words whose extent nobody would dispute.
_GROUPS: dict[str, dict[str, tuple[str, ...]]] = {
    "xview1": {
        "ships": tables.XVIEW_SHIPS,
        "boats": tables.XVIEW_SHIPS,
        "vessels": tables.XVIEW_SHIPS,
        "aircraft": tables.XVIEW_AIRCRAFT,
    },
    "fair1m": {
        "ships": tables.FAIR1M_SHIPS,
        "boats": tables.FAIR1M_SHIPS,
        "vessels": tables.FAIR1M_SHIPS,
        "aircraft": tables.FAIR1M_AIRCRAFT,
        "airplanes": tables.FAIR1M_AIRCRAFT,
        "planes": tables.FAIR1M_AIRCRAFT,
    },
    "bigearthnet": {
        "forest": tables.BIGEARTHNET_FOREST,
        "forests": tables.BIGEARTHNET_FOREST,
        "wetlands": tables.BIGEARTHNET_WETLAND,
    },
}
_PLURALS = ((r"(?<=[^aeiou])y$", "ies"), (r"(?<=[sxh])$", "es"), (r"$", "s"))
_UNCOUNTABLE = re.compile(
    r"(craft|traffic|shipping|stock|equipment|machinery|parking|land|water|cover|agriculture|rice"
    r"|grass|growing|peat|works|sand|urban|built up|fabric|industr(y|ial)|woods|space|green"
    r"|crossroads)$",
    re.IGNORECASE,
)


class ClassPhrase(NamedTuple):
    """Words for one or several classes of a collection; `group` when they are a generic term."""

    text: str
    collection: str
    classes: tuple[str, ...]
    group: bool = False


def plural(name: str) -> str:
    """Return the regular plural of an English class name."""
    if _UNCOUNTABLE.search(name):
        return name
    for ending, new in _PLURALS:
        if re.search(ending, name):
            return re.sub(ending, new, name, count=1)
    return name


def _spellings(collection: str, name: str) -> tuple[str, ...]:
    if collection == "bigearthnet":
        return (name, name.lower())
    if name.startswith("other-"):
        return (name,)
    if name[-1].isdigit() or "/" in name or name.isupper():
        return (name, name.lower()) if "w/" not in name and "/" in name else (name,)
    return (name, name.lower(), plural(name), plural(name.lower()), plural(name.lower()))


@cache
def phrases(collection: str) -> tuple[ClassPhrase, ...]:
    """Return every phrase for the classes of a collection; repeated ones are likelier."""
    found: list[ClassPhrase] = []
    names = _CLASSES[collection]
    for name in names:
        found += (ClassPhrase(t, collection, (name,)) for t in _spellings(collection, name))
    for words, classes in _GROUPS[collection].items():
        found += [ClassPhrase(words, collection, tuple(sorted(classes)), group=True)] * 4
    taken = {phrase.text.lower() for phrase in found}
    for words, meant in WORDS.items():
        classes = tuple(sorted(set(meant) & set(names)))
        for text in {words: 0, plural(words): 0}:
            countable_only = collection != "bigearthnet" and text != plural(words)
            if classes and text not in taken and not countable_only:
                found.append(ClassPhrase(text, collection, classes, group=True))
    return tuple(found)


@cache
def _holders() -> dict[str, frozenset[str]]:
    """Return which collections a phrase, in lower case, can be about."""
    found: dict[str, set[str]] = {}
    for collection in TABLES:
        for phrase in phrases(collection):
            found.setdefault(phrase.text.lower(), set()).add(collection)
    return {text: frozenset(group) for text, group in found.items()}


def default_collection(words: str) -> str | None:
    """Return the collection that is meant when a question names none; None when it is unclear."""
    holders = _holders().get(words.lower(), frozenset())
    if "bigearthnet" in holders:
        return "bigearthnet" if len(holders) == 1 else None
    # A class that only the second collection of its kind has cannot be left to the default.
    return "xview1" if "xview1" in holders else None


def draw(rng: random.Random, collection: str) -> ClassPhrase:
    """Return a random phrase for classes of a collection."""
    return rng.choice(phrases(collection))
