"""Ask a served model the questions about the shared files, grade its figures, and show a table.

    python -m terragate.tests.real_files.run_model http://127.0.0.1:PORT --out real_files.json

The workflow, the tools and the data are those of the recorded runs; only the choices are the
model's own. Of the questions that are not worded for it (`plain`) it is asked with `--all`.
"""

from __future__ import annotations

import argparse
import json
import logging
import math
import sys
import tempfile
from collections.abc import Sequence
from contextlib import aclosing
from datetime import date
from pathlib import Path
from typing import Any, NamedTuple

import anyio
from rich.console import Console
from rich.progress import track
from rich.table import Table
from terragate.agents.profiles import NANO, open_model
from terragate.agents.protocol import Model
from terragate.tests.real_files.folder import ABSENT, write_folder
from terragate.tests.real_files.plain_questions import PLAIN
from terragate.tests.real_files.questions import Figure, Question
from terragate.tests.real_files.recorded_questions import RECORDED
from terragate.tests.support.tiny_geo import SHARED
from terragate.tools.geo.static_catalog import open_catalog
from terragate.workflows.report import Report
from terragate.workflows.request import Request
from terragate.workflows.runtime import Platform, run

TODAY = date(2026, 1, 1)


class Grade(NamedTuple):
    """One question, what was expected, and what a run made of it; `said` are its own calls."""

    name: str
    text: str
    plain: bool
    expected: Figure
    unit: str
    got: Figure | str | None
    got_unit: str
    solved: bool
    status: str
    error: str | None
    said: tuple[str, ...]


def grade(question: Question, expected: Figure, report: Report) -> Grade:
    """Return whether the one value of a report has the right figure and unit.

    A figure counts whatever its name: a count is a count, by which tool ever it was found.
    """
    value = report.values[0] if len(report.values) == 1 else None
    truth = question.truth
    solved = (
        report.status == "answered"
        and value is not None
        and not isinstance(value.value, str)
        and value.unit == truth.unit
        and math.isclose(value.value, expected, rel_tol=truth.rel, abs_tol=0.0)
    )
    return Grade(
        name=question.name,
        text=question.text,
        plain=question.plain,
        expected=expected,
        unit=truth.unit,
        got=value.value if value else None,
        got_unit=value.unit if value else "",
        solved=solved,
        status=report.status,
        error=report.error,
        said=tuple(_call(record.tool, record.args, report) for record in report.records),
    )


def _call(tool: str, args: dict[str, Any], report: Report) -> str:
    known = {record.id for record in report.records}
    shown = ", ".join(str(value) for value in args.values() if value not in known)
    return f"{tool}({shown})"


async def ask_all(
    questions: Sequence[Question], model: Model, folder: Path, out: Path
) -> list[Grade]:
    """Ask every question of the model, one after the other."""
    platform = Platform(model, open_catalog(folder), out, persist=False)
    graded: list[Grade] = []
    for question in track(questions, "asking", console=Console(stderr=True)):
        report = await run(Request(text=question.text, today=TODAY), platform)
        graded.append(grade(question, question.truth.of(folder), report))
    return graded


def table(graded: Sequence[Grade]) -> Table:
    """Return the grades as a table."""
    shown = Table("question", "expected", "got", "solved by the model")
    for one in graded:
        got = one.status if one.got is None else _figure(one.got, one.got_unit)
        shown.add_row(one.text, _figure(one.expected, one.unit), got, "yes" if one.solved else "no")
    return shown


def _figure(value: Figure | str, unit: str) -> str:
    said = value if isinstance(value, str) else f"{value:.6g}"
    return f"{said} {unit}".strip()


async def ask_server(url: str, questions: Sequence[Question]) -> list[Grade]:
    """Ask the model at a URL, on a copy of the files."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = write_folder(Path(scratch) / "geo")
        async with aclosing(open_model(NANO, base_url=url)) as model:
            return await ask_all(questions, model, folder, Path(scratch) / "runs")


def main(arguments: Sequence[str] | None = None) -> int:
    """Return 0 when at least 8 questions were solved."""
    parser = argparse.ArgumentParser(description="Ask a served model about the shared files.")
    parser.add_argument("url")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--all", action="store_true", help="also ask what it was not trained on")
    options = parser.parse_args(arguments)
    if not SHARED.is_dir():
        parser.error(ABSENT)
    logging.getLogger("rasterio").setLevel(logging.ERROR)
    questions = (*PLAIN, *RECORDED) if options.all else PLAIN
    graded = anyio.run(ask_server, options.url, questions)
    solved = sum(one.solved for one in graded)
    Console(width=160).print(table(graded))
    sys.stdout.write(f"solved by the model: {solved} of {len(graded)}\n")
    if options.out:
        rows = {"model": NANO.model, "solved": solved, "asked": [one._asdict() for one in graded]}
        options.out.write_text(json.dumps(rows, indent=1, ensure_ascii=False), encoding="utf-8")
    return 0 if solved >= 8 else 1


if __name__ == "__main__":
    sys.exit(main())
