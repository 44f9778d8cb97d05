"""Run the nodes of a plan: each as soon as those it waits for are done, several at a time."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Final

import anyio
from anyio.abc import TaskGroup

from ...tools.records import Record
from ..context import RunContext
from .cache import NodeCache
from .caller import NodeResult
from .plan import Node, Plan, ancestors

AT_ONCE: Final = 8
# Runs a node that sees these records, after these results.
Runner = Callable[[Node, dict[str, Record], Mapping[str, NodeResult]], Awaitable[NodeResult]]


@dataclass
class Execution:
    """A plan being executed; no node sees more than the records of those it rests on."""

    plan: Plan
    run: RunContext
    runner: Runner
    at_once: int = AT_ONCE
    results: dict[str, NodeResult] = field(default_factory=dict[str, NodeResult])

    def __post_init__(self) -> None:
        """Prepare the order of the nodes and what was kept of them."""
        self._behind = ancestors(self.plan)
        self._cache = NodeCache(self.run)
        self._started: set[str] = set()
        self._slots = anyio.CapacityLimiter(self.at_once)
        # An error of ours leaves as itself and not in a group.
        self._broken: list[Exception] = []

    async def finish(self) -> tuple[NodeResult, ...]:
        """Run every node that can be run and return the results in the plan's order.

        After a failure no further node is started; those that run are let finish and are kept.
        """
        async with anyio.create_task_group() as group:
            self._start_ready(group)
        if self._broken:
            raise self._broken[0]
        if all(result.done for result in self.results.values()):
            waiting = [node for node in self.plan.nodes if node.id not in self.results]
            for node in waiting[:1]:
                problem = f"node {node.id!r} waits for {list(node.after)}, which never ends"
                self.results[node.id] = NodeResult(
                    node=node.id, status="failed", problem=problem, error="plan:stuck"
                )
        return tuple(self.results[n.id] for n in self.plan.nodes if n.id in self.results)

    def _start_ready(self, group: TaskGroup) -> None:
        if self._broken or not all(result.done for result in self.results.values()):
            return
        for node in self.plan.nodes:
            if node.id not in self._started and all(name in self.results for name in node.after):
                self._started.add(node.id)
                group.start_soon(self._one, node, group)

    async def _one(self, node: Node, group: TaskGroup) -> None:
        try:
            async with self._slots:
                self.results[node.id] = await self._result(node)
        except Exception as error:  # noqa: BLE001 - raised again by `finish`, for the one funnel
            self._broken.append(error)
        self._start_ready(group)

    async def _result(self, node: Node) -> NodeResult:
        visible = self._visible(node)
        key = self._cache.key(node, visible)
        found = self._cache.find(key)
        if found is None:
            before = {name: self.results[name] for name in node.after}
            found = await self.runner(node, visible, before)
            self._cache.keep(key, found)
        return found

    def _visible(self, node: Node) -> dict[str, Record]:
        results = (self.results[name] for name in self._behind[node.id])
        own = {record.id: record for result in results for record in result.records}
        return {record.id: record for record in self.run.prior} | own
