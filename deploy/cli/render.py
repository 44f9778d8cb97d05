"""Show a run on a terminal: stages as they happen, then answer, values and files."""

from __future__ import annotations

import sys
from pathlib import Path
from types import TracebackType

from rich.console import Console
from rich.table import Table

from ...workflows import events
from ...workflows.report import Report


class Progress:
    """Prints one line per step of a run to a console; silent when `quiet`."""

    def __init__(self, console: Console, *, quiet: bool) -> None:
        self._console = console
        self._quiet = quiet
        self._status = console.status("thinking")

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
        self._status.stop()

    def hear(self, event: events.Event) -> None:
        """Show one event."""
        if self._quiet:
            return
        if isinstance(event, events.StageEntered):
            self._status.update(f"{event.stage}: {event.objective}")
        elif isinstance(event, events.RecordAdded):
            record = event.record
            line = f"{record.stage:<9} {record.tool:<15} {record.summary}"
            style = None if record.status == "ok" else "yellow"
            self._console.print(line, style=style, markup=False, highlight=False)
        elif isinstance(event, events.ModelCalled) and event.error:
            line = f"{event.stage:<9} the model gave no usable answer ({event.error})"
            self._console.print(line, style="yellow", markup=False, highlight=False)


def show_report(report: Report, out: Path, *, as_json: bool) -> None:
    """Print a report: one JSON object, or the answer with its values and files."""
    if as_json:
        sys.stdout.write(report.model_dump_json() + "\n")
        return
    console = Console()
    console.print()
    console.print(report.answer, markup=False, highlight=False, soft_wrap=True)
    if report.values:
        console.print(_values(report))
    folder = out / report.run_id
    for artifact in report.artifacts:
        path = (folder / artifact.path).resolve()
        console.print(f"{artifact.name}: {path}", markup=False, highlight=False, soft_wrap=True)
    usage = report.usage
    console.print(
        f"run {report.run_id} · {report.workflow} on {report.model} · {usage.model_calls} model "
        f"calls · {usage.prompt_tokens + usage.completion_tokens} tokens · {usage.seconds:.1f} s",
        style="dim",
        markup=False,
        highlight=False,
        soft_wrap=True,
    )


def _values(report: Report) -> Table:
    records = {record.id: record for record in report.records}
    table = Table("value", "unit", "name", "source", title=None)
    for value in report.values:
        record = records.get(value.record)
        source = f"{value.record} {record.tool}" if record else value.record
        table.add_row(f"{value.value:g}" if isinstance(value.value, float) else str(value.value),
                      value.unit, value.name, source)  # fmt: skip
    return table
