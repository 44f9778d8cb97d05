"""Run a question, or go on with a run, in front of a person: progress, Ctrl-C, asking back."""

from __future__ import annotations

import asyncio
import shlex
import signal
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Final

from langgraph.runtime import RunControl
from pydantic import ValidationError
from rich.console import Console

from ...tools.errors import UsageError
from ...workflows.planned.planning import PLAN
from ...workflows.report import Report
from ...workflows.request import Request
from ...workflows.resuming import UNAVAILABLE
from ...workflows.runs import load_run, new_run_id
from ...workflows.runtime import Platform, RunInterrupted, resume, run
from ...workflows.settings import Settings
from ...workflows.several import several_questions
from .given_area import read_area, read_view
from .render import Progress, show_report
from .session import Choices, open_platform

ANSWERED, COULD_NOT, INTERRUPTED = 0, 1, 130
# The run is not over: it goes on from the step that failed.
RESUMABLE = frozenset({UNAVAILABLE, "model:unreachable"})
MAX_CLARIFICATIONS = 3
_SHOWN: Final = 60


def read_request(
    question: str,
    *,
    workflow: str,
    thread: str | None,
    today: str | None,
    seed: int,
    aoi: str | None = None,
    view: str | None = None,
) -> Request:
    """Return the request of a command line; UsageError says which part of it is wrong."""
    day = _day(today)
    if not question.strip():
        raise UsageError("the question is empty: write what you want to know")
    given = read_area(aoi)
    try:
        return Request(
            text=question,
            today=day,
            workflow=workflow,
            thread=thread,
            seed=seed,
            files=given.files,
            aoi=given.aoi,
            viewport=read_view(view),
        )
    except ValidationError as error:
        first = error.errors()[0]
        name = {"text": "question"}.get(str(first["loc"][0]), f"--{first['loc'][0]}")
        raise UsageError(f"{name}: {first['msg']} (given {_short(first['input'])})") from error


def _day(today: str | None) -> date:
    try:
        return date.fromisoformat(today) if today else datetime.now(UTC).date()
    except ValueError as error:
        raise UsageError(f"--today {today!r} is no date: write it as 2024-06-30") from error


def _short(value: object) -> str:
    text = repr(value)
    return text if len(text) <= _SHOWN else f"{text[:_SHOWN]}… of {len(text) - 2} characters"


async def ask_until_clear(request: Request, choices: Choices, as_json: bool) -> int:
    """Run a request and show its report; a person at a terminal is asked back. Returns the code.

    Of several questions in one text every one is a run, and the code is that of the first that
    could not be answered.
    """
    console = Console(stderr=True)
    async with open_platform(Settings(), choices, console) as platform:
        seat = Seat(platform, choices, console, as_json)
        code, each = ANSWERED, _each(request, platform)
        for number, one in enumerate(each, start=1):
            if len(each) > 1 and not as_json:
                said = f"question {number} of {len(each)}: {one.text}"
                console.print(said, style="bold", markup=False, highlight=False)
            ended = await _ask(one, seat, console, as_json)
            code = code or ended
            if ended == INTERRUPTED:
                break
    return code


def _each(request: Request, platform: Platform) -> tuple[Request, ...]:
    """Return the request, or one for each of the questions it asks; a plan is of its whole text."""
    if request.rtl is not None or PLAN in request.tuning:
        return (request,)
    texts = several_questions(request.text, platform.catalog, request.today)
    return tuple(request.model_copy(update={"text": text}) for text in texts)


async def _ask(request: Request, seat: Seat, console: Console, as_json: bool) -> int:
    report = await seat.watch(request, new_run_id())
    for _ in range(MAX_CLARIFICATIONS):
        again = _clarified(report, console) if report and not as_json else None
        if again is None:
            break
        report = await seat.watch(again, new_run_id())
    return seat.show(report)


async def resume_run(run_id: str, choices: Choices, as_json: bool) -> int:
    """Go on with an interrupted run, with its own catalog and detectors; exit codes as `ask`."""
    console = Console(stderr=True)
    settings = Settings()
    started = load_run(choices.out or settings.out, run_id)
    settings = settings.model_copy(update={"detectors": started.detectors})
    if choices.catalog is None:
        choices = replace(choices, catalog=started.catalog)
    async with open_platform(settings, choices, console) as platform:
        seat = Seat(platform, choices, console, as_json)
        return seat.show(await seat.watch(None, run_id))


class Seat:
    """Where a person sits: shows a run's progress and its report, and hears Ctrl-C."""

    def __init__(
        self, platform: Platform, choices: Choices, console: Console, as_json: bool
    ) -> None:
        self._platform = platform
        self._choices = choices
        self._console = console
        self._as_json = as_json

    async def watch(self, request: Request | None, run_id: str) -> Report | None:
        """Run a request (or resume, without one); None when the person stopped it."""
        control = RunControl()
        with Progress(self._console, quiet=self._as_json) as progress:
            work = asyncio.ensure_future(self._run(request, run_id, control, progress))
            loop = asyncio.get_running_loop()
            loop.add_signal_handler(signal.SIGINT, self._on_ctrl_c, control, work)
            try:
                return await work
            except (RunInterrupted, asyncio.CancelledError):
                progress.stop()
                self._advise("stopped", run_id)
                return None
            finally:
                loop.remove_signal_handler(signal.SIGINT)

    async def _run(
        self, request: Request | None, run_id: str, control: RunControl, progress: Progress
    ) -> Report:
        if request is None:
            return await resume(run_id, self._platform, listen=progress.hear, control=control)
        return await run(
            request, self._platform, run_id=run_id, listen=progress.hear, control=control
        )

    def _on_ctrl_c(self, control: RunControl, work: asyncio.Future[Report]) -> None:
        # The first Ctrl-C lets the step end; the second does not wait, and loses nothing either:
        # the step is taken again on resuming.
        if control.drain_requested:
            work.cancel()
            return
        control.request_drain("SIGINT")
        self._console.print("stopping after this step; Ctrl-C again stops at once", style="yellow")

    def _advise(self, why: str, run_id: str) -> None:
        self._console.print(
            f"{why}; go on with: {self._resume_command(run_id)}",
            style="yellow",
            markup=False,
            highlight=False,
            soft_wrap=True,
        )

    def _resume_command(self, run_id: str) -> str:
        parts = ["terragate", "runs", "resume", run_id]
        for name in ("out", "catalog", "model", "record", "replay"):
            value = getattr(self._choices, name)
            if value is not None:
                parts += [f"--{name}", str(value)]
        return shlex.join(parts)

    def show(self, report: Report | None) -> int:
        """Print the report and return the exit code of the command."""
        if report is None:
            return INTERRUPTED
        if report.request.rtl is not None:
            # Only RTL runs pay for the import of their tools.
            from .rtl_report import rtl_code, show_rtl

            show_rtl(report, self._platform.out, as_json=self._as_json)
            code = rtl_code(report)
        else:
            show_report(report, self._platform.out, as_json=self._as_json)
            code = ANSWERED if report.status in ("answered", "verified") else COULD_NOT
        if report.error in RESUMABLE:
            self._advise("what the run needs was not there", report.run_id)
        return code


def _clarified(report: Report, console: Console) -> Request | None:
    """Let a person at a terminal choose a reading; returns the question asked again with it."""
    if report.status != "clarify" or not report.candidates or not sys.stdin.isatty():
        return None
    asked = next((r for r in reversed(report.records) if r.candidates), None)
    args = asked.args.values() if asked else ()
    said = next((str(value) for value in args if str(value) in report.request.text), None)
    if said is None:
        return None
    console.print(report.answer, markup=False, highlight=False)
    for number, candidate in enumerate(report.candidates, start=1):
        console.print(f"  {number}. {candidate}", markup=False, highlight=False)
    chosen = console.input("Which one? (number, or empty to stop) ").strip()
    if not chosen.isdecimal() or not 1 <= int(chosen) <= len(report.candidates):
        return None
    reading = report.candidates[int(chosen) - 1]
    text = report.request.text.replace(said, reading, 1)
    return report.request.model_copy(update={"text": text})
