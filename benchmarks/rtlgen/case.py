"""A drawn module before it is said: ports, two implementations, behaviour and the words for it."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from random import Random
from typing import Literal

from .interface import Interface
from .machine import Machine

Split = Literal["train", "validation", "test"]
Stimuli = Callable[[Random], Iterable[dict[str, int]]]


@dataclass(frozen=True)
class Says:
    """The words for a module, from which `spec.py` makes specifications of many styles.

    Every entry is alternatives of one statement; in an alternative, `[a|b]` is one of a and b. The
    last of three or more alternatives is kept for the test split. `brief` alone must say all that
    the ports and the clock and reset sentences do not, unless `tables` must be read with it.
    `points` say the same piece by piece. `tables` are whole renderings (truth table, Karnaugh map,
    state table, waveform): one of them is shown, always when `needs_table`, otherwise at times.
    """

    brief: tuple[str, ...]
    points: tuple[tuple[str, ...], ...] = ()
    tables: tuple[str, ...] = ()
    needs_table: bool = False
    ports: dict[str, str] | None = None


@dataclass(frozen=True)
class Case:
    """One drawn module.

    `key` names what was drawn beside names and words: equal keys are the same problem. `origin` is
    the family and key of the problem that a task of mending is made from, "" for others: both fall
    into the same split. `reference`
    and `second` are whole modules, written differently; `stimuli` replaces the random inputs of
    `cycles` steps where chance would not exercise the module. `skeleton` is code to be completed or
    mended that the specification shows.
    """

    key: str
    interface: Interface
    says: Says
    reference: str
    second: str
    machine: Callable[[], Machine]
    stimuli: Stimuli | None = None
    cycles: int = 160
    skeleton: str = ""
    origin: str = ""


@dataclass(frozen=True)
class Family:
    """A kind of module: `draw` returns another one for every state of the generator.

    `held_out` families are never trained on. `weight` is how often it is drawn beside others.
    """

    name: str
    group: str
    draw: Callable[[Random], Case]
    held_out: bool = False
    weight: float = 1.0
