"""The oracle policy: a `Model` that knows the solution and drives the real workflow code."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from rapidfuzz import fuzz

from ...agents.choice import Choice, dump_choice
from ...agents.protocol import ModelAnswer, ModelRequest, Rendering
from ...tools.errors import ModelError


class OracleModel:
    """Answers each request with the next planned call that is on offer; else with a control.

    `plan` is the ideal sequence of calls (tool and visible arguments); how far it has come is read
    from the steps in the prompt, for the runtime makes some calls without asking. An argument the
    schema does not offer verbatim is replaced by the offered value nearest to it, so the oracle
    always speaks in the question's own spans.
    """

    name = "oracle"
    rendering: Rendering = "compact"

    def __init__(self, plan: Sequence[Choice]) -> None:
        self._plan = tuple(plan)
        self.asked: list[tuple[ModelRequest, str]] = []

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        """Say the next planned call in the bytes a model is trained to say."""
        choice = self._next(_alternatives(request.answer_schema or {}), _steps(request))
        text = dump_choice(choice)
        self.asked.append((request, text))
        return ModelAnswer(text=text, model=self.name)

    def _next(self, offered: Mapping[str, dict[str, Any]], steps: Sequence[_Step]) -> Choice:
        left = self._left(steps)
        last = steps[-1].status if steps else ""
        comparing = any(choice.tool == "compare_values" for choice in left)
        if last in ("ambiguous", "error") and "clarify" in offered:
            return Choice(tool="clarify")
        if last == "empty" and comparing and left[0].tool == "count_features":
            left = left[1:]
        elif last == "empty" and "done" in offered:
            return Choice(tool="done")
        if left and left[0].tool not in offered and "done" in offered:
            return Choice(tool="done")
        for planned in left:
            if planned.tool in offered:
                return Choice(tool=planned.tool, args=_fit(planned.args, offered[planned.tool]))
        if "done" in offered:
            return Choice(tool="done")
        raise ModelError(f"no planned call is among {sorted(offered)}", kind="refused")

    def _left(self, steps: Sequence[_Step]) -> list[Choice]:
        """Return the planned calls that none of the steps so far has made."""
        left = list(self._plan)
        for step in steps:
            tools = [choice.tool for choice in left]
            if step.tool in tools:
                left = left[tools.index(step.tool) + 1 :]
        return left


def _alternatives(schema: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = {}
    for option in schema.get("anyOf", [schema]):
        properties = option["properties"]
        found[properties["tool"]["enum"][0]] = properties
    return found


class _Step(NamedTuple):
    """A call that was made, as a compact prompt tells of it."""

    tool: str
    status: str


def _steps(request: ModelRequest) -> list[_Step]:
    said = request.messages[-1].content.rpartition("\n>")[2].split()
    return [_Step(*step.partition(":")[::2]) for step in said]


def _fit(args: Mapping[str, Any], properties: Mapping[str, Any]) -> dict[str, Any]:
    fitted: dict[str, Any] = {}
    for name, schema in properties.items():
        if name == "tool":
            continue
        offered: list[str] = schema["enum"]
        wanted = str(args.get(name, offered[-1]))
        fitted[name] = nearest(wanted, offered)
    return fitted


def nearest(wanted: str, offered: Sequence[str]) -> str:
    """Return the offered value that is, or is most like, the wanted one."""
    if wanted in offered:
        return wanted
    return max(offered, key=lambda value: fuzz.ratio(value.casefold(), wanted.casefold()))


def trace_rows(oracle: OracleModel) -> list[dict[str, str]]:
    """Return what the model was shown and should have said, one row per request."""
    return [
        {
            "stage": request.stage,
            "system": request.messages[0].content,
            "user": request.messages[-1].content,
            "answer": text,
            "schema": json.dumps(request.answer_schema, ensure_ascii=False),
        }
        for request, text in oracle.asked
    ]
