"""Write a run as a Jupyter notebook: one cell per tool call, its pictures and maps, no model.

The file follows the Jupyter notebook format 4.5, which is small enough to be written as it is.
"""

from __future__ import annotations

import base64
import json
import re
from collections.abc import Iterator
from pathlib import Path
from string import Template
from typing import Any, Final

from ..tools.records import ArtifactRef, Record
from .domain import Domain
from .export import REPEAT, call_lines, final_lines, repeatable, setup_parts
from .planned.drawing import plan_mermaid
from .planned.edited import plan_of
from .report import Report
from .runs import RunFile

MAX_PICTURE_BYTES: Final = 4 * 2**20
_PUNCTUATION: Final = re.compile(r"([!-/:-@\[-`{-~])")
_PICTURE: Final = "image/png"
_PAGE: Final = "text/html"

_SETUP: Final = Template('''import math
from datetime import date
from pathlib import Path

from terragate.tools.artifacts import ArtifactStore
from terragate.tools.records import Record
from terragate.tools.spec import ToolContext
$setup
CATALOG = $catalog
OUTPUT = Path("repeated")

catalog = open_catalog(CATALOG)
detectors = $detectors
task = $task
tools = {tool.name: tool for tool in TOOLS}
store = ArtifactStore(OUTPUT)
records = {}
refused = set()
wrong = []


'''
    + REPEAT
    + '''

def show(record):
    """Show the pictures and maps of a call, or say where they are."""
    for ref in records[record].artifacts:
        path = store.path(ref)
        try:
            from IPython.display import IFrame, Image, display
        except ImportError:
            print(f"{record}: {path}")
            continue
        if ref.media_type == "image/png":
            display(Image(filename=str(path)))
        elif ref.media_type == "text/html":
            display(IFrame(path.as_posix(), width="100%", height=560))
        else:
            print(f"{record}: {path}")
''')  # fmt: skip
_END: Final = """assert not wrong, f"these values differ from the run's: {wrong}"
print("every value is the run's")"""


def export_notebook(run: RunFile, report: Report, domain: Domain, folder: Path) -> str:
    """Return the notebook of a finished run as JSON; `folder` is the run's, for its pictures."""
    cells = [
        _text(_heading(run, report)),
        *_plan(report),
        _code(_setup(run, domain)),
        *_calls(report, repeatable(run, report), folder),
        _text("## Check\n\nThe values above are compared with those of the run."),
        _code("\n".join((*final_lines(report), _END))),
    ]
    numbered = [{**cell, "id": f"cell-{number}"} for number, cell in enumerate(cells, start=1)]
    notebook = {
        "nbformat": 4,
        "nbformat_minor": 5,
        "metadata": {
            "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
            "language_info": {"name": "python"},
        },
        "cells": numbered,
    }
    return json.dumps(notebook, ensure_ascii=False, indent=1, sort_keys=True) + "\n"


def _heading(run: RunFile, report: Report) -> str:
    lines = [
        f"# Run {plain_markdown(run.run_id)}",
        _quoted("Question", run.request.text),
        _quoted(f"Answer ({report.status})", report.answer or "none"),
        f"Workflow {plain_markdown(report.workflow)}, model {plain_markdown(report.model)}, "
        f"{run.request.today.isoformat()}. The cells below repeat the tool calls with no model.",
        *(f"- {plain_markdown(note)}" for note in report.notes),
    ]
    return "\n\n".join(lines)


def _plan(report: Report) -> Iterator[dict[str, Any]]:
    """Yield the plan that a run followed as a picture; no line of it can begin with a fence."""
    plan = plan_of(report)
    if plan is not None:
        yield _text(f"## Plan\n\n```mermaid\n{plan_mermaid(plan)}```")


def _quoted(label: str, text: str) -> str:
    """Return text as a quotation that no markup in it can leave."""
    lines = [plain_markdown(line) for line in text.splitlines()]
    return f"**{label}**\n\n" + "\n".join(f"> {line}  " for line in lines)


def plain_markdown(text: str) -> str:
    """Return text that Markdown shows as it is: every ASCII punctuation mark is escaped."""
    return _PUNCTUATION.sub(r"\\\1", text)


def _setup(run: RunFile, domain: Domain) -> str:
    return _SETUP.substitute(
        **setup_parts(run, domain),
        today=repr(run.request.today.isoformat()),
    )


def _calls(report: Report, records: tuple[Record, ...], folder: Path) -> Iterator[dict[str, Any]]:
    for record in records:
        lines = list(call_lines(record, report))
        shown = [r for r in record.artifacts if r.media_type in (_PICTURE, _PAGE)]
        if shown:
            lines.append(f"show({record.id!r})")
        outputs = [_printed(f"{record.id}: {record.summary}\n")]
        outputs += [picture for ref in shown for picture in _pictures(ref, folder)]
        yield _code("\n".join(lines), outputs)


def _pictures(ref: ArtifactRef, folder: Path) -> Iterator[dict[str, Any]]:
    """Return a stored picture as a cell's output, so that it is seen before anything runs."""
    path = (folder / ref.path).resolve()
    if ref.media_type != _PICTURE or not path.is_relative_to(folder.resolve()):
        return
    if path.is_file() and path.stat().st_size <= MAX_PICTURE_BYTES:
        data = base64.b64encode(path.read_bytes()).decode()
        yield {"output_type": "display_data", "data": {_PICTURE: data}, "metadata": {}}


def _printed(text: str) -> dict[str, Any]:
    return {"output_type": "stream", "name": "stdout", "text": text}


def _text(source: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": source}


def _code(source: str, outputs: list[dict[str, Any]] | None = None) -> dict[str, Any]:
    return {
        "cell_type": "code",
        "execution_count": None,
        "metadata": {},
        "outputs": outputs or [],
        "source": source,
    }
