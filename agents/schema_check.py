"""Whether a model's answer satisfies its JSON schema, and what the model is told when it does not.

Servers differ: one decodes under the schema, one ignores it, one rejects the request. So every
answer is checked here, whatever the server claims.
"""

from __future__ import annotations

import json
import re
from typing import Any, NoReturn

import jsonschema
from jsonschema.exceptions import best_match

from .protocol import Message

_FAULT_CHARS = 300
_THINKING = re.compile(r"\A\s*<think>.*?</think>", re.DOTALL)
_FENCE = re.compile(r"\A```(?:json)?\s*\n(.*?)\n?```\Z", re.DOTALL)


def answer_json(text: str) -> str:
    """Return an answer without the thinking before it and the code fence around it."""
    text = _THINKING.sub("", text, count=1).strip()
    fenced = _FENCE.match(text)
    return fenced.group(1).strip() if fenced else text


def schema_fault(text: str, schema: dict[str, Any]) -> str | None:
    """Return why a text is not JSON that satisfies the schema, or None when it is."""
    try:
        value = json.loads(text, parse_constant=_no_constant)
        fault = best_match(jsonschema.Draft202012Validator(schema).iter_errors(value))
    except ValueError as error:
        return f"it is not JSON: {error}"
    except RecursionError:
        return "it is nested too deeply"
    if fault is None:
        return None
    where = "/".join(str(part) for part in fault.absolute_path) or "the answer"
    return f"{where}: {fault.message}"[:_FAULT_CHARS]


def told_schema(messages: tuple[Message, ...], schema: dict[str, Any]) -> tuple[Message, ...]:
    """Return the messages with the schema in words, for a server that does not take it."""
    # Into the last message: many chat templates refuse two user messages in a row.
    *before, last = messages
    content = f"{last.content}\n\n{_instruction(schema)}"
    return (*before, Message(role=last.role, content=content))


def corrected(
    messages: tuple[Message, ...], answer: str, fault: str, schema: dict[str, Any]
) -> tuple[Message, ...]:
    """Return the messages that show a model its wrong answer and the fault in it."""
    told = f"That answer is wrong ({fault}). {_instruction(schema)}"
    return (
        *messages,
        Message(role="assistant", content=answer[:_FAULT_CHARS]),
        Message(role="user", content=told),
    )


def _instruction(schema: dict[str, Any]) -> str:
    plain = json.dumps(schema, ensure_ascii=False, separators=(",", ":"))
    return f"Answer with one JSON object only, satisfying this JSON schema: {plain}"


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a JSON number")
