"""Training rows of repair: a broken design with what the real tools say of it, and the reference.

    python -m terragate.deploy.models.rtl_repairs --problems DIR --out DIR [--share 0.3]

A fault is a mutant of the syntax tree (`benchmarks/rtl/mutants.py`) or a slip of the pen made here.
The verifiers of the cascade's stages say what is wrong, in their order; the row is that of `refine`
when the text itself is refused, and of `repair` when its behaviour is. A fault that nobody notices
makes no row.
"""

from __future__ import annotations

import argparse
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from os import cpu_count
from pathlib import Path
from random import Random
from typing import Any, Final

from ...benchmarks.rtl.mutants import mutants
from ...benchmarks.rtlgen.bench import as_testbench
from ...tools.errors import TerragateError
from ...tools.rtl.design import Design, Source, Testbench
from ...verifiers.rtl.elaborates import elaborates
from ...verifiers.rtl.lint import lint
from ...verifiers.rtl.parses import parses
from ...verifiers.rtl.simulates import simulates
from ...verifiers.rtl.synthesises import synthesises
from ...verifiers.verdict import Verdict
from ...workflows.cascade.briefs import spec_fields
from ...workflows.cascade.feedback import MOST_CHARS
from .rtl_rows import DOMAIN, prompt
from .traces import write_rows

CHUNK: Final = 40
SLIP_SHARE: Final = 0.4
STATIC: Final[tuple[Callable[[Design], Verdict], ...]] = (parses, elaborates, lint, synthesises)
# What a hurried writer leaves out or writes twice: a pattern, and what stands in its place.
SLIPS: Final = (
    (r";(?=\n)", ""),
    (r",(?=\n)", ""),
    (r"\n *end\b(?!\w)", ""),
    (r"\n *endcase\b", ""),
    (r"\nendmodule", ""),
    (r"\breg ", ""),
    (r"\boutput reg\b", "output"),
    (r" <= (?=[^)\n]*;)", " = "),
    (r"\)(?=\s*\n)", ""),
    (r"\bposedge\b", ""),
    (r"\belse\b", "else;"),
    (r"\bassign ", ""),
    (r"\bbegin\b", ""),
    (r"\[\d+:0\] (?=\w+[,;\n])", ""),
    (r"(?<=[a-z])(?=[,;\n ])", "x"),
    (r"\d+'[dbh]", ""),
)


@dataclass(frozen=True)
class Job:
    """A slice of the problems for one worker process."""

    lines: tuple[str, ...]
    share: float
    seed: str


def slip(code: str, rng: Random) -> str | None:
    """Return the code with one slip of the pen in it, None when this one finds no place."""
    pattern, instead = rng.choice(SLIPS)
    places = list(re.finditer(pattern, code))
    if not places:
        return None
    found = rng.choice(places)
    return code[: found.start()] + instead + code[found.end() :]


def broken(code: str, rng: Random) -> str | None:
    """Return the code with one fault in it, None when none was found."""
    if rng.random() < SLIP_SHARE:
        return slip(code, rng)
    found = mutants(code, seed=rng.randrange(1 << 30))
    return found[0].text if found else None


def complaint(top: str, code: str, bench: Testbench) -> tuple[str, str] | None:
    """Return the stage that repairs a text and what the tools say; None when they say nothing."""
    design = Design(top=top, sources=(Source(name="design.sv", text=code),))
    for check in STATIC:
        verdict = check(design)
        if verdict.outcome == "fail":
            return ("refine", verdict.evidence[:MOST_CHARS]) if verdict.evidence else None
    verdict = simulates(design, bench, vacuity=False)
    if verdict.outcome == "fail" and verdict.evidence:
        return "repair", verdict.evidence[:MOST_CHARS]
    return None


def repairs(job: Job) -> tuple[list[dict[str, Any]], Counter[str]]:
    """Return the rows of a slice of problems, and how its faults came out."""
    made: list[dict[str, Any]] = []
    ends: Counter[str] = Counter()
    for number, line in enumerate(job.lines):
        rng = Random(f"{job.seed}/{number}")
        if rng.random() >= job.share:
            continue
        row = _repair(json.loads(line), rng, ends)
        if row is not None:
            made.append(row)
    return made, ends


def _repair(problem: Mapping[str, Any], rng: Random, ends: Counter[str]) -> dict[str, Any] | None:
    code, top = str(problem["reference"]).strip(), str(problem["top"])
    bench = as_testbench(str(problem["testbench"]))
    try:
        text = broken(code, rng)
        found = complaint(top, text, bench) if text else None
    except TerragateError as error:
        ends[type(error).__name__] += 1
        return None
    if text is None or found is None:
        ends["no fault" if text is None else "unnoticed"] += 1
        return None
    stage, said = found
    ends[stage] += 1
    wish = spec_fields(top, rng.choice(list(problem["specs"])).strip(), "")
    fields = {**wish, "code": text.strip() + "\n", "feedback": said}
    shown = prompt(stage, fields, template="rtl_refine")
    return {**shown, "answer": code, "domain": DOMAIN, "stage": stage}


def all_repairs(
    lines: Sequence[str], share: float, seed: int, workers: int, ends: Counter[str]
) -> Iterator[dict[str, Any]]:
    """Yield the rows of all problems; the order does not depend on the workers."""
    jobs = [
        Job(tuple(lines[at : at + CHUNK]), share, f"{seed}/{at}")
        for at in range(0, len(lines), CHUNK)
    ]
    with ProcessPoolExecutor(workers) as pool:
        for rows, ended in pool.map(repairs, jobs):
            ends.update(ended)
            yield from rows


def main() -> None:
    """Write the repair rows of both splits from the command line."""
    parser = argparse.ArgumentParser(description="Make repair rows of generated RTL problems.")
    parser.add_argument("--problems", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--share", type=float, default=0.3, help="share of problems to break")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=cpu_count() or 1)
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    told: dict[str, Any] = {}
    for split in ("train", "validation"):
        lines = (options.problems / f"{split}.problems.jsonl").read_text("utf-8").splitlines()
        ends: Counter[str] = Counter()
        rows = all_repairs(lines, options.share, options.seed, options.workers, ends)
        count = write_rows(options.out / f"{split}.jsonl", rows)
        told[split] = {"rows": count, "ends": dict(ends)}
    (options.out / "data.json").write_text(json.dumps(told, indent=1) + "\n", "utf-8")


if __name__ == "__main__":
    main()
