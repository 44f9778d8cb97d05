"""A family of another distribution: one folder and one entry point, and it runs."""

from __future__ import annotations

import anyio
from terragate.tests.support.scripted_model import FirstOption
from terragate.tests.support.toy_domain import TODAY, open_catalog
from terragate.workflows.registry import FAMILIES, families
from terragate.workflows.request import Request
from terragate.workflows.runtime import Platform, run

FAMILY = '''
from terragate.tests.support.toy_domain import TOY
from terragate.workflows.registry import Family
from terragate.workflows.spec import Always, End, Exit, Stage, WorkflowSpec


def two_steps():
    """Return find → weigh, and nothing else."""
    return WorkflowSpec(
        name="two-steps",
        version="0.3",
        summary="Two steps.",
        entry="find",
        stages=(
            Stage(name="find", objective="find", tools=("find",),
                  exits=(Exit(when=Always(), to=("weigh",)),)),
            Stage(name="weigh", objective="weigh", tools=("weigh",),
                  exits=(Exit(when=Always(), to=End(end="answered")),)),
        ),
    )


FAMILY = Family("two-steps", two_steps, domain=TOY)
'''


def test_another_distribution_adds_a_family(tmp_path, monkeypatch):
    package = tmp_path / "their_package"
    package.mkdir()
    (package / "__init__.py").write_text(FAMILY)
    info = tmp_path / "their_package-0.3.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: their-package\nVersion: 0.3\n")
    entry = (
        "[terragate.workflows]\ntwo-steps = their_package:FAMILY\nreact = their_package:FAMILY\n"
    )
    (info / "entry_points.txt").write_text(entry)
    monkeypatch.syspath_prepend(tmp_path)

    found = families()
    assert found["react"] in FAMILIES, "ours cannot be replaced"
    request = Request(text="crane", today=TODAY, workflow="two-steps")
    report = anyio.run(run, request, Platform(FirstOption(), open_catalog(tmp_path), tmp_path))
    assert (report.status, report.workflow, report.spec.version) == ("answered", "two-steps", "0.3")
    assert [record.tool for record in report.records] == ["find", "weigh"]
