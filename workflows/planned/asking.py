"""One model call of a planner, paid for and told of like that of any other stage."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

import anyio

from ...agents.listening import Listening
from ...agents.protocol import Model, ModelAnswer
from ...tools.errors import ModelError
from .. import events
from ..context import RunContext
from ..ledger import Entry

PLAN_TOOL = "plan"
Items = list[Any] | None
Writer = Callable[[Model], Awaitable[tuple[list[Any], ModelAnswer]]]


@dataclass(frozen=True)
class Asked:
    """What came back: the items of a plan or an error, and what it cost."""

    items: Items
    error: ModelError | None
    entry: Entry


async def ask_for_plan(
    write: Writer,
    run: RunContext,
    stage: str,
    call_id: str,
) -> Asked:
    """Make the call within the run's time, spend its tokens and tell of it."""
    listener = Listening(run.model)
    started = time.perf_counter()
    items, error = await _written(write, listener, run.meter.seconds_left())
    seconds, usage = time.perf_counter() - started, listener.answer.usage
    usd = run.prices.of(usage)
    run.meter.spend(usage, usd)
    run.emit(
        events.ModelCalled(
            run_id=run.run_id,
            stage=stage,
            candidate=0,
            tool=PLAN_TOOL if items else None,
            args={PLAN_TOOL: items} if items else {},
            usage=usage,
            seconds=seconds,
            error=error.kind if error else None,
        )
    )
    entry = Entry(
        id=f"m:{call_id}",
        kind="model",
        stage=stage,
        name=listener.answer.model or run.model.name,
        prompt=usage.prompt,
        cached=usage.cached,
        completion=usage.completion,
        seconds=round(seconds, 6),
        usd=usd,
    )
    return Asked(items, error, entry)


async def _written(write: Writer, model: Model, seconds: float) -> tuple[Items, ModelError | None]:
    try:
        with anyio.fail_after(max(0.0, seconds)):
            return (await write(model))[0], None
    except TimeoutError:
        said = "the run's time was used up while the model answered"
        return None, ModelError(said, kind="timeout")
    except ModelError as failure:
        return None, failure
