"""The meaning of a held-out question, read from its slots without the platform's resolvers."""

from __future__ import annotations

import re
from datetime import date, timedelta

from ...tools.errors import UsageError
from .class_phrases import TABLES, phrases, plural
from .date_phrases import FIRST_DAY, LAST_DAY, add_months
from .meaning import Meaning, fold
from .place_phrases import country_name, distance
from .places import HELD_OUT
from .task import Slots

Span = tuple[date, date]
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_SEASONS = {"spring": 3, "summer": 6, "autumn": 9, "fall": 9}
_NUMBERS = {"1": 1, "2": 2, "3": 3, "4": 4, "first": 1, "second": 2, "third": 3, "fourth": 4}
_RANGE = re.compile(
    r"(?:from |between )?(.+?)(?: to | and | until | through |(?<=^\d{4})-(?=\d{4}$))(.+)"
)
_DAY = re.compile(r"(\d{1,2})(?:st|nd|rd|th)?(?: of)? ([a-z]+)(?: (\d{4}))?")
_DAY_US = re.compile(r"([a-z]+) (\d{1,2})(?:st|nd|rd|th)?,? (\d{4})")
_PART = re.compile(r"(?:(\d)(?:st|nd|rd|th)|([a-z]+)) (half|quarter) of (\d{4})")
_METRES = {"m": 1.0, "km": 1000.0, "mile": 1609.344}


def read_meaning(slots: Slots) -> Meaning:
    """Return what the slots of a held-out question mean."""
    fields: dict[str, object] = {} if slots.place is None else _read_area(slots)
    if slots.dates is not None:
        start, end = read_span(slots.dates)
        fields |= {"start": start, "end": end}
    fields |= _read_second(slots)
    if slots.distance is not None:
        fields["distance_m"] = _read_metres(slots.distance)
    classes = () if slots.category is None else _read_classes(slots.collection, slots.category)
    fields |= {"collection": slots.collection, "classes": classes, "part": slots.part}
    return Meaning.model_validate(fields)


def _read_second(slots: Slots) -> dict[str, object]:
    """Return what the second of a pair means."""
    fields: dict[str, object] = {}
    if slots.dates2 is not None:
        fields["start2"], fields["end2"] = read_span(slots.dates2)
    if slots.category2 is not None:
        fields["classes2"] = _read_classes(slots.collection, slots.category2)
    if slots.place2 is not None:
        second = _read_place(slots.model_copy(update={"place": slots.place2}))
        fields |= {"place2": second["place"], "country2": second["country"]}
    return fields


def _read_area(slots: Slots) -> dict[str, object]:
    numbers = [float(text) for text in re.findall(r"-?\d+(?:\.\d+)?", slots.place or "")]
    if slots.place_kind == "bbox":
        return {"box": tuple(numbers)}
    if slots.place_kind == "point":
        lat, lon = numbers
        south, west = "S" in (slots.place or ""), "W" in (slots.place or "")
        return {"point": (-lon if west else lon, -lat if south else lat)}
    return _read_place(slots)


def _read_place(slots: Slots) -> dict[str, object]:
    name, _, qualifier = re.sub(r" in |, ", "|", slots.place or "", count=1).partition("|")
    named = [pair for pair in HELD_OUT if fold(pair[0]) == fold(name)]
    if slots.trap == "unknown_place":
        return {}
    if qualifier:
        named = [pair for pair in named if fold(country_name(pair[1])) == fold(qualifier)]
    if slots.trap == "typo":
        named = [min(HELD_OUT, key=lambda pair: distance(fold(pair[0]), fold(name)))]
    if slots.trap == "ambiguous":
        return {"offer": tuple(f"{place}, {country_name(code)}" for place, code in named)}
    if len(named) != 1:
        raise UsageError(f"place {slots.place!r} is {named!r} of the held-out places; qualify it")
    return {"place": named[0][0], "country": named[0][1]}


def _read_classes(collection: str | None, words: str) -> tuple[str, ...]:
    if collection not in TABLES:
        raise UsageError(f"class {words!r} needs a table, not {collection!r}")
    for phrase in phrases(collection):
        if words.lower() in (phrase.text.lower(), plural(phrase.text.lower())):
            return phrase.classes
    raise UsageError(f"nobody has said what {words!r} means in {collection!r}; add it")


def _read_metres(words: str) -> float:
    found = re.fullmatch(r"([\d.]+) ?(km|kilomet(?:re|er)s?|m|met(?:re|er)s?|miles?)", words)
    if found is None:
        raise UsageError(f"distance {words!r} is in no known unit")
    unit = found[2]
    key = "km" if unit.startswith("k") else "mile" if unit.startswith("mi") else "m"
    return float(found[1]) * _METRES[key]


def read_span(words: str) -> Span:
    """Return the half-open days of a date phrase; both ends of a range are in it."""
    text = re.sub(r"^(?:in |during |the )+", "", words.lower().strip())
    if (opened := re.fullmatch(r"(since|after|before|from) (.+?)( onwards)?", text)) and (
        opened[1] != "from" or opened[3]
    ):
        start, end = _read_period(opened[2], None)
        spans = {"before": (FIRST_DAY, start), "after": (end, LAST_DAY)}
        return spans.get(opened[1], (start, LAST_DAY))
    if found := _RANGE.fullmatch(text):
        last = _read_period(found[2], None)
        return _read_period(found[1], last[1] - timedelta(days=1))[0], last[1]
    return _read_period(text, None)


def _read_period(text: str, year_of: date | None) -> Span:
    text = re.sub(r"^(?:the |year |whole of )+", "", text)
    for reader in (_read_digits, _read_part, _read_day, _read_named):
        if (span := reader(text, year_of)) is not None:
            return span
    raise UsageError(f"nobody has said when {text!r} is; add it")


def _one_day(year: int, month: int, day: int) -> Span:
    start = date(year, month, day)
    return start, start + timedelta(days=1)


def _months(year: int, month: int, count: int) -> Span:
    start = date(year, month, 1)
    return start, add_months(start, count)


def _read_digits(text: str, year_of: date | None) -> Span | None:
    del year_of
    if re.fullmatch(r"\d{4}", text):
        return _months(int(text), 1, 12)
    if re.fullmatch(r"\d{4}-\d{2}", text):
        return _months(int(text[:4]), int(text[5:]), 1)
    if re.fullmatch(r"\d{4}-\d{2}-\d{2}", text):
        return _one_day(*map(int, text.split("-")))
    if found := re.fullmatch(r"(\d{1,2})\.(\d{1,2})\.(\d{4})", text):
        return _one_day(int(found[3]), int(found[2]), int(found[1]))
    return None


def _read_part(text: str, year_of: date | None) -> Span | None:
    del year_of
    if found := re.fullmatch(r"([qh])([1-4]) (\d{4})", text):
        length, number, year = (3 if found[1] == "q" else 6), int(found[2]), int(found[3])
    elif found := _PART.fullmatch(text):
        length, year = (3 if found[3] == "quarter" else 6), int(found[4])
        word = found[1] or found[2]
        number = 12 // length if word == "last" else _NUMBERS[word]
    else:
        return None
    return _months(year, (number - 1) * length + 1, length)


def _read_day(text: str, year_of: date | None) -> Span | None:
    if (found := _DAY.fullmatch(text)) and (found[3] or year_of):
        year = int(found[3]) if found[3] else year_of.year if year_of else 0
        return _one_day(year, _MONTHS.index(found[2][:3]) + 1, int(found[1]))
    if found := _DAY_US.fullmatch(text):
        return _one_day(int(found[3]), _MONTHS.index(found[1][:3]) + 1, int(found[2]))
    return None


def _read_named(text: str, year_of: date | None) -> Span | None:
    found = re.fullmatch(r"([a-z]+)(?: of)?(?: (\d{4}))?", text)
    if found is None or not (found[2] or year_of):
        return None
    year = int(found[2]) if found[2] else year_of.year if year_of else 0
    if found[1] in _SEASONS:
        return _months(year, _SEASONS[found[1]], 3)
    if found[1][:3] in _MONTHS:
        return _months(year, _MONTHS.index(found[1][:3]) + 1, 1)
    return None
