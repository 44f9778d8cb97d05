"""Is a report the right answer? Numbers, layers, files and readings are compared, never words."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ...tools.records import Frozen, Record
from ...workflows.report import Report
from .meaning import fold
from .truth import Layer, Truth

_BOUNDS_SHARE = 0.1
_DATA = ("features", "scenes", "raster")


class Grade(Frozen):
    """Whether a report is right; `reasons` say what is not, one code and detail each."""

    success: bool
    reasons: tuple[str, ...] = ()


def grade(report: Report, truth: Truth) -> Grade:
    """Grade a report: everything that was asked for is there, and nothing else."""
    if report.status != truth.status:
        return Grade(success=False, reasons=(f"status: {report.status}, not {truth.status}",))
    if truth.status == "clarify":
        return _result(_check_offer(report, truth))
    if truth.status == "refused":
        return Grade(success=True)
    kept = [record for record in report.records if record.status in ("ok", "empty")]
    checks: tuple[Callable[[Sequence[Record], Truth], list[str]], ...] = (
        _check_subject,
        _check_maps,
        _check_pictures,
        _check_files,
    )
    found = _check_value(report, truth)
    for check in checks:
        found += check(kept, truth)
    return _result(found)


def _result(reasons: Sequence[str]) -> Grade:
    return Grade(success=not reasons, reasons=tuple(reasons))


def _check_offer(report: Report, truth: Truth) -> list[str]:
    offered = [fold(text) for text in report.candidates]
    missing = [
        reading
        for reading in truth.offer
        if not any(_names(text, *fold(reading).split(", ")) for text in offered)
    ]
    return [f"offer: {missing} not offered"] if missing else []


def _names(text: str, place: str, country: str) -> bool:
    parts = text.split(", ")
    return parts[0] == place and parts[-1].removeprefix("the ") == country


def _check_value(report: Report, truth: Truth) -> list[str]:
    expected = truth.value
    if expected is None:
        # A search that finds nothing may say so with a zero; any other number is invented.
        wrong = truth.empty and any(value.value != 0 for value in report.values)
        return ["value: a number where nothing is"] if wrong else []
    if len(report.values) != 1:
        return [f"value: {len(report.values)} numbers, not one"]
    value = report.values[0]
    if (value.name, value.unit) != (expected.name, expected.unit):
        return [f"value: {value.name} [{value.unit}], not {expected.name} [{expected.unit}]"]
    if isinstance(value.value, str):
        return [f"value: {value.value!r} is no number"]
    apart = value.value - expected.value
    if not expected.signed:
        apart = abs(value.value) - abs(expected.value)
    if abs(apart) > expected.tolerance:
        return [f"value: {value.value}, not {expected.value:g} ± {expected.tolerance:g}"]
    return []


def _check_subject(records: Sequence[Record], truth: Truth) -> list[str]:
    subject = truth.subject
    if subject is None:
        return []
    held = [r.outputs[subject.kind] for r in records if subject.kind in r.outputs]
    if not held:
        return [f"data: no {subject.kind}"]
    layer = _layer(subject.kind, held[-1])
    return [] if layer == subject else [f"data: {layer}, not {subject}"]


def _check_maps(records: Sequence[Record], truth: Truth) -> list[str]:
    maps = [r.outputs["map"] for r in records if "map" in r.outputs]
    drawn = _summaries(records, [summary for m in maps for summary in m["layers"]])
    wanted = [truth.subject] if truth.drawn and truth.subject else []
    found = _differ("map", drawn, wanted)
    if truth.bounds is not None:
        if not maps:
            return [*found, "map: none"]
        return found + _check_bounds(maps[-1]["bounds"], truth.bounds)
    if maps and not wanted:
        found.append("map: not asked for")
    return found


def _check_bounds(found: Sequence[float], wanted: Sequence[float]) -> list[str]:
    width, height = wanted[2] - wanted[0], wanted[3] - wanted[1]
    slack = (width, height, width, height)
    near = all(
        abs(a - b) <= _BOUNDS_SHARE * s for a, b, s in zip(found, wanted, slack, strict=True)
    )
    return [] if near else [f"map: bounds {list(found)}, not {list(wanted)}"]


def _check_pictures(records: Sequence[Record], truth: Truth) -> list[str]:
    held = [r.outputs["picture"] for r in records if "picture" in r.outputs]
    layers = _summaries(records, [summary for p in held for summary in p["layers"]])
    wanted = [truth.subject] if truth.pictured and truth.subject else []
    return _differ("picture", layers, wanted)


def _check_files(records: Sequence[Record], truth: Truth) -> list[str]:
    files = [r.outputs["file"] for r in records if "file" in r.outputs]
    held = [file["layer"] for file in files]
    layers = _summaries(records, [layer for layer in held if layer["kind"] in _DATA])
    wanted = [truth.subject] if truth.exported and truth.subject else []
    found = _differ("file", layers, wanted)
    found += [f"file: extra {one['kind']}" for one in held if one["kind"] not in _DATA]
    formats = {file["format"] for file in files}
    if wanted and formats != {truth.exported}:
        found.append(f"file: {sorted(formats)}, not {truth.exported!r}")
    return found


def _differ(what: str, have: Sequence[Layer], want: Sequence[Layer]) -> list[str]:
    have = list(dict.fromkeys(have))
    lacks = [f"{what}: lacks {layer}" for layer in want if layer not in have]
    return lacks + [f"{what}: extra {layer}" for layer in have if layer not in want]


def _summaries(records: Sequence[Record], shown: Sequence[Mapping[str, Any]]) -> list[Layer]:
    """Return the layers that maps, pictures and files hold, with the data of their records."""
    outputs = {record.id: record.outputs for record in records}
    return [_layer(s["kind"], outputs[s["record"]][s["kind"]]) for s in shown]


def _layer(kind: Any, payload: Mapping[str, Any]) -> Layer:
    counts = {"features": payload.get("count"), "scenes": len(payload.get("items", ()))}
    return Layer(
        kind=kind,
        collection=payload["collection"],
        classes=tuple(sorted(payload.get("classes", ()))),
        index=payload.get("index"),
        count=counts.get(kind),
        scene=payload.get("scene"),
    )
