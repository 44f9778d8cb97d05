"""`terragate models`: profiles and catalogue, models on this machine, what a server can do."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from ...tools.errors import InfrastructureError, ModelError
from . import catalogue, quantize
from .locations import profiles

if TYPE_CHECKING:
    from ...agents.probe import Capabilities

app = typer.Typer(help="Models and model servers.", no_args_is_help=True)
AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON object.")]
app.command("show")(catalogue.show)
app.command("fetch")(catalogue.fetch)
app.command("verify")(catalogue.verify)
app.command("quantize")(quantize.quantize)
app.command("publish")(quantize.publish)


@app.command("list")
def list_models(as_json: AsJson = False) -> None:
    """List the model profiles, which a run can name, and the catalogue, which can be served."""
    from rich.console import Console
    from rich.table import Table

    if as_json:
        sys.stdout.write(json.dumps(_listed()) + "\n")
        return
    table = Table("profile", "model", "rendering", "where", "about")
    for profile in profiles():
        where = profile.base_url or "served here"
        table.add_row(profile.name, profile.model, profile.rendering, where, profile.about)
    console = Console()
    console.print(table)
    console.print(catalogue.table())


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


def _listed() -> dict[str, Any]:
    from ..models.catalogue import catalogue as entries

    kept = ("name", "model", "rendering", "base_url", "about")
    return {
        "profiles": [{key: getattr(profile, key) for key in kept} for profile in profiles()],
        "catalogue": [catalogue.described(entry) for entry in entries()],
    }


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
