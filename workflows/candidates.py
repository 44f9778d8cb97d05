"""The k candidates of a step: each a choice, its tool call and its verdicts; the best is kept."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from os import cpu_count
from typing import Any

import anyio
import anyio.to_thread

from ..agents.choice import Choice, Offer, choose
from ..agents.coding import write_code
from ..agents.listening import Listening
from ..agents.prompting import Brief
from ..agents.protocol import Model, TokenUsage
from ..tools.errors import ModelError, VerificationError
from ..tools.records import Record
from ..tools.spec import LiveState
from . import events
from .attempts import Attempt, each_recorded, numbered
from .context import RunContext
from .domain import VerifierContext
from .ledger import Entry
from .spec import Stage
from .state import FAILED_STEPS
from .tool_call import Called, call_tool, fill_hidden


@dataclass(frozen=True)
class Question:
    """What is asked at one step; `samples` is 0 when nothing is left to choose.

    `refused` are the records that a verifier has failed.
    """

    brief: Brief
    offers: tuple[Offer, ...]
    call_id: str
    record_id: str
    samples: int
    refused: frozenset[str] = frozenset()

    def numbered(self, number: int) -> Question:
        """Return the question of one candidate of several, all of which leave a record."""
        return replace(self, record_id=numbered(self.record_id, number))


async def draw(
    question: Question,
    forced: Choice | None,
    stage: Stage,
    run: RunContext,
    records: dict[str, Record],
    live: LiveState,
) -> tuple[list[Attempt], list[Entry]]:
    """Draw the candidates and judge each; equal choices share one tool call."""
    asked = [_Asked(choice=forced)] if forced else await _ask(question, stage, run)
    entries = [entry for item in asked if (entry := item.entry) is not None]
    distinct: dict[str, Choice] = {}
    for item in asked:
        if item.choice is not None:
            distinct.setdefault(item.choice.model_dump_json(), item.choice)
    done: dict[str, Attempt] = {}

    async def act(number: int, key: str, choice: Choice) -> None:
        own = question if stage.keep == "best" else question.numbered(number)
        done[key] = await _act(own, choice, stage, run, records, live)

    if len(distinct) == 1:
        ((key, choice),) = distinct.items()
        await act(1, key, choice)
    else:
        await _each(act, distinct)
    for number, key in enumerate(distinct, 1):
        if done[key].record is not None:
            entries.append(_tool_entry(question, stage, done[key], number))
    attempts = [
        item.failed() if item.choice is None else done[item.choice.model_dump_json()]
        for item in asked
    ]
    if stage.keep == "all":
        attempts = each_recorded(attempts, question.record_id, len(distinct))
    return attempts, entries


async def _each(
    act: Callable[[int, str, Choice], Awaitable[None]], choices: Mapping[str, Choice]
) -> None:
    """Act on every choice, as many at a time as there are cores."""
    cores = anyio.CapacityLimiter(cpu_count() or 1)
    # An error of ours leaves as itself and not in a group, as it does with one choice.
    broken: list[Exception] = []

    async def one(number: int, key: str, choice: Choice) -> None:
        try:
            async with cores:
                await act(number, key, choice)
        except Exception as error:  # noqa: BLE001 - raised again below, for the one funnel
            broken.append(error)

    async with anyio.create_task_group() as group:
        for number, (key, choice) in enumerate(choices.items(), 1):
            group.start_soon(one, number, key, choice)
    if broken:
        raise broken[0]


@dataclass(frozen=True)
class _Asked:
    choice: Choice | None = None
    error: ModelError | None = None
    entry: Entry | None = None

    def failed(self) -> Attempt:
        kind = self.error.kind if self.error else "empty"
        return Attempt(status="model_error", error=kind, problem=str(self.error))


async def _ask(question: Question, stage: Stage, run: RunContext) -> list[_Asked]:
    if question.samples == 1:
        return [await _ask_one(question, stage, run, 0)]
    found: dict[int, _Asked] = {}

    async def one(index: int) -> None:
        found[index] = await _ask_one(question, stage, run, index)

    async with anyio.create_task_group() as group:
        for index in range(question.samples):
            group.start_soon(one, index)
    return [found[index] for index in range(question.samples)]


async def _ask_one(question: Question, stage: Stage, run: RunContext, index: int) -> _Asked:
    call_id = f"{question.call_id}.{index}"
    started = time.perf_counter()
    choice: Choice | None = None
    error: ModelError | None = None
    listener = Listening(run.model)
    try:
        with anyio.fail_after(max(0.0, run.meter.seconds_left())):
            choice = await _answer(listener, question, stage, run.seed(call_id))
    except TimeoutError:
        error = ModelError("the run's time was used up while the model answered", kind="timeout")
    except ModelError as failure:
        error = failure
    answer = listener.answer
    seconds = time.perf_counter() - started
    usd = run.prices.of(answer.usage)
    run.meter.spend(answer.usage, usd)
    run.emit(
        events.ModelCalled(
            run_id=run.run_id,
            stage=stage.name,
            candidate=index,
            tool=choice.tool if choice else None,
            args=choice.args if choice else {},
            usage=answer.usage,
            seconds=seconds,
            error=error.kind if error else None,
        )
    )
    name = answer.model or run.model.name
    entry = _entry(f"m:{call_id}", stage, name, seconds, answer.usage, usd)
    return _Asked(choice=choice, error=error, entry=entry)


async def _answer(model: Model, question: Question, stage: Stage, seed: int) -> Choice:
    limits: dict[str, Any] = {
        "max_tokens": stage.max_tokens,
        "temperature": stage.temperature,
        "seed": seed,
    }
    if stage.answer == "code":
        choice, _ = await write_code(model, question.brief, **limits)
    else:
        choice, _ = await choose(model, question.brief, question.offers, **limits)
    return choice


async def _act(
    question: Question,
    choice: Choice,
    stage: Stage,
    run: RunContext,
    records: dict[str, Record],
    live: LiveState,
) -> Attempt:
    if choice.tool not in stage.tools:
        return Attempt(status="ok", choice=choice)
    tool = run.domain.tool(choice.tool)
    args = fill_hidden(tool, choice, live)
    run.emit(events.ToolCalled(run_id=run.run_id, stage=stage.name, tool=tool.name, args=args))
    blank = Record(
        id=question.record_id, stage=stage.name, tool=tool.name, args=args, status="ok", summary=""
    )
    context = run.tool_context(records, question.refused)
    called = await call_tool(tool, args, context, blank, run.meter.seconds_left())
    verdicts = await _judge(stage, called.record, run, records)
    return _attempt(choice, called, verdicts)


def _attempt(choice: Choice, called: Called, verdicts: tuple[dict[str, Any], ...]) -> Attempt:
    record = called.record
    failed = record.status in FAILED_STEPS
    complaint = next((str(v["evidence"]) for v in verdicts if v["outcome"] == "fail"), None)
    return Attempt(
        status=record.status,
        choice=choice,
        record=record,
        verdicts=verdicts,
        error=record.error_kind,
        problem=record.notes[0] if failed and record.notes else complaint,
        retryable=called.retryable,
        seconds=called.seconds,
    )


async def _judge(
    stage: Stage, record: Record, run: RunContext, records: dict[str, Record]
) -> tuple[dict[str, Any], ...]:
    if record.status in FAILED_STEPS or not stage.verifiers:
        return ()
    verdicts: list[dict[str, Any]] = []
    context = VerifierContext(
        record=record,
        records={**records, record.id: record},
        request=run.request,
        catalog=run.catalog,
        store=run.store,
        verdicts=verdicts,
    )
    for name in stage.verifiers:
        check = partial(run.domain.verifiers[name], context)
        try:
            verdict = await anyio.to_thread.run_sync(check, abandon_on_cancel=True)
            row: Mapping[str, Any] = verdict.model_dump(mode="json")
        except VerificationError as error:
            row = {"outcome": "unknown", "method": "none", "evidence": str(error)}
        verdicts.append({**row, "name": name, "record": record.id})
    return tuple(verdicts)


def _tool_entry(question: Question, stage: Stage, attempt: Attempt, number: int) -> Entry:
    name = attempt.record.tool if attempt.record else ""
    call_id = f"t:{question.call_id}.{number}"
    return _entry(call_id, stage, name, attempt.seconds, TokenUsage(), 0.0)


def _entry(
    call_id: str, stage: Stage, name: str, seconds: float, usage: TokenUsage, usd: float
) -> Entry:
    return Entry(
        id=call_id,
        kind="model" if call_id.startswith("m:") else "tool",
        stage=stage.name,
        name=name,
        prompt=usage.prompt,
        cached=usage.cached,
        completion=usage.completion,
        seconds=round(seconds, 6),
        usd=usd,
    )
