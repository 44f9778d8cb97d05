"""Refuse before any model call: a workflow of bad shape, names or flow, a hopeless request."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Literal

import anyio.to_thread

from ..tools.errors import UsageError
from ..tools.geo.catalog import Catalog
from ..tools.records import Frozen
from ..tools.spec import ToolSpec, live_fields
from .domain import Domain
from .request import Request
from .spec import Choice, Score, Stage, VerdictIs, WorkflowSpec
from .state import EndNote
from .topology import can_meet, cycles, ends_well, reach, targets, unjoined, ways

Code = Literal[
    "duplicate_stage",
    "unknown_entry",
    "entry_has_needs",
    "missing_exits",
    "unknown_target",
    "unreachable",
    "no_end",
    "cycle_without_budget",
    "cycle_without_decision",
    "unknown_tool",
    "unknown_verifier",
    "unknown_policy",
    "unknown_step",
    "impossible_exit",
    "needs_mismatch",
    "join_never_met",
    "unjoined",
    "unfed_tool",
]


class Fault(Frozen):
    """One thing that is wrong with a workflow, and where."""

    code: Code
    stage: str | None
    message: str


def check_spec(spec: WorkflowSpec, domain: Domain) -> tuple[Fault, ...]:
    """Return every fault of a spec; an empty tuple means that it can be compiled and run."""
    shape = tuple(f for rule in _SHAPE for f in rule(spec))
    if shape:
        return shape
    names = tuple(f for rule in _NAMES for f in rule(spec, domain))
    return names or (*_cycles(spec), *_joins(spec), *_dataflow(spec, domain))


def require_sound(spec: WorkflowSpec, domain: Domain) -> None:
    """Raise UsageError that lists every fault of the spec."""
    faults = _faults(_Checked(spec.model_dump_json(), _budgeted(spec), domain, spec))
    if faults:
        listed = "; ".join(f"{fault.code}: {fault.message}" for fault in faults)
        raise UsageError(f"workflow {spec.name!r} is refused: {listed}")


@dataclass(frozen=True)
class _Checked:
    """A spec as a key: pydantic models that hold mappings cannot be hashed."""

    text: str
    budgeted: bool
    domain: Domain
    spec: WorkflowSpec = field(compare=False)


@lru_cache(maxsize=64)
def _faults(key: _Checked) -> tuple[Fault, ...]:
    return check_spec(key.spec, key.domain)


def _budgeted(spec: WorkflowSpec) -> bool:
    return "budget" in spec.model_fields_set and "model_calls" in spec.budget.model_fields_set


async def refusal(
    request: Request, catalog: Catalog, domain: Domain, folder: Path
) -> EndNote | None:
    """Return the end of a run that can find nothing, by what is known before a model is asked.

    `folder` is the run's own.
    """
    if domain.precheck is None:
        return None
    reason = await anyio.to_thread.run_sync(domain.precheck, request, catalog, folder)
    if reason is None:
        return None
    return EndNote(stage="", status="refused", reason=reason, error="selection:empty")


def _fault(code: Code, stage: Stage, message: str) -> Fault:
    return Fault(code=code, stage=stage.name, message=f"stage {stage.name!r} {message}")


def _entry(spec: WorkflowSpec) -> Iterator[Fault]:
    names = [stage.name for stage in spec.stages]
    for stage in spec.stages:
        if names.count(stage.name) > 1:
            yield _fault("duplicate_stage", stage, "is there twice")
    if spec.entry not in names:
        message = f"entry {spec.entry!r} is no stage; stages: {names}"
        yield Fault(code="unknown_entry", stage=None, message=message)
    elif spec.stage(spec.entry).needs:
        yield _fault("entry_has_needs", spec.stage(spec.entry), "is the entry and cannot wait")


def _targets(spec: WorkflowSpec) -> Iterator[Fault]:
    names = {stage.name for stage in spec.stages}
    for stage in spec.stages:
        if not stage.exits or () in ways(stage):
            yield _fault("missing_exits", stage, "has no exit, or one that leads nowhere")
        for name in (*targets(stage), *stage.needs):
            if name not in names:
                yield _fault("unknown_target", stage, f"names {name!r}, which is no stage")


def _reachable(spec: WorkflowSpec) -> Iterator[Fault]:
    reached = reach(spec)
    ending = {stage.name for stage in spec.stages if ends_well(stage)}
    for stage in spec.stages:
        if stage.name not in reached.get(spec.entry, frozenset((stage.name,))):
            yield _fault("unreachable", stage, "is reached from nowhere")
        if not reached[stage.name] & ending:
            yield _fault("no_end", stage, "leads to no end but failure")


def _needs(spec: WorkflowSpec) -> Iterator[Fault]:
    for stage in spec.stages:
        leading = {s.name for s in spec.stages if stage.name in targets(s)}
        if stage.needs and leading != set(stage.needs):
            message = f"needs {sorted(stage.needs)}, but {sorted(leading)} lead to it"
            yield _fault("needs_mismatch", stage, message)


_SHAPE: tuple[Callable[[WorkflowSpec], Iterator[Fault]], ...] = (
    _entry,
    _targets,
    _reachable,
    _needs,
)


def _tools(spec: WorkflowSpec, domain: Domain) -> Iterator[Fault]:
    for stage in spec.stages:
        for name in stage.tools:
            if name not in domain.by_name:
                message = f"names the tool {name!r}; there are {sorted(domain.by_name)}"
                yield _fault("unknown_tool", stage, message)
        for name in stage.verifiers:
            if name not in domain.verifiers:
                message = f"names the verifier {name!r}; there are {sorted(domain.verifiers)}"
                yield _fault("unknown_verifier", stage, message)


def _steps(spec: WorkflowSpec, domain: Domain) -> Iterator[Fault]:
    for stage in spec.stages:
        if stage.taken_by is not None and stage.taken_by not in domain.steps:
            message = f"is taken by {stage.taken_by!r}; there are {sorted(domain.steps)}"
            yield _fault("unknown_step", stage, message)


def _conditions(spec: WorkflowSpec, domain: Domain) -> Iterator[Fault]:
    for stage in spec.stages:
        for when in (e.when for e in stage.exits):
            if isinstance(when, Score) and when.policy not in domain.policies:
                message = f"names the policy {when.policy!r}; there are {sorted(domain.policies)}"
                yield _fault("unknown_policy", stage, message)
            if isinstance(when, VerdictIs) and when.name not in stage.verifiers:
                yield _fault("impossible_exit", stage, f"never runs the verifier {when.name!r}")
            if (
                isinstance(when, Choice)
                and when.field == "tool"
                and when.equals not in (*stage.tools, *stage.controls)
            ):
                yield _fault("impossible_exit", stage, f"never offers {when.equals!r}")


_NAMES: tuple[Callable[[WorkflowSpec, Domain], Iterator[Fault]], ...] = (
    _tools,
    _steps,
    _conditions,
)


def _cycles(spec: WorkflowSpec) -> Iterator[Fault]:
    for group in cycles(spec):
        first = next(stage for stage in spec.stages if stage.name in group)
        circle = f"is in a circle of {sorted(group)}"
        if not _budgeted(spec):
            message = f"{circle} and the workflow sets no budget of model_calls"
            yield _fault("cycle_without_budget", first, message)
        if not any(s.tools or s.controls for s in spec.stages if s.name in group):
            message = f"{circle} in which nothing is decided, so it never ends"
            yield _fault("cycle_without_decision", first, message)


def _joins(spec: WorkflowSpec) -> Iterator[Fault]:
    doubled = unjoined(spec)
    for stage in spec.stages:
        if len(stage.needs) > 1 and not can_meet(spec, stage.needs):
            message = f"waits for {list(stage.needs)}, which never run in parallel"
            yield _fault("join_never_met", stage, message)
        if stage.name in doubled:
            yield _fault("unjoined", stage, "is reached by two parallel branches; give it `needs`")


def _dataflow(spec: WorkflowSpec, domain: Domain) -> Iterator[Fault]:
    at_hand = _available(spec, domain)
    for stage in spec.stages:
        for tool in (domain.tool(name) for name in stage.tools):
            for missing in _unfed(tool, at_hand[stage.name], domain.feeds):
                message = f"offers {tool.name!r}, but nothing before it can produce {missing}"
                yield _fault("unfed_tool", stage, message)


def _available(spec: WorkflowSpec, domain: Domain) -> dict[str, set[str]]:
    """Return the kinds that may exist when a stage calls a tool."""
    makes = {s.name: {k for t in s.tools for k in domain.tool(t).produces} for s in spec.stages}
    at_hand = {s.name: set(makes[s.name]) if s.max_steps > 1 else set[str]() for s in spec.stages}
    changed = True
    while changed:
        changed = False
        for stage in spec.stages:
            after = at_hand[stage.name] | makes[stage.name]
            for name in targets(stage):
                if not after <= at_hand[name]:
                    at_hand[name] |= after
                    changed = True
    return at_hand


def _unfed(tool: ToolSpec, at_hand: set[str], feeds: Mapping[str, frozenset[str]]) -> list[str]:
    needed = set(tool.consumes)
    missing: list[str] = []
    for mark in live_fields(tool.args).values():
        if mark.source.startswith("handle."):
            needed.add(mark.source.removeprefix("handle.").removesuffix(".before"))
        elif mark.source in feeds and not feeds[mark.source] & at_hand:
            missing.append(" or ".join(sorted(feeds[mark.source])))
    return sorted(needed - at_hand) + missing
