"""Whether every number, date, layer and place of an answer is bound to a record."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta
from typing import Any, NamedTuple, Protocol, get_args

from ...tools.geo.class_tables import BIGEARTHNET_CLASSES, FAIR1M_CLASSES, XVIEW_CLASSES
from ...tools.geo.indices import IndexName
from ...tools.records import Record
from ..verdict import Verdict
from .figures import Day, Figure, figures, named_days

LAYER_NAMES: tuple[str, ...] = tuple(
    dict.fromkeys((*get_args(IndexName), *XVIEW_CLASSES, *FAIR1M_CLASSES, *BIGEARTHNET_CLASSES))
)
# Coordinates and hashes hold so many digits that any number could be bound to one of them.
_BULK = frozenset({"geometry", "artifact", "sha256", "bbox", "bounds", "assets"})
_PLACE = re.compile(
    r"\b(?:in|near|around|over|within|of)\s+"
    # A dot belongs to a name only inside it: after one that ends a sentence the next word is none.
    r"(?P<names>[^\W\d_a-z](?:[\w'’-]|\.(?=\w))*(?:,?\s+[^\W\d_a-z](?:[\w'’-]|\.(?=\w))*)*)"
)


class Quoted(Protocol):
    """A value that an answer quotes, and the record it claims to come from."""

    @property
    def name(self) -> str:
        """Name of the value in its record."""
        ...

    @property
    def value(self) -> float | int | str:
        """What is quoted."""
        ...

    @property
    def record(self) -> str:
        """Id of the record."""
        ...


class _Ground(NamedTuple):
    """What the records of a run and the question state."""

    text: str
    names: tuple[str, ...]
    numbers: dict[float, str]
    days: frozenset[date]


def check_grounding(
    answer_text: str,
    values: Sequence[Quoted],
    records: Sequence[Record],
    question: str,
    vocabulary: Sequence[str] = (),
) -> Verdict:
    """Check that an answer says nothing that no record holds.

    A number must be a figure of a record, rounded as shown, or stand in the question. A date must
    be a record's, or in the question. An index, a class, a name of `vocabulary` (collection ids)
    and a place after "in", "near" … must be in a record. Quoted values must equal the record's.
    """
    sound = [record for record in records if record.status in ("ok", "empty")]
    ground = _ground(sound, question)
    days, rest = named_days(_without(answer_text, ground.names))
    numbers = figures(rest)
    bound = {f.text: _source(f, ground, question) for f in numbers}
    unbound = [
        *(f"value {v.record}.{v.name}" for v in values if not _quoted(v, sound)),
        *(text for text, source in bound.items() if source is None),
        *(day.text for day in days if not _dated(day, ground)),
        *_unknown_names(answer_text, ground, vocabulary),
    ]
    named = "; ".join(f"{text!r}" for text in unbound)
    return Verdict(
        name="grounding",
        outcome="fail" if unbound else "pass",
        method="numbers, dates and names of the answer looked up in the records",
        evidence=f"bound to no record: {named}" if unbound else f"{len(numbers)} numbers bound",
        details={"unbound": unbound, "bound": {t: s for t, s in bound.items() if s}},
    )


def _ground(records: Sequence[Record], question: str) -> _Ground:
    names = _coded_names(records)
    numbers: dict[float, str] = {}
    texts: list[str] = []
    days: set[date] = set()
    for record in records:
        leaves = [*_leaves(record.outputs)]
        said = [record.summary, *record.notes, *(value.about for value in record.values)]
        for value in record.values:
            if isinstance(value.value, int | float):
                numbers.setdefault(float(value.value), f"{record.id}.{value.name}")
        for leaf in leaves:
            if isinstance(leaf, int | float):
                numbers.setdefault(float(leaf), record.id)
        for figure in figures(named_days(_without("\n".join(said), names))[1]):
            numbers.setdefault(figure.value, record.id)
        texts += [*said, *(leaf for leaf in leaves if isinstance(leaf, str))]
        texts += [*map(str, record.args.values()), *(ref.name for ref in record.artifacts)]
        days |= _last_days(record)
    text = "\n".join(texts)
    days |= {day.day for day in (*named_days(text)[0], *named_days(question)[0]) if day.day}
    return _Ground(text, names, numbers, frozenset(days))


def _last_days(record: Record) -> set[date]:
    """Return the day before the end of a half-open interval, which is the last one in it."""
    interval = record.outputs.get("interval")
    return {date.fromisoformat(interval["end"]) - timedelta(days=1)} if interval else set()


def _coded_names(records: Sequence[Record]) -> tuple[str, ...]:
    """Return the records' names that hold digits ("xview1"), the longest first."""
    names: set[str] = set()
    for record in records:
        names.update(leaf for leaf in _leaves(record.outputs) if isinstance(leaf, str))
        names.update(ref.name for ref in record.artifacts)
        names.update(str(record.args[key]) for key in ("collection",) if key in record.args)
    coded = [name for name in names if any(c.isdigit() for c in name) and not _plain(name)]
    return tuple(sorted(coded, key=lambda name: (-len(name), name)))


def _leaves(node: Any) -> Iterator[str | int | float]:
    if isinstance(node, Mapping):
        for key, part in node.items():
            if key == "items":
                yield len(part)
            if key not in _BULK:
                yield from _leaves(part)
    elif isinstance(node, list | tuple):
        for part in node:
            yield from _leaves(part)
    elif isinstance(node, str | int | float) and not isinstance(node, bool):
        yield node


def _plain(name: str) -> bool:
    """Return whether a name is only a number or date, which must be bound as one."""
    return not re.search(r"[^\W\d_]", name)


def _without(text: str, names: Sequence[str]) -> str:
    for name in names:
        # A phrase such as "from 2023" is no name where a whole date goes on behind it.
        text = re.sub(rf"(?<!\w){re.escape(name)}(?!\w)(?!-\d)", " ", text)
    return text


def _source(figure: Figure, ground: _Ground, question: str) -> str | None:
    for number, source in ground.numbers.items():
        if abs(number - figure.value) <= figure.slack * (1 + 1e-9):
            return source
    if any(figure.value == asked.value for asked in figures(question)):
        return "question"
    if figure.value in {float(day.year) for day in ground.days}:
        return "date"
    return None


def _dated(day: Day, ground: _Ground) -> bool:
    return day.day in ground.days


def _quoted(value: Quoted, records: Sequence[Record]) -> bool:
    return any(
        record.id == value.record and known.name == value.name and known.value == value.value
        for record in records
        for known in record.values
    )


def _unknown_names(answer: str, ground: _Ground, vocabulary: Sequence[str]) -> list[str]:
    said = [name for name in (*LAYER_NAMES, *vocabulary) if _holds(answer, name)]
    places = [
        part
        for match in _PLACE.finditer(answer)
        for part in re.split(r",\s*", match["names"].rstrip(".,"))
    ]
    return [name for name in dict.fromkeys([*said, *places]) if not _holds(ground.text, name)]


def _holds(text: str, name: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) is not None
