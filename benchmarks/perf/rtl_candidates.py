"""Many distinct candidates for the throughput benchmark, made from the references of a data set."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from ..rtl.problem import Problem

# A run of these takes from half a second to seconds, beside which no driver would show.
LONG: Final = frozenset({
    "Prob082_lfsr32", "Prob141_count_clock", "Prob144_conwaylife", "Prob156_review2015_fancytimer",
})  # fmt: skip
LAST: Final = re.compile(r"\bendmodule\b(?!.*\bendmodule\b)", re.DOTALL)


class Candidate(NamedTuple):
    """A problem and the text of one answer."""

    problem: Problem
    text: str


def distinct(problems: Sequence[Problem], count: int) -> tuple[Candidate, ...]:
    """Return answers in turn over the problems, each of other tokens than all the rest.

    An answer is the reference with a constant of its own that nothing uses.
    """
    usable = [p for p in problems if p.id not in LONG and p.fault != "unusable"]
    chosen = (usable[n % len(usable)] for n in range(count))
    return tuple(
        Candidate(problem, marked(problem.reference.sources[0].text, n))
        for n, problem in enumerate(chosen)
    )


def marked(text: str, number: int) -> str:
    """Return a design with a constant that nothing uses, so that it is like no other."""
    return LAST.sub(f"localparam variant_{number} = {number};\nendmodule", text, count=1)
