"""How much is a testbench worth? It passes the right design, and fails mutants of it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from ..records import Frozen
from ..sandbox import Limits
from .bench_run import run_bench, shorter
from .design import Design, Testbench
from .parallel import run_all

LIMITS: Final = Limits(cpu_s=10.0, wall_s=30.0, memory_mb=1024, file_mb=16, output_kb=1024)


class BenchScore(Frozen):
    """How a testbench judged an original and its mutants; the mutants by their index.

    `undecided` are mutants under which the testbench did not end; they count as not killed.
    `broken` do not compile and count neither way.
    """

    passes_original: bool
    reason: str
    killed: tuple[int, ...]
    survived: tuple[int, ...]
    undecided: tuple[int, ...]
    broken: tuple[int, ...]

    @property
    def total(self) -> int:
        """Return how many mutants could be run."""
        return len(self.killed) + len(self.survived) + len(self.undecided)

    @property
    def ratio(self) -> float:
        """Return the share of mutants killed; 0 where the original fails or none could be run."""
        return len(self.killed) / self.total if self.passes_original and self.total else 0.0


def score(
    testbench: Testbench, original: Design, mutants: Sequence[Design], *, limits: Limits = LIMITS
) -> BenchScore:
    """Return how many mutants a testbench fails, and whether it passes the original.

    A testbench that fails its original says nothing about the mutants, so they are not run then.
    """
    ran = run_bench(original, testbench, limits=limits)
    first, short = ran.judgement, shorter(limits, ran.cpu_s)
    kinds: dict[str, list[int]] = {"killed": [], "survived": [], "undecided": [], "broken": []}
    passes = first.outcome == "pass"
    fates = run_all(lambda m: _fate(testbench, m, short), mutants if passes else ())
    for at, fate in enumerate(fates):
        kinds[fate].append(at)
    return BenchScore(
        passes_original=passes,
        reason=first.reason,
        **{name: tuple(numbers) for name, numbers in kinds.items()},
    )


def _fate(testbench: Testbench, mutant: Design, limits: Limits) -> str:
    ran = run_bench(mutant, testbench, limits=limits)
    if not ran.compiled:
        return "broken"
    return {"fail": "killed", "pass": "survived", "unknown": "undecided"}[ran.judgement.outcome]
