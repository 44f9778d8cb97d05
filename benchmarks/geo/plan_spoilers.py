"""Ways to spoil a sound plan, one for each kind of fault that a dry run must catch."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, Final

from ...workflows.planned.domain import PLANNING
from ...workflows.planned.plan import Node, Plan, ancestors, gives

NOWHERE: Final = "bbox 10.0, -89.0, 11.0, -88.0"
Spoil = Callable[[Plan, random.Random], Plan | None]


def spoil_wrong_type(plan: Plan, rng: random.Random) -> Plan | None:
    """Let a computing node wait for an area where it needs data."""
    areas = [node.id for node in plan.nodes if "aoi" in gives(node, PLANNING)]
    found = [
        (node, name)
        for node in plan.nodes
        for name in node.after
        if not gives(plan.node(name), PLANNING) & {"aoi", "interval", "value"}
    ]
    if not areas or not found:
        return None
    node, name = rng.choice(found)
    after = tuple(dict.fromkeys(areas[0] if n == name else n for n in node.after))
    return _with(plan, node, after=after)


def spoil_missing_input(plan: Plan, rng: random.Random) -> Plan | None:
    """Leave out a node whose output another needs."""
    used = {name for node in plan.nodes for name in node.after}
    found = [node for node in plan.nodes if node.id in used and "value" not in _kinds(node)]
    if not found:
        return None
    gone = rng.choice(found).id
    nodes = (
        node.model_copy(update={"after": tuple(n for n in node.after if n != gone)})
        for node in plan.nodes
        if node.id != gone
    )
    return Plan(nodes=tuple(nodes))


def spoil_area(plan: Plan, rng: random.Random) -> Plan | None:
    """Say an area that no collection reaches."""
    node = _first(plan, rng, lambda n: _kinds(n) == frozenset({"aoi"}) and not n.after)
    return node and _with(plan, node, tool="bbox_aoi", args={"box": NOWHERE})


def spoil_dates(plan: Plan, rng: random.Random) -> Plan | None:
    """Say a period before any collection begins."""
    node = _first(plan, rng, lambda n: _kinds(n) == frozenset({"interval"}))
    return node and _with(plan, node, tool="find_dates", args={"dates": "in 1970"})


def spoil_class(plan: Plan, rng: random.Random) -> Plan | None:
    """Say a class that the collection does not have."""
    node = _first(plan, rng, lambda n: "category" in n.args)
    return node and _with(plan, node, args=node.args | {"category": "unicorns"})


def spoil_cycle(plan: Plan, rng: random.Random) -> Plan | None:
    """Let a node wait for one that waits for it."""
    behind = ancestors(plan)
    pairs = [(node, later) for node in plan.nodes for later in behind if node.id in behind[later]]
    if not pairs:
        return None
    node, later = rng.choice(pairs)
    return _with(plan, node, after=(*node.after, later))


def spoil_reach(plan: Plan, rng: random.Random) -> Plan | None:
    """Let a node wait for one that is not there, so that it is never reached."""
    node = rng.choice(plan.nodes)
    return _with(plan, node, after=(*node.after, "ghost"))


SPOILERS: Final[dict[str, Spoil]] = {
    "wrong type": spoil_wrong_type,
    "missing input": spoil_missing_input,
    "disjoint area": spoil_area,
    "out-of-coverage date": spoil_dates,
    "unknown class": spoil_class,
    "cycle": spoil_cycle,
    "unreachable": spoil_reach,
}


def _first(plan: Plan, rng: random.Random, fits: Callable[[Node], bool]) -> Node | None:
    """Return a node that fits and that a selection rests on."""
    behind = ancestors(plan)
    selecting = [node for node in plan.nodes if "collection" in node.args]
    rests = {name for node in selecting for name in (node.id, *behind[node.id])}
    found = [node for node in plan.nodes if node.id in rests and fits(node)]
    return rng.choice(found) if found else None


def _kinds(node: Node) -> frozenset[str]:
    return gives(node, PLANNING)


def _with(plan: Plan, node: Node, **update: Any) -> Plan:
    changed = node.model_copy(update=update)
    return Plan(nodes=tuple(changed if n.id == node.id else n for n in plan.nodes))
