"""The cascade's decisions: it goes on when and only when its rule says, inside every budget.

Workflow, tools and verifiers are the real ones; the model answers from a pattern of known kinds.
What the run decided is compared with the rule worked out here from the pattern alone.
"""

from __future__ import annotations

import time
from datetime import date

import anyio
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from terragate.agents.protocol import ModelAnswer, TokenUsage
from terragate.tests.support.eda import needs_icarus, needs_slang, needs_yosys
from terragate.tools.geo.catalog import NoCatalog
from terragate.tools.rtl.design import RtlTask
from terragate.workflows.request import Request
from terragate.workflows.runtime import Platform, run
from terragate.workflows.spec import Budget

pytestmark = [needs_icarus, needs_slang, needs_yosys]
RIGHT = "module m(input a, input b, output y);\n  assign y = a & b;\nendmodule\n"
TEXTS = {
    "right": RIGHT,
    "other": RIGHT.replace("&", "|"),
    "syntax": RIGHT.replace("b;\n", "b\n"),
    "lint": RIGHT.replace("endmodule", "  wire w = ~(w & a);\nendmodule"),
    "none": None,
}
KINDS = tuple(TEXTS)
FAILING = {"syntax", "lint", "none"}
OPERATORS = ("single", "cot", "refine")
PROMPT, COMPLETION = 200, 100
SETTINGS = settings(
    max_examples=25, deadline=None, derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)  # fmt: skip
patterns = st.fixed_dictionaries(
    {operator: st.lists(st.sampled_from(KINDS), min_size=3, max_size=3) for operator in OPERATORS}
)


class Pattern:
    """Answers each operator's candidates by kind, in order; a repair never helps."""

    name, rendering = "pattern", "chat"

    def __init__(self, pattern, wait=0.0):
        self.left = {stage: list(kinds) for stage, kinds in pattern.items()}
        self.asked, self.wait = [], wait

    async def complete(self, request):
        self.asked.append(request)
        kinds = self.left.get(request.stage)
        text = TEXTS[kinds.pop(0)] if kinds else TEXTS["syntax"]
        await anyio.sleep(self.wait)
        said = "Sorry." if text is None else f"```verilog\n{text}```"
        return ModelAnswer(
            text=said, usage=TokenUsage(prompt=PROMPT, completion=COMPLETION), model=self.name
        )


def ask(folder, pattern, *, budget=None, wait=0.0, **tuning):
    model = Pattern(pattern, wait)
    request = Request(
        text="and", today=date(2026, 1, 1), workflow="cascade", budget=budget, seed=5,
        rtl=RtlTask(top="m", spec="y is a and b"),
        tuning={"samples": 3, "benches": 0, **tuning},
    )  # fmt: skip
    report = anyio.run(run, request, Platform(model, NoCatalog(), folder, persist=False))
    return report, model


def visited(model):
    return [stage for stage in OPERATORS if any(r.stage == stage for r in model.asked)]


def until(goes_on):
    """Operators that are asked when `goes_on` says, for all but the last, whether to go on."""
    asked = [OPERATORS[0]]
    for operator, following in zip(OPERATORS, OPERATORS[1:], strict=False):
        if not goes_on(operator):
            break
        asked.append(following)
    return asked


@SETTINGS
@given(pattern=patterns, single=st.sampled_from([0.0, 0.2, 0.34, 0.5, 0.67, 0.9, 1.0]),
       cot=st.sampled_from([0.0, 0.33, 0.34, 0.6, 1.0]))  # fmt: skip
def test_it_goes_on_when_and_only_when_the_failure_rate_is_above(tmp_path, pattern, single, cot):
    _, model = ask(tmp_path, pattern, thresholds={"single": single, "cot": cot})
    above = {"single": single, "cot": cot}

    def goes_on(operator):
        return sum(kind in FAILING for kind in pattern[operator]) / 3 > above[operator]

    assert visited(model) == until(goes_on)


def features_by_hand(kinds):
    """What the pattern alone says of one operator's candidates."""
    count = len(kinds)
    return {
        "failure_rate": sum(k in FAILING for k in kinds) / count,
        "no_answer": kinds.count("none") / count,
        "parse_failures": kinds.count("syntax") / count,
        "lint_failures": kinds.count("lint") / count,
        "distinct": len({k for k in kinds if k != "none"}) / count,
    }


WEIGHED = ("bias", "failure_rate", "no_answer", "parse_failures", "lint_failures", "distinct")
policies = st.fixed_dictionaries(dict.fromkeys(WEIGHED, st.integers(-4, 4).map(float)))


@SETTINGS
@given(pattern=patterns, single=policies, cot=policies, above=st.sampled_from([-0.5, 0.25]))
def test_a_learned_rule_decides_by_its_weights(tmp_path, pattern, single, cot, above):
    learned = {"single": single, "cot": cot}
    tuning = {name: {"weights": w, "above": above} for name, w in learned.items()}
    _, model = ask(tmp_path, pattern, policies=tuning)

    def goes_on(operator):
        weights = learned[operator]
        found = features_by_hand(pattern[operator])
        score = weights["bias"] + sum(weights[name] * value for name, value in found.items())
        return score > above + 1e-12

    assert visited(model) == until(goes_on)


@SETTINGS
@given(pattern=patterns, calls=st.integers(1, 12), tokens=st.integers(1, 5000))
@example(pattern={operator: ["syntax"] * 3 for operator in OPERATORS}, calls=12, tokens=1010)
@example(pattern={operator: ["syntax"] * 3 for operator in OPERATORS}, calls=12, tokens=3000)
@example(pattern={operator: ["none"] * 3 for operator in OPERATORS}, calls=5, tokens=5000)
def test_calls_and_tokens_stay_inside_their_budgets(tmp_path, pattern, calls, tokens):
    budget = Budget(model_calls=calls, tokens=tokens, seconds=600)
    report, model = ask(tmp_path, pattern, budget=budget, max_tokens=COMPLETION)
    assert report.usage.model_calls == len(model.asked) <= calls
    spent = report.usage.tokens
    assert spent == (PROMPT + COMPLETION) * len(model.asked)
    # The first step cannot know how long its prompts are; after it only one call may cross.
    first = (PROMPT + COMPLETION) * sum(r.stage == "single" for r in model.asked)
    assert spent <= max(first, tokens + PROMPT + COMPLETION)
    # With less than a tenth left nothing is asked: a tenth that pays for a call keeps it strict.
    if tokens >= 10 * (PROMPT + COMPLETION):
        assert spent <= tokens
    assert report.status in {"unverified", "failed"}


@pytest.mark.parametrize("seconds", [0.05, 0.4])
def test_a_model_that_does_not_answer_ends_with_the_time(tmp_path, seconds):
    started = time.monotonic()
    budget = Budget(seconds=seconds)
    report, model = ask(tmp_path, {}, budget=budget, wait=120.0)
    assert time.monotonic() - started < 20
    assert len(model.asked) <= 3
    assert report.status == "failed"
    assert report.error == "budget:seconds"


def test_what_was_drawn_before_the_tokens_ran_short_is_judged(tmp_path):
    pattern = {"single": ["right", "syntax", "syntax"]}
    budget = Budget(tokens=960, model_calls=20, seconds=600)
    report, model = ask(tmp_path, pattern, budget=budget, max_tokens=COMPLETION)
    # Six percent are left: nothing more is asked, though the failure rate would have gone on.
    assert visited(model) == ["single"]
    assert report.status == "unverified"
    assert any("final" in record.outputs for record in report.records)


@settings(SETTINGS, max_examples=6)
@given(pattern=patterns)
def test_a_seed_gives_the_same_run_again(tmp_path, pattern):
    first, one = ask(tmp_path / "one", pattern)
    second, two = ask(tmp_path / "two", pattern)
    assert [(r.stage, r.seed, r.messages) for r in one.asked] == [
        (r.stage, r.seed, r.messages) for r in two.asked
    ]
    assert [r.model_dump() for r in first.records] == [r.model_dump() for r in second.records]
    assert [(v["record"], v["name"], v["outcome"]) for v in first.verdicts] == [
        (v["record"], v["name"], v["outcome"]) for v in second.verdicts
    ]


def test_what_several_candidates_said_weighs_as_much_as_they_do(tmp_path):
    pattern = {"single": ["other", "right", "right"]}
    report, _ = ask(tmp_path, pattern)
    drawn = [record for record in report.records if record.stage == "single"]
    assert len(drawn) == len({record.id for record in drawn}) == 3
    choice = next(r.outputs["choice"] for r in report.records if "choice" in r.outputs)
    assert choice["agreement"] == pytest.approx(2 / 3)
    codes = {record.id: record.args["code"] for record in drawn}
    assert codes[choice["record"]] == RIGHT
