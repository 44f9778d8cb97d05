"""`terragate ask`: one question, its stages as they happen, and the answer."""

from __future__ import annotations

import asyncio
import signal
import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated

import anyio
import typer
from langgraph.runtime import RunControl
from pydantic import ValidationError
from rich.console import Console

from ...tools.errors import UsageError
from ...workflows.report import Report
from ...workflows.request import Request
from ...workflows.runtime import Platform, RunInterrupted, resume, run
from ...workflows.settings import Settings
from .render import Progress, show_report
from .session import Choices, open_platform

INTERRUPTED = 130
MAX_CLARIFICATIONS = 3


def ask(
    question: Annotated[str, typer.Argument(help="The question, in English.")],
    workflow: Annotated[str, typer.Option(help="Family: stateful or react.")] = "stateful",
    catalog: Annotated[Path | None, typer.Option(help="Catalog folder or table file.")] = None,
    model: Annotated[str | None, typer.Option(help="Model profile or server URL.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for runs.")] = None,
    thread: Annotated[str | None, typer.Option(help="Thread the run belongs to.")] = None,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print the report as one object.")
    ] = False,
    record: Annotated[Path | None, typer.Option(help="Write the model's answers here.")] = None,
    replay: Annotated[Path | None, typer.Option(help="Answer from a recording.")] = None,
    today: Annotated[str | None, typer.Option(help="Date that 'last year' is meant from.")] = None,
    seed: Annotated[int, typer.Option(help="Seed of sampled answers.")] = 0,
) -> None:
    """Answer a question with real tools on real data, and show what the answer rests on."""
    request = _request(question, workflow, thread, today, seed)
    choices = Choices(catalog=catalog, model=model, out=out, record=record, replay=replay)
    code = anyio.run(_ask, request, choices, as_json)
    raise typer.Exit(code)


def _request(
    question: str, workflow: str, thread: str | None, today: str | None, seed: int
) -> Request:
    try:
        day = date.fromisoformat(today) if today else datetime.now(UTC).date()
        return Request(text=question, today=day, workflow=workflow, thread=thread, seed=seed)
    except ValidationError as error:
        first = error.errors()[0]
        raise UsageError(f"{first['loc'][0]}: {first['msg']} (given {first['input']!r})") from error
    except ValueError as error:
        raise UsageError(f"--today {today!r} is no date; write it as 2024-06-30") from error


async def _ask(request: Request, choices: Choices, as_json: bool) -> int:
    console = Console(stderr=True)
    platform = await open_platform(Settings(), choices, console)
    report = await _watched(request, platform, console, quiet=as_json)
    for _ in range(MAX_CLARIFICATIONS):
        again = _clarified(report, console) if report and not as_json else None
        if again is None:
            break
        report = await _watched(again, platform, console, quiet=as_json)
    if report is None:
        return INTERRUPTED
    show_report(report, platform.out, as_json=as_json)
    return 0 if report.status in ("answered", "verified") else 1


async def _watched(
    request: Request | str, platform: Platform, console: Console, *, quiet: bool
) -> Report | None:
    """Run (or resume, given a run id) with live progress; None when it was interrupted."""
    control = RunControl()
    loop = asyncio.get_running_loop()
    loop.add_signal_handler(signal.SIGINT, lambda: control.request_drain("SIGINT"))
    try:
        with Progress(console, quiet=quiet) as progress:
            if isinstance(request, str):
                return await resume(request, platform, listen=progress.hear, control=control)
            return await run(request, platform, listen=progress.hear, control=control)
    except RunInterrupted as interrupted:
        console.print(str(interrupted), style="yellow", markup=False)
        return None
    finally:
        loop.remove_signal_handler(signal.SIGINT)


async def resume_run(run_id: str, choices: Choices, as_json: bool) -> int:
    """Go on with an interrupted run; the same exit codes as `ask`."""
    console = Console(stderr=True)
    platform = await open_platform(Settings(), choices, console)
    report = await _watched(run_id, platform, console, quiet=as_json)
    if report is None:
        return INTERRUPTED
    show_report(report, platform.out, as_json=as_json)
    return 0 if report.status in ("answered", "verified") else 1


def _clarified(report: Report, console: Console) -> Request | None:
    """Let a person at a terminal choose a reading; returns the question asked again with it."""
    if report.status != "clarify" or not report.candidates or not sys.stdin.isatty():
        return None
    asked = next((r for r in reversed(report.records) if r.candidates), None)
    args = asked.args.values() if asked else ()
    said = next((str(value) for value in args if str(value) in report.request.text), None)
    if said is None:
        return None
    console.print(report.answer, markup=False)
    for number, candidate in enumerate(report.candidates, start=1):
        console.print(f"  {number}. {candidate}", markup=False)
    chosen = console.input("Which one? (number, or empty to stop) ").strip()
    if not chosen.isdecimal() or not 1 <= int(chosen) <= len(report.candidates):
        return None
    reading = report.candidates[int(chosen) - 1]
    text = report.request.text.replace(said, reading, 1)
    return report.request.model_copy(update={"text": text})
