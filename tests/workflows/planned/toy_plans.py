"""Plans over the toy domain, where words are found, weighed and reported."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from terragate.agents.protocol import ModelAnswer, ModelRequest, Rendering
from terragate.tests.support.scripted_model import Answer, say
from terragate.tests.support.toy_domain import TODAY, TOY, open_catalog
from terragate.workflows.planned import planned
from terragate.workflows.planned.domain import PLANNING
from terragate.workflows.registry import Family
from terragate.workflows.request import Request
from terragate.workflows.runtime import Platform
from terragate.workflows.spec import Always, Choice, End, Exit, Stage, WorkflowSpec

TOY_PLANNING = replace(TOY, steps=PLANNING.steps)
TOOLS = ("find", "weigh", "report")


class PlanModel:
    """Says these plans one after the other, and answers nodes by a function; keeps the requests."""

    name = "plans"

    def __init__(
        self,
        *plans: Answer,
        node: Callable[[ModelRequest], Answer] | None = None,
        rendering: Rendering = "compact",
    ) -> None:
        self.plans = list(plans)
        self.node = node
        self.rendering: Rendering = rendering
        self.requests: list[ModelRequest] = []

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        self.requests.append(request)
        if request.stage == "plan":
            return say(self.plans.pop(0))
        if self.node is None:
            raise AssertionError(f"no node was to be asked: {request.messages[-1].content!r}")
        return say(self.node(request))


def calls(*said: str) -> dict[str, Any]:
    """Return a plan: "find crane" is a call with a word, "report" one without."""
    items = []
    for one in said:
        tool, _, word = one.partition(" ")
        items.append({"tool": tool, "word": word} if word else {"tool": tool})
    return {"plan": items}


def nodes(*said: tuple[str, dict[str, Any], Sequence[str]]) -> dict[str, Any]:
    """Return a plan as a person edits one: (tool, arguments, ids it waits for)."""
    return {
        "nodes": [
            {"id": f"n{n}", "tool": tool, "args": args, "after": list(after)}
            for n, (tool, args, after) in enumerate(said, start=1)
        ]
    }


def toy_planned() -> WorkflowSpec:
    """Return `planned` over the toy's tools; its fallback finds, weighs and reports nothing."""
    plan, work = (stage.model_copy(update={"tools": TOOLS}) for stage in planned().stages[:2])
    back = Exit(when=Choice(field="way", equals="fallback"), to=("back",))
    exits = [e for e in plan.exits if e.to != ("place",)]
    plan = plan.model_copy(update={"exits": (*exits, back)})
    fallback = Stage(
        name="back",
        objective="fall back",
        tools=("find",),
        exits=(Exit(when=Always(), to=End(end="answered")),),
    )
    return planned().model_copy(update={"stages": (plan, work, fallback)})


def platform(model: Any, out: Path, **fields: Any) -> Platform:
    domain = fields.pop("domain", TOY_PLANNING)
    family = Family("planned", toy_planned, domain)
    return Platform(model, open_catalog(out / "data"), out, families={"planned": family}, **fields)


def ask(text: str, plan: dict[str, Any] | None = None, **fields: Any) -> Request:
    tuning = {"plan": plan, **fields} if plan else {}
    return Request(text=text, today=TODAY, workflow="planned", tuning=tuning)
