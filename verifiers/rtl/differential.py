"""Does the design answer what a reference answers, over a long random simulation?"""

from __future__ import annotations

from typing import Any, Final

from ...tools.errors import RetryableToolError, ToolError, ToolUnavailable
from ...tools.rtl.design import Design
from ...tools.rtl.differential import CYCLES, SEED, Difference, difference
from ...tools.rtl.formal.result import Counterexample
from ...tools.rtl.icarus import icarus_version
from ...tools.rtl.slang import forbidden
from ..verdict import Outcome, Verdict

METHOD: Final = "random simulation against the reference, each apart"
NAME: Final = "differential"


def differential(
    design: Design, reference: Design, *, cycles: int = CYCLES, seed: int = SEED
) -> Verdict:
    """Judge a design by `cycles` random cycles with resets, or by every input of plain logic."""
    try:
        refused = [d for d in forbidden(design) if d.severity == "error"]
        sure = [d for d in refused if d.code != "unreadable"]
        if sure:
            text = "; ".join(str(d) for d in sure[:3])
            findings = [d.model_dump(mode="json") for d in sure]
            return _verdict("fail", f"not allowed in a design under test: {text}", 0,
                            {"findings": findings})  # fmt: skip
        found = difference(design, reference, cycles=cycles, seed=seed)
        outcome, evidence = _judged(found)
        if outcome == "pass" and refused:
            outcome, evidence = "unknown", f"no difference, but: {refused[0]}"
        return _verdict(outcome, evidence, found.cycles, _details(found, seed))
    except ToolUnavailable as error:
        return Verdict(name=NAME, outcome="skipped", method=METHOD, evidence=str(error))
    except RetryableToolError as error:
        ports = error.kind == "bad_argument"
        return _verdict("fail" if ports else "unknown", str(error), 0, {})
    except ToolError as error:
        return _verdict("unknown", str(error), 0, {})


def _judged(found: Difference) -> tuple[Outcome, str]:
    if found.counterexample is not None:
        return "fail", said(found.counterexample)
    if found.problem:
        return "unknown", found.problem
    if found.blind:
        names = ", ".join(found.blind[:5])
        return "unknown", f"the reference never gave {names} a value: does it lack a reset?"
    if found.apparent is not None:
        where = f"step {found.apparent}"
        return "unknown", f"they differ at {where}, but only while something has no value"
    every = " (every input value)" if found.exhaustive else ""
    return "pass", f"no difference in {found.cycles} cycles{every}"


def said(example: Counterexample) -> str:
    """Return the first difference in one line: cycle, signals, expected and got."""
    last = example.changes[-1]
    want, got = dict(last.expected), dict(last.got)
    parts = [f"{n} is {got[n]}, expected {want[n]}" for n in example.outputs[:4]]
    more = f" and {len(example.outputs) - 4} more" if len(example.outputs) > 4 else ""
    return f"cycle {example.cycle}: {'; '.join(parts)}{more}"


def _details(found: Difference, seed: int) -> dict[str, Any]:
    details: dict[str, Any] = {
        "cycles": found.cycles,
        "steps": found.steps,
        "exhaustive": found.exhaustive,
        "seed": seed,
        "cpu_s": found.cpu_s,
    }
    if found.counterexample is not None:
        example = found.counterexample
        details |= {
            "cycle": example.cycle,
            "outputs": list(example.outputs),
            "table": example.table(),
            "testbench": example.testbench.model_dump(mode="json"),
        }
    return details


def _verdict(outcome: Outcome, evidence: str, cycles: int, details: dict[str, Any]) -> Verdict:
    return Verdict(
        name=NAME,
        outcome=outcome,
        method=METHOD,
        strength=f"simulated({cycles})",
        evidence=evidence,
        details=details,
        tool_version=icarus_version(),
    )
