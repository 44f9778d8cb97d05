"""From inspect logs to one table: success with its interval, tokens, calls, and where it fails."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import combinations
from statistics import fmean
from typing import Any

from inspect_ai.log import EvalLog, EvalSample
from rich.table import Table

from ...tools.records import Frozen
from ..stats import mcnemar, success_rate
from .task import INJECTED

SCORER = "compare_with_truth"
_MEANS = (
    "call_accuracy",
    "call_correctness",
    "prompt_tokens",
    "completion_tokens",
    "model_calls",
    "seconds",
)


class Row(Frozen):
    """How one arm did on one question."""

    arm: str
    question: str
    text: str
    source: str
    group: str
    success: bool
    reasons: str
    status: str
    measures: dict[str, float]


def rows_of(log: EvalLog) -> list[Row]:
    """Return the scored questions of an arm's log, in the order of their ids."""
    arm = str((log.eval.metadata or {}).get("arm"))
    rows = (_row(arm, sample) for sample in log.samples or ())
    return sorted((row for row in rows if row is not None), key=lambda row: row.question)


def _row(arm: str, sample: EvalSample) -> Row | None:
    score = (sample.scores or {}).get(SCORER)
    if score is None or not isinstance(score.value, dict):
        return None
    values = {name: float(str(value)) for name, value in score.value.items()}
    slots = sample.metadata["slots"]
    source = str(sample.metadata["source"])
    trap = "empty" if sample.metadata["truth"]["empty"] else slots["trap"]
    if source.startswith(INJECTED):
        trap = INJECTED
    return Row(
        arm=arm,
        question=str(sample.id),
        text=str(sample.input),
        source=source,
        group=slots["family"] if trap == "none" else trap,
        success=values["success"] > 0,
        reasons=score.explanation or "",
        status=str((score.metadata or {}).get("status")),
        measures={name: values[name] for name in _MEANS},
    )


def summary(rows: Sequence[Row]) -> dict[str, Any]:
    """Return the figures of one arm; tokens, calls and seconds are means per question."""
    rate = success_rate([row.success for row in rows])
    means = {name: round(fmean(row.measures[name] for row in rows), 4) for name in _MEANS}
    return {
        "success": round(rate.rate, 4),
        "low": round(rate.low, 4),
        "high": round(rate.high, 4),
        "n": rate.n,
        **means,
        "groups": _shares((row.group, row.success) for row in rows),
        "sources": _shares((row.source, row.success) for row in rows),
    }


def _shares(pairs: Iterable[tuple[str, bool]]) -> dict[str, dict[str, float]]:
    held: dict[str, list[bool]] = {}
    for name, outcome in pairs:
        held.setdefault(name, []).append(outcome)
    return {
        name: {"success": round(sum(outcomes) / len(outcomes), 4), "n": len(outcomes)}
        for name, outcomes in sorted(held.items())
    }


def pairwise(arms: dict[str, list[Row]]) -> list[dict[str, Any]]:
    """Return the difference of every two arms on the questions both answered, with McNemar's p."""
    found: list[dict[str, Any]] = []
    for first, second in combinations(arms, 2):
        one = {row.question: row.success for row in arms[first]}
        two = {row.question: row.success for row in arms[second]}
        shared = sorted(one.keys() & two.keys())
        if not shared:
            continue
        a, b = [one[q] for q in shared], [two[q] for q in shared]
        gap = (sum(a) - sum(b)) / len(shared)
        found.append(
            {"arms": [first, second], "n": len(shared), "gap": round(gap, 4), "p": mcnemar(a, b)}
        )
    return found


def main_table(arms: dict[str, dict[str, Any]]) -> Table:
    """Return the table of all arms."""
    names = ("arm", "success", "95 % interval", "n", "prompt", "completion", "model calls", "s")
    table = Table(*names, title="Held-out questions: exactly right (tokens, calls: per question)")
    for name, s in arms.items():
        interval = f"{s['low']:.1%} to {s['high']:.1%}"
        cells = (f"{s['prompt_tokens']:.0f}", f"{s['completion_tokens']:.0f}")
        more = (f"{s['model_calls']:.1f}", f"{s['seconds']:.2f}")
        table.add_row(name, f"{s['success']:.1%}", interval, str(s["n"]), *cells, *more)
    return table


def group_table(arms: dict[str, dict[str, Any]]) -> Table:
    """Return success by family and trap, and by who wrote the question."""
    table = Table(
        "group",
        "n",
        *arms,
        title="By family, trap and source; injected: any family on data that give orders",
    )
    for part in ("groups", "sources"):
        for name in dict.fromkeys(g for s in arms.values() for g in s[part]):
            held = [s[part].get(name) for s in arms.values()]
            n = max(int(h["n"]) for h in held if h)
            table.add_row(name, str(n), *(f"{h['success']:.0%}" if h else "–" for h in held))
    return table
