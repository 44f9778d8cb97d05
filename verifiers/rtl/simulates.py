"""Does the design pass the user's testbench, by the criterion the testbench declares?

What the design can print, name or redefine has no part in it: a design that tries is refused, on
its syntax tree. A testbench that a constant passes as well is vacuous, and the outcome unknown.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import lru_cache
from threading import Lock
from typing import Any, Final

from ...tools.errors import ToolError, ToolUnavailable
from ...tools.rtl.bench_run import (
    BenchRun,
    as_design,
    conflict,
    inspect_bench,
    modules_of,
    run_bench,
    shorter,
)
from ...tools.rtl.design import Design, Testbench
from ...tools.rtl.icarus import RUN_LIMITS
from ...tools.rtl.outward import outward
from ...tools.rtl.pass_rule import Judgement
from ...tools.rtl.project.facts import Diagnostic, ModuleInterface
from ...tools.rtl.slang import elaborate, forbidden
from ...tools.rtl.stand_in import (
    Value,
    constant,
    filled,
    foreign_drivers,
    possible,
    probe,
)
from ...tools.rtl.stimuli import constant_value
from ...tools.sandbox import Limits
from ..verdict import Verdict

METHOD: Final = "simulation of the user's testbench"
NAME: Final = "simulates"
LOG_TAIL: Final = 2000
VALUES: Final[tuple[Value, ...]] = ("0", "1", "x")
# Our own stand-in prints it, under a testbench of the user: nobody who may lie.
PROBE: Final = "terragate-probe"


def simulates(
    design: Design,
    testbench: Testbench,
    *,
    limits: Limits = RUN_LIMITS,
    vacuity: bool = True,
    ran: BenchRun | None = None,
) -> Verdict:
    """Judge a design by a testbench; without `vacuity` it may be one that constants pass.

    `ran` is a run of the two that is there already (`same_run`).
    """
    try:
        refused = _refused(design, testbench)
        apart = conflict(design, testbench)
        if apart:
            return _verdict(Judgement("unknown", apart), None, {})
        sure = [d for d in refused if d.code != "unreadable"]
        if reach := outward(design, as_design(testbench)):
            sure.append(Diagnostic(code="outside_name", message=reach))
        if sure:
            text = "; ".join(str(d) for d in sure[:3])
            findings = [d.model_dump(mode="json") for d in sure]
            said = Judgement("fail", f"not allowed in a design under test: {text}")
            return _verdict(said, None, {"findings": findings})
        ran = ran or run_bench(design, testbench, limits=limits)
        said, details = ran.judgement, dict[str, Any]()
        if said.outcome == "pass" and refused:
            said = _doubt(said, f"it passes, but may do what is not allowed: {refused[0]}")
        elif said.outcome == "pass":
            said, details = _weighed(design, testbench, ran, limits, vacuity)
        return _verdict(said, ran, details)
    except ToolUnavailable as error:
        return Verdict(name=NAME, outcome="skipped", method=METHOD, evidence=str(error))
    except ToolError as error:
        return _verdict(Judgement("unknown", str(error)), None, {})


def _refused(design: Design, testbench: Testbench) -> tuple[Diagnostic, ...]:
    reserved = modules_of((inspect_bench(testbench),))
    found = forbidden(design, reserved=reserved)
    return tuple(d for d in found if d.severity == "error")


def _weighed(
    design: Design, testbench: Testbench, ran: BenchRun, limits: Limits, vacuity: bool
) -> tuple[Judgement, dict[str, Any]]:
    """Return the pass, or the doubt that remains after the testbench has met our stand-ins."""
    interface = elaborate(design).interface
    if interface is None or not possible(interface):
        text = "it passes, but who drives its ports cannot be tried: plain vectors can"
        return _doubt(ran.judgement, text), {}
    short = shorter(limits, ran.cpu_s)
    silent = _tried(testbench, probe(interface, PROBE), short)
    if wrong := _crossed(interface, ran, silent):
        return Judgement("fail", wrong, *_counts(ran.judgement)), {}
    if not vacuity:
        return ran.judgement, {}
    tried = {v: _tried(testbench, constant(interface, v), short).judgement for v in VALUES}
    # A module that drives nothing is z: some comparisons are blind to x, others to z.
    tried["z"] = silent.judgement
    passing = [value for value, judged in tried.items() if judged.outcome == "pass"]
    details: dict[str, Any] = {"passes_too": [f"constant {value}" for value in passing]}
    # Where a run may end at its first mismatch, only the module that drives nothing ran to the end.
    whole = [silent.judgement] if testbench.rule.counter else tried.values()
    said = _early(ran.judgement, [j.samples for j in whole if j.samples])
    for value in ("0", "1"):
        if value in passing and constant_value(design) != value:
            text = f"vacuous: outputs held at {value} pass this testbench as well"
            return _doubt(said, text), details
    if {"x", "z"} & set(passing):
        return _resolved(design, testbench, interface, said, limits), details
    return said, details


def _crossed(interface: ModuleInterface, ran: BenchRun, silent: BenchRun) -> str:
    """Return how the design drives what the testbench drives, "" when it does not."""
    if driven := sorted(ran.driven - silent.driven):
        place, port = driven[0]
        return f"the design drives its input {port!r}, and with it the testbench ({place})"
    if wrong := foreign_drivers(interface, PROBE, silent.log):
        text = f"the testbench itself drives port {wrong[0]!r}, which the design does not take in"
        return f"{text}: it is an input"
    return ""


def _early(said: Judgement, samples: list[int]) -> Judgement:
    """Doubt a run that compared fewer samples than those of constants did."""
    if said.samples is not None and samples and said.samples < min(samples):
        text = f"only {said.samples} samples were compared, of {min(samples)}: it ended early"
        return _doubt(said, text)
    return said


def _resolved(
    design: Design, testbench: Testbench, interface: ModuleInterface, said: Judgement,
    limits: Limits,
) -> Judgement:  # fmt: skip
    """Return the pass where the design also passes with its x read as 0, and read as 1."""
    for value in ("0", "1"):
        ran = run_bench(filled(design, interface, value), testbench, limits=limits)
        if not ran.compiled:
            text = "the testbench does not see x, and the design could not be tried without"
            return _doubt(said, f"{text}: {ran.judgement.reason}")
        if ran.judgement.outcome != "pass":
            text = "the testbench does not see x, and some output that it compares is x"
            more = f"with x read as {value}: {ran.judgement.reason}"
            # The testbench may as well expect x there: so this is no fail.
            return _doubt(said, f"{text}; {more}")
    return said


@dataclass
class _Once:
    lock: Lock = field(default_factory=Lock)
    ran: BenchRun | None = None


@lru_cache(maxsize=512)
def _once(bench: Design, rule: str, stand_in: Design) -> _Once:
    return _Once()


def _tried(bench: Testbench, stand_in: Design, limits: Limits) -> BenchRun:
    """Run a stand-in once, with the first limits asked for, however many threads ask for it."""
    once = _once(as_design(bench), bench.rule.model_dump_json(), stand_in)
    with once.lock:
        if once.ran is None:
            once.ran = run_bench(stand_in, bench, limits=limits, quiet=PROBE, early=True)
        return once.ran


def _doubt(said: Judgement, reason: str) -> Judgement:
    return Judgement("unknown", reason, *_counts(said))


def _counts(said: Judgement) -> tuple[int | None, int | None]:
    return said.mismatches, said.samples


def _verdict(said: Judgement, ran: BenchRun | None, details: dict[str, Any]) -> Verdict:
    plain: dict[str, Any] = {"mismatches": said.mismatches, "samples": said.samples, **details}
    if ran is not None:
        plain |= {"log": ran.log[-LOG_TAIL:], "cpu_s": ran.cpu_s, "sandbox": ran.sandbox}
    return Verdict(
        name=NAME,
        outcome=said.outcome,
        method=METHOD,
        # A testbench that is not vacuous has compared something at least once.
        strength=f"simulated({said.samples or 1})",
        evidence=said.reason,
        details=plain,
        tool_version=ran.version if ran else "1",
    )
