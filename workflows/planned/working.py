"""The step that executes the plan which the stage before it left."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from ...tools.records import Record
from ..context import RunContext
from ..ledger import Entry
from ..spec import Stage
from ..state import RunDelta, RunState
from .caller import NodeResult
from .execute import AT_ONCE, Execution, Runner
from .member import MemberRun, run_member
from .node import NodeRun, run_node
from .plan import Node, Plan
from .planning import PLAN, Toggles
from .stepping import Step, open_step


async def work_step(toggles: Toggles, stage: Stage, state: RunState, run: RunContext) -> RunDelta:
    """Execute planned tool calls."""
    palette = [run.domain.tool(name) for name in stage.tools]

    async def one(
        node: Node, visible: dict[str, Record], before: Mapping[str, NodeResult]
    ) -> NodeResult:
        return await run_node(NodeRun(node, run, visible, before, palette, toggles.checked))

    return await _work(one, AT_ONCE if toggles.parallel else 1, open_step(stage, state, run))


async def members_step(isolated: bool, stage: Stage, state: RunState, run: RunContext) -> RunDelta:
    """Let the members of the team work, each on its kind of work."""
    plan = _plan(state)

    async def one(
        node: Node, visible: dict[str, Record], before: Mapping[str, NodeResult]
    ) -> NodeResult:
        del before
        return await run_member(MemberRun(node, plan, run, visible))

    return await _work(one, AT_ONCE if isolated else 1, open_step(stage, state, run))


def _plan(state: RunState) -> Plan:
    return Plan.model_validate(state["stages"]["plan"]["args"][PLAN])


async def _work(runner: Runner, at_once: int, step: Step) -> RunDelta:
    execution = Execution(_plan(step.state), step.run, runner, at_once)
    return _finished(await execution.finish(), step)


def _finished(results: Sequence[NodeResult], step: Step) -> RunDelta:
    """Return what a whole execution adds to the state, and how the run ends."""
    bad = [result for result in results if not result.done]
    worst = next((r for r in bad if r.status == "failed"), bad[0] if bad else None)
    if worst is not None:
        step.blame(worst.problem, worst.error)
    entries = [cast("Entry", entry) for result in results for entry in result.entries]
    delta = step.close("answered" if worst is None else worst.status, entries)
    records = [record for result in results for record in result.records]
    delta["records"] = [record.model_dump(mode="json") for record in records]
    delta["verdicts"] = [
        {**verdict, "id": f"{verdict['record']}:{verdict['name']}"}
        for result in results
        for verdict in result.verdicts
    ]
    return delta
