"""A calibrated policy: each family's chance of success with a model, from a request's features."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

from pydantic import Field

from ...tools.errors import UsageError
from ...tools.records import Frozen

Choice = Literal["single-call", "stateful", "planned"]


class Strength(Frozen):
    """One family with one model: a logistic rule for its success, and its tokens per question."""

    bias: float
    weights: dict[str, float] = {}
    tokens: float = Field(ge=0)

    def chance(self, features: Mapping[str, float]) -> float:
        """Return the expected success in [0, 1]."""
        score = self.bias + sum(self.weights.get(n, 0.0) * v for n, v in features.items())
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, score))))


class Chosen(Frozen):
    """A family, and why it was taken."""

    family: str
    why: str


class Policy(Frozen):
    """Strengths by model and family.

    Families whose expected success is at most `margin` below the best are as good; the one of them
    with the fewest tokens is taken. `provenance` says what was measured on what.
    """

    margin: float = Field(default=0.02, ge=0, le=1)
    models: dict[str, dict[Choice, Strength]] = {}
    provenance: dict[str, Any] = {}

    def choose(self, model: str, features: Mapping[str, float]) -> Chosen:
        """Return the family for a request with these features."""
        held = self.models[model]
        chances = {name: strength.chance(features) for name, strength in held.items()}
        enough = max(chances.values()) - self.margin
        _, best = min((held[name].tokens, name) for name in held if chances[name] >= enough)
        said = ", ".join(f"{name} {chances[name]:.0%}" for name in sorted(chances))
        return Chosen(family=best, why=f"expected success {said}")


def read_policy(path: Path) -> Policy:
    """Return the policy of a file; UsageError where it holds none."""
    try:
        return Policy.model_validate_json(path.read_bytes())
    except (OSError, ValueError) as error:
        raise UsageError(
            f"{str(path)!r} holds no policy of 'terragate eval policy': {str(error)[:300]}"
        ) from error


@cache
def shipped_policy() -> Policy:
    """Return the policy that is shipped, calibrated for our own models."""
    text = files(__package__ or __name__).joinpath("policy.json").read_text("utf-8")
    return Policy.model_validate_json(text)
