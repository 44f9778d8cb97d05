"""Calibration: what is read, what is drawn, which thresholds and weights come out of it."""

from __future__ import annotations

import json
from itertools import product

import anyio
import numpy as np
import pytest
from terragate.agents.recording import RecordingModel
from terragate.benchmarks.rtl.calibrate import (
    LEARNED,
    Aim,
    calibrate,
    earned,
    fit_policies,
    fit_thresholds,
    follow,
    rules_of,
)
from terragate.benchmarks.rtl.calibration import calibrated
from terragate.benchmarks.rtl.draws import OPERATORS, Draw, Returned, Visit, draw_all
from terragate.benchmarks.rtl.examples import Example, read_examples
from terragate.benchmarks.rtl.simulate_cascade import example_of
from terragate.benchmarks.rtl.simulated_model import SimulatedModel
from terragate.benchmarks.rtl.simulation_problems import simulation_problems
from terragate.deploy.cli.rtl_input import read_calibration
from terragate.tests.support.command_line import command
from terragate.tests.support.eda import needs_icarus, needs_slang, needs_yosys
from terragate.tools.errors import UsageError
from terragate.workflows.cascade.features import FEATURES
from terragate.workflows.cascade.tuning import Tuning

needs_tools = [needs_icarus, needs_slang, needs_yosys]
REFERENCE = "module m(input a, output y); assign y = ~a; endmodule\n"


def visit(operator, rate, right, tokens=300, **features):
    seen = dict.fromkeys(FEATURES, 0.0) | {"failure_rate": rate, **features}
    return Visit(
        operator=operator, features=seen, tokens=tokens, calls=3, right=0, samples=3,
        returned=Returned(right=right, area=10.0, delay=2.0),
    )  # fmt: skip


def drawn(name, single, cot, refine):
    return Draw(
        example=name,
        visits=(visit("single", *single), visit("cot", *cot, 3000), visit("refine", *refine, 600)),
    )


def known(count=40):
    """Examples where failing answers go with wrong ones: thinking cures them, at a price."""
    return [
        drawn(f"e{i}", (0.0, True), (0.0, True), (0.0, True)) if i % 4 else
        drawn(f"e{i}", (1.0, False), (0.0, True), (0.0, True))
        for i in range(count)
    ]  # fmt: skip


def write(path, *rows):
    path.write_text("\n".join(r if isinstance(r, str) else json.dumps(r) for r in rows), "utf-8")
    return path


def row(name, **more):
    return {"id": name, "spec": "invert a", "top": "m", "reference": REFERENCE} | more


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        (["{"], ":1: no JSON"),
        ([row("a"), row("a")], ":2: the id 'a' was there before"),
        ([row("a", reference="")], ":1: .*neither a reference nor a testbench"),
        ([row("a", top="9m")], "plain Verilog identifier"),
        ([row("a", spec="")], ":1: spec"),
        ([row("a", more=1)], ":1: more"),
        ([], "holds no example"),
        ([row(str(i)) for i in range(501)], "holds 501 examples, more than 500"),
    ],
)
def test_a_bad_training_file_is_refused_with_its_line(tmp_path, rows, said):
    with pytest.raises(UsageError, match=said):
        read_examples(write(tmp_path / "train.jsonl", *rows))


def test_a_file_that_is_none_is_refused(tmp_path):
    with pytest.raises(UsageError, match="cannot be read"):
        read_examples(tmp_path / "none.jsonl")
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(UsageError, match="cannot be read"):
        read_examples(tmp_path / "binary")


def test_a_limit_beyond_what_was_published_is_refused(tmp_path):
    with pytest.raises(UsageError, match="between 1 and 500"):
        read_examples(write(tmp_path / "t", row("a")), limit=501)


def test_thresholds_are_percentiles_and_the_best_on_the_training_set():
    draws = known()
    fitted = fit_thresholds(draws, Aim())
    rates = {o: [d.visit(o).features["failure_rate"] for d in draws] for o in OPERATORS[:-1]}
    levels = {o: {round(float(np.percentile(r, p)), 6) for p in (20, 40, 60, 80)}
              for o, r in rates.items()}  # fmt: skip
    for operator, above in fitted.items():
        assert above in levels[operator]
    best = max(
        earned(draws, rules_of(Tuning(thresholds={"single": s, "cot": c})), Aim())
        for s, c in product(levels["single"], levels["cot"])
    )
    assert earned(draws, rules_of(Tuning(thresholds=fitted)), Aim()) == best


def test_points_are_by_hand():
    draws = known(4)
    rules = rules_of(Tuning(thresholds={"single": 0.5, "cot": 0.5}))
    assert follow(draws[1], rules).tokens == 100
    assert follow(draws[0], rules).tokens == 1100
    assert follow(draws[0], rules).stopped == "cot"
    # Three stop at once, one thinks: all four are right.
    assert earned(draws, rules, Aim()) == pytest.approx(100 - (3 * 0.1 + 1.1) / 4)
    assert earned(draws, rules, Aim("area", 0.5)) == pytest.approx(95)
    assert earned(draws, rules, Aim("delay", 0.5)) == pytest.approx(99)


def test_the_controller_goes_on_where_going_on_pays():
    policies = fit_policies(known(), Aim())
    rules = rules_of(Tuning(policies=policies))
    for one in known():
        wanted = "cot" if one.visit("single").features["failure_rate"] else "single"
        assert follow(one, rules).stopped == wanted
    assert all(set(p.weights) <= {"bias", *LEARNED} for p in policies.values())


def test_the_controller_stops_where_thinking_costs_more_than_it_earns():
    policies = fit_policies(known(), Aim(weight=1.0))
    rules = rules_of(Tuning(policies=policies))
    assert {follow(one, rules).stopped for one in known()} == {"single"}


def test_the_regression_is_that_of_its_normal_equations():
    """A feature that decides the gain alone: the weights must give the gains back."""
    draws = known(200)
    policy = fit_policies(draws, Aim())["single"]
    for rate, gain in ((0.0, -1.0), (1.0, 99.0)):
        said = policy.weights["bias"] + policy.weights["failure_rate"] * rate
        assert said == pytest.approx(gain, abs=0.5)


def test_too_few_examples_are_refused():
    with pytest.raises(UsageError, match="too few"):
        calibrate(known(9), Aim(), base=Tuning())


def test_auto_keeps_thresholds_unless_the_controller_does_better_on_unseen_folds():
    fitted = calibrate(known(), Aim(), base=Tuning(samples=3))
    better = fitted.scores["learned"] > fitted.scores["thresholds"]
    assert bool(fitted.tuning.policies) == better
    assert calibrate(known(), Aim(), base=Tuning(), controller="learned").tuning.policies
    assert not calibrate(known(), Aim(), base=Tuning(), controller="thresholds").tuning.policies


@pytest.fixture(scope="module")
def few():
    return [p for p in simulation_problems() if p.id in ("mux4_4", "parity_6")]


class TestWithTools:
    """Real runs of the workflow on two problems."""

    pytestmark = needs_tools

    def test_draws_are_kept_and_not_drawn_again(self, few, tmp_path):
        model, examples = SimulatedModel(few), [example_of(problem) for problem in few]
        kept = tmp_path / "kept.jsonl"
        first = anyio.run(lambda: draw_all(examples, model, samples=2, kept=kept))
        assert [draw.example for draw in first] == [e.id for e in examples]
        for drawn_ in first:
            assert [v.operator for v in drawn_.visits] == list(OPERATORS)
            assert all(v.calls == 2 and v.tokens > 0 for v in drawn_.visits)
            assert all(set(v.features) == set(FEATURES) for v in drawn_.visits)
        # A killed run leaves half a line, and the other example undone.
        text = kept.read_text()
        lines = [line for line in text.splitlines() if line]
        kept.write_text(f"{lines[0]}\n{lines[1][:50]}")
        asked = []
        again = anyio.run(lambda: draw_all(examples, Counted(model, asked), samples=2, kept=kept))
        assert again == first
        assert len(asked) == 6
        third = anyio.run(lambda: draw_all(examples, Refuses(), samples=2, kept=kept))
        assert third == first

    def test_a_reference_or_a_testbench_decides_what_is_right(self, few):
        (example,) = [example_of(p) for p in few if p.id == "parity_6"]
        good = few[0] if few[0].id == "parity_6" else few[1]
        assert example.is_right(good.reference)
        assert not example.is_right(good.design(good.answers["functional"][0]))
        bench = Example(
            id="x", spec="invert", top="m",
            testbench="module tb; reg a = 0; wire y; m u(a, y); initial begin "
            "#1 if (y !== 1) $fatal(1); a = 1; #1 if (y !== 0) $fatal(1); $finish; end endmodule",
        )  # fmt: skip
        right = good.reference.model_copy(
            update={"top": "m", "sources": (good.reference.sources[0].model_copy(
                update={"text": REFERENCE}),)}
        )  # fmt: skip
        wrong = right.model_copy(
            update={"sources": (right.sources[0].model_copy(
                update={"text": REFERENCE.replace("~", "")}),)}
        )  # fmt: skip
        assert bench.is_right(right)
        assert not bench.is_right(wrong)

    def test_a_calibration_says_what_it_learned_from(self, few, tmp_path):
        base = example_of(few[0])
        examples = [
            base.model_copy(update={"id": f"e{i}", "spec": f"{few[0].spec} ({i})"})
            for i in range(10)
        ]
        recording = tmp_path / "model.jsonl"
        model = RecordingModel(SimulatedModel(few), recording)
        found = anyio.run(lambda: calibrated(examples, model, aim=Aim(), samples=1))
        assert found.samples == 1
        assert found.provenance["examples"] == 10
        assert found.provenance["model"] == "simulated"
        assert len(found.provenance["train_sha256"]) == 64
        assert {"thresholds", "learned", "single only"} <= set(found.provenance["cross_validated"])
        train = tmp_path / "train.jsonl"
        train.write_text("\n".join(e.model_dump_json() for e in examples), "utf-8")
        out = tmp_path / "calibration.json"
        done = command("rtl", "calibrate", "--train", str(train), "--out", str(out), "-k", "1",
                       "--replay", str(recording), "--json")  # fmt: skip
        assert done.code == 0, done.err
        assert json.loads(done.out) == json.loads(out.read_text())
        assert Tuning.model_validate(read_calibration(out)) == found
        # A model that cannot be reached any more is said to be so, and what was drawn is kept.
        out.with_suffix(".draws.jsonl").unlink()
        lines = recording.read_text().splitlines(keepends=True)
        recording.write_text("".join(lines[:10]))
        stopped = command("rtl", "calibrate", "--train", str(train), "--out", str(out), "-k", "1",
                          "--replay", str(recording))  # fmt: skip
        assert stopped.code == 1
        assert "could not be drawn" in stopped.err
        assert "Traceback" not in stopped.err


class Counted:
    """Passes requests on and counts them."""

    rendering = "chat"

    def __init__(self, model, asked):
        self.model, self.asked, self.name = model, asked, model.name

    async def complete(self, request):
        self.asked.append(request)
        return await self.model.complete(request)


class Refuses:
    """May not be asked at all."""

    name, rendering = "simulated", "chat"

    async def complete(self, request):
        raise AssertionError("everything was drawn already")


def test_the_command_refuses_a_bad_file(tmp_path):
    bad = write(tmp_path / "train.jsonl", "{")
    done = command("rtl", "calibrate", "--train", str(bad), "--out", str(tmp_path / "c.json"))
    assert done.code == 2
    assert "train.jsonl:1: no JSON" in done.err.replace("\n", "")
    assert not (tmp_path / "c.json").exists()
