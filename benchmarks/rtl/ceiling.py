"""The golden self-test: how many problems their own references pass, and why the others do not.

No model can be expected to score above it, so it stands beside every score.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

from . import rtllm, verilogeval
from .problem import Problem, Suite
from .sample_score import SampleScore, meaning
from .scoring import Progress, score_all, score_store, summary, tool_versions

Name = Literal["verilogeval", "rtllm"]


class Miss(NamedTuple):
    """A problem whose reference does not pass, and why."""

    id: str
    why: str


@dataclass(frozen=True)
class Ceiling:
    """The published criterion on every reference; `doubts` are passes that ours does not share."""

    passed: int
    total: int
    failures: tuple[Miss, ...]
    doubts: tuple[Miss, ...]
    counts: dict[str, Any]
    tools: dict[str, str]

    def plain(self) -> dict[str, Any]:
        """Return the JSON-plain result of the published criterion."""
        return {
            "passed": self.passed,
            "total": self.total,
            "failures": [miss._asdict() for miss in self.failures],
            "tools": self.tools,
        }


def problems(suite: Suite, data: Path, dataset: verilogeval.Set) -> tuple[Problem, ...]:
    """Return the problems of a suite from its folder."""
    return rtllm.load(data) if suite == "rtllm" else verilogeval.load(data, dataset)


def ceiling(
    listed: tuple[Problem, ...],
    *,
    cache: Path | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Ceiling:
    """Return how the references of these problems come out as candidates."""
    store = score_store(cache) if cache is not None else None
    work = [(problem, (problem.reference,)) for problem in listed]
    found = score_all(work, store=store, progress=progress)
    pairs = [(problem, found[problem.id][0]) for problem in listed]
    return Ceiling(
        passed=sum(score.published for _, score in pairs),
        total=len(pairs),
        failures=tuple(Miss(p.id, _why(p, s)) for p, s in pairs if not s.published),
        doubts=tuple(
            Miss(p.id, p.errata or s.why) for p, s in pairs if s.published and not s.passed
        ),
        counts=summary(found),
        tools=tool_versions(),
    )


def _why(problem: Problem, score: SampleScore) -> str:
    said = f"{meaning(score)}: {score.log}" if score.log else meaning(score)
    return f"{problem.errata} ({said})" if problem.errata else said
