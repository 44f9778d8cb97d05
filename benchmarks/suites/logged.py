"""Tasks, solvers and scorers whose arguments stay out of the logs.

inspect writes a solver's or scorer's arguments into every sample. Ours are whole suites: they would
be all that a log holds. What a log must say of a run stands in its metadata, once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from inspect_ai import Epochs, Task
from inspect_ai.dataset import MemoryDataset, Sample
from inspect_ai.scorer import Metric, Scorer, mean, scorer, stderr
from inspect_ai.solver import Solver, solver

from .suite import Arm


def named_solver(name: str, solve: Solver) -> Solver:
    """Return a solver that is logged by its name alone."""

    @solver(name=name)
    def plain() -> Solver:
        return solve

    return plain()


def named_scorer(name: str, values: Sequence[str], score: Scorer) -> Scorer:
    """Return a scorer of these values that is logged by its name alone; means are over items."""
    metrics: dict[str, list[Metric]] = {value: [mean(), stderr()] for value in values}

    @scorer(metrics=metrics, name=name)
    def plain() -> Scorer:
        return score

    return plain()


def arm_task(
    suite: str,
    samples: Sequence[Sample],
    ways: tuple[Solver, Scorer],
    arm: Arm,
    about: Mapping[str, Any],
) -> Task:
    """Return the task that draws the arm's samples of every item; `about` goes into its log."""
    ask, judge = ways
    return Task(
        dataset=MemoryDataset(list(samples), name=suite),
        solver=ask,
        scorer=judge,
        epochs=Epochs(arm.samples, "mean"),
        name=f"{suite}-{arm.workflow}",
        metadata=dict(about),
    )
