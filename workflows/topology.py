"""Questions about the shape of a spec: who leads where, what is reachable, what goes in circles."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from itertools import combinations

from .spec import End, Stage, WorkflowSpec

Ways = tuple[tuple[str, ...] | End, ...]
Reach = Mapping[str, frozenset[str]]


def ways(stage: Stage) -> Ways:
    """Return where a stage may lead: its exits in order, then its overrun."""
    return (*(e.to for e in stage.exits), stage.on_overrun)


def targets(stage: Stage) -> tuple[str, ...]:
    """Return the stages that a stage may lead to, each once, in the order of its exits."""
    return tuple(dict.fromkeys(n for to in ways(stage) if not isinstance(to, End) for n in to))


def ends_well(stage: Stage) -> bool:
    """Return whether the stage itself can end the run other than by failing on an overrun."""
    failed = End(end="failed")
    by_exit = any(isinstance(e.to, End) for e in stage.exits)
    return by_exit or (isinstance(stage.on_overrun, End) and stage.on_overrun != failed)


def reach(spec: WorkflowSpec, enter: Callable[[str], bool] = lambda _: True) -> Reach:
    """Return, for each stage, the stages reachable from it, itself included; `enter` may refuse."""
    known = {stage.name: stage for stage in spec.stages}

    def from_(start: str) -> frozenset[str]:
        seen: set[str] = set()
        todo = [start]
        while todo:
            name = todo.pop()
            if name in seen or name not in known:
                continue
            seen.add(name)
            todo.extend(t for t in targets(known[name]) if t in known and enter(t))
        return frozenset(seen)

    return {name: from_(name) for name in known}


def cycles(spec: WorkflowSpec) -> tuple[frozenset[str], ...]:
    """Return the groups of stages that lead back to themselves by their exits."""
    reached = reach(spec)
    onward = {
        s.name: frozenset(x for t in targets(s) for x in reached.get(t, ())) for s in spec.stages
    }
    groups: list[frozenset[str]] = []
    for name, later in onward.items():
        if name in later:
            group = frozenset(n for n in later if name in onward[n])
            if group not in groups:
                groups.append(group)
    return tuple(groups)


def forks(spec: WorkflowSpec) -> tuple[tuple[str, ...], ...]:
    """Return the sets of stages that some exit starts in parallel."""
    found = [to for s in spec.stages for to in ways(s) if not isinstance(to, End) and len(to) > 1]
    return tuple(dict.fromkeys(found))


def unjoined(spec: WorkflowSpec) -> frozenset[str]:
    """Return the stages that two parallel branches reach without a join between them."""
    if not forks(spec):
        return frozenset()
    joins = {stage.name for stage in spec.stages if stage.needs}
    reached = reach(spec, enter=lambda name: name not in joins)
    found: set[str] = set()
    for fork in forks(spec):
        for one, other in combinations([n for n in fork if n in reached], 2):
            found |= (reached[one] & reached[other]) - joins
    return frozenset(found)


def can_meet(spec: WorkflowSpec, sources: Iterable[str]) -> bool:
    """Return whether every two of the stages can be left in one run by parallel branches."""
    reached = reach(spec)
    return all(
        any(
            (one in reached[a] and other in reached[b])
            or (other in reached[a] and one in reached[b])
            for fork in forks(spec)
            for a, b in combinations([n for n in fork if n in reached], 2)
        )
        for one, other in combinations(sources, 2)
    )
