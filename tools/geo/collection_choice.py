"""Which of several collections of one kind a question can mean: there is no need to offer others.

A data set that the question names is meant. Where it names none, one that does not know the classes
asked for or does not reach the area cannot hold the answer while another does; where none does,
that is for the search to say.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

import shapely

from .catalog import CollectionInfo
from .classes import class_key, class_keys


def offered(
    collections: Sequence[CollectionInfo], text: str, aoi: Mapping[str, Any] | None, *, named: bool
) -> tuple[str, ...]:
    """Return the ids to choose from, in order; names of data sets count where `named` says so.

    Surfaces and layers are called after what they hold ("slope", "buildings"): a question that says
    such a word does not always mean the collection.
    """
    everything = tuple(info.id for info in collections)
    if len(everything) < 2:
        return everything
    said = tuple(info.id for info in collections if named and _is_named(info, text))
    if said or aoi is None:
        return said or everything
    area = shapely.geometry.shape(aoi["geometry"])
    near = tuple(i.id for i in collections if shapely.box(*i.bbox).intersects(area))
    return near or everything


def knowing(
    collections: Sequence[CollectionInfo], text: str, phrases: Sequence[str]
) -> tuple[CollectionInfo, ...]:
    """Return the collections that know one of the class phrases as it is said; all if none does.

    One that names no classes may hold anything, and one that the question names is asked as it is.
    """
    if any(_is_named(info, text) for info in collections):
        return tuple(collections)
    said = {class_key(phrase) for phrase in phrases}
    known = {info.id for info in collections if info.classes and said & class_keys(info.classes)}
    return tuple(c for c in collections if not known or not c.classes or c.id in known)


def _is_named(info: CollectionInfo, text: str) -> bool:
    return _pattern((info.id, info.title, *info.aliases)).search(text) is not None


@lru_cache(maxsize=256)
def _pattern(names: tuple[str, ...]) -> re.Pattern[str]:
    """Return what finds one of the names, with any or no signs between its words."""
    words = (re.findall(r"[^\W\d_]+|\d+", name) for name in names)
    loose = "|".join(r"[\s_-]*".join(map(re.escape, name)) for name in words if name)
    return re.compile(rf"(?<![\w-])(?:{loose or '(?!)'})(?!\w)", re.IGNORECASE)
