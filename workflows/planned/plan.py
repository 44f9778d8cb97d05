"""A plan is data: a list of tool calls and which of them each one waits for.

A model says the calls; the order is read off the data they need, as a compiler does it: a call
takes the newest area, period, layer or value before it. A plan that is edited by hand says it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated, Any, Final, NamedTuple

from pydantic import Field

from ...agents.choice import Choice
from ...agents.planner import AFTER
from ...tools.records import Frozen
from ...tools.spec import ToolSpec, live_fields
from ..domain import Domain

MOST_NODES: Final = 16
NodeId = Annotated[str, Field(pattern=r"^[a-oq-z][a-z0-9_]{0,23}$")]


class Node(Frozen):
    """One tool call of a plan: its visible arguments, and the nodes it waits for.

    An id starts with no "p": such records are those of earlier runs.
    """

    id: NodeId
    tool: str
    args: dict[str, Any] = {}
    after: tuple[NodeId, ...] = ()


class Plan(Frozen):
    """The nodes of a plan, in the order in which newer results stand after older ones."""

    nodes: tuple[Node, ...] = Field(min_length=1, max_length=2 * MOST_NODES)

    def node(self, name: str) -> Node:
        """Return the node of that id; KeyError when there is none."""
        return {node.id: node for node in self.nodes}[name]


class Need(NamedTuple):
    """A kind of output that a call takes: the newest (`back` 0), the one before it, and so on."""

    kind: str
    back: int


def wire(calls: Sequence[Choice], domain: Domain) -> Plan:
    """Return the plan of these calls, each waiting for the newest of what it takes."""
    nodes: list[Node] = []
    for number, call in enumerate(calls, start=1):
        args = dict(call.args)
        stated: list[int] | None = args.pop(AFTER, None)
        if stated is None:
            after = tuple(_sources(call.tool, args, nodes, domain))
        else:
            after = tuple(f"n{place}" for place in dict.fromkeys(stated))
        nodes.append(Node(id=f"n{number}", tool=call.tool, args=args, after=after))
    return Plan(nodes=tuple(nodes))


def chained(plan: Plan) -> Plan:
    """Return the plan with every node waiting for all before it: no branch, no isolation."""
    ids = [node.id for node in plan.nodes]
    nodes = (
        node.model_copy(update={AFTER: tuple(ids[:place])}) for place, node in enumerate(plan.nodes)
    )
    return Plan(nodes=tuple(nodes))


def needs(tool: ToolSpec, args: Mapping[str, Any]) -> tuple[Need, ...]:
    """Return what a call takes from the calls before it."""
    found = [need for name, mark in live_fields(tool.args).items() for need in _need(
        mark.source, mark.hidden, args.get(name)
    )]  # fmt: skip
    found += [Need(kind, 0) for kind in sorted(tool.consumes)]
    return tuple(dict.fromkeys(found))


def _need(source: str, hidden: bool, said: Any) -> Iterator[Need]:
    area, _, kind = source.partition(".")
    if area == "handle":
        kind, _, before = kind.partition(".")
        yield Need(kind, 1 if before or not hidden else 0)
    elif source == "drawable" and said is not None:
        yield Need(str(said), 0)
    elif area == "column":
        yield Need("features", 0)
    elif source == "value.id":
        yield Need("value", 0)
    elif source == "value.pair":
        yield from (Need("value", 0), Need("value", 1))


def _sources(
    tool: str, args: Mapping[str, Any], before: Sequence[Node], domain: Domain
) -> Iterator[str]:
    """Yield the ids of the nodes that give what a call takes, oldest first."""
    if tool not in domain.by_name:
        return
    found: set[str] = set()
    for need in needs(domain.tool(tool), args):
        givers = [node for node in before if gives(node, domain) & {need.kind}]
        if need.kind == "value" and need.back:
            # Two values are compared when the same call gave them.
            givers = [node for node in givers if node.tool == givers[-1].tool]
        if len(givers) > need.back:
            found.add(givers[-1 - need.back].id)
    yield from (node.id for node in before if node.id in found)


def gives(node: Node, domain: Domain) -> frozenset[str]:
    """Return the kinds of output that a node's tool produces; none when there is no such tool."""
    tool = domain.by_name.get(node.tool)
    return tool.produces if tool else frozenset()


def ancestors(plan: Plan) -> dict[str, tuple[str, ...]]:
    """Return, for each node, all it rests on, in the plan's order; a circle ends nowhere."""
    after = {node.id: node.after for node in plan.nodes}

    def behind(name: str) -> set[str]:
        seen: set[str] = set()
        todo = list(after[name])
        while todo:
            one = todo.pop()
            if one in after and one not in seen:
                seen.add(one)
                todo.extend(after[one])
        return seen

    order = [node.id for node in plan.nodes]
    return {name: tuple(n for n in order if n in behind(name)) for name in after}


def objective(node: Node, domain: Domain) -> str:
    """Return what a node is to do in one sentence, complete in itself."""
    tool = domain.by_name.get(node.tool)
    said = ", ".join(f"{name} {value!r}" for name, value in node.args.items())
    parts = [f"{node.tool}: {tool.summary.rstrip('.') if tool else 'unknown'}"]
    parts += [f"with {said}"] if said else []
    parts += [f"from {', '.join(node.after)}"] if node.after else []
    parts += [f"gives {', '.join(sorted(tool.produces))}"] if tool else []
    return "; ".join(parts)
