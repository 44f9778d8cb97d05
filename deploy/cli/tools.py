"""`terragate tools`: the tools there are, and one of them run by hand with no model."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from ...tools.errors import UsageError

if TYPE_CHECKING:
    from ...tools.spec import ToolContext

app = typer.Typer(help="Tools, without a model.", no_args_is_help=True)


@app.command("list")
def list_tools() -> None:
    """List the tools with what they consume and produce."""
    from ...tools.registry import tools

    table = Table("tool", "arguments", "consumes", "produces", "what it does")
    for tool in tools():
        table.add_row(
            tool.name,
            " ".join(tool.args.model_fields),
            " ".join(sorted(tool.consumes)),
            " ".join(sorted(tool.produces)),
            tool.summary,
        )
    Console().print(table)


@app.command("run")
def run_tool(
    name: Annotated[str, typer.Argument(help="Tool, as `tools list` shows it.")],
    args: Annotated[str, typer.Option(help="The tool's arguments as a JSON object.")] = "{}",
    run: Annotated[str | None, typer.Option(help="Run whose records the arguments name.")] = None,
    catalog: Annotated[
        str | None, typer.Option(help="Catalog folder, table file, or STAC API by name or URL.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for runs and results.")] = None,
) -> None:
    """Run one tool and print its result as one JSON object."""
    from ...tools.registry import find_tool

    tool = find_tool(name)
    values = _arguments(args)
    context = _context(run, catalog, out)
    try:
        result = tool(context, values)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        known = ", ".join(tool.args.model_fields) or "none"
        raise UsageError(
            f"{name}: argument {where!r}: {first['msg']} (its arguments: {known})"
        ) from error
    sys.stdout.write(result.model_dump_json() + "\n")


def _context(run: str | None, catalog: str | None, out: Path | None) -> ToolContext:
    from ...tools.artifacts import ArtifactStore
    from ...tools.spec import NO_DETECTORS, ToolContext
    from ...workflows.runs import load_report, run_folder
    from ...workflows.settings import Settings
    from .session import find_catalog, find_detectors

    settings = Settings()
    folder = out or settings.out
    known = load_report(folder, run).records if run is not None else ()
    opened = find_catalog(settings, catalog)
    shelf = find_detectors(settings, opened)
    return ToolContext(
        store=ArtifactStore(run_folder(folder, run or "by-hand")),
        catalog=opened,
        records={record.id: record for record in known},
        today=datetime.now(UTC).date(),
        detectors=shelf.models if shelf else NO_DETECTORS,
    )


def _arguments(text: str) -> dict[str, Any]:
    try:
        values = json.loads(text)
    except ValueError as error:
        raise UsageError(f"--args {text!r} is not JSON: {error}") from error
    if not isinstance(values, dict):
        raise UsageError(f'--args {text!r} is no JSON object; write {{"name": value}}')
    return values
