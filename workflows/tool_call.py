"""Run one tool for a step: fill hidden arguments, bound the time, make a record of the outcome."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import anyio
import anyio.to_thread
from pydantic import ValidationError

from ..agents.choice import Choice
from ..tools.errors import RetryableToolError, ToolError
from ..tools.records import Record, ToolResult
from ..tools.spec import Cost, LiveState, ToolContext, ToolSpec, live_fields

TIMEOUT_S: Mapping[Cost, float] = {"instant": 30.0, "seconds": 120.0, "minutes": 900.0}


@dataclass(frozen=True)
class Called:
    """A finished tool call; `retryable` says that the model may choose again."""

    record: Record
    seconds: float
    retryable: bool = False


def fill_hidden(tool: ToolSpec, choice: Choice, live: LiveState) -> dict[str, Any]:
    """Return the tool's full arguments: hidden ones take the newest value of their source."""
    args = dict(choice.args)
    for name, mark in live_fields(tool.args).items():
        if mark.hidden and live.get(mark.source):
            args[name] = live[mark.source][-1]
    return args


async def call_tool(
    tool: ToolSpec, args: dict[str, Any], context: ToolContext, blank: Record, seconds_left: float
) -> Called:
    """Run the tool in a worker thread and return the record of what came back.

    A thread cannot be killed: after the time-out the run goes on and the thread is left behind.
    """
    started = time.perf_counter()
    limit = max(0.0, min(TIMEOUT_S[tool.cost], seconds_left))
    retryable = False
    try:
        record = _finished(blank, await _run(tool, args, context, limit))
    except TimeoutError:
        error = ToolError(f"{tool.name} took longer than {limit:.0f} s", kind="unavailable")
        record = _failed(blank, error)
    except ValidationError as error:
        first = error.errors()[0]
        message = f"{tool.name}: argument {first['loc']!r}: {first['msg']}"
        record = _failed(blank, RetryableToolError(message, kind="bad_argument"))
        retryable = True
    except ToolError as error:
        record = _failed(blank, error)
        retryable = isinstance(error, RetryableToolError)
    return Called(record, time.perf_counter() - started, retryable)


async def _run(
    tool: ToolSpec, args: dict[str, Any], context: ToolContext, limit: float
) -> ToolResult:
    # What neither waits nor computes for long is not worth a thread.
    if tool.cost == "instant" and tool.effect == "pure":
        return tool(context, args)
    with anyio.fail_after(limit):
        return await anyio.to_thread.run_sync(partial(tool, context, args), abandon_on_cancel=True)


def _finished(blank: Record, result: ToolResult) -> Record:
    return blank.model_copy(
        update={
            "status": "empty" if result.empty else "ok",
            "summary": result.summary,
            "outputs": result.outputs,
            "values": result.values,
            "artifacts": result.artifacts,
            "notes": result.notes,
        }
    )


def _failed(blank: Record, error: ToolError) -> Record:
    return blank.model_copy(
        update={
            "status": "ambiguous" if error.kind == "ambiguous" else "error",
            "summary": f"{blank.tool}: {error.kind}",
            "notes": (str(error),),
            "candidates": error.candidates,
            "error_kind": error.kind,
        }
    )
