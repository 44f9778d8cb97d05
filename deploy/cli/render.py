"""Show a run on a terminal: stages as they happen, then answer, values and files."""

from __future__ import annotations

import sys
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.style import Style
from rich.table import Table
from rich.text import Text

from ...tools.records import ArtifactRef
from ...workflows import events
from ...workflows.answer import figure
from ...workflows.report import Report

_MARKS = {"ok": ("✓", "green"), "empty": ("∅", "yellow"), "ambiguous": ("?", "yellow")}
_FAILED = ("✗", "red")
_STAGE_WIDTH, _TOOL_WIDTH = 12, 16
MAP_TYPES = ("text/html", "image/png")


class Progress:
    """Prints one line per step of a run to a console; silent when `quiet`."""

    def __init__(self, console: Console, *, quiet: bool) -> None:
        self._console = console
        self._quiet = quiet
        self._status = console.status("starting")

    def __enter__(self) -> Progress:
        if not self._quiet:
            self._status.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def stop(self) -> None:
        """Take the moving line off the terminal."""
        self._status.stop()

    def hear(self, event: events.Event) -> None:
        """Show one event."""
        if self._quiet:
            return
        if isinstance(event, events.RunStarted):
            word = "resumed" if event.resumed else "started"
            self._print(
                Text(f"run {event.run_id} {word}: {event.workflow} on {event.model}", "dim")
            )
        elif isinstance(event, events.StageEntered):
            self._status.update(Text(f"{event.stage}: {event.objective}", "dim"))
        elif isinstance(event, events.ToolCalled):
            self._status.update(Text(f"{event.stage}: {event.tool}", "dim"))
        elif isinstance(event, events.RecordAdded):
            record = event.record
            mark = _MARKS.get(record.status, _FAILED)
            self._print(_step(record.stage, record.tool, record.summary, mark))
        elif isinstance(event, events.ModelCalled) and event.error:
            self._print(_step(event.stage, "", f"no usable answer: {event.error}", _FAILED))

    def _print(self, text: Text) -> None:
        self._console.print(text, soft_wrap=True)


def _step(stage: str, tool: str, summary: str, mark: tuple[str, str]) -> Text:
    sign, style = mark
    return Text.assemble(
        (sign, style),
        " ",
        (stage.ljust(_STAGE_WIDTH), "dim"),
        (tool.ljust(_TOOL_WIDTH), "bold"),
        summary,
    )


def show_report(report: Report, out: Path, *, as_json: bool) -> None:
    """Print a report: one JSON object, or the answer with its values and files."""
    if as_json:
        sys.stdout.write(report.model_dump_json() + "\n")
        return
    console = Console()
    console.print()
    style = "bold" if report.status in ("answered", "verified") else "bold yellow"
    said, notes, rest = report.answer.partition(" Notes: ")
    console.print(Text(said, style))
    if rest:
        console.print(Text(f"{notes.strip()} {rest}", "dim"))
    if report.values:
        console.print()
        console.print(_values(report))
    if report.artifacts:
        console.print()
        _show_files(console, report, out)
    console.print()
    console.print(Text(_foot(report), "dim"), soft_wrap=True)


def _values(report: Report) -> Table:
    records = {record.id: record for record in report.records}
    table = Table("value", "unit", "name", "source")
    for value in report.values:
        record = records.get(value.record)
        source = f"{value.record} {record.tool}" if record else value.record
        table.add_row(figure(value.value), value.unit, value.name, source)
    return table


def _show_files(console: Console, report: Report, out: Path) -> None:
    folder = (out / report.run_id).absolute()
    for ref in sorted(report.artifacts, key=_rank):
        path = folder / ref.path
        label = "map" if ref.media_type == "text/html" else "file"
        link = Text(str(path), Style(link=path.as_uri()))
        console.print(Text.assemble((f"{label:<5}", "dim"), link), soft_wrap=True)


def _rank(ref: ArtifactRef) -> tuple[int, str]:
    place = MAP_TYPES.index(ref.media_type) if ref.media_type in MAP_TYPES else len(MAP_TYPES)
    return place, ref.name


def _foot(report: Report) -> str:
    usage = report.usage
    tokens = usage.prompt_tokens + usage.completion_tokens
    return (
        f"run {report.run_id} · {report.workflow} on {report.model} · "
        f"{usage.model_calls} model calls · {tokens} tokens · {usage.seconds:.1f} s"
    )
