"""Does the design avoid what lint rules call errors? Warnings are listed and do not fail it."""

from __future__ import annotations

from ...tools.rtl.design import Design
from ...tools.rtl.finding import Finding
from ...tools.rtl.lint import lint as find
from ..verdict import Verdict

SHOWN = 5


def lint(design: Design) -> Verdict:
    """Judge a design by its lint findings; `unknown` when no tool could read it."""
    report = find(design)
    tools = sorted({found.tool for found in report.findings})
    details = {
        "findings": [found.model_dump(mode="json") for found in report.findings],
        "skipped": list(report.skipped),
    }
    # One of three tools alone sees too few of the rules to call a design clean.
    blind = len(report.skipped) > 1
    outcome = "fail" if report.errors else "unknown" if blind else "pass"
    return Verdict(
        name="lint",
        outcome=outcome,
        method="lint rules of slang, Yosys and Verilator",
        strength="linted",
        evidence=_evidence(report.findings) or "; ".join(report.skipped)[:500],
        details=details,
        tool_version=", ".join(tools) or "1",
    )


def _evidence(findings: tuple[Finding, ...]) -> str:
    lines = [f"{f.file}:{f.line}: {f.severity}: {f.message} ({f.rule})" for f in findings]
    more = f"; and {len(lines) - SHOWN} more" if len(lines) > SHOWN else ""
    return "; ".join(lines[:SHOWN]) + more
