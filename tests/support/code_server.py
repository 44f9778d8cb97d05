"""A server that writes designs from a script, over real HTTP; its probe is answered as it wants."""

from __future__ import annotations

from typing import Any

from terragate.tests.support.openai_server import Behaviour, Handler, completion, honours_schema


def writes(*texts: str) -> Behaviour:
    """Answer with these texts in order, and with the last one from then on."""
    left = list(texts)

    def behave(handler: Handler, body: dict[str, Any]) -> None:
        if body.get("response_format"):
            honours_schema(handler, body)
            return
        handler.send_json(completion(left.pop(0) if len(left) > 1 else left[0]))

    return behave


def fenced(code: str) -> str:
    return f"Here it is.\n\n```verilog\n{code}\n```\n"
