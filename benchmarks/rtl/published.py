"""Score a candidate as the authors of a benchmark do, faults included.

VerilogEval: their analysis reads the log of compiler and run line by line and gives a letter.
RTLLM: a run that ends in time and has "Pass" or "pass" anywhere in its output. A candidate can
print either by itself: that is why our own verdict stands beside it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import partial
from typing import Final

from ...tools.rtl.bench_run import laid_out, readable
from ...tools.rtl.design import Design
from ...tools.rtl.early_end import watch
from ...tools.rtl.icarus import Simulation, simulate
from ...tools.sandbox import Limits
from .problem import Problem, Suite

PASSED: Final = "."
MEANING: Final = {
    ".": "passes",
    "S": "syntax error",
    "e": "an assignment needs an explicit cast",
    "0": "a sized constant of width 0",
    "n": "an always block with no sensitivity",
    "w": "an assignment to a wire in an always block",
    "m": "an unknown module",
    "c": "clk is not there",
    "p": "a name is not there",
    "C": "does not compile",
    "T": "timeout",
    "r": "wrong result, perhaps of an asynchronous reset",
    "R": "wrong result",
    "?": "not judged",
}
# In this order, for each line of the log: the first that is found ends the reading.
SIGNS: Final = (
    ("syntax error", "S"),
    ("error: This assignment requires an explicit cast", "e"),
    ("error: Sized numeric constant must have a size greater than zero", "0"),
    ("warning: always_comb process has no sensitivities", "n"),
    ("found no sensitivities so it will never trigger", "n"),
    ("is declared here as wire", "w"),
    ("Unknown module type", "m"),
    ("Unable to bind wire/reg/memory `clk'", "c"),
    ("TIMEOUT", "T"),
)
RESET: Final = ("posedge reset", "negedge reset", "posedge r)")
RESULT: Final = re.compile(r"^Mismatches: (\d{1,18}) in (\d{1,18}) samples$")
# 30 s of wall time is VerilogEval's limit, 8 s RTLLM's; ours is of CPU time, which load leaves be.
RUN_S: Final[dict[Suite, float]] = {"verilogeval": 30.0, "rtllm": 8.0, "rtl-gen": 30.0}
COMPLAINT: Final = re.compile(r"(?i)error|sorry|timeout|fail|mismatches: [1-9]")


@dataclass(frozen=True)
class PublishedRun:
    """A compilation and run as the benchmark's own flow has them, and what they printed."""

    log: str
    compiled: bool
    timed_out: bool
    sure: bool
    cpu_s: float
    lost: bool = False
    ran: Simulation | None = None
    early: bool = False

    @property
    def first_complaint(self) -> str:
        """Return the first line of the log that says why, "" where none does."""
        lines = (readable(line.strip()) for line in self.log.splitlines())
        return next((line for line in lines if COMPLAINT.search(line)), "")[:300]

    @property
    def results(self) -> list[tuple[int, int]]:
        """Return the mismatches and samples of every result line in the log."""
        found = (RESULT.match(line) for line in self.log.splitlines())
        return [(int(m[1]), int(m[2])) for m in found if m]

    @property
    def ended_at(self) -> int | None:
        """Return the number of the sample that differed and ended the run, None where none did."""
        [(wrong, samples), *more] = self.results or [(0, 0)]
        return samples if self.early and wrong and not more else None


def run_published(problem: Problem, design: Design) -> PublishedRun:
    """Compile the candidate before the testbench, with the published flags, and simulate.

    The run ends at the first mismatch where that is the same failure.
    """
    files, benches, designs = laid_out(design, problem.testbench)
    last, roots = watch(design, problem.testbench.rule)
    early = bool(last)
    limit = RUN_S[problem.suite]
    limits = Limits(cpu_s=limit, wall_s=4 * limit, memory_mb=2048, file_mb=64, output_kb=4096)
    order, flags = (*designs, *benches, *last), ("-I.", *roots)
    go = partial(
        simulate, {**files, **last}, order, problem.testbench.top, flags=flags, limits=limits
    )
    run = _published(go(), limit, early)
    # A lost sandbox says nothing of the candidate that it was lost with: it is tried anew.
    return _published(go(), limit, early) if run.lost else run


def _published(ran: Simulation, limit: float, early: bool) -> PublishedRun:
    log = ran.compiled.stdout + ran.compiled.stderr
    compiled = ran.compiled.ok
    run = ran.run
    # A limit of CPU time is the candidate's; any other stop may be the machine's.
    sure = ran.compiled.stopped in (None, "cpu") and (
        run is None or run.stopped in (None, "cpu", "output")
    )
    if run is None:
        lost = ran.compiled.stopped == "lost"
        return PublishedRun(log, compiled, False, sure, ran.compiled.cpu_s, lost, ran, early)
    timed_out = run.stopped in ("cpu", "wall") or run.cpu_s >= limit
    log += run.stdout + run.stderr + ("\nTIMEOUT\n" if timed_out else "")
    spent, lost = ran.compiled.cpu_s + run.cpu_s, run.stopped == "lost"
    return PublishedRun(log, compiled, timed_out, sure, spent, lost, ran, early)


def letter(problem: Problem, run: PublishedRun, design: Design) -> str:
    """Return the benchmark's own letter for a run; "." is a pass, and "?" is ours: no run."""
    if run.lost:
        return "?"
    if problem.suite == "rtllm":
        return _rtllm_letter(run)
    found = _first_sign(run.log)
    if found:
        return found
    if "Unable to bind wire/reg" in run.log:
        return "p"
    if "error" in run.log:
        return "C"
    if any(mismatches == 0 for mismatches, _ in run.results):
        return PASSED
    # A watchdog that stops every design would have stopped this one, had it not ended before.
    if run.ended_at is not None and problem.fault == "watchdog":
        return "T"
    return "r" if names_reset(design) else "R"


def names_reset(design: Design) -> bool:
    """Return whether the text, its comments too, has the words that turn an "R" into an "r"."""
    return any(sign in source.text for source in design.sources for sign in RESET)


def _first_sign(log: str) -> str:
    for line in log.splitlines():
        for sign, said in SIGNS:
            if sign in line:
                return said
    return ""


def _rtllm_letter(run: PublishedRun) -> str:
    if not run.compiled:
        return "C"
    if run.timed_out:
        return "T"
    return PASSED if "Pass" in run.log or "pass" in run.log else "R"
