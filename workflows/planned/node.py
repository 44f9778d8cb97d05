"""Run one node: its call as planned, else with what the node's own small agent chooses.

An agent is asked only for what a plan could not say (which of several values is meant) and after a
failure: first for other arguments of the same tool, then for another tool that gives the same. It
is shown the node's objective and the names or summaries of what came before the node, nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ...agents.choice import Choice, Offer, forced_choice, tool_offers
from ...agents.planner import run_time_args
from ...agents.prompting import Brief, Step
from ...tools.records import Record
from ...tools.spec import LiveState, ToolSpec, live_fields
from .. import events
from ..context import RunContext
from ..request import shown_question
from .caller import Caller, NodeResult
from .plan import Node, gives, needs, objective

STAGE: Final = "node"
_VALUES: Final = ("value.id", "value.pair")


@dataclass
class NodeRun:
    """A node about to run: the records it may see, and the results of those it waits for."""

    node: Node
    run: RunContext
    visible: dict[str, Record]
    before: Mapping[str, NodeResult]
    palette: Sequence[ToolSpec]
    repairs: bool = True
    caller: Caller = field(init=False)

    def __post_init__(self) -> None:
        """Prepare the node's calls."""
        self.caller = Caller(self.node.id, self.run, self.visible)

    @property
    def tool(self) -> ToolSpec:
        """Return the node's tool as planned."""
        return self.run.domain.tool(self.node.tool)

    def live(self) -> LiveState:
        """Return what can be named now; values are those of the nodes that it waits for."""
        live = dict(self.run.live(self.caller.seen()))
        last = (self.before[n].records[-1:] for n in self.node.after if n in self.before)
        mine = {record.id for records in last for record in records}
        values = live.get("value.id", ())
        live["value.id"] = tuple(v for v in values if v.rpartition(".")[0] in mine)
        return live


async def run_node(one: NodeRun) -> NodeResult:
    """Run a node to its result; a dead model server raises ModelError."""
    run, live = one.run, one.live()
    about = objective(one.node, run.domain)
    run.emit(events.StageEntered(run_id=run.run_id, stage=one.node.id, visit=1, objective=about))
    lacking = _lacking(one, live)
    if lacking:
        return _without_input(one, lacking)
    await _as_planned(one, live)
    if one.repairs:
        for offers in (_other_arguments, _other_tools):
            if one.caller.may_retry():
                await _repair(one, offers)
    return one.caller.result()


async def _as_planned(one: NodeRun, live: LiveState) -> None:
    unsaid = [name for name in run_time_args(one.tool) if name not in one.node.args]
    if not unsaid:
        choice = Choice(tool=one.node.tool, args=one.node.args)
        await one.caller.call(_brief(one, ()), (), choice, live)
        return
    offers = tuple(_pinned(o, one.node.args) for o in tool_offers((one.tool,), (), live))
    if offers:
        choice = forced_choice(offers) if one.repairs else _foremost(offers[0])
        await one.caller.call(_brief(one, offers), offers, choice, live)


def _foremost(offer: Offer) -> Choice:
    """Return the first value of the newest record: a tool names its main value first."""
    values: dict[str, Any] = {}
    for name, schema in offer.schema["properties"].items():
        offered: list[str] = schema["enum"]
        newest = offered[-1].rpartition(".")[0]
        values[name] = next(v for v in offered if v.rpartition(".")[0] == newest)
    return Choice(tool=values.pop("tool"), args=values)


def _pinned(offer: Offer, args: Mapping[str, Any]) -> Offer:
    properties: dict[str, Any] = dict(offer.schema["properties"])
    for name, value in args.items():
        properties[name] = {"type": "string", "enum": [value]}
    return Offer(offer.name, offer.summary, offer.schema | {"properties": properties})


def _lacking(one: NodeRun, live: LiveState) -> list[str]:
    """Return what must be there before the tool can be called, and is not."""
    held = [set(r.outputs) for r in one.visible.values() if r.status in ("ok", "empty")]
    lacking = {
        need.kind
        for need in needs(one.tool, one.node.args)
        if need.kind != "value" and sum(need.kind in kinds for kinds in held) <= need.back
    }
    marks = live_fields(one.tool.args).values()
    lacking |= {m.source for m in marks if m.source in _VALUES and not live.get(m.source)}
    return sorted(lacking)


def _without_input(one: NodeRun, lacking: list[str]) -> NodeResult:
    idle = [n for n in one.node.after if one.before[n].status in ("empty", "skipped")]
    if idle:
        return NodeResult(node=one.node.id, status="skipped", problem=f"{idle[0]} found nothing")
    problem = f"{one.node.tool} of node {one.node.id!r} has no {', '.join(lacking)}"
    return NodeResult(node=one.node.id, status="failed", problem=problem, error="plan:unfed")


def _other_arguments(one: NodeRun, live: LiveState) -> tuple[Offer, ...]:
    return tool_offers((one.tool,), (), live) if one.node.args else ()


def _other_tools(one: NodeRun, live: LiveState) -> tuple[Offer, ...]:
    """Return the tools that give the same; one that says nothing would drop what was asked for."""
    wanted = gives(one.node, one.run.domain)
    others = [t for t in one.palette if t.name != one.node.tool and t.produces == wanted]
    offers = tool_offers(others, (), live)
    return tuple(offer for offer in offers if len(offer.schema["properties"]) > 1)


async def _repair(one: NodeRun, find: Any) -> None:
    live = one.live()
    offers: tuple[Offer, ...] = find(one, live)
    if offers:
        offers = (*offers, *tool_offers((), ("clarify",), live))
        await one.caller.call(_brief(one, offers), offers, None, live)


def _brief(one: NodeRun, offers: Sequence[Offer]) -> Brief:
    names = [offer.name for offer in offers]
    domain, last = one.run.domain, one.caller.last
    asks = bool(offers) and "answer" in gives(one.node, domain)
    return Brief(
        stage=STAGE,
        objective="make this one call",
        role="worker",
        prompt="node",
        # What the answer is to be is said by the question alone.
        question=shown_question(one.run.request) if asks else objective(one.node, domain),
        tools=tuple(domain.tool(name) for name in names if name != "clarify"),
        controls=tuple(name for name in names if name == "clarify"),
        steps=tuple(Step(r.tool, r.summary, r.status) for r in one.caller.shown()),
        problem=f"! {last.error or last.status}" if last else None,
    )
