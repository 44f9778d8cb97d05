"""The RTL suites with testbenches: VerilogEval v2 (both sets), RTLLM 2.0, our own generator."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from inspect_ai import Task

from ...tools.rtl.design import Design
from ..rtl import generated, rtllm, verilogeval
from ..rtl.problem import Problem
from ..rtl.sample_score import SampleScore, meaning
from ..rtl.scoring import score, score_store, tool_versions
from .rtl import WORKFLOWS, Judged, RtlItem, golden_test, rtl_task
from .suite import Arm, Bench, Ceiling

SEEN: Final = "seen families"
HELD_OUT: Final = "held-out families"
Entry = tuple[Problem, str, str]


@dataclass(frozen=True)
class RtlSuite:
    """A suite of problems; `read` finds them at a path with their group and family."""

    name: str
    about: str
    read: Callable[[Path], Iterator[Entry]]
    workflows: tuple[str, ...] = WORKFLOWS

    def load(self, path: Path) -> list[RtlItem]:
        """Return the problems at a path, those with the most stimuli first."""
        items = [_item(*entry) for entry in self.read(path)]
        return sorted(items, key=lambda item: (-item.effort, item.id))

    def ceiling(self, items: Sequence[RtlItem], bench: Bench) -> Ceiling:
        """Test every reference with its own testbench."""
        return golden_test(items, bench)

    def task(
        self, items: Sequence[RtlItem], arm: Arm, bench: Bench, about: Mapping[str, Any]
    ) -> Task:
        """Return the task that draws the arm's samples of every problem."""
        return rtl_task(self.name, items, arm, bench, about=about)

    def tools(self) -> dict[str, str]:
        """Return the versions of simulator and parser; ToolUnavailable without them."""
        return tool_versions()


def _item(problem: Problem, group: str, family: str) -> RtlItem:
    return RtlItem(
        id=problem.id,
        spec=problem.spec,
        top=problem.top,
        digest=problem.digest,
        judge=partial(_judge, problem),
        reference=problem.reference,
        interface=problem.interface,
        group=group,
        family=family,
        effort=problem.effort,
    )


def _judge(problem: Problem, answer: str | Design, bench: Bench) -> Judged:
    """Score an answer by the published criterion and by ours; ours is what counts."""
    found = score(problem, [answer], store=score_store(bench.scores))[0]
    return Judged(
        success=found.passed,
        published=found.published,
        cause="" if found.passed else _cause(found),
        why=_why(problem, found),
        details={"letter": found.letter, "outcome": found.outcome, "strength": found.strength},
    )


def _cause(found: SampleScore) -> str:
    if found.disagreement and found.published:
        return f"passes, but {found.disagreement}"
    return meaning(found) if not found.published else found.outcome


def _why(problem: Problem, found: SampleScore) -> str:
    if found.passed:
        return found.strength
    parts = (problem.errata, meaning(found), found.log, found.why)
    return "; ".join(dict.fromkeys(part for part in parts if part))


def _verilogeval(dataset: verilogeval.Set, path: Path) -> Iterator[Entry]:
    return ((problem, "", "") for problem in verilogeval.load(path, dataset))


def _rtllm(path: Path) -> Iterator[Entry]:
    return ((problem, "", "") for problem in rtllm.load(path))


def _generated(path: Path) -> Iterator[Entry]:
    held_out = generated.held_out_ids(path)
    for problem in generated.load(path):
        group = HELD_OUT if problem.id in held_out else SEEN
        yield problem, group, problem.id.rpartition("_")[0].replace("_", " ")


RTL_SUITES: Final = (
    RtlSuite(
        "verilogeval",
        "VerilogEval v2, specification to RTL: the folder of the release",
        partial(_verilogeval, "spec-to-rtl"),
    ),
    RtlSuite(
        "verilogeval-complete",
        "VerilogEval v2, code completion (iccad2023): the folder of the release",
        partial(_verilogeval, "code-complete-iccad2023"),
    ),
    RtlSuite("rtllm", "RTLLM 2.0: the folder of the release", _rtllm),
    RtlSuite(
        "rtl-gen",
        "our generator's problems: test.problems.jsonl, or the folder that holds it",
        _generated,
    ),
)
