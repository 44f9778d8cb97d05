"""Several questions in one text, each to be asked by itself: a run answers one.

"How many ships are in Porto in 2023, and what is the NDVI there?" has two: each begins like a
question or an order, and each names what it is about. "How many ships are in Porto? Show them on a
map" is one, for its second half is about nothing of its own. What a later question does not say of
place and time is what the one before it said.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Final

from ..tools.geo.analysis.index_by_name_words import index_spans
from ..tools.geo.catalog import Catalog
from ..tools.geo.spans import EVERYTHING, question_spans

_ASKS: Final = (
    r"how (?:many|much|large|big|far|long|high|did|has|have|do|does|is|are|was|were)|what|which|"
    r"where|did|does|do|has|have|is|are|was|were"
)
_ORDERS: Final = (
    r"show|map|draw|plot|export|save|list|count|find|give|compute|calculate|measure|tell"
)
_BEGINS: Final = rf"(?:{_ASKS}|{_ORDERS})\b"
_JOINT: Final = re.compile(
    rf"(?:[.?!;]\s+|,?\s+(?=and\b))(?:(?:and|then|also)\s+)*(?={_BEGINS})", re.IGNORECASE
)
_FIRST: Final = re.compile(rf"(?:\w[\w']*,?\s+){{0,4}}?{_BEGINS}", re.IGNORECASE)
_ORDER: Final = re.compile(rf"(?:please\s+)?(?:{_ORDERS})\b", re.IGNORECASE)
_SCENES: Final = re.compile(r"\b(?:scenes?|images?|imagery)\b", re.IGNORECASE)
_THERE: Final = re.compile(r"\b(?:there|here)\b", re.IGNORECASE)
_OF_IT: Final = re.compile(r"(?<=\b(?:of|in|at) )(?:it|th[ai][ts] place)\b", re.IGNORECASE)
_PLACE_WORDS: Final = frozenset(("in", "at", "around", "near", "over", "off"))
_TIME_WORDS: Final = frozenset(("in", "on", "during", "for", "over"))


def several_questions(text: str, catalog: Catalog, today: date) -> tuple[str, ...]:
    """Return the questions of a text in their order, each whole; the text itself if it has one."""
    parts = _parts(text, catalog, today)
    if len(parts) < 2:
        return (text,)
    whole = [parts[0]]
    for part in parts[1:]:
        whole.append(_completed(part, whole[-1], catalog, today))
    return tuple(_as_sentence(part) for part in whole)


def _parts(text: str, catalog: Catalog, today: date) -> list[str]:
    """Return the parts of a text that are about something else than the part before; [] if one."""
    halves = [half.strip(" ,;?.") for half in _JOINT.split(text)]
    if len(halves) < 2 or not _FIRST.match(halves[0]):
        return []
    found: list[str] = []
    about: frozenset[str] = frozenset()
    for half in halves:
        things = _things(half, catalog, today)
        if found and (not things or things & about):
            # It goes on about the same: the words between stay as they were written.
            start = text.index(found[-1])
            found[-1] = text[start : text.index(half, start + len(found[-1])) + len(half)]
        elif not things:
            return []
        else:
            found.append(half)
            about = things
    places = [bool(question_spans(part, catalog, today)["span.place"]) for part in found]
    # A place that only a later part names may be meant by the first one too.
    return [] if any(places) and not places[0] else found


def _things(text: str, catalog: Catalog, today: date) -> frozenset[str]:
    """Return what a text is about: classes that the data know, indices, scenes."""
    classes = question_spans(text, catalog, today)["span.class"]
    # "How many times?" asks for a ratio, of what was said before.
    named = {span.lower() for span in (*classes, *index_spans(text))} - {EVERYTHING, "times"}
    return frozenset(named | ({"scenes"} if _SCENES.search(text) else set()))


def _completed(text: str, before: str, catalog: Catalog, today: date) -> str:
    """Return a question with the place and the time of the one before it, where it has none."""
    own, said = (question_spans(part, catalog, today) for part in (text, before))
    if said["span.place"] and not own["span.place"]:
        place = said["span.place"][0]
        named = _led(before, place, _PLACE_WORDS) or f"in {place}"
        if _OF_IT.search(text):
            text = _OF_IT.sub(lambda _: place, text, count=1)
        elif _THERE.search(text):
            text = _THERE.sub(lambda _: named, text, count=1)
        else:
            text = f"{text} {named}"
    if said["span.dates"] and not own["span.dates"]:
        dates = said["span.dates"][0]
        text = f"{text} {_led(before, dates, _TIME_WORDS) or dates}"
    return text


def _led(text: str, span: str, words: frozenset[str]) -> str:
    """Return a span with the preposition before it, "" where that is none of these words."""
    before = text.partition(span)[0].split()
    return f"{before[-1].lower()} {span}" if before and before[-1].lower() in words else ""


def _as_sentence(text: str) -> str:
    return f"{text[0].upper()}{text[1:]}{'.' if _ORDER.match(text) else '?'}"
