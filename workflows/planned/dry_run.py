"""Judge a plan before anything of it runs: its shape, the data along its edges, its selections.

What a plan says of places, periods and classes is resolved with the real tools that do nothing but
resolve; nothing is loaded, computed or written.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from pydantic import ValidationError

from ...agents.planner import run_time_args
from ...tools.errors import ToolError
from ...tools.records import Frozen, Record
from ...tools.spec import ToolContext, ToolSpec, live_fields
from ..domain import Domain
from .coverage import selection_fault
from .plan import Node, Plan, ancestors, gives, needs

FaultCode = Literal[
    "unknown_tool",
    "duplicate_node",
    "unknown_node",
    "cycle",
    "bad_argument",
    "missing_input",
    "wrong_type",
    "unused",
    "unknown_place",
    "unknown_dates",
    "unknown_class",
    "unknown_collection",
    "disjoint_area",
    "out_of_coverage",
]
# What the question itself may ask for: such a plan finds nothing, and running it says so.
VAIN: Final[frozenset[FaultCode]] = frozenset(
    {"unknown_place", "unknown_dates", "disjoint_area", "out_of_coverage"}
)
_FINAL: Final = frozenset({"answer", "map", "picture", "file", "chart"})
_RESOLVED: Final = frozenset({"aoi", "interval"})
_FILLED: Final = "?"


class PlanFault(Frozen):
    """One thing that is wrong with a plan, and at which node; `message` is a few words."""

    code: FaultCode
    node: str
    message: str

    def __str__(self) -> str:
        """Return the fault as the planner is told of it."""
        return f"{self.node} {self.code}: {self.message}"


@dataclass
class DryRun:
    """A plan under judgement; `prior` are what earlier runs of the thread left."""

    plan: Plan
    domain: Domain
    context: ToolContext
    prior: Sequence[Record] = ()
    resolved: dict[str, Record] = field(default_factory=dict[str, Record])
    behind: Mapping[str, tuple[str, ...]] = field(init=False)

    def __post_init__(self) -> None:
        """Work out what each node rests on."""
        self.behind = ancestors(self.plan)

    def tool(self, node: Node) -> ToolSpec:
        """Return a node's tool."""
        return self.domain.tool(node.tool)

    def before(self, node: Node) -> list[Record]:
        """Return the records that a node would find, as far as they are resolved."""
        own = [self.resolved[name] for name in self.behind[node.id] if name in self.resolved]
        # Of a kind that some node leaves open, nothing is certain.
        open_kinds = {
            kind
            for name in self.behind[node.id]
            if name not in self.resolved
            for kind in gives(self.plan.node(name), self.domain) & _RESOLVED
        }
        return [r for r in (*self.prior, *own) if not open_kinds & set(r.outputs)]


def dry_run(
    plan: Plan, domain: Domain, context: ToolContext, prior: Sequence[Record] = ()
) -> tuple[PlanFault, ...]:
    """Return every fault of a plan; an empty tuple means that it can be executed."""
    run = DryRun(plan, domain, context, prior)
    for rules in (_SHAPE, _FLOW, _USE, _DATA):
        faults = tuple(fault for rule in rules for fault in rule(run))
        if faults:
            return faults
    return ()


def _names(run: DryRun) -> Iterator[PlanFault]:
    seen: set[str] = set()
    known = {node.id for node in run.plan.nodes}
    for node in run.plan.nodes:
        if node.id in seen:
            yield PlanFault(code="duplicate_node", node=node.id, message="there twice")
        seen.add(node.id)
        if node.tool not in run.domain.by_name:
            yield PlanFault(code="unknown_tool", node=node.id, message=f"no tool {node.tool!r}")
        for name in node.after:
            if name not in known:
                yield PlanFault(code="unknown_node", node=node.id, message=f"no node {name!r}")


def _cycles(run: DryRun) -> Iterator[PlanFault]:
    for node in run.plan.nodes:
        if node.id in node.after or any(
            node.id in run.plan.node(name).after or node.id in run.behind.get(name, ())
            for name in run.behind[node.id]
        ):
            yield PlanFault(code="cycle", node=node.id, message="waits for itself")


def _arguments(run: DryRun) -> Iterator[PlanFault]:
    for node in run.plan.nodes:
        if node.tool not in run.domain.by_name:
            continue
        tool = run.tool(node)
        hidden = {name for name, mark in live_fields(tool.args).items() if mark.hidden}
        stated = sorted(hidden & set(node.args))
        if stated:
            yield PlanFault(code="bad_argument", node=node.id, message=f"{stated} are not stated")
            continue
        filled = dict.fromkeys((*hidden, *run_time_args(tool)), _FILLED)
        try:
            tool.args.model_validate({**_plain_defaults(tool, filled), **node.args})
        except ValidationError as error:
            first = error.errors()[0]
            message = f"{'.'.join(str(part) for part in first['loc'])}: {first['msg'].lower()}"
            yield PlanFault(code="bad_argument", node=node.id, message=message)


def _plain_defaults(tool: ToolSpec, filled: Mapping[str, str]) -> dict[str, Any]:
    """Return placeholders for what a run fills in, where any text will do for now."""
    return {n: v for n, v in filled.items() if tool.args.model_fields[n].annotation is str}


def _inputs(run: DryRun) -> Iterator[PlanFault]:
    carried = {kind for record in run.prior for kind in record.outputs}
    for node in run.plan.nodes:
        given = [gives(run.plan.node(name), run.domain) for name in run.behind[node.id]]
        for need in needs(run.tool(node), node.args):
            at_hand = sum(need.kind in kinds for kinds in given) + (need.kind in carried)
            if at_hand <= need.back:
                what = need.kind if not need.back else f"second {need.kind}"
                yield PlanFault(code="missing_input", node=node.id, message=f"no {what} before it")


def _edges(run: DryRun) -> Iterator[PlanFault]:
    for node in run.plan.nodes:
        wanted = {need.kind for need in needs(run.tool(node), node.args)}
        for name in node.after:
            carried = gives(run.plan.node(name), run.domain)
            if not carried & wanted:
                what = "/".join(sorted(carried)) or "nothing"
                yield PlanFault(
                    code="wrong_type", node=node.id, message=f"takes no {what} of {name}"
                )


def _unused(run: DryRun) -> Iterator[PlanFault]:
    nodes = run.plan.nodes
    ends = [node for node in nodes if gives(node, run.domain) & _FINAL]
    ends = ends if any("answer" in gives(node, run.domain) for node in ends) else [*ends, nodes[-1]]
    used = {name for node in ends for name in (node.id, *run.behind[node.id])}
    dated = any(need.kind == "interval" for n in nodes for need in needs(run.tool(n), n.args))
    for node in nodes:
        # A question may name a period that nothing needs, as one that only moves the map.
        idle = gives(node, run.domain) <= {"interval"} and not dated
        if node.id not in used and not idle:
            yield PlanFault(code="unused", node=node.id, message="leads to no answer")


def _selections(run: DryRun) -> Iterator[PlanFault]:
    for node in run.plan.nodes:
        tool = run.tool(node)
        if tool.produces <= _RESOLVED and tool.cost == "instant" and tool.effect != "writes":
            fault = _resolve(run, node, tool)
        else:
            found = selection_fault(node.args, run.before(node), run.context)
            fault = found and PlanFault(code=found.code, node=node.id, message=found.message)
        if fault:
            yield fault


def _resolve(run: DryRun, node: Node, tool: ToolSpec) -> PlanFault | None:
    """Resolve an area or a period with its own tool; an unclear one is for the run to ask about."""
    before = run.before(node)
    args = dict(node.args)
    for name, mark in live_fields(tool.args).items():
        kind = mark.source.removeprefix("handle.")
        holders = [record.id for record in before if kind in record.outputs]
        if mark.hidden and holders:
            args[name] = holders[-1]
    context = ToolContext(
        store=run.context.store,
        catalog=run.context.catalog,
        records={record.id: record for record in before},
        today=run.context.today,
    )
    try:
        result = tool(context, args)
    except ValidationError:
        return None
    except ToolError as error:
        if error.kind == "ambiguous" or (before == [] and tool.consumes):
            return None
        code: FaultCode = "unknown_place" if "aoi" in tool.produces else "unknown_dates"
        said = next(iter(node.args.values()), "")
        return PlanFault(code=code, node=node.id, message=f"{said!r} is {error.kind}")
    run.resolved[node.id] = Record(
        id=node.id, stage=node.id, tool=tool.name, args=args, status="ok", summary=result.summary,
        outputs=result.outputs,
    )  # fmt: skip
    return None


_Rule = Callable[[DryRun], Iterator[PlanFault]]
_SHAPE: tuple[_Rule, ...] = (_names, _cycles)
_FLOW: tuple[_Rule, ...] = (_arguments, _inputs, _edges)
_USE: tuple[_Rule, ...] = (_unused,)
_DATA: tuple[_Rule, ...] = (_selections,)
