"""Lint with Verilator, where it is installed."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Final

from ..errors import ToolError, ToolUnavailable
from ..sandbox import Job, Limits, Step, shared_pool
from .design import Design
from .finding import Finding, Rule, finding

LINE: Final = re.compile(r"^%(Warning|Error)(?:-([A-Z0-9]+))?: ([^:\s]+):(\d+):(\d+): (.+)$", re.M)
RULES: Final[dict[str, Rule]] = {
    "BLKSEQ": "blocking_in_clocked",
    "CASEINCOMPLETE": "case_incomplete",
    "COMBDLY": "nonblocking_in_combinational",
    "LATCH": "latch",
    "MULTIDRIVEN": "multiple_drivers",
    "UNDRIVEN": "undriven",
    "UNUSEDSIGNAL": "unused",
    "WIDTH": "width",
    "WIDTHEXPAND": "width",
    "WIDTHTRUNC": "width",
}
LIMITS: Final = Limits(cpu_s=20, wall_s=30, memory_mb=2048)


@cache
def verilator_version() -> str | None:
    """Return the version, such as "verilator 5.006"; None when it is not installed."""
    if shutil.which("verilator") is None:
        return None
    done = shared_pool().run(Job({}, (Step(argv=("verilator", "--version")),))).last
    found = re.search(r"Verilator (\S+)", done.stdout)
    return f"verilator {found.group(1)}" if found else None


@lru_cache(maxsize=256)
def verilator_findings(design: Design) -> tuple[Finding, ...]:
    """Return Verilator's findings of the rules known here; ToolError when it cannot read it."""
    version = verilator_version()
    if version is None:
        raise ToolUnavailable("Verilator is not installed: apt-get install verilator")
    argv = (
        "verilator", "--lint-only", "-Wall", "-Wno-fatal", "-Wno-DECLFILENAME", "--timing", "-I.",
        "--top-module", design.top,
        *(f"-D{n}={v}" if v else f"-D{n}" for n, v in design.defines),
        *(f"-G{n}={v}" for n, v in design.parameters),
        *(source.name for source in design.sources),
    )  # fmt: skip
    done = shared_pool().run(Job(design.files(), (Step(argv, limits=LIMITS),))).last
    errors = [m for m in LINE.finditer(done.stderr) if m[1] == "Error"]
    if done.crashed or errors:
        why = errors[0][0][:300] if errors else f"stopped at its {done.stopped} limit"
        raise ToolError(f"{version} cannot read the design: {why}", kind="bad_data")
    return tuple(dict.fromkeys(_findings(done.stderr, version)))


def _findings(text: str, version: str) -> Iterator[Finding]:
    for found in LINE.finditer(text):
        rule = RULES.get(found[2] or "")
        if rule is not None:
            yield finding(rule, found[6], version, (found[3], int(found[4]), int(found[5])))
