"""`terragate models`: the profiles there are, and what a server can do."""

from __future__ import annotations

import sys
from typing import Annotated

import anyio
import typer
from rich.console import Console
from rich.table import Table

from ...agents.probe import Capabilities, probe
from ...tools.errors import InfrastructureError, ModelError
from ...workflows.settings import Settings
from .session import profiles

app = typer.Typer(help="Models and model servers.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command("list")
def list_models() -> None:
    """List the model profiles."""
    table = Table("profile", "model", "rendering", "about")
    for profile in profiles(Settings()):
        table.add_row(profile.name, profile.model, profile.rendering, profile.about)
    Console().print(table)


@app.command()
def check(url: str, as_json: AsJson = False) -> None:
    """Ask a server what it serves and whether it honours JSON schemas."""
    found = anyio.run(_probe, url)
    if as_json:
        sys.stdout.write(found.model_dump_json() + "\n")
        return
    table = Table("capability", "found")
    for name, value in found.model_dump(exclude={"notes"}).items():
        table.add_row(name, str(value))
    console = Console()
    console.print(table)
    for note in found.notes:
        console.print(note, markup=False)


async def _probe(url: str) -> Capabilities:
    try:
        return await probe(url, api_key=Settings().api_key)
    except ModelError as error:
        raise InfrastructureError(str(error)) from error
