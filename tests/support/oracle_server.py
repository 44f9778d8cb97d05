"""A server that knows the plan of a question and says it call by call, over real HTTP."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from terragate.agents.choice import Choice
from terragate.agents.protocol import Message, ModelRequest
from terragate.benchmarks.geo.oracle_plan import plan, whole_plan
from terragate.benchmarks.geo.task import Slots
from terragate.deploy.models.oracle import OracleModel
from terragate.tests.support.openai_server import (
    Behaviour,
    Handler,
    Served,
    completion,
    honours_schema,
    serving,
)

# The name of one of our own models, so that the platform asks it in the compact rendering.
NAME = "terragate-oracle"


def knows(**slots: Any) -> Behaviour:
    """Answer every question as if it were the one with these slots."""
    known = Slots(**slots)
    return follows(plan(known), whole_plan(known))


def follows(calls: Sequence[Choice], whole: Sequence[Choice] = ()) -> Behaviour:
    """Say these calls in order, once for each question; the probe gets what it asks for.

    `whole` is what a planner is answered, all calls at once.
    """
    oracles: list[OracleModel] = []

    def behave(handler: Handler, body: dict[str, Any]) -> None:
        schema = body["response_format"]["json_schema"]["schema"]
        branches = schema.get("anyOf", [schema])
        if not {"tool", "plan"} & branches[0]["properties"].keys():
            oracles.append(OracleModel(calls, whole))
            honours_schema(handler, body)
            return
        request = ModelRequest(
            stage="",
            messages=tuple(Message.model_validate(message) for message in body["messages"]),
            answer_schema=schema,
            max_tokens=64,
        )
        handler.send_json(completion(asyncio.run(oracles[-1].complete(request)).text))

    return behave


@contextmanager
def oracle(*behaviours: Behaviour) -> Iterator[Served]:
    """Serve one of our own models that behaves so."""
    with serving(*behaviours, model=NAME) as served:
        yield served
