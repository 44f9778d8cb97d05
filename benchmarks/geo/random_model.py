"""The control: a model that answers at random, but always as the schema demands.

First an alternative of `anyOf` is drawn uniformly (a tool or control), then each argument uniformly
from its enum. What this model scores is what the workflow and the schema achieve without a model.
"""

from __future__ import annotations

import json
import random
from collections.abc import Mapping
from typing import Any

from ...agents.protocol import ModelAnswer, ModelRequest, Rendering
from ...tools.errors import ModelError


class RandomModel:
    """Uniformly random answers; equal seeds and requests give equal answers."""

    name = "random"
    rendering: Rendering = "compact"

    def __init__(self, seed: int = 0) -> None:
        self._seed = seed

    async def complete(self, request: ModelRequest) -> ModelAnswer:
        """Answer with a random value that satisfies the request's schema."""
        if request.answer_schema is None:
            raise ModelError("a random answer needs a schema; give one", kind="invalid")
        # A string seed is hashed by the standard library, the same way in every process.
        rng = random.Random(f"{self._seed}/{request.model_dump_json()}")
        value = random_value(request.answer_schema, rng)
        text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
        return ModelAnswer(text=text, model=self.name)


def random_value(schema: Mapping[str, Any], rng: random.Random) -> Any:
    """Return a random value of a schema made of `anyOf`, objects, `enum` and `const`."""
    if "anyOf" in schema:
        return random_value(rng.choice(schema["anyOf"]), rng)
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return rng.choice(schema["enum"])
    if "properties" in schema:
        return {name: random_value(part, rng) for name, part in schema["properties"].items()}
    raise ModelError(
        f"no random value for the schema {dict(schema)!r}; list its values", kind="invalid"
    )
