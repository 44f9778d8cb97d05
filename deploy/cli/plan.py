"""`terragate plan`: the task graph for a question, judged and shown before anything runs."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ...tools.errors import UsageError

if TYPE_CHECKING:
    from ...workflows.planned.plan import Plan
    from ...workflows.planned.proposing import Proposal
    from ...workflows.request import Request
    from .session import Choices

SOUND, UNSOUND = 0, 1


def plan(
    question: Annotated[str | None, typer.Argument(help="The question, in English.")] = None,
    run: Annotated[str | None, typer.Option(help="Show the plan of this past run.")] = None,
    to_yaml: Annotated[
        Path | None, typer.Option("--yaml", help="Write the plan here, to edit and to run again.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON object.")] = False,
    catalog: Annotated[
        str | None, typer.Option(help="Catalog folder, table file, or STAC API by name or URL.")
    ] = None,
    model: Annotated[str | None, typer.Option(help="Model profile or server URL.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for runs.")] = None,
    today: Annotated[
        str | None, typer.Option(help="Day that 'last year' is meant from, as 2024-06-30.")
    ] = None,
    seed: Annotated[int, typer.Option(help="Seed of sampled answers.")] = 0,
    record: Annotated[Path | None, typer.Option(help="Write the model's answers here.")] = None,
    replay: Annotated[Path | None, typer.Option(help="Answer from a recording.")] = None,
) -> None:
    """Plan a question and judge the plan, running nothing of it; or show the plan of a run."""
    if (question is None) == (run is None):
        raise UsageError("give a question to plan, or --run with the id of a past run: one of both")
    if run is not None:
        _show_past(run, out, to_yaml, as_json)
        return
    import anyio

    from .conversation import read_request
    from .session import Choices

    request = read_request(question or "", workflow="planned", thread=None, today=today, seed=seed)
    choices = Choices(catalog=catalog, model=model, out=out, record=record, replay=replay)
    proposal = anyio.run(_propose, request, choices)
    if to_yaml is not None and proposal.plan is not None:
        _write(to_yaml, proposal.plan, proposal.question, None)
    _show(proposal, as_json)
    raise typer.Exit(SOUND if proposal.way == "execute" else UNSOUND)


async def _propose(request: Request, choices: Choices) -> Proposal:
    from ...workflows.planned.proposing import propose
    from ...workflows.settings import Settings
    from .session import open_platform

    async with open_platform(Settings(), choices, Console(stderr=True)) as platform:
        return await propose(request, platform)


def _show(proposal: Proposal, as_json: bool) -> None:
    if as_json:
        sys.stdout.write(proposal.model_dump_json() + "\n")
        return
    console = Console()
    if proposal.plan is None:
        why = proposal.reason or "no tool here can answer this"
        console.print(Text(f"no plan ({proposal.way}): {why}", "yellow"))
    else:
        _draw(proposal.plan, console)
        for fault in proposal.faults:
            console.print(Text(f"✗ {fault}", "red"), soft_wrap=True)
        if not proposal.faults:
            console.print(Text("✓ the plan is sound", "green"))
    usage = proposal.usage
    console.print(Text(f"{usage.model_calls} model calls · {usage.tokens} tokens", "dim"))


def _draw(held: Plan, console: Console) -> None:
    from ...workflows.planned.domain import PLANNING
    from ...workflows.planned.drawing import plan_mermaid, plan_rows

    table = Table("node", "tool", "with", "after", "gives")
    for row in plan_rows(held, PLANNING):
        table.add_row(*(Text(cell) for cell in row))
    console.print(table)
    console.print(Text(plan_mermaid(held)), soft_wrap=True)


def _show_past(run: str, out: Path | None, to_yaml: Path | None, as_json: bool) -> None:
    from ...workflows.planned.edited import plan_of
    from ...workflows.runs import load_report
    from ...workflows.settings import Settings

    report = load_report(out or Settings().out, run)
    held = plan_of(report)
    if held is None:
        raise UsageError(f"run {run!r} made no plan: it is one of {report.workflow!r}")
    if to_yaml is not None:
        _write(to_yaml, held, report.request.text, run)
    if as_json:
        sys.stdout.write(held.model_dump_json() + "\n")
    else:
        _draw(held, Console())


def _write(path: Path, held: Plan, question: str, run: str | None) -> None:
    from ...workflows.planned.edited import plan_yaml

    try:
        path.write_text(plan_yaml(held, question, run), "utf-8")
    except OSError as error:
        raise UsageError(
            f"cannot write {str(path)!r} ({error.strerror}): choose another file with --yaml"
        ) from error
