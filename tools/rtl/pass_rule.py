"""Judge a testbench's run by the criterion its author declared: only text the testbench printed.

Designs under test may not print (`slang.forbidden`), so every line here is the testbench's.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

import regex

from ..sandbox import Finished
from .design import PassRule

Outcome = Literal["pass", "fail", "unknown"]
MISMATCHES: Final = re.compile(r"Mismatches: (\d{1,18}) in (\d{1,18}) samples")
REPORTED: Final = re.compile(r"(ERROR|FATAL): ")
PATTERN_S: Final = 1.0
LONGEST_LINE: Final = 4096


@dataclass(frozen=True)
class Judgement:
    """What a run says by its rule, why, and how many samples were compared where it tells."""

    outcome: Outcome
    reason: str
    mismatches: int | None = None
    samples: int | None = None


def judge(rule: PassRule, run: Finished, *, starved: bool) -> Judgement:
    """Return the outcome of a run; `starved` when no event was left before any $finish."""
    if run.stopped:
        limit = f"the simulation reached its {run.stopped} limit"
        return Judgement("unknown", f"{limit} before the testbench ended: nothing is known")
    if run.signal:
        return Judgement("unknown", f"the simulator was killed by signal {run.signal}")
    lines = [line[:LONGEST_LINE] for line in run.stdout.splitlines()]
    if rule.kind == "mismatches":
        return _mismatches(lines)
    if rule.kind == "line":
        return _line(rule, lines)
    return _exit(run, lines, starved)


def _mismatches(lines: Sequence[str]) -> Judgement:
    """Judge as VerilogEval does, but for exactly one result line and at least one sample."""
    found = [m for line in lines if (m := MISMATCHES.search(line))]
    if len(found) != 1:
        several = f"there are {len(found)} lines" if found else "there is no line"
        return Judgement("unknown", f"{several} 'Mismatches: n in N samples': one is expected")
    wrong, samples = int(found[0][1]), int(found[0][2])
    counts = f"{wrong} of {samples} samples differ"
    if not samples:
        return Judgement("unknown", "the testbench compared no sample", wrong, samples)
    if wrong:
        return Judgement("fail", counts, wrong, samples)
    if any("TIMEOUT" in line for line in lines):
        return Judgement("fail", f"the testbench said TIMEOUT; {counts}", wrong, samples)
    return Judgement("pass", counts, wrong, samples)


def _line(rule: PassRule, lines: Sequence[str]) -> Judgement:
    try:
        wanted, refused = regex.compile(rule.pattern), regex.compile(rule.fails or r"(?!)")
        bad = next((x for x in lines if refused.search(x, timeout=PATTERN_S)), None)
        good = next((x for x in lines if wanted.fullmatch(x.strip(), timeout=PATTERN_S)), None)
    except regex.error as error:
        return Judgement("unknown", f"the pass rule is no regular expression: {error}")
    except TimeoutError:
        return Judgement("unknown", f"the pass rule {rule.pattern!r} takes over {PATTERN_S} s")
    if bad is not None:
        return Judgement("fail", f"the testbench printed {bad[:120]!r}")
    if good is None:
        return Judgement("fail", f"the testbench printed no line that is {rule.pattern!r}")
    return Judgement("pass", f"the testbench printed {good[:120]!r}")


def _exit(run: Finished, lines: Sequence[str], starved: bool) -> Judgement:
    bad = next((line for line in lines if REPORTED.match(line)), None)
    if bad is not None:
        return Judgement("fail", f"the testbench reported {bad[:160]!r}")
    if run.code:
        return Judgement("fail", f"the simulation ended with code {run.code} ($stop or $fatal)")
    if starved:
        return Judgement(
            "unknown", "nothing was left to happen and the testbench had not called $finish"
        )
    return Judgement("pass", "the testbench called $finish and reported no error")
