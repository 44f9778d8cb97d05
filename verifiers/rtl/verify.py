"""All that can be said of one design, and whether together it is enough to call it verified.

*Verified* means: nothing failed, and every required verdict passed at the required strength. By
default a design must parse, be safe, elaborate, lint without error, synthesise, and pass the
testbench or the reference that the user gave. Without either it stays unverified, whatever passed.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

from ...tools.records import Frozen
from ...tools.rtl.bench_run import inspect_bench, modules_of
from ...tools.rtl.design import Design, RtlTask
from ..verdict import Verdict
from .differential import differential
from .elaborates import elaborates
from .equivalent import equivalent
from .holds import holds
from .lint import lint
from .parses import parses
from .safe import safe
from .simulates import simulates
from .synthesises import synthesises

Status = Literal["verified", "unverified", "refuted"]
STATIC: Final = ("parses", "safe", "elaborates", "lint", "synthesises")
# After these have failed, the later ones would only repeat it.
FATAL: Final = frozenset({"parses", "safe", "elaborates"})
COSTLY: Final = frozenset({"equivalent", "holds"})
RANKS: Final = ("parsed", "elaborated", "linted", "synthesised", "simulated", "bounded", "proved")
STRENGTH: Final = re.compile(r"^(\w+)(?:\((\d+)\))?")
PROVED: Final = "proved"


class Verification(Frozen):
    """How far a design can be trusted: `strength` is the strongest that was reached."""

    status: Status
    strength: str
    missing: tuple[str, ...]
    verdicts: tuple[Verdict, ...]


@dataclass(frozen=True)
class Check:
    """One verifier, bound to what it judges; `needed` counts towards *verified*."""

    name: str
    run: Callable[[], Verdict]
    needed: bool = True


def verify(
    design: Design,
    task: RtlTask,
    *,
    liberty: str | None = None,
    budget_s: float = 60.0,
    listen: Callable[[Verdict], None] | None = None,
) -> Verification:
    """Judge a design by everything the task gives; formal checks share `budget_s` of wall time.

    A check is skipped, saying so, only where the outcome can no longer change.
    """
    deadline = time.monotonic() + budget_s
    found: list[Verdict] = []
    for check in checks(design, task, liberty=liberty, deadline=deadline):
        over = _settled(found, check)
        verdict = _skipped(check.name, over) if over else check.run()
        found.append(verdict)
        if listen is not None:
            listen(verdict)
    return judge(tuple(found), task)


def checks(
    design: Design, task: RtlTask, *, liberty: str | None = None, deadline: float
) -> Iterator[Check]:
    """Yield the checks that a task calls for, cheapest first."""
    reserved = modules_of((inspect_bench(task.testbench),)) if task.testbench else ()
    yield Check("parses", lambda: parses(design))
    yield Check("safe", lambda: safe(design, reserved))
    yield Check("elaborates", lambda: elaborates(design))
    yield Check("lint", lambda: lint(design))
    yield Check("synthesises", lambda: synthesises(design, liberty))
    bench, reference, properties = task.testbench, task.reference, task.properties
    if bench is not None:
        yield Check("simulates", lambda: simulates(design, bench))
    if reference is not None:
        yield Check("differential", lambda: differential(design, reference))
        yield Check("equivalent", lambda: equivalent(design, reference, budget_s=_left(deadline)))
    if properties is not None:
        yield Check("holds", lambda: holds(design, properties, budget_s=_left(deadline)))


def judge(verdicts: tuple[Verdict, ...], task: RtlTask) -> Verification:
    """Return what the verdicts amount to under the task's required strength."""
    passed = [verdict for verdict in verdicts if verdict.outcome == "pass"]
    strength = max((verdict.strength for verdict in passed), key=_rank, default="none")
    missing = tuple(_missing(verdicts, task))
    if any(verdict.outcome == "fail" for verdict in verdicts):
        status: Status = "refuted"
    else:
        status = "unverified" if missing else "verified"
    return Verification(status=status, strength=strength, missing=missing, verdicts=verdicts)


def _missing(verdicts: tuple[Verdict, ...], task: RtlTask) -> Iterator[str]:
    """Yield what is still wanted for *verified*, in words."""
    known = {verdict.name: verdict for verdict in verdicts}
    for name in STATIC:
        if name not in known or known[name].outcome != "pass":
            yield f"{name}: {known[name].outcome if name in known else 'not run'}"
    dynamic = [known[n] for n in ("simulates", "differential", "holds", "equivalent") if n in known]
    if not dynamic:
        yield "a testbench, a reference or properties to hold the design to"
        return
    for verdict in dynamic:
        # A proof may stay open: the simulation beside it has passed or failed by itself.
        if verdict.outcome != "pass" and not (verdict.name == "equivalent" and len(dynamic) > 1):
            yield f"{verdict.name}: {verdict.outcome} ({verdict.evidence[:120]})"
    if task.require and not any(
        verdict.outcome == "pass" and reaches(verdict.strength, task.require) for verdict in dynamic
    ):
        best = max((v.strength for v in dynamic if v.outcome == "pass"), key=_rank, default="none")
        yield f"strength {task.require}, reached: {best}"


def reaches(strength: str, required: str) -> bool:
    """Return whether a strength such as "bounded(20)" meets a requirement such as "bounded:12"."""
    wanted, _, least = required.partition(":")
    found = STRENGTH.match(strength)
    if found is None:
        return False
    name, number = found[1], int(found[2] or 0)
    if name == PROVED:
        return True
    return name == wanted and number >= int(least or 0) if wanted != PROVED else False


def _rank(strength: str) -> tuple[int, int]:
    found = STRENGTH.match(strength)
    if found is None or found[1] not in RANKS:
        return (-1, 0)
    return (RANKS.index(found[1]), int(found[2] or 0))


def _settled(found: list[Verdict], check: Check) -> str:
    failed = {verdict.name for verdict in found if verdict.outcome == "fail"}
    if failed & FATAL or (failed and check.name in COSTLY):
        return f"the outcome is settled: {', '.join(sorted(failed))} failed"
    return ""


def _skipped(name: str, reason: str) -> Verdict:
    return Verdict(name=name, outcome="skipped", method="none", strength="none", evidence=reason)


def _left(deadline: float) -> float:
    return max(1.0, deadline - time.monotonic())
