"""All of a benchmark's samples scored, against the benchmark's own flow, in one run.

156 problems of VerilogEval with 20 prepared answers each, all of them distinct: right ones, single
faults, broken ones, empty ones, and one that prints the line that the published analysis looks for.
Ours is the scoring of `terragate eval run`, published criterion, our own verdict and sandbox
together; theirs is `make` as their README types it, one compiler and one run per answer, and their
analysis of the logs (whose import of langchain, which it does not use, must be taken out). Beside
both, two plain workers that start the two programs, with no sandbox and no judgement: what the
simulator alone takes of two cores.

    python -m terragate.benchmarks.perf.harness --data FOLDER --flow FOLDER --out harness.json
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, Final, NamedTuple

from ...tools.rtl.icarus import icarus_version
from ...tools.sandbox import bubblewrap_works
from ..rtl.mutants import mutants
from ..rtl.problem import Problem
from ..rtl.published import PASSED
from ..rtl.sample_score import SampleScore
from ..rtl.scoring import score_all, score_store
from ..rtl.verilogeval import load
from .rtl_candidates import LAST, Candidate, marked
from .rtl_flow import analyse_flow
from .rtl_simulation import plain
from .timing import git_sha, machine

GOAL: Final = 5.0
RIGHT, FAULTY, BROKEN, EMPTY, FORGED = 8, 8, 2, 1, 1
LINE: Final = 'initial $display("Mismatches: 0 in 9999 samples");\nendmodule'


class Prepared(NamedTuple):
    """An answer, and what it was made to be."""

    kind: str
    candidate: Candidate


def prepared(problem: Problem, each: int) -> list[Prepared]:
    """Return at most so many distinct answers to a problem, each of a kind."""
    text = problem.reference.sources[0].text
    made = list(_kinds(text))[:each]
    return [
        Prepared(kind, Candidate(problem, marked(said, number)))
        for number, (kind, said) in enumerate(made)
    ]


def _kinds(text: str) -> Iterator[tuple[str, str]]:
    faulty = [found.text for found in mutants(text, seed=1)[:FAULTY]]
    for number in range(max(RIGHT, FAULTY)):
        yield "right", text
        yield ("one fault", faulty[number]) if number < len(faulty) else ("right", text)
    for _ in range(BROKEN):
        yield "broken", LAST.sub("assign assign;\nendmodule", text, count=1)
    for _ in range(EMPTY):
        yield "empty", _emptied(text)
    for _ in range(FORGED):
        yield "forged", LAST.sub(LINE, (faulty or [_emptied(text)])[0], count=1)


def _emptied(text: str) -> str:
    """Return the header of a module with nothing in it."""
    head, semicolon, _ = text.partition(";")
    return f"{head}{semicolon}\nendmodule\n"


def run(data: Path, flow: Path, limit: int | None, each: int) -> dict[str, Any]:
    """Score everything both ways and return what was measured, JSON-plain."""
    problems = load(data)[:limit]
    answers = {problem.id: prepared(problem, each) for problem in problems}
    work = [(p, [one.candidate.text for one in answers[p.id]]) for p in problems]
    with tempfile.TemporaryDirectory() as folder:
        started = time.perf_counter()
        scores = score_all(work, store=score_store(Path(folder)))
        mine = time.perf_counter() - started
    every = [one.candidate for p in problems for one in answers[p.id]]
    bare, _ = plain(every)
    theirs, letters = analyse_flow(flow, every)
    pairs = [
        (one.kind, scored, letter)
        for problem in problems
        for one, scored, letter in zip(
            answers[problem.id], scores[problem.id], letters[problem.id], strict=True
        )
    ]
    ratio = theirs / mine
    return {
        "git": git_sha(),
        "machine": machine(),
        "icarus": icarus_version(),
        "sandbox": "bubblewrap" if bubblewrap_works() else "rlimits",
        "problems": len(problems),
        "samples": len(pairs),
        "ours_s": round(mine, 2),
        "theirs_s": round(theirs, 2),
        "two_plain_workers_s": round(bare, 2),
        "ratio": round(ratio, 3),
        "goal": GOAL,
        "reached": ratio >= GOAL,
        **_agreement(pairs),
    }


def _agreement(pairs: Sequence[tuple[str, SampleScore, str]]) -> dict[str, Any]:
    """Return where our reading of their criterion, and our own verdict, part from theirs."""
    letters = [
        f"{scored.problem} {scored.sample} ({kind}): {scored.letter!r}, not {letter!r}"
        for kind, scored, letter in pairs
        if scored.letter != letter
    ]
    fooled = [
        f"{scored.problem} {scored.sample} ({kind}): {scored.disagreement or scored.outcome}"
        for kind, scored, letter in pairs
        if letter == PASSED and not scored.passed
    ]
    missed = [
        f"{scored.problem} {scored.sample} ({kind}): their {letter!r}"
        for kind, scored, letter in pairs
        if letter != PASSED and scored.passed
    ]
    kinds = {
        kind: {
            "samples": sum(one == kind for one, _, _ in pairs),
            "theirs_pass": sum(k == kind and letter == PASSED for k, _, letter in pairs),
            "ours_pass": sum(k == kind and scored.passed for k, scored, _ in pairs),
        }
        for kind in dict.fromkeys(kind for kind, _, _ in pairs)
    }
    return {
        "kinds": kinds,
        "letters_differ": letters,
        "they_pass_and_we_do_not": fooled,
        "we_pass_and_they_do_not": missed,
    }


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; exit status 1 when our reading of their criterion is not theirs."""
    parser = argparse.ArgumentParser(description="Speed of scoring a whole benchmark.")
    parser.add_argument("--data", type=Path, required=True, help="folder of VerilogEval v2")
    parser.add_argument("--flow", type=Path, required=True, help="checkout of NVlabs/verilog-eval")
    parser.add_argument("--limit", type=int, help="only so many problems")
    parser.add_argument("--each", type=int, default=20, help="answers to each problem")
    parser.add_argument("--out", type=Path, help="write the JSON to a file")
    args = parser.parse_args(argv)
    found = run(args.data, args.flow, args.limit, args.each)
    text = json.dumps(found, indent=1) + "\n"
    if args.out is not None:
        args.out.write_text(text, encoding="utf-8")
    sys.stdout.write(
        f"{found['samples']} answers: {found['ours_s']:g} s against {found['theirs_s']:g} s, "
        f"{found['two_plain_workers_s']:g} s for two plain workers; "
        f"{found['ratio']:g} times (goal {GOAL:g}); {len(found['letters_differ'])} letters differ, "
        f"their pass is not ours {len(found['they_pass_and_we_do_not'])} times, "
        f"ours not theirs {len(found['we_pass_and_they_do_not'])} times\n"
    )
    return 1 if found["letters_differ"] else 0


if __name__ == "__main__":
    sys.exit(main())
