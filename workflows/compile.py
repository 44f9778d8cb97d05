"""Turn a checked spec into a LangGraph `StateGraph`: one node per stage, one step per execution."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Any, Protocol

from langgraph.graph import END, START, StateGraph
from langgraph.graph.state import CompiledStateGraph
from langgraph.runtime import Runtime

from .context import RunContext
from .spec import Stage, WorkflowSpec
from .stage_node import take_step
from .state import RunDelta, RunState
from .topology import targets


class Node(Protocol):
    """A node as LangGraph calls it."""

    async def __call__(self, state: RunState, *, runtime: Runtime[RunContext]) -> RunDelta:
        """Take one step."""
        ...


Route = Callable[[RunState], Sequence[str]]


Builder = StateGraph[RunState, RunContext, RunState, RunState]
Graph = CompiledStateGraph[RunState, RunContext, RunState, RunState]


def compile_spec(spec: WorkflowSpec) -> Builder:
    """Return the graph of a spec that `check.require_sound` has accepted."""
    graph = StateGraph(RunState, context_schema=RunContext)
    for stage in spec.stages:
        graph.add_node(stage.name, _node(stage))
    for stage in spec.stages:
        _join(graph, stage)
        hops = {name: _hop(spec, stage.name, name) for name in targets(stage)}
        graph.add_conditional_edges(
            stage.name, _route(stage.name, hops), [stage.name, *hops.values(), END]
        )
    graph.add_edge(START, spec.entry)
    return graph


def in_memory(spec: WorkflowSpec) -> Graph:
    """Return the runnable graph that keeps no checkpoints; compiled once per spec."""
    return _in_memory(spec.model_dump_json())


@lru_cache(maxsize=64)
def _in_memory(spec: str) -> Graph:
    return compile_spec(WorkflowSpec.model_validate_json(spec)).compile()


def recursion_limit(spec: WorkflowSpec) -> int:
    """Return a bound on supersteps that no sound run reaches before its budget ends it."""
    steps = sum(stage.max_steps + 2 for stage in spec.stages)
    return 25 + steps * (spec.budget.model_calls + 1)


def _node(stage: Stage) -> Node:
    async def step(state: RunState, *, runtime: Runtime[RunContext]) -> RunDelta:
        runtime.context.emit = runtime.stream_writer
        return await take_step(stage, state, runtime.context)

    return step


def _route(stage: str, hops: dict[str, str]) -> Route:
    def route(state: RunState) -> Sequence[str]:
        if state["ends"]:
            return [END]
        left_for = state["stages"][stage]["exit"]
        return [stage] if left_for is None else [hops[name] for name in left_for]

    return route


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
