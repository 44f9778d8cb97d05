"""A planned run that the kill driver interrupts: branches, a repaired node, an agent's choice."""

from __future__ import annotations

from pathlib import Path

from terragate.agents.protocol import ModelRequest
from terragate.tests.support.kill_cases import CountedModel
from terragate.tests.support.scripted_model import Answer
from terragate.tests.workflows.planned.toy_plans import ask, calls, platform
from terragate.workflows.request import Request
from terragate.workflows.runtime import Platform

PLAN = calls("find crane", "weigh", "find bad1", "report")
GOOD = calls("find bad1", "weigh", "report")


class Planner(CountedModel):
    """Writes a faulty plan, then a sound one whose first word is unknown, then another word."""

    def answer(self, request: ModelRequest) -> Answer:
        if request.stage == "plan":
            return GOOD if "! " in request.messages[-1].content else PLAN
        return {"tool": "find", "word": "fox"}


def planned(out: Path) -> tuple[Request, Platform]:
    """Return a run that is planned twice and repaired once."""
    return ask("bad1 crane fox"), platform(Planner(out / "calls.log"), out)
