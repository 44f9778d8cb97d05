"""Runs that the kill test interrupts: each a function of an output folder."""

from __future__ import annotations

from pathlib import Path

from terragate.agents.protocol import ModelAnswer, ModelRequest
from terragate.tests.support.scripted_model import RandomOption
from terragate.tests.support.toy_domain import ask, end, go, platform, stage, workflow
from terragate.workflows.request import Request
from terragate.workflows.runtime import Platform
from terragate.workflows.spec import Always, Budget, Choice, Done


class CountedModel(RandomOption):
    """Writes a line for every call, so that calls of a killed process count too."""

    def __init__(self, log: Path) -> None:
        self.log = log

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        with self.log.open("a", encoding="utf-8") as lines:
            lines.write(f"{request.stage}\n")
        return await super().complete(request)


def toy(out: Path) -> tuple[Request, Platform]:
    """Return a run with a retry, samples, parallel branches, a join and a circle."""
    again = Choice(field="tool", equals="done")
    spec = workflow(
        stage("find", go(Always(), "split"), tools=("find",), max_steps=4),
        stage("split", go(Always(), "left", "right")),
        stage("left", go(Always(), "both"), tools=("find",), samples=2, max_steps=4),
        stage("right", go(Always(), "weigh"), tools=("find",), max_steps=4),
        stage("weigh", go(Always(), "both"), tools=("weigh",)),
        stage("both", go(Always(), "more"), needs=("left", "weigh")),
        stage(
            "more",
            go(again, "answer"),
            go(Done(), "answer"),
            go(Always(), "more_weight"),
            tools=("find",),
            controls=("done",),
            max_steps=3,
            on_overrun=("answer",),
        ),
        stage("more_weight", go(Always(), "more"), tools=("weigh",)),
        stage("answer", end(Always()), tools=("report",)),
        budget=Budget(model_calls=30),
    )
    model = CountedModel(out / "calls.log")
    return ask("bad1 bad2 crane old fox swallow", seed=0), platform(spec, model, out)
