"""How one sample came out by both criteria, and why they disagree where they do."""

from __future__ import annotations

from typing import Final, Literal

from ...tools.records import Frozen
from ...tools.rtl.bench_run import same_run
from ...tools.rtl.design import Design
from ...verifiers.rtl.simulates import simulates
from ...verifiers.verdict import Outcome, Verdict
from .problem import Problem
from .published import MEANING, PASSED, PublishedRun, letter, run_published

Disagreement = Literal[
    "", "forged", "refused", "vacuous", "timeout line", "erratum", "doubted", "order of files"
]
WRONG: Final = ("R", "r")
# A load on the machine ends a run like this; what was found is not kept.
MACHINE_STOPS: Final = ("wall limit", "lost limit")


class SampleScore(Frozen):
    """How one sample of a problem came out.

    `letter` is the published one ("." passes); `outcome` is ours, and `why` says what it rests on.
    `same_as` is the earlier sample that differs in layout only; `cached` ones are of an earlier
    run, and `cpu_s` is what the judgement took, of the published run and ours.
    """

    problem: str
    sample: int
    letter: str
    outcome: Outcome
    strength: str = ""
    why: str = ""
    disagreement: Disagreement = ""
    log: str = ""
    same_as: int | None = None
    cached: bool = False
    cpu_s: float = 0.0

    @property
    def published(self) -> bool:
        """Return whether the sample passes by the published criterion."""
        return self.letter == PASSED

    @property
    def passed(self) -> bool:
        """Return whether the sample passes by ours."""
        return self.outcome == "pass"


def judge(problem: Problem, design: Design, sample: int) -> tuple[SampleScore, bool]:
    """Return a candidate's score, and whether another run would come out the same."""
    run = run_published(problem, design)
    said = letter(problem, run, design)
    verdict, cpu_s = _settled(problem, said, run), run.cpu_s
    if verdict is None:
        bench = problem.testbench
        again = same_run(design, bench, run.ran) if run.ran and run.sure else None
        verdict = _ours(problem, simulates(design, bench, ran=again))
        cpu_s += 0.0 if again else float(verdict.details.get("cpu_s") or 0.0)
    score = SampleScore(
        problem=problem.id,
        sample=sample,
        letter=said,
        outcome=verdict.outcome,
        strength=verdict.strength,
        why=verdict.evidence[:600],
        disagreement=_disagreement(problem, said, run, verdict),
        log=run.first_complaint,
        cpu_s=round(cpu_s, 4),
    )
    return score, run.sure and not any(stop in verdict.evidence for stop in MACHINE_STOPS)


def _settled(problem: Problem, said: str, run: PublishedRun) -> Verdict | None:
    """Return our verdict where the published run leaves nothing to ask, so none other is needed."""
    if run.lost:
        return _verdict("unknown", "the sandbox was lost twice: nothing is known")
    if not run.sure:
        return None
    if run.timed_out:
        return _verdict("unknown", "the simulation reached its limit of CPU time")
    if said == "S" and not run.compiled:
        return _verdict("fail", f"does not compile: {run.first_complaint}")
    if said in WRONG and problem.suite == "rtllm":
        return _verdict("fail", "the testbench printed no line that says it passed")
    if run.ended_at is not None:
        return _verdict("fail", f"sample {run.ended_at} differs, which ended the run")
    wrong = [mismatches for mismatches, _ in run.results]
    if said in WRONG and wrong and min(wrong) > 0:
        return _verdict("fail", f"{wrong[0]} of {run.results[0][1]} samples differ")
    return None


def _verdict(outcome: Outcome, evidence: str) -> Verdict:
    return Verdict(
        name="simulates", outcome=outcome, method="the published run", strength="simulated(1)",
        evidence=evidence,
    )  # fmt: skip


def _ours(problem: Problem, verdict: Verdict) -> Verdict:
    """Return our verdict, with what is known of the problem taken into account.

    A watchdog that stops every design is not held against one; a testbench that is known to prove
    nothing proves nothing.
    """
    details = verdict.details
    if problem.fault == "vacuous" and verdict.outcome == "pass":
        return verdict.model_copy(update={"outcome": "unknown", "evidence": problem.errata})
    if problem.fault != "watchdog" or verdict.outcome != "fail" or details.get("findings"):
        return verdict
    if details.get("mismatches") == 0 and details.get("samples"):
        return verdict.model_copy(update={"outcome": "pass"})
    return verdict


def _disagreement(problem: Problem, said: str, run: PublishedRun, verdict: Verdict) -> Disagreement:
    if (said == PASSED) == (verdict.outcome == "pass"):
        return ""
    if said != PASSED:
        if said == "T":
            return "timeout line"
        return "erratum" if problem.fault else "order of files"
    if verdict.details.get("findings"):
        return "forged" if _printed(problem, run) else "refused"
    if verdict.details.get("passes_too") or problem.fault == "vacuous":
        return "vacuous"
    return "erratum" if problem.fault else "doubted"


def _printed(problem: Problem, run: PublishedRun) -> bool:
    """Return whether the log shows a result that the testbench alone would not have printed."""
    lines = run.log.splitlines()
    if problem.suite == "verilogeval":
        return len(run.results) != 1 or not any("Total mismatched samples" in x for x in lines)
    passing = [line for line in lines if "Pass" in line or "pass" in line]
    text = "".join(source.text for source in problem.testbench.sources)
    return len(passing) != 1 or passing[0].strip() not in text


def meaning(score: SampleScore) -> str:
    """Return the published result in words."""
    return MEANING.get(score.letter, score.letter)
