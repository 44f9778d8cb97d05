"""Earth observation as a domain: its tools, live state, verifiers and answers."""

from __future__ import annotations

from ..tools.registry import tools
from ..verifiers.geo import check_grounding
from ..verifiers.verdict import Verdict
from .answer import compose_answer
from .domain import AnswerParts, Domain
from .live import DRAWABLE, geo_live_state


def ground_answer(answer: str, parts: AnswerParts) -> Verdict:
    """Check that every number and layer of the answer is bound to a record."""
    return check_grounding(answer, parts.values, parts.records, parts.request.text)


GEO = Domain(
    name="geo",
    tools=tools(),
    live_state=geo_live_state,
    compose=compose_answer,
    ground=ground_answer,
    feeds={"drawable": frozenset(DRAWABLE), "value.id": frozenset({"value"})},
    script_setup="from terragate.tools.geo.static_catalog import open_catalog\n"
    "from terragate.tools.registry import TOOLS\n",
)
