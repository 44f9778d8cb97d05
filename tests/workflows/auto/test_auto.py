"""`auto` picks by what was measured of the model, says why, and knows what it does not know."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from terragate.benchmarks.suites.auto_policy import Table, crossed
from terragate.tests.support.tiny_geo import TinyCatalog
from terragate.tools.errors import UsageError
from terragate.workflows.auto import CHOICES, auto, pick
from terragate.workflows.auto.features import FEATURES, features
from terragate.workflows.auto.policy import Policy, Strength, read_policy, shipped_policy
from terragate.workflows.check import require_sound
from terragate.workflows.planned.domain import PLANNING
from terragate.workflows.request import Request
from terragate.workflows.setting import Setting

TODAY = date(2026, 1, 1)
EMPTY = dict.fromkeys(FEATURES, 0.0)


def strengths(**biases: float) -> dict[str, Any]:
    tokens = {"single-call": 500, "stateful": 1500, "planned": 900}
    return {
        name.replace("_", "-"): {"bias": bias, "tokens": tokens[name.replace("_", "-")]}
        for name, bias in biases.items()
    }


def policy(**biases: float) -> Policy:
    return Policy.model_validate({"models": {"nano": strengths(**biases)}})


def test_the_cheapest_of_the_good_ones_is_taken() -> None:
    # logit(0.9) = 2.197, logit(0.89) = 2.091, logit(0.5) = 0.
    taken = policy(stateful=2.197, planned=2.091, single_call=0.0).choose("nano", EMPTY)
    assert taken.family == "planned"
    assert taken.why == "expected success planned 89%, single-call 50%, stateful 90%"
    apart = policy(stateful=2.197, planned=1.0, single_call=0.0).choose("nano", EMPTY)
    assert apart.family == "stateful"


def test_weights_decide_by_the_request() -> None:
    held = strengths(stateful=1.0, single_call=3.0)
    held["single-call"]["weights"] = {"clauses": -2.0}
    found = Policy.model_validate({"models": {"nano": held}})
    assert found.choose("nano", EMPTY).family == "single-call"
    assert found.choose("nano", EMPTY | {"clauses": 3.0}).family == "stateful"


def test_features_count_what_is_asked_for(tmp_path: Path) -> None:
    catalog = TinyCatalog(tmp_path)
    text = "How many ships are near Porto in 2020, and did it change since 2019? Map and export it."
    found = features(Request(text=text, today=TODAY, earlier=("x",)), catalog)
    assert found["periods"] == 2
    assert (found["compares"], found["picture"], found["file"], found["follow_up"]) == (1, 1, 1, 1)
    assert found["area"] == 0
    assert found["clauses"] >= 3
    assert tuple(found) == FEATURES


@given(st.text(min_size=1, max_size=200).filter(str.strip))
def test_any_text_has_finite_features(text: str) -> None:
    found = features(Request(text=text, today=TODAY), TinyCatalog(Path()))
    assert all(0 <= value < 1000 for value in found.values())


def asked(tuning: dict[str, Any] | None = None) -> Request:
    return Request(text="Show Porto", today=TODAY, workflow="auto", tuning=tuning or {})


def test_a_model_that_was_never_measured_gets_the_state_machine(tmp_path: Path) -> None:
    spec = pick(auto(), asked(), Setting("someone-else", TinyCatalog(tmp_path)))
    assert spec.name == "stateful"
    assert "someone-else was never measured" in spec.summary


@pytest.mark.parametrize("family", sorted(CHOICES))
def test_a_policy_of_ones_own(family: str, tmp_path: Path) -> None:
    held = strengths(**{family.replace("-", "_"): 2.0})
    tuning = {"auto": {"models": {"nano": held}}}
    spec = pick(auto(), asked(tuning), Setting("nano", TinyCatalog(tmp_path)))
    assert spec.name == family
    assert f"auto took {family}: expected success" in spec.summary
    require_sound(spec, PLANNING)


def test_the_shipped_policy_can_be_read() -> None:
    for held in shipped_policy().models.values():
        assert set(held) <= set(CHOICES)
        assert all(set(one.weights) <= set(FEATURES) for one in held.values())


@pytest.mark.parametrize("text", ["", "{}x", '{"models": {"a": {"react": {}}}}', '{"margin": 7}'])
def test_a_file_without_a_policy_is_refused(text: str, tmp_path: Path) -> None:
    path = tmp_path / "policy.json"
    path.write_text(text)
    with pytest.raises(UsageError, match="no policy"):
        read_policy(path)
    with pytest.raises(UsageError, match="no policy"):
        read_policy(tmp_path / "absent.json")


def test_calibration_finds_what_separates_the_families() -> None:
    rng = np.random.default_rng(1)
    x = np.zeros((200, len(FEATURES)))
    x[:, FEATURES.index("clauses")] = rng.integers(0, 6, 200)
    many = x[:, FEATURES.index("clauses")] >= 3
    # One call fails where much is asked, the graph where little is.
    success = {"single-call": (~many).astype(float), "planned": many.astype(float)}
    table = Table(tuple(map(str, range(200))), x, success, {"single-call": 500.0, "planned": 900.0})
    found = crossed(table)
    assert found["best"] < 0.6
    assert found["auto"] > 0.95


def test_a_strength_never_overflows() -> None:
    assert Strength(bias=1e9, tokens=1).chance({}) <= 1
    assert Strength(bias=-1e9, tokens=1).chance({}) >= 0
