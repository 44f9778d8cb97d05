"""Does the design synthesise, and to what?"""

from __future__ import annotations

from ...tools.errors import ToolError, ToolUnavailable
from ...tools.rtl.design import Design
from ...tools.rtl.slang import elaborate, language
from ...tools.rtl.synthesis import synthesise
from ..verdict import Verdict

METHOD = "Yosys synth"


def synthesises(design: Design, liberty: str | None = None) -> Verdict:
    """Judge whether a design becomes gates; a design without one cell or wire still may."""
    try:
        found = synthesise(design, liberty)
    except ToolUnavailable as error:
        return Verdict(name="synthesises", outcome="skipped", method=METHOD, evidence=str(error))
    except ToolError as error:
        return Verdict(
            name="synthesises",
            outcome="unknown" if _says_nothing(design, str(error)) else "fail",
            method=METHOD,
            strength="synthesised",
            evidence=str(error),
        )
    said = (
        f"{found.total} cells, {found.flip_flops} flip-flops, {found.latches} latches, "
        f"longest path {found.depth} cells"
    )
    if found.area is not None:
        said += f", area {found.area:g}"
    if found.delay_ns is not None:
        said += f", delay {found.delay_ns:g} ns"
    return Verdict(
        name="synthesises",
        outcome="pass",
        method=METHOD,
        strength="synthesised",
        evidence=said,
        details=found.model_dump(mode="json"),
        tool_version=found.tool,
    )


def _says_nothing(design: Design, why: str) -> bool:
    """Return whether Yosys' refusal is its own: it was stopped, or does not know the language.

    Yosys reads a part of SystemVerilog, and no user-defined primitives. What slang elaborates
    without an error may well be sound.
    """
    if "was stopped" in why:
        return True
    try:
        newer = language(design).name != "verilog-2005" or "syntax error" in why
        return newer and elaborate(design).ok
    except ToolError:
        return False
