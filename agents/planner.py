"""The planner: one call of a model that says a whole list of tool calls, or of kinds of work.

The answer is `{"plan": [...]}`, decoded under a schema made of the offers of a single choice
(`choice.py`). What only a run can know (a record, a value, a column of what was loaded) is left out
of it: the node that needs it gets it from the nodes before it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any, Final

from ..tools.spec import LiveState, ToolSpec, live_fields
from .choice import Choice, Offer, answer_schema, parse_answer, tool_offers
from .prompting import Brief, render
from .protocol import Model, ModelAnswer, ModelRequest

# Live sources that are empty until tools have run.
RUN_TIME: Final = ("handle.", "value.", "column.")
AFTER: Final = "after"
_PLACEHOLDER: Final = "?"


def plan_offers(
    tools: Sequence[ToolSpec], controls: Sequence[str], live: LiveState
) -> tuple[Offer, ...]:
    """Return what a node of a plan may be, by all that is known before anything has run."""
    found = [offer for tool in tools for offer in _planned(tool, live)]
    return (*found, *tool_offers((), controls, live))


def run_time_args(tool: ToolSpec) -> tuple[str, ...]:
    """Return the arguments that a model is shown and that only a run can offer values for."""
    marks = live_fields(tool.args)
    return tuple(n for n, m in marks.items() if not m.hidden and m.source.startswith(RUN_TIME))


def call_items(offers: Sequence[Offer], *, with_after: bool = False) -> dict[str, Any]:
    """Return the schema of one planned call; with `after` it may name the calls it waits for."""
    if with_after:
        offers = [_waiting(offer) for offer in offers]
    return answer_schema(offers)


def kind_items(kinds: Sequence[str]) -> dict[str, Any]:
    """Return the schema of one planned piece of work that is named by its kind alone."""
    return {"type": "string", "enum": list(kinds)}


def plan_schema(items: Mapping[str, Any], most: int) -> dict[str, Any]:
    """Return the JSON schema of a plan of at most so many items."""
    array = {"type": "array", "items": dict(items), "minItems": 1, "maxItems": most}
    return {
        "type": "object",
        "properties": {"plan": array},
        "required": ["plan"],
        "additionalProperties": False,
    }


async def write_plan(
    model: Model, brief: Brief, schema: dict[str, Any], *, max_tokens: int, seed: int = 0
) -> tuple[list[Any], ModelAnswer]:
    """Ask the model for a plan; raises ModelError when its answer is none."""
    request = ModelRequest(
        stage=brief.stage,
        messages=render(brief, model.rendering),
        answer_schema=schema,
        max_tokens=max_tokens,
        seed=seed,
    )
    answer = await model.complete(request)
    return parse_plan(answer.text, schema), answer


def parse_plan(text: str, schema: Mapping[str, Any]) -> list[Any]:
    """Return the items of the plan that `text` states; the server's promise is checked again."""
    return parse_answer(text, schema, "a plan")["plan"]


def calls_of(items: Sequence[Mapping[str, Any]]) -> tuple[Choice, ...]:
    """Return planned calls as choices; the stated order of one stays among its arguments."""
    return tuple(
        Choice(tool=item["tool"], args={k: v for k, v in item.items() if k != "tool"})
        for item in items
    )


def dump_plan(items: Sequence[Choice | str]) -> str:
    """Return the canonical JSON of a plan, the bytes a model is trained to say."""
    plain = [item if isinstance(item, str) else {"tool": item.tool, **item.args} for item in items]
    return json.dumps({"plan": plain}, ensure_ascii=False, separators=(",", ":"))


def _planned(tool: ToolSpec, live: LiveState) -> list[Offer]:
    marks = live_fields(tool.args)
    later = {m.source: (_PLACEHOLDER,) for m in marks.values() if m.source.startswith(RUN_TIME)}
    unsaid = run_time_args(tool)
    return [_without(offer, unsaid) for offer in tool_offers((tool,), (), {**live, **later})]


def _without(offer: Offer, names: Sequence[str]) -> Offer:
    properties = {k: v for k, v in offer.schema["properties"].items() if k not in names}
    schema = offer.schema | {"properties": properties, "required": list(properties)}
    return Offer(offer.name, offer.summary, schema)


def _waiting(offer: Offer) -> Offer:
    numbers = {"type": "array", "items": {"type": "integer", "minimum": 1}, "maxItems": 8}
    properties = {**offer.schema["properties"], AFTER: numbers}
    return Offer(offer.name, offer.summary, offer.schema | {"properties": properties})
