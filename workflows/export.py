"""Write a run as a plain Python script: the same tool calls, the same values, no model."""

from __future__ import annotations

from collections.abc import Iterator
from string import Template

from ..tools.records import Record
from .domain import Domain
from .planned.edited import plan_of, plan_yaml
from .report import Report
from .runs import RunFile

# The two functions that every exported program uses, as source.
REPEAT = """def call(name, tool, **args):
    day = date.fromisoformat($today)
    context = ToolContext(store, catalog, records, day, detectors, task, frozenset(refused))
    result = tools[tool](context, args)
    records[name] = Record(
        id=name, stage="", tool=tool, args=args, status="empty" if result.empty else "ok",
        summary=result.summary, outputs=result.outputs, values=result.values,
        artifacts=result.artifacts, notes=result.notes,
    )
    print(f"{name}: {result.summary}")


def expect(record, name, value):
    got = {v.name: v.value for v in records[record].values}.get(name)
    same = got == value or (
        isinstance(got, float) and math.isclose(got, value, rel_tol=1e-9, abs_tol=1e-12)
    )
    print(f"{record}.{name} = {got!r}" + ("" if same else f", but the run had {value!r}"))
    if not same:
        wrong.append(f"{record}.{name}")
"""
SCRIPT = Template(
    '''"""Repeat run $run_id without a model and compare its values.

Question: $question
Usage: python $run_id.py [CATALOG [OUTPUT_FOLDER]]
"""
$plan
import math
import sys
from datetime import date
from pathlib import Path

from terragate.tools.artifacts import ArtifactStore
from terragate.tools.records import Record
from terragate.tools.spec import ToolContext
$setup
CATALOG = sys.argv[1] if len(sys.argv) > 1 else $catalog
OUTPUT = Path(sys.argv[2] if len(sys.argv) > 2 else "repeated")

catalog = open_catalog(CATALOG)
detectors = $detectors
task = $task
tools = {tool.name: tool for tool in TOOLS}
store = ArtifactStore(OUTPUT)
records = {}
refused = set()
wrong = []


'''
    + REPEAT
    + """

$calls
sys.exit(1 if wrong else 0)
"""
)


def export_script(run: RunFile, report: Report, domain: Domain) -> str:
    """Return the script of a finished run; failed calls are left out, for they gave nothing."""
    question = " ".join(run.request.text.replace("\\", "/").replace('"', "'").split())
    return SCRIPT.substitute(
        run_id=run.run_id,
        question=question,
        plan=_plan_comment(report),
        **setup_parts(run, domain),
        today=repr(run.request.today.isoformat()),
        calls="\n".join(
            [
                *(line for r in repeatable(run, report) for line in call_lines(r, report)),
                *final_lines(report),
            ]
        ),
    )


def _plan_comment(report: Report) -> str:
    """Return the plan that a run followed, as comment lines; nothing where it had none."""
    plan = plan_of(report)
    if plan is None:
        return ""
    lines = plan_yaml(plan, report.request.text, report.run_id).splitlines()
    return "\n".join(
        ["", "# The plan of the run, as 'terragate ask --plan' reads it:"]
        + [f"#   {line}" for line in lines]
        + [""]
    )


def setup_parts(run: RunFile, domain: Domain) -> dict[str, str]:
    """Return the source that opens what a run was made with: its tools, catalog and detectors."""
    setup, detectors = domain.script_setup, "{}"
    if run.detectors:
        setup += "from terragate.tools.geo.detection.shelf import open_shelf\n"
        detectors = f"open_shelf(Path({run.detectors!r}), catalog).models"
    task = "None"
    if run.request.rtl is not None:
        task = f"RtlTask.model_validate_json({run.request.rtl.model_dump_json()!r})"
    return {"setup": setup, "catalog": repr(run.catalog), "detectors": detectors, "task": task}


def repeatable(run: RunFile, report: Report) -> tuple[Record, ...]:
    """Return the calls that gave something, what earlier runs of the thread left first."""
    return tuple(r for r in (*run.prior, *report.records) if r.status in ("ok", "empty"))


def call_lines(record: Record, report: Report) -> Iterator[str]:
    """Return the source that repeats one call and compares its values."""
    args = "".join(f", {key}={value!r}" for key, value in record.args.items())
    yield f"call({record.id!r}, {record.tool!r}{args})"
    for value in record.values:
        yield f"expect({record.id!r}, {value.name!r}, {value.value!r})"
    # A later choice among designs leaves out what a verifier has failed.
    if report.request.rtl is not None and record.id in _refused(report):
        yield f"refused.add({record.id!r})"


def final_lines(report: Report) -> Iterator[str]:
    """Return the source that verifies the final design of an RTL run again."""
    for verdict in report.verdicts:
        if verdict["name"] == "verified":
            yield f"check({verdict['record']!r}, {verdict['details']['status']!r})"


def _refused(report: Report) -> frozenset[str]:
    return frozenset(v["record"] for v in report.verdicts if v["outcome"] == "fail" and v["record"])
