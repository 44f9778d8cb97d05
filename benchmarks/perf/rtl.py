"""Candidates judged per second, against what one would write without us, in one run.

Simulation: distinct candidates compiled and simulated in the sandbox, against a plain driver with
the same flags and as many workers and no sandbox, and against VerilogEval's own make flow where its
files are given. Duplicates: the same work with every candidate sent several times. Formal: checks
in our service against a fresh process for each. The ways alternate in short blocks, so that a load
on the machine meets both.

    python -m terragate.benchmarks.perf.rtl --data FOLDER [--flow FOLDER] --out perf.json
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

import psutil

from ...tools.rtl.icarus import icarus_version
from ...tools.rtl.yosys import yosys_version
from ...tools.sandbox import SandboxPool, bubblewrap_works
from ..rtl.verilogeval import load
from .rtl_candidates import Candidate, distinct
from .rtl_flow import run_flow
from .rtl_formal import formal_calls
from .rtl_simulation import WORKERS, duplicates_seconds, ours, plain, result_of
from .timing import git_sha, machine

SCHEMA: Final = 1
BLOCK: Final = 50
PLAIN_GOAL: Final = 0.8
FLOW_GOAL: Final = 5.0
FORMAL_GOAL: Final = 2.0
SHOWN: Final = 5


class Size(NamedTuple):
    """How much work: candidates, formal checks and rounds of all of it."""

    candidates: int
    checks: int
    rounds: int


FULL: Final = Size(candidates=500, checks=60, rounds=3)
QUICK: Final = Size(candidates=12, checks=4, rounds=1)


def run(data: Path, flow: Path | None, size: Size) -> dict[str, Any]:
    """Return everything measured, as one JSON-plain mapping."""
    candidates = distinct(load(data), size.candidates)
    about = {
        "schema": SCHEMA,
        "git": git_sha(),
        "machine": machine(),
        "versions": {
            "python": platform.python_version(),
            "icarus": icarus_version(),
            "yosys": yosys_version(),
            "sandbox": "bubblewrap" if bubblewrap_works() else "rlimits",
        },
        "size": size._asdict(),
        "workers": WORKERS,
    }
    with SandboxPool(WORKERS) as pool:
        results = [
            simulation(pool, candidates, size.rounds),
            duplicates(candidates),
            *(make_flow(pool, candidates, flow, jobs, size.rounds) for jobs in (1, WORKERS)),
            formal(size.checks, size.rounds),
        ]
    return {**about, "results": results, "load_at_end": round(psutil.getloadavg()[0], 2)}


def simulation(pool: SandboxPool, candidates: Sequence[Candidate], rounds: int) -> dict[str, Any]:
    """Compare the sandbox with a plain driver: rates of whole rounds, taken in blocks in turn."""
    seconds: dict[str, list[float]] = {"ours": [], "plain": []}
    different: list[str] = []
    ways = {"ours": partial(ours, pool), "plain": plain}
    for call in ways.values():
        call(candidates[:WORKERS])
    for number in range(rounds):
        spent = dict.fromkeys(ways, 0.0)
        for at, start in enumerate(range(0, len(candidates), BLOCK)):
            block = candidates[start : start + BLOCK]
            found: dict[str, list[str]] = {}
            for name in sorted(ways, reverse=bool((at + number) % 2)):
                taken, found[name] = ways[name](block)
                spent[name] += taken
            different += _different(block, found["ours"], found["plain"])
        for name, total in spent.items():
            seconds[name].append(total)
    return _row(
        "simulation: sandboxed, against a plain driver of as many workers",
        len(candidates), seconds["ours"], seconds["plain"], PLAIN_GOAL,
        different=different,
    )  # fmt: skip


def duplicates(candidates: Sequence[Candidate]) -> dict[str, Any]:
    """Return how long the scoring of each candidate sent four times takes, next to once."""
    few = candidates[:BLOCK]
    once, again, judged = duplicates_seconds(few, 4)
    return {
        "name": "duplicates: every candidate four times, against once",
        "candidates": 4 * len(few),
        "judged": judged,
        "once_s": round(once, 3),
        "four_times_s": round(again, 3),
    }


def make_flow(
    pool: SandboxPool, candidates: Sequence[Candidate], flow: Path | None, jobs: int, rounds: int
) -> dict[str, Any]:
    """Compare with VerilogEval's make flow on the same candidates, without its analysis.

    The goal is set on the flow as its README types it, one job; with `-j` it is shown beside.
    """
    typed = "make" if jobs == 1 else f"make -j{jobs}"
    name = f"simulation: sandboxed, against VerilogEval's own flow, {typed!r}"
    if flow is None:
        return {"name": name, "skipped": "no --flow: give a checkout of NVlabs/verilog-eval"}
    few = candidates[: max(1, len(candidates) // 3)]
    pairs = [(ours(pool, few), run_flow(flow, few, jobs)) for _ in range(rounds)]
    mine, theirs = ([pair[way][0] for pair in pairs] for way in (0, 1))
    (_, found), (_, logged) = pairs[0]
    different = _different(few, found, [result_of(log) for log in logged])
    goal = FLOW_GOAL if jobs == 1 else None
    return _row(name, len(few), mine, theirs, goal, different=different)


def formal(checks: int, rounds: int) -> dict[str, Any]:
    """Compare checks in the pooled service with a fresh process for each."""
    pooled, fresh = formal_calls(checks)
    seconds: dict[str, list[float]] = {"ours": [], "fresh": []}
    answers: dict[str, list[int]] = {}
    for number in range(rounds + 1):
        for name, call in (("ours", pooled), ("fresh", fresh)):
            taken, answers[name] = call()
            # The first round starts the workers: it is not counted.
            seconds[name] += [taken] if number else []
    return _row(
        "formal: checks in the pooled service, against a fresh process each",
        checks, seconds["ours"], seconds["fresh"], FORMAL_GOAL,
        different=[] if answers["ours"] == answers["fresh"] else ["exit codes"],
    )  # fmt: skip


def _row(
    name: str, count: int, mine: Sequence[float], theirs: Sequence[float], goal: float | None, *,
    different: Sequence[str],
) -> dict[str, Any]:  # fmt: skip
    ratios = [other / own for own, other in zip(mine, theirs, strict=True)]
    ratio = round(statistics.median(ratios), 3)
    return {
        "name": name,
        "count": count,
        "ours_per_s": round(count / statistics.median(mine), 2),
        "theirs_per_s": round(count / statistics.median(theirs), 2),
        "ours_s": [round(s, 3) for s in mine],
        "theirs_s": [round(s, 3) for s in theirs],
        "ratio": ratio,
        "ratio_least": round(min(ratios), 3),
        "ratio_most": round(max(ratios), 3),
        "goal": goal,
        "reached": None if goal is None else ratio >= goal,
        "equal": not different,
        "different": list(different[:SHOWN]),
    }


def _different(
    candidates: Sequence[Candidate], mine: Sequence[str], theirs: Sequence[str]
) -> list[str]:
    both = zip(candidates, mine, theirs, strict=True)
    return [f"{c.problem.id}: {a!r} against {b!r}" for c, a, b in both if a != b]


def _lines(report: dict[str, Any]) -> str:
    return "\n".join(_line(result) for result in report["results"])


def _line(result: dict[str, Any]) -> str:
    if "skipped" in result:
        return f"{result['name']}: skipped, {result['skipped']}"
    if "ratio" not in result:
        return (
            f"{result['name']}: {result['four_times_s']:g} s against {result['once_s']:g} s, "
            f"{result['judged']} of {result['candidates']} judged"
        )
    goal = "" if result["goal"] is None else f", goal {result['goal']:g}"
    spread = f"{result['ratio_least']:g} to {result['ratio_most']:g}{goal}"
    same = "" if result["equal"] else ", RESULTS DIFFER"
    rates = f"{result['ours_per_s']:g} against {result['theirs_per_s']:g} per second"
    return f"{result['name']}: {result['ratio']:g} times ({spread}): {rates}{same}"


def main(argv: Sequence[str] | None = None) -> int:
    """Measure and print; exit status 1 when results differ from what they are compared with."""
    parser = argparse.ArgumentParser(description="Speed of judging RTL candidates.")
    parser.add_argument("--data", type=Path, required=True, help="folder of VerilogEval v2")
    parser.add_argument("--flow", type=Path, help="checkout of NVlabs/verilog-eval")
    parser.add_argument("--json", action="store_true", help="print the JSON")
    parser.add_argument("--out", type=Path, help="write the JSON to a file")
    parser.add_argument("--quick", action="store_true", help="tiny work, to see that it works")
    args = parser.parse_args(argv)
    report = run(args.data, args.flow, QUICK if args.quick else FULL)
    report["quick"] = args.quick
    text = json.dumps(report, indent=1)
    if args.out is not None:
        args.out.write_text(text + "\n", encoding="utf-8")
    sys.stdout.write((text if args.json else _lines(report)) + "\n")
    return 0 if all(result.get("equal", True) for result in report["results"]) else 1


if __name__ == "__main__":
    sys.exit(main())
