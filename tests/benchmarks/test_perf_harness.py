"""The whole-benchmark comparison on a tiny set: a flow of our own stands in for the published."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path

import pytest
from terragate.benchmarks.perf import harness
from terragate.benchmarks.rtl.problem import candidate
from terragate.benchmarks.rtl.verilogeval import load
from terragate.tests.support.eda import needs_icarus, needs_slang
from terragate.tests.support.tiny_rtl_sets import write_verilog_eval
from terragate.tests.support.verilog_flow import write_flow
from terragate.tools.errors import UsageError
from terragate.tools.rtl.fingerprint import layout_key

pytestmark = [needs_icarus, needs_slang]

RULES = """sv-iv-analyze: $(logs)
\t@srcdir@/scripts/sv-iv-analyze $(problems)
define rule
$(1)/$(1)_sample%-sv-iv-test.log: $(1)/$(1)_sample%.sv
\t-@iverilog -g2012 -s tb -o $$*.vvp $$< @dataset_dir@/$(1)_test.sv @dataset_dir@/$(1)_ref.sv &> $$@
\t-@vvp -n $$*.vvp &>> $$@; rm -f $$*.vvp
endef
$(foreach p,$(problems),$(eval $(call rule,$(p))))
"""
ANALYSIS = """#!/usr/bin/env python3
import pathlib, sys
with open("summary.csv", "w") as out:
    for name in sys.argv[1:]:
        logs = sorted(pathlib.Path(name).glob("*-sv-iv-test.log"))
        texts = [log.read_text() for log in logs]
        letters = ["S" if "syntax error" in text else "." if "Mismatches: 0 in" in text else "R"
                   for text in texts]
        print(name, letters.count("."), len(letters), 0.0, *letters, sep=",", file=out)
"""


@pytest.fixture
def flow(tmp_path: Path) -> Path:
    folder = write_flow(tmp_path / "flow", RULES)
    script = folder / "scripts" / "sv-iv-analyze"
    script.write_text(ANALYSIS)
    script.chmod(0o755)
    return folder


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return write_verilog_eval(tmp_path / "set", ("Prob001_a", "Prob002_b"))


def test_answers_are_distinct_and_of_every_kind(data: Path) -> None:
    [problem, _] = load(data)
    made = harness.prepared(problem, 20)
    kinds = Counter(one.kind for one in made)
    assert len(made) == 20
    assert kinds["broken"] == harness.BROKEN
    assert kinds["forged"] == kinds["empty"] == 1
    assert kinds["right"] >= harness.RIGHT
    keys = {layout_key(candidate(problem, one.candidate.text)) for one in made}
    assert len(keys) == 20


def test_both_ways_are_timed_and_where_they_part_is_listed(
    data: Path, flow: Path, tmp_path: Path
) -> None:
    out = tmp_path / "harness.json"
    harness.main(["--data", str(data), "--flow", str(flow), "--out", str(out)])
    found = json.loads(out.read_text())
    assert (found["problems"], found["samples"]) == (2, 40)
    assert found["ratio"] > 0
    kinds = found["kinds"]
    assert kinds["right"]["theirs_pass"] == kinds["right"]["ours_pass"] == kinds["right"]["samples"]
    assert kinds["broken"]["ours_pass"] == kinds["empty"]["ours_pass"] == 0
    assert (kinds["forged"]["theirs_pass"], kinds["forged"]["ours_pass"]) == (2, 0)
    assert sum("(forged)" in line for line in found["they_pass_and_we_do_not"]) == 2
    assert found["we_pass_and_they_do_not"] == []


def test_a_flow_without_its_analysis_is_refused(data: Path, flow: Path) -> None:
    (flow / "scripts" / "sv-iv-analyze").unlink()
    with pytest.raises(UsageError, match="sv-iv-analyze"):
        harness.run(data, flow, 1, 2)
