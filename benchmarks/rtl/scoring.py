"""Score candidates by the published criterion and by ours, side by side.

The published one reads text that the candidate can print. Ours refuses a candidate that could, and
doubts a testbench that a constant passes. Where they disagree, `disagreement` says why. Candidates
that differ in layout and comments only are judged once; the problems that take longest go first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from itertools import groupby, zip_longest
from os import cpu_count
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from ... import __version__
from ...tools.rtl.design import Design
from ...tools.rtl.fingerprint import layout_key
from ...tools.rtl.icarus import icarus_version
from ...tools.rtl.slang import slang_version
from .problem import Problem, candidate
from .published import names_reset
from .sample_score import SampleScore, judge
from .score_store import ScoreStore

Candidate = str | Design
COST: Final = "cost"


@dataclass(frozen=True)
class Progress:
    """How far a scoring is: distinct candidates judged, of how many, and the latest score."""

    done: int
    total: int
    latest: SampleScore


@dataclass(frozen=True)
class _Task:
    problem: Problem
    design: Design
    key: str
    samples: tuple[int, ...]


def tool_versions() -> dict[str, str]:
    """Return what decides a score beside candidate and problem; ToolUnavailable without them."""
    return {
        "terragate": __version__,
        "icarus": icarus_version().split()[-1],
        "slang": slang_version().split()[-1],
    }


def score_store(folder: Path) -> ScoreStore:
    """Return the store of scores in a folder, for these tools and this code."""
    return ScoreStore(folder, (*(f"{k} {v}" for k, v in tool_versions().items()), _rules()))


@cache
def _rules() -> str:
    """Return the sha256 of the code that judges: no score outlives it."""
    room = Path(__file__).resolve().parents[2]
    files = [Path(__file__).with_name(name) for name in ("published.py", "sample_score.py")]
    for pattern in ("verifiers/rtl/*.py", "tools/rtl/**/*.py"):
        files += sorted(room.glob(pattern))
    return hashlib.sha256(b"\0".join(path.read_bytes() for path in files)).hexdigest()


def score(
    problem: Problem, samples: Sequence[Candidate], *, store: ScoreStore | None = None
) -> tuple[SampleScore, ...]:
    """Return the scores of a problem's samples, in their order."""
    return score_all([(problem, samples)], store=store)[problem.id]


def score_all(
    work: Iterable[tuple[Problem, Sequence[Candidate]]],
    *,
    store: ScoreStore | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> dict[str, tuple[SampleScore, ...]]:
    """Return every problem's scores by its id; what is in the store is not judged again."""
    tool_versions()
    listed = [(problem, tuple(samples)) for problem, samples in work]
    tasks, scores = _tasks(listed)
    tasks = _apart(sorted(tasks, key=lambda t: _expected(t.problem, store), reverse=True))
    with ThreadPoolExecutor(cpu_count() or 1) as threads:
        running = {threads.submit(_judged, task, store): task for task in tasks}
        try:
            for done, future in enumerate(as_completed(running), 1):
                task, found = running[future], future.result()
                for sample in task.samples:
                    first = task.samples[0] if sample != task.samples[0] else None
                    named = found.model_copy(update={"sample": sample, "same_as": first})
                    scores[task.problem.id, sample] = named
                if progress is not None:
                    progress(Progress(done, len(tasks), found))
        except BaseException:
            threads.shutdown(cancel_futures=True)
            raise
    return {p.id: tuple(scores[p.id, n] for n in range(len(samples))) for p, samples in listed}


def _tasks(
    work: Iterable[tuple[Problem, Sequence[Candidate]]],
) -> tuple[list[_Task], dict[tuple[str, int], SampleScore]]:
    """Return what is to be judged, once each, and the scores of what is no design at all."""
    groups: dict[tuple[str, str], _Task] = {}
    scores: dict[tuple[str, int], SampleScore] = {}
    for problem, samples in work:
        for number, given in enumerate(samples):
            try:
                design = candidate(problem, given) if isinstance(given, str) else given
            except ValidationError as error:
                scores[problem.id, number] = SampleScore(
                    problem=problem.id, sample=number, letter="C", outcome="fail",
                    why=f"no source text: {error.errors()[0]['msg']}",
                )  # fmt: skip
                continue
            key = f"{layout_key(design)} {names_reset(design)}"
            task = groups.get((problem.id, key)) or _Task(problem, design, key, ())
            groups[problem.id, key] = _Task(problem, task.design, key, (*task.samples, number))
    return list(groups.values()), scores


def _apart(tasks: Sequence[_Task]) -> list[_Task]:
    """Return tasks with those of one problem apart: what they share is worked out once, first."""
    lanes: list[list[_Task]] = [[] for _ in range(cpu_count() or 1)]
    groups = groupby(tasks, key=lambda task: task.problem.id)
    for number, (_, group) in enumerate(groups):
        lanes[number % len(lanes)] += group
    return [task for row in zip_longest(*lanes) for task in row if task is not None]


def _expected(problem: Problem, store: ScoreStore | None) -> tuple[float, int]:
    """Return how long a candidate may take: CPU seconds seen before, then the stimuli asked for."""
    return (_cost(problem, store) if store is not None else 0.0), problem.effort


def _cost(problem: Problem, store: ScoreStore) -> float:
    """Return the most CPU seconds that a candidate of a problem has taken, 0 if none is known."""
    seen = store.get(COST, problem.digest) or {}
    cost = seen.get("cpu_s")
    return float(cost) if isinstance(cost, int | float) else 0.0


def _judged(task: _Task, store: ScoreStore | None) -> SampleScore:
    problem, first = task.problem, task.samples[0]
    kept = store.get(problem.digest, task.key) if store is not None else None
    if kept is not None:
        try:
            named = {**kept, "problem": problem.id, "sample": first, "cached": True}
            return SampleScore.model_validate(named)
        except ValidationError:
            pass
    found, lasting = judge(problem, task.design, first)
    if store is not None and lasting:
        kept = found.model_dump(mode="json", exclude={"problem", "sample", "cached", "same_as"})
        store.put(kept, problem.digest, task.key)
        # What ends early says little of what a right candidate takes.
        if found.cpu_s > _cost(problem, store):
            store.put({"cpu_s": found.cpu_s}, COST, problem.digest)
    return found


def summary(scores: Mapping[str, Sequence[SampleScore]]) -> dict[str, Any]:
    """Return counts over all samples: both criteria, letters, disagreements, duplicates."""
    every = [score for samples in scores.values() for score in samples]
    return {
        "problems": len(scores),
        "samples": len(every),
        "published": sum(score.published for score in every),
        "verified": sum(score.passed for score in every),
        "duplicates": sum(score.same_as is not None for score in every),
        "letters": _counted(score.letter for score in every),
        "outcomes": _counted(score.outcome for score in every),
        "disagreements": _counted(score.disagreement for score in every if score.disagreement),
    }


def _counted(values: Iterable[str]) -> dict[str, int]:
    listed = list(values)
    return {value: listed.count(value) for value in sorted(set(listed))}
