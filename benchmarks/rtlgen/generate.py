"""Draw, check and write problems: every one compiled, simulated and compared with a second design.

    python -m terragate.benchmarks.rtlgen.generate --out DIR --split train --count 12000 --specs 3

Writes `SPLIT.problems.jsonl`, a row per sound problem, and `SPLIT.report.json` with what was
dropped and why. Equal arguments give equal files, whatever the number of workers.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from os import cpu_count
from pathlib import Path
from random import Random
from typing import Any, Final, cast, get_args

from rich.progress import Progress

from ...tools.errors import UsageError
from .bench import testbench
from .case import Family, Split
from .check import Soundness, soundness
from .draw import Drawn, draw, shares
from .families import ALL
from .spec import specification
from .vectors import steps

CHUNK: Final = 20
PERCENTILES: Final = (50, 90, 99)


@dataclass(frozen=True)
class Job:
    """A run of numbers of one family, for one worker."""

    family: str
    numbers: tuple[int, ...]
    split: Split
    specs: int
    seed: int


def make(job: Job) -> tuple[list[dict[str, Any]], Counter[str]]:
    """Return the sound problems of a job as rows, and how the others ended."""
    family = next(f for f in ALL if f.name == job.family)
    rows: list[dict[str, Any]] = []
    ends: Counter[str] = Counter()
    for number in job.numbers:
        drawn = draw(family, number, job.split, job.seed)
        if drawn is None:
            ends["not drawn"] += 1
            continue
        rng = Random(f"words {job.seed}/{job.split}/{family.name}/{number}")
        bench = testbench(drawn.case.interface, steps(drawn.case, rng))
        sound = soundness(drawn.case, bench, vacuity=job.split == "test")
        ends[sound.fault or "sound"] += 1
        if not sound.fault:
            rows.append(_row(drawn, job, sound, bench.sources[0].text, rng))
    return rows, ends


def _row(drawn: Drawn, job: Job, sound: Soundness, bench: str, rng: Random) -> dict[str, Any]:
    case = drawn.case
    texts = [specification(case, rng, job.split) for _ in range(job.specs)]
    return {
        "id": f"{drawn.family.replace(' ', '_')}_{drawn.number:04}",
        "family": drawn.family,
        "group": drawn.group,
        "held_out": drawn.held_out,
        "split": job.split,
        "key": case.key,
        "top": case.interface.top,
        "clocked": case.interface.clock is not None,
        "specs": list(dict.fromkeys(texts)),
        "reference": case.reference,
        "testbench": bench,
        "proof": sound.proof,
    }


def jobs(
    families: tuple[Family, ...], count: int, split: Split, specs: int, seed: int
) -> list[Job]:
    """Return the work for a split: each family's share, in small runs."""
    fit = tuple(f for f in families if split == "test" or not f.held_out)
    return [
        Job(name, tuple(range(at, min(at + CHUNK, share))), split, specs, seed)
        for name, share in shares(fit, count).items()
        for at in range(0, share, CHUNK)
    ]


def problems(
    work: list[Job], workers: int, ends: Counter[str], progress: Progress | None = None
) -> Iterator[dict[str, Any]]:
    """Yield the problems of all jobs in their order, each said differently from all before it."""
    seen: set[tuple[str, str]] = set()
    task = progress.add_task("problems", total=len(work)) if progress else None
    with ProcessPoolExecutor(workers) as pool:
        for rows, ended in pool.map(make, work):
            ends.update(ended)
            if progress and task is not None:
                progress.advance(task)
            for row in rows:
                fresh = [text for text in row["specs"] if (text, row["reference"]) not in seen]
                ends["duplicate specifications"] += len(row["specs"]) - len(fresh)
                seen.update((text, row["reference"]) for text in fresh)
                if fresh:
                    yield {**row, "specs": fresh}


def report(rows: list[dict[str, Any]], ends: Counter[str], job: dict[str, Any]) -> dict[str, Any]:
    """Return what was made and what was dropped, with lengths in characters."""
    texts = [text for row in rows for text in row["specs"]]
    codes = [row["reference"] for row in rows]
    drawn = sum(n for end, n in ends.items() if end != "duplicate specifications")
    return {
        **job,
        "problems": len(rows),
        "specifications": len(texts),
        "families": dict(sorted(Counter(row["family"] for row in rows).items())),
        "groups": dict(sorted(Counter(row["group"] for row in rows).items())),
        "held_out": sum(row["held_out"] for row in rows),
        "ends": dict(ends),
        "dropped_share": round(1 - len(rows) / max(1, drawn), 4),
        "proofs": dict(Counter(row["proof"] for row in rows)),
        "distinct_keys": len({(row["family"], row["key"]) for row in rows}),
        "distinct_references": len(set(codes)),
        "duplicate_specification_rate": round(1 - len(set(texts)) / max(1, len(texts)), 4),
        "specification_chars": _percentiles([len(text) for text in texts]),
        "reference_chars": _percentiles([len(text) for text in codes]),
    }


def _percentiles(lengths: list[int]) -> dict[str, float]:
    if len(lengths) < 2:
        return {}
    cuts = statistics.quantiles(lengths, n=100, method="inclusive")
    return {f"p{p}": cuts[p - 1] for p in PERCENTILES} | {"max": max(lengths)}


def main() -> int:
    """Write one split from the command line."""
    parser = argparse.ArgumentParser(description="Generate RTL problems.")
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--split", choices=get_args(Split), default="train")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--specs", type=int, default=1, help="wordings of each problem")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--workers", type=int, default=cpu_count() or 1)
    options = parser.parse_args()
    if min(options.count, options.specs, options.workers) < 1:
        raise UsageError("--count, --specs and --workers must be at least 1")
    split = cast("Split", options.split)
    options.out.mkdir(parents=True, exist_ok=True)
    ends: Counter[str] = Counter()
    work = jobs(ALL, options.count, split, options.specs, options.seed)
    with Progress() as progress:
        rows = list(problems(work, options.workers, ends, progress))
    target = options.out / f"{split}.problems.jsonl"
    part = target.with_suffix(".part")
    part.write_text("".join(json.dumps(row) + "\n" for row in rows), "utf-8")
    part.replace(target)
    asked = {"split": split, "count": options.count, "specs": options.specs, "seed": options.seed}
    told = json.dumps(report(rows, ends, asked), indent=1)
    (options.out / f"{split}.report.json").write_text(told + "\n", "utf-8")
    sys.stdout.write(told + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
