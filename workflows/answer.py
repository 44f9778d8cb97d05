"""Say what a run found, in plain English, from records alone; no model writes a word of it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from datetime import date, timedelta
from itertools import takewhile
from typing import Any

from ..tools.geo.raster import on_day
from ..tools.geo.span_compare import over_time
from ..tools.records import Record
from .domain import AnswerParts
from .report import BoundValue
from .runs import with_sources

DATA_KINDS = ("raster", "features", "scenes")
COUNTS = {
    "feature_count": "Number of features",
    "scene_count": "Number of scenes",
    "joined_count": "Number of features that touch",
}
EACH = re.compile(
    r"\b((each|every|per|by) (year|season|quarter|month|week|day)|"
    r"yearly|annual(ly)?|monthly|daily)\b",
    re.IGNORECASE,
)
AREAS = re.compile(
    r"\b(hectares?|ha|[kc]?m[2²]|square (kilo)?met(er|re)s?|square miles?|acres?|acreage)(?!\w)",
    re.IGNORECASE,
)


def compose_answer(parts: AnswerParts) -> str:
    """Return the answer: values with units and sources, or why there are none."""
    if parts.status == "answered":
        return _answered(parts)
    if parts.status == "clarify":
        return _clarify(parts)
    if parts.status == "refused":
        because = f" {parts.reason[0].upper()}{parts.reason[1:]}." if parts.reason else ""
        return f"The tools and data here cannot answer this question.{because}"
    return f"No answer: {parts.reason or 'the run ended without one'}."


def _answered(parts: AnswerParts) -> str:
    records = [record for record in parts.records if record.status in ("ok", "empty")]
    empty = next((r for r in reversed(records) if r.status == "empty"), None)
    if empty is not None and all(value.record == empty.id for value in parts.values):
        sentences = [_nothing(empty, records)]
    elif parts.values:
        sentences = [_value(value, records) for value in parts.values]
    else:
        sentences = [_loaded(records)]
    sentences += [_unasked(parts, records), _unsaid(parts), *_shown(records), *_files(records)]
    notes = _notes(records)
    if notes:
        sentences.append("Notes: " + "; ".join(notes) + ".")
    return " ".join(sentence for sentence in sentences if sentence)


def _unasked(parts: AnswerParts, records: list[Record]) -> str:
    """Return a warning where the question asks for another kind of figure than a count."""
    if not parts.values or any(value.name not in COUNTS for value in parts.values):
        return ""
    if AREAS.search(parts.request.text) and any(value.value for value in parts.values):
        return "The question asks for an area: a number of features does not say how large it is."
    if EACH.search(parts.request.text):
        return "The question asks for a figure of each: this is one of the whole period."
    compared = any(record.tool == "compare_values" for record in records)
    if over_time(parts.request.text) and not compared:
        return "The question asks for a change: one period does not say whether there was one."
    return ""


def _unsaid(parts: AnswerParts) -> str:
    return f"Not looked at: {', '.join(parts.unsaid)}." if parts.unsaid else ""


def _nothing(empty: Record, records: list[Record]) -> str:
    what = empty.args.get("category") or ("scene" if "interval" in empty.args else "feature")
    collection = empty.args.get("collection")
    if collection is None:
        what, collection = "feature", (_newest(records, "features") or {}).get("collection")
    source = f" in {collection}" if collection else ""
    return f"Nothing there: no {what}{_where_and_when(empty.id, records)}{source}."


def _value(value: BoundValue, records: list[Record]) -> str:
    amount = f"{figure(value.value)} {value.unit}".strip()
    if value.name in COUNTS:
        about = f" ({value.about})" if value.about else ""
        said = f"{COUNTS[value.name]}: {amount}{about}"
    else:
        label = value.about or value.name.replace("_", " ")
        said = f"{label[0].upper()}{label[1:]}: {amount}"
    return f"{said},{_where_and_when(value.record, records)}.".replace(",.", ".")


def _where_and_when(record_id: str, records: list[Record]) -> str:
    """Return the area and the period that a record rests on; data without dates has no period."""
    bases = [_basis(side, records) for side in _compared(record_id, records)]
    places = dict.fromkeys(_where(basis) for basis in bases)
    periods = dict.fromkeys(_when(basis) for basis in bases)
    return " and".join(filter(None, places)) + " and".join(filter(None, periods))


def _basis(record_id: str, records: list[Record]) -> list[Record]:
    """Return a record and all that it was computed from, oldest first."""
    ids = with_sources({record_id}, {record.id: record for record in records})
    return [record for record in records if record.id in ids]


def _compared(record_id: str, records: list[Record]) -> list[str]:
    """Return the record itself, or the two whose values it compares."""
    until = list(takewhile(lambda record: record.id != record_id, records))
    asked = next((record for record in records if record.id == record_id), None)
    if asked is None or asked.tool != "compare_values":
        return [record_id]
    name = asked.args.get("name")
    return [r.id for r in until if any(value.name == name for value in r.values)][-2:]


def figure(value: float | int | str) -> str:
    """Return a value as people read it: at most six significant digits, no exponent."""
    if not isinstance(value, float):
        return str(value)
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    digits = 6 if abs(value) < 1e6 else 1
    text = f"{value:.{digits}g}" if abs(value) < 1e6 else f"{value:.{digits}f}"
    return f"{value:.12f}".rstrip("0") if "e" in text else text


def _loaded(records: list[Record]) -> str:
    last = next((r for r in reversed(records) if set(DATA_KINDS) & set(r.outputs)), None)
    if last is None:
        return ""
    kind = next(kind for kind in DATA_KINDS if kind in last.outputs)
    what = _LOADED[kind](last.outputs[kind])
    return f"Found {what},{_where_and_when(last.id, records)}.".replace(",.", ".")


def _features(payload: dict[str, Any]) -> str:
    classes = ", ".join(payload.get("classes") or ())
    return f"{payload['count']} features of {payload['collection']}" + (
        f" ({classes})" if classes else ""
    )


_LOADED: Mapping[str, Callable[[dict[str, Any]], str]] = {
    "features": _features,
    "scenes": lambda payload: f"scenes of {payload['collection']}: {len(payload['items'])}",
    "raster": lambda payload: (
        f"{payload['index']} of {payload['collection']}{on_day(payload)}".replace("/", " to ")
    ),
}


def _shown(records: list[Record]) -> list[str]:
    last = next((r for r in reversed(records) if "map" in r.outputs), None)
    if last is None:
        return []
    layers = [_layer(layer) for layer in last.outputs["map"]["layers"]]
    if layers:
        return ["The map shows " + " and ".join(layers) + "."]
    return [f"The map shows{_where(records) or ' the area'}.".replace("shows in ", "shows ")]


def _layer(layer: dict[str, Any]) -> str:
    named = layer.get("index") or ", ".join(layer.get("classes") or ()) or layer["kind"]
    return f"{named} of {layer['collection']}" if layer.get("collection") else str(named)


def _files(records: list[Record]) -> list[str]:
    made = [r for r in records if r.tool in ("export_layer", "quick_look")]
    return [f"File: {ref.name}." for record in made for ref in record.artifacts]


def _notes(records: list[Record]) -> list[str]:
    notes = list(dict.fromkeys(note.rstrip(".") for record in records for note in record.notes))
    synthetic = {
        payload["collection"]
        for record in records
        for payload in record.outputs.values()
        if isinstance(payload, dict) and payload.get("synthetic") and payload.get("collection")
    }
    said = " ".join(notes)
    unsaid = sorted(name for name in synthetic if f"{name} is synthetic" not in said)
    return [*notes, *(f"collection {name} is synthetic data" for name in unsaid)]


def _newest(records: Iterable[Record], kind: str) -> dict[str, Any] | None:
    found = [record.outputs[kind] for record in records if kind in record.outputs]
    return found[-1] if found else None


def _where(records: list[Record]) -> str:
    aoi = _newest(records, "aoi")
    if aoi is None:
        return ""
    name, country = aoi.get("name", ""), aoi.get("country", "")
    if name == "whole archive":
        return " in the whole archive"
    return f" in {name}, {country}" if country and country != name else f" in {name}"


def _when(records: list[Record]) -> str:
    interval = _newest(records, "interval")
    if interval is None:
        return ""
    # Intervals are half-open; people name the last day.
    last = date.fromisoformat(interval["end"][:10]) - timedelta(days=1)
    return f" from {interval['start'][:10]} to {last}"


def _clarify(parts: AnswerParts) -> str:
    failed = [record for record in parts.records if record.status in ("ambiguous", "error")]
    why = failed[-1].notes[0].rstrip(".") if failed and failed[-1].notes else parts.reason
    said = f"{why or 'The question is not clear'}."
    unsaid = [name for name in parts.candidates if name not in said]
    return f"{said} Which one is meant: {', '.join(parts.candidates)}?" if unsaid else said
