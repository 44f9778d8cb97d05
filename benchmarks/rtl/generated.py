"""Problems of our own generator (`benchmarks/rtlgen`), from the file it writes.

    {"id": ..., "family": ..., "held_out": ..., "specs": [...], "top": ..., "reference": ...,
     "testbench": ..., ...}

Problems of whole families that no model was trained on are told apart by `held_out_ids`.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from ...tools.errors import UsageError
from ...tools.rtl.design import Design, Source
from ..rtlgen.bench import as_testbench
from .problem import Problem


def load(path: Path) -> tuple[Problem, ...]:
    """Return the problems of a file, or of the test split in a folder of the generator."""
    return tuple(_problem(row, number, path) for number, row in _rows(path))


def held_out_ids(path: Path) -> frozenset[str]:
    """Return the ids of the problems whose whole family is kept from training."""
    return frozenset(str(row["id"]) for _, row in _rows(path) if row.get("held_out"))


def _rows(path: Path) -> list[tuple[int, dict[str, Any]]]:
    file = path / "test.problems.jsonl" if path.is_dir() else path
    if not file.is_file():
        raise UsageError(
            f"no generated problems in {str(path)!r}: write them with "
            "python -m terragate.benchmarks.rtlgen.generate --split test --out DIR"
        )
    found: list[tuple[int, dict[str, Any]]] = []
    for number, line in enumerate(file.read_text("utf-8").splitlines(), 1):
        try:
            row = json.loads(line)
        except ValueError as error:
            raise UsageError(f"line {number} of {str(file)!r} is no JSON: {error}") from error
        if not isinstance(row, dict):
            raise UsageError(f"line {number} of {str(file)!r} is no problem")
        found.append((number, row))
    return found


def _problem(row: dict[str, Any], number: int, path: Path) -> Problem:
    try:
        return Problem(
            id=str(row["id"]),
            suite="rtl-gen",
            spec=row["specs"][0],
            top=row["top"],
            testbench=as_testbench(row["testbench"]),
            reference=Design(
                top=row["top"], sources=(Source(name="reference.sv", text=row["reference"]),)
            ),
        )
    except (KeyError, IndexError, TypeError, ValidationError) as error:
        raise UsageError(
            f"line {number} of {str(path)!r} is no generated problem: {error}"
        ) from error
