"""A plan as people see it: rows of a table, a Mermaid flow chart."""

from __future__ import annotations

from typing import NamedTuple

from ..domain import Domain
from .plan import Node, Plan, gives


class Row(NamedTuple):
    """One node in words."""

    node: str
    tool: str
    said: str
    after: str
    gives: str


def plan_rows(plan: Plan, domain: Domain) -> tuple[Row, ...]:
    """Return a plan as the rows of a table."""
    return tuple(
        Row(
            node.id,
            node.tool,
            ", ".join(f"{name} {value}" for name, value in node.args.items()),
            " ".join(node.after),
            " ".join(sorted(gives(node, domain))),
        )
        for node in plan.nodes
    )


def plan_mermaid(plan: Plan) -> str:
    """Return the Mermaid source of a plan: an arrow for each node that waits for another."""
    lines = ["flowchart TD"]
    lines += [f'    {node.id}["{_label(node)}"]' for node in plan.nodes]
    lines += [f"    {name} --> {node.id}" for node in plan.nodes for name in node.after]
    return "\n".join(lines) + "\n"


def _label(node: Node) -> str:
    said = "<br/>".join(_escaped(f"{name}: {value}") for name, value in node.args.items())
    return f"{node.id} {_escaped(node.tool)}" + (f"<br/>{said}" if said else "")


def _escaped(text: str) -> str:
    marks = {"#": "#35;", '"': "#quot;", "<": "#lt;", ">": "#gt;", "\n": " "}
    return "".join(marks.get(letter, letter) for letter in text)
