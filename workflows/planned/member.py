"""The flow baselines: a plan of kinds of work, each done by an agent that is told the question.

Source: Flow, arXiv 2501.07834, as GeoFlow (arXiv 2508.04719) compares with it: the plan assigns
work but gives no tool-calling objectives. In `flow` every agent reads the whole transcript; in
`flow-isolated` only what it rests on.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final, NamedTuple

from ...agents.choice import forced_choice, tool_offers
from ...agents.prompting import Brief
from ...tools.records import Record
from .. import events
from ..baselines import ANALYSIS, DATA, SECONDS, SHOWING, WHEN, WHERE
from ..context import RunContext
from ..request import shown_question
from ..spec import Control
from .caller import Caller, NodeResult
from .plan import Node, Plan

MOST_CALLS: Final = 4
_CURABLE: Final = frozenset({"not_found", "bad_argument", "invalid"})


class Kind(NamedTuple):
    """A kind of work: its tools, what it is for, what it takes and gives, whether it goes on."""

    tools: tuple[str, ...]
    objective: str
    takes: tuple[str, ...]
    gives: tuple[str, ...]
    goes_on: bool = False


KINDS: Mapping[str, Kind] = {
    "area": Kind(WHERE, "find the area of the question", (), ("area",), goes_on=True),
    "period": Kind(WHEN, "find the dates of the question", (), ("period",)),
    "data": Kind(DATA, "load the data of the question", ("area", "period"), ("data",)),
    "other": Kind(
        SECONDS,
        "find the other place, period or class of the question",
        ("area", "period"),
        ("area?", "period?", "data?"),
    ),
    "analysis": Kind(
        tuple(tool for tool in ANALYSIS if tool != "compare_values"),
        "compute what the question asks for",
        ("data",),
        ("value",),
        goes_on=True,
    ),
    "compare": Kind(("compare_values",), "compare the two values", ("value", "value-"), ("value",)),
    "show": Kind(
        SHOWING,
        "make the map, picture or file that is asked for",
        ("area", "data", "value"),
        ("shown",),
        goes_on=True,
    ),
    "answer": Kind(("report_value",), "name the value that answers", ("value",), ("answer",)),
}


def kinds_plan(kinds: Sequence[str], *, isolated: bool) -> Plan:
    """Return the plan of these kinds; not isolated, each waits for and sees all before it."""
    nodes: list[Node] = []
    for number, kind in enumerate(kinds, start=1):
        after = _before(KINDS[kind], nodes) if isolated else (node.id for node in nodes)
        nodes.append(Node(id=f"n{number}", tool=kind, after=tuple(after)))
    return Plan(nodes=tuple(nodes))


def _before(kind: Kind, nodes: Sequence[Node]) -> Iterator[str]:
    """Yield the nodes that give what a kind takes: the newest, and what may have renewed it."""
    found: set[str] = set()
    for taken in kind.takes:
        wanted, back = taken.removesuffix("-"), taken.count("-")
        for node in reversed(nodes):
            given = KINDS[node.tool].gives
            if f"{wanted}?" in given:
                found.add(node.id)
            elif wanted in given:
                back -= 1
                if back < 0:
                    found.add(node.id)
                    break
    yield from (node.id for node in nodes if node.id in found)


@dataclass
class MemberRun:
    """A member of the team about to work, and the plan up to it."""

    node: Node
    plan: Plan
    run: RunContext
    visible: dict[str, Record]
    caller: Caller = field(init=False)

    def __post_init__(self) -> None:
        """Prepare the member's calls."""
        self.caller = Caller(self.node.id, self.run, self.visible)

    @property
    def kind(self) -> Kind:
        """Return the member's kind of work."""
        return KINDS[self.node.tool]


async def run_member(one: MemberRun) -> NodeResult:
    """Let a member call tools until it is done; a dead model server raises ModelError."""
    run = one.run
    run.emit(
        events.StageEntered(
            run_id=run.run_id, stage=one.node.id, visit=1, objective=one.kind.objective
        )
    )
    for _ in range(MOST_CALLS if one.kind.goes_on else 1):
        if not await _step(one) or one.caller.result().status != "ok":
            break
    last = one.caller.last
    if one.caller.may_retry() and last is not None and last.error in _CURABLE:
        await _step(one, ("clarify",))
    if not one.caller.attempts:
        return NodeResult(node=one.node.id, status="skipped", problem="nothing to work on")
    return one.caller.result()


async def _step(one: MemberRun, controls: tuple[Control, ...] | None = None) -> bool:
    """Make one call; return whether the member may go on."""
    if controls is None:
        controls = ("done",) if one.kind.goes_on else ()
    live = one.run.live(one.caller.seen())
    tools = [one.run.domain.tool(name) for name in one.kind.tools]
    offers = tool_offers(tools, controls, live)
    if all(offer.name in controls for offer in offers):
        return False
    await one.caller.call(_brief(one, controls), offers, forced_choice(offers), live)
    last = one.caller.last
    return last is None or last.choice is None or last.choice.tool != "done"


def _brief(one: MemberRun, controls: tuple[Control, ...]) -> Brief:
    kinds = [node.tool for node in one.plan.nodes]
    upto = kinds[: [node.id for node in one.plan.nodes].index(one.node.id) + 1]
    compact = one.run.model.rendering == "compact"
    said = _compact if compact else _in_words
    return Brief(
        stage=one.node.tool,
        objective=one.kind.objective,
        role=one.node.tool,
        prompt="member",
        question=shown_question(one.run.request),
        tools=tuple(one.run.domain.tool(name) for name in one.kind.tools),
        controls=controls,
        fields={
            "plan": " ".join(upto),
            "steps": said(one.caller.shown()),
            "own": said(one.caller.own),
        },
    )


def _compact(records: Sequence[Record]) -> str:
    return " ".join(r.tool if r.status == "ok" else f"{r.tool}:{r.status}" for r in records)


def _in_words(records: Sequence[Record]) -> str:
    return "\n".join(f"- {r.tool} ({r.status}): {r.summary}" for r in records) or "- nothing"
