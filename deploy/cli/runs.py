"""`terragate runs`: past runs, listed, shown, resumed and exported."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from ...tools.errors import UsageError

app = typer.Typer(help="Past runs.", no_args_is_help=True)
Out = Annotated[Path | None, typer.Option("--out", help="Folder of the runs.")]
RunId = Annotated[str, typer.Argument(help="Id of the run, as `runs list` shows it.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command("list")
def list_all(out: Out = None) -> None:
    """List runs, newest first."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from ...workflows.runs import list_runs

    table = Table("run", "status", "workflow", "question")
    for row in list_runs(_folder(out)):
        shown = Text(row.problem, "yellow") if row.problem else Text(row.text)
        table.add_row(Text(row.run_id), row.status or "unfinished", row.workflow, shown)
    Console().print(table)


@app.command()
def show(run: RunId, out: Out = None, as_json: AsJson = False) -> None:
    """Show the report of a finished run."""
    from ...workflows.runs import load_report
    from .render import show_report

    folder = _folder(out)
    show_report(load_report(folder, run), folder, as_json=as_json)


@app.command()
def resume(
    run: RunId,
    out: Out = None,
    catalog: Annotated[
        str | None, typer.Option(help="Catalog folder, table file, or STAC API by name or URL.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Model profile or server URL.")] = None,
    record: Annotated[Path | None, typer.Option(help="Write the model's answers here.")] = None,
    replay: Annotated[Path | None, typer.Option(help="Answer from a recording.")] = None,
    as_json: AsJson = False,
) -> None:
    """Go on with a run that was interrupted or killed."""
    import anyio

    from .conversation import resume_run
    from .session import Choices

    choices = Choices(catalog=catalog, model=model, out=out, record=record, replay=replay)
    raise typer.Exit(anyio.run(resume_run, run, choices, as_json))


@app.command()
def export(
    run: RunId,
    out: Out = None,
    to: Annotated[Path | None, typer.Option(help="File to write; stdout when left out.")] = None,
    form: Annotated[
        Literal["python", "notebook"], typer.Option("--format", help="Script or Jupyter notebook.")
    ] = "python",
) -> None:
    """Write a script or a notebook that repeats the run's tool calls with no model."""
    from ...workflows.export import export_script
    from ...workflows.notebook import export_notebook
    from ...workflows.registry import find_family
    from ...workflows.runs import load_report, load_run, run_folder

    folder = _folder(out)
    started, report = load_run(folder, run), load_report(folder, run)
    domain = find_family(started.spec.name).load_domain()
    if form == "notebook":
        text = export_notebook(started, report, domain, run_folder(folder, run))
    else:
        text = export_script(started, report, domain)
    if to is None:
        typer.echo(text, nl=False)
    else:
        _write(to, text)


def _folder(out: Path | None) -> Path:
    from ...workflows.settings import Settings

    return out or Settings().out


def _write(path: Path, text: str) -> None:
    try:
        path.write_text(text, "utf-8")
    except OSError as error:
        raise UsageError(
            f"cannot write {str(path)!r} ({error.strerror}): choose another file with --to"
        ) from error
