"""Run a request: build and check the workflow, drive its graph, survive a crash, report.

This module holds the one funnel for errors: whatever a run meets, it ends in a report.
"""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Mapping
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import aiosqlite
import anyio
from langgraph.checkpoint.serde.jsonplus import JsonPlusSerializer
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.errors import GraphDrained, GraphRecursionError
from langgraph.runtime import RunControl

from ..agents.protocol import Model
from ..tools.artifacts import ArtifactStore
from ..tools.errors import ModelError, TerragateError, UsageError
from ..tools.geo.catalog import Catalog
from ..tools.records import Record
from ..tools.spec import NO_DETECTORS
from . import events
from .check import refusal, require_sound
from .compile import recursion_limit, runnable
from .context import RunContext
from .domain import Domain
from .ledger import Meter, Prices, total
from .registry import Family, families
from .report import Report
from .reporting import build_report
from .request import Request
from .resuming import before_loss, is_lost
from .runs import (
    RunFile,
    carried_records,
    create_run,
    earlier_questions,
    load_run,
    new_run_id,
    run_folder,
    take_uploads,
    write_model,
)
from .setting import Setting
from .state import EndNote, RunState, initial_state

if TYPE_CHECKING:
    from ..tools.geo.detection.shelf import Shelf

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Platform:
    """What runs share: the model, the data, where run folders go, and the families on offer.

    `detectors` are the operator's models, if there are any.
    With `persist` off nothing but artifacts is written: no checkpoint, no report file, no resume.
    """

    model: Model
    catalog: Catalog
    out: Path = Path("runs")
    prices: Prices = Prices()
    persist: bool = True
    families: Mapping[str, Family] = field(default_factory=families)
    detectors: Shelf | None = None

    def family(self, name: str) -> Family:
        """Return a family; UsageError names the ones there are."""
        if name not in self.families:
            raise UsageError(f"no workflow {name!r}; choose one of {sorted(self.families)}")
        return self.families[name]


class RunInterrupted(TerragateError):
    """The run was stopped on purpose; `run_id` can be resumed."""

    def __init__(self, run_id: str, reason: str) -> None:
        super().__init__(f"run {run_id!r} stopped ({reason}); go on with: runs resume {run_id}")
        self.run_id = run_id


async def run(
    request: Request,
    platform: Platform,
    *,
    run_id: str | None = None,
    listen: Callable[[events.Event], None] | None = None,
    control: RunControl | None = None,
) -> Report:
    """Run a request to its report; `listen` is told of every event."""
    return await _last(stream(request, platform, run_id=run_id, control=control), listen)


async def resume(
    run_id: str,
    platform: Platform,
    *,
    listen: Callable[[events.Event], None] | None = None,
    control: RunControl | None = None,
) -> Report:
    """Go on with a run that was interrupted and return its report."""
    return await _last(stream_resumed(run_id, platform, control=control), listen)


async def stream(
    request: Request,
    platform: Platform,
    *,
    run_id: str | None = None,
    control: RunControl | None = None,
) -> AsyncGenerator[events.Event]:
    """Run a request and yield its events; the last one holds the report."""
    prepared = prepare(request, platform, run_id)
    async with aclosing(_drive(prepared, platform, control, resumed=False)) as events_of_run:
        async for event in events_of_run:
            yield event


async def stream_resumed(
    run_id: str, platform: Platform, *, control: RunControl | None = None
) -> AsyncGenerator[events.Event]:
    """Go on with an interrupted run and yield its events."""
    prepared = load_run(platform.out, run_id)
    async with aclosing(_drive(prepared, platform, control, resumed=True)) as events_of_run:
        async for event in events_of_run:
            yield event


def prepare(request: Request, platform: Platform, run_id: str | None = None) -> RunFile:
    """Build and check the workflow, and write down all that the run depends on."""
    family = platform.family(request.workflow)
    spec = family.spec(request, Setting(platform.model.name, platform.catalog))
    require_sound(spec, family.load_domain())
    name = run_id or new_run_id()
    folder = run_folder(platform.out, name)
    if request.files:
        request = request.model_copy(update={"files": take_uploads(request.files, folder)})
    prior: tuple[Record, ...] = ()
    if request.thread:
        prior = carried_records(platform.out, request.thread, folder)
        earlier = request.earlier or earlier_questions(platform.out, request.thread)
        request = request.model_copy(update={"earlier": earlier})
    prepared = RunFile(
        run_id=name,
        created=datetime.now(UTC).isoformat(timespec="seconds"),
        model=platform.model.name,
        request=request,
        spec=spec,
        catalog=platform.catalog.address,
        detectors=str(platform.detectors.folder) if platform.detectors else None,
        prior=prior,
    )
    if platform.persist:
        create_run(platform.out, prepared)
    return prepared


async def _drive(
    run: RunFile, platform: Platform, control: RunControl | None, *, resumed: bool
) -> AsyncGenerator[events.Event]:
    yield events.RunStarted(
        run_id=run.run_id,
        workflow=run.spec.name,
        model=run.model,
        text=run.request.text,
        resumed=resumed,
    )
    domain = platform.family(run.request.workflow).load_domain()
    folder = run_folder(platform.out, run.run_id)
    state = initial_state()
    failure: EndNote | None = None
    try:
        failure = await refusal(run.request, platform.catalog, domain, folder)
        if failure is None:
            async with aclosing(_advance(run, platform, domain, control)) as items:
                async for item in items:
                    if isinstance(item, dict):
                        state = item
                    else:
                        yield item
    except GraphDrained as drained:
        yield events.RunPaused(run_id=run.run_id, reason=drained.reason)
        return
    except Exception as error:  # noqa: BLE001 - the one funnel
        failure = _failure(error)
    report = build_report(run, state, domain, catalog=platform.catalog, failure=failure)
    if platform.persist:
        write_model(folder / "report.json", report, durable=False)
    finished = events.RunFailed if report.status == "failed" else events.RunFinished
    yield finished(run_id=run.run_id, report=report)


async def _advance(
    run: RunFile, platform: Platform, domain: Domain, control: RunControl | None
) -> AsyncGenerator[events.Event | RunState]:
    """Drive the graph from its last checkpoint; yield events, and the state after each step."""
    config: Any = {
        "configurable": {"thread_id": run.run_id},
        "recursion_limit": recursion_limit(run.spec),
    }
    async with _saver(run_folder(platform.out, run.run_id), platform.persist) as saver:
        start: RunState | None = initial_state()
        state, graph = initial_state(), runnable(run.spec, saver)
        if saver is not None:
            saved = await graph.aget_state(config)
            if is_lost(saved):
                saved = await before_loss(graph, config)
                config["configurable"] = saved.config["configurable"]
            if saved.values:
                state, start = cast("RunState", saved.values), None
                yield state
                if not saved.next:
                    return
        parts: AsyncIterator[Any] = graph.astream(
            start,
            config,
            context=_context(run, platform, domain, state),
            stream_mode=["custom", "values"],
            durability="sync" if saver is not None else None,
            control=control,
        )
        async for _, data in parts:
            yield data


def _context(run: RunFile, platform: Platform, domain: Domain, state: RunState) -> RunContext:
    return RunContext(
        run_id=run.run_id,
        request=run.request,
        spec=run.spec,
        domain=domain,
        model=platform.model,
        catalog=platform.catalog,
        store=ArtifactStore(run_folder(platform.out, run.run_id)),
        meter=Meter(run.spec.budget, total(state["usage"])),
        prices=platform.prices,
        detectors=platform.detectors.models if platform.detectors else NO_DETECTORS,
        prior=run.prior,
    )


def _failure(error: Exception) -> EndNote:
    if isinstance(error, GraphRecursionError):
        kind, reason = "budget:steps", "the workflow took more steps than its budget allows"
    elif isinstance(error, ModelError):
        kind, reason = f"model:{error.kind}", str(error)
    elif isinstance(error, TerragateError):
        kind, reason = type(error).__name__, str(error)
    else:
        log.error("run failed", exc_info=error)
        kind, reason = f"internal:{type(error).__name__}", f"{type(error).__name__}: {error}"
    return EndNote(stage="", status="failed", reason=reason, error=kind)


@asynccontextmanager
async def _saver(folder: Path, persist: bool) -> AsyncGenerator[Any]:
    if not persist:
        yield None
        return
    folder.mkdir(parents=True, exist_ok=True)
    connection = await aiosqlite.connect(folder / "checkpoints.sqlite")
    try:
        # Nothing but plain JSON values is ever revived from a checkpoint.
        yield AsyncSqliteSaver(connection, serde=JsonPlusSerializer(allowed_msgpack_modules=None))
    finally:
        with anyio.CancelScope(shield=True):
            await connection.close()


async def _last(
    stream: AsyncGenerator[events.Event], listen: Callable[[events.Event], None] | None
) -> Report:
    async with aclosing(stream):
        async for event in stream:
            if listen is not None:
                listen(event)
            if isinstance(event, events.RunFinished | events.RunFailed):
                return event.report
            if isinstance(event, events.RunPaused):
                raise RunInterrupted(event.run_id, event.reason)
    raise AssertionError("a stream of events ends with a report")
