"""Is the text (System)Verilog at all?"""

from __future__ import annotations

from typing import Any

from ...tools.rtl.design import Design
from ...tools.rtl.project.facts import Diagnostic
from ...tools.rtl.slang import inspect
from ..verdict import Outcome, Verdict
from .diagnostics import diagnosed


def parses(design: Design) -> Verdict:
    """Judge the syntax of a design (IEEE 1800-2017); its names and types are not looked at."""

    def judge() -> tuple[Outcome, tuple[Diagnostic, ...], dict[str, Any]]:
        found = inspect(design)
        broken = found.elaborated.syntax_errors
        errors = found.syntax
        details = {"language": "systemverilog" if found.beyond_2005 else "verilog-2005"}
        return "fail" if broken else "pass", errors, {} if broken else details

    return diagnosed("parses", "syntax tree of slang", "parsed", judge)
