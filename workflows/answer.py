"""Say what a run found, in plain English, from records alone; no model writes a word of it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ..tools.records import Record
from .domain import AnswerParts
from .report import BoundValue

DATA_KINDS = ("raster", "features", "scenes")


def compose_answer(parts: AnswerParts) -> str:
    """Return the answer: values with units and sources, or why there are none."""
    if parts.status == "answered":
        return _answered(parts)
    if parts.status == "clarify":
        return _clarify(parts)
    if parts.status == "refused":
        return "The tools and data here cannot answer this question."
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
    sentences += [*_shown(records), *_files(records)]
    notes = _notes(records)
    if notes:
        sentences.append("Notes: " + "; ".join(notes) + ".")
    return " ".join(sentence for sentence in sentences if sentence)


def _nothing(empty: Record, records: list[Record]) -> str:
    what = empty.args.get("category") or "scene"
    collection = empty.args.get("collection")
    if collection is None:
        what, collection = "feature", (_newest(records, "features") or {}).get("collection")
    source = f" in {collection}" if collection else ""
    return f"Nothing there: no {what}{_where(records)}{_when(records)}{source}."


def _value(value: BoundValue, records: list[Record]) -> str:
    name = value.name.replace("_", " ")
    if name.endswith(f" {value.unit}"):
        name = name.removesuffix(f" {value.unit}")
    amount = f"{figure(value.value)} {value.unit}".strip()
    about = f" ({value.about})" if value.about else ""
    return f"{name.capitalize()}: {amount}{about}{_where(records)}{_when(records)}."


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
    return f"Found {last.summary}{_where(records)}{_when(records)}."


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
    return f" from {interval['start']} up to (not including) {interval['end']}"


def _clarify(parts: AnswerParts) -> str:
    failed = [record for record in parts.records if record.status in ("ambiguous", "error")]
    why = failed[-1].notes[0].rstrip(".") if failed and failed[-1].notes else parts.reason
    asked = f"Which one is meant? {', '.join(parts.candidates)}." if parts.candidates else ""
    return " ".join(
        part for part in (f"{why or 'The question is not clear'}.", asked or "Please say.") if part
    )
