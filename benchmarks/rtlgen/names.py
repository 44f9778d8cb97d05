"""Names of modules and ports, and which of them only the test split may use."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from random import Random
from typing import Final

from .case import Split

TOP: Final = "TopModule"
TEST_SHARE: Final = 8
# So common that a design without them would read strangely: they are in every split.
COMMON: Final = frozenset({"a", "b", "in", "out", "q", "d", "y", "x", "z", "sel", "en", "clk"})


def draw_top(names: Sequence[str], rng: Random) -> str:
    """Return the module's name: more often than not the one that benchmarks ask for."""
    if rng.random() < 0.55:
        return TOP
    return rng.choice(list(names))


def usable(names: Sequence[str], split: Split) -> bool:
    """Return whether all names may stand in a split: some are kept for the test split."""
    held = any(_held_out(name) for name in names if name not in COMMON)
    return not held or split == "test"


def _held_out(name: str) -> bool:
    digest = hashlib.sha256(name.lower().encode()).digest()
    return digest[0] % TEST_SHARE == 0


def share_of(key: str) -> Split:
    """Return the split a drawn problem belongs to, by its key alone: eight to one to one."""
    share = hashlib.sha256(key.encode()).digest()[0] % 10
    return "test" if share == 0 else "validation" if share == 1 else "train"
