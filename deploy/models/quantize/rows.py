"""Rows to calibrate on and to measure with: read, checked, chosen, kept apart."""

from __future__ import annotations

import hashlib
import json
import random
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from ....tools.errors import UsageError
from ....tools.records import Frozen

UNNAMED = "all"
_FIELDS = ("system", "user", "answer")


class Row(Frozen):
    """One request and the answer it should have, as `mixture.py` writes them."""

    system: str
    user: str
    answer: str
    domain: str = UNNAMED


def read_rows(path: Path) -> list[Row]:
    """Return the rows of a JSONL file; UsageError names the line that is no row."""
    rows: list[Row] = []
    try:
        with path.open(encoding="utf-8") as lines:
            for number, line in enumerate(lines, 1):
                if line.strip():
                    rows.append(_row(line, path, number))
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"cannot read rows from {str(path)!r} ({error}): mend it") from error
    if not rows:
        raise UsageError(f"{str(path)!r} holds no rows: give a JSONL file of {_shape()}")
    return rows


def _row(line: str, path: Path, number: int) -> Row:
    try:
        found: Any = json.loads(line)
    except (ValueError, RecursionError) as error:
        raise UsageError(f"line {number} of {str(path)!r} is no JSON ({error}): mend it") from error
    if not isinstance(found, dict) or not all(isinstance(found.get(f), str) for f in _FIELDS):
        raise UsageError(f"line {number} of {str(path)!r} is no row {_shape()}: mend it")
    if not found["answer"]:
        raise UsageError(f"line {number} of {str(path)!r} has an empty answer: mend it")
    domain = found.get("domain") or UNNAMED
    if not isinstance(domain, str):
        raise UsageError(f"line {number} of {str(path)!r} has domain {domain!r}: give a text")
    if not _is_text(*(found[field] for field in _FIELDS), domain):
        raise UsageError(f"line {number} of {str(path)!r} holds half a character: mend it")
    return Row(system=found["system"], user=found["user"], answer=found["answer"], domain=domain)


def _is_text(*values: str) -> bool:
    """Return whether no value holds a lone surrogate, which JSON can say and UTF-8 cannot."""
    return not any("\ud800" <= mark <= "\udfff" for value in values for mark in value)


def _shape() -> str:
    return '{"system": …, "user": …, "answer": …}'


def choose(rows: Sequence[Row], count: int, seed: int) -> list[Row]:
    """Return at most `count` rows, as many of each domain as there are, in an order of the seed."""
    rng = random.Random(seed)
    by_domain: dict[str, list[Row]] = {}
    for row in rows:
        by_domain.setdefault(row.domain, []).append(row)
    chosen: list[Row] = []
    # The smallest domain first: what it cannot give, the others do.
    ordered = sorted(by_domain.items(), key=lambda item: (len(item[1]), item[0]))
    for at, (_, members) in enumerate(ordered):
        share = (count - len(chosen)) // (len(ordered) - at)
        chosen += rng.sample(members, min(share, len(members)))
    rng.shuffle(chosen)
    return chosen


def apart(rows: Iterable[Row], seen: Iterable[Row]) -> list[Row]:
    """Return the rows that are not, word for word, among those seen."""
    known = {_key(row) for row in seen}
    return [row for row in rows if _key(row) not in known]


def _key(row: Row) -> tuple[str, str, str]:
    return row.system, row.user, row.answer


def write_rows(path: Path, rows: Iterable[Row]) -> None:
    """Write rows as JSONL."""
    path.write_text("".join(f"{row.model_dump_json()}\n" for row in rows), "utf-8")


def digest(rows: Iterable[Row]) -> str:
    """Return the SHA-256 of rows, in their order."""
    found = hashlib.sha256()
    for row in rows:
        found.update(row.model_dump_json().encode())
    return found.hexdigest()
