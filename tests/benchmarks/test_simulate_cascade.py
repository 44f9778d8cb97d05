"""The simulated model's answers are what they are called, and its figures are counted right."""

from __future__ import annotations

from collections import Counter

import anyio
import pytest
from terragate.agents.coding import extract_code
from terragate.agents.protocol import Message, ModelRequest
from terragate.benchmarks.rtl.simulate_cascade import Run, halves, row_of, table
from terragate.benchmarks.rtl.simulated_model import Behaviour, SimulatedModel, kind_of
from terragate.benchmarks.rtl.simulation_problems import MOST, simulation_problems
from terragate.tests.support.eda import needs_icarus, needs_slang, needs_yosys


def test_the_halves_share_no_family():
    train, test = halves(simulation_problems())
    assert len(train) + len(test) >= 40
    assert not {p.family for p in train} & {p.family for p in test}


def test_a_row_is_counted_by_hand():
    runs = [
        Run(arm=arm, problem=f"p{i}", seed=0, right=right, tokens=10 * i, calls=i, stages=("cot",))
        for arm, rights in (("cot", (1, 0, 0, 1)), ("x", (1, 1, 0, 1)))
        for i, right in enumerate(rights)
    ]
    found = row_of("x", runs)
    assert found["pass_at_1"] == 0.75
    assert found["tokens"] == 15
    # Wilson, 3 of 4 at 95 %: (p + z²/2n ± z·sqrt(p(1-p)/n + z²/4n²)) / (1 + z²/n).
    z, p, n = 1.959964, 0.75, 4
    middle, half = p + z * z / (2 * n), z * (p * (1 - p) / n + z * z / (4 * n * n)) ** 0.5
    assert found["wilson_95"] == pytest.approx(
        [(middle - half) / (1 + z * z / n), (middle + half) / (1 + z * z / n)], abs=1e-6
    )
    mean, low, high = found["paired_against_cot"]
    assert mean == 0.25
    assert low == 0.0
    assert 0.25 < high <= 0.75
    assert "| x | 75.0 %" in table([found])


@needs_icarus
@needs_slang
@needs_yosys
def test_answers_are_what_they_are_called():
    for problem in simulation_problems():
        if problem.id not in {"mux4_4", "parity_6"}:
            continue
        assert all(problem.answers[kind] for kind in MOST)
        assert all(problem.is_right(text) for text in problem.answers["right"])
        assert not any(problem.is_right(text) for text in problem.answers["functional"])
        assert kind_of(problem, problem.answers["lint"][0]) == "lint"


@needs_icarus
@needs_slang
@needs_yosys
def test_the_simulated_model_errs_as_often_as_it_is_said_to():
    problem = next(p for p in simulation_problems() if p.id == "parity_6")
    model, rates = SimulatedModel([problem]), Behaviour().cot
    count, seen = 2000, Counter()
    for seed in range(count):
        request = ModelRequest(
            stage="cot", max_tokens=2048, seed=seed,
            messages=(Message(role="user", content=f"Top module: {problem.id}\n"),),
        )  # fmt: skip
        said = anyio.run(model.complete, request).text
        seen[kind_of(problem, extract_code(said)) if "module p" in said else "none"] += 1
    for fault, rate in rates.of(problem.difficulty).items():
        spread = (rate * (1 - rate) / count) ** 0.5
        assert abs(seen[fault] / count - rate) < 4 * spread, fault
