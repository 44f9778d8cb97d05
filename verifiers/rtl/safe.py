"""Does the design keep away from its own test?

A design that prints, stops the simulation, reads files, reaches into the testbench or drives its
own inputs could forge a pass. A text that cannot be read in full is `unknown`, which is no pass.
"""

from __future__ import annotations

from typing import Any, Final

from ...tools.rtl.design import Design
from ...tools.rtl.project.facts import Diagnostic
from ...tools.rtl.slang import forbidden
from ..verdict import Outcome, Verdict
from .diagnostics import diagnosed

UNDECIDED: Final = frozenset({"unreadable"})


def safe(design: Design, reserved: tuple[str, ...] = ()) -> Verdict:
    """Judge what a design uses; `reserved` are the testbench's modules and macros."""

    def judge() -> tuple[Outcome, tuple[Diagnostic, ...], dict[str, Any]]:
        found = forbidden(design, reserved=reserved)
        errors = {d.code for d in found if d.severity == "error"}
        outcome: Outcome = "pass" if not errors else "unknown" if errors <= UNDECIDED else "fail"
        return outcome, found, {}

    return diagnosed("safe", "constructs on the syntax tree of slang", "checked", judge)
