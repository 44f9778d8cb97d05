"""What a training run is: the model's shape, the tokens it sees and how fast it learns.

Two presets: `cpu` for two cores and about two hours, `gpu` for one large card and about twenty
minutes. Everything that decides the weights is here, so it is written beside them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final

FLOOR: Final = 0.02


@dataclass(frozen=True)
class Plan:
    """A model's shape and how it is trained.

    `tokens` is the budget, padding included, and the schedule follows it: a run that is killed and
    resumed ends with the same bytes. `shares` are the domains' parts of the tokens, `weights` what
    an answer token of a domain counts.
    """

    vocabulary: int = 4096
    hidden: int = 384
    layers: int = 6
    heads: int = 6
    kv_heads: int = 2
    head_dim: int = 64
    intermediate: int = 1024
    positions: int = 2048
    batch_tokens: int = 4096
    tokens: int = 36_000_000
    peak_rate: float = 3e-3
    matrix_rate: float = 0.02
    warmup_steps: int = 100
    weight_decay: float = 0.01
    question_weight: float = 0.3
    drill_every: int = 6
    drill_share: float = 0.35
    checkpoint_every: int = 1000
    shares: Mapping[str, float] = field(default_factory=lambda: {"geo": 0.5, "rtl": 0.5})
    weights: Mapping[str, float] = field(default_factory=lambda: {"geo": 2.0, "rtl": 1.0})
    seed: int = 20261122


PRESETS: Final[Mapping[str, Plan]] = MappingProxyType({
    "cpu": Plan(),
    "gpu": Plan(
        hidden=640, layers=8, heads=10, kv_heads=2, intermediate=1792, batch_tokens=32_768,
        tokens=600_000_000, warmup_steps=200, drill_every=12,
    ),
})  # fmt: skip


def rate_factor(plan: Plan, step: int, progress: float) -> float:
    """Return the share of the peak rate: linear warm-up, then a cosine over the planned tokens."""
    warm = min(1.0, (step + 1) / plan.warmup_steps)
    falling = 0.5 * (1 + math.cos(math.pi * min(1.0, progress)))
    return warm * (FLOOR + (1 - FLOOR) * falling)
