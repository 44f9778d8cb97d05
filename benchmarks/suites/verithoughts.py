"""VeriThoughts: specifications with a ground truth, judged by equivalence instead of a testbench.

A line of the jsonl file is `{"question": ..., "ground_truth": ..., "verified": true}`; rows that
are not verified are skipped, as their authors do. The published check looks for a difference in the
first 25 clocks from a zero state; ours proves, or says how far it came.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from inspect_ai import Task
from pydantic import Field, ValidationError

from ...tools.errors import UsageError
from ...tools.records import Frozen
from ...tools.rtl.design import Design, Source
from ...tools.rtl.fingerprint import layout_key
from ...tools.rtl.slang import inspect
from ...tools.rtl.yosys import design_files, reading, run_yosys, yosys_version
from ...verifiers.rtl.elaborates import elaborates
from ...verifiers.rtl.equivalent import equivalent
from ..rtl.scoring import score_store, tool_versions
from .rtl import WORKFLOWS, Judged, RtlItem, golden_test, rtl_task
from .suite import Arm, Bench, Ceiling

NAME: Final = "verithoughts"
BUDGET_S: Final = 30.0
# Two steps of the flattened clock are one cycle: the 25 clocks of the published check.
STEPS: Final = 50


class Line(Frozen, extra="ignore"):
    """A row of the file; what else stands in it is left alone."""

    question: str = Field(min_length=1, max_length=100_000)
    ground_truth: str = Field(min_length=1, max_length=200_000)
    verified: bool = True


@dataclass(frozen=True)
class VeriThoughts:
    """The suite of a jsonl file."""

    name: str = NAME
    about: str = "VeriThoughts: a jsonl file with question, ground_truth and verified"
    workflows: tuple[str, ...] = WORKFLOWS

    def load(self, path: Path) -> list[RtlItem]:
        """Return the verified rows, in the order of the file."""
        return [_item(number, line, path) for number, line in _lines(path) if line.verified]

    def ceiling(self, items: Sequence[RtlItem], bench: Bench) -> Ceiling:
        """Compare every ground truth with itself."""
        return golden_test(items, bench)

    def task(
        self, items: Sequence[RtlItem], arm: Arm, bench: Bench, about: Mapping[str, Any]
    ) -> Task:
        """Return the task that draws the arm's samples of every row."""
        return rtl_task(self.name, items, arm, bench, about=about)

    def tools(self) -> dict[str, str]:
        """Return the versions of what proves and refutes."""
        return {**tool_versions(), "yosys": yosys_version()}


def _lines(path: Path) -> Iterator[tuple[int, Line]]:
    try:
        lines = path.read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"{str(path)!r} is no jsonl file of VeriThoughts: {error}") from error
    for number, line in enumerate(lines, 1):
        if not line.strip():
            continue
        try:
            yield number, Line.model_validate(json.loads(line))
        except (ValueError, ValidationError) as error:
            said = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error
            raise UsageError(f"line {number} of {str(path)!r} is no problem: {said}") from error


def _item(number: int, line: Line, path: Path) -> RtlItem:
    text = f"{line.question}\0{line.ground_truth}"
    top = _top(line.ground_truth, f"line {number} of {str(path)!r}")
    return RtlItem(
        id=f"{NAME}_{number:05}",
        spec=line.question,
        top=top,
        digest=hashlib.sha256(text.encode()).hexdigest(),
        judge=partial(_judge, _design(top, line.ground_truth)),
        reference=line.ground_truth,
    )


def _top(text: str, where: str) -> str:
    found = inspect(_design("none", text)).elaborated
    if len(found.tops) != 1:
        raise UsageError(
            f"{where}: the ground truth has the top modules {sorted(found.tops)}: one is due"
        )
    return found.tops[0]


def _design(top: str, text: str) -> Design:
    return Design(top=top, sources=(Source(name="design.sv", text=text),))


def _judge(reference: Design, answer: str | Design, bench: Bench) -> Judged:
    try:
        design = answer if isinstance(answer, Design) else _design(reference.top, answer)
    except ValidationError as error:
        return Judged(
            success=False, published=False, cause="no source text", why=error.errors()[0]["msg"]
        )
    store = score_store(bench.scores)
    key = (NAME, reference.digest, layout_key(design))
    kept = store.get(*key)
    if kept is not None:
        return Judged.model_validate(kept)
    found = _compared(design, reference)
    if found.cause != "unknown":
        # What was not decided in time may be on another day.
        store.put(found.model_dump(mode="json"), *key)
    return found


def _compared(design: Design, reference: Design) -> Judged:
    built = elaborates(design)
    if built.outcome != "pass":
        return Judged(success=False, published=False, cause="does not compile", why=built.evidence)
    verdict = equivalent(design, reference, budget_s=BUDGET_S)
    passed = verdict.outcome == "pass"
    cause = {"fail": "not equivalent", "unknown": "unknown"}.get(verdict.outcome, "")
    return Judged(
        success=passed,
        published=bounded_equal(design, reference),
        cause="" if passed else cause,
        why=verdict.strength if passed else verdict.evidence,
        details={"strength": verdict.strength},
    )


def bounded_equal(design: Design, reference: Design) -> bool:
    """Return whether 25 clocks from a zero state show no difference: the published criterion."""
    files: dict[str, str] = {}
    script: list[str] = []
    for side, given in (("gold", reference), ("gate", design)):
        placed = _placed(given, side)
        files |= design_files(placed)
        script += [
            *reading(placed),
            f"prep -flatten -top {placed.top}",
            "memory_map",
            f"rename {placed.top} {side}",
            f"design -stash {side}",
        ]
    script += [
        "design -copy-from gold -as gold gold",
        "design -copy-from gate -as gate gate",
        "miter -equiv -flatten -make_assert gold gate both",
        "hierarchy -top both",
        "clk2fflogic",
        f"sat -verify -prove-asserts -set-init-zero -seq {STEPS} both",
    ]
    return run_yosys(files, script).last.ok


def _placed(design: Design, side: str) -> Design:
    sources = (Source(name=f"{side}/{source.name}", text=source.text) for source in design.sources)
    return design.model_copy(update={"sources": tuple(sources)})
