"""What our runtime adds to LangGraph, per stage: both with SQLite checkpoints, both synchronous.

Both graphs have the same number of nodes, the same reducers, the same saver and durability, and
write the same state: the bare one replays what ours wrote. Ours also asks a model (which answers at
once), validates the answer, runs a tool, keeps the budget, emits events, and writes the request and
the report. Runs alternate, so that both meet the same machine.

    python -m terragate.benchmarks.overhead --json
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any, Literal

import aiosqlite
import anyio
from langgraph.checkpoint.sqlite.aio import AsyncSqliteSaver
from langgraph.graph import END, START, StateGraph

from ..agents.protocol import ModelAnswer, ModelRequest, Rendering
from ..tools.geo.catalog import CollectionInfo, Scene
from ..tools.records import ToolResult, Value
from ..tools.spec import ToolArgs, ToolContext, ToolSpec
from ..verifiers.verdict import Verdict
from ..workflows.domain import AnswerParts, Domain
from ..workflows.registry import Family
from ..workflows.request import Request
from ..workflows.runtime import Platform, run
from ..workflows.spec import Always, Budget, End, Exit, Stage, WorkflowSpec
from ..workflows.state import RunDelta, RunState, initial_state

LIMIT = 1.5
PAYLOAD = [[float(i), i / 2] for i in range(40)]


class NoteArgs(ToolArgs):
    """Two possible answers, so that a model is asked."""

    pick: Literal["one", "other"]


def note(context: ToolContext, args: NoteArgs) -> ToolResult:
    """Return a result of the size of an area of interest."""
    value = Value(name="picks", value=len(context.records), unit="")
    return ToolResult(
        summary=f"picked {args.pick}", outputs={"thing": {"ring": PAYLOAD}}, values=(value,)
    )


NOTE = ToolSpec("note", "note a pick", NoteArgs, note, frozenset({"thing"}), effect="pure")


class InstantModel:
    """Answers at once, so that only the runtime is measured."""

    name = "instant"
    rendering: Rendering = "compact"

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        """Pick the first option."""
        return ModelAnswer(text='{"tool":"note","pick":"one"}')


class NoCatalog:
    """A catalog of nothing."""

    root = Path()
    address = ""

    def collections(self) -> tuple[CollectionInfo, ...]:
        """Return no collections."""
        return ()

    def search_scenes(self, collection: str, aoi: Any, interval: Any) -> tuple[Scene, ...]:
        """Return no scenes."""
        return ()

    def read_features(self, collection: str, aoi: Any, interval: Any, classes: Any) -> Any:
        """Refuse: there are no tables."""
        raise NotImplementedError


def _answer(parts: AnswerParts) -> str:
    return parts.status


def _ground(answer: str, parts: AnswerParts) -> Verdict:
    return Verdict(name="grounding", outcome="skipped", method="none")


DOMAIN = Domain(
    name="overhead", tools=(NOTE,), live_state=lambda *_: {}, compose=_answer, ground=_ground
)


def chain(length: int) -> WorkflowSpec:
    """Return a line of stages with one model call and one tool call each."""
    names = [f"s{number}" for number in range(length)]
    onward: list[tuple[str, ...] | End] = [(name,) for name in names[1:]]
    stages = tuple(
        Stage(name=name, objective="pick", tools=("note",), exits=(Exit(when=Always(), to=to),))
        for name, to in zip(names, [*onward, End(end="answered")], strict=True)
    )
    return WorkflowSpec(
        name="overhead",
        version="1",
        summary="a line of stages",
        stages=stages,
        entry=names[0],
        budget=Budget(model_calls=length + 1),
    )


@dataclass(frozen=True)
class Result:
    """Milliseconds per stage of both graphs; medians over the rounds, and the median ratio."""

    stages: int
    rounds: int
    ours_ms: float
    bare_ms: float
    ratio: float


async def measure(stages: int, rounds: int, folder: Path) -> Result:
    """Run both graphs in turn and compare them."""
    spec = chain(stages)
    graph = bare_graph(spec, await _written(spec, folder))
    ours: list[float] = []
    bare: list[float] = []
    for number in range(-1, rounds):
        ours.append(await _ours(spec, folder / f"ours{number}"))
        bare.append(await _bare(graph, folder / f"bare{number}"))
    ours, bare = ours[1:], bare[1:]
    ratios = [one / other for one, other in zip(ours, bare, strict=True)]
    return Result(
        stages=stages,
        rounds=rounds,
        ours_ms=round(statistics.median(ours) * 1e3 / stages, 3),
        bare_ms=round(statistics.median(bare) * 1e3 / stages, 3),
        ratio=round(statistics.median(ratios), 3),
    )


def _platform(spec: WorkflowSpec, out: Path) -> Platform:
    family = Family("overhead", builder=lambda: spec, domain=DOMAIN)
    return Platform(InstantModel(), NoCatalog(), out, families={"overhead": family})


async def _ours(spec: WorkflowSpec, out: Path) -> float:
    request = Request(text="pick", today=date(2026, 1, 1), workflow="overhead")
    started = time.perf_counter()
    report = await run(request, _platform(spec, out))
    seconds = time.perf_counter() - started
    if report.status != "answered":
        raise AssertionError(report.reason)
    return seconds


async def _bare(graph: Any, out: Path) -> float:
    out.mkdir(parents=True)
    started = time.perf_counter()
    async with aiosqlite.connect(out / "checkpoints.sqlite") as connection:
        runnable = graph.copy({"checkpointer": AsyncSqliteSaver(connection)})
        config: Any = {"configurable": {"thread_id": "bare"}, "recursion_limit": 10_000}
        await runnable.ainvoke(initial_state(), config, durability="sync")
    return time.perf_counter() - started


def bare_graph(spec: WorkflowSpec, deltas: Sequence[RunDelta]) -> Any:
    """Return a plain LangGraph line of nodes that write what our stages wrote."""
    graph = StateGraph(RunState)
    names = [stage.name for stage in spec.stages]
    for name, delta in zip(names, deltas, strict=True):
        graph.add_node(name, _writer(delta))
    for name, after in zip([START, *names], [*names, END], strict=True):
        graph.add_edge(name, after)
    return graph.compile()


def _writer(delta: RunDelta) -> Any:
    async def write(state: RunState) -> RunDelta:
        return delta

    return write


async def _written(spec: WorkflowSpec, folder: Path) -> list[RunDelta]:
    """Return what each of our stages writes, in order."""
    out = folder / "probe"
    request = Request(text="pick", today=date(2026, 1, 1), workflow="overhead")
    report = await run(request, _platform(spec, out), run_id="probe")
    async with aiosqlite.connect(out / "probe" / "checkpoints.sqlite") as connection:
        saved = await AsyncSqliteSaver(connection).aget({"configurable": {"thread_id": "probe"}})
    state: Any = saved["channel_values"] if saved else {}
    per_stage = len(state["usage"]) // len(spec.stages)
    deltas: list[RunDelta] = []
    for number, record in enumerate(report.records):
        delta: RunDelta = {
            "records": [record.model_dump(mode="json")],
            "stages": {record.stage: state["stages"][record.stage]},
            "usage": state["usage"][number * per_stage : (number + 1) * per_stage],
            "verdicts": [],
        }
        deltas.append(delta)
    deltas[-1]["ends"] = state["ends"]
    return deltas


def main(argv: Sequence[str] | None = None) -> int:
    """Print the comparison; exit status 1 when the ratio is above the limit."""
    parser = argparse.ArgumentParser(description="Runtime overhead against bare LangGraph.")
    parser.add_argument("--stages", type=int, default=10)
    parser.add_argument("--rounds", type=int, default=15)
    parser.add_argument("--json", action="store_true")
    args = parser.parse_args(argv)
    with tempfile.TemporaryDirectory() as folder:
        result = anyio.run(measure, args.stages, args.rounds, Path(folder))
    if args.json:
        text = json.dumps({**result.__dict__, "limit": LIMIT})
    else:
        text = (
            f"per stage: ours {result.ours_ms} ms, bare LangGraph {result.bare_ms} ms, "
            f"ratio {result.ratio} (limit {LIMIT})"
        )
    sys.stdout.write(text + "\n")
    return 0 if result.ratio <= LIMIT else 1


if __name__ == "__main__":
    raise SystemExit(main())
