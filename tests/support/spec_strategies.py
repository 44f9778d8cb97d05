"""Random sound workflows, made of steps, forks with joins, and loops."""

from __future__ import annotations

from itertools import count
from typing import Any

from hypothesis import strategies as st
from terragate.tests.support.toy_domain import end, go, stage
from terragate.workflows.spec import (
    Always,
    Ambiguous,
    Budget,
    Choice,
    Done,
    End,
    FailureRate,
    Stage,
    ToolFailed,
    WorkflowSpec,
)

Block = tuple[str, Any]

steps = st.tuples(
    st.just("step"),
    st.fixed_dictionaries(
        {"max_steps": st.integers(1, 3), "samples": st.integers(1, 3), "escape": st.booleans()}
    ),
)
loops = st.tuples(st.just("loop"), st.none())
blocks: st.SearchStrategy[list[Block]] = st.recursive(
    st.lists(steps | loops, min_size=1, max_size=2),
    lambda inner: st.lists(
        st.one_of(steps, st.tuples(st.just("fork"), st.lists(inner, min_size=2, max_size=3))),
        min_size=1,
        max_size=2,
    ),
    max_leaves=4,
)


def sound_specs() -> st.SearchStrategy[WorkflowSpec]:
    """Return a strategy of specs that the checker must accept."""
    return blocks.map(build)


def build(chain: list[Block]) -> WorkflowSpec:
    """Return the workflow of a chain of blocks."""
    names = (f"s{number}" for number in count())
    stages: list[Stage] = []
    last = stage("last", end(Always()))
    entry = _chain(chain, "last", names, stages)
    return WorkflowSpec(
        name="random",
        version="1",
        summary="random",
        stages=(*stages, last),
        entry=entry,
        budget=Budget(model_calls=30),
    )


def _chain(chain: list[Block], to: str, names: Any, stages: list[Stage]) -> str:
    for kind, detail in reversed(chain):
        to = _BUILD[kind](detail, to, names, stages)
    return to


def _step(detail: dict[str, Any], to: str, names: Any, stages: list[Stage]) -> str:
    exits = [end(Ambiguous(), "clarify")] if detail["escape"] else []
    exits += [go(FailureRate(above=0.9), to), go(ToolFailed(error="bad_data"), to)]
    stages.append(
        stage(
            name := next(names),
            *exits,
            go(Always(), to),
            tools=("find",),
            controls=("done",),
            verifiers=("short",),
            max_steps=detail["max_steps"],
            samples=detail["samples"],
            on_overrun=(to,) if detail["escape"] else End(end="failed"),
        )
    )
    return name


def _loop(_: None, to: str, names: Any, stages: list[Stage]) -> str:
    name, again = next(names), next(names)
    stages.append(stage(name, go(Always(), again), tools=("find",), controls=("done",)))
    out = Choice(field="tool", equals="done")
    stages.append(stage(again, go(out, to), go(Done(), to), go(Always(), name), tools=("find",),
                        controls=("done",)))  # fmt: skip
    return name


def _fork(branches: list[list[Block]], to: str, names: Any, stages: list[Stage]) -> str:
    split, join = next(names), next(names)
    entries: list[str] = []
    tails: list[str] = []
    for branch in branches:
        tail = next(names)
        tails.append(tail)
        stages.append(stage(tail, go(Always(), join)))
        entries.append(_chain(branch, tail, names, stages))
    stages.append(stage(split, go(Always(), *entries)))
    stages.append(stage(join, go(Always(), to), needs=tuple(tails)))
    return split


_BUILD: dict[str, Any] = {"step": _step, "loop": _loop, "fork": _fork}
