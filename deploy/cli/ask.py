"""`terragate ask`: one question, its stages as they happen, and the answer."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from ...workflows.planned.edited import PlanFile


def ask(
    question: Annotated[str | None, typer.Argument(help="The question, in English.")] = None,
    workflow: Annotated[
        str, typer.Option(help="Family, as `workflows list` shows it.")
    ] = "stateful",
    plan: Annotated[
        Path | None, typer.Option(help="Run this plan, which `terragate plan --yaml` wrote.")
    ] = None,
    policy: Annotated[
        Path | None, typer.Option(help="What `auto` goes by, which `eval policy` wrote.")
    ] = None,
    catalog: Annotated[
        str | None, typer.Option(help="Catalog folder, table file, or STAC API by name or URL.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Model profile or server URL.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for runs.")] = None,
    thread: Annotated[
        str | None, typer.Option(help="Thread of questions that build upon each other.")
    ] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a JSON object, on a line for each question.")
    ] = False,
    record: Annotated[Path | None, typer.Option(help="Write the model's answers here.")] = None,
    replay: Annotated[Path | None, typer.Option(help="Answer from a recording.")] = None,
    aoi: Annotated[
        str | None,
        typer.Option(
            help="Area: a GeoJSON, GeoPackage, zipped shapefile or KML file, a box "
            "'west,south,east,north' in degrees, GeoJSON text or a WKT polygon."
        ),
    ] = None,
    view: Annotated[
        str | None,
        typer.Option(help="What your map shows, as 'west,south,east,north': 'here' means it."),
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

    given = _given_plan(plan)
    if given is not None:
        question, workflow = question or given.question, "planned"
    request = read_request(
        question or "", workflow=workflow, thread=thread, today=today, seed=seed, aoi=aoi, view=view
    )
    tuning = given.tuning() if given else _given_policy(policy)
    if tuning:
        request = request.model_copy(update={"tuning": tuning})
    choices = Choices(catalog=catalog, model=model, out=out, record=record, replay=replay)
    raise typer.Exit(anyio.run(ask_until_clear, request, choices, as_json))


def _given_plan(path: Path | None) -> PlanFile | None:
    from ...workflows.planned.edited import read_plan_file

    return read_plan_file(path) if path is not None else None


def _given_policy(path: Path | None) -> dict[str, Any]:
    from ...workflows.auto.policy import read_policy

    return {"auto": read_policy(path).model_dump()} if path is not None else {}
