"""What kind of phrase a slot holds, and so which sections of the grammar go with it."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from .places import place_sections

if TYPE_CHECKING:
    import random

    from ..task import Slots

DateKind = Literal["bare", "day", "range", "part", "the", "plain"]

_MONTH = r"(jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec)[a-z]*\.?"
_BARE = re.compile(
    r"(after|around|as|before|between|by|during|ever|from|in|last|next|on|over|past|prior|since|"
    r"starting|this|throughout|till|until|up|within|yesterday|today)\b"
)
_RANGE = re.compile(r"\b(to|through|until|till|and)\b|\s[-–]\s|–|/\d{4}-|\d{4}-\d{4}|\.\.")
_DAY = re.compile(
    rf"\d{{4}}-\d{{2}}-\d{{2}}$|\d{{1,2}}[./]\d{{1,2}}[./]\d{{2,4}}$|"
    rf"(the )?\d{{1,2}}(st|nd|rd|th)? (of )?{_MONTH}( |,|$)|"
    rf"{_MONTH} \d{{1,2}}(st|nd|rd|th)?(,? \d{{4}})?$"
)
_PART = re.compile(
    r"((1st|2nd|3rd|4th|first|second|third|fourth|last|final|end|start|beginning|middle)\b|"
    r"(spring|summer|autumn|fall|winter|month|year|season) of\b)"
)
_NOUN_ENDING = re.compile(
    r"(data|dataset|data set|archive|catalogue|catalog|collection|labels|annotations|images|"
    r"imagery|scenes|detections|database|records)$"
)

# The families that ask for a number and can ask for more in one breath: what is drawn or saved.
LAID = {
    "count": "count",
    "fetch": "fetch",
    "zonal": "index",
    "area": "index",
    "change": "change",
    "changed_area": "change",
}


def date_kind(phrase: str) -> DateKind:
    """Return which prepositions a date phrase can take."""
    text = phrase.casefold()
    if _BARE.match(text) and not re.match(r"(last|past) (\d|few|half|quarter)", text):
        return "bare"
    if _RANGE.search(text):
        return "range"
    if _DAY.match(text):
        return "day"
    if text.startswith("the "):
        return "the"
    return "part" if _PART.match(text) else "plain"


def is_plural(category: str) -> bool:
    """Say whether the words for a class read as a plural."""
    last = category.casefold().split()[-1]
    return (last.endswith("s") and not last.endswith("ss")) or last.endswith(("craft", "people"))


def category_sections(
    category: str | None, collection: str | None, rng: random.Random
) -> dict[str, str]:
    """Return the sections for naming the objects of the class."""
    if category is None:
        return {
            "what": "what.scenes",
            "what.sure": "what.foot",
            "what.key": "what.key.scenes",
            "what.plain": "what.plain.scenes",
            "where.are": "where.scenes",
            "where.they": "they.scenes",
        }
    plural = is_plural(category)
    landcover = collection == "bigearthnet"
    objects = "objs.plural" if plural else "objs.single"
    if landcover and (not plural or rng.random() < 0.5):
        objects = "objs.land"
    return {"objs": objects, "where.they": "they", "what.sure": "what", "what.key": "what.key.objs"}


def _dataset_sections(slots: Slots) -> dict[str, str]:
    """Return the sections for naming the data set."""
    if slots.dataset is None:
        return {}
    text = slots.dataset.casefold()
    full = text.startswith(("the ", "our ", "your ")) or _NOUN_ENDING.search(text) is not None
    kind = {"sentinel-2": "scenes", "bigearthnet": "landcover"}.get(
        slots.collection or "", "detection"
    )
    form = "full" if full else "label"
    return {"src": f"src.{form}", "archive": f"archive.{form}", "mark": f"mark.{kind}"}


def _code_sections(slots: Slots) -> dict[str, str]:
    """Return the sections that spell the codes: index, statistic and comparison."""
    found: dict[str, str] = {}
    if slots.index is not None:
        found |= {
            part: f"{part}.{slots.index}"
            for part in ("ix", "bare", "how", "top", "low", "theme", "gone", "grown")
        }
    if slots.statistic is not None:
        statistic = slots.statistic
        found |= {"st": f"st.{statistic}", "stn": f"stn.{statistic}", "st.key": f"stk.{statistic}"}
        if statistic == "std":
            found["stat.ix"] = "stat.ix.std"
    if slots.comparison is not None:
        comparison = slots.comparison
        found |= {"cmp": f"cmp.{comparison}", "verb.cmp": f"verb.{comparison}"}
        found |= {part: f"{part}.{comparison}" for part in ("cmpix", "vbix")}
        found["aside.cmp"] = f"aside.{comparison}"
    if slots.direction is not None:
        parts = ("lost", "that.lost", "turn", "of.turn", "turned", "turn.word")
        found |= {part: f"{part}.{slots.direction}" for part in parts}
    return found


def _output_sections(slots: Slots) -> dict[str, str]:
    """Return the sections for what should come out besides the number."""
    form = output_form(slots)
    if form is None:
        return {}
    found = {"outdo": f"{form}.them", "outnp": f"{form}.np", "outas": f"{form}.as"}
    found |= {"key.output": f"key.{form}", "them": f"{slots.family}.them"}
    found |= {"a.out": f"{form}.a"}
    found |= {f"out.{part}": f"{form}.{part}" for part in ("verb", "part", "ing", "how")}
    if slots.family in LAID:
        found |= {"lay": f"lay.{LAID[slots.family]}"}
        found |= {name: f"{name}.{slots.family}" for name in ("their.n", "their.q")}
    if form == "file":
        found["file.word"] = f"{slots.output}.word"
    return found


def output_form(slots: Slots) -> Literal["map", "picture", "file"] | None:
    """Return how the output must be worded; None where the request itself already says it."""
    if slots.output == "none" or (slots.output == "map" and slots.family in ("plot", "zoom")):
        return None
    return slots.output if slots.output in ("map", "picture") else "file"


def bind(slots: Slots, rng: random.Random, *, apart: bool = False) -> dict[str, str]:
    """Return the meaning of the grammar's open names for these slots.

    `apart` means that the part of the place is said away from it.
    """
    bound = place_sections(slots, apart=apart)
    bound |= category_sections(slots.category, slots.collection, rng)
    bound |= _dataset_sections(slots) | _code_sections(slots) | _output_sections(slots)
    if slots.dates is not None:
        kind = date_kind(slots.dates)
        bound |= {"when": f"when.{kind}", "span": f"span.{kind}"}
    if slots.family == "index" and slots.output == "none":
        bound["ask.verb"] = "ask.value"  # "show me" would ask for a map
    if slots.family == "fetch":
        bound["total"] = "total.img"
    if slots.family in ("change", "changed_area", "trend"):
        bound["when.none"] = "when.none.long"
        if bound.get("span") == "span.bare":
            bound["span"] = "span.bare.long"
    if slots.direction is not None and slots.index == "NBR":
        bound |= {"ix": "ix.NBR.plain", "bare": "bare.NBR.plain"}
    return bound
