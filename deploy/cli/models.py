"""`terragate models`: the profiles there are, and what a server can do."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from ...tools.errors import InfrastructureError, ModelError
from .locations import profiles

if TYPE_CHECKING:
    from ...agents.probe import Capabilities

app = typer.Typer(help="Models and model servers.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]


@app.command("list")
def list_models() -> None:
    """List the model profiles."""
    from rich.console import Console
    from rich.table import Table

    table = Table("profile", "model", "rendering", "where", "about")
    for profile in profiles():
        where = profile.base_url or "served here"
        table.add_row(profile.name, profile.model, profile.rendering, where, profile.about)
    Console().print(table)


@app.command()
def check(
    url: Annotated[str, typer.Argument(help="URL of an OpenAI-compatible server.")],
    as_json: AsJson = False,
) -> None:
    """Ask a server what it serves and whether it honours JSON schemas."""
    import anyio

    found = anyio.run(_probe, url)
    if as_json:
        sys.stdout.write(found.model_dump_json() + "\n")
        return
    _show(found)


async def _probe(url: str) -> Capabilities:
    from ...agents.probe import probe
    from ...workflows.settings import Settings

    try:
        return await probe(url, api_key=Settings().api_key)
    except ModelError as error:
        raise InfrastructureError(str(error)) from error


def _show(found: Capabilities) -> None:
    from rich.console import Console
    from rich.table import Column, Table

    table = Table("capability", Column("found", overflow="fold"))
    for name, value in found.model_dump(exclude={"notes"}).items():
        table.add_row(name, ", ".join(value) if isinstance(value, tuple) else str(value))
    console = Console()
    console.print(table)
    for note in found.notes:
        console.print(note, markup=False)
