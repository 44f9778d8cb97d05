"""Turn a checked spec into a LangGraph `StateGraph`: one node per stage, one step per execution."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Any, Protocol

from langgraph.checkpoint.base import BaseCheckpointSaver
from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime
from langgraph.types import Command

from .context import RunContext
from .spec import Stage, WorkflowSpec
from .stage_node import take_step
from .state import RunDelta, RunState
from .topology import targets


class Node(Protocol):
    """A node as LangGraph calls it."""

    async def __call__(self, state: RunState, *, runtime: Runtime[RunContext]) -> Command[str]:
        """Take one step."""
        ...


Builder = StateGraph[RunState, RunContext, RunState, RunState]
Graph = CompiledStateGraph[RunState, RunContext, RunState, RunState]


def compile_spec(spec: WorkflowSpec) -> Builder:
    """Return the graph of a spec that `check.require_sound` has accepted."""
    graph = StateGraph(RunState, context_schema=RunContext)
    for stage in spec.stages:
        hops = {name: _hop(spec, stage.name, name) for name in targets(stage)}
        ways = (stage.name, *hops.values(), END)
        graph.add_node(stage.name, _node(stage, hops), destinations=ways)
        _join(graph, stage)
    graph.add_edge(START, spec.entry)
    return graph


def runnable(spec: WorkflowSpec, saver: BaseCheckpointSaver[str] | None) -> Graph:
    """Return the runnable graph, which checkpoints to `saver`; compiled once per spec."""
    graph = _compiled(spec.model_dump_json())
    return graph if saver is None else graph.copy({"checkpointer": saver})


@lru_cache(maxsize=64)
def _compiled(spec: str) -> Graph:
    return compile_spec(WorkflowSpec.model_validate_json(spec)).compile()


def recursion_limit(spec: WorkflowSpec) -> int:
    """Return a bound on supersteps that no sound run reaches before its budget ends it."""
    steps = sum(stage.max_steps + 2 for stage in spec.stages)
    return 25 + steps * (spec.budget.model_calls + 1)


def _node(stage: Stage, hops: dict[str, str]) -> Node:
    # The way out is decided with the step and written down with it: an edge function would read the
    # whole state once more.
    async def step(state: RunState, *, runtime: Runtime[RunContext]) -> Command[str]:
        run = runtime.context
        run.emit = runtime.stream_writer
        if state["ends"]:
            return Command(goto=END)
        take = take_step if stage.taken_by is None else run.domain.steps[stage.taken_by]
        delta = await take(stage, state, run)
        return Command(update=delta, goto=_way(stage, delta, hops))

    return step


def _way(stage: Stage, delta: RunDelta, hops: dict[str, str]) -> Sequence[str]:
    if delta.get("ends"):
        return [END]
    left_for = delta["stages"][stage.name]["exit"] if "stages" in delta else None
    return [stage.name] if left_for is None else [hops[name] for name in left_for]


def _hop(spec: WorkflowSpec, source: str, target: str) -> str:
    return f"{source}>{target}" if spec.stage(target).needs else target


def _join(graph: StateGraph[Any, Any, Any, Any], stage: Stage) -> None:
    # A stage repeats itself until it is left, so a join waits for small nodes that only its exit
    # to the join reaches, not for the stage.
    if not stage.needs:
        return
    hops = [f"{source}>{stage.name}" for source in stage.needs]
    for hop in hops:
        graph.add_node(hop, _pass)
    graph.add_edge(hops, stage.name)


async def _pass(state: RunState) -> RunDelta:
    return {}
