"""Simulate the cascade: `python -m terragate.benchmarks.rtl.simulate_cascade --out FILE`.

The model is simulated, with known error rates; workflow, tools and verifiers are the real ones. On
one half of the problem families thresholds and controller are calibrated, on the other half every
way to decide is run. What is right is decided by a reference that no run sees.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import fmean
from typing import Any, Final

import anyio
import anyio.to_thread
import numpy as np
from scipy import stats

from ...tools.artifacts import ArtifactStore
from ...tools.geo.catalog import NoCatalog
from ...tools.records import Frozen
from ...tools.rtl.drafts import read_code
from ...workflows.cascade.tuning import Tuning
from ...workflows.request import Request
from ...workflows.runtime import Platform, run
from .calibrate import Aim, Controller, calibrate
from .draws import DAY, Draw, draw_all
from .examples import Example
from .simulated_model import Behaviour, SimulatedModel
from .simulation_problems import SimulatedProblem, simulation_problems

BASELINE: Final = "cot"
RESAMPLES: Final = 10_000
SAID: Final = (
    "A simulation: the model's error rates are assumed, so these figures say how the workflow "
    "decides and what that is worth at these rates. They say nothing about any real model."
)


class Arm(Frozen):
    """One way to run: a workflow and its tuning."""

    name: str
    workflow: str
    tuning: dict[str, Any]


class Run(Frozen):
    """How one run of one arm on one problem ended."""

    arm: str
    problem: str
    seed: int
    right: bool
    tokens: int
    calls: int
    stages: tuple[str, ...]


def halves(
    problems: Sequence[SimulatedProblem],
) -> tuple[list[SimulatedProblem], list[SimulatedProblem]]:
    """Return problems to calibrate on and problems to report, alike in difficulty."""
    ranked = sorted(problems, key=lambda p: (p.difficulty, p.id))
    families = list(dict.fromkeys(problem.family for problem in ranked))
    first = set(families[::2])
    return ([p for p in ranked if p.family in first], [p for p in ranked if p.family not in first])


def example_of(problem: SimulatedProblem) -> Example:
    """Return a problem as a training example."""
    task = problem.task
    return Example(
        id=problem.id, spec=problem.spec, top=problem.id, interface=task.interface,
        reference=problem.text,
    )  # fmt: skip


async def draws_of(
    problems: Sequence[SimulatedProblem], model: SimulatedModel, samples: int, seeds: int
) -> list[Draw]:
    """Return the draws of the problems under every seed."""
    examples = [example_of(problem) for problem in problems]
    found: list[Draw] = []
    for seed in range(seeds):
        found += await draw_all(examples, model, samples=samples, seed=1000 + seed)
    return found


def arms_of(draws: Sequence[Draw], samples: int) -> tuple[list[Arm], dict[str, Any]]:
    """Return every way to run, and how the calibrated ones were calibrated."""
    # No testbench is written: what a model's testbenches are worth is no part of the simulation.
    base, aim = Tuning(samples=samples, benches=0), Aim()
    ways: dict[str, Controller] = {"thresholds": "thresholds", "controller": "learned"}
    fitted = {name: calibrate(draws, aim, base=base, controller=w) for name, w in ways.items()}
    voted = {"samples": samples, "benches": 0}
    arms = [
        Arm(name="single", workflow="single", tuning={}),
        Arm(name=f"single, {samples} voted", workflow="single", tuning=voted),
        Arm(name="cot", workflow="cot", tuning={}),
        Arm(name=f"cot, {samples} voted", workflow="cot", tuning=voted),
        Arm(name="refine", workflow="refine", tuning={}),
        Arm(name="cascade, default thresholds", workflow="cascade", tuning=voted),
        Arm(name="cascade, calibrated thresholds", workflow="cascade",
            tuning=fitted["thresholds"].tuning.model_dump(mode="json")),
        Arm(name="cascade, learned controller", workflow="cascade",
            tuning=fitted["controller"].tuning.model_dump(mode="json")),
    ]  # fmt: skip
    learned = {name: way.tuning.model_dump(mode="json") for name, way in fitted.items()}
    return arms, {"tunings": learned, "cross_validated": fitted["thresholds"].scores}


async def run_arm(problem: SimulatedProblem, arm: Arm, model: SimulatedModel, seed: int) -> Run:
    """Run one arm on one problem and judge what it returned by the hidden reference."""
    request = Request(
        text=problem.spec, today=DAY, workflow=arm.workflow, rtl=problem.task,
        tuning=arm.tuning, seed=seed,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as folder:
        platform = Platform(model, NoCatalog(), Path(folder), persist=False)
        report = await run(request, platform)
        final = next((r for r in reversed(report.records) if "final" in r.outputs), None)
        right = False
        if final is not None:
            store = ArtifactStore(Path(folder) / report.run_id)
            code = read_code(final.outputs["design"], store)
            right = await anyio.to_thread.run_sync(problem.is_right, code)
    return Run(
        arm=arm.name, problem=problem.id, seed=seed, right=right, tokens=report.usage.tokens,
        calls=report.usage.model_calls,
        stages=tuple(dict.fromkeys(r.stage for r in report.records)),
    )  # fmt: skip


async def run_all(
    problems: Sequence[SimulatedProblem], arms: Sequence[Arm], model: SimulatedModel, seeds: int
) -> list[Run]:
    """Run every arm on every problem and seed, one problem after another."""
    found: list[Run] = []

    async def arms_on(problem: SimulatedProblem, limiter: anyio.CapacityLimiter) -> None:
        async with limiter:
            for seed in range(seeds):
                found.extend([await run_arm(problem, arm, model, seed) for arm in arms])

    async with anyio.create_task_group() as group:
        limiter = anyio.CapacityLimiter(2)
        for problem in problems:
            group.start_soon(arms_on, problem, limiter)
    return sorted(found, key=lambda r: (r.arm, r.problem, r.seed))


def row_of(arm: str, runs: Sequence[Run]) -> dict[str, Any]:
    """Return one row: pass@1 with Wilson's interval, the paired difference, tokens and calls."""
    own = [one for one in runs if one.arm == arm]
    passed = sum(one.right for one in own)
    low, high = stats.binomtest(passed, len(own)).proportion_ci(method="wilson")
    return {
        "arm": arm,
        "runs": len(own),
        "pass_at_1": passed / len(own),
        "wilson_95": [float(low), float(high)],
        f"paired_against_{BASELINE}": _paired(arm, runs),
        "tokens": fmean(one.tokens for one in own),
        "calls": fmean(one.calls for one in own),
        "escalated": {
            stage: fmean(stage in one.stages for one in own) for stage in ("cot", "refine")
        },
    }


def _paired(arm: str, runs: Sequence[Run]) -> list[float]:
    """Return the mean difference to the baseline and its 95 % interval, problems resampled."""

    def by_problem(name: str) -> dict[str, float]:
        names = sorted({one.problem for one in runs})
        return {n: fmean(r.right for r in runs if r.arm == name and r.problem == n) for n in names}

    ours, theirs = by_problem(arm), by_problem(BASELINE)
    differences = np.array([ours[name] - theirs[name] for name in ours])
    chance = np.random.default_rng(0)
    means = chance.choice(differences, (RESAMPLES, len(differences))).mean(axis=1)
    low, high = np.percentile(means, [2.5, 97.5])
    return [float(differences.mean()), float(low), float(high)]


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the rows as a Markdown table."""
    lines = [
        f"| way | pass@1 (95 %) | difference to {BASELINE}, points | tokens | calls | "
        "reached cot, refine |",
        "|---|---|---|---|---|---|",
    ]
    for row in rows:
        low, high = row["wilson_95"]
        mean, least, most = (100 * x for x in row[f"paired_against_{BASELINE}"])
        cot, refine = (f"{100 * row['escalated'][s]:.0f} %" for s in ("cot", "refine"))
        lines.append(
            f"| {row['arm']} | {100 * row['pass_at_1']:.1f} % ({100 * low:.1f}–{100 * high:.1f}) "
            f"| {mean:+.1f} ({least:+.1f} to {most:+.1f}) | {row['tokens']:.0f} "
            f"| {row['calls']:.1f} | {cot}, {refine} |"
        )
    return "\n".join(lines)


async def simulate(
    problems: Sequence[SimulatedProblem], *, samples: int, seeds: int
) -> dict[str, Any]:
    """Return the whole simulation: calibrated on one half, reported on the other."""
    started = time.perf_counter()
    train, test = halves(problems)
    model = SimulatedModel(problems)
    draws = await draws_of(train, model, samples, seeds)
    sys.stderr.write(f"{len(draws)} examples drawn, {time.perf_counter() - started:.0f} s\n")
    arms, learned = arms_of(draws, samples)
    runs = await run_all(test, arms, model, seeds)
    return {
        "said": SAID,
        "problems": {"calibrated_on": [p.id for p in train], "reported": [p.id for p in test]},
        "samples": samples,
        "seeds": seeds,
        "behaviour": Behaviour().model_dump(mode="json"),
        "calibration": learned,
        "rows": [row_of(arm.name, runs) for arm in arms],
        "runs": [one.model_dump(mode="json") for one in runs],
        "seconds": round(time.perf_counter() - started, 1),
    }


def main() -> None:
    """Run the simulation and write its results; the table goes to standard output."""
    parser = argparse.ArgumentParser(description=SAID)
    parser.add_argument("--out", type=Path, required=True, help="JSON file of the results")
    parser.add_argument("--seeds", type=int, default=4, help="runs per problem and way")
    parser.add_argument("-k", "--samples", type=int, default=3, help="candidates per operator")
    given = parser.parse_args()
    problems = simulation_problems()
    started = time.perf_counter()
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda problem: problem.answers, problems))
    made = time.perf_counter() - started
    sys.stderr.write(f"answers made and checked in {made:.0f} s\n")
    found = anyio.run(lambda: simulate(problems, samples=given.samples, seeds=given.seeds))
    found["seconds_for_answers"] = round(made, 1)
    given.out.write_text(json.dumps(found, indent=1), "utf-8")
    sys.stdout.write(f"{SAID}\n\n{table(found['rows'])}\n")


if __name__ == "__main__":
    main()
