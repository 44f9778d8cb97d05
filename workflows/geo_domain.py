"""Earth observation as a domain: its tools, live state, verifiers and answers."""

from __future__ import annotations

from ..tools.registry import find_tool, tools
from ..verifiers.geo import check_geometry, check_grounding, check_preconditions
from ..verifiers.verdict import Verdict
from .answer import compose_answer
from .domain import AnswerParts, Domain, VerifierContext
from .live import DRAWABLE, geo_live_state
from .selection import empty_selection
from .unsaid import unsaid


def ground_answer(answer: str, parts: AnswerParts) -> Verdict:
    """Check that every number and layer of the answer is bound to a record."""
    return check_grounding(
        answer, parts.values, parts.records, parts.request.text, parts.collections
    )


def _geometry(context: VerifierContext) -> Verdict:
    return check_geometry(context.record)


def _preconditions(context: VerifierContext) -> Verdict:
    record = context.record
    before = {name: r for name, r in context.records.items() if name != record.id}
    collections = context.catalog.collections()
    return check_preconditions(find_tool(record.tool), record.args, before, collections)


GEO = Domain(
    name="geo",
    tools=tools(),
    live_state=geo_live_state,
    compose=compose_answer,
    ground=ground_answer,
    verifiers={"geometry": _geometry, "preconditions": _preconditions},
    precheck=empty_selection,
    unsaid=unsaid,
    feeds={"drawable": frozenset(DRAWABLE), "value.id": frozenset({"value"})},
    script_setup="from terragate.tools.registry import TOOLS\n"
    "from terragate.workflows.catalogs import open_catalog\n",
)
