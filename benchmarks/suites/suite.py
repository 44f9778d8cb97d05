"""What every suite is made of: items, the arm that is asked, and where a run keeps its files."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from ...agents.choice import Choice
from ...agents.protocol import Model
from ...tools.errors import UsageError
from ...tools.records import Frozen

if TYPE_CHECKING:
    from inspect_ai import Task

DIRECT: Final = "direct"
"""The way to ask that is no workflow: one answer of the model, scored as it is."""
SAMPLED_AT: Final = 0.8
T = TypeVar("T")


class Miss(Frozen):
    """An item whose own reference does not pass, and why."""

    id: str
    why: str


class Ceiling(Frozen):
    """The golden self-test: how many items their own references pass, by both criteria.

    `published` is None where the suite has no criterion of its authors.
    """

    total: int
    passed: int
    published: int | None = None
    misses: tuple[Miss, ...] = ()


@dataclass(frozen=True)
class Arm:
    """What is measured: a way to ask (`direct` or a workflow family) and a model.

    `temperature` replaces that of every model call; None leaves it to the family, and asks `direct`
    at 0 for one sample and at 0.8 for several. `samples` are drawn of every item, each under a seed
    of its own that follows from `seed`.
    """

    workflow: str
    model: Model
    samples: int = 1
    temperature: float | None = None
    seed: int = 0
    max_tokens: int = 2048
    tuning: Mapping[str, Any] = field(default_factory=dict[str, Any])

    def __post_init__(self) -> None:
        """Refuse what no run can do."""
        if self.samples < 1:
            raise UsageError(f"{self.samples} samples: draw one or more")

    @property
    def sampled_at(self) -> float | None:
        """Return the temperature of every model call; None where the family decides."""
        if self.temperature is None and self.workflow == DIRECT:
            return SAMPLED_AT if self.samples > 1 else 0.0
        return self.temperature

    def plain(self) -> dict[str, Any]:
        """Return what a log says of the arm."""
        return {
            "workflow": self.workflow,
            "model": self.model.name,
            "rendering": self.model.rendering,
            "samples": self.samples,
            "temperature": self.sampled_at,
            "seed": self.seed,
            "max_tokens": self.max_tokens,
            "tuning": dict(self.tuning),
        }


@dataclass(frozen=True)
class Bench:
    """Where a run keeps its files, how many answers it judges at once, and who is told of progress.

    `oracle` makes a model of an ideal sequence of calls: the golden self-test of what is answered
    with tools. The model's server takes `at_once` calls.
    """

    out: Path
    workers: int = 2
    done: Callable[[bool], None] = lambda success: None
    oracle: Callable[[Sequence[Choice]], Model] | None = None
    at_once: int = 8

    @property
    def scores(self) -> Path:
        """Return the folder of judgements, which later runs use again."""
        return self.out / "scores"


class Item(Protocol):
    """One thing that is asked: `group` and `family` are what results are told apart by."""

    @property
    def id(self) -> str:
        """Return its name, unique in the suite."""
        ...

    @property
    def group(self) -> str:
        """Return the part of the suite that it belongs to."""
        ...

    @property
    def digest(self) -> str:
        """Return the sha256 of what is asked and how it is judged."""
        ...


class Suite(Protocol):
    """A set of items that is loaded from a path, tests itself, and becomes an inspect task."""

    @property
    def name(self) -> str:
        """Return what it is asked for by."""
        ...

    @property
    def about(self) -> str:
        """Return what it is, and what `--data` is for it."""
        ...

    @property
    def workflows(self) -> tuple[str, ...]:
        """Return the ways to ask that can answer its items."""
        ...

    def load(self, path: Path) -> Sequence[Any]:
        """Return the items at a path, those that take longest first."""
        ...

    def ceiling(self, items: Sequence[Any], bench: Bench) -> Ceiling:
        """Return how the items' own references come out."""
        ...

    def task(self, items: Sequence[Any], arm: Arm, bench: Bench, about: Mapping[str, Any]) -> Task:
        """Return the inspect task that asks the arm every item; `about` goes into its log."""
        ...

    def tools(self) -> dict[str, str]:
        """Return the versions of the tools that a score depends on."""
        ...


def require_workflow(suite: Suite, workflow: str) -> None:
    """Refuse a workflow that cannot answer the suite's items."""
    if workflow not in suite.workflows:
        raise UsageError(
            f"suite {suite.name!r} is not asked by {workflow!r}: "
            f"choose one of {', '.join(suite.workflows)}"
        )


def spread(items: Sequence[T], limit: int | None) -> list[T]:
    """Return at most `limit` items, evenly taken from the whole suite."""
    if limit is not None and limit < 1:
        raise UsageError(f"a limit of {limit} items leaves nothing to ask")
    if limit is None or limit >= len(items):
        return list(items)
    return [items[n * len(items) // limit] for n in range(limit)]


def suite_digest(items: Sequence[Item]) -> str:
    """Return the sha256 of a set of items, whatever their order."""
    return digest_of({item.id: item.digest for item in items})


def digest_of(digests: Mapping[str, str]) -> str:
    """Return the sha256 of a set of items, given as digests by id."""
    lines = sorted(f"{name} {digest}" for name, digest in digests.items())
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()
