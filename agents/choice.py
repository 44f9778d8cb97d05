"""One decision of a model: which of the tools on offer to call, and with which arguments.

The answer is one flat JSON object, `{"tool": name, **arguments}`, decoded under a schema that is
built from live state: only the tools whose inputs exist, and as enums only the values that exist.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import jsonschema

from ..tools.errors import ModelError
from ..tools.records import Frozen
from ..tools.spec import LiveState, ToolArgs, ToolSpec, live_fields
from .prompting import Brief, render
from .protocol import Model, ModelAnswer, ModelRequest

CONTROL_SUMMARIES: Mapping[str, str] = {
    "done": "nothing more to do in this stage",
    "more": "none of these; see the rarer tools",
    "refuse": "these tools and data cannot answer the question",
    "clarify": "ask the person which reading is meant",
}


@dataclass(frozen=True)
class Offer:
    """One tool or control on offer now; `schema` is the JSON schema of choosing it."""

    name: str
    summary: str
    schema: dict[str, Any]


class Choice(Frozen):
    """What the model chose: a tool or control, and the arguments it was shown."""

    tool: str
    args: dict[str, Any] = {}


def tool_offers(
    tools: Sequence[ToolSpec], controls: Sequence[str], live: LiveState
) -> tuple[Offer, ...]:
    """Return what can be chosen now; a tool with an empty live source is left out."""
    offers = [offer for tool in tools if (offer := _tool_offer(tool, live)) is not None]
    for name in controls:
        offers.append(Offer(name, CONTROL_SUMMARIES[name], _object({"tool": _only(name)})))
    return tuple(offers)


def forced_choice(offers: Sequence[Offer]) -> Choice | None:
    """Return the only answer that the offers admit, or None when there is something to decide."""
    if len(offers) != 1:
        return None
    properties: dict[str, Any] = offers[0].schema["properties"]
    values: dict[str, Any] = {}
    for name, schema in properties.items():
        enum = schema.get("enum")
        if enum is None or len(enum) != 1:
            return None
        values[name] = enum[0]
    return Choice(tool=values.pop("tool"), args=values)


def answer_schema(offers: Sequence[Offer]) -> dict[str, Any]:
    """Return the JSON schema that exactly the choices on offer satisfy."""
    if len(offers) == 1:
        return offers[0].schema
    return {"anyOf": [offer.schema for offer in offers]}


async def choose(
    model: Model,
    brief: Brief,
    offers: Sequence[Offer],
    *,
    max_tokens: int,
    temperature: float = 0.0,
    seed: int = 0,
) -> tuple[Choice, ModelAnswer]:
    """Ask the model for one choice; raises ModelError when its answer is not one of the offers."""
    schema = answer_schema(offers)
    request = ModelRequest(
        stage=brief.stage,
        messages=render(brief, model.rendering),
        answer_schema=schema,
        max_tokens=max_tokens,
        temperature=temperature,
        seed=seed,
    )
    answer = await model.complete(request)
    return parse_choice(answer.text, schema), answer


def parse_choice(text: str, schema: Mapping[str, Any]) -> Choice:
    """Return the choice that `text` states; the server's promise is checked again here."""
    value = parse_answer(text, schema, "a choice on offer")
    args = {str(key): item for key, item in value.items() if key != "tool"}
    return Choice(tool=value["tool"], args=args)


def parse_answer(text: str, schema: Mapping[str, Any], what: str) -> Any:
    """Return the JSON of an answer that keeps to a schema; ModelError (`invalid`) if it does not.

    `what` says in the error what the answer should have been.
    """
    try:
        value: Any = json.loads(text)
        # The schema is ours: only the value is checked, which is some forty times faster.
        jsonschema.Draft202012Validator(schema).validate(value)
    except (ValueError, RecursionError, jsonschema.ValidationError) as error:
        reason = error.message if isinstance(error, jsonschema.ValidationError) else str(error)
        raise ModelError(
            f"model answer {text[:200]!r} is not {what}: {reason[:200]}", kind="invalid"
        ) from error
    return value


def dump_choice(choice: Choice) -> str:
    """Return the canonical JSON of a choice, the bytes a model is trained to say."""
    return json.dumps(
        {"tool": choice.tool, **choice.args}, ensure_ascii=False, separators=(",", ":")
    )


def _tool_offer(tool: ToolSpec, live: LiveState) -> Offer | None:
    properties: dict[str, Any] = {"tool": _only(tool.name)}
    marks = live_fields(tool.args)
    plain = _plain_properties(tool.args)
    for name in tool.args.model_fields:
        mark = marks.get(name)
        if mark is None:
            properties[name] = _decodable(plain[name])
            continue
        values = live.get(mark.source, ())
        if not values:
            return None
        if not mark.hidden:
            properties[name] = {"type": "string", "enum": list(dict.fromkeys(values))}
    return Offer(tool.name, tool.summary, _object(properties))


@cache
def _plain_properties(args: type[ToolArgs]) -> dict[str, Any]:
    return args.model_json_schema().get("properties", {})


def _decodable(schema: Mapping[str, Any]) -> dict[str, Any]:
    if "const" in schema:
        return {"type": "string", "enum": [schema["const"]]}
    return {key: value for key, value in schema.items() if key not in ("title", "default")}


def _only(name: str) -> dict[str, Any]:
    return {"type": "string", "enum": [name]}


def _object(properties: dict[str, Any]) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }
