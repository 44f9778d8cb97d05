"""The evaluation gate: source and result side by side, and whether the result may be published."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from pydantic import Field, ValidationError

from ....tools.errors import UsageError
from ....tools.records import Frozen
from .job import Measures, RowMeasure, Sums, total
from .rows import UNNAMED

# Two-sided 95 % of the normal distribution.
_Z = 1.959964
_OVERFLOW_NATS = 700.0


class Margins(Frozen):
    """The most that a result may lose.

    `answers` is a share of exact answers (of tasks alike), judged at the 95 % bound of the paired
    difference; `divergence` is in nats a token of the answers; `perplexity` is the result's over
    the source's, on the answers.
    """

    answers: float = Field(default=0.02, ge=0, le=1)
    divergence: float = Field(default=0.05, gt=0)
    perplexity: float = Field(default=1.05, ge=1)


class Paired(Frozen):
    """Shares of successes on the same items, and their difference with its 95 % interval."""

    n: int
    source: float
    result: float
    only_source: int
    only_result: int
    difference: float
    low: float
    high: float


class Likeness(Frozen):
    """How close the next-token predictions are, over some tokens."""

    tokens: int
    divergence: float
    source_perplexity: float
    result_perplexity: float
    agreement: float


class Domain(Frozen):
    """Everything measured on one domain's rows; `exact` is teacher-forced."""

    name: str
    answer: Likeness
    prompt: Likeness
    exact: Paired


class TaskItem(Frozen):
    """One task, done by both models as served."""

    id: str
    source: bool
    result: bool


class TaskSuite(Frozen):
    """Tasks of one benchmark; `domain` is `geo` or `rtl`."""

    name: str
    domain: str
    items: tuple[TaskItem, ...] = Field(min_length=1)


class TaskScores(Frozen):
    """Scores that serving both models gave; `result_sha256` is the file that was served."""

    result_sha256: str
    suites: tuple[TaskSuite, ...] = Field(min_length=1)


class TaskResult(Frozen):
    """One suite's outcome."""

    name: str
    domain: str
    success: Paired


class Gate(Frozen):
    """What the gate saw and decided; no reasons against it means that it passes."""

    schema_version: int = 1
    margins: Margins
    domains: tuple[Domain, ...]
    tasks: tuple[TaskResult, ...] = ()
    too_long: int
    seen_in_calibration: int
    rows_sha256: str
    dtype: str
    reasons: tuple[str, ...]

    @property
    def passes(self) -> bool:
        """Return whether the result may be published."""
        return not self.reasons


def judge(
    measures: Measures, margins: Margins, *, seen_in_calibration: int, rows_sha256: str
) -> Gate:
    """Return the gate's view of what was measured."""
    if not measures.rows:
        raise UsageError(
            f"all {measures.too_long} gate rows are longer than the model's positions: "
            "give shorter ones"
        )
    domains = _domains(measures.rows)
    reasons = tuple(reason for domain in domains for reason in _objections(domain, margins))
    return Gate(
        margins=margins,
        domains=domains,
        too_long=measures.too_long,
        seen_in_calibration=seen_in_calibration,
        rows_sha256=rows_sha256,
        dtype=measures.dtype,
        reasons=reasons,
    )


def with_tasks(gate: Gate, scores: TaskScores) -> Gate:
    """Return the gate's view with the scores of tasks done by both models."""
    tasks = tuple(
        TaskResult(
            name=suite.name,
            domain=suite.domain,
            success=paired([(item.source, item.result) for item in suite.items]),
        )
        for suite in scores.suites
    )
    against = [
        _lost(f"tasks of {task.name!r}", task.success, gate.margins.answers) for task in tasks
    ]
    reasons = (*gate.reasons, *(reason for reason in against if reason))
    return gate.model_copy(update={"tasks": (*gate.tasks, *tasks), "reasons": reasons})


def read_scores(path: Path) -> TaskScores:
    """Return the task scores of a JSON file; UsageError says what is wrong with it."""
    try:
        scores = TaskScores.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise UsageError(
            f"cannot read task scores from {str(path)!r} ({error}): mend it"
        ) from error
    for suite in scores.suites:
        twice = [name for name, n in Counter(item.id for item in suite.items).items() if n > 1]
        if twice:
            raise UsageError(
                f"suite {suite.name!r} of {str(path)!r} has item {twice[0]!r} twice: give each once"
            )
    return scores


def read_gate(path: Path) -> Gate:
    """Return a gate's report from its file."""
    try:
        return Gate.model_validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise UsageError(
            f"{str(path)!r} is no report of the gate ({error}): quantise again"
        ) from error


def paired(outcomes: Sequence[tuple[bool, bool]]) -> Paired:
    """Return the difference result - source with its adjusted Wald interval.

    Half an item is added to each of the four cells, so that the interval has a width where the
    models never differ (Agresti and Min 2005, "Simple improved confidence intervals for comparing
    matched proportions").
    """
    n = len(outcomes)
    lost = sum(source and not result for source, result in outcomes)
    won = sum(result and not source for source, result in outcomes)
    m, b, c = n + 2, lost + 0.5, won + 0.5
    centre = (c - b) / m
    half = _Z * math.sqrt(b + c - (c - b) ** 2 / m) / m
    return Paired(
        n=n,
        source=sum(source for source, _ in outcomes) / n,
        result=sum(result for _, result in outcomes) / n,
        only_source=lost,
        only_result=won,
        difference=(won - lost) / n,
        low=max(-1.0, centre - half),
        high=min(1.0, centre + half),
    )


def _domains(rows: Sequence[RowMeasure]) -> tuple[Domain, ...]:
    names = sorted({row.domain for row in rows} - {UNNAMED})
    domains = [_domain(UNNAMED, rows)]
    domains += [_domain(name, [row for row in rows if row.domain == name]) for name in names]
    return tuple(domains)


def _domain(name: str, rows: Sequence[RowMeasure]) -> Domain:
    return Domain(
        name=name,
        answer=_likeness([row.answer for row in rows]),
        prompt=_likeness([row.prompt for row in rows]),
        exact=paired([(row.source_exact, row.result_exact) for row in rows]),
    )


def _likeness(parts: Sequence[Sums]) -> Likeness:
    sums = total(parts)
    tokens = max(1, sums.tokens)
    return Likeness(
        tokens=sums.tokens,
        divergence=sums.divergence / tokens,
        source_perplexity=_perplexity(sums.source_nll / tokens),
        result_perplexity=_perplexity(sums.result_nll / tokens),
        agreement=sums.agreed / tokens,
    )


def _perplexity(nats: float) -> float:
    return math.exp(min(nats, _OVERFLOW_NATS))


def _objections(domain: Domain, margins: Margins) -> list[str]:
    answer, where = domain.answer, f"rows of {domain.name!r}"
    reasons: list[str] = []
    # Written so that a NaN is an objection too.
    if not answer.divergence <= margins.divergence:
        reasons.append(
            f"{where}: divergence {answer.divergence:.4f} nats a token is above "
            f"{margins.divergence:g}"
        )
    ratio = answer.result_perplexity / answer.source_perplexity
    if not ratio <= margins.perplexity:
        reasons.append(
            f"{where}: perplexity is {ratio:.3f} times the source's, above {margins.perplexity:g}"
        )
    lost = _lost(where, domain.exact, margins.answers)
    return [*reasons, lost] if lost else reasons


def _lost(where: str, outcome: Paired, margin: float) -> str:
    if outcome.low >= -margin:
        return ""
    why = (
        f"{where}: up to {-100 * outcome.low:.1f} points may be lost (95 % bound, n = {outcome.n})"
    )
    if paired([(True, True)] * outcome.n).low < -margin:
        return f"{why}; so few cannot show a loss below {100 * margin:g} points: give more"
    return f"{why}, above {100 * margin:g}"


def to_json(gate: Gate) -> str:
    """Return the report as indented JSON; a figure that is no number is null."""
    return gate.model_dump_json(indent=1) + "\n"
