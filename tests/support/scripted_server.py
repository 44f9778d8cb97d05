"""A server that makes the scripted choices of a run, and answers a client's probes as they want."""

from __future__ import annotations

import json
from typing import Any

from terragate.tests.support.openai_server import Behaviour, Handler, completion, honours_schema

DONE = {"tool": "done"}


def chooses(*said: dict[str, str]) -> Behaviour:
    """Make these choices in order, then `done`."""
    left = list(said)

    def behave(handler: Handler, body: dict[str, Any]) -> None:
        schema = body.get("response_format", {}).get("json_schema", {}).get("schema", {})
        if "tool" not in schema.get("anyOf", [schema])[0].get("properties", {}):
            honours_schema(handler, body)
            return
        handler.send_json(completion(json.dumps(left.pop(0) if left else DONE)))

    return behave
