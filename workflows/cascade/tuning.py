"""What fits the cascade to a request: samples, thresholds, a learned policy, repairs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from ...tools.records import Frozen

# The published percentiles have no values for our verifiers; these hold until one calibrates.
DEFAULT_THRESHOLDS: Mapping[str, float] = {"single": 0.34, "cot": 0.34}


class Policy(Frozen):
    """A learned rule for one operator: escalate when the weighted features exceed `above`."""

    weights: dict[str, float]
    above: float


class Tuning(Frozen):
    """Settings of the cascade; `thresholds` are failure rates by operator, in [0, 1].

    A policy of an operator replaces its threshold. `repairs` bounds how often a design is repaired
    after it was chosen, `benches` how many testbenches may be written where nothing was given to
    hold a design to. `provenance` says what a calibration learned from.
    """

    samples: int = Field(default=3, ge=1, le=64)
    temperature: float = Field(default=0.8, ge=0, le=2)
    max_tokens: int = Field(default=2048, ge=16, le=16384)
    repairs: int = Field(default=3, ge=0, le=16)
    benches: int = Field(default=2, ge=0, le=8)
    thresholds: dict[str, float] = dict(DEFAULT_THRESHOLDS)
    policies: dict[str, Policy] = {}
    provenance: dict[str, Any] = {}

    def control(self, name: str) -> Tuning:
        """Return the settings of a control: samples and tokens as asked, no learned rule."""
        fixed: dict[str, Any] = {"policies": {}, "thresholds": {"single": 0.0}}
        if name != "refine":
            fixed["repairs"] = 0
        if "samples" not in self.model_fields_set:
            fixed["samples"] = 1
        return self.model_copy(update=fixed)
