"""Training rows of RTL: generated specifications in the very prompts of the cascade's operators.

    python -m terragate.deploy.models.rtl_rows --problems DIR --out DIR [--cot 0.15]

Reads the `SPLIT.problems.jsonl` of the generator and writes `SPLIT.jsonl` for the trainer. The
answer is the reference alone for `single`; for `cot` a few short lines on what is to be built stand
before it. Rows of the stages that repair come from `rtl_repairs.py`.
"""

from __future__ import annotations

import argparse
import json
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from random import Random
from typing import Any, Final

from ...agents.prompting import render
from ...tools.errors import UsageError
from ...workflows.cascade.briefs import operator_brief, spec_fields
from .traces import write_rows

SPLITS: Final = ("train", "validation")
DOMAIN: Final = "rtl"
# A header in the text belongs to the specification; given apart it is the interface of a task.
APART_SHARE: Final = 0.1
HEADER: Final = re.compile(r"\Amodule\b.*?\);", re.DOTALL)
OUTPUT_REG: Final = re.compile(r"\boutput reg\b")
EVENT: Final = re.compile(r"always @\(((?:pos|neg)edge [^)]*)\)")
STATES: Final = re.compile(r"\blocalparam\b|\bcase \(")


def prompt(stage: str, fields: Mapping[str, str], *, template: str = "") -> dict[str, str]:
    """Return the system and user text that a stage of the cascade shows a compact model."""
    system, user = render(operator_brief(stage, fields, prompt=template), "compact")
    return {"system": str(system.content), "user": str(user.content)}


def written(problem: Mapping[str, Any], spec: str, stage: str, rng: Random) -> dict[str, Any]:
    """Return the row in which a module is written from its specification."""
    code = str(problem["reference"]).strip()
    header = HEADER.search(code)
    apart = header is not None and rng.random() < APART_SHARE
    shown = OUTPUT_REG.sub("output", header.group()) if apart and header else ""
    fields = spec_fields(str(problem["top"]), spec.strip(), shown)
    answer = code if stage == "single" else f"{thoughts(problem)}\n{code}"
    return {**prompt(stage, fields), "answer": answer, "domain": DOMAIN, "stage": stage}


def thoughts(problem: Mapping[str, Any]) -> str:
    """Return what a designer would note first, read off the reference: clock, reset, form."""
    code = str(problem["reference"])
    event = EVENT.search(code)
    if event is None:
        kind = "a table" if STATES.search(code) else "equations"
        return f"combinational: no clock, {kind}"
    edges = event.group(1).split(" or ")
    reset = re.search(r"^    if \((!?)(\w+)\)$", code, re.MULTILINE)
    lines = [f"clocked: {edges[0]}"]
    if len(edges) > 1:
        lines.append(f"reset: asynchronous, {edges[1]}")
    elif reset:
        lines.append(f"first: {reset.group(1)}{reset.group(2)}")
    lines.append("states" if STATES.search(code) else "registers")
    return "\n".join(lines)


def rows(problems: Path, cot: float, seed: int) -> Iterator[dict[str, Any]]:
    """Yield a row per specification; a share of them in the prompt that lets the model think."""
    for line in problems.open(encoding="utf-8"):
        problem = json.loads(line)
        rng = Random(f"{seed}/{problem['id']}/{problem['split']}")
        for spec in problem["specs"]:
            yield written(problem, spec, "cot" if rng.random() < cot else "single", rng)


def main() -> None:
    """Write the rows of both splits from the command line."""
    parser = argparse.ArgumentParser(description="Turn generated RTL problems into training rows.")
    parser.add_argument("--problems", type=Path, required=True)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--cot", type=float, default=0.15, help="share of rows that think first")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    if not (options.problems / "train.problems.jsonl").is_file():
        raise UsageError(
            f"{str(options.problems)!r} holds no train.problems.jsonl: write it with "
            "python -m terragate.benchmarks.rtlgen.generate"
        )
    options.out.mkdir(parents=True, exist_ok=True)
    for split in SPLITS:
        source = options.problems / f"{split}.problems.jsonl"
        if source.is_file():
            write_rows(options.out / f"{split}.jsonl", rows(source, options.cot, options.seed))


if __name__ == "__main__":
    main()
