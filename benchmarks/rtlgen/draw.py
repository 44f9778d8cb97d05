"""Draw cases of all families for one split, equal for equal seeds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from .case import Case, Family, Split
from .names import share_of, usable

TRIES: Final = 60


@dataclass(frozen=True)
class Drawn:
    """A case of a family in a split; `number` tells it from the others of the same seed."""

    family: str
    group: str
    held_out: bool
    number: int
    case: Case


def draw(family: Family, number: int, split: Split, seed: int) -> Drawn | None:
    """Return the case of this number; None when none of the tries belongs to the split.

    What was drawn decides the split, except in held-out families, which are all test.
    """
    if family.held_out != (split == "test") and family.held_out:
        return None
    rng = Random(f"{seed}/{split}/{family.name}/{number}")
    for _ in range(TRIES):
        case = family.draw(rng)
        names = (case.interface.top, *case.interface.names)
        mine = family.held_out or share_of(case.origin or f"{family.name} {case.key}") == split
        if mine and usable(names, split) and len(set(names)) == len(names):
            return Drawn(family.name, family.group, family.held_out, number, case)
    return None


def shares(families: Sequence[Family], count: int) -> dict[str, int]:
    """Return how many cases each family gets of `count`, by weight, at least one."""
    total = sum(family.weight for family in families)
    return {f.name: max(1, round(count * f.weight / total)) for f in families}
