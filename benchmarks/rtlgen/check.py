"""Whether a drawn case is sound: three descriptions of it, written apart, must agree."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from ...tools.rtl.design import Design, Source, Testbench
from ...tools.rtl.formal import equivalence
from ...tools.rtl.icarus import simulate
from ...tools.rtl.pass_rule import judge
from ...verifiers.rtl.simulates import simulates
from .case import Case

PROOF_S: Final = 4.0


@dataclass(frozen=True)
class Soundness:
    """Why a case is dropped ("" if it is sound), and how its two designs were compared."""

    fault: str
    proof: str = ""
    detail: str = ""


def design(case: Case, text: str) -> Design:
    """Return a text as a design of the case's module."""
    return Design(top=case.interface.top, sources=(Source(name="design.sv", text=text),))


def soundness(case: Case, bench: Testbench, *, vacuity: bool = False) -> Soundness:
    """Simulate both designs against the behaviour in Python, then prove one against the other.

    With `vacuity` a testbench that a constant passes is a fault as well.
    """
    reference, second = design(case, case.reference), design(case, case.second)
    for name, which in (("reference", reference), ("second", second)):
        outcome, why = _judged(which, bench)
        if outcome == "pass" and vacuity and which is reference:
            verdict = simulates(which, bench)
            outcome, why = verdict.outcome, verdict.evidence
        if outcome != "pass":
            return Soundness(f"{name} {outcome}", detail=why[:400])
    found = equivalence(reference, second, budget_s=PROOF_S)
    if found.result in ("refuted", "error"):
        return Soundness(f"designs {found.result}", found.result, found.reason[:400])
    return Soundness("", found.result)


def _judged(which: Design, bench: Testbench) -> tuple[str, str]:
    """Return how a design that we wrote ourselves runs: it needs no watching against tricks."""
    files = {**which.files(), bench.sources[0].name: bench.sources[0].text}
    ran = simulate(files, list(files), bench.top)
    if ran.run is None:
        return "does not compile", ran.compiled.stderr
    found = judge(bench.rule, ran.run, starved=False)
    return found.outcome, f"{found.reason}: {ran.run.stdout}"
