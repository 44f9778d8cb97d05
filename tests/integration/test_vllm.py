"""A real vLLM serves the shipped weights: held-out questions and specifications, end to end."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import anyio
import pytest
from terragate.agents.profiles import NANO, open_model
from terragate.benchmarks.geo.dataset import Item, prepare, with_truth
from terragate.benchmarks.geo.grade import grade
from terragate.benchmarks.rtlgen.families import ALL
from terragate.benchmarks.rtlgen.generate import jobs, make
from terragate.benchmarks.suites.fingerprint import fingerprint
from terragate.benchmarks.suites.registry import find_suite
from terragate.benchmarks.suites.rows import result_of
from terragate.benchmarks.suites.running import run_suite
from terragate.benchmarks.suites.suite import Arm, Bench, Ceiling, spread
from terragate.deploy.cli.locations import serving_venv
from terragate.deploy.serving.install import is_installed, serving_python
from terragate.deploy.serving.server import Launcher, ServerHandle, ensure_server, stop_server
from terragate.tests.support.eda import needs_icarus, needs_slang, needs_yosys
from terragate.tools.geo.static_catalog import open_catalog
from terragate.workflows.report import Report
from terragate.workflows.request import Request
from terragate.workflows.runtime import Platform, run
from terragate.workflows.settings import Settings

pytestmark = pytest.mark.llm
QUESTIONS = 20
# Far below the accepted figure, far above the random control's: chance of a false alarm is small.
LEAST_RIGHT = 8
# Of these families, with parameters, ports and words that no training row has.
DESIGNS = ("decoder", "binary counter", "adder", "multiplexer", "gate")
LEAST_DESIGNS = 2
DRAWS = 4


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ServerHandle]:
    venv = serving_venv(Settings())
    if not is_installed(venv):
        pytest.skip("vLLM is not installed: run `make serve-install`")
    state = tmp_path_factory.mktemp("serve")
    yield anyio.run(ensure_server, NANO, Launcher(python=serving_python(venv), state_dir=state))
    stop_server(NANO.name, state)


@pytest.fixture(scope="module")
def archive_and_items(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[Item]]:
    archive, questions = prepare(tmp_path_factory.mktemp("heldout"))
    return archive, with_truth(spread(questions, QUESTIONS), archive)


def test_heldout_questions_end_to_end(
    server: ServerHandle, archive_and_items: tuple[Path, list[Item]], tmp_path: Path
) -> None:
    archive, items = archive_and_items
    model = open_model(NANO, base_url=server.url)
    platform = Platform(model=model, catalog=open_catalog(archive), out=tmp_path)

    async def ask() -> list[Report]:
        try:
            return [
                await run(Request(text=item.question.text, today=date(2026, 1, 1)), platform)
                for item in items
            ]
        finally:
            await model.aclose()

    reports = anyio.run(ask)

    assert server.proven
    assert {report.status for report in reports} <= {"answered", "clarify", "refused", "failed"}
    for report in reports:
        assert report.error is None or not report.error.startswith(("model:", "internal:"))
        known = {record.id for record in report.records}
        assert all(value.record in known for value in report.values)
    assert sum(report.usage.model_calls for report in reports) >= QUESTIONS
    right = [grade(report, item.truth).success for report, item in zip(reports, items, strict=True)]
    assert sum(right) >= LEAST_RIGHT


@needs_icarus
@needs_slang
@needs_yosys
def test_heldout_specifications_end_to_end(server: ServerHandle, tmp_path: Path) -> None:
    families = tuple(family for family in ALL if family.name in DESIGNS)
    work = jobs(families, 12, "test", 1, 7)
    rows = [json.dumps(row) + "\n" for job in work for row in make(job)[0]]
    (tmp_path / "test.problems.jsonl").write_text("".join(rows))
    suite = find_suite("rtl-gen")
    items = suite.load(tmp_path)
    model = open_model(NANO, base_url=server.url)
    log = run_suite(
        suite, items, Arm("direct", model, samples=DRAWS, max_tokens=640),
        # So many prompts at once do not fit one step of the engine, and every one is sampled.
        Bench(tmp_path / "run", at_once=32),
        fingerprint=fingerprint(suite, items, {"name": model.name}), price={},
        ceiling=Ceiling(total=len(items), passed=len(items)),
    )  # fmt: skip
    found = result_of(log).rows
    assert len(found) == DRAWS * len(rows) >= 8
    assert all(row.completion > 0 for row in found)
    assert sum(row.success for row in found) >= LEAST_DESIGNS
