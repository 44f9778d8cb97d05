"""`terragate tools`: the tools there are, and one of them run by hand with no model."""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.table import Table

from ...tools.artifacts import ArtifactStore
from ...tools.errors import UsageError
from ...tools.records import Record
from ...tools.registry import find_tool, tools
from ...tools.spec import ToolContext
from ...workflows.runs import load_report, run_folder
from ...workflows.settings import Settings
from .session import find_catalog

app = typer.Typer(help="Tools, without a model.", no_args_is_help=True)


@app.command("list")
def list_tools() -> None:
    """List the tools with what they consume and produce."""
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
    name: str,
    args: Annotated[str, typer.Option(help="The tool's arguments as a JSON object.")] = "{}",
    run: Annotated[str | None, typer.Option(help="Run whose records the arguments name.")] = None,
    catalog: Annotated[Path | None, typer.Option(help="Catalog folder or table file.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for runs and results.")] = None,
) -> None:
    """Run one tool and print its result as one JSON object."""
    settings = Settings()
    folder = out or settings.out
    tool = find_tool(name)
    values = _arguments(args)
    known: dict[str, Record] = {}
    if run is not None:
        known = {record.id: record for record in load_report(folder, run).records}
    context = ToolContext(
        store=ArtifactStore(run_folder(folder, run or "by-hand")),
        catalog=find_catalog(settings, catalog),
        records=known,
        today=datetime.now(UTC).date(),
    )
    try:
        result = tool(context, values)
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(f"{name}: argument {first['loc']!r}: {first['msg']}") from error
    sys.stdout.write(result.model_dump_json() + "\n")


def _arguments(text: str) -> dict[str, Any]:
    try:
        values = json.loads(text)
    except ValueError as error:
        raise UsageError(f"--args {text!r} is not JSON: {error}") from error
    if not isinstance(values, dict):
        raise UsageError(f'--args {text!r} is no JSON object; write {{"name": value}}')
    return values
