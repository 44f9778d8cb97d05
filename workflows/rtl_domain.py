"""RTL design as a domain: its tools, verifiers, prompt fields, policies and answers."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from ..tools.artifacts import ArtifactStore
from ..tools.geo.catalog import Catalog
from ..tools.records import Record
from ..tools.rtl.bench_drafts import SUBMIT_BENCH
from ..tools.rtl.design import Design, RtlTask
from ..tools.rtl.drafts import (
    ADOPT_DESIGN,
    CHOOSE_DESIGN,
    SETTLE_DESIGN,
    SUBMIT_DESIGN,
    read_design,
)
from ..tools.spec import Detectors, LiveState
from ..verifiers.rtl.differential import differential
from ..verifiers.rtl.elaborates import elaborates
from ..verifiers.rtl.lint import lint
from ..verifiers.rtl.parses import parses
from ..verifiers.rtl.safe import safe
from ..verifiers.rtl.simulates import simulates
from ..verifiers.rtl.synthesises import synthesises
from ..verifiers.rtl.verify import verify
from ..verifiers.verdict import Verdict
from .cascade.briefs import spec_fields
from .cascade.features import gain_per_token
from .cascade.feedback import feedback
from .domain import AnswerParts, Domain, Rejected, VerifierContext
from .request import Request
from .state import RunState

FORMAL_BUDGET_S: Final = 60.0
LOG_CHARS: Final = 1200
Static = Callable[[Design], Verdict]


def live_state(
    request: Request,
    records: Sequence[Record],
    catalog: Catalog,
    rejected: Rejected,
    detectors: Detectors,
) -> LiveState:
    """Return the designs of the run, oldest first."""
    del request, catalog, rejected, detectors
    return {"handle.design": tuple(r.id for r in records if "design" in r.outputs)}


def prompt_fields(
    request: Request, records: Sequence[Record], state: RunState, store: ArtifactStore
) -> Mapping[str, str]:
    """Return what the prompts name: the specification, and the code to repair with its faults."""
    task = task_of(request)
    code, said = feedback(records, state["verdicts"], store)
    if task.log:
        said = f"{said}\nLog:\n{task.log[-LOG_CHARS:]}"
    fields = spec_fields(task.top, task.spec or request.text, task.interface)
    return {**fields, "code": code, "feedback": said}


def compose_answer(parts: AnswerParts) -> str:
    """Return how far the design can be trusted, in words."""
    final = last_verification(parts.verdicts)
    if final is None:
        return f"No design: {parts.reason or 'the model wrote none that could be judged'}."
    details = final["details"]
    if parts.status == "verified":
        return f"Verified: {parts.request.rtl and parts.request.rtl.top} is {details['strength']}."
    why = "; ".join(details["missing"]) or final["evidence"]
    return f"Not verified ({details['status']}): {why}.{_own_bench(parts.records)}"


def _own_bench(records: Sequence[Record]) -> str:
    """Return what a testbench of the run's own has said; it refutes, and never verifies."""
    bench = next((r.outputs["bench"] for r in reversed(records) if "bench" in r.outputs), None)
    if bench is None:
        return ""
    return f" A testbench written for this run was tried: {bench['ruling']['reason']}."


def ground_answer(answer: str, parts: AnswerParts) -> Verdict:
    """Check that a verified design rests on the verdict of the record that holds it."""
    final = last_verification(parts.verdicts)
    held = {record.id for record in parts.records if "final" in record.outputs}
    good = final is not None and final["outcome"] == "pass" and final["record"] in held
    return Verdict(
        name="grounding",
        outcome="pass" if good else "fail",
        method="the answer's status against the final verdict",
        evidence="" if good else "no final verdict stands behind the answer",
        details={"answer": answer},
    )


def last_verification(verdicts: Sequence[Mapping[str, Any]]) -> Mapping[str, Any] | None:
    """Return the final verdict of a run, None when it never came to one."""
    return next((v for v in reversed(verdicts) if v["name"] == "verified"), None)


def task_of(request: Request) -> RtlTask:
    """Return the task of an RTL run."""
    assert request.rtl is not None, "an RTL family runs on a request with an RTL task"
    return request.rtl


def _design(context: VerifierContext) -> Design:
    task = task_of(context.request)
    return read_design(context.record.outputs["design"], context.store, task)


def _static(check: Static) -> Callable[[VerifierContext], Verdict]:
    return lambda context: check(_design(context))


def _simulates(context: VerifierContext) -> Verdict:
    bench = task_of(context.request).testbench
    if bench is None:
        return Verdict(name="simulates", outcome="skipped", method="none", evidence="no testbench")
    return simulates(_design(context), bench)


def _differential(context: VerifierContext) -> Verdict:
    reference = task_of(context.request).reference
    if reference is None:
        return Verdict(
            name="differential", outcome="skipped", method="none", evidence="no reference"
        )
    return differential(_design(context), reference)


def _accepted(context: VerifierContext) -> Verdict:
    """Judge whether any verifier of the stage failed; it stands after all of them."""
    failed = [str(v["name"]) for v in context.verdicts if v["outcome"] == "fail"]
    return Verdict(
        name="accepted",
        outcome="fail" if failed else "pass",
        method="no verifier failed",
        evidence=", ".join(failed),
    )


def _bench_kills(context: VerifierContext) -> Verdict:
    """Judge a testbench of the run's own by the deliberate faults that it notices."""
    bench = context.record.outputs["bench"]
    ruling = bench["ruling"]
    return Verdict(
        name="bench_kills",
        outcome="pass" if ruling["believed"] else "fail",
        method="deliberate faults, and agreement with the candidates",
        evidence=ruling["reason"],
        details={key: bench[key] for key in ("clusters", "faults", "ruling")},
    )


def _verified(context: VerifierContext) -> Verdict:
    task = task_of(context.request)
    found = verify(_design(context), task, budget_s=FORMAL_BUDGET_S)
    outcome = {"verified": "pass", "refuted": "fail", "unverified": "unknown"}[found.status]
    return Verdict.model_validate(
        {
            "name": "verified",
            "outcome": outcome,
            "method": "all that the task calls for",
            "strength": found.strength,
            "evidence": "; ".join(found.missing),
            "details": found.model_dump(mode="json"),
        }
    )


STATIC: Final[Mapping[str, Callable[[VerifierContext], Verdict]]] = {
    "parses": _static(parses),
    "safe": _static(safe),
    "elaborates": _static(elaborates),
    "lint": _static(lint),
    "synthesises": _static(synthesises),
}
# In a script a run's verification is repeated as it was: the same checks, the same time.
SCRIPT_SETUP: Final = f"""from terragate.tools.rtl.design import RtlTask
from terragate.tools.rtl.drafts import read_design
from terragate.verifiers.rtl.verify import verify
from terragate.workflows.catalogs import open_catalog
from terragate.workflows.rtl_domain import RTL

TOOLS = RTL.tools


def check(record, status):
    design = read_design(records[record].outputs["design"], store, task)
    found = verify(design, task, budget_s={FORMAL_BUDGET_S})
    print(f"{{record}}: {{found.status}}, {{found.strength}}")
    if found.status != status:
        print(f"but the run said {{status}}")
        wrong.append(f"{{record}}: {{found.status}}")


"""
RTL = Domain(
    name="rtl",
    tools=(ADOPT_DESIGN, SUBMIT_DESIGN, SUBMIT_BENCH, CHOOSE_DESIGN, SETTLE_DESIGN),
    live_state=live_state,
    compose=compose_answer,
    ground=ground_answer,
    verifiers={
        **STATIC,
        "simulates": _simulates,
        "differential": _differential,
        "accepted": _accepted,
        "bench_kills": _bench_kills,
        "verified": _verified,
    },
    policies={"gain_per_token": gain_per_token},
    fields=prompt_fields,
    script_setup=SCRIPT_SETUP,
)
