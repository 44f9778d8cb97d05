"""`terragate runs`: past runs, listed, shown, resumed and exported."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import anyio
import typer
from rich.console import Console
from rich.table import Table

from ...workflows.export import export_script
from ...workflows.runs import list_runs, load_report
from ...workflows.settings import Settings
from .ask import resume_run
from .render import show_report
from .session import Choices

app = typer.Typer(help="Past runs.", no_args_is_help=True)
Out = Annotated[Path | None, typer.Option("--out", help="Folder of the runs.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command("list")
def list_all(out: Out = None) -> None:
    """List runs, newest first."""
    table = Table("run", "status", "workflow", "question")
    for row in list_runs(out or Settings().out):
        table.add_row(row.run_id, row.status or "unfinished", row.workflow, row.text)
    Console().print(table)


@app.command()
def show(run: str, out: Out = None, as_json: AsJson = False) -> None:
    """Show the report of a finished run."""
    folder = out or Settings().out
    show_report(load_report(folder, run), folder, as_json=as_json)


@app.command()
def resume(
    run: str,
    out: Out = None,
    catalog: Annotated[Path | None, typer.Option(help="Catalog folder or table file.")] = None,
    model: Annotated[str | None, typer.Option(help="Model profile or server URL.")] = None,
    replay: Annotated[Path | None, typer.Option(help="Answer from a recording.")] = None,
    as_json: AsJson = False,
) -> None:
    """Go on with a run that was interrupted or killed."""
    choices = Choices(catalog=catalog, model=model, out=out, replay=replay)
    raise typer.Exit(anyio.run(resume_run, run, choices, as_json))


@app.command()
def export(
    run: str,
    out: Out = None,
    to: Annotated[Path | None, typer.Option(help="File to write; stdout when left out.")] = None,
) -> None:
    """Write a plain Python script that repeats the run's tool calls with no model."""
    script = export_script(load_report(out or Settings().out, run))
    if to is None:
        typer.echo(script, nl=False)
    else:
        to.write_text(script, "utf-8")
