"""`terragate ask`: one question, its stages as they happen, and the answer."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer


def ask(
    question: Annotated[str, typer.Argument(help="The question, in English.")],
    workflow: Annotated[
        str, typer.Option(help="Family: stateful, react or sequential.")
    ] = "stateful",
    catalog: Annotated[Path | None, typer.Option(help="Catalog folder or table file.")] = None,
    model: Annotated[str | None, typer.Option(help="Model profile or server URL.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for runs.")] = None,
    thread: Annotated[
        str | None, typer.Option(help="Thread of questions that build upon each other.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the report as one JSON object.")
    ] = False,
    record: Annotated[Path | None, typer.Option(help="Write the model's answers here.")] = None,
    replay: Annotated[Path | None, typer.Option(help="Answer from a recording.")] = None,
    aoi: Annotated[
        Path | None,
        typer.Option(help="Area of interest: GeoJSON, GeoPackage, zipped shapefile or KML."),
    ] = None,
    today: Annotated[
        str | None, typer.Option(help="Day that 'last year' is meant from, as 2024-06-30.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of sampled answers.")] = 0,
) -> None:
    """Answer a question with real tools on real data, and show what the answer rests on."""
    import anyio

    from .conversation import ask_until_clear, read_request
    from .session import Choices

    request = read_request(
        question, workflow=workflow, thread=thread, today=today, seed=seed, aoi=aoi
    )
    choices = Choices(catalog=catalog, model=model, out=out, record=record, replay=replay)
    raise typer.Exit(anyio.run(ask_until_clear, request, choices, as_json))
