"""`terragate workflows`: the families there are, and what one looks like."""

from __future__ import annotations

from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

app = typer.Typer(help="Workflow families.", no_args_is_help=True)


@app.command("list")
def list_families() -> None:
    """List the workflow families."""
    from ...workflows.registry import families

    table = Table("workflow", "stages", "what it is")
    for name, family in families().items():
        spec = family.spec()
        table.add_row(name, str(len(spec.stages)), spec.summary)
    Console().print(table)


@app.command()
def show(
    name: Annotated[str, typer.Argument(help="Family, as `workflows list` shows it.")],
    as_mermaid: Annotated[bool, typer.Option("--mermaid", help="Print a Mermaid drawing.")] = False,
) -> None:
    """Show the stages of a family, the tools each may use, and where it leads."""
    from ...workflows.drawing import mermaid
    from ...workflows.registry import find_family
    from ...workflows.topology import targets

    spec = find_family(name).spec()
    if as_mermaid:
        typer.echo(mermaid(spec), nl=False)
        return
    table = Table("stage", "objective", "tools", "leads to", title=spec.summary)
    for stage in spec.stages:
        offered = " ".join((*stage.tools, *stage.controls))
        table.add_row(stage.name, stage.objective, offered, " ".join(targets(stage)))
    Console().print(table)
