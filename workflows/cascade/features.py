"""What the learned controller looks at after an operator, and the score it gives.

Everything here is known without a reference: how the k candidates fared with the verifiers, how
much they agree, what they cost.
"""

from __future__ import annotations

from collections.abc import Mapping, Set
from typing import Any, Final

FEATURES: Final = (
    "failure_rate",
    "no_answer",
    "parse_failures",
    "lint_failures",
    "warnings",
    "distinct",
    "tokens_left",
)
UNREADABLE: Final = frozenset({"parses", "elaborates"})


def gain_per_token(state: Mapping[str, Any]) -> float:
    """Return the expected gain of escalating, less what it costs: a weighted sum of features."""
    weights: Mapping[str, float] = state["weights"]
    found = features(state["stage"]["candidates"], state["left"]["tokens"])
    return weights.get("bias", 0.0) + sum(weights.get(n, 0.0) * v for n, v in found.items())


def features(candidates: list[Mapping[str, Any]], tokens_left: float) -> dict[str, float]:
    """Return the features of one step's candidates, each in [0, 1]."""
    count = max(1, len(candidates))
    texts = {candidate["said"] for candidate in candidates if candidate["record"]}
    return {
        "failure_rate": sum(candidate["failed"] for candidate in candidates) / count,
        "no_answer": sum(candidate["record"] is None for candidate in candidates) / count,
        "parse_failures": _failing(candidates, UNREADABLE) / count,
        "lint_failures": _failing(candidates, {"lint"}) / count,
        "warnings": sum(bool(_warnings(candidate)) for candidate in candidates) / count,
        "distinct": len(texts) / count,
        "tokens_left": tokens_left,
    }


def _failing(candidates: list[Mapping[str, Any]], names: Set[str]) -> int:
    """Return how many candidates one of the named verifiers fails."""
    return sum(
        any(v["outcome"] == "fail" and v["name"] in names for v in candidate["verdicts"])
        for candidate in candidates
    )


def _warnings(candidate: Mapping[str, Any]) -> int:
    return sum(
        len(verdict["details"].get("findings", ()))
        for verdict in candidate["verdicts"]
        if verdict["name"] == "lint"
    )
