"""The throughput benchmark: tiny work, to see that both ways agree and the report is whole."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from terragate.benchmarks.perf import rtl
from terragate.benchmarks.perf.rtl_candidates import distinct
from terragate.benchmarks.perf.rtl_flow import run_flow
from terragate.benchmarks.rtl.problem import candidate
from terragate.benchmarks.rtl.verilogeval import load
from terragate.tests.support.eda import needs_icarus, needs_slang, needs_yosys
from terragate.tests.support.tiny_rtl_sets import write_verilog_eval
from terragate.tests.support.verilog_flow import write_flow
from terragate.tools.errors import UsageError
from terragate.tools.rtl.fingerprint import layout_key

RULES = """sv-iv-test: $(logs)
%-sv-iv-test.log: %.sv
\t@grep -c TopModule $< @dataset_dir@/$(firstword $(problems))_ref.sv &> $@
"""


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_verilog_eval(tmp_path_factory.mktemp("set"), ("Prob001_a", "Prob002_b"))


@needs_icarus
@needs_yosys
@needs_slang
def test_the_report_is_whole_and_both_ways_agree(data: Path, tmp_path: Path) -> None:
    pytest.importorskip("pyosys")
    out = tmp_path / "report.json"
    code = rtl.main(["--data", str(data), "--quick", "--out", str(out)])
    assert code == 0
    report: dict[str, Any] = json.loads(out.read_text())
    assert report["quick"] is True
    assert report["workers"] == 2
    assert {"icarus", "yosys", "python", "sandbox"} == set(report["versions"])
    simulated, duplicates, made, fast, formal = report["results"]
    assert simulated["equal"] is formal["equal"] is True
    assert simulated["count"] == 12
    assert simulated["ratio"] > 0
    assert (duplicates["candidates"], duplicates["judged"]) == (48, 12)
    assert all("--flow" in row["skipped"] for row in (made, fast))
    assert formal["count"] == 4


def test_candidates_differ_by_more_than_layout(data: Path) -> None:
    found = distinct(load(data), 9)
    keys = {layout_key(candidate(c.problem, c.text)) for c in found}
    assert len(keys) == len(found) == 9


def test_the_flow_is_given_its_files_and_its_logs_are_looked_at(data: Path, tmp_path: Path) -> None:
    candidates = distinct(load(data), 5)
    taken, logs = run_flow(write_flow(tmp_path / "good", RULES), candidates, 2)
    assert taken > 0
    assert len(logs) == 5
    silent = write_flow(tmp_path / "silent", RULES.replace("grep -c TopModule $<", "true"))
    with pytest.raises(UsageError, match="5 logs are empty"):
        run_flow(silent, candidates, 2)
    with pytest.raises(UsageError, match=r"no Makefile\.in"):
        run_flow(tmp_path, candidates, 2)
