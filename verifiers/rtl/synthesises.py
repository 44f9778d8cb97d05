"""Does the design synthesise, and to what?"""

from __future__ import annotations

from ...tools.errors import ToolError, ToolUnavailable
from ...tools.rtl.design import Design
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
        stopped = "was stopped" in str(error)
        return Verdict(
            name="synthesises",
            outcome="unknown" if stopped else "fail",
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
