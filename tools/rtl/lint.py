"""All lint rules over one design, each from the tool that decides it best."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Final

from ..errors import ToolError
from ..records import Frozen
from ..sandbox import Job, Limits, Step, shared_pool
from .design import Design
from .finding import Finding, finding
from .netlist import structural_findings
from .verilator import verilator_findings

STYLE: Final = Path(__file__).parent / "services" / "style.py"
REQUEST: Final = "style.request.json"
LIMITS: Final = Limits(cpu_s=15, wall_s=30, memory_mb=4096)
SAID: Final = {
    "blocking_in_clocked": "{!r} is assigned with '=' in a clocked block",
    "nonblocking_in_combinational": "{!r} is assigned with '<=' in a combinational block",
    "incomplete_sensitivity": "{!r} is read but is not in the sensitivity list",
}


class LintReport(Frozen):
    """Findings by place, and the tools that could not look, with the reason."""

    findings: tuple[Finding, ...]
    skipped: tuple[str, ...] = ()

    @property
    def errors(self) -> tuple[Finding, ...]:
        """Return the findings that no simulation can make right."""
        return tuple(found for found in self.findings if found.severity == "error")


@lru_cache(maxsize=256)
def lint(design: Design) -> LintReport:
    """Return every finding once; a tool that is missing or cannot read the design is named."""
    found: list[Finding] = []
    skipped: list[str] = []
    for source in (style_findings, structural_findings, verilator_findings):
        try:
            found += source(design)
        except ToolError as error:
            skipped.append(str(error))
    return LintReport(findings=tuple(_merged(found)), skipped=tuple(skipped))


@lru_cache(maxsize=256)
def style_findings(design: Design) -> tuple[Finding, ...]:
    """Return what only the syntax tree shows: kinds of assignment, sensitivity lists."""
    request = {
        "order": [source.name for source in design.sources],
        "top": design.top,
        "parameters": design.parameters,
        "defines": design.defines,
    }
    files = {**design.files(), REQUEST: json.dumps(request)}
    done = shared_pool(service=STYLE).run(Job(files, (Step(call=REQUEST, limits=LIMITS),))).last
    if not done.ok:
        raise ToolError(f"slang ended with code {done.code or -done.signal}", kind="bad_data")
    tool = f"pyslang {version('pyslang')}"
    return tuple(
        finding(
            row["rule"], SAID[row["rule"]].format(row["name"]), tool,
            (row["file"], row["line"], row["column"]),
        )
        for row in json.loads(done.stdout)
    )  # fmt: skip


def _merged(found: Iterable[Finding]) -> Iterator[Finding]:
    """Yield one finding per rule and line, errors first, then by place."""
    seen: set[tuple[str, str, int]] = set()
    for one in sorted(found, key=lambda f: (f.severity != "error", f.file, f.line, f.column)):
        key = (one.rule, one.file, one.line)
        if key not in seen:
            seen.add(key)
            yield one
