"""Models that answer from a script; the only fakes in the test suite."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Iterable
from typing import Any

from terragate.agents.protocol import Model, ModelAnswer, ModelRequest, Rendering, TokenUsage
from terragate.tools.errors import ModelError

Answer = dict[str, Any] | str | ModelError


def say(answer: Answer) -> ModelAnswer:
    """Return an answer as a server would give it, or raise it."""
    if isinstance(answer, ModelError):
        raise answer
    text = answer if isinstance(answer, str) else json.dumps(answer)
    return ModelAnswer(
        text=text, usage=TokenUsage(prompt=10, cached=4, completion=5), seconds=0.01, model="script"
    )


class ScriptedModel:
    """Gives the answers in order, whatever is asked; keeps the requests."""

    name = "script"
    rendering: Rendering = "compact"

    def __init__(self, answers: Iterable[Answer]) -> None:
        self.answers = list(answers)
        self.requests: list[ModelRequest] = []

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        self.requests.append(request)
        if not self.answers:
            raise AssertionError(f"the script has no answer for stage {request.stage!r}")
        return say(self.answers.pop(0))


class StageModel:
    """Answers by stage: a fixed answer, or a function of the request."""

    name = "script"
    rendering: Rendering = "compact"

    def __init__(self, **stages: Answer | Callable[[ModelRequest], Answer]) -> None:
        self.stages = stages
        self.requests: list[ModelRequest] = []

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        self.requests.append(request)
        answer = self.stages[request.stage]
        return say(answer(request) if callable(answer) else answer)


class FirstOption:
    """Takes the first branch of the schema and the first value of every enum."""

    name = "first-option"
    rendering: Rendering = "compact"

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        schema = request.answer_schema or {}
        branch = schema.get("anyOf", [schema])[0]
        return say({key: part["enum"][0] for key, part in branch["properties"].items()})


class RandomOption:
    """Takes any answer that the schema admits, by the request's seed."""

    name = "random-option"
    rendering: Rendering = "compact"

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        return say(random_answer(request))


def random_answer(request: ModelRequest) -> dict[str, Any]:
    """Return an answer that the schema admits, chosen by the request's seed."""
    chance = random.Random(request.seed)
    schema = request.answer_schema or {}
    branch = chance.choice(schema.get("anyOf", [schema]))
    return {key: chance.choice(part["enum"]) for key, part in branch["properties"].items()}


_: Model = FirstOption()
