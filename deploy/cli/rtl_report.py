"""Show the report of an RTL run, and say which exit code it has."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from rich.console import Console
from rich.text import Text

from ...tools.artifacts import ArtifactStore
from ...tools.records import Record
from ...tools.rtl.design import Design
from ...tools.rtl.drafts import read_design
from ...verifiers.rtl.verify import Verification
from ...verifiers.verdict import Verdict
from ...workflows.ledger import share_left
from ...workflows.report import Report
from .rtl_show import print_json, show_verification, tool_missing, verdict_table

VERIFIED, NOT_VERIFIED, MISSING, BUDGET = 0, 1, 3, 4
# Below this share of the tokens the cascade asks no more.
SPENT: Final = 0.1


def rtl_code(report: Report) -> int:
    """Return the exit code of an RTL run."""
    if report.status == "verified":
        return VERIFIED
    error = report.error or ""
    if error.startswith("budget:"):
        return BUDGET
    if error in ("model:unreachable", "tool:unavailable", "ToolUnavailable"):
        return MISSING
    left = share_left(report.spec.budget, report.usage)
    if min(left["tokens"], left["seconds"]) < SPENT or not left["model_calls"]:
        return BUDGET
    found = final_verification(report)
    if found is None or found.status == "refuted":
        return NOT_VERIFIED
    return MISSING if any(map(tool_missing, found.verdicts)) else NOT_VERIFIED


def final_verification(report: Report) -> Verification | None:
    """Return the verification that a run ended with, None when it never came to one."""
    rows = [v for v in report.verdicts if v["name"] == "verified"]
    return Verification.model_validate(rows[-1]["details"]) if rows else None


def final_record(report: Report) -> Record | None:
    """Return the record that holds the design that was judged last."""
    held = [r for r in report.records if "design" in r.outputs]
    final = [r for r in held if "final" in r.outputs]
    return (final or held or [None])[-1]


def final_design(report: Report, folder: Path) -> Design | None:
    """Return the design that was judged last, as the run's folder holds it."""
    record = final_record(report)
    task = report.request.rtl
    if record is None or task is None:
        return None
    return read_design(record.outputs["design"], ArtifactStore(folder), task)


def show_rtl(report: Report, out: Path, *, as_json: bool) -> None:
    """Print a report of an RTL run: one JSON object, or verdicts, counterexample, cost, design."""
    if as_json:
        print_json(report.model_dump_json())
        return
    console = Console()
    found, folder = final_verification(report), out / report.run_id
    console.print()
    if found is not None:
        console.print(verdict_table(found.verdicts))
        show_verification(console, found, final_design(report, folder))
    else:
        _show_tried(console, report)
    console.print(Text(report.answer, "bold"), soft_wrap=True)
    if report.reason and report.status != "verified":
        console.print(Text(f"because {report.reason}"), soft_wrap=True)
    record = final_record(report)
    if record is not None:
        path = (folder / record.outputs["design"]["artifact"]["path"]).absolute()
        console.print(Text(f"design {path}"), soft_wrap=True)
    console.print(Text(_cost(report), "dim"), soft_wrap=True)


def _show_tried(console: Console, report: Report) -> None:
    """Print the verdicts of the last design of a run that never came to a final one."""
    last = final_record(report)
    rows = [v for v in report.verdicts if last is not None and v["record"] == last.id]
    known = Verdict.model_fields
    verdicts = [Verdict(**{k: v for k, v in row.items() if k in known}) for row in rows]
    if verdicts:
        console.print(verdict_table(verdicts))


def _cost(report: Report) -> str:
    usage = report.usage
    drafts = sum(record.tool == "submit_design" for record in report.records)
    return (
        f"run {report.run_id} · {report.workflow} on {report.model} · {drafts} designs · "
        f"{usage.model_calls} model calls · {usage.tokens} tokens · {usage.seconds:.1f} s"
    )
