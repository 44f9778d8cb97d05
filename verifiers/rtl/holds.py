"""Do the assertions of a property module hold for a design?"""

from __future__ import annotations

from dataclasses import asdict
from typing import Final

from ...tools.rtl.design import Design, Source
from ...tools.rtl.formal import Holds
from ...tools.rtl.formal import holds as check
from ..verdict import Outcome, Verdict

OUTCOMES: Final[dict[str, Outcome]] = {
    "proved": "pass", "bounded": "pass", "refuted": "fail", "unknown": "unknown",
    "error": "unknown",
}  # fmt: skip


def holds(
    design: Design, properties: Source, *, budget_s: float = 30.0, depth: int = 12
) -> Verdict:  # fmt: skip
    """Return whether every assert holds for all inputs that the assumes allow."""
    found = check(design, properties, budget_s=budget_s, depth=depth)
    strength = {"proved": "proved", "bounded": f"bounded({found.depth})", "refuted": "refuted"}
    return Verdict(
        name="holds",
        outcome=OUTCOMES[found.result],
        method=found.method,
        strength=strength.get(found.result, "none"),
        evidence=_evidence(found),
        details={
            "result": found.result,
            "reason": found.reason,
            "properties": [asdict(p) for p in found.properties],
            "table": [{"step": c.step, **dict(c.inputs), **dict(c.got)} for c in found.changes],
            "testbench": found.testbench.model_dump(mode="json") if found.testbench else None,
            "tried": list(found.tried),
            "cpu_s": round(found.cpu_s, 4),
        },
        tool_version=", ".join(found.tools) or "1",
    )


def _evidence(found: Holds) -> str:
    covers = [p for p in found.properties if p.kind == "cover"]
    missed = [p.name for p in covers if p.result == "unreachable"]
    said = f"; never reached: {', '.join(missed)}" if missed else ""
    match found.result:
        case "refuted":
            names = [p.name for p in found.properties if p.result == "refuted"]
            return f"assert {', '.join(names)} fails after {found.depth} steps{said}"
        case "proved":
            return f"every assert holds for all inputs the assumes allow{said}"
        case "bounded":
            return f"no assert fails in the first {found.depth} steps; {found.reason}{said}"
        case _:
            return found.reason
