"""Is a design equivalent to a reference, and how far is that proved?"""

from __future__ import annotations

from dataclasses import asdict
from typing import Any, Final

from ...tools.rtl.design import Design
from ...tools.rtl.formal import Equivalence, equivalence
from ..verdict import Outcome, Verdict

OUTCOMES: Final[dict[str, Outcome]] = {
    "proved": "pass", "proved up to don't-cares": "pass", "bounded": "pass", "refuted": "fail",
    "unknown": "unknown", "error": "unknown",
}  # fmt: skip


def equivalent(
    design: Design, reference: Design, *, budget_s: float = 30.0, depth: int = 12
) -> Verdict:  # fmt: skip
    """Return whether the design answers as the reference does wherever that has a value."""
    found = equivalence(reference, design, budget_s=budget_s, depth=depth)
    strength = {"bounded": f"bounded({found.depth})", "refuted": "refuted"}.get(
        found.result, found.result if found.result.startswith("proved") else "none"
    )
    return Verdict(
        name="equivalent",
        outcome=OUTCOMES[found.result],
        method=found.method,
        strength=strength,
        evidence=_evidence(found),
        details=_details(found),
        tool_version=", ".join(found.tools) or "1",
    )


def _evidence(found: Equivalence) -> str:
    example = found.counterexample
    if example is not None:
        names = ", ".join(example.outputs)
        return (f"output {names} differs in clock cycle {example.cycle} (step {example.step}), "
                "confirmed by replay in Icarus")  # fmt: skip
    match found.result:
        case "proved":
            return "equal for all inputs and all times"
        case "proved up to don't-cares":
            return "equal for all inputs and times at which the reference has a value"
        case "bounded":
            return f"no difference in the first {found.depth} steps; {found.reason}"
        case _:
            return found.reason


def _details(found: Equivalence) -> dict[str, Any]:
    details: dict[str, Any] = {
        "result": found.result,
        "tried": list(found.tried),
        "simulated_steps": found.simulated,
        "cpu_s": round(found.cpu_s, 4),
        "reason": found.reason,
    }
    if found.counterexample is not None:
        example = found.counterexample
        details["counterexample"] = {
            "outputs": list(example.outputs),
            "cycle": example.cycle,
            "step": example.step,
            "table": example.table(),
            "changes": [asdict(change) for change in example.changes],
            "testbench": example.testbench.model_dump(mode="json"),
        }
    return details
