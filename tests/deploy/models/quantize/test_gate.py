import json
import math

import numpy as np
import pytest
from terragate.deploy.models.quantize.gate import (
    Margins,
    judge,
    paired,
    read_gate,
    read_scores,
    to_json,
    with_tasks,
)
from terragate.deploy.models.quantize.job import Measures
from terragate.tests.support.quantizing import measured
from terragate.tools.errors import UsageError


def judged(measures, **margins):
    return judge(measures, Margins(**margins), seen_in_calibration=0, rows_sha256="0")


def test_the_interval_by_hand():
    # 5 lost, 1 won of 100. With half an item more in each cell: b = 5.5, c = 1.5, m = 102;
    # centre -4 / 102, half 1.959964 * sqrt(7 - 16 / 102) / 102 = 0.0502662.
    found = paired([(True, False)] * 5 + [(False, True)] + [(True, True)] * 94)
    assert found.source == 0.99
    assert found.result == 0.95
    assert math.isclose(found.difference, -0.04)
    assert math.isclose(found.low, -0.0392157 - 0.0502662, abs_tol=1e-6)
    assert math.isclose(found.high, -0.0392157 + 0.0502662, abs_tol=1e-6)


def test_the_interval_holds_the_truth_as_often_as_it_says():
    rng = np.random.default_rng(3)
    n, lost, won = 400, 0.03, 0.01
    draws = rng.multinomial(n, [lost, won, 1 - lost - won], size=800)
    held = 0
    for b, c, rest in draws:
        cells = [(True, False)] * b + [(False, True)] * c + [(True, True)] * rest
        found = paired(cells)
        held += found.low <= won - lost <= found.high
    assert 0.93 <= held / len(draws) <= 0.985


def test_a_result_that_loses_nothing_passes():
    gate = judged(measured())
    assert gate.passes
    domain = gate.domains[0]
    assert math.isclose(domain.answer.divergence, 0.001)
    assert math.isclose(domain.answer.source_perplexity, math.exp(0.1))
    assert math.isclose(domain.answer.agreement, 0.9)
    assert math.isclose(domain.prompt.source_perplexity, math.e)
    assert domain.exact.difference == 0


@pytest.mark.parametrize(
    ("measures", "words"),
    [
        (measured(divergence=0.06), "divergence 0.0600 nats a token is above 0.05"),
        (measured(divergence=math.nan), "divergence nan"),
        (measured(result_nll=0.2), "perplexity is 1.105 times the source's, above 1.05"),
        (measured(result_nll=math.nan), "perplexity is nan"),
        (measured(lost=10), "up to 8.1 points may be lost (95 % bound, n = 200), above 2"),
        (measured(80), "so few cannot show a loss below 2 points"),
    ],
)
def test_what_is_refused(measures, words):
    reasons = judged(measures).reasons
    assert any(words in reason for reason in reasons)
    assert len(reasons) == 1


def test_as_many_won_as_lost_is_no_loss_but_noise():
    assert judged(measured(2000, lost=10, won=10)).passes
    assert not judged(measured(200, lost=10, won=10)).passes


def test_one_domain_cannot_hide_behind_another():
    geo, rtl = measured(5000, domain="geo"), measured(200, lost=10, domain="rtl")
    both = geo.model_copy(update={"rows": geo.rows + rtl.rows})
    gate = judged(both)
    assert [domain.name for domain in gate.domains] == ["all", "geo", "rtl"]
    assert [domain.exact.n for domain in gate.domains] == [5200, 5000, 200]
    assert len(gate.reasons) == 1
    assert "'rtl'" in gate.reasons[0]


def test_margins_are_the_callers():
    assert judged(measured(lost=10), answers=0.1).passes
    assert not judged(measured(), divergence=0.0001).passes


def test_no_row_fits_the_model():
    with pytest.raises(UsageError, match="all 7 gate rows are longer"):
        judged(Measures(rows=(), too_long=7, dtype="float32"))


def scores_file(path, items, sha="w"):
    suites = [{"name": "geo/stateful", "domain": "geo", "items": items}]
    path.write_text(json.dumps({"result_sha256": sha, "suites": suites}))
    return path


def item(number, source, result):
    return {"id": str(number), "source": source, "result": result}


def test_tasks_enter_the_decision(tmp_path):
    gate = judged(measured())
    good = scores_file(tmp_path / "good.json", [item(n, True, True) for n in range(1000)])
    bad = scores_file(tmp_path / "bad.json", [item(n, True, n >= 40) for n in range(1000)])
    passed = with_tasks(gate, read_scores(good))
    assert passed.passes
    assert passed.tasks[0].success.n == 1000
    failed = with_tasks(gate, read_scores(bad))
    assert failed.tasks[0].success.difference == -0.04
    assert len(failed.reasons) == 1
    assert "tasks of 'geo/stateful': up to 5." in failed.reasons[0]


@pytest.mark.parametrize(
    "text", ["", "[]", '{"result_sha256": "x", "suites": []}', '{"suites": [{"name": "a"}]}']
)
def test_scores_that_are_none(tmp_path, text):
    (tmp_path / "s.json").write_text(text)
    with pytest.raises(UsageError, match="cannot read task scores"):
        read_scores(tmp_path / "s.json")


def test_an_item_scored_twice(tmp_path):
    path = scores_file(tmp_path / "s.json", [item(1, True, True), item(1, True, False)])
    with pytest.raises(UsageError, match="has item '1' twice"):
        read_scores(path)


def test_a_report_is_read_again(tmp_path):
    gate = judged(measured(lost=10))
    (tmp_path / "gate.json").write_text(to_json(gate))
    assert read_gate(tmp_path / "gate.json") == gate
    with pytest.raises(UsageError, match="no report of the gate"):
        read_gate(tmp_path / "nowhere.json")
