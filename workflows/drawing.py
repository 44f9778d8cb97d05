"""Draw a spec as a Mermaid flow chart: its stages, and its exits with their conditions."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from . import spec as s


def mermaid(spec: s.WorkflowSpec) -> str:
    """Return the Mermaid source of a workflow."""
    return "\n".join(("flowchart TD", *_lines(spec))) + "\n"


def describe(condition: Any) -> str:
    """Return a condition in a few words."""
    match condition:
        case s.Choice():
            return f"{condition.field} = {condition.equals}"
        case s.VerdictIs():
            return f"{condition.name} {condition.outcome} ({condition.over})"
        case s.FailureRate():
            return f"failure rate > {condition.above:g}"
        case s.Score():
            return f"{condition.policy} > {condition.above:g}"
        case s.ToolFailed() | s.ModelFailed():
            return f"{condition.kind}: {condition.error}" if condition.error else condition.kind
        case s.BudgetLeft():
            return f"{condition.of} left < {condition.below:g}"
        case _:
            return str(condition.kind)


def _lines(spec: s.WorkflowSpec) -> Iterator[str]:
    yield f"    start((start)) --> {spec.entry}"
    for stage in spec.stages:
        inside = "<br/>".join((stage.name, *_details(stage)))
        yield f'    {stage.name}["{inside}"]'
    for stage in spec.stages:
        for e in stage.exits:
            yield from _arrows(stage.name, describe(e.when), e.to, "-->")
        overrun = f"after {stage.max_steps} steps" if stage.max_steps > 1 else "otherwise"
        yield from _arrows(stage.name, overrun, stage.on_overrun, "-.->")


def _details(stage: s.Stage) -> Iterator[str]:
    if stage.tools or stage.controls:
        yield f"<i>{', '.join((*stage.tools, *stage.controls))}</i>"
    if stage.samples > 1:
        yield f"best of {stage.samples}"
    if stage.verifiers:
        yield f"checked by {', '.join(stage.verifiers)}"
    if stage.needs:
        yield f"waits for {', '.join(stage.needs)}"


def _arrows(name: str, label: str, to: tuple[str, ...] | s.End, arrow: str) -> Iterator[str]:
    if isinstance(to, s.End):
        yield f'    {name} {arrow}|"{label}"| {to.end}_end(["{to.end}"])'
        return
    for target in to:
        yield f'    {name} {arrow}|"{label}"| {target}'
